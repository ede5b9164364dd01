"""What a budget buys: the gain at equal budget, and the labels with which a rule matches random.

Both exist whatever the target: they compare curves where they end. Here: numbers and words. Not here: labels
to a given target (measures).
Sources: Efron & Tibshirani 1993 (the bootstrap); Kath 2026 (the share of labels needed to match random).
"""

import numpy as np
import pandas as pd
from scipy import stats

from active_learning.checks import check_choice
from active_learning.loop import METRICS
from active_learning.measures import final_scores
from active_learning.savings import summarise
from active_learning.trust import holm
from active_learning.wording import format_labels, format_percent, recommend

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


def describe_gains(curves, metric="accuracy"):
    """What each rule gains at equal budget, and how many labels it takes to match random, as two sentences.

    curves: table of run_study with random; metric: its name
    returns: list of str
    raises: ValueError for an unknown metric or curves without random
    """
    check_choice("metric", metric, METRICS)
    table, budget = gains(curves), curves["n_labels"].max()
    target, reached = reachable(curves)
    if not len(table):
        return []
    word = metric.replace("_", " ")
    points = "; ".join(f"{row.Index} {_points(row)}" for row in table.itertuples())
    needed = "; ".join(f"{row.Index} {_needed(row, budget)}" for row in table.itertuples())
    power = table["detectable"].max()
    shown = f" A gain of {100 * power:.1f} would have been shown four times in five." if power > 0 else ""
    start = f"At equal budget ({budget} labels, random {format_percent(reached, 1)} {word}), in points"
    match = f"To match random's last round less one standard error ({format_percent(target, 1)})"
    return [f"{start}: {points}.{shown}", f"{match}: {needed} labels."]


def _points(row):
    interval = "" if np.isnan(row.low) else f" [{100 * row.low:+.1f}, {100 * row.high:+.1f}]"
    return f"{100 * row.gain:+.1f}{interval}"


def _needed(row, budget):
    low, high = (format_labels(np.round(x), budget) for x in (row.labels_low, row.labels_high))
    interval = "" if np.isnan(row.labels_low) else f" [{low}, {high}]"
    return f"{format_labels(np.round(row.labels), budget)}{interval}"


def advise(curves, target, *, hold=1, parts=None):
    """What to do on a reader's own table: recommend's advice or, where the target is too high, what is not.

    curves: table of run_study; target, hold: as in labels_to_target; parts: as in recommend
    returns: str, with the smallest saving that this measurement could have shown where none was
    """
    summary, table = summarise(curves, target, hold=hold), gains(curves)
    budget = curves["n_labels"].max()
    if np.isinf(summary["median"]).all() and len(table) and not table["low"].isna().any():
        best = table["low"].idxmax()
        row, reach = table.loc[best], reachable(curves, by_most=True)[0]
        found = "gains" if row.low > 0 and min(holm(table["p_value"])) <= 0.05 else "shows no gain:"
        lower = f"at most {format_percent(reach)} (--target-acc)"
        less = lower if reach < target else "fewer rounds (--hold)"
        return (
            f"Most runs miss {format_percent(target)} with {budget} labels, so no saving can be named there: "
            f"ask for {less}, or for more labels (--budget). "
            f"At equal budget {best} {found} {_points(row)} points."
        )
    return recommend(curves, target, hold=hold, parts=parts)


def below_majority(curves, y):
    """A sentence if the rules end below the share of the commonest label, which a constant reaches; else "".

    curves: table of run_study, scored by accuracy; y: labels (n,) of the rows studied
    raises: ValueError for no labels
    """
    counts = pd.Series(y).value_counts(normalize=True)
    if counts.empty:
        raise ValueError("y must hold the labels of the rows studied, and holds none")
    best = final_scores(curves).mean().max()
    if best >= counts.iloc[0]:
        return ""
    return (
        f"The model ends at {format_percent(best, 1)}, below the {format_percent(counts.iloc[0], 1)} of "
        f"always saying {counts.index[0]!r}: it has learnt nothing useful from these columns yet."
    )
