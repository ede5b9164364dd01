"""The sentences of single notebooks, each chosen and filled in by code from the numbers, at any parameters.

Not here: the results table and the sentences on one study (sentences), published claims (analysis).
"""

import numpy as np

from active_learning._validation import check_choice
from active_learning.report.sentences import describe, format_range, format_whole, listed, seed_meets
from active_learning.statistics.power import ranking, smallest_saving_shown, splits_to_show
from active_learning.statistics.savings import summarise


def code(name):
    """A rule's name as code in Markdown."""
    return f"`{name}`"


def answer(curves, target, *, parts=None):
    """Answer the report's question in Markdown bullets.

    Parameters
    ----------
    curves, target, parts
        As in `describe`, of handwritten digits.

    Returns
    -------
    str
        What is saved on digits; what one run is worth, unless there is one split only or the seed set meets
        the target.

    Examples
    --------
    >>> import pandas as pd
    >>> rounds = {"split": 0, "n_labels": [20, 30], "accuracy": [0.5, 0.9]}
    >>> answer(pd.DataFrame({"strategy": "random", **rounds}), 0.9)[:67]
    '- **On handwritten digits.** On this one split 90% takes random 30 '
    """
    bullets = [f"- **On handwritten digits.** {describe(curves, target)}"]
    summary = summarise(curves, target).drop("random")
    summary = summary[np.isfinite(summary[["single_low", "single_high"]]).all(axis=1)]
    if not summary.empty and not seed_meets(curves, target):
        rows = summary.itertuples()
        ranges = listed(
            [f"{code(row.Index)} {format_range(row.single_low, row.single_high)}" for row in rows]
        )
        bullets.append(f"- **One run proves little.** One split may show any saving: {ranges}.")
    return "\n".join(bullets)


def describe_ranking(needed):
    """Say how often one run finds the best rule, and how wrong its saving is.

    Parameters
    ----------
    needed : DataFrame of shape (n_splits, n_strategies)
        Labels to target, with random among the strategies; inf = more than the budget.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    ValueError
        If random is not among the strategies.

    Examples
    --------
    >>> import pandas as pd
    >>> text = describe_ranking(pd.DataFrame({"random": [100, 100], "margin": [50, 75]}))
    >>> text[-82:]
    'tied on 100%; but nine in ten single runs put its saving anywhere from 25% to 50%.'
    """
    table, n_splits = ranking(needed), len(needed)
    named = table[(table["first_or_tied"] > 0) & np.isfinite(table["single_low"] + table["single_high"])]
    if named.empty:
        return f"Too few of the {n_splits} runs reach the target to say how often one names the best rule."
    row = named.loc[named["first_or_tied"].idxmax()]
    return (
        f"**What one run would have said.** {code(row.name)} is first on {row['strictly_first']:.0%} of the "
        f"{n_splits} splits, first or tied on {row['first_or_tied']:.0%}; but nine in ten single runs put "
        f"its saving anywhere from {format_range(row['single_low'], row['single_high'])}."
    )


def describe_power(needed, reference, budget, savings=()):
    """Say how small a saving a study could have shown, and how many splits would show others.

    Parameters
    ----------
    needed, reference : arrays of shape (n_splits,)
        Labels to target of two runs of random on each split; inf = more than the budget.
    budget : float
        Labels at which runs were stopped.
    savings : tuple of floats in (0, 1)
        Savings to name the splits for.

    Returns
    -------
    str
        Half a sentence.

    Raises
    ------
    ValueError
        If the arrays do not pair up or a saving is no share.

    Examples
    --------
    >>> describe_power([100], [90], 300)
    'with these 1 splits it is not known, as there is one or runs of random miss the target'
    """
    smallest, start = smallest_saving_shown(needed, reference, budget), f"with these {len(needed)} splits"
    if np.isnan(smallest):
        return f"{start} it is not known, as there is one or runs of random miss the target"
    if not 0.005 <= smallest < 0.995:  # 0 and 100% say nothing
        return f"{start} it is not known, as they differ {'not at all' if smallest < 0.5 else 'too much'}"
    shown = f"{start}, four out of five such studies would show a saving of {smallest:.0%}"
    splits = {saving: splits_to_show(saving, needed, reference, budget) for saving in savings}
    others = [
        f"{format_whole(saving)}% takes {n:,.0f} splits" for saving, n in splits.items() if np.isfinite(n)
    ]
    return "; ".join([shown, *others])


