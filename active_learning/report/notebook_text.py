"""The sentences of single notebooks, each chosen and filled in by code from the numbers, at any parameters.

Not here: the results table and the sentences on one study (sentences), published claims (analysis).
"""

import numpy as np
import pandas as pd

from active_learning._validation import check_choice
from active_learning.report.benchmark import decide, wins_and_losses
from active_learning.report.sentences import describe, format_range, format_whole, listed, seed_meets
from active_learning.statistics.power import ranking, smallest_saving_shown, splits_to_show
from active_learning.statistics.savings import summarise


def code(name):
    """A rule's name as code in Markdown."""
    return f"`{name}`"


def answer(curves, target, *, parts=None, atlas=None):
    """Answer the report's question in Markdown bullets.

    Parameters
    ----------
    curves, target, parts
        As in `describe`, of handwritten digits.
    atlas : DataFrame, optional
        Table of `run_atlas`, for a bullet on other data sets.

    Returns
    -------
    str
        What is saved on digits; what one run is worth, unless there is one split only or the seed set meets
        the target; what is saved elsewhere.

    Examples
    --------
    >>> import pandas as pd
    >>> rounds = {"split": 0, "n_labels": [20, 30], "accuracy": [0.5, 0.9]}
    >>> answer(pd.DataFrame({"strategy": "random", **rounds}), 0.9)[:67]
    '- **On handwritten digits.** On this one split 90% takes random 30 '
    """
    bullets = [f"- **On handwritten digits.** {describe(curves, target, parts=parts)}"]
    summary = summarise(curves, target).drop("random")
    summary = summary[np.isfinite(summary[["single_low", "single_high"]]).all(axis=1)]
    if not summary.empty and not seed_meets(curves, target):
        rows = summary.itertuples()
        ranges = listed(
            [f"{code(row.Index)} {format_range(row.single_low, row.single_high)}" for row in rows]
        )
        bullets.append(f"- **One run proves little.** One split may show any saving: {ranges}.")
    if atlas is not None:
        bullets.append(answer_elsewhere(atlas, "far", 10))
    return "\n".join(bullets)


def answer_elsewhere(table, reach, batch):
    """One Markdown bullet on many data sets, from a table of atlas, one of its targets and batch sizes."""
    counts = wins_and_losses(table).loc[reach, batch]
    n, rows = counts.iloc[0].sum(), "one row" if batch == 1 else f"{batch} rows"
    wins, harm = _tally(counts["win"]), _tally(counts["loss"])
    gain = f"these are shown to save labels: {wins}" if wins else "no rule is shown to save labels"
    cost = f"to cost labels: {harm}" if harm else "none is shown to cost any"
    start = f"- **On {n} data sets**, buying {rows} at a time"
    return f"{start}, {gain}; {cost}. Elsewhere no difference is shown."


def _tally(counts):
    """The rules with a count above 0, largest first: "`margin` on 5 and `entropy` on 2"."""
    counts = counts[counts > 0].sort_values(ascending=False, kind="stable")
    return listed([f"{code(rule)} on {count}" for rule, count in counts.items()]) if len(counts) else ""


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


def describe_atlas(table):
    """Where rules save and where they cost labels, from a table of run_atlas."""
    counts, harm = wins_and_losses(table).loc["far"], []
    for batch in sorted(table["batch"].unique()):
        if lost := _tally(counts.loc[batch, "loss"]):
            harm.append(f"in batches of {batch} by {lost} of the data sets")
    cost = f"Labels are lost {'; '.join(harm)}." if harm else "No rule is shown to cost labels."
    decisions = decide(table)
    none, kinds = (decisions["strategy"] == "random").sum(), f"of the {len(decisions)} kinds of project"
    if none:
        return f"{cost} For {none} {kinds} in section 1 no rule's mean saving is shown."
    return f"{cost} For each {kinds} in section 1 the mean saving of some rule is shown."


