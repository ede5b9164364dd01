"""Replay labelling projects whose end is known: is the forecast right, when do stop rules stop? Run by hand.

python tests/benchmarks/forecast.py TASK OUT [RUNS] [TABLES]

TASK: replay     project the runs of all data sets, 20 minutes of a core; a file in OUT
      calibrate  print the constants of active_learning/calibration.py
      prove      print the calibration table, each data set forecast with the constants of the others
                 (its variants left out too), and the COVERAGE of active_learning/evidence.py
      watch      note what stop rules see of every run; files in OUT
      stops      print the stop-rule table, thresholds chosen on the other data sets, the STOPS of
                 evidence.py, and the thresholds that all data sets choose
OUT: a folder for what is replayed; RUNS: a data set, 100 if not given; TABLES: a folder that holds the files
    of TABLES
"""

import argparse
import zlib
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.datasets import make_classification, make_gaussian_quantiles

import al_helpers as al
from active_learning._progress import progress
from active_learning.datasets.bundled import DATASETS
from active_learning.forecast import calibration
from active_learning.forecast.backtest import (
    HELD,
    MIDDLE,
    SIGNALS,
    choose_threshold,
    coverage,
    judged,
    replay_stops,
    stop_signals,
    summarise_stops,
)
from active_learning.forecast.calibration import FLOOR, RATIOS
from active_learning.forecast.forecast import measured
from active_learning.forecast.learning_curve import continuation, subset_curve
from active_learning.models.registry import default_model

STAGES = (30, 60, 100, 200)
RULES = ("random", al.RECOMMENDED)
THOROUGH = 4  # runs a data set in which the recommended rule labels too, which takes longer
BUNDLED = ("digits", "synthetic", "iris", "wine", "breast_cancer")
TABLES = {
    "car_evaluation": "class",
    "mushrooms": "class",
    "telco_churn": "Churn",
    "titanic": "survived",
    "taxis": "payment",
}


def generated(k=2, flip=0.05, d=20, informative=6, **settings):
    """A data set of make_classification with 3,000 rows."""
    sizes = dict(n_samples=3000, n_features=d, n_informative=informative, n_redundant=0, n_classes=k)
    return make_classification(**sizes | dict(flip_y=flip, n_clusters_per_class=1, random_state=0) | settings)


def noisy_digits():
    """Digits, with noise over every pixel."""
    digits = al.load_dataset("digits")
    return digits.X + np.random.default_rng(0).normal(scale=0.4, size=digits.X.shape), digits.y


def odd_digits():
    """Digits: odd or even?"""
    digits = al.load_dataset("digits")
    return digits.X, digits.y % 2


def rings(n=3000):
    """Three classes, shells around a centre, with the squares and products of two columns to see them by."""
    X, y = make_gaussian_quantiles(n_samples=n, n_features=4, n_classes=3, random_state=0)
    return np.hstack([X, X * X, X[:, :3] * X[:, 1:]]), y


MADE = {
    "easy": lambda: generated(flip=0.01, class_sep=1.5),
    "label_noise": lambda: generated(flip=0.25),
    "four_classes": lambda: generated(4, 0.03, informative=8, class_sep=0.8),
    "eight_classes": lambda: generated(8, 0.05, d=40, informative=12),
    "wide": lambda: generated(d=100, informative=10, n_clusters_per_class=2),
    "imbalanced": lambda: generated(weights=[0.85], class_sep=0.7),
    "noisy_digits": noisy_digits,
    "odd_digits": odd_digits,
    "rings": rings,
}


def kin(name):
    """What variants of one data set have in common: none has a part in another's constants."""
    return "digits" if "digits" in name else name


