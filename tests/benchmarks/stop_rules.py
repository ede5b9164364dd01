"""When would four stop rules have ended runs on the report's data sets, and was it too early?

python tests/benchmarks/stop_rules.py OUT [RUNS]

Run by hand. Writes the signals of every run, RUNS a data set (100 if not given), to the folder OUT, unless
they are there already; then active_learning/forecast/stop_rules.csv, each data set's thresholds chosen on the
others.
To add a rule: a key of `signals` and its candidate thresholds in CANDIDATES.
Sources: Bloodgood & Vijay-Shanker 2009; Zhu, Wang & Hovy 2008.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from scipy.special import entr
from sklearn.metrics import cohen_kappa_score

import al_helpers as al
from active_learning._arrays import on_one_thread, take
from active_learning._names import DATASETS
from active_learning._progress import progress
from active_learning.forecast import backtest
from active_learning.forecast.learning_curve import continuation, subset_curve
from active_learning.models.registry import default_model, fit

FILE = Path(backtest.__file__).with_name("stop_rules.csv")
STOP_ROWS = 500  # unlabelled at the start, drawn at random: the rows whose predictions a rule watches
CANDIDATES = {
    "kappa": (0, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08),
    "classification_change": (0, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05),
    "overall_uncertainty": (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5),
    "forecast_gain": (0, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05),
}


@on_one_thread
def signals(dataset, split, history):
    """The signals of each round, made without test rows and labels not queried: dict of arrays (r,)."""
    model, y = default_model(), np.unique(dataset.y, return_inverse=True)[1]
    labeled = np.concatenate([split.seed, history.queried])
    watched = take(dataset.X, np.random.default_rng(0).permutation(split.pool)[:STOP_ROWS])
    proba = np.zeros((len(history.n_labels), len(watched), y.max() + 1))
    for row, n in enumerate(history.n_labels):
        fit(model, dataset.X, y, labeled[:n], np.setdiff1d(split.pool, labeled[:n]))
        proba[row][:, model.classes_] = model.predict_proba(watched)
    predicted = proba.argmax(axis=2)
    return {
        "kappa": disagreement(predicted),
        "classification_change": np.r_[np.nan, (predicted[1:] != predicted[:-1]).mean(axis=1)],
        "overall_uncertainty": entr(proba).sum(axis=2).mean(axis=1) / np.log(proba.shape[2]),
        "forecast_gain": forecast_gain(dataset.X, y, labeled, split.pool, history.n_labels),
    }


def disagreement(predicted, window=3):
    """1 - Cohen's kappa of successive rounds' predictions (r, s), the mean of a window; nan before it."""
    pairs = pairwise(predicted)
    kappas = [1.0 if np.array_equal(*pair) else cohen_kappa_score(*pair) for pair in pairs]
    return 1 - pd.Series([np.nan, *kappas]).rolling(window).mean().to_numpy()


def forecast_gain(X, y, labeled, pool, n_labels, every=50, ahead=100):
    """The gain in score forecast for `ahead` more labels, (r,); nan in the rounds between every 50 labels."""
    gains, last = np.full(len(n_labels), np.nan), 0
    for row, n in enumerate(n_labels):
        if n >= max(last + every, 2 * len(np.unique(y[labeled]))):
            last, rest = n, np.setdiff1d(pool, labeled[:n])
            rng = np.random.default_rng(0)
            curve = subset_curve(X, y, labeled[:n], rest, default_model(), rng, quiet=True)
            now, later = continuation(curve).errors([n, n + ahead])
            gains[row] = now - later
    return gains


def run_table(dataset, number, history):
    """One run's rounds: split, n_labels, accuracy (which no rule sees) and the signals."""
    split = al.split_dataset(dataset.y, random_state=np.random.SeedSequence([0, number]))
    scores = {"split": number, "n_labels": history.n_labels, "accuracy": history.accuracy}
    return pd.DataFrame(scores | signals(dataset, split, history))