def describe_batches(crossings, each):
    """Say what the batch experiment shows, and whether its control, random, is flat.

    Parameters
    ----------
    crossings : DataFrame
        Labels to target on the mean curves, a row a batch size and a column a rule, random among them.
    each : dict of int to DataFrame
        Batch size -> table of `summarise` of that study.

    Returns
    -------
    str
        Markdown.

    Examples
    --------
    >>> import pandas as pd
    >>> crossings = pd.DataFrame({"random": [120.0, 126.0], "margin": [60.0, 90.0]}, index=[1, 20])
    >>> ends = {"saving_low": [0.0, 0.1], "saving_high": [0.0, 0.3]}
    >>> summary = pd.DataFrame(ends, index=["random", "margin"])
    >>> describe_batches(crossings, {1: summary, 20: summary})[:79]
    "**What a batch of 20 does, against 1.** Random's crossing changes by +5%: that "
    """
    (small, start), *_, (large, end) = crossings.iterrows()
    change = (end / start.where(np.isfinite(start)) - 1).loc[lambda shares: np.isfinite(shares)]
    grown = listed([f"{code(name)} {share:+.0%}" for name, share in change.items() if name != "random"])
    control = "Random misses the target, so what chance does here is not known"
    if "random" in change:
        shift = f"Random's crossing changes by {change['random']:+.0%}"
        control = f"{shift}: that is the size of what chance does here"
    lost = [name for name, labels in end.items() if not np.isfinite(labels)]
    gets = "never gets" if len(lost) == 1 else "never get"
    beyond = f" In batches of {large}, {listed([*map(code, lost)])} {gets} there on average." if lost else ""
    names = each[small].index.drop("random")
    flips = [name for name in names if _turns(each[small].loc[name], each[large].loc[name])]
    turned = f" {listed([*map(code, flips)])}: a saving at one size, a cost at the other." if flips else ""
    rules = f" The rules: {grown}." if grown else ""
    return (
        f"**What a batch of {large} does, against {small}.** {control}.{rules}{beyond}{turned} Growth beyond "
        "the control is redundancy: rows chosen together ask the same question."
    )


def _turns(small, large):
    return small.saving_low > 0 > large.saving_high or small.saving_high < 0 < large.saving_low


def bill(summary, rule, sizes, price, setup_cost):
    """Say what a rule saves of the whole bill, test and seed labels included, and from when on it pays.

    Parameters
    ----------
    summary : DataFrame
        Table of `summarise`, against random.
    rule : str
        Strategy to query with.
    sizes : dict
        Numbers of labels in the seed and test set.
    price, setup_cost : float
        Price of a label, and cost of building the loop.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    ValueError
        If the summary does not hold the rule.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers = {"median": 100, "saving": 0.0, "saving_low": -0.1}
    >>> bill(pd.DataFrame([numbers] * 2, index=["random", "margin"]), "margin", {"test": 540}, 0.5, 500)
    'No saving of `margin` is shown, so no price of a label makes it pay.'
    """
    row, random = summary.loc[check_choice("rule", rule, [*summary.index])], summary["median"]["random"]
    fixed = sizes["test"]
    if not row["saving_low"] > 0:
        return f"No saving of {code(rule)} is shown, so no price of a label makes it pay."
    if not np.isfinite([row["saving"], random]).all():
        return f"Runs miss the target, so what {code(rule)} saves has no known size, and no price is named."
    saved = random * row["saving"]
    whole_bill = saved / (random + fixed)
    return (
        f"**The whole bill.** The numbers of labels include the {sizes['seed']} of the seed set. The test "
        f"set costs {fixed} labels more, whatever the rule: of all that a project like digits pays for "
        f"labels, {code(rule)} saves {whole_bill:.0%}: {price * saved:.2f} at {price:.2f} a label. If "
        f"building and minding the loop costs {setup_cost}, it pays from about "
        f"{setup_cost / (price * row['saving']):,.0f} labels on (those that random would need), or where a "
        f"label costs more than {setup_cost / saved:.2f}. **Active learning pays where labels are dear or "
        f"many.**"
    )
