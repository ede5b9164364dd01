"""Numbers from curves: labels to target, areas under curves, final scores, and means with their intervals.

A run that never reaches the target needs "more than the budget": inf. It is counted, never dropped.
Sources: Efron & Tibshirani 1993 (the bootstrap). Not here: what a rule saves (savings), words (wording).
"""

import numpy as np
import pandas as pd
from scipy.stats import binom

from active_learning._validation import check_integer, check_target, some

COLUMNS = ("strategy", "split", "n_labels", "accuracy")


def check_curves(curves):
    """Return curves; TypeError or ValueError if it is not a table of run_study with a round at least."""
    if not isinstance(curves, pd.DataFrame):
        raise TypeError(f"curves must be a table of run_study, got {type(curves).__name__}")
    if lacking := [name for name in COLUMNS if name not in curves]:
        raise ValueError(f"curves must have the columns {', '.join(COLUMNS)}, and lack {', '.join(lacking)}")
    if curves.empty or not curves.columns.is_unique:
        raise ValueError("curves hold no round" if curves.empty else "curves have a column twice")
    for name in ("n_labels", "accuracy"):
        if curves[name].dtype.kind not in "fiu" or not np.isfinite(curves[name]).all():
            raise ValueError(f"curves must hold finite numbers in {name}, and some are none")
    if not (curves["n_labels"] > 0).all():
        raise ValueError(f"curves must hold positive n_labels, and some are {curves['n_labels'].min()}")
    run = curves[["strategy", "split", "n_labels"]]
    if run.isna().any(axis=None) or run.duplicated().any():
        raise ValueError("every round of curves needs a strategy and a split, and must be there once")
    return curves


def labels_to_target(curves, target, *, hold=1, interpolate=False):
    """The labels each run needed to reach the target accuracy.

    curves: table of run_study
    target: accuracy in (0, 1]
    hold: consecutive rounds for which the accuracy must stay at the target or above, this one included;
        a run whose budget ends before the last of them has not shown it, and counts as never reached
    interpolate: instead of the first n_labels that does, the point where the straight line from the round
        before it crosses the target; free of the steps in which labels are bought
    returns: DataFrame with columns strategy, split, n_labels, which is inf where the target was not reached
    """
    bounds = crossing_bounds(curves, target, hold=hold, interpolate=interpolate)
    return bounds.rename(columns={"high": "n_labels"})[["strategy", "split", "n_labels"]]


def crossing_bounds(curves, target, *, hold=1, interpolate=True):
    """What is known of the labels each run needed: two bounds, equal where the target was reached.

    curves, target, hold, interpolate: as in labels_to_target
    returns: DataFrame with columns strategy, split, low, high; where the target was not reached, low is the
        last round of which it is known that it did not, and high is inf
    raises: ValueError or TypeError for a target or hold that cannot be one, or curves that are none
    """
    target, hold = check_target(target), check_integer("hold", hold, 1)
    runs = _by_run(curves, ["strategy", "split"])
    rows = [
        _crossing(*run.to_numpy().T, target, hold, interpolate) for _, run in runs[["n_labels", "accuracy"]]
    ]
    table = pd.DataFrame([*runs.groups], columns=["strategy", "split"])
    return table.assign(**dict(zip(("low", "high"), np.transpose(rows), strict=True)))


def _crossing(n_labels, accuracy, target, hold, interpolate):
    """(lowest, highest) possible labels to target of one run."""
    above = accuracy >= target
    held = np.convolve(above, np.ones(hold), "full")[hold - 1 : len(above)] == hold  # begins a held stretch
    if not held.any():
        below = np.flatnonzero(~above)
        return n_labels[below[-1]] if len(below) else n_labels[0], np.inf
    first = held.argmax()
    if first == 0 or not interpolate:
        return n_labels[first], n_labels[first]
    (x0, x1), (y0, y1) = n_labels[first - 1 : first + 1], accuracy[first - 1 : first + 1]
    crossing = x0 + (x1 - x0) * (target - y0) / (y1 - y0)
    return crossing, crossing


def by_split(needed, values="n_labels"):
    """The table of labels_to_target with a row a split and a column a strategy, in their order there.

    needed: table of labels_to_target, or of crossing_bounds; values: the name of its column to show
    returns: DataFrame (n_splits, n_strategies)
    raises: ValueError if the strategies were not run on the same splits
    """
    table = needed.pivot(index="split", columns="strategy", values=values)[[*needed["strategy"].unique()]]
    for name in table.columns[table.isna().any()]:
        lacking = table.index[table[name].isna()]
        raise ValueError(f"strategies are compared split by split, and {name!r} lacks split {some(lacking)}")
    return table


def median_interval(values, *, level=0.95):
    """The distribution-free interval of a median: two of the sorted values, as the sign test has it.

    values: array (n,), inf allowed; level: what the interval promises
    returns: (low, high), which covers the median in at least `level` of cases; (nan, nan) if n is too small
    source: Conover 1999, section 3.2
    """
    values = np.sort(np.asarray(values, dtype=float))
    cut = int(binom.ppf((1 - level) / 2, len(values), 0.5))  # P(fewer than cut of n below the median) < 2.5 %
    return (values[cut - 1], values[-cut]) if cut > 0 else (np.nan, np.nan)


