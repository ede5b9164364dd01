"""Which columns are withheld from learning because they know too much of the label, and what is said of it.

Not here: how they are found (leakage).
"""

import shlex
import warnings

import numpy as np
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from active_learning._arrays import evenly_spaced, take
from active_learning._validation import some
from active_learning.features.columns import Column
from active_learning.features.encoders import make_preprocessor
from active_learning.features.leakage import (
    MOST,
    SUSPICIOUS,
    TOGETHER,
    filled_when_labeled,
    joint_leak,
    labeled_codes,
    leaking_columns,
    leaking_numbers,
    siblings,
)

FAR_LESS = 3, 0.1  # a leak that is not sure: the others err so many times as often, and by so much more


def without_leaks(columns, table, keep):
    """The columns that may be learnt from, and notes on those that know too much of the labels."""
    free = [column for column in columns if column.name not in keep]
    filled_in = filled_when_labeled(free, table.labeled, table.pool)
    notes = [_filled_in_note(filled_in)] if filled_in else []
    columns, free = ([c for c in each if c.name not in filled_in] for each in (columns, free))
    leaks = _leaks(columns, free, table.y)
    others = _others(columns, leaks)
    left = _others(columns, [leak for leak in leaks if not leak.learnt])
    known = [leak.accuracy >= SUSPICIOUS and not leak.learnt for leak in leaks]
    kin = siblings([c for c in left if c in free], table.y) if any(known) else []
    without = _accuracy([c for c in others if c.name not in kin], table.y) if leaks else None
    left = [c for c in left if c.name not in kin]
    notes += [_leak_note(leak, without, learnt=leak.learnt or not left) for leak in leaks]
    notes += [_kin_note(kin)] if kin and left else []
    return left or columns, notes


def _leaks(columns, free, y):
    """The leaks among the free columns: the sure ones, and others if the rest tells far less."""
    found = leaking_columns(free, y)
    leaks = [leak for leak in found if leak.sure]
    unsure = [leak for leak in found if not leak.sure]
    rest = _others(free, found)
    for leak in [*unsure, *filter(None, [joint_leak(rest, y) or leaking_numbers(rest, y)])]:
        if _tell_far_less(leak, _others(columns, [*leaks, leak]), y):
            leaks.append(leak)
    return leaks


SUSPECTS = 10  # columns of features at the most that are looked at one by one


def leaking_features(X, names, table, keep=()):
    """Which columns of features (n, d) are not to be learnt from, as they know too much: places, and notes.

    Looked at are those that are all the same in the pool, and those whose means differ most between the
    classes; of numbers of many values, which may well be known before, it is only said.
    """
    labeled, pool = (evenly_spaced(np.flatnonzero(rows), MOST) for rows in (table.labeled, table.pool))
    rows = np.sort(np.concatenate([labeled, pool]))
    y, part = table.y[rows], np.asarray(take(X, rows), dtype=float)
    places = [j for j in _suspects(part, y, np.isin(rows, labeled)) if names[j] not in keep]
    columns = [Column(names[j], "number", part[:, [j]]) for j in places]
    filled_in = filled_when_labeled(columns, np.isin(rows, labeled), np.isin(rows, pool))
    leaks = leaking_columns([column for column in columns if column.name not in filled_in], y)
    told = {name for leak in leaks for name in leak.names}
    rest = np.delete(
        part, [j for j, column in zip(places, columns, strict=True) if column.name in told], axis=1
    )
    others = [Column("", "vector", rest)] if rest.shape[1] else []
    leaks = [leak for leak in leaks if (leak.sure and not leak.learnt) or _tell_far_less(leak, others, y)]
    notes = [_filled_in_note(filled_in)] if filled_in else []
    without = _accuracy(others, y) if leaks else None
    notes += [_leak_note(leak, without, learnt=leak.learnt) for leak in leaks]
    left_out = {*filled_in, *(name for leak in leaks if not leak.learnt for name in leak.names)}
    return [j for j in places if names[j] in left_out], notes


def _suspects(part, y, labeled):
    """Places of the columns of part (m, d) that are looked at one by one."""
    same = np.ptp(part[~labeled], axis=0) == 0 if (~labeled).any() else np.zeros(part.shape[1], dtype=bool)
    filled_in = np.flatnonzero(same & (np.ptp(part[labeled], axis=0) > 0)) if labeled.any() else []
    rows, codes, _ = labeled_codes(y)
    if rows is None:
        return [*filled_in]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of constant columns
        ratio = np.nan_to_num(f_classif(part[rows], codes)[0], nan=0.0)
    return [*dict.fromkeys([*filled_in, *np.argsort(-ratio, kind="stable")[:SUSPECTS]])]


def _filled_in_note(names):
    are, typed = "column {} is" if len(names) == 1 else "columns {} are", " ".join(map(shlex.quote, names))
    what = f"{are.format(some(names, 6))} filled in where a label is, and empty or all the same in the pool"
    return f"{what}: not learnt from (type --keep {typed} to do so)"


def _kin_note(names):
    are, typed = "column {} is" if len(names) == 1 else "columns {} are", " ".join(map(shlex.quote, names))
    what = f"{are.format(some(names, 6))} the same in all rows of a label, beside what gives it away"
    return f"{what}: not learnt from (type --keep {typed} to do so)"


def _leak_note(leak, without, learnt):
    """One sentence on columns that give the label away, with the option to type."""
    typed, them = " ".join(map(shlex.quote, leak.names)), "it" if len(leak.names) == 1 else "them"
    nearly = "" if leak.sure or leak.together else "nearly "
    if them == "it":
        what = f"column {leak.names[0]!r} alone {nearly}gives the label away"
    else:
        how = "together" if leak.together else "each"
        what = f"columns {some(leak.names, TOGETHER)} {how} {nearly}give the label away"
    what += f" ({leak.accuracy:.0%} right, {without:.0%} without {them})"
    if learnt:
        return f"{what}; known only after labelling? Then leave {them} out (--drop {typed})"
    return f"{what}: not learnt from; known before labelling? Then type --keep {typed}"


def _others(columns, leaks):
    names = {name for leak in leaks for name in leak.names}
    return [column for column in columns if column.name not in names]


def _tell_far_less(leak, others, y):
    times, more = FAR_LESS
    missed, wrong = 1 - _accuracy(others, y), 1 - leak.accuracy
    return missed >= times * wrong and missed >= wrong + more


def _accuracy(columns, y):
    """Cross-validated accuracy of a linear model on some columns, or of the commonest label on none."""
    rows, codes, _ = labeled_codes(y)
    rows, codes = evenly_spaced(rows, 600), evenly_spaced(codes, 600)
    if not columns:
        return np.bincount(codes).max() / len(codes)
    X = np.hstack([column.numbers for column in columns])[rows]
    model = make_pipeline(make_preprocessor(columns), LogisticRegression(max_iter=200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it stops early, or that a rare class is in no fold
        return cross_val_score(model, X, codes, cv=KFold(3, shuffle=True, random_state=0)).mean()
