"""What a rule saves against a reference: one number, its interval, and what censoring leaves open.

The saving is paired: on each split the log of (rule's labels / reference's labels), both interpolated between
rounds; over the splits their pseudo-median (the median of all pairwise means) and its signed-rank interval;
saving = 1 - exp of it. A censored run makes its log ratio an interval, and the result is then bounds.
Sources: Hodges & Lehmann 1963; Hollander, Wolfe & Chicken 2014, section 3. Not here: what the interval is
worth (trust), words (wording).

Hodges and Lehmann's pseudo-median, and Wilcoxon's signed-rank interval and test that go with it.

scipy.stats.wilcoxon has the test, for values without bounds; it has neither the estimate nor the interval.
Sources: Hodges & Lehmann 1963; Hollander, Wolfe & Chicken 2014, section 3.
"""

from functools import lru_cache
from itertools import product
from numbers import Real
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

ROUNDING = 1e-12  # relative


def _pairwise_means(values):
    """Means of all pairs of values (n,), each with itself too, sorted: array (n (n + 1) / 2,).

    What is 0 but for rounding is 0, as log(20 / 30) + log(30 / 20): on its side hang intervals and tests.
    """
    one, other = np.triu_indices(len(values))
    means = np.sort(values[one] / 2 + values[other] / 2)
    means[np.abs(means) <= ROUNDING * max(1.0, np.abs(values[np.isfinite(values)]).max(initial=0))] = 0.0
    return means


def pseudo_median(values):
    """The median of all pairwise means: as robust as a median, nearly as precise as a mean.

    values: array (n,), which may hold -inf or inf, not both
    raises: ValueError for values of another shape, or none
    source: Hodges & Lehmann 1963
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"values must be one number a split, got shape {values.shape}")
    means = _pairwise_means(values)
    return means[(len(means) - 1) // 2] / 2 + means[len(means) // 2] / 2


@lru_cache(maxsize=64)
def _signed_rank_cdf(n):
    """P(T <= t) of the signed-rank statistic of n values without ties, t = 0 .. n (n + 1) / 2."""
    chances = np.ones(1)
    for rank in range(1, n + 1):  # each rank counts or does not, by the toss of a coin
        chances = (np.pad(chances, (0, rank)) + np.pad(chances, (rank, 0))) / 2
    return np.cumsum(chances)


def _left_tail(t, n):
    """P(T <= t): exact to 50 values and normal beyond, as in scipy.stats.wilcoxon."""
    if n <= 50:
        return _signed_rank_cdf(n)[int(np.floor(t))] if t >= 0 else 0.0
    return stats.norm.cdf((t - n * (n + 1) / 4) / np.sqrt(n * (n + 1) * (2 * n + 1) / 24))


def fewest_values(level):
    """The fewest values for which the signed-rank test can reach the level: 6 for 95 %."""
    if isinstance(level, bool) or not isinstance(level, Real):
        raise TypeError(f"level must be a number, got {level!r}")
    if not 0 < level < 1:
        raise ValueError(f"level must be in (0, 1), such as 0.95, got {level}")
    return int(np.ceil(np.log2(2 / (1 - level)) - 1e-9))


def signed_rank_interval(values, level=0.95):
    """The interval of the pseudo-median: the shifts that Wilcoxon's signed-rank test does not reject.

    values: array (n,), which may hold -inf or inf, not both; level: what the interval promises
    returns: (low, high). With fewer than 6 values no such interval reaches 95 %: then Student's t interval
        around the pseudo-median (open if a value is infinite); (nan, nan) for one value
    source: Hollander, Wolfe & Chicken 2014, section 3.3
    """
    values, fewest = np.asarray(values, dtype=float), fewest_values(level)
    n, tail = len(values), (1 - level) / 2
    if n < 2:
        return np.nan, np.nan
    if n < fewest:
        if not np.isfinite(values).all():
            return -np.inf, np.inf
        half = stats.t.ppf(1 - tail, n - 1) * values.std(ddof=1) / np.sqrt(n)
        return pseudo_median(values) - half, pseudo_median(values) + half
    means = _pairwise_means(values)
    if n <= 50:
        cut = int(np.searchsorted(_signed_rank_cdf(n), tail, side="right"))  # P(T < cut) <= tail
    else:
        cut = int(n * (n + 1) / 4 + stats.norm.ppf(tail) * np.sqrt(n * (n + 1) * (2 * n + 1) / 24)) + 1
    return means[cut - 1], means[-cut]


def signed_rank_p(lows, highs, level=0.95):
    """Two-sided p value of a pseudo-median of 0 for values that lie between bounds: the largest possible.

    lows, highs: arrays (n,), equal where a value is known
    level: decides, as in signed_rank_interval, what is too few for ranks
    returns: float, at most 1 - level where that interval excludes 0; nan for one value
    """
    n, middle = len(lows), len(lows) * (len(lows) + 1) / 4
    if n < 2:
        return np.nan
    if n < fewest_values(level):
        return _t_p(lows) if np.array_equal(lows, highs) else 1.0
    fewest, most = (_pairwise_means(lows) > 0).sum(), (_pairwise_means(highs) >= 0).sum()
    nearest = min(max(middle, fewest), most)  # the least telling statistic that ties and bounds allow
    return float(min(1.0, 2 * _left_tail(middle - abs(nearest - middle), n)))


def _t_p(values):
    middle, error = abs(pseudo_median(values)), np.std(values, ddof=1) / np.sqrt(len(values))
    if error == 0:
        return float(middle == 0)
    return float(2 * stats.t.sf(middle / error, len(values) - 1))


class Saving(NamedTuple):
    """A saving as a share of the reference's labels; a cost is negative."""

    estimate: float  # nan where censoring leaves it open
    low: float  # 95 % interval; -inf (or 1) where it is open, (nan, nan) for one split
    high: float
    lowest: float  # the estimate lies between these two, which differ only under censoring
    highest: float
    p_value: float  # two-sided, of no saving


