"""What a study can be trusted with: false alarms, power, and what one run would have shown.

Not here: the saving itself and Holm's adjustment (savings), sentences (report).
"""

import numpy as np
import pandas as pd
from scipy import stats

from active_learning._validation import check_choice, check_integer
from active_learning.statistics.savings import paired_saving


def false_alarm_rate(copies, budget, *, n_studies=300, random_state=0):
    """Measure how often the interval of the saving excludes 0 for a strategy against itself (A/A check).

    Parameters
    ----------
    copies : DataFrame of shape (n_splits, n_copies)
        Labels to target of independent runs of one strategy on each split.
    budget : float
        Labels at which runs were stopped.
    n_studies : int, default=300
        Studies made by drawing, on every split, two of the copies in random order.
    random_state : int, default=0
        Random seed of these draws.

    Returns
    -------
    float
        Share of studies that raise a false alarm; a 95 % interval promises about 0.05.

    Raises
    ------
    ValueError
        If there are no studies, or copies have fewer than two runs or two splits.

    Examples
    --------
    >>> import pandas as pd
    >>> false_alarm_rate(pd.DataFrame({"one": [50, 60, 70], "other": [50, 60, 70]}), 300, n_studies=5)
    0.0
    """
    n_studies = check_integer("n_studies", n_studies, 1)
    if min(copies.shape) < 2:
        raise ValueError(f"an A/A check needs 2 splits, and 2 runs on each, got a table of {copies.shape}")
    rng, copies, alarms = np.random.default_rng(random_state), copies.to_numpy(), 0
    for _ in range(n_studies):
        one, other = rng.permuted(copies, axis=1)[:, :2].T
        saving = paired_saving(one, other, budget)
        alarms += saving.low > 0 or saving.high < 0
    return alarms / n_studies


def saving_shown_by(saving_low, saving_high, *, n_rules=1):
    """Compute the saving that a study with this 95 % interval would have shown in 80 % of its repetitions.

    Parameters
    ----------
    saving_low, saving_high : float
        Interval of a row of `summarise`, or of `paired_saving`.
    n_rules : int, default=1
        Number of rules compared, for Bonferroni's correction.

    Returns
    -------
    float
        A share; nan where one split, or censoring, leaves the spread of the splits unknown.

    References
    ----------
    Noether (1987), in its form for a shift: (z of 97.5 % + z of 80 %) standard errors.
    """
    if not (np.isfinite(saving_low) and saving_high < 1):
        return np.nan
    error = (np.log1p(-saving_low) - np.log1p(-saving_high)) / (2 * stats.norm.ppf(0.975))
    shift = (stats.norm.isf(0.025 / n_rules) + stats.norm.ppf(0.8)) * error
    return float(-np.expm1(-shift))


def smallest_saving_shown(needed, reference, budget=None):
    """Compute the saving that a study like this one would have shown in 80 % of its repetitions.

    Parameters
    ----------
    needed, reference, budget
        As in `paired_saving`; before any rule is tried, two runs of random will do.

    Returns
    -------
    float
        As `saving_shown_by`.
    """
    saving = paired_saving(needed, reference, budget)
    return saving_shown_by(saving.low, saving.high)


def splits_to_show(saving, needed, reference, budget=None):
    """Compute how many splits show a saving in 80 % of studies, given the spread of these splits.

    Parameters
    ----------
    saving : float in (0, 1)
        Saving to show, such as 0.1.
    needed, reference, budget
        As in `paired_saving`.

    Returns
    -------
    int or float
        Number of splits; nan where one split, or censoring, leaves their spread unknown; inf where the saving
        is close to 0.

    Raises
    ------
    ValueError
        If saving is not a share in (0, 1).
    """
    if not 0 < saving < 1:
        raise ValueError(f"the saving to show must be a share in (0, 1), got {saving}")
    smallest = smallest_saving_shown(needed, reference, budget)
    if np.isnan(smallest):
        return np.nan
    with np.errstate(over="ignore"):
        splits = np.ceil(len(needed) * (np.log1p(-smallest) / np.log1p(-saving)) ** 2)
    return max(int(splits), 2) if np.isfinite(splits) else np.inf


def ranking(needed, reference="random"):
    """Measure how often one run names the best rule, and how wrong its saving is.

    Parameters
    ----------
    needed : DataFrame of shape (n_splits, n_strategies)
        Table of `by_split`.
    reference : str, default="random"
        Strategy that savings are against.

    Returns
    -------
    DataFrame indexed by strategy, the reference left out
        strictly_first, first_or_tied : share of splits in which the rule needs the fewest labels of all;
        single_low, single_high : 90 % of the single-run savings lie between them;
        saving : paired saving over all splits.

    Raises
    ------
    ValueError
        If the reference is not among the columns.
    """
    check_choice("reference strategy", reference, [*needed.columns])
    fewest = needed.eq(needed.min(axis=1), axis=0) & np.isfinite(needed)
    alone = fewest[fewest.sum(axis=1) == 1].sum() / len(needed)
    rows = {}
    for name in needed.columns.drop(reference):
        finished = np.isfinite(needed[[name, reference]]).any(axis=1)
        single = 1 - needed[name][finished] / needed[reference][finished]
        low, high = (
            single.quantile(0.05, interpolation="lower"),
            single.quantile(0.95, interpolation="higher"),
        )
        saving = paired_saving(needed[name], needed[reference]).estimate
        rows[name] = alone[name], fewest[name].mean(), low, high, saving
    columns = ["strictly_first", "first_or_tied", "single_low", "single_high", "saving"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).astype(float).rename_axis("strategy")
