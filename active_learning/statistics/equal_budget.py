"""What a budget gives: the gain at equal budget, and the labels with which a rule matches random.

Both exist whatever the target, as they compare curves where they end. Not here: labels to a given target
(curves), savings (savings), sentences (report).
"""

import numpy as np
import pandas as pd

from active_learning._validation import check_choice
from active_learning.statistics.curves import crossings, final_scores, student_interval

POWER = 2.8  # standard errors that a 95 % interval shows in 80 % of studies: 1.96 + 0.84
TEST_SHARE = 0.3  # of the rows, by default


def reachable(curves, reference="random", *, by_most=False):
    """Choose a target that the budget can show: the reference's last score less one standard error.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    reference : str, default="random"
        Strategy whose last round counts.
    by_most : bool, default=False
        Whether to subtract one standard deviation instead, which five of six single runs reach.

    Returns
    -------
    tuple of two floats
        Target, and mean last score of the reference, in (0, 1].

    Raises
    ------
    ValueError
        If the reference is not among the curves.
    """
    final = final_scores(curves)
    final = final[check_choice("reference strategy", reference, [*final.columns])]
    error = (final.std(ddof=1) if len(final) > 1 else 0.0) / (1 if by_most else np.sqrt(len(final)))
    return max(np.floor(1000 * (final.mean() - error) + 1e-9) / 1000, 0.001), final.mean()


def gains(curves, reference="random", *, random_state=0):
    """Compare every rule with the reference at equal budget.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    reference : str, default="random"
        Strategy to compare with.
    random_state : int, default=0
        Random seed of the bootstrap.

    Returns
    -------
    DataFrame indexed by strategy, the reference left out
        gain, low, high : mean difference of the last scores on the same split, Student's 95 % interval;
        p_value : two-sided, for no gain;
        detectable : smallest gain that so many splits show in 80 % of studies;
        labels, labels_low, labels_high : labels with which the rule's mean curve reaches `reachable`, and
        their 95 % bootstrap interval; inf where the budget is not enough.

    References
    ----------
    Kath (2026), for the share of labels needed to match random.
    """
    final, target = final_scores(curves), reachable(curves, reference)[0]
    rows = {}
    for name in curves["strategy"].unique():
        if name != reference:
            gain = final[name] - final[reference]
            needed = _labels_to_match(curves, name, reference, target, random_state)
            error = gain.std(ddof=1) / np.sqrt(len(gain))
            rows[name] = (gain.mean(), *student_interval(gain), POWER * error, *needed)
    columns = ["gain", "low", "high", "p_value", "detectable", "labels", "labels_low", "labels_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("strategy")


def ends_below(curves, reference="random", *, least=0.01):
    """Find the rules that end below the reference with as many labels.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    reference : str, default="random"
        Strategy to compare with.
    least : float, default=0.01
        Difference in score from which a rule counts.

    Returns
    -------
    Series of float
        strategy -> mean difference of the last scores, where it is below -least and by more than two standard
        errors; empty if the runs end with different numbers of labels.

    Examples
    --------
    >>> runs = {"random": [0.5, 0.9], "margin": [0.5, 0.8]}
    >>> tables = [pd.DataFrame({"strategy": name, "accuracy": run}) for name, run in runs.items()]
    >>> curves = pd.concat([t.assign(split=i, n_labels=[20, 30]) for t in tables for i in range(2)])
    >>> ends_below(curves).round(2).to_dict()
    {'margin': -0.1}
    """
    final, ends = final_scores(curves), curves.groupby(["strategy", "split"])["n_labels"].max()
    if len(final) < 2 or ends.min() < ends.max():
        return pd.Series(dtype=float)
    gain = final.sub(final[reference], axis=0).drop(columns=reference)
    worse = gain.mean() < -np.maximum(2 * gain.sem(), least)
    return gain.mean()[worse]


def above_constant(curves, score, *, test_share=TEST_SHARE):
    """Compute how far the best strategy ends above a constant answer, and whether that is significant.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    score : float
        Score of the constant answer.
    test_share : float in (0, 1), default=0.3
        Share of the rows that each split tests on.

    Returns
    -------
    (float, bool)
        Best mean last score; whether it is higher by more than two standard errors, which allow for the
        rows that splits share (with one split: whether it is higher).

    References
    ----------
    Nadeau & Bengio (2003), Inference for the generalization error.

    Examples
    --------
    >>> curves = pd.DataFrame({"strategy": "random", "split": [0, 1], "n_labels": 20, "accuracy": [0.6, 0.8]})
    >>> above_constant(curves, 0.65)[1]
    False
    """
    final = final_scores(curves)
    final = final[final.mean().idxmax()]
    spread = final.std(ddof=1) if len(final) > 1 else 0.0
    error = spread * np.sqrt(1 / len(final) + test_share / (1 - test_share))
    return final.mean(), bool(final.mean() - score > max(2 * error, 1e-9))


def _labels_to_match(curves, name, reference, target, random_state):
    """Labels with which a rule's mean curve reaches the target, and their interval over resamples."""
    rule, other = (_scores(curves, strategy) for strategy in (name, reference))
    n_labels, scores, last = rule.columns.to_numpy(dtype=float), rule.to_numpy(), other.to_numpy()[:, -1]
    rows = np.random.default_rng(random_state).integers(len(rule), size=(2000, len(rule)))
    means = np.stack([scores.mean(axis=0), *(scores[drawn].mean(axis=0) for drawn in rows)])
    targets = np.append(target, last[rows].mean(axis=1) - (last.mean() - target))
    needed = crossings(n_labels, means.round(12), targets.round(12))  # means of equal scores stay equal
    if len(rule) < 2:
        return needed[0], np.nan, np.nan
    return needed[0], *np.quantile(needed[1:], [0.025, 0.975], method="inverted_cdf")


def _scores(curves, name):
    """Scores of a rule, one row per split and one column per number of labels."""
    runs = curves[curves["strategy"] == name]
    return runs.pivot(index="split", columns="n_labels", values="accuracy").ffill(axis=1)
