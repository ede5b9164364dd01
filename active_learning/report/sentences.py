"""Tables and sentences made from the numbers of savings; nothing here computes a result.

A sentence whose truth depends on the numbers is chosen here by code, whatever the target, budget and splits.
Not here: other people's claims, money and maps (claims).
"""

import numpy as np
import pandas as pd

from active_learning._validation import METRICS, check_choice
from active_learning.statistics.curves import best_scores, final_scores, first_scores
from active_learning.statistics.equal_budget import gains, reachable
from active_learning.statistics.power import holm, saving_shown_by
from active_learning.statistics.savings import summarise


def results_table(curves, target, *, hold=1):
    """The report's table, formatted for reading; the numbers themselves are summarise's.

    curves: table of run_study, `random` among its strategies
    target, hold: as in summarise
    returns: DataFrame of strings, one row a strategy, `random` first
    """
    summary = summarise(curves, target, hold=hold)
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
    """A share as a text, 0.9 -> "90%"; a fixed number of decimals if given."""
    return f"{100 * share:.4g}%" if decimals is None else f"{100 * share:.{decimals}f}%"


def format_labels(n, budget):
    """A number n of labels, or "> 300" when it is more than the budget."""
    return f"{n:g}" if np.isfinite(n) else f"> {budget:g}"


def format_saving(row):
    """The saving of one row of summarise, with its interval: "38% [30, 44]", "> 60%" when censored."""
    estimate = format_share(row.saving_min, row.saving_max)
    if np.isnan(row.saving_low) or estimate == "not known":
        return estimate
    return f"{estimate} {format_interval(row.saving_low, row.saving_high)}"


def format_share(lowest, highest):
    """A share in per cent, as far as its bounds let it be known: "38%", "24% to 35%", "> 60%", "< -50%".

    lowest, highest: the bounds, shares of at most 1, or -inf
    """
    if whole(lowest) == whole(highest):
        return f"{whole(lowest)}%"
    if np.isfinite(lowest) and highest < 1:
        return f"{whole(lowest)}% to {whole(highest)}%"
    if np.isfinite(lowest):
        return f"> {whole(lowest)}%"  # the reference is beyond the budget
    return f"< {whole(highest)}%" if highest < 1 else "not known"


def whole(share):
    """A share in whole per cent as a text, never -0; -∞ where it has no bound."""
    return f"{round(100 * share):d}" if np.isfinite(share) else "-∞"


def format_interval(low, high):
    """An interval of shares, low to high, in whole per cent: "[30, 44]"."""
    return f"[{whole(low)}, {whole(high)}]"


def format_cost(row):
    """Share of splits in which a rule, a row of summarise, cost more labels than random, ties apart."""
    return f"{100 * row.cost_more_share:.0f}% (ties {100 * row.tie_share:.0f}%)"


def finding(row, shown=True):
    """What one row of summarise shows against random, in words.

    shown: False where the row is one among many, and the others leave its difference unshown (Holm)
    """
    return _together([row], effect(row, shown))


def effect(row, shown=True):
    """What a row of summarise is evidence of: "saves", "costs", "nothing", or "one split".

    A difference that would be printed as 0% is none, however sure it is: few splits that nearly tie are.
    shown: as in finding
    """
    if np.isnan(row.saving_low):
        return "one split"
    if shown and row.saving_low > 0 and whole(row.saving_max) != "0":
        return "saves"
    return "costs" if shown and row.saving_high < 0 and whole(row.saving_min) != "0" else "nothing"


def _together(rows, what):
    """One clause about rows of which the same is true."""
    names = [row.Index for row in rows]
    if what == "saves":
        return f"{listed(names)} save{'s' * (len(rows) == 1)} {listed([format_saving(row) for row in rows])}"
    if what == "costs":
        return f"{listed(names)} cost{'s' * (len(rows) == 1)} {listed([_more(row) for row in rows])}"
    if what == "one split":
        return f"one split claims nothing about {listed(names)}"
    shown = [f"{row.Index} ({format_saving(row)})" for row in rows]
    return f"no difference shown for {listed(shown)}"


def _more(row):
    """A cost in words: "25% more [20, 30]", "> 100% more [80, ∞]"."""
    least, most = whole(-row.saving_max), whole(-row.saving_min) if np.isfinite(row.saving_min) else None
    estimate = f"> {least}%" if most is None else f"{least}%" if least == most else f"{least}% to {most}%"
    high = whole(-row.saving_low) if np.isfinite(row.saving_low) else "∞"
    return f"{estimate} more [{whole(-row.saving_high)}, {high}]"


