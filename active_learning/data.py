"""Data sets whose every label is known, and how one is cut into seed, pool and test.

To add a bundled data set: one function that returns (X, y), one line in DATASETS, its name in options.
Not here: a reader's own table (tables, features).
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import type_of_target

from active_learning.checks import check_choice, check_integer


@dataclass(frozen=True)
class Dataset:
    """A classification problem whose every label is known, so that buying labels can be simulated.

    raises: ValueError if X and y differ in length, or y has missing or continuous values or one class
    """

    name: str
    X: object  # numpy array, pandas frame or sparse matrix (n, d); strategies and splits index its rows
    y: np.ndarray  # labels (n,): integers, strings or booleans

    def __post_init__(self):
        if isinstance(self.X, np.ndarray) and (self.X.ndim != 2 or self.X.dtype.kind in "cmMSV"):
            raise ValueError(f"X must be a matrix of numbers, got shape {self.X.shape} of {self.X.dtype}")
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
        if sparse.issparse(self.X):
            object.__setattr__(self, "X", self.X.tocsr())  # the sparse format whose rows can be picked


@dataclass(frozen=True)
class Split:
    """Rows, as int arrays, of a data set cut in three; ValueError if two parts share a row."""

    seed: np.ndarray  # labelled from the start
    pool: np.ndarray  # may be bought
    test: np.ndarray

    def __post_init__(self):
        for part in ("seed", "pool", "test"):
            object.__setattr__(self, part, np.asarray(getattr(self, part), dtype=np.intp))
        rows = np.concatenate([self.seed, self.pool, self.test])
        if len(np.unique(rows)) < len(rows):
            raise ValueError("seed, pool and test must be disjoint, but they share rows")

    @property
    def sizes(self):
        return {"seed": len(self.seed), "pool": len(self.pool), "test": len(self.test)}


def _bundled(load, scale):
    """The rows of a bundled data set, scaled (without looking at a label), and their labels."""
    X, y = load(return_X_y=True)
    return scale(X), y


def load_synthetic(**settings):
    """Two clusters in ten dimensions with 10 % label noise; settings of make_classification override."""
    values = dict(n_samples=1000, n_features=10, n_informative=5, n_redundant=0, n_repeated=0, n_classes=2)
    values |= dict(n_clusters_per_class=1, flip_y=0.1, random_state=42) | settings
    try:
        _check_synthetic(values)
        X, y = datasets.make_classification(**values, return_X_y=True)
        if len(np.unique(y)) < values["n_classes"]:
            raise ValueError("these settings leave a class without a single point")
    except (TypeError, ValueError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        raise type(error)(f"load_dataset('synthetic', {given}): {error}") from None
    return X, y


def _check_synthetic(values):
    """Raise for settings that make_classification lets pass, or whose fault it does not name."""
    lows = dict(n_classes=2, n_samples=values["n_classes"], n_features=1, n_informative=1)
    for name, low in (lows | dict(n_redundant=0, n_repeated=0, n_clusters_per_class=1)).items():
        check_integer(name, values[name], low)
    columns = values["n_informative"] + values["n_redundant"] + values["n_repeated"]
    if columns > (n_features := values["n_features"]):
        kinds = f"informative, redundant and repeated features (n_informative={values['n_informative']})"
        raise ValueError(f"n_features={n_features} is too few for {columns} {kinds}")
    weights = values.get("weights")
    if isinstance(weights, (list, tuple, np.ndarray)) and not (np.min(weights) >= 0 and np.sum(weights) <= 1):
        raise ValueError(f"weights must be shares of at least 0 that sum to at most 1, got {weights!r}")


DATASETS = {
    "digits": partial(_bundled, datasets.load_digits, lambda X: X / 16),  # pixels in [0, 1]
    "synthetic": load_synthetic,
    "iris": partial(_bundled, datasets.load_iris, StandardScaler().fit_transform),
    "wine": partial(_bundled, datasets.load_wine, StandardScaler().fit_transform),
    "breast_cancer": partial(_bundled, datasets.load_breast_cancer, StandardScaler().fit_transform),
}


def load_dataset(name, **settings):
    """Load one of DATASETS by name.

    settings: for "synthetic" only, those of sklearn.datasets.make_classification (n_samples=...)
    raises: ValueError for an unknown name or impossible settings, TypeError for unknown settings
    """
    check_choice("dataset", name, DATASETS)
    if settings and name != "synthetic":
        raise TypeError(f"dataset {name!r} takes no settings, got {', '.join(settings)}")
    return Dataset(name, *DATASETS[name](**settings))


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
