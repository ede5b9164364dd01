"""Target leakage: columns that know too much. Not here: what a column is (columns).

Five kinds: a column that is filled in when a row is labelled, and so empty or all the same in the pool; one
that alone gives the label away, and its one-to-one twins; a text in which the label stands; a few columns
that together give it away; and two numbers whose sum or ratio does, or a score for each class.
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
STRONG = 0.95  # from which on it may, if the other columns tell far less
HONEST = 0.9  # to which honest columns come: never named
MOST = 2000  # labelled rows that are looked at
FEWEST = 30  # of them
UNLIKELY = np.log(1e-6)  # of chance to label all the rows in which a column differs from the pool
FEW_LEVELS = 20  # a number with more values may well be measured: it is named, and no part of a joint leak
PAIRED = 30  # columns among which pairs are looked for
IN_THREES = 12  # and threes, which may tell all where no two of them tell anything
BEST = 3  # pairs, and threes, that are extended
TOGETHER = 8  # columns at the most that give the label away together
NUMBERS = 30  # columns of numbers at the most that are added, multiplied and so on by pairs
LOOKED_AT = 600  # rows at the most that pairs of numbers are first looked at on
HUGE = 1e300  # beyond all numbers of a column
BINS = 32  # of such a sum, in the first look


@dataclass(frozen=True)
class Leak:
    """Columns that give the label away."""

    names: list  # of the columns, and of their twins
    accuracy: float  # of the label guessed from the first of them, or from all of them together
    together: bool = False
    sure: bool = True  # or only if the other columns tell far less
    learnt: bool = False  # all the same: a number of many values, say, which may well be known before


def filled_when_labeled(columns, labeled, pool):
    """Names of the columns that are filled in where a label is, and empty or all the same in the pool.

    If rows were labelled without regard to such a column, chance would have chosen all those that differ from
    the pool with a probability of less than one in a million; and whatever was the reason, a column that is
    the same in the whole pool tells nothing of its rows. Of one that is mostly empty or the same there, nine
    cells in ten are, and three in ten at the most where a label is.

    columns: list of Column; labeled, pool: bool (n,)
    """
    if not (labeled.any() and pool.any()):
        return []
    return [column.name for column in columns if _is_filled_in(column, labeled, pool)]


def _is_filled_in(column, labeled, pool):
    values, missing = column.numbers, _is_missing(column)
    usual = np.where(missing, np.inf, values[:, 0])
    found, counts = np.unique(usual[pool], return_counts=True)
    other = usual != found[counts.argmax()]
    if not other[pool].any() and values.shape[1] > 1:
        other |= (values != values[np.argmax(pool)]).any(axis=1) & ~missing
    n, k, n_pool = labeled.sum() + pool.sum(), other[labeled].sum(), pool.sum()
    if not other[pool].any():  # all k of n rows that differ are among those labelled
        return _log_choose(n - k, n_pool) - _log_choose(n, n_pool) < UNLIKELY
    enough = min(labeled.sum(), n_pool) >= 20
    return enough and other[pool].mean() <= 0.1 and other[labeled].mean() >= 0.7


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
        constant = np.bincount(codes).max() / len(codes)
        if accuracy >= _strong(len(codes)) and 1 - accuracy <= (1 - constant) / 3:
            twins = [other.name for other in columns if other is column or _are_twins(column, other)]
            measured = all(_is_measured(other, rows, codes) for other in columns if other.name in twins)
            names = sorted(twins, key=lambda name: name != column.name)
            learnt = measured or accuracy < STRONG
            leaks.append(Leak(names, accuracy, sure=accuracy >= SUSPICIOUS, learnt=learnt))
    return leaks


def _strong(m):
    """What a column that is right on STRONG of all rows may come to on m of them."""
    return max(HONEST, STRONG - 2 * np.sqrt(STRONG * (1 - STRONG) / m))


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
        values = _beginnings(column)[rows] if column.texts.characters else np.minimum(values, 0)
    return max(_tree_accuracy(part, codes, column.kind) for part in values.T)


def _beginnings(column):
    """Of a text of characters (n, 1) the number of the letters before its first digit: the C of C00012."""
    begun = [re.match(r"\D*", text)[0] for text in column.texts.distinct]
    codes = np.append(pd.factorize(np.array(begun, dtype=object))[0], -1)
    few = 5 * (codes.max() + 1) <= len(codes)
    return codes[column.numbers.astype(int)] if few else np.minimum(column.numbers, 0)


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
    """Accuracy of a tree on one row of numbers (m,), on rows that it was not fitted on.

    Of numbers the better of a tree with a leaf a class, which noise does not lead astray, and a larger one.
    """
    k = len(np.unique(codes))
    filled = np.nan_to_num(values, nan=-1e30).clip(-1e30, 1e30)[:, None]
    train, test = train_test_split(np.arange(len(codes)), test_size=0.5, stratify=codes, random_state=0)
    best = 0.0
    for leaves in (k, max(8, 2 * k)) if kind == "number" else (None,):
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)
        if tree.fit(filled[train], codes[train]).score(filled[test], codes[test]) >= _strong(len(test)):
            folds = StratifiedKFold(min(5, np.bincount(codes).min()), shuffle=True, random_state=0)
            best = max(best, cross_val_score(tree, filled, codes, cv=folds).mean())
    return best  # 0.0 at once for nearly all columns


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


def _columns_of_few_levels(columns, rows):
    """name -> codes of the values of these rows, for the columns that have few of them."""
    levels = {}
    for column in columns:
        if column.kind in ("number", "category") and column.numbers.shape[1] == 1:
            codes, values = pd.factorize(column.numbers[rows, 0], use_na_sentinel=False)
            if 2 <= len(values) <= FEW_LEVELS:
                levels[column.name] = codes
    return levels


def joint_leak(columns, y):
    """The columns of few values that together give the label away, or None.

    Guessed is the commonest label of the rows with the same values, on rows that were held out; the best
    pairs, and threes of the best columns, are extended by the column that adds most, while it adds.

    columns: list of Column, none of which does alone; y: as in leaking_columns
    """
    rows, codes, _ = labeled_codes(y)
    if rows is None:
        return None
    levels, folds = _columns_of_few_levels(columns, rows), _halves(codes)

    def accuracy(names):
        joint = np.zeros(len(codes), dtype=int)
        for name in names:
            joint = pd.factorize(joint * (levels[name].max() + 1) + levels[name])[0]
        return _table_accuracy(joint, codes, folds)

    names = sorted(levels, key=lambda name: -accuracy([name]))[:PAIRED]
    threes = combinations(names[:IN_THREES], 3)
    starts = [sorted(group, key=accuracy)[-BEST:] for group in (combinations(names, 2), threes)]
    for start in (each for group in starts for each in reversed(group)):
        best, found = start, accuracy(start)
        while found < SUSPICIOUS and len(best) < min(TOGETHER, len(names)):
            longer = max(((*best, name) for name in names if name not in best), key=accuracy)
            if accuracy(longer) <= found:
                break
            best, found = longer, accuracy(longer)
        if found >= SUSPICIOUS:
            return Leak([*best], found, together=True)
    return None


def siblings(columns, y):
    """Names of the columns of few values that are the same in all rows of a label, as its family is.

    Beside columns that give the label away they are rather made from it than measured.
    """
    rows, codes, _ = labeled_codes(y)
    if rows is None:
        return []
    levels = _columns_of_few_levels(columns, rows)
    return [name for name in levels if _table_accuracy(codes, levels[name], _halves(codes)) >= SUSPICIOUS]


def leaking_numbers(columns, y):
    """Numbers of columns that together give the label away, or None: by the score that is the largest, or by
    the sum, difference, product or ratio of two.

    columns: list of Column, none of which does alone; y: as in leaking_columns
    """
    rows, codes, classes = labeled_codes(y)
    numbers = [column for column in columns if column.kind == "number"]
    if rows is None or len(numbers) < 2:
        return None
    values = np.stack([_widest(column.numbers[rows]) for column in numbers], axis=1)
    names = [column.name for column in numbers]
    whole = ~np.isnan(values).any(axis=0)
    values, names = values[:, whole], [name for name, one in zip(names, whole, strict=True) if one]
    return _pair_of_numbers(values, names, codes) or _scores_of_classes(values, names, codes, classes)


def _widest(numbers):
    """The column (m,) of numbers (m, k) that varies most: of a date's the seconds."""
    wide = np.nanmax(numbers, axis=0, initial=-HUGE) - np.nanmin(numbers, axis=0, initial=HUGE)
    return numbers[:, wide.argmax()]


