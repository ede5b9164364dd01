"""Tables and sentences made from the numbers of measures; nothing here computes a result.

A sentence whose truth depends on the numbers is chosen here by code, whatever the target, budget and splits.
"""

from functools import partial

import numpy as np
import pandas as pd

from active_learning.measures import (
    bootstrap_interval,
    by_split,
    labels_saved,
    labels_to_target,
    medians_to_target,
    saving_interval,
    summarise,
)


def results_table(curves, target, *, hold=1, random_state=0):
    """The report's table, formatted for reading; the numbers themselves are summarise's.

    curves: table of run_study, `random` among its strategies
    target, hold, random_state: as in summarise
    returns: DataFrame of strings, one row a strategy, `random` first
    """
    summary = summarise(curves, target, hold=hold, random_state=random_state)
    budget = curves["n_labels"].max()
    others = summary.index != "random"
    return pd.DataFrame(
        {
            "strategy": summary.index,
            f"labels -> {format_percent(target)}": [format_labels(n, budget) for n in summary["median"]],
            "saved vs random": np.where(others, [format_saving(row) for row in summary.itertuples()], "-"),
            "cost more than random in": np.where(others, [format_cost(r) for r in summary.itertuples()], "-"),
            "AUC": [f"{auc:.3f}" for auc in summary["auc"]],
            "final acc.": [format_percent(final, 1) for final in summary["final_accuracy"]],
        }
    )


def format_percent(share, decimals=None):
    """0.9 -> "90%".

    share: float; decimals: how many, or None for as many as it has, four digits at the most
    """
    return f"{100 * share:.4g}%" if decimals is None else f"{100 * share:.{decimals}f}%"


def format_labels(n, budget):
    """A number of labels, or "> 300" when it is more than the budget.

    n: float, inf = never reached; budget: labels at which runs were stopped
    """
    return f"{n:g}" if np.isfinite(n) else f"> {budget:g}"


def format_saving(row):
    """The saving of one row of summarise, with its interval: "38% [30, 44]", "> 60%" when censored."""
    if np.isnan(row.saving_low) or _estimate(row) == "not known":
        return _estimate(row)
    low = f"{100 * row.saving_low:.0f}" if np.isfinite(row.saving_low) else "-∞"
    return f"{_estimate(row)} [{low}, {100 * row.saving_high:.0f}]"


def _estimate(row):
    if row.saving_min == row.saving_max:
        return f"{100 * row.saving_min:.0f}%"
    if np.isfinite(row.saving_min):
        return f"> {100 * row.saving_min:.0f}%"  # random's median is beyond the budget
    return f"< {100 * row.saving_max:.0f}%" if row.saving_max < 1 else "not known"


def format_cost(row):
    """Share of splits in which a rule cost more labels than random, ties apart: "18% (ties 8%)".

    row: of summarise
    """
    return f"{100 * row.cost_more_share:.0f}% (ties {100 * row.tie_share:.0f}%)"


def describe(curves, target, *, hold=1, random_state=0):
    """What the results table shows, in one sentence made from its numbers.

    curves: table of run_study, `random` among its strategies; target, hold, random_state: as in summarise
    returns: str; says "no difference shown" where an interval spans 0
    """
    summary = summarise(curves, target, hold=hold, random_state=random_state)
    n_splits, budget = curves["split"].nunique(), curves["n_labels"].max()
    median = format_labels(summary.loc["random", "median"], budget)
    reached = f"{format_percent(target)} takes random {median} labels"
    findings = [finding(row) for row in summary.drop("random").itertuples()]
    start = f"Over {n_splits} splits (medians)" if n_splits > 1 else "On this one split"
    sentence = "; ".join([f"{start}, {reached}", *findings]) + "."
    return sentence + (" One split is an anecdote: use more for an interval." if n_splits == 1 else "")


def finding(row):
    """What one row of summarise shows against random, in words."""
    if row.saving_low <= 0 <= row.saving_high:
        return f"no difference shown for {row.Index} ({format_saving(row)})"
    if row.saving_high < 0 and row.saving_min == row.saving_max:
        more, low, high = (-100 * share for share in (row.saving_min, row.saving_high, row.saving_low))
        return f"{row.Index} costs {more:.0f}% more [{low:.0f}, {high:.0f}]"
    return f"{row.Index} saves {format_saving(row)}"


def recommend(curves, target, *, hold=1, random_state=0):
    """Which rule to use and how sure that is, in words: the one whose saving is surely the largest.

    curves: table of run_study, `random` among its strategies; target, hold, random_state: as in summarise
    returns: str; says "no difference shown" where the interval spans 0
    """
    summary = summarise(curves, target, hold=hold, random_state=random_state)
    rules = [row for row in summary.itertuples() if row.Index != "random" and not np.isnan(row.saving_low)]
    if not rules:
        return "Nothing can be recommended from one split, or from random alone."
    if np.isinf(summary["median"]).all():
        return "Nothing can be recommended: most runs miss the target; lower it or raise the budget."
    best = max(rules, key=lambda row: row.saving_low)
    if best.saving_low > 0:
        picked = f" (the best of {len(rules)}, so expect a little less)" if len(rules) > 1 else ""
        return (
            f"Recommended: {best.Index}. Over random splits of these rows it saves {format_saving(best)} of "
            f"the labels that random needs{picked}; it cost more in {100 * best.cost_more_share:.0f}%."
        )
    shown = f"{'no difference shown' if best.saving_high >= 0 else 'it costs more'}, {format_saving(best)}"
    return f"No rule is recommended over random: for {best.Index}, the most promising, {shown}."


