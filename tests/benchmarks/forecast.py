"""Replay labelling projects whose end is known: is the forecast right? Run by hand.

python tests/benchmarks/forecast.py TASK OUT [RUNS] [TABLES]

TASK: replay     project the runs of all data sets, 20 minutes of a core; a file in OUT
      calibrate  write active_learning/forecast/calibration.csv, the errors of all these forecasts
      prove      write active_learning/forecast/coverage.csv, each data set forecast with the errors of the
                 others (its variants left out too), and print the calibration table
OUT: a folder for what is replayed; RUNS: a data set, 100 if not given; TABLES: a folder that holds the files
    of TABLES
"""

import argparse
import itertools
import zlib
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.datasets import make_classification, make_gaussian_quantiles

import al_helpers as al
from active_learning._progress import progress
from active_learning.forecast import forecast
from active_learning.forecast.backtest import COUNTS, MIDDLE, compare, coverage
from active_learning.forecast.forecast import FLOOR, LEVELS, RATIOS, STAGES, measured_curve
from active_learning.forecast.learning_curve import continuation, subset_curve
from active_learning.models.registry import default_model

FOLDER = Path(forecast.__file__).parent
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
DROPPED = {"titanic": ["alive"], "telco_churn": ["customerID"], "taxis": ["pickup", "dropoff"]}


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


def original(name):
    """What variants of one data set have in common: none has a part in another's constants."""
    return "digits" if "digits" in name else name


def data_sets(folder=None):
    """name -> Dataset, the labels as whole numbers: bundled, generated, and the tables of a folder.

    The report's other data sets are left out: notebook 5 forecasts on two that no constant was made with.
    """
    sets = {name: al.load_dataset(name) for name in BUNDLED}
    sets |= {name: al.Dataset(name, *make()) for name, make in MADE.items()}
    for name, column in TABLES.items() if folder else ():
        table = al.load_table(Path(folder, f"{name}.csv"), column, drop=DROPPED.get(name, []))
        rows = np.flatnonzero(table.labeled)
        X = table.preprocessor.fit_transform(table.X)[rows]
        sets[name] = al.Dataset(name, X, table.y[rows].astype(str))
    return {name: al.Dataset(name, d.X, np.unique(d.y, return_inverse=True)[1]) for name, d in sets.items()}


def future(dataset, split, labeled, rule, seed):
    """Labels and test scores of a project that goes on from these labelled rows: arrays (2, rounds)."""
    pool = np.setdiff1d(split.pool, labeled)
    if rule == "random":
        order = np.concatenate([labeled, np.random.default_rng(seed).permutation(pool)])
        return scores_along(dataset, split, order, len(labeled))
    start, most = al.Split(labeled, pool, split.test), len(labeled) + min(250, len(pool))
    run = al.run_loop(dataset, start, rule, budget=most, random_state=seed)
    return np.array([run.n_labels, run.accuracy])


def scores_along(dataset, split, order, first):
    """Labels and test scores of a project that labels rows in this order: arrays (2, rounds)."""
    counts = np.r_[np.arange(first, 200, 10), 200:300:20, 300:600:50, 600:1201:200]
    counts = np.unique(np.minimum(counts, len(order)))
    model, scores = default_model(), []
    for n in counts:
        model.fit(dataset.X[order[:n]], dataset.y[order[:n]])
        scores.append(np.mean(model.predict(dataset.X[split.test]) == dataset.y[split.test]))
    return np.array([counts, scores])


def replay(dataset, run):
    """One project at every stage: what was seen then, and how it went on under each rule."""
    seed, states = [zlib.crc32(dataset.name.encode()), run], []
    test_size = 0.3 if len(dataset.y) < 2500 else 0.5
    split = al.split_dataset(dataset.y, test_size=test_size, random_state=run)
    rows = len(split.seed) + len(split.pool)
    for queried_by in RULES if run < THOROUGH else RULES[:1]:
        if queried_by == "random":
            order = np.concatenate([split.seed, np.random.default_rng(seed).permutation(split.pool)])
            outcome = scores_along(dataset, split, order, STAGES[0])
        else:
            most = min(max(STAGES), rows)
            history = al.run_loop(dataset, split, queried_by, budget=most, random_state=seed)
            order = np.concatenate([split.seed, history.queried])
        for stage in STAGES:
            if stage > 0.6 * rows or (stage < 60 and run >= THOROUGH):
                continue
            labeled, pool, rng = (
                order[:stage],
                np.setdiff1d(split.pool, order[:stage]),
                np.random.default_rng(seed),
            )
            curve = subset_curve(dataset.X, dataset.y, labeled, pool, default_model(), rng)
            futures = {"random": outcome} if queried_by == "random" else {}
            for rule in RULES if run < THOROUGH else RULES[:1]:
                if rule not in futures:
                    futures[rule] = future(dataset, split, labeled, rule, seed)
            state = {"data": dataset.name, "run": run, "stage": stage, "queried_by": queried_by}
            states.append(state | {"curve": curve, "futures": futures, "test": len(split.test)})
    return states


def replay_all(out, runs, tables):
    """Replay all data sets to out/replays.joblib."""
    sets, states = data_sets(tables), []
    jobs = [(d, run) for run in range(runs) for d in sets.values()]
    done = joblib.Parallel(n_jobs=-1, return_as="generator")(joblib.delayed(replay)(*job) for job in jobs)
    for number, stages in enumerate(progress(done, len(jobs)), 1):
        states += stages
        if number % 20 == 0 or number == len(jobs):
            joblib.dump(states, out / "replays.joblib")


