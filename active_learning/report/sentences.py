"""The results table, and what it shows in words; nothing here computes a result.

A sentence whose truth depends on the numbers is chosen here by code, whatever the target, budget and splits.
Not here: what to do about it (advice), published claims, money and query facts (analysis).
"""

import numpy as np
import pandas as pd

from active_learning._validation import METRICS, check_choice, constant_answer
from active_learning.statistics.curves import best_scores, by_split, first_scores, labels_to_target
from active_learning.statistics.equal_budget import above_constant, ends_below, gains, reachable
from active_learning.statistics.savings import summarise

WORST = -2.0  # saving below which the end of an interval is no news: three times as many labels


def results_table(curves, target, *, hold=1, reference="random"):
    """Format the measures of every strategy for reading.

    The labels are medians of crossings that are interpolated between rounds, as the saving is; `summarise`
    counts them in whole batches.

    Parameters
    ----------
    curves, target, hold, reference
        As in `summarise`, which has the numbers themselves.

    Returns
    -------
    DataFrame of str
        One row per strategy, the reference first.

    Raises
    ------
    ValueError
        If the reference is not among the curves, or strategies differ in their splits.

    Examples
    --------
    >>> import pandas as pd
    >>> runs = {"random": [0.5, 0.7, 0.9], "margin": [0.5, 0.9, 0.9]}
    >>> tables = [pd.DataFrame({"strategy": name, "accuracy": run}) for name, run in runs.items()]
    >>> curves = pd.concat([table.assign(split=0, n_labels=[20, 30, 40]) for table in tables])
    >>> results_table(curves, 0.9)["labels -> 90%"].tolist()
    ['40', '30']
    """
    summary = summarise(curves, target, hold=hold, reference=reference)
    budget, rows = curves["n_labels"].max(), [*summary.drop(reference).itertuples()]
    labels = median_labels(curves, target, hold=hold)
    return pd.DataFrame(
        {
            "strategy": summary.index,
            f"labels -> {format_percent(target)}": [whole_labels(labels[s], budget) for s in summary.index],
            f"saved vs {reference}": ["-", *map(say_saving, rows)],
            f"cost more than {reference} in": ["-", *map(format_cost, rows)],
            "AUC": [f"{auc:.3f}" for auc in summary["auc"]],
            "final acc.": [format_percent(final, 1) for final in summary["final_accuracy"]],
        }
    )


def median_labels(curves, target, *, hold=1):
    """Median labels to target of every rule, interpolated between rounds: Series, inf where not reached."""
    return by_split(labels_to_target(curves, target, hold=hold, interpolate=True)).median()


def whole_labels(n, budget):
    """A number of labels in words: "118", "> 300"."""
    return format_labels(np.round(n), budget)


def format_percent(share, decimals=None):
    """Format a share, 0.9 -> "90%"; with a fixed number of decimals if given."""
    return f"{100 * share:.4g}%" if decimals is None else f"{100 * share:.{decimals}f}%"


def format_labels(n, budget):
    """Format a number n of labels; "> 300" when it is more than the budget."""
    return f"{n:g}" if np.isfinite(n) else f"> {budget:g}"


def format_saving(row):
    """Format the saving of a row of summarise with its interval: "38% [30, 44]", "> 60%" when censored."""
    estimate = format_share(row.saving_min, row.saving_max)
    if np.isnan(row.saving_low) or estimate == "not known":
        return estimate
    return f"{estimate} {format_interval(row.saving_low, row.saving_high)}"


def format_share(lowest, highest):
    """Format a share as far as its bounds (at most 1, or -inf) determine it: "38%", "24% to 35%", "> 60%"."""
    if format_whole(lowest) == format_whole(highest):
        return f"{format_whole(lowest)}%"
    if np.isfinite(lowest) and highest < 1:
        return f"{format_whole(lowest)}% to {format_whole(highest)}%"
    if np.isfinite(lowest):
        return f"> {format_whole(lowest)}%"  # the reference is beyond the budget
    return f"< {format_whole(highest)}%" if highest < 1 else "not known"


def format_whole(share):
    """Format a share in whole per cent without the sign, never -0; -∞ where it has no bound."""
    return f"{round(100 * share):d}" if np.isfinite(share) else "-∞"


def format_interval(low, high):
    """Format an interval of shares in whole per cent: "[30, 44]"."""
    return f"[{format_whole(low)}, {format_whole(high)}]"


def say_saving(row):
    """Format the saving of a row of summarise: an end that is not known, or absurd, is not printed."""
    if np.isnan(row.saving_low) or row.saving_low > WORST:
        return format_saving(row)
    estimate = format_share(row.saving_min, row.saving_max)
    if estimate == "not known" or row.saving_high > 0.995:
        return f"{estimate}, no interval known" if estimate != "not known" else estimate
    return f"{estimate}, at most {format_whole(row.saving_high)}%"


