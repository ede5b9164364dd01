"""Measures of learning curves: labels to a target, areas, first and last scores, and intervals of means.

A run that never reaches the target within the budget needs "more than the budget": inf. It is counted,
never dropped. Not here: what a rule saves (savings), gains at equal budget (equal_budget).
"""

import numpy as np
import pandas as pd
from scipy import stats

from active_learning._validation import check_integer, check_target, some

COLUMNS = ("strategy", "split", "n_labels", "accuracy")


def check_curves(curves, what="curves"):
    """Return curves if they are a table of learning curves with at least one round.

    Parameters
    ----------
    curves : DataFrame with columns strategy, split, n_labels, accuracy
        The table of `run_study`, one row per round.
    what : str
        What messages call it.

    Returns
    -------
    DataFrame
        The same table.

    Raises
    ------
    TypeError
        If curves is not a DataFrame.
    ValueError
        If a column is missing or repeated, or a round is missing, repeated or not finite.
    """
    if not isinstance(curves, pd.DataFrame):
        raise TypeError(f"{what} must be a table of run_study, got {type(curves).__name__}")
    if missing := [name for name in COLUMNS if name not in curves]:
        raise ValueError(f"{what} must have the columns {', '.join(COLUMNS)}, and lack {', '.join(missing)}")
    if curves.empty or not curves.columns.is_unique:
        raise ValueError(f"{what} hold no round" if curves.empty else f"{what} have a column twice")
    for name in ("n_labels", "accuracy"):
        if curves[name].dtype.kind not in "fiu":
            raise ValueError(f"{what} must hold numbers in {name}, got the type {curves[name].dtype}")
        if not np.isfinite(curves[name]).all():
            raise ValueError(f"{what} must hold finite numbers in {name}, and some are not")
    if not (curves["n_labels"] > 0).all():
        raise ValueError(f"{what} must hold positive n_labels, and some are {curves['n_labels'].min()}")
    rounds = curves[["strategy", "split", "n_labels"]]
    if rounds.isna().any(axis=None) or rounds.duplicated().any():
        raise ValueError(f"every round of {what} needs a strategy and a split, and must be there once")
    return curves


def crossings(n_labels, scores, targets, *, hold=1, interpolate=True):
    """Find the labels at which curves on the same rounds first reach their targets.

    Parameters
    ----------
    n_labels : array of shape (n_rounds,)
        Labels known at each round.
    scores : array of shape (n_curves, n_rounds)
        Score of each curve at each round.
    targets : array of shape (n_curves,)
        Score that each curve must reach.
    hold : int, default=1
        Consecutive rounds at the target or above, the first one included.
    interpolate : bool, default=True
        Whether to cross on the straight line from the round before, instead of at the first round above.

    Returns
    -------
    array of shape (n_curves,)
        Labels; inf where a curve never reaches its target.
    """
    above = scores >= targets[:, None]
    if hold > len(n_labels):
        return np.full(len(above), np.inf)
    reached = np.lib.stride_tricks.sliding_window_view(above, hold, axis=1).all(axis=2)
    first, curve = reached.argmax(axis=1), np.arange(len(above))
    before = np.maximum(first - interpolate, 0)  # the round before is below the target, if there is one
    rise, width = scores[curve, first] - scores[curve, before], n_labels[first] - n_labels[before]
    missing = width * (targets - scores[curve, before])
    steps = np.divide(missing, rise, out=np.zeros(len(above)), where=first > before)
    return np.where(reached.any(axis=1), n_labels[before] + steps, np.inf)


def labels_to_target(curves, target, *, hold=1, interpolate=False):
    """Count the labels that each run needs to reach a target accuracy.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    target : float in (0, 1]
        Accuracy to reach.
    hold : int, default=1
        Consecutive rounds for which the accuracy must stay at the target or above, the first one included.
        A run whose budget ends before the last of them counts as never reached.
    interpolate : bool, default=False
        Whether to return the point where the straight line from the round before crosses the target, which
        is free of the steps of the batches, instead of the first n_labels at the target.

    Returns
    -------
    DataFrame with columns strategy, split, n_labels
        One row per run; n_labels is inf where the target is not reached.

    Raises
    ------
    ValueError, TypeError
        If target, hold or curves are not valid.

    Examples
    --------
    >>> import pandas as pd
    >>> rounds = {"n_labels": [20, 30], "accuracy": [0.75, 1.0]}
    >>> curves = pd.DataFrame({"strategy": "margin", "split": 0, **rounds})
    >>> labels_to_target(curves, 0.875, interpolate=True)["n_labels"].item()
    25.0
    """
    bounds = crossing_bounds(curves, target, hold=hold, interpolate=interpolate)
    return bounds.rename(columns={"high": "n_labels"})[["strategy", "split", "n_labels"]]


