"""What to do after a study: which rule to use, how sure that is, and what to watch, in short sentences.

Not here: the results table and what it shows (sentences).
"""

import numpy as np

from active_learning.report.sentences import (
    effect,
    format_percent,
    format_points,
    format_saving,
    format_whole,
    say_saving,
    seed_meets,
    shown_rows,
)
from active_learning.statistics.equal_budget import ends_below, gains, reachable
from active_learning.statistics.power import saving_shown_by
from active_learning.statistics.ranks import holm
from active_learning.statistics.savings import summarise

FEW_SPLITS = 10  # below, only large differences are shown among several rules
MORE_SPLITS = 30


def advise(curves, target, *, hold=1, parts=None):
    """Advise on a rule, or against all of them, and say how sure that is.

    Recommends the rule whose saving is surely the largest; none that ends below random with as many labels.

    Parameters
    ----------
    curves, target, hold, parts
        As in `summarise`; parts add what to expect on new rows.

    Returns
    -------
    str
        One to three short sentences: that the splits are few, if they are; what to do; how sure that is.
        Where most runs miss the target, what to ask for instead, and the gain at equal budget.

    Raises
    ------
    ValueError
        If random is not among the curves, or strategies differ in their splits.

    Examples
    --------
    >>> import pandas as pd
    >>> rounds = {"split": [0, 0], "n_labels": [20, 30], "accuracy": [0.5, 0.9]}
    >>> curves = pd.concat([pd.DataFrame({"strategy": name, **rounds}) for name in ("random", "margin")])
    >>> advise(curves, 0.9)
    'One split cannot recommend a rule: run more (--splits 30).'
    """
    return " ".join(advice_lines(curves, target, hold=hold, parts=parts))


def advice_lines(curves, target, *, hold=1, parts=None):
    """The sentences of advise, in a list."""
    summary = summarise(curves, target, hold=hold, parts=parts)
    if curves["split"].nunique() == 1:
        return [f"One split cannot recommend a rule: run more (--splits {MORE_SPLITS})."]
    rules = summary.drop("random").dropna(subset=["saving_low"])
    if rules.empty:
        return ["Nothing can be recommended: only random was measured."]
    return [line for line in (_few(curves), *_advice(curves, target, summary, rules, hold)) if line]


def _advice(curves, target, summary, rules, hold):
    """What to do, and how sure that is, from the table of summarise."""
    worse = ends_below(curves).index
    shown = [row for row in shown_rows(summary, ["saves"]) if row.Index not in worse]
    if shown:
        return _recommended(max(shown, key=lambda row: row.saving_low), len(rules), target)
    if met := seed_meets(curves, target, hold=hold):
        return [f"Nothing can be recommended: {met}."]
    if np.isinf(summary["median"]).all():
        return _missed(curves, target)
    others = [*rules.drop(worse).itertuples()] or [*rules.itertuples()]
    best = max(others, key=lambda row: (row.saving_min, row.saving_low))
    return ["Label at random here: no rule is shown to save labels.", *_closest(best, len(rules))]


def _recommended(best, n_rules, target):
    """To use the best row of summarise, and what to expect of it."""
    saving = format_saving(best)
    use = f"Use {best.Index}: it reaches {format_percent(target)} with {saving} fewer labels than random."
    expect = []
    if n_rules > 1:
        expect.append(f"expect a little less, as it is the best of {n_rules} rules")
    if np.isfinite(best.new_rows_low):
        low, high = format_whole(best.new_rows_low), format_whole(best.new_rows_high)
        expect.append(f"on as many new rows of the same kind it would save {low}% to {high}%")
    return [use, (_capital("; ".join(expect)) + ".") * bool(expect)]


def _capital(text):
    return text[:1].upper() + text[1:]


def _closest(best, n_rules):
    """What the best row of summarise shows that is not a saving, and which saving would have been shown."""
    smallest = saving_shown_by(best.saving_low, best.saving_high, n_rules=n_rules)
    power = ""
    if 0.005 <= smallest < 0.995:  # 0 and 100% say nothing
        power = f"; a study of this size usually shows a saving of {smallest:.0%}, not a smaller one"
    if effect(best) == "saves":
        power = f", which is not shown among {n_rules} rules (Holm)"
    if effect(best, best.p_holm <= 0.05) == "costs":
        return [f"Even {best.Index} needs more labels than random ({say_saving(best)})."]
    return [f"{best.Index} comes closest ({say_saving(best)}){power}."]


def _missed(curves, target):
    """What to ask for where most runs miss the target, and the largest gain at equal budget."""
    within_reach, n_labels = reachable(curves, by_most=True)[0], curves["n_labels"].max()
    lower = f"at most {format_percent(within_reach)} (--target-acc)"
    less = lower if within_reach < target else "fewer consecutive rounds (--hold)"
    missed = f"Most runs miss {format_percent(target)} with {n_labels} labels"
    ask = f"{missed}: ask for {less}, or label more (--budget)."
    table = gains(curves)
    if table.empty or table["low"].isna().any():
        return [ask]
    best = table.loc[table["low"].idxmax()]
    shows = "gains" if best.low > 0 and min(holm(table["p_value"])) <= 0.05 else "is not shown to gain:"
    return [ask, f"With equal labels {best.name} {shows} {format_points(best)} points."]


def _few(curves):
    """A sentence on splits that are few."""
    n = curves["split"].nunique()
    return f"{n} splits are few: only large differences show (--splits {MORE_SPLITS})." * (n < FEW_SPLITS)
