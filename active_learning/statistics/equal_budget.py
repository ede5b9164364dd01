"""What a budget buys: the gain at equal budget, and the labels with which a rule matches random.

Both exist whatever the target: they compare curves where they end. Here: numbers and words. Not here: labels
to a given target (measures).
Sources: Efron & Tibshirani 1993 (the bootstrap); Kath 2026 (the share of labels needed to match random).
"""

import numpy as np
import pandas as pd
from scipy import stats

from active_learning._validation import check_choice
from active_learning.statistics.curves import final_scores

POWER = 2.8  # standard errors that are shown four times in five by a 95 % interval: 1.96 + 0.84


def reachable(curves, reference="random", *, by_most=False):
    """A target that the budget can show: what the reference reaches at its last round, less one standard
    error.

    curves: table of run_study
    by_most: less one standard deviation instead, which five of six single runs reach, not only their mean
    returns: (target, reached), shares in (0, 1]
    raises: ValueError for curves without the reference
    """
    final = final_scores(curves)
    final = final[check_choice("reference strategy", reference, [*final.columns])]
    error = (final.std(ddof=1) if len(final) > 1 else 0.0) / (1 if by_most else np.sqrt(len(final)))
    return max(np.floor(1000 * (final.mean() - error) + 1e-9) / 1000, 0.001), final.mean()


def gains(curves, reference="random", *, random_state=0):
    """Every rule against the reference at equal budget.

    curves: table of run_study; random_state: seed of the bootstrap
    returns: DataFrame indexed by strategy, the reference left out, with columns
        gain, low, high    difference of the final scores on the same split, mean and its 95 % interval
                           (Student's); p_value, two-sided, of no gain
        detectable         the smallest gain that so many splits would have shown four times in five
        labels, labels_low, labels_high    labels with which the rule's mean curve reaches `reachable`,
                           interpolated between rounds, and its 95 % interval (inf: more than the budget)
    """
    final, target = final_scores(curves), reachable(curves, reference)[0]
    rows = {}
    for name in curves["strategy"].unique():
        if name != reference:
            gain = final[name] - final[reference]
            needed = _labels_to_match(curves, name, reference, target, random_state)
            spread = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.nan
            sure = _interval_and_p(gain.mean(), spread, len(gain))
            rows[name] = (gain.mean(), *sure, POWER * spread, *needed)
    columns = ["gain", "low", "high", "p_value", "detectable", "labels", "labels_low", "labels_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("strategy")


def _interval_and_p(mean, error, n):
    """Student's 95 % interval of a mean of n values with that standard error, and the p value of 0."""
    if not error > 0:  # one split knows nothing, and splits that are equal know it all
        return (mean, mean, float(mean == 0)) if error == 0 else (np.nan,) * 3
    half = stats.t.ppf(0.975, n - 1) * error
    return mean - half, mean + half, 2 * stats.t.sf(abs(mean) / error, n - 1)


def _labels_to_match(curves, name, reference, target, random_state):
    """(labels, low, high) with which a rule's mean curve reaches the target; each resample has its own."""
    own, other = (_matrix(curves, rule) for rule in (name, reference))
    at = own.columns.to_numpy(dtype=float)
    labels = crossing(at, own.to_numpy().mean(axis=0)[None], np.array([target]))[0]
    if len(own) < 2:
        return labels, np.nan, np.nan
    drawn = np.random.default_rng(random_state).integers(len(own), size=(2000, len(own)))
    means = np.stack([own.to_numpy()[rows].mean(axis=0) for rows in drawn])
    last = other.to_numpy()[:, -1]
    below = last.mean() - target
    needed = crossing(at, means, last[drawn].mean(axis=1) - below)
    low, high = np.quantile(needed, [0.025, 0.975], method="inverted_cdf")
    return labels, low, high


def _matrix(curves, name):
    """The curves of a rule: a row a split, a column a number of labels."""
    own = curves[curves["strategy"] == name]
    return own.pivot(index="split", columns="n_labels", values="accuracy").ffill(axis=1)


def crossing(at, means, targets):
    """Where curves (m, r) over labels `at` (r,) first reach their targets (m,): array (m,), inf if never."""
    means, targets = means.round(12), targets.round(12)  # means of equal scores stay equal
    above = means >= targets[:, None]
    first = above.argmax(axis=1)
    before, each = np.maximum(first - 1, 0), np.arange(len(means))
    rise = means[each, first] - means[each, before]
    share = np.where(rise > 0, (targets - means[each, before]) / np.where(rise > 0, rise, 1), 1.0)
    crossed = at[before] + np.clip(share, 0, 1) * (at[first] - at[before])
    return np.where(above.any(axis=1), crossed, np.inf)
