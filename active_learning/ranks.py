"""Hodges and Lehmann's pseudo-median, and Wilcoxon's signed-rank interval and test that go with it.

scipy.stats.wilcoxon has the test, for values without bounds; it has neither the estimate nor the interval.
Sources: Hodges & Lehmann 1963; Hollander, Wolfe & Chicken 2014, section 3.
"""

from functools import lru_cache
from numbers import Real

import numpy as np
from scipy import stats

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