def crossing_bounds(curves, target, *, hold=1, interpolate=True):
    """Compute bounds on the labels that each run needs, equal where the target is reached.

    Parameters
    ----------
    curves, target, hold, interpolate
        As in `labels_to_target`.

    Returns
    -------
    DataFrame with columns strategy, split, low, high
        Where the target is not reached, low is the last round below it and high is inf.

    Raises
    ------
    ValueError, TypeError
        If target, hold or curves are not valid.
    """
    target, hold = check_target(target), check_integer("hold", hold, 1)
    table, runs = _runs_of(curves, ["strategy", "split"])
    low, high, alike = np.empty(len(runs)), np.empty(len(runs)), {}
    for place, (n_labels, _) in enumerate(runs):
        alike.setdefault(n_labels.tobytes(), []).append(place)
    for places in alike.values():  # runs of the same rounds at once: one by one takes ten times as long
        n_labels, accuracy = runs[places[0]][0], np.array([runs[place][1] for place in places])
        low[places], high[places] = _bounds(n_labels, accuracy, target, hold, interpolate)
    return table.assign(low=low, high=high)


def _bounds(n_labels, accuracy, target, hold, interpolate):
    """Lowest and highest possible labels to target of runs (n_runs, n_rounds) on the same rounds."""
    targets = np.full(len(accuracy), target)
    needed = crossings(n_labels, accuracy, targets, hold=hold, interpolate=interpolate)
    below = accuracy < target
    last = np.where(below.any(axis=1), len(n_labels) - 1 - below[:, ::-1].argmax(axis=1), 0)
    return np.where(np.isfinite(needed), needed, n_labels[last]), needed


def _runs_of(curves, keys):
    """A table of the runs, columns as the keys, and (n_labels, accuracy) of each run, floats (n_rounds,)."""
    groups = _by_run(curves, keys)
    rows, codes = groups.obj, groups.ngroup().to_numpy()
    order, sizes = np.argsort(codes, kind="stable"), np.bincount(codes)
    ends = np.cumsum(sizes)
    numbers = (rows[name].to_numpy(dtype=float)[order] for name in ("n_labels", "accuracy"))
    runs = [*zip(*(np.split(each, ends[:-1]) for each in numbers), strict=True)]
    return rows[keys].iloc[order[ends - sizes]].reset_index(drop=True), runs


def by_split(needed, values="n_labels"):
    """Arrange labels to target with one row per split and one column per strategy.

    Parameters
    ----------
    needed : DataFrame
        Table of `labels_to_target` or `crossing_bounds`.
    values : str, default="n_labels"
        Column of needed to arrange.

    Returns
    -------
    DataFrame of shape (n_splits, n_strategies)
        Strategies in their order in needed.

    Raises
    ------
    ValueError
        If the strategies were not run on the same splits.

    Examples
    --------
    >>> import pandas as pd
    >>> needed = pd.DataFrame({"strategy": ["random", "margin"], "split": [0, 0], "n_labels": [120, 70]})
    >>> by_split(needed).loc[0].to_dict()
    {'random': 120, 'margin': 70}
    """
    table = needed.pivot(index="split", columns="strategy", values=values)[[*needed["strategy"].unique()]]
    for name in table.columns[table.isna().any()]:
        missing = table.index[table[name].isna()]
        raise ValueError(f"strategies are compared split by split, and {name!r} lacks split {some(missing)}")
    return table


def bootstrap_interval(values, statistic=np.mean, *, level=0.95, random_state=0, n_resamples=4000):
    """Compute the percentile bootstrap interval of a statistic over splits.

    Parameters
    ----------
    values : array of shape (n_splits,)
        One number per split.
    statistic : callable, default=numpy.mean
        Function of an array and an axis.
    level : float in (0, 1), default=0.95
        Coverage of the interval.
    random_state : int, default=0
        Random seed of the resamples.
    n_resamples : int, default=4000
        Number of resamples.

    Returns
    -------
    tuple of two floats
        Low and high end; (nan, nan) for a single split.

    Raises
    ------
    ValueError
        If values are not one number per split, or there are no resamples.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap.

    Examples
    --------
    >>> bootstrap_interval([2.0, 2.0, 2.0])
    (2.0, 2.0)
    """
    values, n_resamples = np.asarray(values, dtype=float), check_integer("n_resamples", n_resamples, 1)
    if values.ndim != 1:
        raise ValueError(f"values must be one number per split, got shape {values.shape}")
    if len(values) < 2:
        return np.nan, np.nan
    drawn = np.random.default_rng(random_state).integers(len(values), size=(n_resamples, len(values)))
    tails = (1 - level) / 2, (1 + level) / 2
    low, high = np.quantile(statistic(values[drawn], axis=1), tails, method="inverted_cdf")
    return float(low), float(high)


