"""Target leakage: columns that know too much. Not here: what a column is (columns).

Four kinds: a column that is filled in when a row is labelled, and so empty or all the same in the pool; one
that alone gives the label away, and its one-to-one twins; a text in which the label stands; and a few columns
that together give it away.
"""

import re
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import gammaln
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.tree import DecisionTreeClassifier

from active_learning._arrays import evenly_spaced

SUSPICIOUS = 0.99  # accuracy of one column from which on it gives the label away
STRONG = 0.945  # from which on it may, if the other columns tell far less: what 95 % looks like on few rows
MOST = 2000  # labelled rows that are looked at
FEWEST = 30  # of them
UNLIKELY = np.log(1e-6)  # of chance to label all the rows in which a column differs from the pool
FEW_LEVELS = 20  # a number with more values may well be measured: it is named, and no part of a joint leak
PAIRED = 30  # columns among which pairs are looked for
TOGETHER = 8  # columns at the most that give the label away together


@dataclass(frozen=True)
class Leak:
    """Columns that give the label away."""

    names: list  # of the columns, and of their twins
    accuracy: float  # of the label guessed from the first of them, or from all of them together
    together: bool = False
    sure: bool = True  # or only if the other columns tell far less
    measured: bool = False  # a number of many values, which may well be known before


def filled_when_labeled(columns, labeled, pool):
    """Names of the columns that are filled in where a label is, and empty or all the same in the pool.

    If rows were labelled without regard to such a column, chance would have chosen all those that differ from
    the pool with a probability of less than one in a million; and whatever was the reason, a column that is
    the same in the whole pool tells nothing of its rows. Of one that is mostly empty there, nine cells in ten
    are, and three in ten at the most where a label is.

    columns: list of Column; labeled, pool: bool (n,)
    """
    if not (labeled.any() and pool.any()):
        return []
    return [column.name for column in columns if _is_filled_in(column, labeled, pool)]


def _is_filled_in(column, labeled, pool):
    values, missing = column.numbers, _is_missing(column)
    first = values[np.argmax(pool)]
    other = ~((values == first) | (np.isnan(values) & np.isnan(first))).all(axis=1)
    n, k, n_pool = labeled.sum() + pool.sum(), other[labeled].sum(), pool.sum()
    if not other[pool].any():  # all k of n rows that differ are among those labelled
        return _log_choose(n - k, n_pool) - _log_choose(n, n_pool) < UNLIKELY
    enough = min(labeled.sum(), n_pool) >= 20
    return enough and missing[pool].mean() >= 0.9 and missing[labeled].mean() <= 0.3


def _log_choose(n, k):
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def _is_missing(column):
    gaps = np.isnan(column.numbers[:, 0])
    return gaps if column.kind in ("number", "vector") else gaps | (column.numbers[:, 0] == -1)


def leaking_columns(columns, y):
    """Columns that give the label away, perhaps because they are known only afterwards.

    A shallow tree on the column, or the mere fact that a cell is missing, is right on nearly all held-out
    rows, and well above the majority. Of a text that it is missing is looked at, and whether the label, and
    no other one, stands in it.

    columns: list of Column; y: labels (n,), None where there is none
    returns: list of Leak
    """
    rows, codes, classes = labeled_codes(y)
    if rows is None:
        return []
    leaks = []
    for column in columns:
        if any(column.name in leak.names for leak in leaks):
            continue
        accuracy = 1.0 if _names_label(column, rows, codes, classes) else _accuracy_alone(column, rows, codes)
        if accuracy >= STRONG and 1 - accuracy <= (1 - np.bincount(codes).max() / len(codes)) / 3:
            twins = [other.name for other in columns if other is column or _are_twins(column, other)]
            measured = all(_is_measured(other, rows, codes) for other in columns if other.name in twins)
            names = sorted(twins, key=lambda name: name != column.name)
            leaks.append(Leak(names, accuracy, sure=accuracy >= SUSPICIOUS, measured=measured))
    return leaks


def labeled_codes(y):
    """Rows with a label that are looked at, their classes as numbers, and the classes; None if too few."""
    counts = pd.Series(y).value_counts()
    rows = evenly_spaced(np.flatnonzero(pd.Series(y).isin(counts.index[counts >= 5])), MOST)
    codes, classes = pd.factorize(y[rows])
    if len(rows) < FEWEST or len(classes) < 2 or np.bincount(codes).min() < 2:
        return None, None, None
    return rows, codes, classes


def _accuracy_alone(column, rows, codes):
    """Accuracy of the label guessed from one column, the better of its numbers; 0 where none can be told."""
    values, told_by_gaps = column.numbers[rows], _accuracy_of_gaps(column, rows, codes)
    if column.kind == "vector" or told_by_gaps >= SUSPICIOUS:
        return told_by_gaps if told_by_gaps >= SUSPICIOUS else 0.0
    if column.kind == "text" and 5 * len(np.unique(values)) > len(values):
        values = np.minimum(values, 0)
    return max(_tree_accuracy(part, codes, column.kind) for part in values.T)


