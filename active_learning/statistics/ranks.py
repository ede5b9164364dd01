"""Signed ranks of paired differences: pseudo-median, interval and p value, and Holm's adjustment.

The pseudo-median is the median of all pairwise means. scipy.stats.wilcoxon has the test, but without bounds
for censored values; it has neither the estimate nor the interval.

References: Hodges & Lehmann (1963); Hollander, Wolfe & Chicken (2014), Nonparametric Statistical Methods,
section 3.
"""

from functools import lru_cache
from numbers import Real

import numpy as np
from scipy import stats

from active_learning._validation import some

ROUNDING = 1e-12  # relative


def _pairwise_means(values):
    """Sorted means of all pairs of values (n,), each with itself too; what is 0 but for rounding is 0."""
    one, other = np.triu_indices(len(values))
    means = np.sort(values[one] / 2 + values[other] / 2)
    means[np.abs(means) <= ROUNDING * max(1.0, np.abs(values[np.isfinite(values)]).max(initial=0))] = 0.0
    return means


def pseudo_median(values):
    """Compute the median of all pairwise means: as robust as a median, nearly as precise as a mean.

    Parameters
    ----------
    values : array of shape (n,)
        May hold -inf or inf, not both.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If values are not one number per split.

    References
    ----------
    Hodges & Lehmann (1963).
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"values must be one number per split, got shape {values.shape}")
    means = _pairwise_means(values)
    return means[(len(means) - 1) // 2] / 2 + means[len(means) // 2] / 2


@lru_cache(maxsize=64)
def _signed_rank_cdf(n):
    """P(T <= t) of the signed-rank statistic of n values without ties, t = 0 .. n (n + 1) / 2."""
    probabilities = np.ones(1)
    for rank in range(1, n + 1):  # each rank counts with probability one half
        probabilities = (np.pad(probabilities, (0, rank)) + np.pad(probabilities, (rank, 0))) / 2
    return np.cumsum(probabilities)


def _left_tail(t, n):
    """P(T <= t): exact to 50 values and normal beyond, as in scipy.stats.wilcoxon."""
    if n <= 50:
        return _signed_rank_cdf(n)[int(np.floor(t))] if t >= 0 else 0.0
    return stats.norm.cdf((t - n * (n + 1) / 4) / np.sqrt(n * (n + 1) * (2 * n + 1) / 24))


def fewest_values(level):
    """Return the fewest values for which the signed-rank test can reach the level: 6 for 95 %."""
    if isinstance(level, bool) or not isinstance(level, Real):
        raise TypeError(f"level must be a number, got {level!r}")
    if not 0 < level < 1:
        raise ValueError(f"level must be in (0, 1), such as 0.95, got {level}")
    return int(np.ceil(np.log2(2 / (1 - level)) - 1e-9))


def signed_rank_interval(values, level=0.95):
    """Compute the interval of the pseudo-median: the shifts that Wilcoxon's signed-rank test does not reject.

    Parameters
    ----------
    values : array of shape (n,)
        May hold -inf or inf, not both.
    level : float in (0, 1), default=0.95
        Coverage of the interval.

    Returns
    -------
    tuple of two floats
        Low and high end. With fewer values than the level needs (6 for 95 %), Student's t interval around
        the pseudo-median, open if a value is infinite; (nan, nan) for one value.

    References
    ----------
    Hollander, Wolfe & Chicken (2014), section 3.3.
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
    """Compute the largest possible p value of a pseudo-median of 0 for values that lie between bounds.

    Parameters
    ----------
    lows, highs : arrays of shape (n,)
        Bounds of each value, equal where it is known.
    level : float in (0, 1), default=0.95
        As in `signed_rank_interval`; it decides how few values are too few for ranks.

    Returns
    -------
    float
        Two-sided, at most 1 - level where that interval excludes 0; nan for one value.
    """
    n, middle = len(lows), len(lows) * (len(lows) + 1) / 4
    if n < 2:
        return np.nan
    if n < fewest_values(level):
        return _t_p(lows) if np.array_equal(lows, highs) else 1.0
    fewest, most = (_pairwise_means(lows) > 0).sum(), (_pairwise_means(highs) >= 0).sum()
    nearest = min(max(middle, fewest), most)  # the least extreme statistic that ties and bounds allow
    return float(min(1.0, 2 * _left_tail(middle - abs(nearest - middle), n)))


def _t_p(values):
    """P value of Student's interval around the pseudo-median."""
    middle, error = abs(pseudo_median(values)), np.std(values, ddof=1) / np.sqrt(len(values))
    if error == 0:
        return float(middle == 0)
    return float(2 * stats.t.sf(middle / error, len(values) - 1))


def holm(p_values):
    """Adjust p values for multiple testing: of 20 tables at the level 5 %, one then holds a false claim.

    Parameters
    ----------
    p_values : array of shape (k,)
        nan counts as no test.

    Returns
    -------
    array of shape (k,)
        In the order given.

    Raises
    ------
    ValueError
        If p_values are not a list of numbers in [0, 1].

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    p_values = np.asarray(p_values, dtype=float)
    if p_values.ndim != 1:
        raise ValueError(f"p_values must be a list of numbers, got an array of shape {p_values.shape}")
    if ((p_values < 0) | (p_values > 1)).any():
        raise ValueError(f"p_values lie between 0 and 1, got {some(p_values)}")
    order = np.argsort(p_values, kind="stable")  # nan last
    factors = np.maximum(np.isfinite(p_values).sum() - np.arange(len(p_values)), 1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1)
    return adjusted