def student_interval(values):
    """Compute Student's 95 % interval of a mean, and the p value of a mean of 0.

    Parameters
    ----------
    values : array of shape (n,)

    Returns
    -------
    tuple of three floats
        Low end, high end and two-sided p value; three nan for fewer than two values. Values that are all
        equal have an interval of width 0.
    """
    if len(values) < 2:
        return np.nan, np.nan, np.nan
    if not np.std(values, ddof=1) > 1e-12:
        return np.mean(values), np.mean(values), float(abs(np.mean(values)) <= 1e-12)
    test = stats.ttest_1samp(values, 0)
    return *test.confidence_interval(), test.pvalue


def area_under_curve(n_labels, accuracy):
    """Return the area under one learning curve by the trapezoid rule, divided by its width."""
    width = np.ptp(n_labels)
    return float(np.trapezoid(accuracy, n_labels) / width if width else np.asarray(accuracy)[0])


def areas(curves):
    """Compute the area under every learning curve, that is its mean accuracy over the budget.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.

    Returns
    -------
    DataFrame of shape (n_splits, n_strategies)
        Areas in [0, 1].
    """
    table, runs = _runs_of(curves, ["split", "strategy"])
    values = table.assign(area=[area_under_curve(*run) for run in runs])
    wide = values.pivot(index="split", columns="strategy", values="area")
    return wide.reindex(index=table["split"].unique(), columns=table["strategy"].unique())


def final_scores(curves):
    """Return the last accuracy of every learning curve.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.

    Returns
    -------
    DataFrame of shape (n_splits, n_strategies)
    """
    return _by_run(curves)["accuracy"].last().unstack()


def first_scores(curves, hold=1):
    """Return the lowest accuracy of the first rounds of every learning curve.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    hold : int, default=1
        Consecutive rounds, the first one with the seed set alone.

    Returns
    -------
    DataFrame of shape (n_splits, n_strategies)
        -inf where a run has fewer rounds.
    """
    runs = _by_run(curves)["accuracy"]
    return runs.agg(lambda scores: scores.iloc[:hold].min() if len(scores) >= hold else -np.inf).unstack()


def best_scores(curves):
    """Return the highest accuracy of every learning curve.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.

    Returns
    -------
    DataFrame of shape (n_splits, n_strategies)
    """
    return _by_run(curves)["accuracy"].max().unstack()


def _by_run(curves, keys=("split", "strategy")):
    return check_curves(curves).sort_values("n_labels", kind="stable").groupby([*keys], sort=False)


def mean_curve_crossings(curves, target, *, n_resamples=2000, random_state=0):
    """Find where the mean curve of each strategy crosses the target.

    The first crossing of a single run is rounded up to whole batches, and comes early by luck where a run is
    scored often. The mean curve has neither fault. Batches cost random nothing, so random is the control.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`, with whole runs (no stop_at).
    target : float in (0, 1]
        Accuracy to reach.
    n_resamples : int, default=2000
        Bootstrap resamples of the splits.
    random_state : int, default=0
        Random seed of the resamples.

    Returns
    -------
    DataFrame with columns crossing, low, high, indexed by strategy
        Interpolated labels (inf if the mean curve stays below) and their 95 % bootstrap interval.

    Raises
    ------
    ValueError
        If the runs of a strategy do not have the same rounds.

    Examples
    --------
    >>> import pandas as pd
    >>> curves = pd.DataFrame({"strategy": "margin", "split": [0, 0, 1, 1], "n_labels": [20, 30, 20, 30]})
    >>> mean_curve_crossings(curves.assign(accuracy=[0.25, 0.75, 0.75, 0.75]), 0.625)["crossing"].item()
    25.0
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
    """Crossing of one mean curve, from scores (n_splits, n_rounds), and its interval."""
    n, rng = len(scores), np.random.default_rng(random_state)
    times = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples)  # how often each split is drawn
    means = np.vstack([scores.mean(axis=0), times @ scores.to_numpy() / n]).round(12)  # equal ones stay equal
    needed = crossings(scores.columns.to_numpy(dtype=float), means, np.full(len(means), target))
    low, high = np.quantile(needed[1:], [0.025, 0.975], method="inverted_cdf") if n > 1 else (np.nan, np.nan)
    return needed[0], low, high