def bootstrap_interval(values, statistic=np.mean, *, level=0.95, random_state=0, n_resamples=4000):
    """Percentile bootstrap interval of a statistic over splits.

    values: array (n_splits,)
    statistic: function of an array and an axis, such as numpy.mean
    level: what the interval promises; n_resamples, random_state: of the bootstrap
    returns: (low, high); (nan, nan) for a single split
    raises: ValueError for values of another shape, or no resamples
    source: Efron & Tibshirani 1993
    """
    values, n_resamples = np.asarray(values, dtype=float), check_integer("n_resamples", n_resamples, 1)
    if values.ndim != 1:
        raise ValueError(f"values must be one number a split, got shape {values.shape}")
    if len(values) < 2:
        return np.nan, np.nan
    drawn = np.random.default_rng(random_state).integers(len(values), size=(n_resamples, len(values)))
    tails = (1 - level) / 2, (1 + level) / 2
    low, high = np.quantile(statistic(values[drawn], axis=1), tails, method="inverted_cdf")
    return float(low), float(high)


def area_under_curve(n_labels, accuracy):
    """Area under a learning curve by the trapezoid rule, divided by its width: a mean accuracy in [0, 1].

    n_labels, accuracy: arrays (r,), the rounds of one run
    raises: ValueError if they do not pair up, or hold no round
    """
    if np.shape(n_labels) != np.shape(accuracy) or np.ndim(accuracy) != 1 or not np.size(accuracy):
        shapes = f"{np.shape(n_labels)} and {np.shape(accuracy)}"
        raise ValueError(f"a curve needs as many numbers of labels as accuracies, got shapes {shapes}")
    if len(n_labels) == 1:
        return float(np.asarray(accuracy)[0])
    return float(np.trapezoid(accuracy, n_labels) / np.ptp(n_labels))


def areas(curves):
    """Area under every curve in curves, the table of run_study: a row a split, a column a strategy."""
    return (
        _by_run(curves)[["n_labels", "accuracy"]]
        .apply(lambda run: area_under_curve(*run.to_numpy().T))
        .unstack()
    )


def final_scores(curves):
    """The last accuracy of every curve of run_study (curves): a row a split, a column a strategy."""
    return _by_run(curves)["accuracy"].last().unstack()


def first_scores(curves, hold=1):
    """The accuracy with the seed set of run_study (curves), or the lowest of the first `hold` rounds.

    returns: DataFrame, a row a split, a column a strategy; -inf where a run is shorter
    """
    runs = _by_run(curves)["accuracy"]
    return runs.agg(lambda scores: scores.iloc[:hold].min() if len(scores) >= hold else -np.inf).unstack()


def best_scores(curves):
    """The highest accuracy of every curve of run_study (curves): a row a split, a column a strategy."""
    return _by_run(curves)["accuracy"].max().unstack()


def _by_run(curves, keys=("split", "strategy")):
    return check_curves(curves).sort_values("n_labels", kind="stable").groupby([*keys], sort=False)


def medians_to_target(curves, target):
    """Median labels to target with its 95 % interval, over the splits.

    curves: table of run_study; target: accuracy in (0, 1]
    returns: DataFrame with columns median, low, high, indexed by strategy
    """
    needed = by_split(labels_to_target(curves, target))
    rows = {name: (needed[name].median(), *median_interval(needed[name])) for name in needed}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["median", "low", "high"])
    return table.rename_axis("strategy")


def mean_curve_crossings(curves, target, *, n_resamples=2000, random_state=0):
    """Where the mean curve of each strategy crosses the target, interpolated: no rounding to the batch.

    A first crossing of single runs is rounded up to whole batches, and comes early by luck where a run is
    looked at often. The mean curve has neither fault; random, which no batch makes redundant, is the control.

    curves: table of run_study, with whole runs (no stop_at); target: accuracy in (0, 1]
    n_resamples, random_state: of the bootstrap over splits
    returns: DataFrame indexed by strategy: crossing (inf if the mean curve stays below), and its 95 %
        interval low, high
    raises: ValueError if the runs of a strategy have not the same rounds
    """
    target, n_resamples, rows = check_target(target), check_integer("n_resamples", n_resamples, 1), {}
    for name, runs in check_curves(curves).groupby("strategy", sort=False):
        scores = runs.pivot(index="split", columns="n_labels", values="accuracy")
        if scores.isna().any(axis=None):
            raise ValueError(
                f"a mean curve needs whole runs (no stop_at), and those of {name!r} differ in length"
            )
        rows[name] = _mean_crossing(scores, target, n_resamples, random_state)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["crossing", "low", "high"])
    return table.rename_axis("strategy")


def _mean_crossing(scores, target, n_resamples, random_state):
    n, rounds = len(scores), scores.columns.to_numpy(dtype=float)
    rng = np.random.default_rng(random_state)
    times = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples)  # how often each split is drawn
    means = np.vstack([scores.mean(axis=0), times @ scores.to_numpy() / n]).round(12)  # equal ones stay equal
    found = [_crossing(rounds, mean, target, 1, True)[1] for mean in means]
    low, high = np.quantile(found[1:], [0.025, 0.975], method="inverted_cdf") if n > 1 else (np.nan, np.nan)
    return found[0], low, high
