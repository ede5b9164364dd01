"""What a rule saves against a reference: one number, its interval, and what censoring leaves open.

The saving is paired: on each split the log of (rule's labels / reference's labels), both interpolated between
rounds; over the splits their pseudo-median and its signed-rank interval; saving = 1 - exp of it. A censored
run makes its log ratio an interval, and the result is then bounds. Not here: the median, the interval and the
test (ranks), power (power), sentences (report).
"""

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from active_learning._validation import check_choice
from active_learning.statistics.curves import (
    areas,
    by_split,
    check_curves,
    crossing_bounds,
    final_scores,
    labels_to_target,
)
from active_learning.statistics.ranks import (
    fewest_values,
    holm,
    pseudo_median,
    signed_rank_interval,
    signed_rank_p,
)


class Saving(NamedTuple):
    """A saving as a share of the reference's labels; a cost is negative.

    Attributes
    ----------
    estimate : float
        nan where censoring leaves it open.
    low, high : float
        95 % interval; -inf or 1 where it is open, nan for one split.
    lowest, highest : float
        The estimate lies between them; they differ only under censoring.
    p_value : float
        Two-sided, for the hypothesis of no saving.
    """

    estimate: float
    low: float
    high: float
    lowest: float
    highest: float
    p_value: float


def paired_saving(needed, reference, budget=None, *, level=0.95):
    """Estimate the saving of a rule against a reference, paired by split.

    Parameters
    ----------
    needed, reference : arrays of shape (n_splits,)
        Labels to target on the same splits, interpolated or not; inf = more than the budget.
    budget : float, optional
        Labels at which runs were stopped; if None, the largest number of labels that a run needed.
    level : float in (0, 1), default=0.95
        Coverage of the interval.

    Returns
    -------
    Saving
        Its bounds hold whatever the censored runs would have needed.

    Raises
    ------
    ValueError
        If the two arrays do not pair up, hold no splits, or hold no positive numbers.

    References
    ----------
    Hodges & Lehmann (1963); Hollander, Wolfe & Chicken (2014), section 3.

    Examples
    --------
    >>> saving = paired_saving([60, 60, 60, 60, 60, 60], [120, 120, 120, 120, 120, 120])
    >>> saving.estimate, saving.p_value
    (0.5, 0.03125)
    """
    (needed, reference), budget = _paired(needed, reference, budget)
    lows = np.log(np.minimum(needed, budget)) - np.log(reference)
    return saving_of(lows, np.log(needed) - np.log(np.minimum(reference, budget)), level=level)


def _paired(needed, reference, budget):
    """The two arrays as floats, and the budget; ValueError if they cannot be paired."""
    pair = [np.asarray(values, dtype=float) for values in (needed, reference)]
    if pair[0].ndim != 1 or pair[0].shape != pair[1].shape or not len(pair[0]):
        shapes = " and ".join(str(values.shape) for values in pair)
        raise ValueError(f"a saving needs two arrays with one number per split, got shapes {shapes}")
    together = np.concatenate(pair)
    if np.isnan(together).any() or (together <= 0).any():
        raise ValueError("labels to target must be positive numbers, or inf for more than the budget")
    if budget is None:
        budget = together[np.isfinite(together)].max(initial=1)
    if not budget > 0:
        raise ValueError(f"budget must be a positive number of labels, got {budget}")
    return pair, budget


def saving_of(lows, highs, *, level=0.95):
    """Estimate the saving from bounds of the log ratios of each split.

    Parameters
    ----------
    lows, highs : arrays of shape (n_splits,)
        Bounds of log(rule's labels / reference's labels), equal where nothing is censored.
    level : float in (0, 1), default=0.95
        Coverage of the interval.

    Returns
    -------
    Saving
    """
    gain_lows, gain_highs = -np.asarray(highs), -np.asarray(lows)
    low, high = signed_rank_interval(gain_lows, level)[0], signed_rank_interval(gain_highs, level)[1]
    if 1 < len(lows) < fewest_values(level) and not np.array_equal(lows, highs):
        low, high = -np.inf, np.inf  # Student's t does not rise with each of its values
    ends = low, high, pseudo_median(gain_lows), pseudo_median(gain_highs)
    low, high, lowest, highest = (float(-np.expm1(-end)) + 0.0 for end in ends)
    estimate = lowest if lowest == highest else np.nan
    return Saving(estimate, low, high, lowest, highest, signed_rank_p(gain_lows, gain_highs, level))


