"""Numbers from curves: labels to target, savings, their intervals, areas under curves.

A run that never reaches the target needs "more than the budget": inf. It is counted, never dropped.
Sources: Efron & Tibshirani 1993 (the bootstrap). Not here: words and formats (wording), pictures (plots).
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from active_learning.checks import check_choice, check_integer, check_target


def labels_to_target(curves, target, *, hold=1):
    """The labels each run needed to reach the target accuracy.

    curves: table of run_study
    target: accuracy in (0, 1]
    hold: consecutive rounds for which the accuracy must stay at the target or above, this one included;
        a run whose budget ends before the last of them has not shown it, and counts as never reached
    returns: DataFrame with columns strategy, split, n_labels: the first n_labels that does, or inf
    raises: TypeError or ValueError naming a target or hold that cannot be
    """
    target, hold = check_target(target), check_integer("hold", hold, 1)
    runs = curves.sort_values("n_labels", kind="stable").groupby(["strategy", "split"], sort=False)
    needed = [_first_crossing(run, target, hold) for _, run in runs]
    return pd.DataFrame([*runs.groups], columns=["strategy", "split"]).assign(n_labels=needed)


def by_split(needed):
    """Lay labels to target out with a row a split and a column a strategy, in their order there.

    needed: table of labels_to_target
    returns: DataFrame (n_splits, n_strategies)
    """
    return needed.pivot(index="split", columns="strategy", values="n_labels")[[*needed["strategy"].unique()]]


def _first_crossing(run, target, hold):
    above = (run["accuracy"] >= target).to_numpy()
    if len(above) < hold:
        return np.inf
    held = np.lib.stride_tricks.sliding_window_view(above, hold).all(axis=1)
    return float(run["n_labels"].iloc[held.argmax()]) if held.any() else np.inf


def share_saved(needed, reference, budget):
    """The share of labels saved, 1 - needed / reference, as far as censoring lets it be known.

    needed, reference: arrays of labels to target, inf = more than the budget
    budget: labels at which runs were stopped
    returns: (lowest, highest) possible share; equal where both numbers are finite
    """
    return 1 - needed / np.minimum(reference, budget), 1 - np.minimum(needed, budget) / reference


def labels_saved(needed, reference, budget):
    """The number of labels saved, reference - needed, as far as censoring lets it be known.

    needed, reference, budget: as in share_saved
    returns: (lowest, highest) possible number; equal where both are finite
    """
    return np.minimum(reference, budget) - needed, reference - np.minimum(needed, budget)


def resamples(n, n_resamples=4000, random_state=0):
    """Bootstrap resamples of n splits: int array (n_resamples, n) of positions."""
    return np.random.default_rng(random_state).integers(n, size=(n_resamples, n))


@lru_cache(maxsize=4)
def _times_drawn(n, random_state):
    """How often each of resamples holds each split: array (n_resamples, n), for a fast matrix product."""
    drawn = resamples(n, random_state=random_state)
    places = drawn + n * np.arange(len(drawn))[:, None]
    return np.bincount(places.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(np.float32)


def resampled_medians(values, random_state=0):
    """The median of every bootstrap resample of values (n,), which may be inf: array (n_resamples,).

    Labels to target come in batches, so few values differ, and it is less work to count how many draws lie at
    or below each of them than to sort every resample.
    """
    distinct, code = np.unique(values, return_inverse=True)
    at_most = _times_drawn(len(values), random_state) @ (code[:, None] <= np.arange(len(distinct)))
    middle = np.array([(len(values) - 1) // 2, len(values) // 2])[:, None, None]
    return distinct[(at_most > middle).argmax(axis=2)].mean(axis=0)


def bootstrap_interval(values, statistic=np.median, *, level=0.95, random_state=0):
    """Percentile bootstrap interval of a statistic over splits.

    values: array (n_splits,), inf allowed where the statistic takes it
    statistic: function of an array and an axis, such as numpy.median or numpy.mean
    level: what share of such intervals should hold the truth; random_state: seed of the resamples
    returns: (low, high); (nan, nan) for a single split
    source: Efron & Tibshirani 1993
    """
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return np.nan, np.nan
    if statistic is np.median:
        drawn = resampled_medians(values, random_state)
    else:
        drawn = statistic(values[resamples(len(values), random_state=random_state)], axis=1)
    return _tails(drawn, drawn, level)


def saving_interval(needed, reference, budget, bounds=share_saved, *, level=0.95, random_state=0):
    """Bootstrap interval of the saving between the medians of two strategies, resampling whole splits.

    needed, reference: arrays (n_splits,), labels to target on the same splits, inf = never reached
    budget: labels at which runs were stopped
    bounds: share_saved or labels_saved
    level, random_state: as in bootstrap_interval
    returns: (low, high); wider where censoring leaves the saving open; (nan, nan) for a single split
    """
    if len(needed) < 2:
        return np.nan, np.nan
    medians = (resampled_medians(values, random_state) for values in (needed, reference))
    return _tails(*bounds(*medians, budget), level)


def _tails(lowest, highest, level):
    """The outer quantiles of bootstrapped bounds; observed values, since infinities cannot be averaged."""
    tail = (1 - level) / 2
    low = np.quantile(lowest, tail, method="inverted_cdf")
    return float(low), float(np.quantile(highest, 1 - tail, method="inverted_cdf"))


def area_under_curve(n_labels, accuracy):
    """Area under a learning curve by the trapezoid rule, divided by its width: a mean accuracy in [0, 1].

    n_labels, accuracy: arrays (r,), one value a round
    returns: float; of a single round its accuracy
    """
    if len(n_labels) == 1:
        return float(np.asarray(accuracy)[0])
    return float(np.trapezoid(accuracy, n_labels) / np.ptp(n_labels))


def areas(curves):
    """Area under every curve: DataFrame with a row a split and a column a strategy."""
    runs = curves.sort_values("n_labels", kind="stable").groupby(["split", "strategy"], sort=False)
    return runs[["n_labels", "accuracy"]].apply(lambda run: area_under_curve(*run.to_numpy().T)).unstack()


def final_scores(curves):
    """The last accuracy of every curve: DataFrame with a row a split and a column a strategy."""
    return (
        curves.sort_values("n_labels", kind="stable")
        .groupby(["split", "strategy"], sort=False)["accuracy"]
        .last()
        .unstack()
    )


def summarise(curves, target, *, hold=1, reference="random", random_state=0):
    """Every measure of every strategy, as numbers.

    curves: table of run_study
    target, hold: as in labels_to_target
    reference: the strategy that the others are compared with, split by split
    random_state: seed of the bootstrap
    returns: DataFrame indexed by strategy, the reference first, with columns
        median, q25, q75       labels to target over the splits, inf = more than the budget
        reached_share          share of splits in which the target was reached
        saving_low, saving_high  95 % interval of the saving against the reference (nan for one split)
        saving_min, saving_max   the saving 1 - median / median(reference); the two are equal unless a
                               median is censored, and then they bound it
        cost_more_share, tie_share  share of splits with more labels than the reference, or as many
        auc, final_accuracy    means over the splits
    raises: ValueError if the reference is not among the curves
    """
    check_choice("reference strategy", reference, list(curves["strategy"].unique()))
    needed = by_split(labels_to_target(curves, target, hold=hold))
    budget = curves["n_labels"].max()
    names = [reference, *(name for name in curves["strategy"].unique() if name != reference)]
    rows = [_summary_row(needed[name], needed[reference], budget, random_state) for name in names]
    summary = pd.DataFrame(rows, index=pd.Index(names, name="strategy"))
    summary["auc"] = areas(curves).mean()
    summary["final_accuracy"] = final_scores(curves).mean()
    return summary


def _summary_row(needed, reference, budget, random_state):
    needed, reference = needed.to_numpy(), reference.to_numpy()
    lowest, highest = share_saved(np.median(needed), np.median(reference), budget)
    low, high = saving_interval(needed, reference, budget, random_state=random_state)
    return {
        "median": np.median(needed),
        "q25": np.quantile(needed, 0.25, method="inverted_cdf"),
        "q75": np.quantile(needed, 0.75, method="inverted_cdf"),
        "reached_share": np.isfinite(needed).mean(),
        "saving_min": lowest,
        "saving_max": highest,
        "saving_low": low,
        "saving_high": high,
        "cost_more_share": (needed > reference).mean(),
        "tie_share": (needed == reference).mean(),
    }


def false_alarm_rate(copies, budget, *, n_studies=300, random_state=0):
    """The A/A check: how often does the interval of the saving exclude 0 for a strategy against itself?

    copies: DataFrame (n_splits, c), labels to target of c independent runs of one strategy on each split
    budget: labels at which runs were stopped; random_state: seed of the drawing
    n_studies: studies made by drawing, on every split, two of the c runs in random order
    returns: float, the share of studies that raise a false alarm; about 0.05 is what 95 % promises
    """
    rng, copies, alarms = np.random.default_rng(random_state), copies.to_numpy(), 0
    for _ in range(n_studies):
        one, other = rng.permuted(copies, axis=1)[:, :2].T
        low, high = saving_interval(one, other, budget)
        alarms += not low <= 0 <= high
    return alarms / n_studies


def medians_to_target(curves, target):
    """Median labels to target with its 95 % interval.

    curves: table of run_study; target: accuracy in (0, 1]
    returns: DataFrame with columns median, low, high, indexed by strategy
    raises: as labels_to_target
    """
    needed = by_split(labels_to_target(curves, target))
    rows = {name: (needed[name].median(), *bootstrap_interval(needed[name])) for name in needed}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["median", "low", "high"])
    return table.rename_axis("strategy")