def format_range(low, high):
    """Format a range of shares in words.

    Parameters
    ----------
    low, high : float
        Shares, or nan.

    Returns
    -------
    str
        "an unknown share" if one is nan.

    Examples
    --------
    >>> format_range(0.08, 0.6)
    '8% to 60%'
    """
    if np.isnan([low, high]).any():
        return "an unknown share"
    return f"{format_whole(low)}% to {format_whole(high)}%"


def format_cost(row):
    """Format the share of splits in which a row of summarise needs more labels than the reference."""
    return f"{100 * row.cost_more_share:.0f}% (ties {100 * row.tie_share:.0f}%)"


def effect(row, shown=True):
    """Name what a row of summarise is evidence of: "saves", "costs", "nothing" or "one split".

    A difference that would be printed as 0 % is none, however small its p value. Pass shown=False where the
    row is one of many, and Holm's adjustment leaves its difference unshown.
    """
    if np.isnan(row.saving_low):
        return "one split"
    if shown and row.saving_low > 0 and format_whole(row.saving_max) != "0":
        return "saves"
    return "costs" if shown and row.saving_high < 0 and format_whole(row.saving_min) != "0" else "nothing"


def _clause(rows, what):
    """One clause about rows of summarise that have the same effect."""
    if what == "nothing":
        verb = "is" if len(rows) == 1 else "are"
        return f"{listed([row.Index for row in rows])} {verb} not shown to differ"
    say, verb, names = (format_saving, "save", {}) if what == "saves" else (_format_more, "cost", {})
    for row in rows:  # with two classes several rules are one
        names.setdefault(say(row), []).append(row.Index)
    return listed([f"{listed(own)} {verb}{'s' * (len(own) == 1)} {said}" for said, own in names.items()])


def _format_more(row):
    """A cost in words: "25% more [20, 30]", "> 100% more [80, ∞]"."""
    least = format_whole(-row.saving_max)
    most = format_whole(-row.saving_min) if np.isfinite(row.saving_min) else None
    estimate = f"> {least}%" if most is None else f"{least}%" if least == most else f"{least}% to {most}%"
    least = format_whole(-row.saving_high)
    if np.isfinite(row.saving_low) and row.saving_low < 5 * WORST:
        return f"{estimate} more, at least {least}%"
    high = format_whole(-row.saving_low) if np.isfinite(row.saving_low) else "∞"
    return f"{estimate} more [{least}, {high}]"


def listed(words):
    """Join words as a sentence lists them.

    Parameters
    ----------
    words : list of str

    Returns
    -------
    str

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def describe(curves, target, *, hold=1):
    """Say which rules are shown to save or to cost labels, in a sentence.

    Parameters
    ----------
    curves, target, hold
        As in `summarise`.

    Returns
    -------
    str
        "" where no rule is shown to: every interval spans 0, or Holm's adjustment for the number of rules
        leaves the differences unshown. What one split took is told without a claim.

    Raises
    ------
    ValueError
        If random is not among the curves, or strategies differ in their splits.
    """
    summary = summarise(curves, target, hold=hold)
    if len(curves["split"].unique()) == 1:
        goal, budget = format_percent(target), curves["n_labels"].max()
        labels = median_labels(curves, target, hold=hold)[summary.index]
        needs = listed([f"{name} {whole_labels(n, budget)}" for name, n in labels.items()])
        return f"On this one split {goal} takes {needs} labels."
    if not shown_rows(summary, ("saves", "costs")):
        return ""
    return "; ".join(filter(None, [*_clauses(summary), seed_meets(curves, target, hold=hold)])) + "."


def how_to_read(curves, target, *, hold=1):
    """Say what the brackets of the results table are; "" where it has none."""
    savings = summarise(curves, target, hold=hold)["saving_low"].drop("random")
    if not (n_rules := savings.notna().sum()):
        return ""
    together = f"; the {n_rules} rules were tested together (Holm)" if n_rules > 1 else ""
    return f"Brackets: 95% intervals over other random splits of these rows{together}."


def _clauses(summary):
    """Clauses on the rows of summarise, one for each effect among them."""
    groups = {"saves": [], "costs": [], "nothing": []}
    for row in summary.drop("random").itertuples():
        groups[effect(row, row.p_holm <= 0.05)].append(row)
    return [_clause(rows, what) for what, rows in groups.items() if rows]


def shown_rows(summary, effects):
    """The rows of summarise, random's left out, of which one of these effects is shown among all (Holm)."""
    rows = summary.drop("random").itertuples()
    return [row for row in rows if effect(row, row.p_holm <= 0.05) in effects]


