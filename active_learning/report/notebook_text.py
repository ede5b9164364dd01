"""The sentences of the report, each chosen and filled in by code from the numbers, at any parameters.

Not here: the results table and what is said of one study (wording); other people's claims (claims).
"""

import numpy as np
import pandas as pd

from active_learning._validation import check_choice
from active_learning.report.benchmark import wins_and_losses
from active_learning.report.sentences import describe, listed, seed_meets, whole
from active_learning.statistics.savings import summarise


def code(name):
    """A rule's name as code in Markdown."""
    return f"`{name}`"


def format_range(low, high):
    """A range of shares in words, low to high: "8% to 60%"; "an unknown share" if one is nan."""
    if np.isnan([low, high]).any():
        return "an unknown share"
    return f"{whole(low)}% to {whole(high)}%"


def answer(curves, target, *, parts=None, where="handwritten digits"):
    """The answer on one data set, in two Markdown bullets: what is saved, and what one run is worth.

    curves, target, parts: as in describe; where: the data set in words
    returns: str; one bullet where one run is not known to say anything: a single split, or a target that the
        seed set meets
    """
    first = f"- **On {where}.** {describe(curves, target, parts=parts)}"
    summary = summarise(curves, target).drop("random")
    summary = summary[np.isfinite(summary[["single_low", "single_high"]]).all(axis=1)]
    if summary.empty or seed_meets(curves, target):
        return first
    spread = [
        f"{code(row.Index)} {format_range(row.single_low, row.single_high)}" for row in summary.itertuples()
    ]
    return f"{first}\n- **One run proves little.** One split may show any saving: {listed(spread)}."


def answer_elsewhere(table, reach, batch):
    """The answer on many data sets, in one Markdown bullet.

    table: of atlas; reach: one of its targets; batch: one of its batch sizes
    returns: str
    raises: ValueError for a reach or batch that the table has not
    """
    check_choice("reach", reach, [*table["reach"].unique()])
    check_choice("batch", batch, table["batch"].unique().tolist())
    counts = wins_and_losses(table).loc[reach, batch]
    n, bought = counts.iloc[0].sum(), "one row" if batch == 1 else f"{batch} rows"
    wins, harm = _tally(counts["win"]), _tally(counts["loss"])
    gain = f"these are shown to save labels: {wins}" if wins else "no rule is shown to save labels"
    cost = f"to cost labels: {harm}" if harm else "none is shown to cost any"
    start = f"- **On {n} data sets**, buying {bought} at a time"
    return f"{start}, {gain}; {cost}. Elsewhere no difference is shown."


def _tally(counts):
    """The rules with a count above 0, largest first: "`margin` on 5 and `entropy` on 2"."""
    counts = counts[counts > 0].sort_values(ascending=False, kind="stable")
    return listed([f"{code(rule)} on {count}" for rule, count in counts.items()]) if len(counts) else ""


def describe_ranking(table, n_splits):
    """How often does one run find the best rule, and how wrong is its saving, in words.

    table: of trust.ranking; n_splits: how many splits it is of
    returns: str
    """
    known = table[(table["first_or_tied"] > 0) & np.isfinite(table["single_low"] + table["single_high"])]
    if known.empty:
        return f"Too few of the {n_splits} runs reach the target to say how often one names the best rule."
    row = known.loc[known["first_or_tied"].idxmax()]
    return (
        f"**What one run would have said.** {code(row.name)} is first on {row['strictly_first']:.0%} of the "
        f"{n_splits} splits, first or tied on {row['first_or_tied']:.0%}; but nine in ten single runs put "
        f"its saving anywhere from {format_range(row['single_low'], row['single_high'])}."
    )


def describe_power(smallest, n_splits, needs=None):
    """How small a saving a study could have shown, and how many splits would show others, in words.

    smallest: of trust.smallest_saving_shown, nan where it is not known; n_splits: of the study
    needs: dict saving -> trust.splits_to_show
    returns: str
    raises: TypeError for needs that are no dict
    """
    if not isinstance(needs, dict | None):
        raise TypeError(f"needs must be a dict of the splits that each saving takes, got {needs!r}")
    start = f"with these {n_splits} splits"
    if np.isnan(smallest):
        return f"{start} it is not known, as there is one or runs of random miss the target"
    if not 0.005 <= smallest < 0.995:  # 0 and 100% say nothing
        return f"{start} it is not known, as they differ {'not at all' if smallest < 0.5 else 'too much'}"
    shown = f"{start}, four out of five such studies would show a saving of {smallest:.0%}"
    known = {saving: n for saving, n in (needs or {}).items() if np.isfinite(n)}
    others = [f"{whole(saving)}% takes {n:,.0f} splits" for saving, n in known.items()]
    return "; ".join([shown, *others])