def watch(name, runs):
    """The rounds of many runs of the recommended rule on a data set: DataFrame."""
    dataset = al.load_dataset(name)
    histories = al.run_histories(dataset, [al.RECOMMENDED], n_splits=runs)
    jobs = [joblib.delayed(run_table)(dataset, number, run) for (_, number), run in histories.items()]
    done = joblib.Parallel(n_jobs=-1, return_as="generator")(jobs)
    return pd.concat(progress(done, len(jobs)), ignore_index=True)


def stop_when(n_labels, signal, threshold):
    """The labels at the first round whose signal is at most the threshold; inf if there is none."""
    below = np.asarray(signal) <= threshold
    return float(n_labels[below.argmax()]) if below.any() else np.inf


def stops(rounds, rule, threshold, target):
    """Where a rule stops each run, and what that costs: DataFrame, one row per run.

    stopped (labels) and score (there, or at the end); missed, missed_anyway (whether that score, and the last
    one, is below the target); needed (labels to the target, inf = never), too_many (labels beyond those)
    """
    rows = []
    for _, run in rounds.sort_values("n_labels").groupby("split", sort=False):
        n, score = run["n_labels"].to_numpy(), run["accuracy"].to_numpy()
        stopped, needed = stop_when(n, run[rule], threshold), stop_when(n, -score, -target)
        at = min(n.searchsorted(stopped), len(n) - 1)
        too_many = max(n[at] - needed, 0) if np.isfinite(needed) else np.nan
        row = {"stopped": stopped, "score": score[at], "missed": score[at] < target}
        rows.append(row | {"missed_anyway": score[-1] < target, "needed": needed, "too_many": too_many})
    return pd.DataFrame(rows)


def choose_threshold(studies, rule, candidates, miss=0.05):
    """The threshold that wastes the fewest labels while at most a share `miss` of more runs miss the target.

    studies: list of (rounds, target), one a data set; all weigh the same. If no threshold allows it, the one
    that misses least; runs that miss with the whole budget too do not count.
    """
    rated = []
    for threshold in candidates:
        tables = [stops(rounds, rule, threshold, target) for rounds, target in studies]
        missed = np.mean([t["missed"].mean() - t["missed_anyway"].mean() for t in tables])
        reached = [t["needed"].replace(np.inf, np.nan).median() for t in tables]
        wasted = np.mean([t["too_many"].mean() / n for t, n in zip(tables, reached, strict=True)])
        rated.append((max(missed, miss), wasted, threshold))
    return min(rated)[2]


def summary(rounds, rule, threshold, target):
    """A row of the table: the median labels at which a rule stops, and means over the runs."""
    table = stops(rounds, rule, threshold, target)
    never = np.isinf(table["stopped"]).mean()
    means = table[["score", "missed", "missed_anyway", "too_many"]].mean().to_dict()
    return {"stopped": table["stopped"].median(), **means, "never": never}


def stop_table(rounds):
    """The table of dict name -> rounds, each data set's thresholds chosen on others, not its variants."""
    last = {name: table.groupby("split")["accuracy"].last().mean() for name, table in rounds.items()}
    studies = {name: (rounds[name], last[name] - 0.01) for name in rounds}  # what stopping may cost: a point
    rows = []
    for name, rule in progress(iter(jobs := [(n, r) for n in studies for r in CANDIDATES]), len(jobs)):
        others = [study for other, study in studies.items() if original(other) != original(name)]
        threshold, (table, target) = choose_threshold(others, rule, CANDIDATES[rule]), studies[name]
        row = {"data": name, "target": target, "rule": rule, "threshold": threshold}
        rows.append(row | summary(table, rule, threshold, target))
    return pd.DataFrame(rows).round({"target": 3, "score": 3, "too_many": 1})


def original(name):
    """The data set that this one is a variant of, or itself: none has a part in another's constants."""
    return "digits" if "digits" in name else name


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition("\n\n")[2])
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", type=int, nargs="?", default=100)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in DATASETS:
        if not (path := args.out / f"stops_{name}.joblib").exists():
            joblib.dump(watch(name, args.runs), path)
    stop_table({name: joblib.load(args.out / f"stops_{name}.joblib") for name in DATASETS}).to_csv(
        FILE, index=False
    )


if __name__ == "__main__":
    main()