def log_ratios(curves, target, *, hold=1, reference="random"):
    """Bound the log of (labels needed / labels the reference needed) of every run.

    Parameters
    ----------
    curves, target, hold
        As in `labels_to_target`.
    reference : str, default="random"
        Strategy to compare with.

    Returns
    -------
    tuple of two DataFrames of shape (n_splits, n_strategies)
        Low and high bounds, which differ where a run is censored; the reference comes first, with zeros.

    Raises
    ------
    ValueError
        If the reference is not among the curves, or strategies differ in their splits.
    """
    check_choice("reference strategy", reference, list(check_curves(curves)["strategy"].unique()))
    bounds = crossing_bounds(curves, target, hold=hold)
    low, high = by_split(bounds, "low"), by_split(bounds, "high")
    names = [reference, *(name for name in low if name != reference)]
    lows = np.log(low[names]).sub(np.log(high[reference]), axis=0)
    highs = np.log(high[names]).sub(np.log(low[reference]), axis=0)
    lows[reference] = highs[reference] = 0.0
    return lows, highs


def summarise(curves, target, *, hold=1, reference="random", parts=None):
    """Compute every measure of every strategy.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    target : float in (0, 1]
        Accuracy to reach.
    hold : int, default=1
        Consecutive rounds at the target, as in `labels_to_target`.
    reference : str, default="random"
        Strategy that the others are compared with, split by split.
    parts : DataFrame, optional
        Table of `run_parts`, for the interval of new rows.

    Returns
    -------
    DataFrame indexed by strategy, the reference first
        median, q25, q75 : labels to target over the splits, in whole batches; inf = over the budget;
        reached_share : share of splits in which the target is reached;
        saving : paired saving against the reference; nan where censoring leaves it open;
        saving_low, saving_high : its 95 % interval over splits of these rows (nan for one split);
        saving_min, saving_max : the saving lies between them; equal unless runs are censored;
        single_low, single_high : 95 % prediction interval of the saving on a single split;
        p_value, p_holm : two-sided, for no saving, and adjusted for the number of rules (Holm);
        cost_more_share, tie_share : share of splits with more labels than the reference, or as many;
        new_rows_low, new_rows_high : 95 % prediction interval of the same study on as many other rows;
        auc, final_accuracy : means over the splits.

    Raises
    ------
    ValueError
        If the reference is not among the curves, or strategies differ in their splits.

    References
    ----------
    Hodges & Lehmann (1963); Holm (1979).

    Examples
    --------
    >>> import pandas as pd
    >>> runs = {"random": [0.5, 0.7, 0.9], "margin": [0.5, 0.9, 0.9]}
    >>> tables = [pd.DataFrame({"strategy": name, "accuracy": run}) for name, run in runs.items()]
    >>> curves = pd.concat([table.assign(split=0, n_labels=[20, 30, 40]) for table in tables])
    >>> summarise(curves, 0.9)["median"].to_dict()
    {'random': 40.0, 'margin': 30.0}
    """
    lows, highs = log_ratios(curves, target, hold=hold, reference=reference)
    needed = by_split(labels_to_target(curves, target, hold=hold))
    rows = [_summary_row(needed[name], needed[reference], lows[name], highs[name]) for name in lows]
    summary = pd.DataFrame(rows, index=pd.Index([*lows], name="strategy"))
    summary["p_holm"] = holm(summary["p_value"].where(summary.index != reference))
    new = new_rows_intervals(summary, parts, target, hold=hold, reference=reference)
    summary["new_rows_low"], summary["new_rows_high"] = new["low"], new["high"]
    summary["auc"], summary["final_accuracy"] = areas(curves).mean(), final_scores(curves).mean()
    return summary


def _summary_row(needed, reference, lows, highs):
    """One row of summarise, from the labels to target and the bounds of the log ratios of a strategy."""
    saving = saving_of(lows.to_numpy(), highs.to_numpy())
    single = single_run_interval(lows, highs)
    return {
        "median": needed.median(),
        "q25": needed.quantile(0.25, interpolation="lower"),
        "q75": needed.quantile(0.75, interpolation="nearest"),
        "reached_share": np.isfinite(needed).mean(),
        "saving": saving.estimate,
        "saving_low": saving.low,
        "saving_high": saving.high,
        "saving_min": saving.lowest,
        "saving_max": saving.highest,
        "single_low": single[0],
        "single_high": single[1],
        "p_value": saving.p_value,
        "cost_more_share": (needed > reference).mean(),
        "tie_share": (needed == reference).mean(),
    }


