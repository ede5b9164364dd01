"""What a score says in words, and what is missing where none can be given."""

import numpy as np

from active_learning.labelling.score import PER_CLASS, clopper_pearson

ONE_LOOK = (
    "The interval is for one look: stopped because a score is high, a job is worse than its score says. "
    "(Of 200 replayed jobs with ten looks each, all ten intervals held in 188.)"
)


def score_lines(scores, majority, reason):
    """The lines that the command prints of the scores.

    Parameters
    ----------
    scores : list of Score
    majority : dict
        The commonest class and its share: class, score (None where it is not known).
    reason : str or None
        Why there is no score.

    Returns
    -------
    list of str
    """
    if not scores:
        return [reason]
    lines = [f"{_name(found):<16} {_interval(found)}" for found in scores]
    lines.append(f"{'one answer':<16} {majority['score']:.1%}, by always saying {majority['class']!r}")
    return [*lines, "", _sentence(scores[0], majority["score"]), *_open_line(scores[0]), ONE_LOOK]


def no_score_reason(table, path):
    """Why a table has no honest score, and what to type."""
    if table.audit.any():
        why = "none of its audit rows has a label yet"
    else:
        why = "no row was drawn at random and kept from the rule, and those that a rule chose are harder"
    ways = f"active-learning suggest {path} --only-audit -n 40 draws 40 such audit rows"
    return f"No honest score: {why}. {ways}; --given random says that the table's own labels are random."


def rows_for(within, share=0.5):
    """How many random rows an interval of a share takes that ends at most `within` (a fraction) away."""
    n = np.arange(1, 20_001)
    for size in n[:: max(1, int(1 / within) // 10)]:
        low, high = clopper_pearson(share * size, size)
        if max(high - share, share - low) <= within:
            return int(size)
    raise ValueError(f"within is too small: {within:g} takes more than {n[-1]:,} rows")


def class_lines(classes):
    """Lines on each class's recall, and how many audit rows are missing where they do not suffice.

    Parameters
    ----------
    classes : list of dict
        As of class_recalls.
    """
    known = [row for row in classes if row["recall"] is not None]
    lines = []
    for row in known:
        name = "balanced accuracy" if row["class"] is None else f"recall of {row['class']!r}"
        lines.append(f"{name}: {row['recall']:.1%} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]")
    few = [row for row in classes if row["recall"] is None]
    missing = [f"{row['class']!r} ({PER_CLASS - row['n_audit']} more)" for row in few]
    more = " ..." * (len(missing) > 5)
    return lines + [f"too few audit rows for the recall of {', '.join(missing[:5])}{more}"] * bool(missing)


def _name(found):
    return "rest of the pool" if found.on == "pool" else found.on


def _interval(found):
    low, high = 100 * found.low, 100 * found.high
    rows = f"{found.n_audit} audit row{'s' * (found.n_audit != 1)}"
    return f"{found.estimate:.1%} [{low:.1f}, {high:.1f}]   from {rows} (95% interval)"


def _sentence(found, majority):
    about = f"Of 100 new rows of this kind the model gets about {100 * found.estimate:.0f} right"
    between = f"and most likely between {np.floor(100 * found.low):.0f} and {np.ceil(100 * found.high):.0f}"
    shown = "" if found.low > majority else "; it is not shown to do better than always the same answer"
    return f"{about}, {between}{shown}."


def _open_line(found):
    if not found.n_open:
        return []
    wide = found.n_open > (found.n_audit + found.n_open) / 10
    effect = ": the interval allows for all of them right and all wrong" if wide else ""
    return [f"{found.n_open} audit rows have no answer{effect}; suggest asks for them first."]
