"""Data sets whose every label is known, and how one is cut into seed, pool and test.

Not here: how a data set that has a name is made (datasets, openml); a reader's own table (tables, features).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import type_of_target

from active_learning._validation import check_integer
from active_learning.datasets.bundled import DATASETS, wrong_labels
from active_learning.datasets.openml import load_openml


@dataclass(frozen=True)
class Dataset:
    """A classification problem whose every label is known, so that buying labels can be simulated.

    raises: TypeError if X is no matrix; ValueError if X and y differ in length or have masked entries, y has
        missing or continuous values or one class, or truth does not pair up with y
    """

    name: str
    X: object  # numpy array, pandas frame or sparse matrix (n, d); strategies and splits index its rows
    y: np.ndarray  # labels (n,) as the labeller gives them: integers, strings or booleans
    truth: np.ndarray | None = None  # the right labels (n,), if some of y are wrong; None: y is right

    def __post_init__(self):
        if not hasattr(self.X, "shape"):
            kind = type(self.X).__name__
            raise TypeError(f"X must be a numpy array, a pandas frame or a sparse matrix, got a {kind}")
        if len(self.X.shape) != 2 or (isinstance(self.X, np.ndarray) and self.X.dtype.kind in "cmMSV"):
            raise ValueError(f"X must be a matrix of numbers, got shape {self.X.shape} of {self.X.dtype}")
        for what, values in (("X", self.X), ("y", self.y)):
            if np.ma.is_masked(values):
                hidden = np.ma.count_masked(values)
                raise ValueError(
                    f"{what} has {hidden} masked entries, which nothing else heeds; fill or drop them"
                )
        y = np.asarray(self.y)
        if y.ndim != 1 or self.X.shape[0] != len(y):
            raise ValueError(f"X has {self.X.shape[0]} rows and y has shape {y.shape}; they must pair up")
        if pd.isna(y).any():
            raise ValueError(f"y has {pd.isna(y).sum()} missing labels; every row needs one")
        if type_of_target(y).startswith("continuous"):
            raise ValueError(f"y holds continuous numbers such as {y[0]}; classification needs classes")
        if len(np.unique(y)) < 2:
            raise ValueError(f"y has the one class {y[0]}; at least 2 are needed")
        object.__setattr__(self, "y", y)
        if self.truth is not None:
            self._check_truth()
        if sparse.issparse(self.X):
            object.__setattr__(self, "X", self.X.tocsr())  # the sparse format whose rows can be picked

    def _check_truth(self):
        object.__setattr__(self, "truth", np.asarray(self.truth))
        if self.truth.shape != self.y.shape:
            raise ValueError(
                f"truth has shape {self.truth.shape} and y has {self.y.shape}; they must pair up"
            )
        if len(unknown := np.setdiff1d(self.truth, self.y)):
            raise ValueError(f"truth has the class {unknown[0]}, which no row of y has")

    @property
    def judge(self):
        """The labels (n,) that predictions are compared with: truth, or y where that is right."""
        return self.y if self.truth is None else self.truth


def check_dataset(dataset):
    """Return dataset; TypeError if it is not a Dataset."""
    if not isinstance(dataset, Dataset):
        raise TypeError(f"dataset must be a Dataset, as load_dataset makes, got {type(dataset).__name__}")
    return dataset


@dataclass(frozen=True)
class Split:
    """Rows of a data set, cut in three.

    seed, pool, test: int arrays, each of one dimension
    raises: TypeError for rows that are no integers; ValueError for a row below 0 or in two parts
    """

    seed: np.ndarray  # labelled from the start
    pool: np.ndarray  # may be bought
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
        return {"seed": len(self.seed), "pool": len(self.pool), "test": len(self.test)}


def row_numbers(part, rows):
    rows = np.asarray(rows)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):  # a mask would mean rows 0 and 1
        raise TypeError(
            f"{part} must be a list of row numbers, got an array of {rows.dtype} of shape {rows.shape}"
        )
    return rows.astype(np.intp)


def load_dataset(name, **settings):
    """Load one of DATASETS by name, or a table of openml.org by "openml:NAME" (openml.load_openml says how).

    settings: for "synthetic" those of sklearn.datasets.make_classification (n_samples=...); for "openml:NAME"
        version and target; for the others none
    returns: Dataset; for "digits_wrong_10" and "digits_wrong_20" with the right labels in truth
    raises: ValueError for an unknown name or impossible settings, TypeError for unknown settings, OSError if
        openml.org cannot be reached
    """
    if isinstance(name, str) and name.startswith("openml:"):
        return Dataset(name, *load_openml(name.removeprefix("openml:"), **settings))
    if name not in DATASETS:
        raise ValueError(f"unknown dataset {name!r}; valid: {', '.join(DATASETS)}, or openml:NAME")
    if settings and name != "synthetic":
        raise TypeError(f"dataset {name!r} takes no settings, got {', '.join(settings)}")
    return Dataset(name, *DATASETS[name](**settings))


def mislabel(dataset, share, *, random_state=0):
    """The data set as a labeller who errs labels it; the test rows are still judged by the right labels.

    For wrong labels in the test set too, leave the truth out: Dataset(name, noisy.X, noisy.y).

    dataset: Dataset; share: of its rows whose label is wrong, in [0, 1]; each gets another class by chance
    random_state: anything numpy.random.default_rng takes
    returns: Dataset
    raises: ValueError for a share outside [0, 1], or one that leaves a class without a row
    """
    y = wrong_labels(dataset.judge, share, random_state)
    return Dataset(dataset.name, dataset.X, y, dataset.judge)


def split_dataset(y, *, seed_per_class=2, test_size=0.3, random_state):
    """Split rows into a test set (stratified), a seed set of seed_per_class rows a class, and the pool.

    y: array (n,) of labels
    test_size: share of the rows in (0, 1), rounded up, or a number of rows
    random_state: anything numpy.random.default_rng takes
    returns: Split; together seed, pool and test hold all rows, each part in ascending order
    raises: ValueError for one class, a class too small, or a test size that leaves no pool
    """
    y, rng = np.asarray(y), np.random.default_rng(random_state)
    seed_per_class = check_integer("seed_per_class", seed_per_class, 1)
    classes, counts = np.unique(y, return_counts=True)
    if y.ndim != 1 or not len(y):
        raise ValueError(f"y must be one label a row, got shape {y.shape}")
    if len(classes) < 2:
        raise ValueError(f"y has the one class {classes[0]}; at least 2 are needed")
    if counts.min() <= seed_per_class:
        rare = f"class {classes[counts.argmin()]} has {counts.min()} rows"
        raise ValueError(f"{rare}; {seed_per_class=} needs at least {seed_per_class + 1}")
    rest, test = train_test_split(
        np.arange(len(y)), test_size=test_size, stratify=y, random_state=int(rng.integers(2**31))
    )
    if len(rest) <= (n_seed := seed_per_class * len(classes)):
        raise ValueError(f"{test_size=} and {n_seed} seed rows leave no pool out of {len(y)} rows")
    rest.sort()
    by_class = [rest[y[rest] == label] for label in classes]
    if min(map(len, by_class)) < seed_per_class:
        rare = f"class {classes[np.argmin([*map(len, by_class)])]} has too few rows outside the test set"
        raise ValueError(f"{rare}; the seed set needs {seed_per_class}")
    seed = np.sort(np.concatenate([rng.choice(rows, seed_per_class, replace=False) for rows in by_class]))
    return Split(seed, np.setdiff1d(rest, seed), np.sort(test))