def paired_saving(needed, reference, budget=None, *, level=0.95):
    """The saving of a rule against a reference, split by split, with its interval.

    needed, reference: arrays (n_splits,), labels to target on the same splits, interpolated or not;
        inf = more than the budget
    budget: labels at which runs were stopped; if None the largest number of labels that a run needed
    level: what the interval promises
    returns: Saving; its bounds hold whatever the censored runs would have needed
    raises: ValueError if the two arrays do not pair up or hold no splits
    """
    (needed, reference), budget = _paired(needed, reference, budget)
    lows = np.log(np.minimum(needed, budget)) - np.log(reference)
    return saving_of(lows, np.log(needed) - np.log(np.minimum(reference, budget)), level=level)


def paired_difference(needed, reference, budget=None, *, level=0.95):
    """The labels that a rule needs less than a reference, split by split: a Saving in labels, not a share.

    needed, reference, budget, level: as in paired_saving
    returns: Saving: pseudo-median of the differences reference - needed, and its signed-rank interval
    """
    (needed, reference), budget = _paired(needed, reference, budget)
    lows, highs = np.minimum(reference, budget) - needed, reference - np.minimum(needed, budget)
    return _saving(lows, highs, level, lambda labels: labels)


def _paired(needed, reference, budget):
    """The two arrays as floats, and the budget; ValueError if they cannot be paired."""
    pair = [np.asarray(values, dtype=float) for values in (needed, reference)]
    if pair[0].ndim != 1 or pair[0].shape != pair[1].shape or not len(pair[0]):
        shapes = " and ".join(str(values.shape) for values in pair)
        raise ValueError(f"a saving needs two arrays with one number a split, got shapes {shapes}")
    together = np.concatenate(pair)
    if np.isnan(together).any() or (together <= 0).any():
        raise ValueError("labels to target must be positive numbers, or inf for more than the budget")
    if budget is None:
        budget = together[np.isfinite(together)].max(initial=1)
    if not budget > 0:
        raise ValueError(f"budget must be a positive number of labels, got {budget}")
    return pair, budget


def saving_of(lows, highs, *, level=0.95):
    """The Saving of bounds (n_splits,) of log ratios, rule to reference; equal where nothing is censored."""
    return _saving(-np.asarray(highs), -np.asarray(lows), level, lambda gain: -np.expm1(-gain))


def _saving(lows, highs, level, scale):
    """Saving from bounds of each split's gain, which is scaled at the end. The gain is monotone in each."""
    lowest, highest = pseudo_median(lows), pseudo_median(highs)
    low, high = signed_rank_interval(lows, level)[0], signed_rank_interval(highs, level)[1]
    if 1 < len(lows) < fewest_values(level) and not np.array_equal(lows, highs):
        low, high = -np.inf, np.inf  # Student's t does not rise with each of its values
    low, high, lowest, highest = (float(scale(value)) + 0.0 for value in (low, high, lowest, highest))
    estimate = lowest if lowest == highest else np.nan
    return Saving(estimate, low, high, lowest, highest, signed_rank_p(lows, highs, level))