def batch_finding(crossings, rule):
    """The title of the batch figure: what the largest batch does to each of three rules.

    crossings: DataFrame of labels to target, a row a batch size and a column a rule; rule: the batch rule
    returns: str
    raises: ValueError for a rule that is not there
    """
    for name in (names := ("random", "margin", rule)):
        check_choice("rule", name, [*crossings.columns])
    small, large = crossings.index[[0, -1]]
    ends = [
        f"{name} {_labels(crossings[name][small])} to {_labels(crossings[name][large])}" for name in names
    ]
    return f"From batches of {small} to {large}: {', '.join(ends)} labels"


def _labels(n):
    return f"{n:.0f}" if np.isfinite(n) else "beyond the budget"


def describe_batches(crossings, each):
    """What the batch experiment shows, and whether its control is flat, in words.

    crossings: as in batch_finding; each: dict batch size -> summary of that study
    returns: str
    """
    change = crossings.iloc[-1] / crossings.iloc[0].where(np.isfinite(crossings.iloc[0])) - 1
    known = change[np.isfinite(change)]
    small, large = crossings.index[0], crossings.index[-1]
    grown = listed(
        [f"{code(name)} {share:+.0%}" for name, share in known.drop("random", errors="ignore").items()]
    )
    control = (
        f"Random's crossing changes by {known['random']:+.0%}: that is the size of what chance does here"
        if "random" in known
        else "Random misses the target, so what chance does here is not known"
    )
    lost = [name for name in crossings if not np.isfinite(crossings[name].iloc[-1])]
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


def describe_atlas(table, decisions):
    """Where rules save and where they cost labels, from many data sets.

    table: of atlas; decisions: table of decide
    returns: str, Markdown
    """
    counts, harm = wins_and_losses(table).loc["far"], []
    for batch in sorted(table["batch"].unique()):
        if lost := _tally(counts.loc[batch, "loss"]):
            harm.append(f"in batches of {batch} by {lost} of the data sets")
    cost = f"Labels are lost {'; '.join(harm)}." if harm else "No rule is shown to cost labels."
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
        savings = listed([f"{whole(row.estimate)}%" for row in rows.itertuples()])
        row = counts.loc[(batch, rule)]
        shown = f"shown on {row['win']} of {row.sum()} data sets, a cost on {row['loss']}"
        picks.append(f"{where} {code(rule)} (expect {savings}; {shown})")
    return "; ".join(picks)


def bill(summary, rule, sizes, price, setup_cost):
    """Who pays for what: the test and seed labels are in the bill; from how many labels on a rule pays.

    summary: of summarise; rule: the one to buy with; sizes: dict with seed and test, numbers of labels
    price: of a label; setup_cost: of building the loop
    returns: str
    raises: ValueError for a rule that the summary has not
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


def advice(table, decisions):
    """What to do, in numbered lines, each with its evidence.

    table: of atlas; decisions: table of decide
    returns: str, Markdown
    """
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


def lever_finding(table):
    """The title of the figure of classifiers: where the classifier saves more than the rule.

    table: as in lever_counts
    returns: str
    """
    rows = lever_counts(table).rename(index=lambda name: name.replace("_", " ")).iterrows()
    parts = [f"{name} on {row.more} of {row.more + row.fewer} data sets" for name, row in rows]
    return f"Where changing the classifier saves more than {_lever_rule(table)} does: {', '.join(parts)}"


def _lever_rule(table):
    return next(name for name in table["strategy"] if not name.endswith(": random")).split(": ")[-1]


def describe_levers(table):
    """Is the classifier the bigger lever, in words.

    table: as in lever_counts
    returns: str
    """
    far, counts = table[table["reach"] == "far"], lever_counts(table)
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
    return "\n".join([*lines, "", f"{end}. Try both on your own rows."])