def views(state):
    """What forecast sees of a replay: (curve, kind, rule to come, outcome) of each way to look at it."""
    kind = "random" if state["queried_by"] == "random" else "rule"
    for rule, outcome in state["futures"].items():
        yield state["curve"], kind, rule, outcome
    n, scores = state["futures"]["random"]
    if kind == "random" and (n <= state["stage"]).sum() > 3:
        past = n <= state["stage"]
        history = al.History(n[past].astype(int), scores[past], np.arange(0))
        yield measured_curve(history), "measured", "random", state["futures"]["random"]


def residuals(replays):
    """How far each forecast was off, in its spreads: DataFrame, one row per replay, kind, ratio and what."""
    rows = []
    for state in replays:
        for curve, kind, rule, (n, scores) in views(state):
            stage, test = state["stage"], state["test"]
            scores, n = scores[n >= stage], n[n >= stage]
            at = np.array([stage * ratio for ratio in RATIOS if stage * ratio <= n[-1] + 5])
            middle, spread = continuation(curve).log_odds(at)
            for what, along in (("score", scores), ("best", np.maximum.accumulate(scores))):
                came = -logit(np.clip(np.interp(at, n, along), 0.5 / test, 1 - 0.5 / test))
                z = (came - middle) / np.hypot(spread, FLOOR)
                pairs = zip(at / stage, z, strict=True)
                rows += [(what, kind, rule, stage, ratio, state["data"], off) for ratio, off in pairs]
    return pd.DataFrame(rows, columns=["what", "kind", "rule", "stage", "ratio", "data", "z"])


def error_table(rows):
    """The table of calibration.csv from residuals: every data set weighs the same."""
    table = []
    for key, group in rows.groupby(["what", "kind", "rule"], sort=False):
        cells = {}
        for cell, offs in group.groupby(["stage", "ratio"]):
            weight = 1 / offs.groupby("data")["z"].transform("size")
            cells[cell] = weighted_quantiles(offs["z"], weight).round(2)
        table += [(*key, *cell, *nearest(cells, *cell)) for cell in itertools.product(STAGES, RATIOS)]
    return pd.DataFrame(table, columns=["what", "labelled_by", "rule", "labels", "ratio", *map(str, LEVELS)])


def weighted_quantiles(values, weights):
    order = np.argsort(values.to_numpy())
    share = (np.cumsum(weights.to_numpy()[order]) - weights.to_numpy()[order] / 2) / weights.sum()
    return np.interp(LEVELS, share, values.to_numpy()[order])


def nearest(cells, stage, ratio):
    """A cell, or where no replay went that far, the nearest one that has been seen."""
    return cells[min(cells, key=lambda cell: abs(np.log(cell[0] / stage)) + abs(np.log(cell[1] / ratio)))]


def compare_all(data, replays, errors):
    """The forecasts of a data set's replays with these errors beside what came of them: list of dicts."""
    forecast.read_results = lambda name: errors
    forecast.error_tables.cache_clear()
    rows = []
    for stage in STAGES[1:]:
        at = [x for x in replays if x["stage"] == stage]
        if not at or at[0]["futures"]["random"][0][-1] < stage + 100:
            continue
        target = np.mean([np.interp(stage + 100, *x["futures"]["random"]) for x in at])
        rows += [{"data": data, **compare(x["curve"], x["futures"]["random"], target, stage)} for x in at]
    return rows


def prove(out):
    """Coverage by data set and stage, each data set forecast with the errors of the others alone."""
    replays = [x for x in joblib.load(out / "replays.joblib") if x["queried_by"] == "random"]
    rows = residuals(replays)
    data = rows["data"].map(original)
    jobs = [
        joblib.delayed(compare_all)(name, [x for x in replays if x["data"] == name], errors)
        for name in rows["data"].unique()
        for errors in [error_table(rows[data != original(name)])]
    ]
    done = joblib.Parallel(n_jobs=-1, return_as="generator")(jobs)
    backtests = pd.DataFrame([row for part in progress(done, len(jobs)) for row in part])
    for by in (["data", "labels"], ["labels"]):
        print(coverage(backtests, by).round(2).to_string(), end="\n\n")
    counted(coverage(backtests)).to_csv(FOLDER / "coverage.csv", index=False)


def counted(table):
    """The table of coverage.csv: numbers of replays instead of the shares of `coverage`."""
    counts = table[[*COUNTS]].mul(table["replays"] / 100, axis=0)
    counts["said 80%"] *= 1 - table["too early"] / 100
    counts = counts.fillna(0).round().astype(int).assign(**{MIDDLE: table[MIDDLE].round(2)})
    counts.insert(0, "replays", table["replays"])
    return counts.reset_index()


def calibrate(out):
    """Write the error quantiles of all data sets."""
    error_table(residuals(joblib.load(out / "replays.joblib"))).to_csv(
        FOLDER / "calibration.csv", index=False
    )


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("\n\n")[2])
    parser.add_argument("task", choices=("replay", "calibrate", "prove"))
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", type=int, nargs="?", default=100)
    parser.add_argument("tables", type=Path, nargs="?")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.task == "replay":
        return replay_all(args.out, args.runs, args.tables)
    return {"calibrate": calibrate, "prove": prove}[args.task](args.out)


if __name__ == "__main__":
    main()