def data_sets(folder=None):
    """name -> Dataset, the labels as whole numbers: bundled, generated, and the tables of a folder.

    The report's other data sets are left out: notebook 5 forecasts on two that no constant was made with.
    """
    sets = {name: al.load_dataset(name) for name in BUNDLED}
    sets |= {name: al.Dataset(name, *make()) for name, make in MADE.items()}
    for name, column in TABLES.items() if folder else ():
        drop = {"titanic": ["alive"], "telco_churn": ["customerID"], "taxis": ["pickup", "dropoff"]}.get(
            name, []
        )
        table = al.load_table(Path(folder, f"{name}.csv"), column, drop=drop)
        rows = np.flatnonzero(table.labeled)
        sets[name] = al.Dataset(
            name, table.preprocessor.fit_transform(table.X)[rows], table.y[rows].astype(str)
        )
    return {name: al.Dataset(name, d.X, np.unique(d.y, return_inverse=True)[1]) for name, d in sets.items()}


def future(dataset, split, labeled, rule, seed):
    """Labels and test scores of a project that goes on from these labelled rows: arrays (2, rounds)."""
    pool = np.setdiff1d(split.pool, labeled)
    if rule != "random":
        start, most = al.Split(labeled, pool, split.test), len(labeled) + min(250, len(pool))
        run = al.run_loop(dataset, start, rule, budget=most, random_state=seed)
        return np.array([run.n_labels, run.accuracy])
    return scores_along(
        dataset, split, np.concatenate([labeled, np.random.default_rng(seed).permutation(pool)]), len(labeled)
    )


def scores_along(dataset, split, order, first):
    """Labels and test scores of a project that labels rows in this order: arrays (2, rounds)."""
    counts = np.unique(
        np.minimum(np.r_[np.arange(first, 200, 10), 200:300:20, 300:600:50, 600:1201:200], len(order))
    )
    model, scores = default_model(), []
    for n in counts:
        model.fit(dataset.X[order[:n]], dataset.y[order[:n]])
        scores.append(np.mean(model.predict(dataset.X[split.test]) == dataset.y[split.test]))
    return np.array([counts, scores])


def replay(dataset, run):
    """One project at every stage: what was seen then, and how it went on under each rule."""
    seed = [zlib.crc32(dataset.name.encode()), run]
    split, seen = (
        al.split_dataset(dataset.y, test_size=0.3 if len(dataset.y) < 2500 else 0.5, random_state=run),
        [],
    )
    rows = len(split.seed) + len(split.pool)
    for bought_by in RULES if run < THOROUGH else RULES[:1]:
        if bought_by == "random":
            order = np.concatenate([split.seed, np.random.default_rng(seed).permutation(split.pool)])
            truth = scores_along(dataset, split, order, STAGES[0])
        else:
            history = al.run_loop(dataset, split, bought_by, budget=min(max(STAGES), rows), random_state=seed)
            order = np.concatenate([split.seed, history.queried])
        for stage in STAGES:
            if stage > 0.6 * rows or (stage < 60 and run >= THOROUGH):
                continue
            labeled, pool = order[:stage], np.setdiff1d(split.pool, order[:stage])
            curve = subset_curve(
                dataset.X, dataset.y, labeled, pool, default_model(), np.random.default_rng(seed)
            )
            futures = {
                "random": truth if bought_by == "random" else future(dataset, split, labeled, "random", seed)
            }
            if run < THOROUGH:
                futures[RULES[1]] = future(dataset, split, labeled, RULES[1], seed)
            seen.append(
                dict(
                    data=dataset.name,
                    run=run,
                    stage=stage,
                    bought_by=bought_by,
                    curve=curve,
                    futures=futures,
                    test=len(split.test),
                )
            )
    return seen


def replay_all(out, runs, tables):
    """Replay all data sets to out/replays.joblib."""
    sets, seen = data_sets(tables), []
    jobs = [(d, run) for run in range(runs) for d in sets.values()]
    done = joblib.Parallel(n_jobs=-1, return_as="generator")(joblib.delayed(replay)(*job) for job in jobs)
    for number, stages in enumerate(progress(done, len(jobs)), 1):
        seen += stages
        if number % 20 == 0 or number == len(jobs):
            joblib.dump(seen, out / "replays.joblib")