def _scores_of_classes(values, names, codes, classes):
    """The Leak of columns, one a class, the largest of which tells the class; None if there are none.

    Looked at are columns that stand side by side, and those that are named after the classes.
    """
    k = len(classes)
    beside = [[*range(start, start + k)] for start in range(len(names) - k + 1)] if k > 2 else []
    by_name = [[j for j, name in enumerate(names) if _is_named(name, label)] for label in classes]
    by_name = [[found[0] for found in by_name]] if all(len(found) == 1 for found in by_name) else []
    for places in [*by_name, *beside]:
        scores = values[:, places]
        accuracy = max(
            _table_accuracy(best, codes) for best in (scores.argmax(axis=1), scores.argmin(axis=1))
        )
        if accuracy >= STRONG:
            sums = scores.sum(axis=1)
            shares = scores.min() >= 0 and np.ptp(sums) <= 0.05 * np.abs(sums).mean()
            learnt = not (shares or places in by_name)
            return Leak([names[j] for j in places], accuracy, together=True, sure=False, learnt=learnt)
    return None


def _is_named(name, label):
    """Whether a column is named after a class: score_cat, p(cat)."""
    return str(label).casefold() in re.split(r"[\W_]+", name.casefold())


def _halves(codes):
    """Two divisions of labelled rows into those that are learnt from and those that are held out."""
    train, test = train_test_split(np.arange(len(codes)), test_size=0.5, stratify=codes, random_state=0)
    return (train, test), (test, train)


