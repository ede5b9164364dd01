"""What a study can be trusted with: false alarms, power, many comparisons, and what one run would have said.

Sources: Holm 1979; Noether 1987 (power of rank tests). Not here: the saving itself (savings).
"""

import numpy as np
import pandas as pd
from scipy import stats

from active_learning._validation import check_choice, check_integer, some
from active_learning.statistics.curves import by_split, check_curves, labels_to_target
from active_learning.statistics.savings import log_ratios, paired_saving, saving_of


def false_alarm_rate(copies, budget, *, n_studies=300, random_state=0):
    """The A/A check: how often does the interval of the saving exclude 0 for a strategy against itself?

    copies: DataFrame (n_splits, c), labels to target of c independent runs of one strategy on each split
    budget: labels at which runs were stopped
    n_studies: studies made by drawing, on every split, two of the c runs in random order
    random_state: of these draws
    returns: float, the share of studies that raise a false alarm; about 0.05 is what 95 % promises
    raises: ValueError for no studies, or copies with fewer than two runs or two splits
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


def holm(p_values):
    """P values adjusted for how many there are: each at most 0.05 is still one false claim in 20 tables.

    p_values: array (k,); nan counts as no test
    returns: array (k,), in the order given
    raises: ValueError for what is no list of numbers
    source: Holm 1979
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


def saving_shown_by(saving_low, saving_high, power=0.8, *, splits_ratio=1, n_rules=1):
    """The saving that a study with this 95 % interval would have shown in `power` of its repetitions.

    saving_low, saving_high: of a row of summarise, or of paired_saving; power: share of repetitions
    splits_ratio: of the splits of the study asked about to the splits of this one
    n_rules: among how many it would have to be shown (Holm: the surest first, as by Bonferroni)
    returns: float, a share; nan where one split, or censoring, leaves the spread of the splits unknown
    raises: ValueError for a power that is no share
    source: Noether 1987, in its form for a shift: (z of 97.5 % + z of the power) standard errors
    """
    if not 0 < power < 1:
        raise ValueError(f"power must be a share in (0, 1), got {power}")
    if not (np.isfinite(saving_low) and saving_high < 1):
        return np.nan
    error = (np.log1p(-saving_low) - np.log1p(-saving_high)) / (2 * stats.norm.ppf(0.975))
    shift = (stats.norm.isf(0.025 / n_rules) + stats.norm.ppf(power)) * error / np.sqrt(splits_ratio)
    return float(-np.expm1(-shift))


def smallest_saving_shown(needed, reference, budget=None, *, n_splits=None, power=0.8):
    """The saving that a study like this one would have shown in `power` of its repetitions.

    needed, reference, budget: as in paired_saving; two runs of random serve before any rule was tried
    n_splits: of the study asked about; as many as these if None; power: share of its repetitions
    returns: as saving_shown_by
    raises: ValueError for fewer than 2 splits
    """
    n_splits = len(needed) if n_splits is None else check_integer("n_splits", n_splits, 2)
    saving = paired_saving(needed, reference, budget)
    return saving_shown_by(saving.low, saving.high, power, splits_ratio=n_splits / len(needed))


def splits_to_show(saving, needed, reference, budget=None, *, power=0.8):
    """How many splits show a saving in `power` of studies, judged by the spread of these.

    saving: share in (0, 1), such as 0.1; needed, reference, budget: as in paired_saving
    power: share of the repetitions of such a study
    returns: int; nan where one split, or censoring, leaves the spread of the splits unknown; inf where the
        saving is next to 0
    raises: ValueError for a saving that is no share
    """
    if not 0 < saving < 1:
        raise ValueError(f"the saving to show must be a share in (0, 1), got {saving}")
    now = smallest_saving_shown(needed, reference, budget, power=power)
    if np.isnan(now):
        return np.nan
    with np.errstate(over="ignore"):
        splits = np.ceil(len(needed) * (np.log1p(-now) / np.log1p(-saving)) ** 2)
    return max(int(splits), 2) if np.isfinite(splits) else np.inf


def ranking(needed, reference="random"):
    """How often does one run name the best rule, and how wrong is its saving?

    needed: table of by_split; reference: the strategy that savings are against
    returns: DataFrame indexed by strategy, the reference left out: strictly_first and first_or_tied, shares
        of the splits in which the rule needed the fewest labels of all; single_low, single_high: nine in ten
        single-run savings lie between them; saving: the paired saving over all splits
    raises: ValueError for an unknown reference
    """
    check_choice("reference strategy", reference, [*needed.columns])
    fewest = needed.eq(needed.min(axis=1), axis=0) & np.isfinite(needed)
    alone = fewest[fewest.sum(axis=1) == 1].sum() / len(needed)
    rows = {}
    for name in needed.columns.drop(reference):
        known = np.isfinite(needed[[name, reference]]).any(axis=1)
        single = 1 - needed[name][known] / needed[reference][known]
        ends = single.quantile(0.05, interpolation="lower"), single.quantile(0.95, interpolation="higher")
        rows[name] = (
            alone[name],
            fewest[name].mean(),
            *ends,
            paired_saving(needed[name], needed[reference])[0],
        )
    columns = ["strictly_first", "first_or_tied", "single_low", "single_high", "saving"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).astype(float)
    return table.rename_axis("strategy")


def saving_map(studies, strategy, targets, *, reference="random", level=0.95):
    """The savings of one strategy by data set and target, and in which cells one is shown among so many.

    studies: dict name -> table of run_study, each with the strategy and the reference
    targets: accuracies in (0, 1]; level: what "shown" promises, all cells together
    returns: DataFrame indexed by study and target: estimate, low, high, lowest, highest, p_value,
        p_holm (adjusted for all the cells), verdict (win, tie, loss: by p_holm), reached (whether half of the
        runs of either reached the target), at_seed (share of splits whose seed set alone meets the target)
    raises: ValueError or TypeError, naming the value, for a study that lacks the strategy or is none
    """
    rows = {}
    for name, curves in studies.items():
        check_choice("strategy", strategy, list(check_curves(curves)["strategy"].unique()))
        pair = curves[curves["strategy"].isin([reference, strategy])]
        for target in targets:
            lows, highs = log_ratios(pair, target, reference=reference)
            needed = by_split(labels_to_target(pair, target))
            start = (needed <= curves["n_labels"].min()).all(axis=1).mean()
            reached = np.isfinite(needed.median()).any()
            rows[name, target] = *saving_of(lows[strategy], highs[strategy], level=level), reached, start
    names = ["estimate", "low", "high", "lowest", "highest", "p_value", "reached", "at_seed"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names)
    table.index = pd.MultiIndex.from_tuples(rows, names=["study", "target"])
    table["p_holm"] = holm(table["p_value"])
    shown = table["p_holm"] <= 1 - level
    table["verdict"] = np.select(
        [shown & (table["low"] > 0), shown & (table["high"] < 0)], ["win", "loss"], "tie"
    )
    return table