def _picks(decisions, counts, batch):
    """What the decisions say for a batch size, far above the start, and on how many data sets it is shown."""
    far = decisions[(decisions["batch"] == batch) & (decisions["reach"] == "far")]
    picks = []
    for rule, rows in far.groupby("strategy", sort=False):
        where = f"with {listed([*rows['classes']])} classes"
        if rule == "random":
            picks.append(f"{where} no rule is shown to save")
            continue
        savings = listed([f"{format_whole(row.estimate)}%" for row in rows.itertuples()])
        row = counts.loc[(batch, rule)]
        shown = f"shown on {row['win']} of {row.sum()} data sets, a cost on {row['loss']}"
        picks.append(f"{where} {code(rule)} (expect {savings}; {shown})")
    return "; ".join(picks)


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


def advice(table):
    """What to do, in numbered lines of Markdown, each with its evidence, from a table of run_atlas."""
    decisions = decide(table)
    counts = wins_and_losses(table).loc["far"]
    picks = [f"**{b} at a time**, {_picks(decisions, counts, b)}" for b in sorted(table["batch"].unique())]
    losses = counts.groupby("strategy", sort=False)["loss"].sum().sort_values(ascending=False, kind="stable")
    n_cells = counts.groupby("strategy").sum().sum(axis=1).iloc[0]
    harm = f"{code(losses.index[0])} costs labels in {losses.iloc[0]} of {n_cells} cells of the map"
    steps = [
        "**Label a random test set first**, and never query it: without it you cannot know when to stop.",
        f"**Pick the rule by your batch and classes.** For a target far above the start: {'. '.join(picks)}.",
        f"**Know the harm**: {harm if losses.iloc[0] else 'no rule is shown to cost labels in any cell'}.",
        "**Try another classifier too**: the [appendix](4_appendix.ipynb) measures how much that is worth.",
        "**Measure on your own rows** before you trust any of this ([notebook "
        "3](3_your_own_data.ipynb)), and "
        "ask for many splits, an interval and the downside, of us as of others.",
    ]
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def lever_counts(table):
    """How often does another classifier, at random, save more labels than a rule with the first one?

    table: of atlas on the studies of run_levers, random with the first classifier the reference
    returns: DataFrame indexed by classifier: more, fewer (data sets), of the estimates
    """
    far = table[table["reach"] == "far"]
    middle = far.assign(saving=far[["lowest", "highest"]].replace(-np.inf, np.nan).mean(axis=1))
    wide = middle.pivot(index="study", columns="strategy", values="saving")
    rule = next(name for name in far["strategy"] if not name.endswith(": random"))
    others = [name for name in far["strategy"].unique() if name.endswith(": random")]
    rows = {
        name.split(": ")[0]: ((wide[name] > wide[rule]).sum(), (wide[name] < wide[rule]).sum())
        for name in others
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["more", "fewer"])


def _lever_rule(table):
    return next(name for name in table["strategy"] if not name.endswith(": random")).split(": ")[-1]


def describe_levers(table):
    """Is the classifier the bigger lever? The title of the figure, and what it shows in Markdown.

    table: as in lever_counts
    """
    far, counts = table[table["reach"] == "far"], lever_counts(table)
    parts = [
        f"{n.replace('_', ' ')} on {x.more} of {x.more + x.fewer} data sets" for n, x in counts.iterrows()
    ]
    finding = f"Where changing the classifier saves more than {_lever_rule(table)} does: {', '.join(parts)}"
    lines = []
    for name, row in counts.iterrows():
        alone = far[far["strategy"] == f"{name}: random"]["verdict"].value_counts()
        lines.append(
            f"- {code(name)} with random labels saves more than {_lever_rule(table)} with the first "
            f"classifier on {row.more} data sets and less on {row.fewer}. By itself it is shown to save "
            f"labels on {alone.get('win', 0)} and to cost labels on {alone.get('loss', 0)} ({len(far)} "
            f"cells, Holm)."
        )
    most = far["study"].nunique() / 2
    bigger = [code(name) for name, row in counts.iterrows() if row.more > most]
    end = "So none is the bigger lever on most of these data sets"
    if bigger:
        end = f"So on most of these data sets {listed(bigger)} is a bigger lever than the rule"
    elif (counts["fewer"] > most).all():
        end = "So on most of these data sets the rule is the bigger lever"
    return finding, "\n".join([*lines, "", f"{end}. Try both on your own rows."])