def _table_accuracy(levels, codes, folds=None):
    """Accuracy of the commonest label of the rows of the same level, on rows that were held out."""
    table, hits = np.zeros((levels.max() + 1, codes.max() + 1)), 0.0
    for fitted, held in folds or _halves(codes):
        table[:] = np.bincount(codes[fitted], minlength=table.shape[1]) / 1e6
        np.add.at(table, (levels[fitted], codes[fitted]), 1)
        hits += (table.argmax(axis=1)[levels[held]] == codes[held]).sum()
    return hits / len(codes)


def _pair_of_numbers(values, names, codes):
    """The Leak of two columns whose sum, difference, product or ratio tells the label, or None."""
    values, names = values[:, :NUMBERS], names[:NUMBERS]
    first, second = np.triu_indices(len(names), 1)
    looked = evenly_spaced(np.arange(len(codes)), LOOKED_AT)
    a, b = values[looked][:, first], values[looked][:, second]
    for combine in (np.subtract, np.add, np.multiply, np.divide):
        with np.errstate(all="ignore"):
            accuracies = _binned_accuracy(combine(a, b), codes[looked])
            for place in np.argsort(-accuracies, kind="stable")[:3]:
                if accuracies[place] < STRONG - 0.05:
                    break
                x = combine(values[:, first[place]], values[:, second[place]])
                accuracy = _tree_accuracy(x, codes, "number")
                if accuracy >= SUSPICIOUS:
                    pair = [names[first[place]], names[second[place]]]
                    return Leak(pair, accuracy, together=True, sure=False, learnt=True)
    return None


def _binned_accuracy(x, codes):
    """Of each column of x (m, p), how often its bins' commonest labels are right: a first look, too high."""
    rank = np.argsort(np.argsort(np.nan_to_num(x), axis=0, kind="stable"), axis=0, kind="stable")
    (m, p), k = x.shape, codes.max() + 1
    cells = (np.arange(p) * BINS + rank * BINS // m) * k + codes[:, None]
    counts = np.bincount(cells.ravel(), minlength=p * BINS * k).reshape(p, BINS, k)
    return counts.max(axis=2).sum(axis=1) / m