def _accuracy_of_gaps(column, rows, codes):
    """How often that a cell is missing agrees with one of the classes, or with its opposite."""
    missing, shares = _is_missing(column)[rows], np.bincount(codes) / len(codes)
    frequent = np.flatnonzero((shares > 0.05) & (shares < 0.95))
    agreements = [(missing == (codes == code)).mean() for code in frequent]
    return max((max(agreement, 1 - agreement) for agreement in agreements), default=0.0)


def _is_measured(column, rows, codes):
    """Whether a column is of numbers of many values, and does not tell the label by its gaps."""
    many = len(np.unique(column.numbers[rows, 0])) > FEW_LEVELS or column.numbers.shape[1] > 1
    return column.kind == "number" and many and _accuracy_of_gaps(column, rows, codes) < SUSPICIOUS


def _tree_accuracy(values, codes, kind):
    """Accuracy of a tree on one row of numbers (m,), on rows that it was not fitted on."""
    leaves = max(8, 2 * len(np.unique(codes))) if kind == "number" else None
    tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)
    filled = np.nan_to_num(values, nan=-1e30).clip(-1e30, 1e30)[:, None]
    train, test = train_test_split(np.arange(len(codes)), test_size=0.5, stratify=codes, random_state=0)
    if tree.fit(filled[train], codes[train]).score(filled[test], codes[test]) < STRONG - 0.03:
        return 0.0  # which saves the other fits for nearly all columns
    folds = StratifiedKFold(min(5, np.bincount(codes).min()), shuffle=True, random_state=0)
    return cross_val_score(tree, filled, codes, cv=folds).mean()


def _names_label(column, rows, codes, classes):
    """Whether the label, as a word, stands in nearly all cells of a text, and no other label does."""
    if column.kind != "text":
        return False
    levels = column.numbers[rows, 0].astype(int)
    names = {str(name).casefold().strip(): code for code, name in enumerate(classes)}
    right = 0
    for level, code in zip(levels, codes, strict=True):
        words = re.findall(r"[^\W_]+", column.texts.distinct[level].casefold()) if level >= 0 else []
        right += {names[word] for word in words if word in names} == {code}
    return right >= SUSPICIOUS * len(codes)


def _are_twins(column, other):
    """Whether each value of one column goes with one of the other, and back, and they repeat."""
    if "vector" in (column.kind, other.kind) or column.numbers.shape[1] + other.numbers.shape[1] > 2:
        return False
    pairs = pd.DataFrame({"a": column.numbers[:, 0], "b": other.numbers[:, 0]}).fillna(-1e30)
    n_pairs = len(pairs.drop_duplicates())
    return n_pairs == pairs["a"].nunique() == pairs["b"].nunique() <= len(pairs) / 2


def joint_leak(columns, y):
    """The columns of few values that together give the label away, or None.

    Guessed is the commonest label of the rows with the same values, on rows that were held out; the best pair
    is extended by the column that adds most, while it adds.

    columns: list of Column, none of which does alone; y: as in leaking_columns
    """
    rows, codes, _ = labeled_codes(y)
    if rows is None:
        return None
    levels = {}
    for column in columns:
        if column.kind in ("number", "category") and column.numbers.shape[1] == 1:
            each, n_levels = pd.factorize(column.numbers[rows, 0], use_na_sentinel=False)
            if 2 <= len(n_levels) <= FEW_LEVELS:
                levels[column.name] = each
    train, test = train_test_split(np.arange(len(codes)), test_size=0.5, stratify=codes, random_state=0)

    def accuracy(names):
        joint = pd.factorize(pd.MultiIndex.from_arrays([levels[name] for name in names]))[0]
        table = np.zeros((joint.max() + 1, codes.max() + 1))
        hits = 0.0
        for fitted, held in ((train, test), (test, train)):
            table[:] = np.bincount(codes[fitted], minlength=table.shape[1]) / 1e6
            np.add.at(table, (joint[fitted], codes[fitted]), 1)
            hits += (table.argmax(axis=1)[joint[held]] == codes[held]).sum()
        return hits / len(codes)

    names = sorted(levels, key=lambda name: -accuracy([name]))[:PAIRED]
    if len(names) < 2:
        return None
    best = max(combinations(names, 2), key=accuracy)
    while (found := accuracy(best)) < SUSPICIOUS and len(best) < min(TOGETHER, len(names)):
        longer = max(((*best, name) for name in names if name not in best), key=accuracy)
        if accuracy(longer) <= found:
            return None
        best = longer
    return Leak([*best], found, together=True) if found >= SUSPICIOUS else None