def log_ratios(curves, target, *, hold=1, reference="random"):
    """Bounds of the log of (labels needed / labels the reference needed), split by split.

    curves, target, hold: as in labels_to_target
    returns: two DataFrames with a row a split and a column a strategy, the reference first and left at 0;
        they differ where a run is censored
    raises: ValueError if the reference is not among the curves, or strategies differ in their splits
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
    """Every measure of every strategy, as numbers.

    curves: table of run_study
    target, hold: as in labels_to_target
    reference: the strategy that the others are compared with, split by split
    parts: table of run_parts, for the interval of new rows
    returns: DataFrame indexed by strategy, the reference first, with columns
        median, q25, q75       labels to target over the splits, as bought in batches; inf = over the budget
        reached_share          share of splits in which the target was reached
        saving                 the paired saving against the reference; nan where censoring leaves it open
        saving_low, saving_high  its 95 % interval, about other splits of these rows (nan for one split)
        saving_min, saving_max   the saving lies between them; the two are equal unless runs are censored
        new_rows_low, new_rows_high  what the same study would show on as many other rows, in 95 %
        single_low, single_high  what a single split shows, in 95 %
        p_value                two-sided, of no saving, by the signed-rank test
        cost_more_share, tie_share  share of splits with more labels than the reference, or as many
        auc, final_accuracy    means over the splits
    raises: ValueError if the reference is not among the curves, or strategies differ in their splits
    """
    lows, highs = log_ratios(curves, target, hold=hold, reference=reference)
    needed = by_split(labels_to_target(curves, target, hold=hold))
    rows = [_summary_row(needed[name], needed[reference], lows[name], highs[name]) for name in lows]
    summary = pd.DataFrame(rows, index=pd.Index([*lows], name="strategy"))
    new = new_rows_intervals(summary, parts, target, hold=hold, reference=reference)
    summary["new_rows_low"], summary["new_rows_high"] = new["low"], new["high"]
    summary["auc"], summary["final_accuracy"] = areas(curves).mean(), final_scores(curves).mean()
    return summary


def _summary_row(needed, reference, lows, highs):
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
    """Where the saving of one more split would lie: a prediction interval, from the sorted splits.

    lows, highs: bounds (n_splits,) of log ratios
    returns: (low, high) shares: the k-th values from either end, which hold the next split in
        (n + 1 - 2 k) / (n + 1) of cases, at least `level`; with fewer than 39 splits all of them, which holds
        less; (nan, nan) for one split
    source: Hahn & Meeker 1991, section 5.2
    """
    n = len(lows)
    if n < 2:
        return np.nan, np.nan
    k = max(int((n + 1) * (1 - level) / 2 + 1e-9), 1)
    return tuple(float(-np.expm1(bound)) for bound in (np.sort(highs)[-k], np.sort(lows)[k - 1]))


NOISE = 0.75  # of the splits' noise in parts is taken off: they understate how much rows matter


def new_rows_intervals(summary, parts, target, *, hold=1, reference="random", level=0.95):
    """What the same study would show on as many other rows of the same kind.

    Two such studies differ by their splits, each as its own interval says, and by their rows. The rows are
    cut into K parts, each studied as a small data set: beyond what their splits explain, the parts' log
    ratios vary as those of new rows would, K times as much, as the variance of a saving falls with the rows.
    On fresh data (tests/benchmarks/new_rows.py) they vary less than that, as a rule soon has bought most of a
    small pool; a quarter of the splits' noise is left in for it.

    summary: DataFrame of saving_min, saving_max, saving_low, saving_high; parts: table of run_parts, or None
    returns: DataFrame with columns low, high; nan where there are no parts, or censoring leaves one open;
        where it leaves one known within bounds, the widest interval that they allow
    source: random groups, Wolter 2007, chapter 2; Howe 1974 for the sum of two errors that have intervals:
        the squares of their half widths add up
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
    """(low, high) of one rule: row of summarise, and of each cut its parts' bounds (m,) of log ratios."""
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
    """The variance of a part's log ratio that its m splits explain: bounds (m,); open ones add none."""
    known = lows[lows == highs]
    return np.var(known, ddof=1) / len(lows) if len(known) > 1 else 0.0