def listed(words):
    """Join words as a list of them reads: ["a", "b", "c"] -> "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def describe(curves, target, *, hold=1, parts=None):
    """What the results table shows, in sentences made from its numbers.

    parts: table of run_parts, for a sentence on new rows
    curves, target, hold: as in summarise
    returns: str; says "no difference shown" where an interval spans 0, or Holm's adjustment for the number of
        rules leaves a difference unshown; names a target that the seed set meets, and then what would be one
    """
    summary = summarise(curves, target, hold=hold, parts=parts)
    n_splits, budget, goal = curves["split"].nunique(), curves["n_labels"].max(), format_percent(target)
    labels = {name: format_labels(n, budget) for name, n in summary["median"].items()}
    if n_splits == 1:
        takes = listed([f"{name} {n}" for name, n in labels.items()])
        end = "One split is an anecdote: no saving is claimed, and only more splits have an interval."
        return f"On this one split {goal} takes {takes} labels. {end}"
    start = f"Over {n_splits} splits (medians), random needs {labels['random']} labels to reach {goal}"
    clauses, met = _findings(summary), seed_meets(curves, target, hold=hold)
    if met and not _shown(summary, ("saves", "costs")):
        names = listed([name for name in summary.index if name != "random"] or ["any rule"])
        start, clauses = (
            f"Over {n_splits} splits, {met}; it leaves {names} nothing to save against random",
            [],
        )
    elif met:
        clauses.append(met)
    sentences = ["; ".join([start, *clauses]) + "."]
    if len(summary) > 2 and clauses:
        sentences.append(f"What is shown is shown among {len(summary) - 1} comparisons (Holm).")
    return " ".join([*sentences, *_new_rows(summary)])


def _findings(summary):
    """Clauses on the rows of summarise, those of which the same is true together."""
    rows, groups = summary.drop("random"), {"saves": [], "costs": [], "nothing": []}
    for row, p_value in zip(rows.itertuples(), holm(rows["p_value"]), strict=True):
        groups[effect(row, p_value <= 0.05)].append(row)
    return [_together(members, what) for what, members in groups.items() if members]


def _shown(summary, effects):
    """The rows of summarise, random's left out, of which one of these effects is shown among all (Holm)."""
    rows = summary.drop("random")
    sure = zip(rows.itertuples(), holm(rows["p_value"]), strict=True)
    return [row for row, p_value in sure if effect(row, p_value <= 0.05) in effects]


def _new_rows(summary):
    """A sentence on what other rows of the same kind would show, for the rules for which that is known."""
    known = summary.dropna(subset=["new_rows_low"]).itertuples()
    shown = [f"{row.Index} {whole(row.new_rows_low)} to {whole(row.new_rows_high)}%" for row in known]
    if not shown:
        return []
    return [
        "The brackets speak of other splits of these rows; on as many other rows of the same kind the same "
        f"study would show (in 95 % of cases): {listed(shown)}."
    ]


def seed_meets(curves, target, *, hold=1):
    """Words for a target that the seed set alone meets in half of the splits or more; "" if it does not.

    curves: table of run_study with random; target, hold: as in labels_to_target
    raises: ValueError for curves without random
    """
    check_choice("reference strategy", "random", [*curves["strategy"].unique()])
    start = first_scores(curves, hold)["random"].astype(float)
    if (share := (start >= target).mean()) < 0.5:
        return ""
    met = f"the seed set's {curves['n_labels'].min():g} labels already meet {format_percent(target)}"
    harder = np.floor(100 * start.quantile(0.9) + 1e-9) / 100 + 0.01  # met by the seeds of a tenth at most
    if harder <= best_scores(curves)["random"].median():
        return f"{met} in {share:.0%} of them (a difference could show from {format_percent(harder)} on)"
    return f"{met} in {share:.0%} of them"


def recommend(curves, target, *, hold=1, parts=None):
    """Which rule to use and how sure that is, in words: the one whose saving is surely the largest.

    curves, target, hold: as in summarise; parts: table of run_parts, for what to expect on new rows
    returns: str; says "no difference shown" where the interval spans 0, and which saving would have shown
    """
    summary = summarise(curves, target, hold=hold, parts=parts)
    rules = summary.drop("random").dropna(subset=["saving_low"])
    if rules.empty:
        return "Nothing can be recommended from one split, or from random alone."
    shown = _shown(summary, ["saves"])
    if (met := seed_meets(curves, target, hold=hold)) and not shown:
        return f"Nothing can be recommended: {met}."
    if np.isinf(summary["median"]).all():
        return "Nothing can be recommended: most runs miss the target; lower it or raise the budget."
    best = max(shown or rules.itertuples(), key=lambda row: row.saving_low)
    if shown:
        return _recommended(best, len(rules))
    if best.Index in [row.Index for row in _shown(summary, ["costs"])]:
        found = "it costs more"
    elif effect(best) != "nothing":  # alone it would be shown
        found = f"a {'saving' if effect(best) == 'saves' else 'cost'} is not shown"
        found = f"{found} among {len(rules)} comparisons (Holm)"
    else:
        found = "no difference shown"
    words = [f"No rule is recommended over random: for {best.Index}, the most promising, {found}"]
    smallest = saving_shown_by(best.saving_low, best.saving_high, n_rules=len(rules))
    power = f" In 80 % of studies like this one a saving of {smallest:.0%} would have been shown."
    return f"{words[0]}, {format_saving(best)}." + (
        power if 0.005 <= smallest < 0.995 else ""
    )  # 0 and 100% say nothing


def _recommended(best, n_rules):
    picked = f" (the best of {n_rules}, so expect a little less)" if n_rules > 1 else ""
    new = ""
    if np.isfinite(best.new_rows_low):
        ends = f"{whole(best.new_rows_low)} to {whole(best.new_rows_high)}%"
        often = "(in 95 % of cases)"
        new = f" On as many other rows of the same kind the same study would show {ends} {often}."
    return (
        f"Recommended: {best.Index}. Over random splits of these rows it saves {format_saving(best)} of "
        f"the labels that random needs{picked}; it cost more in {100 * best.cost_more_share:.0f}%.{new}"
    )


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
