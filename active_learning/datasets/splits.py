"""Division of a data set's rows into seed, pool and test: by chance, by whole groups or by time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from active_learning._validation import check_integer

TRIES = 20  # random divisions of the groups, of which the one nearest to the classes' shares is taken


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
        For rows that are not integers.
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
    """Return rows as an int array; TypeError, naming the part, if they are not a list of row numbers."""
    rows = np.asarray(rows)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):  # a mask would mean rows 0 and 1
        kind = f"{rows.dtype} of shape {rows.shape}"
        raise TypeError(f"{part} must be a list of row numbers, got an array of {kind}")
    return rows.astype(np.intp)


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
    >>> split_dataset(np.repeat(["a", "b"], 50), random_state=0).sizes
    {'seed': 4, 'pool': 66, 'test': 30}
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
