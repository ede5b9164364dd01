"""Replay labelling projects whose end is known: is the forecast right, and when do stop rules stop? Run by
hand.

python tests/bench_forecast.py replay RUNS [FOLDER]    forecasts and truth of RUNS projects a data set, to a
file
"""

import sys
import zlib
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.datasets import make_classification, make_gaussian_quantiles

import al_helpers as al
from active_learning import calibration, forecast
from active_learning.calibration import FLOOR, RATIOS
from active_learning.extrapolation import continuation, subset_curve
from active_learning.forecast import measured
from active_learning.stopping import stop_signals

STAGES = (30, 60, 100, 200)
RULES = ("random", al.RECOMMENDED)
THOROUGH = 4  # runs a data set in which the recommended rule labels too, which takes longer
PROVEN = (
    "digits",
    "synthetic",
    "breast_cancer",
    "four_classes",
    "imbalanced",
    "rings",
    "label_noise",
    "car_evaluation",
)
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


def data_sets(folder=None):
    """name -> Dataset, the labels as whole numbers: bundled, generated, and the tables of a folder."""
    sets = {name: al.load_dataset(name) for name in al.DATASETS}
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
    model, scores = al.default_model(), []
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
                dataset.X, dataset.y, labeled, pool, al.default_model(), np.random.default_rng(seed)
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


def replay_all(runs, folder=None, first=0, path="/tmp/replays.joblib"):
    sets = data_sets(folder)
    jobs = [
        (d, run)
        for run in range(int(first), int(runs))
        for d in sets.values()
        if run < 16 or d.name in PROVEN
    ]
    done = []
    for k, seen in enumerate(
        joblib.Parallel(n_jobs=4, return_as="generator")(joblib.delayed(replay)(*job) for job in jobs)
    ):
        done += seen
        if k % 20 == 19:
            joblib.dump(done, path)
            print(k, len(jobs), flush=True)
    joblib.dump(done, path)


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
            stage, goes_on, test = replay["stage"], continuation(curve), replay["test"]
            scores, n = scores[n >= stage], n[n >= stage]
            for ratio in RATIOS:
                if (at := stage * ratio) > n[-1] + 5:
                    continue
                middle, spread = goes_on.log_odds([at])
                best = np.interp(at, n, np.maximum.accumulate(scores))
                for what, score in (("score", np.interp(at, n, scores)), ("best", best)):
                    truth = -logit(np.clip(score, 0.5 / test, 1 - 0.5 / test))
                    z = (truth - middle[0]) / np.hypot(spread[0], FLOOR)
                    rows.append((what, kind, rule, stage, ratio, replay["data"], z))
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


def judged(replay, kind="random"):
    """One replay's forecast against the truth, for random labelling: dict."""
    curve, (n, scores), stage = replay["curve"], replay["futures"]["random"], replay["stage"]
    scores, n = scores[n >= stage], n[n >= stage]
    row = {"data": replay["data"], "run": replay["run"], "stage": stage, "last": n[-1]}
    if stage + 100 <= n[-1]:
        later = forecast.bands(curve, "score", kind, "random", np.array([stage + 100]))[:, 0]
        row |= dict(zip(("s95l", "s80l", "s50", "s80h", "s95h"), later, strict=True)) | {
            "s": np.interp(stage + 100, n, scores)
        }
    needed = forecast.labels_needed(curve, kind, "random", replay["target"])
    row |= {key: np.inf if value is None else value for key, value in needed.items()}
    at = np.maximum.accumulate(scores) >= replay["target"]
    return row | {"target": replay["target"], "needed": n[at.argmax()] if at.any() else np.inf}


def prove(path="/tmp/replays.joblib"):
    """Coverage by data set and stage, each data set forecast with the errors of the others alone."""
    replays = [x for x in joblib.load(path) if x["bought_by"] == "random"]
    rows, found = residuals(replays), []
    for data in rows["data"].unique():
        calibration.ERRORS.clear()
        calibration.ERRORS.update(error_table(rows[rows["data"] != data]))
        own = [x for x in replays if x["data"] == data]
        for stage in STAGES[1:]:
            at = [x for x in own if x["stage"] == stage]
            if len(at) and (at[0]["futures"]["random"][0][-1] >= stage + 100):
                target = np.mean([np.interp(stage + 100, *x["futures"]["random"]) for x in at])
                found += [judged(x | {"target": target}) for x in at]
    found = pd.DataFrame(found)
    joblib.dump(found, "/tmp/judged.joblib")
    print(coverage(found, ["data", "stage"]).to_string())
    print(coverage(found, ["stage"]).to_string())


def coverage(found, by):
    """The calibration table: how often each interval held the truth, by some columns."""
    beyond = found["last"]
    held = {
        f"labels {level}%": (found[f"low_{level}"] <= found["needed"])
        & (found["needed"].clip(upper=beyond) <= found[f"high_{level}"])
        for level in (80, 95)
    }
    held |= {
        f"score {level}%": (found[f"s{level}l"] <= found["s"]) & (found["s"] <= found[f"s{level}h"])
        for level in (80, 95)
    }
    ratio = found["median"] / found["needed"]
    held["within 25%"] = (ratio - 1).abs() <= 0.25
    table = found.assign(**held).groupby(by)[list(held)].mean().mul(100).round(0)
    table["median forecast"] = found.groupby(by)["median"].median()
    table["median truth"] = found.groupby(by)["needed"].median()
    table["not in sight"] = found.assign(x=np.isinf(found["median"])).groupby(by)["x"].mean().round(2)
    table["median 80% width"] = (
        (found["high_80"] / found["low_80"]).groupby([found[c] for c in by]).median().round(1)
    )
    table["replays"] = found.groupby(by).size()
    return table


def calibrate(path="/tmp/replays.joblib"):
    """Print the constants of active_learning/calibration.py."""
    for key, stages in error_table(residuals(joblib.load(path))).items():
        print(f"    {key!r}: (".replace("'", '"'))
        for stage in stages:
            print("        (" + ", ".join(f"({', '.join(f'{q:g}' for q in cell)})" for cell in stage) + "),")
        print("    ),")


def watch_all(runs, path="/tmp/stops.joblib"):
    """The signals of every stop rule on the report's data sets: dict name -> table of stop_signals, to
    a file."""
    found = {}
    for name in al.DATASETS:
        dataset = al.load_dataset(name)
        histories = al.run_histories(dataset, [al.RECOMMENDED], n_splits=int(runs), n_jobs=2)
        alone = {split: history for (_, split), history in histories.items()}
        found[name] = stop_signals(dataset, alone, n_jobs=2)
        joblib.dump(found, path)
        print(name, len(found[name]), flush=True)


if __name__ == "__main__":
    {"replay": replay_all, "watch": watch_all, "prove": prove, "calibrate": calibrate}[sys.argv[1]](
        *sys.argv[2:]
    )