def shown(replay):
    """What forecast sees of a replay: (curve, kind, future rule) of each way to look at it."""
    kind = "random" if replay["bought_by"] == "random" else "rule"
    for rule, truth in replay["futures"].items():
        yield replay["curve"], kind, rule, truth
    n, scores = replay["futures"]["random"]
    if kind == "random" and (n <= replay["stage"]).sum() > 3:
        known = n <= replay["stage"]
        history = al.History(n[known].astype(int), scores[known], np.arange(0))
        yield measured(history), "measured", "random", replay["futures"]["random"]


def residuals(replays):
    """How far each forecast lay from the truth, in its own spreads: DataFrame, a row a replay, kind,
    ratio and what."""
    rows = []
    for replay in replays:
        for curve, kind, rule, (n, scores) in shown(replay):
            stage, test = replay["stage"], replay["test"]
            scores, n = scores[n >= stage], n[n >= stage]
            at = np.array([stage * ratio for ratio in RATIOS if stage * ratio <= n[-1] + 5])
            middle, spread = continuation(curve).log_odds(at)
            for what, along in (("score", scores), ("best", np.maximum.accumulate(scores))):
                truth = -logit(np.clip(np.interp(at, n, along), 0.5 / test, 1 - 0.5 / test))
                z = (truth - middle) / np.hypot(spread, FLOOR)
                pairs = zip(at / stage, z, strict=True)
                rows += [(what, kind, rule, stage, ratio, replay["data"], off) for ratio, off in pairs]
    return pd.DataFrame(rows, columns=["what", "kind", "rule", "stage", "ratio", "data", "z"])


def error_table(rows):
    """The constants of calibration from residuals: every data set weighs the same."""
    table = {}
    for key, group in rows.groupby(["what", "kind", "rule"], sort=False):
        cells = {}
        for cell, found in group.groupby(["stage", "ratio"]):
            weight = 1 / found.groupby("data")["z"].transform("size")
            cells[cell] = [round(float(q), 2) for q in weighted_quantiles(found["z"], weight)]
        table[key] = [[nearest(cells, stage, ratio) for ratio in RATIOS] for stage in calibration.STAGES]
    return table


def weighted_quantiles(values, weights):
    order = np.argsort(values.to_numpy())
    share = (np.cumsum(weights.to_numpy()[order]) - weights.to_numpy()[order] / 2) / weights.sum()
    return np.interp(calibration.LEVELS, share, values.to_numpy()[order])


def nearest(cells, stage, ratio):
    """A cell, or where no replay went that far, the nearest one that has been seen."""
    return cells[min(cells, key=lambda cell: abs(np.log(cell[0] / stage)) + abs(np.log(cell[1] / ratio)))]


def judge(data, replays, errors):
    """The forecasts of a data set's replays with these constants beside what came of them: list of dicts."""
    calibration.ERRORS.clear()
    calibration.ERRORS.update(errors)
    found = []
    for stage in STAGES[1:]:
        at = [x for x in replays if x["stage"] == stage]
        if not at or at[0]["futures"]["random"][0][-1] < stage + 100:
            continue
        target = np.mean([np.interp(stage + 100, *x["futures"]["random"]) for x in at])
        found += [{"data": data, **judged(x["curve"], x["futures"]["random"], target, stage)} for x in at]
    return found