def seed_meets(curves, target, *, hold=1):
    """Say that the seed set alone meets the target in half of the splits or more.

    Parameters
    ----------
    curves, target, hold
        As in `labels_to_target`, with random among the strategies.

    Returns
    -------
    str
        "" if it does not.

    Raises
    ------
    ValueError
        If random is not among the curves.
    """
    check_choice("reference strategy", "random", [*curves["strategy"].unique()])
    start = first_scores(curves, hold)["random"].astype(float)
    if (share := (start >= target).mean()) < 0.5:
        return ""
    met = f"the seed set's {curves['n_labels'].min():g} labels already meet {format_percent(target)}"
    higher = np.floor(100 * start.quantile(0.9) + 1e-9) / 100 + 0.01  # met by the seeds of a tenth at most
    if higher <= best_scores(curves)["random"].median():
        return f"{met} in {share:.0%} of them (a difference could show from {format_percent(higher)} on)"
    return f"{met} in {share:.0%} of them"


def describe_gains(curves, metric="accuracy"):
    """Describe what each rule gains at equal budget, and with how many labels it matches random.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`, with random.
    metric : {"accuracy", "balanced_accuracy", "f1"}, default="accuracy"
        Name of the score.

    Returns
    -------
    list of str
        Two sentences, and a warning of rules that end below random; none if random is the only strategy.

    Raises
    ------
    ValueError
        If the metric is unknown or random is not among the curves.

    Examples
    --------
    >>> import pandas as pd
    >>> rounds = {"split": [0, 0], "n_labels": [20, 30], "accuracy": [0.5, 0.9]}
    >>> curves = pd.concat([pd.DataFrame({"strategy": name, **rounds}) for name in ("random", "margin")])
    >>> describe_gains(curves)[0]
    'With all 30 labels random scores 90.0% accuracy; in points, margin +0.0.'
    """
    check_choice("metric", metric, METRICS)
    table, budget = gains(curves), curves["n_labels"].max()
    target, reached = reachable(curves)
    if table.empty:
        return []
    word = metric.replace("_", " ")
    points = _per_rule(table, format_points)
    needed = _per_rule(table, lambda row: _format_needed(row, budget))
    start = f"With all {budget} labels random scores {format_percent(reached, 1)} {word}; in points"
    match = f"To score {format_percent(target, 1)}, as random does at its end, less one standard error, takes"
    warned = filter(None, [_warning(ends_below(curves), budget)])
    return [f"{start}, {points}.", f"{match} {needed} labels.", *warned]


def _per_rule(table, say):
    """What is said of each row of a table; rows of which the same is said share it."""
    names = {}
    for row in table.itertuples():
        names.setdefault(say(row), []).append(row.Index)
    return listed([f"{listed(own)} {said}" for said, own in names.items()])


def _warning(worse, budget):
    """A sentence on the rules that end below random, with their differences; "" if none does."""
    if worse.empty:
        return ""
    rules = listed([f"{name} ({100 * gain:+.1f} points)" for name, gain in worse.items()])
    end = "it ends" if len(worse) == 1 else "they end"
    return f"Do not use {rules} here: with the same {budget} labels {end} below random."


def format_points(row):
    """Format the gain of a row of gains in points, with its interval: "+3.4 [+1.8, +5.0]"."""
    interval = "" if np.isnan(row.low) else f" [{100 * row.low:+.1f}, {100 * row.high:+.1f}]"
    return f"{100 * row.gain:+.1f}{interval}"


def _format_needed(row, budget):
    """Labels of a row of gains that match random, with their interval."""
    labels, low, high = (whole_labels(n, budget) for n in (row.labels, row.labels_low, row.labels_high))
    return labels if np.isnan(row.labels_low) else f"{labels} [{low}, {high}]"


def beside_constant(curves, y, metric="accuracy", target=None, *, test_share=0.3):
    """Say that the rules, or the target, are no better than the answer that needs no model.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    y : array of shape (n,)
        Labels of the rows studied.
    metric : {"accuracy", "balanced_accuracy", "f1"}, default="accuracy"
        Score of the curves.
    target : float in (0, 1], optional
        Score wanted.
    test_share : float in (0, 1), default=0.3
        Share of the rows that each split tests on.

    Returns
    -------
    list of str
        At most a sentence on the best rule's last score and one on the target.

    Raises
    ------
    ValueError
        If there are no labels, or the metric is unknown.

    Examples
    --------
    >>> rounds = {"strategy": "random", "split": [0, 1], "n_labels": 20, "accuracy": [0.75, 0.75]}
    >>> beside_constant(pd.DataFrame(rounds), [*"aaab"], target=0.7)[1]
    "The target of 70% is no higher than the 75.0% of always saying 'a'."
    """
    label, score = constant_answer(y, metric)
    best, shown = above_constant(curves, score, test_share=test_share)
    ends = f"it ends at {format_percent(best, 1)}"
    always, sentences = f"the {format_percent(score, 1)} of always saying {label!r}", []
    if best < score:
        sentences.append(f"The model has learnt nothing useful from these columns: {ends}, below {always}.")
    elif not shown:
        sentences.append(f"The model is not shown to have learnt anything: {ends}, level with {always}.")
    if target is not None and target <= score:
        sentences.append(f"The target of {format_percent(target)} is no higher than {always}.")
    return sentences