def single_run_interval(lows, highs, level=0.95):
    """Compute a prediction interval of the saving on one more split.

    Parameters
    ----------
    lows, highs : arrays of shape (n_splits,)
        Bounds of log ratios.
    level : float in (0, 1), default=0.95
        Coverage; with fewer than 39 splits the interval is the range of all of them, which covers less.

    Returns
    -------
    tuple of two floats
        Savings: the k-th values from either end; (nan, nan) for one split.

    References
    ----------
    Hahn & Meeker (1991), Statistical Intervals, section 5.2.
    """
    n = len(lows)
    if n < 2:
        return np.nan, np.nan
    k = max(int((n + 1) * (1 - level) / 2 + 1e-9), 1)
    return tuple(float(-np.expm1(bound)) for bound in (np.sort(highs)[-k], np.sort(lows)[k - 1]))


NOISE = 0.75  # share of the splits' noise that is subtracted: groups understate how much rows matter


def new_rows_intervals(summary, parts, target, *, hold=1, reference="random", level=0.95):
    """Predict what the same study would show on as many other rows of the same kind.

    Two such studies differ by their splits, each as its own interval says, and by their rows. The rows are
    cut into K random groups, each studied as a small data set: beyond what their splits explain, the groups'
    log ratios vary as those of new rows would, K times as much, as the variance of a saving falls with the
    rows. On new data (tests/benchmarks/new_rows.py) they vary less than that, as a rule soon has queried most
    of a small pool; a quarter of the splits' noise is left in for it.

    Parameters
    ----------
    summary : DataFrame
        With columns saving_min, saving_max, saving_low and saving_high.
    parts : DataFrame or None
        Table of `run_parts`.
    target, hold, reference
        As in `summarise`.
    level : float in (0, 1), default=0.95
        Coverage of the interval.

    Returns
    -------
    DataFrame with columns low, high
        nan without parts, or where censoring leaves one open; where it leaves one known within bounds, the
        widest interval that they allow.

    Raises
    ------
    TypeError
        If parts is not a table of run_parts.

    References
    ----------
    Wolter (2007), Introduction to Variance Estimation, chapter 2 (random groups); Howe (1974), for the
    interval of the sum of two errors: the squares of their half widths add up.
    """
    table = pd.DataFrame(np.nan, index=summary.index, columns=["low", "high"])
    if parts is None:
        return table
    if not isinstance(parts, pd.DataFrame) or not {"cut", "part"} <= {*parts}:
        raise TypeError("parts must be a table of run_parts, which has columns cut and part")
    cuts = [[part for _, part in cut.groupby("part")] for _, cut in parts.groupby("cut")]
    each = [[log_ratios(part, target, hold=hold, reference=reference) for part in cut] for cut in cuts]
    for name in table.index.drop(reference).intersection(each[0][0][0].columns):
        bounds = [[(lows[name].to_numpy(), highs[name].to_numpy()) for lows, highs in cut] for cut in each]
        table.loc[name] = _new_rows(summary.loc[name], bounds, level)
    return table


def _new_rows(row, cuts, level):
    """(low, high) of one rule: row of summarise, and of each cut its groups' bounds (m,) of log ratios."""
    spread = row[["saving_min", "saving_max", "saving_low", "saving_high"]].to_numpy(dtype=float)
    ends = np.array([[[pseudo_median(bound) for bound in part] for part in cut] for cut in cuts])
    if not np.isfinite([*ends.flat, *spread]).all() or spread.max() >= 1:
        return np.nan, np.nan
    first, last, low, high = np.log1p(-spread)
    n_cuts, n_parts, _ = ends.shape
    corners = [product(*cut) for cut in ends]  # of the bounds; one of them has the largest spread
    between = np.mean([max(np.var(corner, ddof=1) for corner in cut) for cut in corners])
    noise = np.mean([_split_noise(*part) for cut in cuts for part in cut])
    rows = 2 / n_parts * max(between - NOISE * noise, 0)
    t = stats.t.ppf((1 + level) / 2, n_cuts * (n_parts - 1))
    half = np.sqrt(2 * ((low - high) / 2) ** 2 + t**2 * rows)
    return -np.expm1(first + half), -np.expm1(last - half)


def _split_noise(lows, highs):
    """Variance of a group's log ratio that its m splits explain, from bounds (m,); open ones add none."""
    exact = lows[lows == highs]
    return np.var(exact, ddof=1) / len(lows) if len(exact) > 1 else 0.0