def prove(out):
    """Coverage by data set and stage, each data set forecast with the errors of the others alone."""
    replays = [x for x in joblib.load(out / "replays.joblib") if x["bought_by"] == "random"]
    rows = residuals(replays)
    jobs = [
        joblib.delayed(judge)(
            data,
            [x for x in replays if x["data"] == data],
            error_table(rows[rows["data"].map(kin) != kin(data)]),
        )
        for data in rows["data"].unique()
    ]
    done = joblib.Parallel(n_jobs=-1, return_as="generator")(jobs)
    found = pd.DataFrame([row for part in progress(done, len(jobs)) for row in part])
    for by in (["data", "labels"], ["labels"]):
        print(coverage(found, by).round(2).to_string(), end="\n\n")
    counts = coverage(found)
    said = counts["replays"] * (1 - counts["too early"] / 100)
    counts["said 80%"] *= said / counts["replays"]
    for (data, labels), row in counts.iterrows():
        parts = (row[list(HELD)] * row["replays"] / 100).fillna(0).round().astype(int)
        counted = ", ".join(map(str, [labels, int(row["replays"]), *parts]))
        middle = f"{row[MIDDLE]:.2f}" if np.isfinite(row[MIDDLE]) else None
        print(f'    ("{data}", {counted}, {middle}),')


def calibrate(out):
    """Print the constants of active_learning/calibration.py."""
    for (what, kind, rule), stages in error_table(residuals(joblib.load(out / "replays.joblib"))).items():
        print(f'    ("{what}", "{kind}", "{rule}"): (')
        for stage in stages:
            print("        (" + ", ".join(f"({', '.join(f'{q:g}' for q in cell)})" for cell in stage) + "),")
        print("    ),")


def watch_all(out, runs):
    """The signals of every stop rule on the report's data sets, a file each in out."""
    for name in DATASETS:
        dataset, path = al.load_dataset(name), out / f"stops_{name}.joblib"
        if path.exists():
            print(path, "is there already")
            continue
        histories = al.run_histories(dataset, [al.RECOMMENDED], n_splits=runs)
        found = stop_signals(dataset, {split: history for (_, split), history in histories.items()})
        joblib.dump(found, path)
        print(path, len(found), flush=True)


def stops(out):
    """The stop-rule table: thresholds chosen on the other data sets, judged on each; then those of all."""
    found = {path.stem.removeprefix("stops_"): joblib.load(path) for path in out.glob("stops_*.joblib")}
    last = {name: run.groupby("split")["accuracy"].last() for name, run in found.items()}
    # a point below what the whole budget scores on average: what stopping may cost
    studies = {name: (found[name], last[name].mean() - 0.01) for name in DATASETS if name in found}
    jobs, rows = [(name, rule) for name in studies for rule in SIGNALS], []
    for name, rule in progress(iter(jobs), len(jobs)):
        others = [study for other, study in studies.items() if kin(other) != kin(name)]
        threshold = choose_threshold(others, rule, CANDIDATES[rule])
        judged_runs = replay_stops(*studies[name], {rule: threshold})
        row = {"data": name, "target": studies[name][1], "rule": rule, "threshold": threshold}
        rows.append(row | dict(summarise_stops(judged_runs).iloc[0]))
    table = pd.DataFrame(rows).round({"too_many": 1, "target": 3, "score": 3})
    print(table.to_string(index=False), end="\n\n")
    print(table.groupby("rule", sort=False)[["missed", "missed_anyway", "too_many", "never"]].mean().round(3))
    for row in table.replace(np.inf, None).itertuples(index=False):
        print(f"    {tuple(row)!r},".replace("'", '"'))
    for rule in SIGNALS:
        print(rule, choose_threshold([*studies.values()], rule, CANDIDATES[rule]))


CANDIDATES = {
    "kappa": (0, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08),
    "classification_change": (0, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05),
    "overall_uncertainty": (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5),
    "forecast_gain": (0, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05),
}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("\n\n")[2])
    parser.add_argument("task", choices=("replay", "calibrate", "prove", "watch", "stops"))
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", type=int, nargs="?", default=100)
    parser.add_argument("tables", type=Path, nargs="?")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.task == "replay":
        return replay_all(args.out, args.runs, args.tables)
    if args.task == "watch":
        return watch_all(args.out, args.runs)
    return {"calibrate": calibrate, "prove": prove, "stops": stops}[args.task](args.out)


if __name__ == "__main__":
    main()