def verdict(claimed, low, high):
    """Whether an interval (low, high) bears out a claimed difference: confirmed, not confirmed, opposite."""
    if low <= 0 <= high:
        return "not confirmed"
    return "confirmed" if (low > 0) == (claimed > 0) else "the opposite"


def check_claim(claim, published, row):
    """One line of the claims table: a published saving against a row of summarise.

    claim: str; published: float, the share it says is saved; row: of summarise
    returns: tuple of texts: claim, published, ours, verdict
    """
    answer = verdict(published, row.saving_low, row.saving_high)
    return claim, f"{published:+.0%}", format_saving(row), answer


def check_gains(measure, published, table):
    """Lines of the claims table: published differences from random against ours.

    measure: str, what differs; published: dict strategy -> difference
    table: DataFrame (n_splits, n_strategies), such as that of areas
    returns: list of tuples of texts, as of check_claim
    """
    gains = {name: table[name] - table["random"] for name in published}
    bounds = {name: bootstrap_interval(gain, np.mean) for name, gain in gains.items()}
    return [
        (
            f"{name}: {measure}",
            f"{value:+.3f}",
            f"{gains[name].mean():+.3f} [{bounds[name][0]:+.3f}, {bounds[name][1]:+.3f}]",
            verdict(value, *bounds[name]),
        )
        for name, value in published.items()
    ]


def contrast_labels(curves, target, strategy, other):
    """Difference between the median labels to target of two strategies, as "60 [45, 70]".

    curves: table of run_study; target: accuracy in (0, 1]; strategy, other: names, the first needing more
    """
    needed = by_split(labels_to_target(curves, target))
    low, high = saving_interval(needed[other], needed[strategy], curves["n_labels"].max(), labels_saved)
    return f"{needed[strategy].median() - needed[other].median():.0f} [{low:.0f}, {high:.0f}]"


def worth(name, needed, reference, budget, price, seconds, setup_cost):
    """What a strategy saves in labels, money and minutes, with intervals, and the price at which it pays.

    name: of the strategy; needed, reference: Series (n_splits,), labels to target
    budget: labels at which runs were stopped; price and seconds: of one label
    setup_cost: what building the loop costs; returns: tuple of texts
    """
    saved = labels_saved(needed.median(), reference.median(), budget)[0]
    low, high = saving_interval(needed, reference, budget, labels_saved)
    texts = [
        f"{unit * saved:.{digits}f} [{unit * low:.{digits}f}, {unit * high:.{digits}f}]"
        for unit, digits in ((1, 0), (price, 2), (seconds / 60, 0))
    ]
    return name, *texts, f"{setup_cost / saved:.2f}" if low > 0 else "no saving shown"


def target_grid(studies, target):
    """Median labels to a target of many studies.

    studies: dict name -> table of run_study
    returns: two DataFrames with a row a study and a column a strategy: the medians, and them as texts with
        their 95 % intervals
    """
    numbers, texts = {}, {}
    for name, curves in studies.items():
        medians, budget = medians_to_target(curves, target), curves["n_labels"].max()
        numbers[name] = medians["median"]
        texts[name] = [_median_cell(row, budget) for row in medians.itertuples()]
    return pd.DataFrame(numbers).T, pd.DataFrame(texts, index=numbers[name].index).T


def _median_cell(row, budget):
    median, low, high = (format_labels(n, budget) for n in (row.median, row.low, row.high))
    return median if np.isinf(row.low) else f"{median}\n[{low}, {high}]".replace("> ", ">")


def saving_grid(studies, strategy, targets):
    """Savings of one strategy against random, by data set and target.

    studies: dict name -> table of run_study
    returns: two DataFrames with a row a data set and a column a target: the saving as a number (nan where
        censoring leaves it open), and as a text, with "n.s." where its interval includes 0
    """
    values, texts = {}, {}
    for name, curves in studies.items():
        pair = curves[curves["strategy"].isin(["random", strategy])]
        rows = [summarise(pair, target).loc[strategy] for target in targets]
        values[name] = [row.saving_min if row.saving_min == row.saving_max else np.nan for row in rows]
        texts[name] = [_cell(row) for row in rows]
    columns = [format_percent(target) for target in targets]
    grid = partial(pd.DataFrame.from_dict, orient="index", columns=columns)
    return grid(values), grid(texts)


def _cell(row):
    if np.isinf(row["median"]) and np.isinf(row.saving_min):
        return "not\nreached"
    return _estimate(row) + ("\nn.s." if row.saving_low <= 0 <= row.saving_high else "")
