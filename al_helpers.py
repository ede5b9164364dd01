"""How many labels does active learning save, with which query rule, and can you trust the answer?

One module, read from top to bottom as the report does:

1. Data              load a data set, split it into seed, pool and test
2. Query strategies  score functions on class probabilities, and the registry
3. The loop          the classifier; fit, score the test set, query, label, repeat
4. The study         every strategy over many paired splits, in parallel
5. Measures          labels to target, saving, intervals, the results table
6. Plots             each takes a table and an Axes, and returns the Axes
7. Command line      `active-learning`, a thin layer over the above

Sources: Settles 2009 (the loop and the classic rules); Kottke et al. 2017 and Lu et al. 2023 (how to
measure it); Efron & Tibshirani 1993 (the bootstrap).
"""

import argparse
import csv
import difflib
import errno
import gzip
import io
import json
import operator
import os
import pickle
import platform
import re
import signal
import sys
import textwrap
import threading
import time
import warnings
import zlib
from collections.abc import Iterable, Mapping
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial, wraps
from importlib.metadata import version
from multiprocessing import resource_tracker
from numbers import Integral, Real
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import sklearn
from joblib.externals.loky import get_reusable_executor
from joblib.parallel import get_active_backend
from pandas.api.types import is_numeric_dtype
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.linalg import lapack
from scipy.sparse.linalg import cg
from scipy.spatial.distance import pdist, squareform
from scipy.special import entr
from sklearn import datasets
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.compose import make_column_transformer
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import (
    StratifiedShuffleSplit,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier
from sklearn.svm import SVC
from sklearn.utils import get_tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import ThreadpoolController

__version__ = version("active-learning-report")


# ---------------------------------------------------------------------------------------------------
# 1. Data
# ---------------------------------------------------------------------------------------------------


def check_integer(name, value, low):
    """Return value as an int; TypeError if it is not a whole number, ValueError if it is below low."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < low:
        raise ValueError(f"{name} must be at least {low}, got {value}")
    return int(value)


def check_choice(name, value, choices):
    """Return value; ValueError naming it and the valid ones if it is not among choices."""
    if value not in choices:
        raise ValueError(f"unknown {name} {value!r}; valid: {', '.join(choices)}")
    return value


def take(X, rows):
    """Rows of a matrix: of a numpy array, a pandas frame or a scipy CSR matrix; rows: indices or a slice."""
    if type(X) is np.ndarray and type(rows) is np.ndarray:
        return X.take(rows, axis=0, mode="clip")  # half the time of X[rows]
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


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


# A reader's own table. The cells of a CSV stay the text that was typed, and become numbers only to learn
# from, so that a file is written back as it was read.

MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "<NA>", "NULL", "null", "None", "#N/A"]
DATE = r"\d{1,4}([-/.])\d{1,2}\1\d{2,4}([ T].*)?"
FORMULA = r"'*[=+\-@\t\r]"  # a spreadsheet would run such a cell; apostrophes, so that undoing is exact
MAX_LEVELS = 20  # one-hot columns a category: its commonest levels, and one for all the others


@dataclass(frozen=True)
class Table:
    """A reader's table, taken apart for learning; the rows without a label are the pool."""

    name: str
    label_column: str
    frame: pd.DataFrame  # (n, c) as read, the row ids as its index
    X: np.ndarray  # float (n, d), the features; a category is its level's number, -1 where it is missing
    y: np.ndarray  # object (n,), the labels as text, None where the cell is empty
    preprocessor: object  # unfitted transformer of X: numbers imputed and scaled, categories one-hot encoded
    notes: list  # a line for each decision that the reader should know of
    sep: str  # the separator of files written from it
    sources: tuple  # paths that are never written to

    @property
    def labeled(self):
        return ~pd.isna(self.y)


def load_table(path_or_frame, label_column, *, drop=(), id_column=None):
    """Read a table and decide what each column is; medians, scales and levels are learnt later, by fit.

    path_or_frame: a CSV (.gz too; UTF-8; comma, semicolon or tab) or Parquet file, or a DataFrame
    label_column: str; labels are compared as text, and an empty one puts its row in the pool
    drop: names of columns not to learn from
    id_column: the column that names the rows; otherwise the frame's index, or row numbers from 0
    returns: Table
    raises: OSError if the file cannot be read, ImportError for Parquet without pyarrow, ValueError for
        a missing or repeated column, an empty or repeated id, dates, infinity, labels that are a quantity
    """
    if isinstance(path_or_frame, pd.DataFrame):
        frame, sep, name, sources = path_or_frame.copy(deep=False), ",", "table", ()
    else:
        frame, sep = _read_file(path_or_frame)
        name, sources = Path(path_or_frame).name, (path_or_frame,)
    frame.columns = frame.columns.map(str)
    check_unique("column names", frame.columns)
    others = [*([drop] if isinstance(drop, str) else drop), *([] if id_column is None else [id_column])]
    for column in (label_column, *others):
        find_column(frame, column)
    if label_column in others or not len(frame):
        fault = "the label column cannot be dropped or hold the ids" if len(frame) else "it has no rows"
        raise ValueError(f"{name} cannot be used: {fault}")
    frame = _name_rows(frame, id_column)
    features = frame.drop(columns=[label_column, *others])
    if sep == ";":  # where the comma is the decimal point
        features = features.replace(r"^([+-]?\d*),(\d+)$", r"\1.\2", regex=True)
    encoded, y = _encode(features), _read_labels(frame[label_column])
    return Table(name, label_column, frame, encoded[0], y, *encoded[1:], sep, sources)


def _read_file(path):
    """A file as (frame, separator), every cell of a CSV as text; ValueError if it holds no table."""
    path = os.fspath(path)
    try:
        if path.lower().endswith((".parquet", ".pq")):
            return pd.read_parquet(path, engine="pyarrow"), ","
        sep = _separator(path)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a row with too many cells
            how = {"sep": sep, "encoding": "utf-8-sig", "index_col": False}
            frame = pd.read_csv(path, dtype=str, na_filter=False, **how).fillna("")
    except ImportError:
        raise ImportError(f"{path}: Parquet needs pyarrow (pip install pyarrow)") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text ({error.reason}); save it as 'CSV UTF-8'") from None
    except (ValueError, pd.errors.ParserWarning, csv.Error, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be read as a table: {' '.join(str(error).split())}") from None
    frame.columns = _unescape(frame.columns.to_series())
    return frame.apply(_unescape), sep


def _separator(path):
    """The separator that cuts a CSV's first line into the most names, which must differ."""
    with (gzip.open if path.lower().endswith(".gz") else open)(path, "rt", encoding="utf-8-sig") as file:
        header = next((line for line in file if line.strip()), None)
    if header is None:
        raise ValueError("it is empty")
    names = {sep: next(csv.reader([header], delimiter=sep)) for sep in ",;\t"}
    best = max(names, key=lambda sep: len(names[sep]))
    check_unique("column names", names[best])  # here, because pandas would rename the second one
    return best


def check_unique(what, values):
    """Raise ValueError, naming them, if some of the values repeat."""
    repeated = pd.Index(values)[pd.Index(values).duplicated()].unique()
    if len(repeated):
        raise ValueError(f"{what} must differ, but these repeat: {some(repeated)}")


def some(values, most=5):
    """A few values by name: 'a', 'b' and 3 more."""
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(repr(str(value)) for value in [*values][:most]) + more


def find_column(frame, name):
    """Raise ValueError, suggesting the closest name, if the frame has no column of that name."""
    if name not in frame.columns:
        lower = {column.lower().strip(): column for column in frame.columns}
        close = difflib.get_close_matches(str(name).lower().strip(), lower, n=1)
        hint = f"did you mean {lower[close[0]]!r}?" if close else f"there are {some(frame.columns, 20)}"
        raise ValueError(f"no column {name!r}: {hint}")


def _name_rows(frame, id_column):
    """The frame with its rows' ids as index; ValueError if one is empty or repeats."""
    if id_column is not None:
        frame = frame.set_index(id_column, drop=False)
    name = frame.index.name or ("_row" if "row" in frame.columns else "row")
    ids = frame.index.astype(str)
    empty = frame.index.isna() | (ids.str.strip() == "")
    if empty.any():
        raise ValueError(f"every row needs an id, but {name!r} is empty in row {empty.argmax() + 1}")
    check_unique(f"ids in {name!r}", ids)
    return frame.rename_axis(name)


def _encode(frame):
    """Features as floats (n, d), their unfitted preprocessor, and notes on what was decided."""
    encoded = {name: _encode_column(name, frame[name]) for name in frame}
    notes = [f"column {name!r} {note}" for name, (*_, note) in encoded.items() if note]
    kept = [(values, category) for values, category, _ in encoded.values() if values is not None]
    if not kept:
        raise ValueError(f"no column is left to learn from ({'; '.join(notes) or 'there are only labels'})")
    columns, category = zip(*kept, strict=True)
    scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    levels = OneHotEncoder(handle_unknown="ignore", max_categories=MAX_LEVELS, sparse_output=False)
    numbers, categories = np.flatnonzero(~np.array(category)), np.flatnonzero(category)
    preprocessor = make_column_transformer((scale, numbers), (levels, categories))
    return np.column_stack(columns), preprocessor, notes


def _encode_column(name, column):
    """A feature, by its values alone: floats (n,) or None if dropped, is it a category, a note or None."""
    missing = (column.isna() | column.isin(MISSING)).to_numpy()
    codes, levels = pd.factorize(column[~missing])
    if len(levels) + missing.any() < 2:
        return None, False, "is dropped: it is constant"
    named = column.dtype.kind in "bM" or isinstance(column.dtype, pd.CategoricalDtype)
    numbers = [np.nan] * len(levels) if named else pd.to_numeric(levels, errors="coerce")
    numbers, values = np.asarray(numbers, dtype=float), np.full(len(column), np.nan)
    odd, differs = np.isnan(numbers), len(levels) == len(codes) > 2
    if not odd.any():
        if np.isinf(numbers).any():
            raise ValueError(f"column {name!r} holds infinity; leave the cell empty if a value is unknown")
        if differs and (np.diff(np.sort(numbers)) == 1).all():
            return None, False, "is dropped: it only counts the rows"
        values[~missing] = numbers[codes]
        return values, False, None
    text = np.asarray(levels.astype(str), dtype=object)
    if all(re.fullmatch(DATE, level.strip()) for level in text[:50]):
        advice = "replace it by numbers such as days since a start, or month and weekday; or drop it"
        raise ValueError(f"column {name!r} holds dates ({text[0]}): {advice}")
    if differs:
        return None, True, "is dropped: its text differs in every row"
    place = np.argsort(np.argsort(text))  # in the alphabet, as the rows may come in any order
    values[:], values[~missing] = -1, place[codes]
    note = f"is read as categories: {text[odd][0]!r} is not a number"
    return values, True, note if odd.mean() < 0.5 else None


def _read_labels(column):
    """Labels as text (n,), None where the cell is empty; ValueError for quantities instead of classes."""
    text = column.convert_dtypes().astype(str)  # whole numbers beside an empty cell are floats: 1.0 -> 1
    text = text.mask(column.isna() | (text.str.strip() == ""))
    levels = pd.Series(text.dropna().unique(), dtype=str)
    numbers = pd.to_numeric(levels, errors="coerce")
    many = len(levels) > max(20, text.count() / 2)
    if len(levels) and numbers.notna().all() and (many or (numbers % 1 != 0).any()):
        example = levels[(numbers % 1).argmax()]
        advice = "this is classification: give classes, for example ranges of it with a name each"
        raise ValueError(f"column {column.name!r} holds a quantity, such as {example}; {advice}")
    alike = [[*group] for _, group in levels.groupby(levels.str.strip().str.casefold())]
    odd = [" / ".join(map(repr, group)) for group in alike if len(group) > 1 or group[0] != group[0].strip()]
    if odd:
        rule = "labels with spaces around them, or differing only in case, are classes of their own: "
        warnings.warn(rule + ", ".join(odd), UserWarning, stacklevel=1)  # one place: warned of once
    return np.where(text.isna(), None, text.astype(object))


def merge_labels(table, labels):
    """Fill in labels by row id; rows whose label is still empty stay in the pool.

    labels: path of a file of write_table, filled in, or a DataFrame with the id and label columns
    returns: Table, a new one; write_table writes it
    raises: as load_table; ValueError naming the rows if an id is unknown or a row would have two labels
    """
    frame, sources = (labels, ()) if isinstance(labels, pd.DataFrame) else (_read_file(labels)[0], (labels,))
    for column in (table.frame.index.name, table.label_column):
        find_column(frame, column)
    frame = frame[[table.frame.index.name, table.label_column]].set_axis(["id", "label"], axis=1)
    given = frame.assign(id=frame["id"].astype(str), label=_read_labels(frame["label"])).dropna()
    rows = table.frame.index.astype(str).get_indexer(given["id"])
    if (rows < 0).any():
        raise ValueError(f"these ids are not in {table.name}: {some(given['id'][rows < 0])}")
    known = given.assign(label=table.y[rows]).dropna()
    spellings = pd.concat([known, given]).groupby("id", sort=False)["label"].unique()
    if twice := [f"{row}: {' or '.join(names)}" for row, names in spellings.items() if len(names) > 1]:
        raise ValueError(f"these rows would have two labels, so nothing was merged: {some(twice)}")
    y = table.y.copy()
    y[rows] = given["label"]
    y = _read_labels(pd.Series(y, name=table.label_column, dtype=str))
    frame = table.frame.assign(**{table.label_column: y})
    return replace(table, frame=frame, y=y, sources=(*table.sources, *sources))


def check_output(path, table, force):
    """Raise ValueError or FileExistsError if no CSV file may be written at that path."""
    path = os.fspath(path)
    if not path.lower().endswith(".csv"):
        raise ValueError(f"the output is a CSV file, so its name must end in .csv, got {path!r}")
    if any(os.path.exists(path) and os.path.samefile(path, source) for source in table.sources):
        raise FileExistsError(errno.EEXIST, "an input is never written to; choose another name", path)
    if os.path.exists(path) and not force:
        raise FileExistsError(errno.EEXIST, "the file exists; choose another name or force it", path)


def write_table(table, path, *, ids=None, force=False):
    """Write a table to a new CSV file, whole or not at all.

    ids: write only these rows, in this order, each with an empty label to fill in; None: all, as they are
    force: replace an existing file; but one that the table was read from is never written to
    raises: OSError with nothing written and nothing lost; ValueError unless the path ends in .csv
    """
    check_output(path, table, force)
    frame = table.frame if ids is None else table.frame.loc[ids].assign(**{table.label_column: ""})
    numbered = ids is None and isinstance(frame.index, pd.RangeIndex)
    frame = frame if numbered or frame.index.name in frame.columns else frame.reset_index()
    frame = frame.apply(_escape).set_axis(_escape(frame.columns.to_series()), axis=1)
    text = frame.to_csv(sep=table.sep, index=False)
    if "\r" in text:  # which not every Python quotes by itself
        text = frame.to_csv(sep=table.sep, index=False, quoting=csv.QUOTE_NONNUMERIC)
    encoding = "utf-8" if text.isascii() else "utf-8-sig"  # spreadsheets need the mark for all but ASCII
    temporary = Path(f"{os.path.realpath(path)}.{os.getpid()}.tmp")
    try:
        with open(temporary, "x", encoding=encoding, newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        check_output(path, table, force)  # another program may have taken the name meanwhile
        os.replace(temporary, os.path.realpath(path))
    except OSError as error:
        error.filename = os.fspath(path)  # the temporary name would mean nothing to the reader
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _escape(column):
    """Put an apostrophe before cells that a spreadsheet would run as a formula; numbers stay."""
    text = column.astype(str)
    numbers = pd.to_numeric(text.where(text.str.match(r"[+\-]")), errors="coerce")
    formula = column.notna() & text.str.match(FORMULA) & ~np.isfinite(numbers)
    return column.astype(object).mask(formula, "'" + text) if formula.any() else column


def _unescape(column):
    """Undo _escape in a column of text."""
    return column.mask(column.str.match("'" + FORMULA), column.str[1:])


# ---------------------------------------------------------------------------------------------------
# 2. Query strategies
#
# A score function maps class probabilities (n, k), rows that sum to 1, k >= 2, to scores (n,): how much do
# we want this label? Larger = ask first. ValueError if k < 2.
# A strategy is a callable: Round -> the rows to buy. To add one: one function, one line in STRATEGIES.
# ---------------------------------------------------------------------------------------------------


def check_proba(proba):
    """Return proba as an array (n, k); ValueError if it is not two-dimensional with k >= 2."""
    proba = np.asarray(proba)
    if proba.ndim != 2 or proba.shape[1] < 2:
        raise ValueError(f"proba must have shape (n, k) with k >= 2 classes, got {proba.shape}")
    return proba


def least_confidence(proba):
    """Score each row by how unsure the model is of its best guess.

    returns: array (n,), one minus the largest probability, in [0, 1 - 1/k]
    source: Lewis & Gale 1994
    """
    return 1 - check_proba(proba).max(axis=1)


def margin(proba):
    """Score each row by how nearly its two most likely classes tie.

    returns: array (n,), minus the gap between the top two, in [-1, 0]
    source: Scheffer, Decomain & Wrobel 2001
    """
    columns = check_proba(proba).T
    first, second = np.maximum(columns[0], columns[1]), np.minimum(columns[0], columns[1])
    for column in columns[2:]:  # a running top two: several times faster than sorting each row
        np.maximum(second, np.minimum(first, column), out=second)
        np.maximum(first, column, out=first)
    return second - first


def entropy(proba):
    """Score each row by the Shannon entropy of its class probabilities, with 0 log 0 = 0.

    returns: array (n,) in nats, in [0, log k]
    source: Shannon 1948; as a query rule, Settles & Craven 2008
    """
    return entr(check_proba(proba)).sum(axis=1)


@dataclass(frozen=True)
class Round:
    """All that a strategy may look at: never a label of the pool, never a test row."""

    model: object  # the classifier, fitted on the labelled rows
    X: object  # the data set's matrix; pick rows with take(X, rows)
    labeled: np.ndarray  # int (m,), the rows whose labels are known, in the order in which they were bought
    y: np.ndarray  # (m,), their labels
    pool: np.ndarray  # int (n,), ascending, the rows that may be bought
    batch: int  # how many of them to buy, 1..n
    rng: np.random.Generator  # the only source of chance

    def score(self, score_function):
        """Scores (n,) of the pool's rows under score_function of their class probabilities."""
        return score_pool(self.model.predict_proba, self.X, self.pool, score_function)

    def margins(self):
        """Margin scores (n,); from decision_function, (n,) or (n, k), where there are no probabilities."""
        if hasattr(self.model, "predict_proba"):
            return self.score(margin)
        return score_pool(
            self.model.decision_function,
            self.X,
            self.pool,
            lambda d: -np.abs(d) if d.ndim == 1 else margin(d),
        )


def blocks(n, size=1024):
    """Yield slices that cover range(n), `size` rows at a time."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def score_pool(predict, X, rows, score_function, *, chunk=4096):
    """Score rows of X a chunk at a time, so that the work stays in the processor's cache.

    predict: a model's predict_proba or decision_function
    X: matrix (N, d), possibly a numpy.memmap larger than memory; rows: int array (n,), ascending
    score_function: maps predict's result for m rows to scores (m,)
    returns: array (n,)
    raises: ValueError if a score is not a number
    """
    scores = np.empty(len(rows))
    for block in blocks(len(rows), check_integer("chunk", chunk, 1)):
        part = rows[block]
        if part[-1] - part[0] == len(part) - 1:  # neighbours: a slice is a view, an index array a copy
            part = slice(part[0], part[-1] + 1)
        scores[block] = score_function(predict(take(X, part)))
    if np.isnan(scores).any():
        raise ValueError(f"{np.isnan(scores).sum()} of {len(rows)} scores are not numbers (NaN)")
    return scores


def top_rows(scores, rows, batch):
    """The batch (1..n) rows (n,), ascending, with the largest scores (n,), best first; ties by row index."""
    threshold = np.partition(scores, -batch)[-batch]
    candidates = np.flatnonzero(scores >= threshold)  # ascending, so a stable sort keeps ties in order
    return rows[candidates[np.argsort(-scores[candidates], kind="stable")[:batch]]]


def needs(*what):
    """Mark what a strategy needs of the classifier ("proba", "margins") and of X ("numeric", "dense")."""

    def mark(strategy):
        strategy.needs = frozenset(what)
        return strategy

    return mark


def random_rows(round):
    """Buy rows at random: what labelling without active learning does, and the reference."""
    return round.rng.choice(round.pool, round.batch, replace=False)


def highest(round, score_function):
    """Buy the rows with the highest scores."""
    return top_rows(round.score(score_function), round.pool, round.batch)


@needs("margins")
def smallest_margin(round):
    """Buy the rows whose two most likely classes are nearest to a tie."""
    return top_rows(round.margins(), round.pool, round.batch)


# Rules that buy diverse or representative batches. The same seed buys the same rows on every machine,
# although a converged classifier still differs by about 1e-8 between two of them: the largest of many is the
# first within TIE of the largest, a squared distance below ROUNDING is 0, sums run in the rows' order, and a
# draw lays a random number against cumulated weights, which noise of 1e-8 moves with probability 1e-8.

TIE = 1e-9  # relative: what lies closer than this is equal
ROUNDING = 1e-12  # relative to the squared lengths: a squared distance below this is 0
steady = partial(np.round, decimals=10)  # equal rows get equal scores, whatever the order of a product's sums
CANDIDATES = 10  # the margin rules choose among this many times the batch, the most uncertain rows


def features(X, rows):
    """The given rows of X as floats: a dense (m, d) array, or CSR when X is sparse."""
    part = take(X, rows)
    return part.astype(float) if sparse.issparse(part) else np.asarray(part, dtype=float)


def dense(product):
    """A product of matrices as an array, which that of two sparse ones is not."""
    return product.toarray() if sparse.issparse(product) else product


def centred(A):
    """Move the origin of A (m, d), if dense, to its first row: distances stay, offsets cost no digits.

    The first row and not the mean, because it keeps data on a grid, such as pixels, exact.
    """
    return A if sparse.issparse(A) else A - A[:1]


def squared_norms(A):
    """|a|^2 for each row of A (..., m, d), dense, or (m, d), sparse: array (..., m)."""
    if sparse.issparse(A):
        return np.asarray(A.multiply(A).sum(axis=1)).ravel()
    return np.einsum("...j,...j->...", A, A)


def squared_distances(A, B, lengths=None):
    """|a - b|^2 for each row of A (m, d) and of B (k, d): array (m, k), rounding errors as 0.

    lengths: squared_norms(A), where the caller has them
    """
    lengths = (squared_norms(A) if lengths is None else lengths)[:, None] + squared_norms(B)
    squared = lengths - 2 * dense(A @ B.T)
    return np.where(squared > ROUNDING * lengths, squared, 0.0)


def first_best(scores):
    """The position of the largest score (m,); of those within TIE of it, the first."""
    best = scores.max()
    return int(np.argmax(scores >= best - TIE * abs(best)))


def uncertainty(margins):
    """Weights in [0, 1] from margin scores (n,): 1 - the gap of the top two probabilities.

    The gaps of a decision function have no upper limit, so there the largest gap of the pool counts as 1.
    """
    return np.maximum(1 + margins / max(1.0, -margins.min()), 0.0)


def draw(weights, rng):
    """A position drawn with probability proportional to its weight (m,), some of them positive."""
    total = weights.cumsum()
    return int(total.searchsorted(rng.random() * total[-1], side="right"))


def plus_plus(distances_to, k, first, rng, weights=1.0):
    """Draw k distinct positions, each with probability weight x squared distance to the nearest one drawn.

    distances_to: function of a position -> array (m,), squared distances to it
    first: int, the first position; weights: array (m,) or 1
    returns: list of k positions; when no distance is left, the lowest positions not yet drawn
    source: Arthur & Vassilvitskii 2007 (k-means++ seeding)
    """
    chosen, nearest = [first], distances_to(first)
    for _ in range(k - 1):
        mass = weights * nearest
        mass[chosen] = 0.0
        chosen.append(draw(mass, rng) if mass.any() else min({*range(len(mass))}.difference(chosen)))
        nearest = np.minimum(nearest, distances_to(chosen[-1]))
    return chosen


def nearest_centre(A, centres, lengths=None):
    """The first of the nearest centres (..., k, d) for each row of A (m, d): array (..., m).

    lengths: squared_norms(A), where the caller has them
    """
    own = squared_norms(centres)[..., None]
    doubt = ROUNDING * ((squared_norms(A) if lengths is None else lengths) + own.max(axis=-2, keepdims=True))
    nearest = np.empty((*centres.shape[:-2], len(A)), dtype=int)
    for part in blocks(len(A)):
        squared = (-2 * centres) @ A[part].T
        squared += own  # less |a|^2, the same for all centres
        least = squared.min(axis=-2, keepdims=True)
        nearest[..., part] = (squared <= least + doubt[..., part]).argmax(axis=-2)
    return nearest


def k_means(A, k, rng, weights=None, tries=3, rounds=20):
    """k centres (k, d) of the rows of A (m, d), weights (m,) or all 1: the best of `tries` runs of lloyd.

    A later run wins by more than a rounding error or not at all: two often find the same clusters.
    """
    weights, lengths = np.ones(len(A)) if weights is None else weights, squared_norms(A)
    squared = squared_distances(A, A, lengths) if len(A) <= 250 else None  # cheaper than one by one

    def distances_to(j):
        return squared_distances(A, A[j : j + 1], lengths)[:, 0] if squared is None else squared[j]

    seeds = [plus_plus(distances_to, k, draw(weights, rng), rng, weights) for _ in range(tries)]
    centres, cluster = lloyd(A, A[np.array(seeds)], weights, lengths, rounds)
    costs = [weights @ squared_norms(A - own[rows]) for own, rows in zip(centres, cluster, strict=True)]
    return centres[first_best(-np.array(costs))]


def lloyd(A, centres, weights, lengths, rounds):
    """Move the centres (tries, k, d) of k-means until they stay: they, and the rows' clusters (tries, m).

    A: array (m, d); weights: array (m,); lengths: squared_norms(A)
    Ends when no row changes its cluster, and never by a tolerance, so that rounding does not decide when to
    stop; a centre that loses all its rows stays where it is. A sparse product sums over the rows in order.
    All tries take their rounds together, in fewer and longer operations; one that is done stays as it is.
    """
    tries, k, _ = centres.shape
    cluster = nearest_centre(A, centres, lengths)
    members = np.repeat(weights, tries), np.zeros(cluster.size, dtype=int), tries * np.arange(len(A) + 1)
    members = sparse.csc_array(members, shape=(tries * k, len(A)))
    for _ in range(rounds):
        members.indices[:] = (cluster.T + k * np.arange(tries)).ravel()
        sums = (members @ A).reshape(centres.shape)
        mass = np.bincount(members.indices, members.data, minlength=tries * k).reshape(tries, k, 1)
        centres, before = np.divide(sums, mass, out=centres, where=mass > 0), cluster
        cluster = nearest_centre(A, centres, lengths)
        if np.array_equal(cluster, before):
            break
    return centres, cluster


def nearest_rows(A, centres):
    """For each centre (k, d) in turn the nearest row of A (m, d) not yet taken: k positions."""
    squared, chosen = squared_distances(A, centres), []
    for to_centre in squared.T:
        chosen.append(first_best(-to_centre))
        squared[chosen[-1]] = np.inf
    return np.array(chosen)


def in_turns(cluster, order, within):
    """Positions (m,) in an order in which each cluster gives one row, then each a second one, and so on.

    cluster: int array (m,), the cluster of each row; order: array (k,), rank of each cluster (low = first)
    within: array (m,), rank of each row within its cluster (low = first)
    """
    turn = pd.Series(within).groupby(cluster).rank(method="first")
    return np.lexsort((order[cluster], turn))


def uncertain_rows(round, candidates):
    """Positions in the pool of the most uncertain rows, ascending, and their weights.

    Ascending, so that what follows does not depend on the order of nearly equal margins.
    """
    margins, positions = round.margins(), np.arange(len(round.pool))
    near = np.sort(top_rows(steady(margins), positions, min(candidates, len(positions))))
    return near, np.maximum(uncertainty(margins)[near], 1e-6)


def rows_at_centres(round, candidates):
    """Buy the row nearest to each centre of a weighted k-means over the `candidates` most uncertain rows."""
    near, weights = uncertain_rows(round, candidates)
    A = centred(features(round.X, round.pool[near]))
    return round.pool[near[nearest_rows(A, k_means(A, round.batch, round.rng, weights))]]


@needs("margins", "numeric", "dense")
def diverse_margin(round):
    """Buy the rows nearest to the centres of a k-means over the most uncertain rows, weighted by uncertainty.

    The 10 x batch rows of smallest margin are clustered into `batch` clusters.
    cost: one score per pool row, then k-means on 10 x batch rows whatever the pool
    source: Zhdanov 2019
    """
    return rows_at_centres(round, CANDIDATES * round.batch)


@needs("margins", "numeric", "dense")
def annealed_margin(round):
    """Buy as diverse_margin does, but from the more of the pool, the fewer labels there are.

    The candidates are the most uncertain 1 / (labels per class) of the pool, 10 x batch at the least: half of
    the pool with two labels per class, when the margins say little, and ever closer to diverse_margin.
    cost: one score per pool row, then k-means on pool / (labels per class) rows, 5,000 at the most
    source: ours, after Zhdanov 2019 (clusters), Hacohen et al. 2022 (typical rows first, uncertain later)
    """
    per_class = len(round.labeled) / len(np.unique(round.y))
    share = min(int(len(round.pool) / per_class), 5000)
    return rows_at_centres(round, max(CANDIDATES * round.batch, share))


@needs("margins", "numeric", "dense")
def cluster_margin(round):
    """Buy from clusters of the most uncertain rows in turn, one random row each, small clusters first.

    Difference to the paper: it clusters the whole pool once and cuts the tree at a tuned distance; here the
    10 x batch rows of smallest margin are clustered in each round (average linkage), into half as many.
    cost: one score per pool row, then (10 x batch)^2 distances whatever the pool
    source: Citovsky et al. 2021
    """
    near, _ = uncertain_rows(round, CANDIDATES * round.batch)
    if len(near) == 1:
        return round.pool[near]
    tree = linkage(steady(pdist(features(round.X, round.pool[near]))), method="average")
    cluster = fcluster(tree, max(1, len(near) // 2), criterion="maxclust") - 1
    turns = in_turns(cluster, np.bincount(cluster), round.rng.permutation(len(near)))
    return round.pool[near[turns[: round.batch]]]


@needs("proba", "numeric")
def badge(round):
    """Buy rows whose loss gradients are large and far apart (k-means++ on gradient embeddings).

    The embedding of a row is the gradient of its log loss in a linear layer, taken as if the predicted label
    were true: g = (p - e_yhat) outer [x, 1]. Never built: <g_i, g_j> = <r_i, r_j> (<x_i, x_j> + 1) with the
    residuals r. For a classifier other than a linear one, x stands in for the last layer's input.
    The first row is that of the largest gradient, as in the authors' program (the paper: a random one).
    cost: batch x pool x (features + classes), in time; pool x (features + classes) in memory
    source: Ash et al. 2020
    """
    X, R = features(round.X, round.pool), round.model.predict_proba(take(round.X, round.pool))
    R[np.arange(len(R)), np.argmax(R.max(axis=1, keepdims=True) - TIE <= R, axis=1)] -= 1
    lengths = squared_norms(R) * (squared_norms(X) + 1)

    def distances_to(j):
        squared = lengths + lengths[j] - 2 * (R @ R[j]) * (dense(X @ X[[j]].T)[:, 0] + 1)
        return np.where(squared > ROUNDING * (lengths + lengths[j]), squared, 0.0)

    return round.pool[plus_plus(distances_to, round.batch, first_best(lengths), round.rng)]


@needs("numeric")
def core_set(round):
    """Buy again and again the pool row that is farthest from every row bought so far (k-centre greedy).

    Difference to the paper: distances in the space of X (a linear model has no other), and the greedy
    solution without the integer program that refines it.
    cost: pool x (labeled + batch) x features, in time; pool x features in memory
    source: Sener & Savarese 2018
    """
    A = centred(features(round.X, np.concatenate([round.pool, round.labeled])))
    A, known = A[: len(round.pool)], A[len(round.pool) :]
    parts = blocks(len(round.pool))
    nearest = np.concatenate([squared_distances(A[part], known).min(axis=1) for part in parts])
    lengths, chosen = squared_norms(A), []
    for _ in range(round.batch):
        chosen.append(first_best(nearest))
        nearest = np.minimum(nearest, squared_distances(A, A[[chosen[-1]]], lengths)[:, 0])
        nearest[chosen] = -np.inf
    return round.pool[chosen]


@needs("numeric", "dense")
def typiclust(round):
    """Buy the most typical row of each large cluster that holds no label yet (for the first rounds).

    k-means on labelled and pool rows together, into labeled + batch clusters (500 at the most); clusters
    with the fewest labels first, of these the largest. Typical = small mean distance to the 20 nearest pool
    rows of the cluster. Differences: raw features (the paper learns them without labels); only the 1,000
    rows nearest to a cluster's centre are looked at.
    cost: 6 x pool x (labeled + batch) x features, in time; pool x features in memory
    source: Hacohen, Dekel & Weinshall 2022
    """
    n = len(round.pool)
    A = centred(features(round.X, np.concatenate([round.pool, round.labeled])))
    centres = k_means(A, min(len(round.labeled) + round.batch, 500, len(A)), round.rng, tries=1, rounds=5)
    cluster = nearest_centre(A, centres)
    cluster, labels = cluster[:n], np.bincount(cluster[n:], minlength=len(centres))
    sizes = np.bincount(cluster, minlength=len(centres))
    first = np.lexsort((-sizes, labels + n * (sizes == 0)))
    spread = np.zeros(n)
    for c in first[: round.batch]:
        spread[cluster == c] = mean_neighbour_distance(A[:n][cluster == c], centres[c])
    return round.pool[in_turns(cluster, np.argsort(first), steady(spread))[: round.batch]]


def mean_neighbour_distance(A, centre, neighbours=20, at_most=1000):
    """Each row's mean distance to its nearest neighbours in A (m, d); inf far from the centre."""
    spread = np.full(len(A), np.inf)
    near = np.sort(np.argsort(steady(squared_distances(A, centre[None, :])[:, 0]), kind="stable")[:at_most])
    k = max(min(neighbours, len(near) - 1), 1)
    distances = np.sqrt(np.sort(squared_distances(A[near], A[near]), axis=1)[:, 1 : k + 1])
    spread[near] = distances.sum(axis=1) / k
    return spread


@needs("margins")
def power_margin(round):
    """Draw rows without replacement with probability proportional to their uncertainty.

    The largest of log(uncertainty) + Gumbel noise are that draw (coldness 1; the paper's score: mutual
    information).
    cost: one score and one random number per pool row
    source: Kirsch et al. 2023
    """
    weights = np.maximum(uncertainty(round.margins()), 1e-300)
    return top_rows(np.log(weights) + round.rng.gumbel(size=len(weights)), round.pool, round.batch)


@needs("proba")
def committee(round, members=5):
    """Buy the rows where a committee's mean class probabilities have the largest entropy.

    The committee is the classifier refitted on bootstrap replicates of the labelled rows, drawn within each
    class so that no member misses one; Seung et al. vote with random consistent learners.
    cost: members x (one fit + one prediction of the pool)
    source: Seung, Opper & Sompolinsky 1992; Abe & Mamitsuka 1998 (replicates)
    """
    pool, total = take(round.X, round.pool), 0.0
    by_class = [np.flatnonzero(round.y == label) for label in np.unique(round.y)]
    for _ in range(members):
        rows = np.concatenate([own[round.rng.integers(len(own), size=len(own))] for own in by_class])
        member = clone(round.model).fit(take(round.X, round.labeled[rows]), round.y[rows])
        total = total + member.predict_proba(pool)
    return top_rows(steady(entropy(total / members)), round.pool, round.batch)


@needs("margins", "numeric")
def density_margin(round):
    """Buy rows that are uncertain and like many others: uncertainty x mean cosine similarity to the pool.

    The mean similarity is one product with the mean of the unit rows, not a pool x pool matrix; a negative
    one, which features below 0 can give, counts as 0.
    cost: one score per pool row and pool x features
    source: Settles & Craven 2008 (information density, beta = 1)
    """
    A = features(round.X, round.pool)
    lengths = np.sqrt(squared_norms(A))
    inverse = 1 / np.where(lengths > 0, lengths, np.inf)  # a row of zeros is similar to none
    similarity = inverse * (A @ (A.T @ inverse)) / len(inverse)
    scores = uncertainty(round.margins()) * np.maximum(similarity, 0.0)
    return top_rows(steady(scores), round.pool, round.batch)


STRATEGIES = {
    "random": random_rows,
    "least_confidence": needs("proba")(partial(highest, score_function=least_confidence)),
    "margin": smallest_margin,
    "entropy": needs("proba")(partial(highest, score_function=entropy)),
    "diverse_margin": diverse_margin,
    "annealed_margin": annealed_margin,
    "cluster_margin": cluster_margin,
    "badge": badge,
    "core_set": core_set,
    "typiclust": typiclust,
    "power_margin": power_margin,
    "committee": committee,
    "density_margin": density_margin,
}
CLASSIC = ("random", "least_confidence", "margin", "entropy")
RECOMMENDED = "diverse_margin"  # by the evidence of notebooks/2_label_efficiency.ipynb, section 8


def is_numeric(X):
    """Whether every column of X (array, frame or sparse matrix) is numeric and without missing values."""
    if hasattr(X, "iloc"):
        return all(map(is_numeric_dtype, X.dtypes)) and not X.isna().any(axis=None)
    values = getattr(X, "data", X) if sparse.issparse(X) else X
    return is_numeric_dtype(values.dtype) and not np.isnan(values.sum())


OFFERS = {  # a need -> what must be there, and the test for it
    "proba": ("predict_proba", lambda model, X: hasattr(model, "predict_proba")),
    "margins": (
        "predict_proba or decision_function",
        lambda model, X: hasattr(model, "predict_proba") or hasattr(model, "decision_function"),
    ),
    "numeric": (
        "numeric columns without missing values",
        lambda model, X: isinstance(model, Pipeline) or is_numeric(X),
    ),
    "dense": ("dense rows, not a sparse matrix", lambda model, X: not sparse.issparse(X)),
}


def _unmet(strategy, model, X):
    wanted = getattr(strategy, "needs", ())
    return [words for need, (words, met) in OFFERS.items() if need in wanted and not met(model, X)]


def last_step(model):
    """The classifier itself: of a pipeline its last step."""
    return model[-1] if isinstance(model, Pipeline) else model


def check_strategy(name, strategy, model, X):
    """Raise ValueError, naming the rules that fit, if the classifier or the data cannot serve a strategy."""
    if unmet := _unmet(strategy, model, X):
        fitting = [other for other, rule in STRATEGIES.items() if not _unmet(rule, model, X)]
        lack = f"{' and '.join(unmet)}, which {type(last_step(model)).__name__} on this data does not offer"
        raise ValueError(f"strategy {name!r} needs {lack}; strategies that fit: {', '.join(fitting)}")


def pick_strategies(strategies):
    """Strategies, given as a name, a callable, several names, or a mapping from your own names to callables.

    returns: dict name -> callable, in the given order
    raises: ValueError for an unknown name, TypeError for something that is not a callable
    """
    if callable(strategies):
        strategies = {getattr(strategies, "__name__", repr(strategies)): strategies}
    if isinstance(strategies, str):
        strategies = [strategies]
    if not isinstance(strategies, Iterable):
        raise TypeError(f"strategies must be a name, names or a mapping, got {strategies!r}")
    if not isinstance(strategies, Mapping):
        strategies = {name: STRATEGIES[check_choice("strategy", name, STRATEGIES)] for name in strategies}
    if not strategies:
        raise ValueError(f"no strategy given; valid: {', '.join(STRATEGIES)}")
    for name, strategy in strategies.items():
        if not callable(strategy):
            raise TypeError(f"strategy {name!r} must be callable, got {strategy!r}")
    return dict(strategies)


# ---------------------------------------------------------------------------------------------------
# 3. The loop
# ---------------------------------------------------------------------------------------------------


def softmax(logits):
    """Probabilities from logits of any size: float array (k, n), overwritten; each column sums to 1."""
    logits -= np.maximum.reduce(logits, axis=0)  # long rows, one a class, are what numpy is fast on
    np.exp(logits, out=logits)
    logits /= np.add.reduce(logits, axis=0)
    return logits


def shared_preconditioner(A, P, ridge, widest=3000):
    """Invert one stand-in for the Hessian's block of every class.

    A: array or CSR (n, d), the rows; P: array (k, n), their class probabilities
    ridge: array (d,), the penalty's curvature; widest: int, above this d only the diagonal is inverted
    returns: (d, d) array or sparse diagonal, the inverse of A' diag(w) A + diag(ridge), where
        w = (1 - sum p^2) / (k - 1) is the mean curvature of a row's log-loss over the class directions
    """
    w = (1 - np.add.reduce(P * P, axis=0)) / (len(P) - 1) + 1e-12  # a row never weighs exactly nothing
    if A.shape[1] > widest:
        return sparse.diags_array(1 / (w @ (A * A) + ridge))
    H = dense((A.T * w) @ A)
    H.flat[:: len(H) + 1] += ridge
    inverse = inverse_of(H)  # None: singular to working precision
    return sparse.diags_array(1 / H.diagonal()) if inverse is None else inverse


def inverse_of(H):
    """Inverse of a symmetric H (n, n), three times as fast as numpy's; None if not positive definite."""
    factor, failed = lapack.dpotrf(H)
    if failed:
        return None
    inverse, _ = lapack.dpotri(factor, overwrite_c=True)  # fills the upper triangle only
    inverse += np.triu(inverse, 1).T
    return inverse


def product_with(A):
    """The function that multiplies an array by A: dot, which for small ones starts faster than @."""
    return operator.matmul if sparse.issparse(A) else np.ndarray.dot


def gradient_of(A, Y, ridge):
    """The function W (k, d) -> class probabilities P (k, n), gradient G (k, d) of the penalised loss.

    A, ridge: as in shared_preconditioner; Y: array (k, n) of 0 and 1, the labels
    """
    dot = product_with(A)

    def gradient(W):
        P = softmax(dot(W, A.T))
        G = dot(P - Y, A)
        G += W * ridge
        return P, G

    return gradient


def newton_step(A, P, G, ridge, M, stop, most):
    """Solve Hessian @ S = -G nearly, by preconditioned conjugate gradients.

    A, P, ridge: as in shared_preconditioner, which returns M; G: array (k, d), the gradient. The step is
        worked out in the precision of A
    stop: float, the share of the first residual, in the norm of M, at which to stop
    most: int, the most Hessian products
    returns: array (k, d), the step S; int, the number of Hessian products it took
    source: Dembo & Steihaug 1983
    """
    P, ridge, M = (array.astype(A.dtype, copy=False) for array in (P, ridge, M))
    G = G.astype(A.dtype, order="C", copy=False)  # so that r and v are views of R and V
    S, R, V, last, target = np.zeros_like(G), -G, np.zeros_like(G), np.inf, 0.0
    At, ones, r, v = A.T, np.ones(len(P), A.dtype), R.ravel(), V.ravel()
    dot, precondition = product_with(A), product_with(M)
    for products in range(most):  # noqa: B007
        D = precondition(R, M)
        size = r.dot(D.ravel())
        if not size > target:
            break
        target = target or size * stop**2
        V *= size / last
        V += D
        last = size
        T = dot(V, At)
        T *= P
        T -= P * ones.dot(T)
        HV = dot(T, A)
        HV += V * ridge
        length = size / v.dot(HV.ravel())
        S += V * length
        HV *= length
        R -= HV
    return S, products


def is_plain(X):
    """Whether X is an array (n, d) of float64 numbers; if finite too, it needs no further checks."""
    return type(X) in (np.ndarray, np.memmap) and X.dtype == np.float64 and X.ndim == 2 and X.size > 0


class NewtonLogisticRegression(ClassifierMixin, BaseEstimator):
    """Fit multinomial logistic regression to its optimum, several times faster than scikit-learn.

    Minimises sum of log-losses + ||coef||^2 / (2 C) with a free intercept, as LogisticRegression does
    (two classes: the binomial solution; more: intercepts with mean 0), and has its fitted attributes.

    C: float > 0, the inverse of the penalty's strength
    tol: float > 0; fitting stops when no entry of the gradient exceeds tol * min(1, 1/C), or rounding
        hides what is left of it. The loss is 1/C-strongly convex in the weights, so they are within
        C * ||gradient|| <= tol * sqrt(k * (d + 1)) of the optimum: 3e-6 on digits, and far less as
        Newton's last step overshoots
    max_iter: int > 0, the most Newton steps; stopping there raises a ConvergenceWarning
    warm_start: bool, start from the previous fit where its classes and columns are the same
    source: Dembo, Eisenstat & Steihaug 1982 (truncated Newton); Bohning 1992 (a bound shared by classes)
    """

    def __init__(self, C=1.0, tol=1e-7, max_iter=100, warm_start=False):
        self.C, self.tol, self.max_iter, self.warm_start = C, tol, max_iter, warm_start

    def fit(self, X, y):
        """Fit to X, array, frame or sparse matrix (n, d), and y (n,), at least two classes.

        raises: ValueError on bad parameters, non-finite X, or a single class
        """
        for name in ("C", "tol", "max_iter"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)!r}")
        X, y = self._checked(X, y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y must hold at least 2 classes, got only one class: {classes[0]}")
        both = [X, np.ones((X.shape[0], 1))]
        A = sparse.csr_array(sparse.hstack(both)) if sparse.issparse(X) else np.hstack(both)
        Y = (np.arange(len(classes))[:, None] == codes).astype(np.float64)
        W = self._minimise(A, Y, self._start(classes))
        W = W[1:] - W[:1] if len(classes) == 2 else W
        self.classes_, self.coef_, self.intercept_ = classes, W[:, :-1].copy(), W[:, -1].copy()
        if len(classes) > 2:  # only differences between intercepts matter
            self.intercept_ -= self.intercept_.mean()
        return self

    def _checked(self, X, y):
        """Check X and y, record the columns; scikit-learn's checks take 0.5 ms, so plain arrays skip them."""
        plain = type(y) is np.ndarray and y.dtype.kind in "biuU" and is_plain(X) and y.shape == X.shape[:1]
        if plain and np.isfinite(X.sum()):
            self.n_features_in_ = X.shape[1]
            self.__dict__.pop("feature_names_in_", None)
            return X, y
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(y)
        return X, y

    def _start(self, classes):
        """The weights (k, d + 1), intercepts last, to start from: the previous fit's or 0."""
        known = self.warm_start and np.array_equal(getattr(self, "classes_", None), classes)
        if not (known and self.coef_.shape[1] == self.n_features_in_):
            return np.zeros((len(classes), self.n_features_in_ + 1))
        W = np.column_stack([self.coef_, self.intercept_])
        return np.vstack([-W / 2, W / 2]) if len(classes) == 2 else W

    def _minimise(self, A, Y, W):
        """Take Newton steps from W (k, d) until the gradient vanishes; A (n, d), Y (k, n) are 0/1 labels."""
        # Two classes: weights -u/2 and u/2 pay half the penalty of the binomial u, so it is doubled.
        ridge = np.full(A.shape[1], (2 if len(Y) == 2 else 1) / self.C)
        ridge[-1] = 0.0
        gradient = gradient_of(A, Y, ridge)
        scale = max(A.max(), -A.min())
        eps = np.finfo(np.float64).eps
        enough = max(self.tol * min(1, 1 / self.C), 8 * eps * A.shape[0] * scale)  # G is not known better
        # Half the digits make as good a step in less time; the gradient, which decides, has them all.
        easy = max(scale, self.C, 1 / self.C) < 1e6
        rows = A.astype(np.float32) if easy else A
        P, G = gradient(W)
        largest = first = np.abs(G).max()
        products, steps = np.inf, 0
        while largest > enough and steps < self.max_iter:
            if products > 30:  # an old preconditioner serves as well until it fails
                M = shared_preconditioner(A, P, ridge)
            # Eisenstat & Walker 1996: solve loosely far away, tightly nearby, never beyond what is enough.
            stop = max(min(0.15 * np.sqrt(largest / first), 0.5), 0.5 * enough / largest)
            most = 5000 if rows is A else 60
            S, products = newton_step(rows, P, G, ridge, M, stop, most)
            slope, before = np.vdot(G, S), largest
            if rows is A or (products < most - 1 and slope < 0):
                W, P, G = self._walk(gradient, W, S, slope)
                largest = np.abs(G).max()
                steps += 1
            if rows is A and 0 < np.abs(S).max() <= eps * np.abs(W).max():
                enough = largest  # the weights are known to the last digit: with large logits, G is not
            if not largest < before / 2:  # too hard for half the digits
                rows = A
        self.n_iter_ = np.array([steps], dtype=np.int32)
        if not largest <= enough:
            short = f"after {steps} Newton steps an entry of the gradient is {largest:.1e}, not {enough:.1e}"
            warnings.warn(f"{short}; increase max_iter or scale the data", ConvergenceWarning, stacklevel=3)
        return W

    @staticmethod
    def _walk(gradient, W, S, slope):
        """Step from W along S to its end or, where the convex loss climbs there, to near its lowest."""
        low, high, t = (0.0, slope), (1.0, np.nan), 1.0  # steps, and the slopes there
        while True:
            P, G = gradient(W + t * S)
            end = np.vdot(G, S)
            low, high = ((t, end), high) if end < 0 else (low, (t, end))
            if abs(end) <= -0.5 * slope or high[0] - low[0] < 1e-10:
                return W + t * S, P, G
            share = low[1] / (low[1] - high[1])
            t = low[0] + (high[0] - low[0]) * min(0.9, max(0.1, share))  # 0.1 where it is not a number

    def _logits(self, X):
        """The logits (k, n) of the rows of X, or (1, n) for two classes."""
        check_is_fitted(self)
        if is_plain(X) and X.shape[1] == self.n_features_in_ and not hasattr(self, "feature_names_in_"):
            with np.errstate(invalid="ignore"):
                logits = self.coef_ @ X.T
                logits += self.intercept_[:, None]
                if np.isfinite(logits.sum()):  # then X is finite too, which takes longer to look through
                    return logits
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        return self.coef_ @ X.T + self.intercept_[:, None]

    def decision_function(self, X):
        """The logits of the rows of X (n, d): (n, k), or (n,) for two classes."""
        logits = self._logits(X)
        return logits[0] if len(logits) == 1 else logits.T

    def predict_proba(self, X):
        """The class probabilities (n, k) of the rows of X (n, d), columns as in classes_."""
        logits = self._logits(X)
        return softmax(np.vstack([0 * logits, logits]) if len(logits) == 1 else logits).T

    def predict(self, X):
        """The most likely class (n,) of each row of X (n, d)."""
        logits = self._logits(X)
        return self.classes_[(logits[0] > 0).astype(int) if len(logits) == 1 else logits.argmax(axis=0)]

    def __sklearn_tags__(self):
        """Tell scikit-learn that sparse rows are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


DENSE_ROWS = 4000  # graphs up to this size keep the inverse (128 MB); larger ones are solved at each fit


def nearest_neighbours(A, B, k):
    """The k nearest rows of B (n, d) for each row of A (m, d), ties to the lower row of B.

    returns: int array (m, k), ascending by distance, and float array (m, k), their squared distances
    """
    nearest, distances = np.empty((len(A), k), dtype=int), np.empty((len(A), k))
    step = np.arange(len(B)) / len(B)
    for part in blocks(len(A), max(1, 2**21 // len(B))):
        squared = squared_distances(A[part], B)
        ranked = squared + TIE * squared.max() * step  # makes every distance unique
        near = np.argpartition(ranked, k - 1, axis=1)[:, :k]
        order = np.take_along_axis(ranked, near, axis=1).argsort(axis=1)
        nearest[part] = np.take_along_axis(near, order, axis=1)
        distances[part] = np.take_along_axis(squared, nearest[part], axis=1)
    return nearest, distances


class NeighbourGraph:
    """All of GraphSpreading that does not depend on the labels: see there. X: array (n, d)."""

    def __init__(self, X, n_neighbors, alpha):
        n, self.X, self.unseen = len(X), X, None
        k = min(n_neighbors, n - 1)
        near, squared = nearest_neighbours(X, X, k + 1)
        self.scale = np.maximum(np.sqrt(squared[:, -1]), 1e-9)
        W = np.where(near == np.arange(n)[:, None], 0.0, self.weights(squared, self.scale, near))
        starts = np.arange(0, near.size + 1, k + 1)
        W = sparse.csr_array((W.ravel(), near.ravel(), starts), shape=(n, n))
        W = W.maximum(W.T)
        D = sparse.diags_array(1 / np.sqrt(np.maximum(W.sum(axis=1), 1e-300)))
        self.system = sparse.csr_array(sparse.eye_array(n) - alpha * (D @ W @ D))
        self.inverse = inverse_of(self.system.toarray()) if n <= DENSE_ROWS else None
        self.row_of = {x.tobytes(): i for i, x in enumerate(X)}

    def weights(self, squared, scale, near):
        """Weights (m, k) of the edges to the rows `near` of X, from squared distances and own scales (m,)."""
        return np.exp(-squared / (scale[:, None] * self.scale[near]))

    def spread(self, known, seeds):
        """Mass (n, classes) that flows from the rows `known`, which hold seeds (m, classes)."""
        if self.inverse is not None:
            return self.inverse[:, known] @ seeds
        Y = np.zeros((len(self.X), seeds.shape[1]))
        Y[known] = seeds
        return np.column_stack([cg(self.system, y, rtol=1e-12)[0] for y in Y.T]).clip(0)

    def neighbours_of(self, X, k):
        """The k rows of the graph nearest to each unseen row, and their shares: arrays (m, k)."""
        if self.unseen is None or not np.array_equal(self.unseen[0], X):
            near, squared = nearest_neighbours(X, self.X, min(k, len(self.X)))
            weights = self.weights(squared, np.maximum(np.sqrt(squared[:, -1]), 1e-9), near) + 1e-12
            self.unseen = X, near, weights / weights.sum(axis=1, keepdims=True)
        return self.unseen[1:]


@lru_cache(maxsize=1)
def graph_of(rows, shape, n_neighbors, alpha):
    """The graph of rows, the bytes of an array of that shape; the last is kept for the next round or rule."""
    return NeighbourGraph(np.frombuffer(rows).reshape(shape), n_neighbors, alpha)


class GraphSpreading(ClassifierMixin, BaseEstimator):
    """Spread the labels along a graph that joins each row to its nearest ones, labelled or not.

    F = (I - alpha S)^-1 Y, S the graph's normalised weights; row i of F, made to sum to 1, is the class
    distribution of row i. Weights are exp(-|a - b|^2 / (s_a s_b)), s the distance to the k-th neighbour, so
    that the graph has no length scale to tune. Each class spreads the same total mass, however many labels
    it has: a query rule buys more labels of the hard classes, which would otherwise flood their neighbours.
    What does not depend on the labels (graph, inverse, the neighbours of the last unseen rows) is kept until
    a fit with another X, so that all rounds and all rules of a split share it.

    n_neighbors: int, edges per row; alpha: float in (0, 1), how far labels spread
    cost: the first fit n^2 x features, and n^3 up to DENSE_ROWS rows; further ones n x labels x classes
    source: Zhou et al. 2004 (the solution); Zelnik-Manor & Perona 2005 (local scale); Wang, Jebara & Chang
        2008 (balance of the classes); Delalleau, Bengio & Le Roux 2005 (unseen rows)
    """

    def __init__(self, n_neighbors=4, alpha=0.98):
        self.n_neighbors, self.alpha = n_neighbors, alpha

    def fit(self, X, y):
        """Fit on X (n, d), numeric, and y (n,), int, -1 where unknown; ValueError if no row has a label."""
        X, y = np.ascontiguousarray(X, dtype=float) + 0.0, np.asarray(y)  # + 0.0: no negative zeros
        known = np.flatnonzero(y != -1)
        if len(known) == 0:
            raise ValueError("label spreading needs at least one row with a label (y != -1), got none")
        self.graph_ = graph_of(X.tobytes(), X.shape, self.n_neighbors, self.alpha)
        self.n_features_in_ = X.shape[1]
        self.classes_, codes = np.unique(y[known], return_inverse=True)
        seeds = np.eye(len(self.classes_))[codes]
        F = self.graph_.spread(known, seeds / seeds.sum(axis=0))
        mass = F.sum(axis=1, keepdims=True)  # 0 for rows that no label reaches: every class equally likely
        self.distributions_ = np.divide(F, mass, out=np.full_like(F, 1 / F.shape[1]), where=mass > 1e-12)
        return self

    def predict_proba(self, X):
        """Class probabilities (m, classes): rows of fit have their own, others their neighbours' mean."""
        X = np.ascontiguousarray(X, dtype=float) + 0.0
        rows = np.array([self.graph_.row_of.get(x.tobytes(), -1) for x in X], dtype=int)
        proba, new = self.distributions_[rows], rows < 0
        if new.any():
            near, weights = self.graph_.neighbours_of(X[new], self.n_neighbors)
            proba[new] = np.einsum("ij,ijc->ic", weights, self.distributions_[near])
        return proba

    def predict(self, X):
        """The most likely class of each row of X, the first of equally likely ones."""
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


class CappedNeighbors(KNeighborsClassifier):
    """k nearest neighbours that makes do with all the rows it has while these are fewer than k."""

    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        """Distances to, and indices of, the nearest rows; as in scikit-learn but for the cap."""
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        return super().kneighbors(X, min(k, self.n_samples_fit_), return_distance)


def default_model():
    """The report's classifier: logistic regression, L2, C = 1, solved until it has really converged.

    At scikit-learn's default tolerance the order of the pool's rows depends on where the solver stopped,
    and so on the processor; converged, it is a property of the data and of the rule.
    """
    return NewtonLogisticRegression(warm_start=True)


CLASSIFIERS = {
    "logistic_regression": default_model,
    "svm": partial(SVC, C=10),
    "knn": partial(CappedNeighbors, weights="distance"),
    "extra_trees": partial(ExtraTreesClassifier, random_state=0),
    "label_spreading": GraphSpreading,
}
SEMI_SUPERVISED = (GraphSpreading, LabelSpreading, LabelPropagation, SelfTrainingClassifier)


def make_model(model):
    """A fresh classifier: of a name in CLASSIFIERS, an estimator (cloned), or default_model() for None."""
    if isinstance(model, str):
        return CLASSIFIERS[check_choice("classifier", model, CLASSIFIERS)]()
    return default_model() if model is None else clone(model)


def fit(model, X, y, labeled, pool):
    """Fit on the labelled rows; a semi-supervised model also sees the pool, its labels hidden as -1.

    It never sees a test row, and gets its rows in one and the same order in every round. In a pipeline the
    steps before it are then fitted on the features of these rows, pool included, never on a hidden label.
    """
    if not isinstance(last_step(model), SEMI_SUPERVISED):
        return model.fit(take(X, labeled), y[labeled])
    rows = np.sort(np.concatenate([labeled, pool]))
    return model.fit(take(X, rows), np.where(np.isin(rows, labeled), y[rows], -1))


METRICS = {
    "accuracy": lambda y_true, y_pred: np.count_nonzero(y_true == y_pred) / len(y_true),
    "balanced_accuracy": balanced_accuracy_score,
}


@dataclass(frozen=True)
class History:
    """One learning curve of r rounds."""

    n_labels: np.ndarray  # int (r,), labels known at each round, the seed set included
    accuracy: np.ndarray  # (r,), in [0, 1], on the test set with those labels (or the metric asked for)
    queried: np.ndarray  # int, the rows bought, in order (the seed set is not among them)


_threadpools = cache(ThreadpoolController)  # finds the BLAS and OpenMP libraries, which takes 3 ms, only once


def on_one_thread(function):
    """Decorate a function whose matrix products are small: several threads would take longer."""

    @wraps(function)
    def limited(*args, **settings):
        with _threadpools().limit(limits=1):
            return function(*args, **settings)

    return limited


@on_one_thread
def run_loop(
    dataset,
    split,
    strategy,
    *,
    model=None,
    batch=10,
    budget=300,
    random_state=0,
    metric="accuracy",
    stop_at=None,
):
    """Fit, score the test set, query, label; repeat until the budget is spent or the pool is empty.

    dataset, split: Dataset, and a Split of its rows
    strategy: a name in STRATEGIES, or a callable Round -> rows to buy
    model: any scikit-learn classifier, pipelines included (it is cloned), or a name in CLASSIFIERS;
        default_model() if None
    batch: labels bought a round; the last batch is cut to end exactly on the budget or the pool's end
    budget: labels in all, the seed set included
    random_state: anything numpy.random.default_rng takes
    metric: "accuracy" or "balanced_accuracy"
    stop_at: end the run as soon as this accuracy is reached; for who asks only about labels to target
    returns: History
    raises: ValueError or TypeError, naming the value, for a setting or data that cannot work
    """
    ((name, strategy),) = pick_strategies(strategy).items()
    model, batch = make_model(model), check_integer("batch", batch, 1)
    _check_run(dataset, split, model, budget)
    check_strategy(name, strategy, model, dataset.X)
    measure = METRICS[check_choice("metric", metric, METRICS)]
    X, y, rng = dataset.X, dataset.y, np.random.default_rng(random_state)
    if isinstance(last_step(model), SEMI_SUPERVISED):
        y = np.unique(y, return_inverse=True)[1]  # as integers, since unknown labels are -1
    X_test, y_test = take(X, split.test), y[split.test]
    labeled, pool, n_labels, scores = split.seed, np.sort(split.pool), [], []
    while True:
        fit(model, X, y, labeled, pool)
        n_labels.append(len(labeled))
        scores.append(measure(y_test, model.predict(X_test)))
        wanted = min(batch, budget - len(labeled), len(pool))
        if wanted == 0 or (stop_at is not None and scores[-1] >= stop_at):
            return History(np.array(n_labels), np.array(scores), labeled[len(split.seed) :])
        bought = strategy(Round(*shown_to(strategy, model, X), labeled, y[labeled], pool, wanted, rng))
        pool = _remove(pool, bought, wanted, name)
        labeled = np.concatenate([labeled, bought])


def shown_to(strategy, model, X):
    """(classifier, X) for a Round: a rule that measures distances sees X as a pipeline's last step does."""
    if isinstance(model, Pipeline) and "numeric" in getattr(strategy, "needs", ()):
        return model[-1], model[:-1].transform(X)
    return model, X


def _check_run(dataset, split, model, budget):
    """Raise if the loop cannot run on this data with this model and this budget."""
    if not is_classifier(model):
        raise TypeError(f"model must be a scikit-learn classifier, got {model!r}")
    if check_integer("budget", budget, 1) < len(split.seed):
        raise ValueError(f"budget must be at least the seed set's {len(split.seed)} labels, got {budget}")
    if len(np.unique(dataset.y[split.seed])) < 2:
        raise ValueError(f"the seed set has the one class {dataset.y[split.seed][0]}; 2 are needed")
    imputes = isinstance(model, Pipeline)  # whose tags do not say; its own steps complain if they cannot
    _check_finite(dataset.X, imputes or get_tags(model).input_tags.allow_nan)


def _check_finite(X, allow_nan):
    """Raise ValueError if X holds infinity, or NaN where the model cannot take it."""
    values = X.select_dtypes("number") if hasattr(X, "iloc") else X.data if sparse.issparse(X) else X
    values = np.asarray(values)
    if values.dtype.kind != "f" or np.isfinite(values.sum()):  # one pass, no copy of a large pool
        return
    infinite, missing = np.isinf(values).sum(), np.isnan(values).sum()
    if infinite:
        raise ValueError(f"X holds {infinite} infinite values; all must be finite")
    if missing and not allow_nan:
        how = "impute them, for instance with make_pipeline(SimpleImputer(), model)"
        raise ValueError(f"X holds {missing} missing values (NaN); {how}")


def _remove(pool, bought, wanted, name):
    """The pool without the rows bought; ValueError if these are not `wanted` distinct rows of the pool."""
    at, keep = np.minimum(pool.searchsorted(bought), len(pool) - 1), np.ones(len(pool), dtype=bool)
    keep[at] = False
    left = pool[keep]  # a row bought twice leaves one row too many
    if len(bought) != wanted or len(left) != len(pool) - wanted or not np.array_equal(pool[at], bought):
        raise ValueError(f"strategy {name!r} must return {wanted} distinct rows of the pool")
    return left


def table_model(table, model=None):
    """A classifier (default_model() if None) behind the table's preprocessor: both are fitted together."""
    return make_pipeline(clone(table.preprocessor), make_model(model))


def labeled_rows(table, least):
    """The labelled rows (m,) and their labels (m,); ValueError if fewer than `least` rows in a class."""
    rows = np.flatnonzero(table.labeled)
    y = table.y[rows].astype(str)
    counts = pd.Series(y).value_counts()
    if len(counts) < 2:
        found = f"the one class {counts.index[0]!r} in {len(y)} labels" if len(y) else "no labelled rows"
        raise ValueError(f"{table.name} has {found} in {table.label_column!r}; label some of 2 classes first")
    if counts.min() < least:
        few = [f"{label} ({count})" for label, count in counts[counts < least].items()]
        raise ValueError(f"each class needs at least {least} labelled rows; too few: {some(few)}")
    return rows, y


def suggest(table, n=10, *, strategy="margin", model=None, random_state=0):
    """Say which rows of a table to label next: fit on the labelled rows, let the strategy choose the others.

    n: rows to choose, at most as many as have no label
    strategy, model, random_state: as in run_loop; the model needs predict_proba
    returns: DataFrame (n, 6) in the order to label: id, guess_1, p_1, guess_2, p_2 (the two likeliest
        classes and their probabilities) and score, the strategy's own or else margin's; larger = ask first
    raises: ValueError if no row lacks a label, fewer than 2 classes have one, or a setting cannot work
    """
    ((name, strategy),) = pick_strategies(strategy).items()
    pool = np.flatnonzero(~table.labeled)
    n = min(check_integer("the number of rows to suggest", n, 1), len(pool))
    if n == 0:
        raise ValueError(f"nothing to suggest: no row of {table.name} has an empty {table.label_column!r}")
    labeled, known = labeled_rows(table, least=1)
    classes, y = np.unique(known, return_inverse=True)
    model = table_model(table, model)
    check_strategy(name, strategy, model, table.X)
    if not hasattr(model, "predict_proba"):
        fitting = [other for other in CLASSIFIERS if hasattr(make_model(other), "predict_proba")]
        lacking = f"a suggestion shows probabilities, and {type(last_step(model)).__name__} gives none"
        raise ValueError(f"{lacking}; classifiers that do: {', '.join(fitting)}")
    codes = np.full(len(table.labeled), -1)
    codes[labeled] = y
    fit(model, table.X, codes, labeled, pool)
    rng = np.random.default_rng(random_state)
    rows = strategy(Round(*shown_to(strategy, model, table.X), labeled, y, pool, n, rng))
    proba = model.predict_proba(table.X[rows])
    best, second = np.argsort(-proba, axis=1, kind="stable")[:, :2].T
    each, score = np.arange(n), getattr(strategy, "keywords", {}).get("score_function", margin)
    guesses = {"guess_1": classes[best], "p_1": proba[each, best]}
    guesses |= {"guess_2": classes[second], "p_2": proba[each, second]}
    return pd.DataFrame({"id": table.frame.index[rows], **guesses, "score": score(proba)})


# ---------------------------------------------------------------------------------------------------
# 4. The study
# ---------------------------------------------------------------------------------------------------


def run_histories(
    dataset,
    strategies=CLASSIC,
    *,
    n_splits=100,
    seed_per_class=2,
    test_size=0.3,
    model=None,
    random_state=0,
    n_jobs=-1,
    **settings,
):
    """Run every strategy on many splits, paired: in a split all share the seed set and the test set.

    dataset: Dataset
    strategies: a name, names, or a mapping from your own names to callables
    n_splits: how many random splits into seed, pool and test
    seed_per_class, test_size: as in split_dataset; model and the other settings: as in run_loop
    n_jobs: processes; -1 for one a core. The result does not depend on it
    returns: dict (strategy, split) -> History
    raises: ValueError or TypeError, naming the value, for a setting or data that cannot work;
        RuntimeError if a worker process is killed or a cluster goes away

    On a dask cluster: client.upload_file(al_helpers.__file__, load=False) once (restarted workers get it
    too), then call this, or run_study, inside `with joblib.parallel_config(backend="dask")`.
    """
    strategies = pick_strategies(strategies)
    for name, strategy in strategies.items():  # here, where the name is known, and before any work
        check_strategy(name, strategy, make_model(model), dataset.X)
    n_splits = check_integer("n_splits", n_splits, 1)
    random_state = check_integer("random_state", random_state, 0)
    if check_integer("n_jobs", n_jobs, -(10**6)) == 0:
        raise ValueError("n_jobs must be a positive number of processes or -1 for one a core, got 0")
    cut = partial(split_dataset, dataset.y, seed_per_class=seed_per_class, test_size=test_size)
    seeds = [[random_state, split] for split in range(n_splits)]
    splits = ((seed, cut(random_state=np.random.SeedSequence(seed))) for seed in seeds)  # made as needed
    loop = partial(run_loop, model=model, **settings)
    keys = [(name, split) for split in range(n_splits) for name in strategies]
    jobs = (
        joblib.delayed(_one_run)(loop, dataset, split, strategy, seed, name)
        for seed, split in splits
        for name, strategy in strategies.items()
    )
    together = len(strategies) if n_splits > 8 else 1  # a split's runs share the data sent, and a graph
    runs = progress(_run_jobs(jobs, n_jobs, together, needed=(loop, strategies)), len(keys))
    histories = dict(zip(keys, runs, strict=True))
    return {(name, split): histories[name, split] for name in strategies for split in range(n_splits)}


def _run_jobs(jobs, n_jobs, together, needed):
    """Yield the jobs' results in their order; RuntimeError, never a hang, if what runs them dies.

    together: how many jobs a process is sent at a time
    needed: what the jobs are made of, which a cluster's workers must be able to import
    """
    client, done = getattr(get_active_backend()[0], "client", None), threading.Event()
    if client is not None:  # of a dask cluster
        _check_imports(client, needed)
        threading.Thread(target=_watch_cluster, args=(client, done), daemon=True).start()
    try:
        yield from joblib.Parallel(n_jobs=n_jobs, batch_size=together, return_as="generator")(jobs)
    except BrokenProcessPool as error:
        why = "a worker process was killed, perhaps for want of memory, and the study with it"
        raise RuntimeError(f"{why}; fewer jobs need less memory") from error
    except CancelledError as error:
        raise RuntimeError("the cluster went away, or all its workers did, and the study with it") from error
    finally:
        done.set()


def _check_imports(client, needed):
    """Raise RuntimeError, where a job would hang, if a worker lacks a module that the jobs need."""
    from distributed.protocol.pickle import dumps

    try:
        client.run(pickle.loads, dumps(needed))
    except ModuleNotFoundError as error:
        how = f"install it there, or send it with client.upload_file({error.name}.__file__, load=False)"
        raise RuntimeError(f"the cluster's workers have no module {error.name!r}; {how}") from error


def _watch_cluster(client, done, patience=30):
    """Close the client, which cancels what it waits for, once there was no worker for patience seconds."""
    deadline = time.monotonic() + patience
    while not done.wait(1):
        if client.status == "running" and client.scheduler_info()["workers"]:
            deadline = time.monotonic() + patience
        if time.monotonic() > deadline:
            return client.close()


def _one_run(loop, dataset, split, strategy, seed, name):
    """One job, with a stream of chance of its own by split and strategy."""
    random_state = np.random.SeedSequence([*seed, zlib.crc32(name.encode())])
    return loop(dataset, split, strategy, random_state=random_state)


def curves_of(histories):
    """The result of run_histories as a tidy table, that of run_study."""
    frames = [
        pd.DataFrame({"strategy": name, "split": split, "n_labels": run.n_labels, "accuracy": run.accuracy})
        for (name, split), run in histories.items()
    ]
    return pd.concat(frames, ignore_index=True)


def run_study(dataset, strategies=CLASSIC, *, n_splits=100, **settings):
    """The learning curves of every strategy over many paired splits; settings as in run_histories.

    returns: DataFrame with columns strategy, split, n_labels, accuracy (in [0, 1]); one row a round
    """
    return curves_of(run_histories(dataset, strategies, n_splits=n_splits, **settings))


def progress(items, total):
    """Yield items, showing how far along they are: on a terminal or in a notebook, and nowhere else.

    The bar ends empty, so that a committed page never shows a frozen one.
    """
    show = _screen()
    try:
        for done, item in enumerate(items, 1):
            filled = 30 * done // total
            show(f"{'█' * filled}{'░' * (30 - filled)} {done}/{total} runs")
            yield item
    finally:
        show("")


def _in_notebook():
    ipython = sys.modules.get("IPython")
    return bool(ipython) and type(ipython.get_ipython()).__name__ == "ZMQInteractiveShell"


def _screen():
    """What shows a line of text in place of its last one, if anybody watches."""
    if _in_notebook():
        from IPython.display import HTML, display

        handle = display(HTML(""), display_id=True)
        return lambda text: handle.update(HTML(text))
    if sys.stderr.isatty():
        return lambda text: print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    return lambda text: None


@on_one_thread
def plan_study(table, *, target=None, batch=None, budget=None, model=None, metric="accuracy", random_state=0):
    """Choose what a study of a table's labelled rows needs, and say why.

    target, batch, budget: chosen from the data if None; other settings: as in run_histories
    returns: Dataset of the labelled rows, dict of settings for run_study, target, list of sentences
    raises: ValueError if there are fewer than 2 classes, or than 2 labelled rows in a class
    """
    rows, y = labeled_rows(table, least=2)
    dataset, model = Dataset(table.name, table.X[rows], y), table_model(table, model)
    settings, sentence = study_sizes(y, batch=batch, budget=budget)
    settings |= {"model": model, "metric": check_choice("metric", metric, METRICS)}
    settings["random_state"] = random_state
    sentences, share = [sentence], pd.Series(y).value_counts(normalize=True)
    if share.iloc[0] > 0.8 and metric == "accuracy":
        hint = f"{share.iloc[0]:.0%} of the labels are {share.index[0]!r}: always saying so is as accurate"
        sentences.append(f"{hint}; the metric balanced_accuracy weighs the classes alike.")
    if target is None:
        splits = StratifiedShuffleSplit(10, test_size=settings["test_size"], random_state=random_state)
        reached = cross_val_score(model, dataset.X, dataset.y, cv=splits, scoring=metric).mean()
        target = max(round(reached - 0.02, 3), 0.01)
        sentences.append(
            f"The target is {target:.1%}: trained on every label outside the test set, the model scores "
            f"{reached:.1%} (mean of 10 splits), less 2 points."
        )
    return dataset, settings, target, sentences


def study_sizes(y, *, batch=None, budget=None):
    """Sizes that suit labels y (n,): dict of settings for run_study, and a sentence that says them.

    Few rows are tested on a half of them, so that the test can tell 90 % from 85 %.
    """
    counts = np.unique(y, return_counts=True)[1]
    test_size = 0.3 if len(y) >= 200 and 0.3 * len(y) >= len(counts) else 0.5
    left = len(y) - int(np.ceil(test_size * len(y)))
    seed_per_class = 2 if counts.min() >= 4 and left > 4 * len(counts) else 1
    seed = seed_per_class * len(counts)
    budget = min(left, max(300, 3 * seed)) if budget is None else budget
    batch = min(max(1, (budget - seed) // 20), 10) if batch is None else batch
    sizes = {"seed_per_class": seed_per_class, "test_size": test_size, "batch": batch, "budget": budget}
    return sizes, (
        f"Of {len(y)} labelled rows, each split tests on {len(y) - left} ({test_size:.0%}), starts from "
        f"{seed} ({seed_per_class} a class) and buys {batch} at a time, up to {budget} of the other {left}."
    )


# ---------------------------------------------------------------------------------------------------
# 5. Measures
#
# A run that never reaches the target needs "more than the budget": inf. It is counted, never dropped.
# ---------------------------------------------------------------------------------------------------


def check_target(target):
    """Return target as a float; ValueError unless it is in (0, 1]."""
    if isinstance(target, bool) or not isinstance(target, Real):
        raise TypeError(f"target must be a number, got {target!r}")
    if not 0 < target <= 1:
        hint = f" (did you mean {target / 100:g}?)" if 1 < target <= 100 else ""
        raise ValueError(f"target must be an accuracy in (0, 1], got {target}{hint}")
    return float(target)


def labels_to_target(curves, target, *, hold=1):
    """The labels each run needed to reach the target accuracy.

    curves: table of run_study
    target: accuracy in (0, 1]
    hold: consecutive rounds for which the accuracy must stay at the target or above, this one included;
        a run whose budget ends before the last of them has not shown it, and counts as never reached
    returns: DataFrame with columns strategy, split, n_labels: the first n_labels that does, or inf
    """
    target, hold = check_target(target), check_integer("hold", hold, 1)
    runs = curves.sort_values("n_labels", kind="stable").groupby(["strategy", "split"], sort=False)
    needed = [_first_crossing(run, target, hold) for _, run in runs]
    return pd.DataFrame([*runs.groups], columns=["strategy", "split"]).assign(n_labels=needed)


def by_split(needed):
    """The table of labels_to_target with a row a split and a column a strategy, in their order there."""
    return needed.pivot(index="split", columns="strategy", values="n_labels")[[*needed["strategy"].unique()]]


def _first_crossing(run, target, hold):
    above = (run["accuracy"] >= target).to_numpy()
    if len(above) < hold:
        return np.inf
    held = np.lib.stride_tricks.sliding_window_view(above, hold).all(axis=1)
    return float(run["n_labels"].iloc[held.argmax()]) if held.any() else np.inf


def share_saved(needed, reference, budget):
    """The share of labels saved, 1 - needed / reference, as far as censoring lets it be known.

    needed, reference: arrays of labels to target, inf = more than the budget
    budget: labels at which runs were stopped
    returns: (lowest, highest) possible share; equal where both numbers are finite
    """
    return 1 - needed / np.minimum(reference, budget), 1 - np.minimum(needed, budget) / reference


def labels_saved(needed, reference, budget):
    """The number of labels saved, reference - needed: bounds, as in share_saved."""
    return np.minimum(reference, budget) - needed, reference - np.minimum(needed, budget)


def resamples(n, n_resamples=4000, random_state=0):
    """Bootstrap resamples of n splits: int array (n_resamples, n) of positions."""
    return np.random.default_rng(random_state).integers(n, size=(n_resamples, n))


@lru_cache(maxsize=4)
def _times_drawn(n, random_state):
    """How often each of resamples holds each split: array (n_resamples, n), for a fast matrix product."""
    drawn = resamples(n, random_state=random_state)
    places = drawn + n * np.arange(len(drawn))[:, None]
    return np.bincount(places.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(np.float32)


def resampled_medians(values, random_state=0):
    """The median of every bootstrap resample of values (n,), which may be inf: array (n_resamples,).

    Labels to target come in batches, so few values differ, and it is less work to count how many draws lie at
    or below each of them than to sort every resample.
    """
    distinct, code = np.unique(values, return_inverse=True)
    at_most = _times_drawn(len(values), random_state) @ (code[:, None] <= np.arange(len(distinct)))
    middle = np.array([(len(values) - 1) // 2, len(values) // 2])[:, None, None]
    return distinct[(at_most > middle).argmax(axis=2)].mean(axis=0)


def bootstrap_interval(values, statistic=np.median, *, level=0.95, random_state=0):
    """Percentile bootstrap interval of a statistic over splits.

    values: array (n_splits,), inf allowed where the statistic takes it
    statistic: function of an array and an axis, such as numpy.median or numpy.mean
    returns: (low, high); (nan, nan) for a single split
    source: Efron & Tibshirani 1993
    """
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return np.nan, np.nan
    if statistic is np.median:
        drawn = resampled_medians(values, random_state)
    else:
        drawn = statistic(values[resamples(len(values), random_state=random_state)], axis=1)
    return _tails(drawn, drawn, level)


def saving_interval(needed, reference, budget, bounds=share_saved, *, level=0.95, random_state=0):
    """Bootstrap interval of the saving between the medians of two strategies, resampling whole splits.

    needed, reference: arrays (n_splits,), labels to target on the same splits, inf = never reached
    budget: labels at which runs were stopped
    bounds: share_saved or labels_saved
    returns: (low, high); wider where censoring leaves the saving open; (nan, nan) for a single split
    """
    if len(needed) < 2:
        return np.nan, np.nan
    medians = (resampled_medians(values, random_state) for values in (needed, reference))
    return _tails(*bounds(*medians, budget), level)


def _tails(lowest, highest, level):
    """The outer quantiles of bootstrapped bounds; observed values, since infinities cannot be averaged."""
    tail = (1 - level) / 2
    low = np.quantile(lowest, tail, method="inverted_cdf")
    return float(low), float(np.quantile(highest, 1 - tail, method="inverted_cdf"))


def area_under_curve(n_labels, accuracy):
    """Area under a learning curve by the trapezoid rule, divided by its width: a mean accuracy in [0, 1]."""
    if len(n_labels) == 1:
        return float(np.asarray(accuracy)[0])
    return float(np.trapezoid(accuracy, n_labels) / np.ptp(n_labels))


def areas(curves):
    """Area under every curve: DataFrame with a row a split and a column a strategy."""
    runs = curves.sort_values("n_labels", kind="stable").groupby(["split", "strategy"], sort=False)
    return runs[["n_labels", "accuracy"]].apply(lambda run: area_under_curve(*run.to_numpy().T)).unstack()


def final_scores(curves):
    """The last accuracy of every curve: DataFrame with a row a split and a column a strategy."""
    return (
        curves.sort_values("n_labels", kind="stable")
        .groupby(["split", "strategy"], sort=False)["accuracy"]
        .last()
        .unstack()
    )


def summarise(curves, target, *, hold=1, reference="random", random_state=0):
    """Every measure of every strategy, as numbers.

    curves: table of run_study
    target, hold: as in labels_to_target
    reference: the strategy that the others are compared with, split by split
    random_state: seed of the bootstrap
    returns: DataFrame indexed by strategy, the reference first, with columns
        median, q25, q75       labels to target over the splits, inf = more than the budget
        reached_share          share of splits in which the target was reached
        saving_low, saving_high  95 % interval of the saving against the reference (nan for one split)
        saving_min, saving_max   the saving 1 - median / median(reference); the two are equal unless a
                               median is censored, and then they bound it
        cost_more_share, tie_share  share of splits with more labels than the reference, or as many
        auc, final_accuracy    means over the splits
    raises: ValueError if the reference is not among the curves
    """
    check_choice("reference strategy", reference, list(curves["strategy"].unique()))
    needed = by_split(labels_to_target(curves, target, hold=hold))
    budget = curves["n_labels"].max()
    names = [reference, *(name for name in curves["strategy"].unique() if name != reference)]
    rows = [_summary_row(needed[name], needed[reference], budget, random_state) for name in names]
    summary = pd.DataFrame(rows, index=pd.Index(names, name="strategy"))
    summary["auc"] = areas(curves).mean()
    summary["final_accuracy"] = final_scores(curves).mean()
    return summary


def _summary_row(needed, reference, budget, random_state):
    needed, reference = needed.to_numpy(), reference.to_numpy()
    lowest, highest = share_saved(np.median(needed), np.median(reference), budget)
    low, high = saving_interval(needed, reference, budget, random_state=random_state)
    return {
        "median": np.median(needed),
        "q25": np.quantile(needed, 0.25, method="inverted_cdf"),
        "q75": np.quantile(needed, 0.75, method="inverted_cdf"),
        "reached_share": np.isfinite(needed).mean(),
        "saving_min": lowest,
        "saving_max": highest,
        "saving_low": low,
        "saving_high": high,
        "cost_more_share": (needed > reference).mean(),
        "tie_share": (needed == reference).mean(),
    }


def results_table(curves, target, *, hold=1, random_state=0):
    """The report's table, formatted for reading; the numbers themselves are summarise's.

    curves: table of run_study, `random` among its strategies
    target, hold, random_state: as in summarise
    returns: DataFrame of strings, one row a strategy, `random` first
    """
    summary = summarise(curves, target, hold=hold, random_state=random_state)
    budget = curves["n_labels"].max()
    others = summary.index != "random"
    return pd.DataFrame(
        {
            "strategy": summary.index,
            f"labels -> {format_percent(target)}": [format_labels(n, budget) for n in summary["median"]],
            "saved vs random": np.where(others, [format_saving(row) for row in summary.itertuples()], "-"),
            "cost more than random in": np.where(others, [format_cost(r) for r in summary.itertuples()], "-"),
            "AUC": [f"{auc:.3f}" for auc in summary["auc"]],
            "final acc.": [format_percent(final, 1) for final in summary["final_accuracy"]],
        }
    )


def text_table(table):
    """A table of strings as aligned text."""
    columns = [[name, *cells] for name, cells in table.items()]
    padded = [[cell.ljust(max(map(len, column))) for cell in column] for column in columns]
    return "\n".join("  ".join(row).rstrip() for row in zip(*padded, strict=True))


def format_percent(share, decimals=None):
    """0.9 -> "90%"; a fixed number of decimals if given."""
    return f"{100 * share:.4g}%" if decimals is None else f"{100 * share:.{decimals}f}%"


def format_labels(n, budget):
    """A number of labels, or "> 300" when it is more than the budget."""
    return f"{n:g}" if np.isfinite(n) else f"> {budget:g}"


def format_saving(row):
    """The saving of one row of summarise, with its interval: "38% [30, 44]", "> 60%" when censored."""
    if np.isnan(row.saving_low) or _estimate(row) == "not known":
        return _estimate(row)
    low = f"{100 * row.saving_low:.0f}" if np.isfinite(row.saving_low) else "-∞"
    return f"{_estimate(row)} [{low}, {100 * row.saving_high:.0f}]"


def _estimate(row):
    if row.saving_min == row.saving_max:
        return f"{100 * row.saving_min:.0f}%"
    if np.isfinite(row.saving_min):
        return f"> {100 * row.saving_min:.0f}%"  # random's median is beyond the budget
    return f"< {100 * row.saving_max:.0f}%" if row.saving_max < 1 else "not known"


def format_cost(row):
    """Share of splits in which a rule cost more labels than random, ties apart."""
    return f"{100 * row.cost_more_share:.0f}% (ties {100 * row.tie_share:.0f}%)"


def describe(curves, target, *, hold=1, random_state=0):
    """What the results table shows, in one sentence made from its numbers.

    returns: str; says "no difference shown" where an interval spans 0
    """
    summary = summarise(curves, target, hold=hold, random_state=random_state)
    n_splits, budget = curves["split"].nunique(), curves["n_labels"].max()
    median = format_labels(summary.loc["random", "median"], budget)
    reached = f"{format_percent(target)} takes random {median} labels"
    findings = [finding(row) for row in summary.drop("random").itertuples()]
    start = f"Over {n_splits} splits (medians)" if n_splits > 1 else "On this one split"
    sentence = "; ".join([f"{start}, {reached}", *findings]) + "."
    return sentence + (" One split is an anecdote: use more for an interval." if n_splits == 1 else "")


def finding(row):
    """What one row of summarise shows against random, in words."""
    if row.saving_low <= 0 <= row.saving_high:
        return f"no difference shown for {row.Index} ({format_saving(row)})"
    if row.saving_high < 0 and row.saving_min == row.saving_max:
        more, low, high = (-100 * share for share in (row.saving_min, row.saving_high, row.saving_low))
        return f"{row.Index} costs {more:.0f}% more [{low:.0f}, {high:.0f}]"
    return f"{row.Index} saves {format_saving(row)}"


def recommend(curves, target, *, hold=1, random_state=0):
    """Which rule to use and how sure that is, in words: the one whose saving is surely the largest.

    returns: str; says "no difference shown" where the interval spans 0
    """
    summary = summarise(curves, target, hold=hold, random_state=random_state)
    rules = [row for row in summary.itertuples() if row.Index != "random" and not np.isnan(row.saving_low)]
    if not rules:
        return "Nothing can be recommended from one split, or from random alone."
    if np.isinf(summary["median"]).all():
        return "Nothing can be recommended: most runs miss the target; lower it or raise the budget."
    best = max(rules, key=lambda row: row.saving_low)
    if best.saving_low > 0:
        picked = f" (the best of {len(rules)}, so expect a little less)" if len(rules) > 1 else ""
        return (
            f"Recommended: {best.Index}. Over random splits of these rows it saves {format_saving(best)} of "
            f"the labels that random needs{picked}; it cost more in {100 * best.cost_more_share:.0f}%."
        )
    shown = f"{'no difference shown' if best.saving_high >= 0 else 'it costs more'}, {format_saving(best)}"
    return f"No rule is recommended over random: for {best.Index}, the most promising, {shown}."


def verdict(claimed, low, high):
    """Whether an interval (low, high) bears out a claimed difference: confirmed, not confirmed, opposite."""
    if low <= 0 <= high:
        return "not confirmed"
    return "confirmed" if (low > 0) == (claimed > 0) else "the opposite"


def check_claim(claim, published, row):
    """One line of the claims table: a published saving against a row of summarise."""
    answer = verdict(published, row.saving_low, row.saving_high)
    return claim, f"{published:+.0%}", format_saving(row), answer


def check_gains(measure, published, table):
    """Lines of the claims table: published differences from random against a table of splits x strategies."""
    gains = {name: table[name] - table["random"] for name in published}
    bounds = {name: bootstrap_interval(gain, np.mean) for name, gain in gains.items()}
    return [
        (
            f"{name}: {measure}",
            f"{value:+.3f}",
            f"{gains[name].mean():+.3f} [{bounds[name][0]:+.3f}, {bounds[name][1]:+.3f}]",
            verdict(value, *bounds[name]),
        )
        for name, value in published.items()
    ]


def contrast(facts, column, strategy, other):
    """Mean difference of a column of bought_facts between two strategies, split by split, as texts."""
    values = facts.pivot(index="split", columns="strategy", values=column)
    difference = values[strategy] - values[other]
    low, high = bootstrap_interval(difference, np.mean)
    share = values[strategy].mean() / values[other].mean()
    return (
        column,
        f"{strategy} - {other}",
        f"{difference.mean():+.3f} [{low:+.3f}, {high:+.3f}]",
        f"{share:.0%}",
    )


def contrast_labels(curves, target, strategy, other):
    """Difference between the median labels to target of two strategies, as "60 [45, 70]"."""
    needed = by_split(labels_to_target(curves, target))
    low, high = saving_interval(needed[other], needed[strategy], curves["n_labels"].max(), labels_saved)
    return f"{needed[strategy].median() - needed[other].median():.0f} [{low:.0f}, {high:.0f}]"


def worth(name, needed, reference, budget, price, seconds, setup_cost):
    """What a strategy saves in labels, money and minutes, with intervals, and the price at which it pays.

    needed, reference: Series (n_splits,), labels to target; price and seconds: of one label
    setup_cost: what building the loop costs; returns: tuple of texts
    """
    saved = labels_saved(needed.median(), reference.median(), budget)[0]
    low, high = saving_interval(needed, reference, budget, labels_saved)
    texts = [
        f"{unit * saved:.{digits}f} [{unit * low:.{digits}f}, {unit * high:.{digits}f}]"
        for unit, digits in ((1, 0), (price, 2), (seconds / 60, 0))
    ]
    return name, *texts, f"{setup_cost / saved:.2f}" if low > 0 else "no saving shown"


def checksum(histories):
    """A short checksum of all rows queried, in order: equal on two machines if every query was."""
    rows = np.concatenate([run.queried for run in histories.values()]).astype("<i8")
    return f"{zlib.crc32(rows.tobytes()):08x}"


def false_alarm_rate(copies, budget, *, n_studies=300, random_state=0):
    """The A/A check: how often does the interval of the saving exclude 0 for a strategy against itself?

    copies: DataFrame (n_splits, c), labels to target of c independent runs of one strategy on each split
    n_studies: studies made by drawing, on every split, two of the c runs in random order
    returns: float, the share of studies that raise a false alarm; about 0.05 is what 95 % promises
    """
    rng, copies, alarms = np.random.default_rng(random_state), copies.to_numpy(), 0
    for _ in range(n_studies):
        one, other = rng.permuted(copies, axis=1)[:, :2].T
        low, high = saving_interval(one, other, budget)
        alarms += not low <= 0 <= high
    return alarms / n_studies


@on_one_thread
def hard_rows(dataset, model=None):
    """Rows that a model trained on the others still gets wrong: bool (n,), by 10-fold cross-validation."""
    model = default_model() if model is None else model
    return cross_val_predict(model, dataset.X, dataset.y, cv=10) != dataset.y


def bought_facts(histories, dataset, hard, *, batch, rounds=10):
    """What the first batches of every run held.

    histories: dict of run_histories; hard: bool array (n,) of hard_rows; X must be a dense array
    batch, rounds: look at the first `rounds` batches of `batch` rows
    returns: DataFrame with columns strategy, split, and over these batches the means of
        hard      share of the rows bought that are hard
        classes   different classes in a batch
        distance  Euclidean distance from a row to the nearest other row of its batch
    """
    facts = []
    for (name, split), run in histories.items():
        whole = run.queried[: len(run.queried) // batch * batch].reshape(-1, batch)[:rounds]
        classes = np.mean([len(np.unique(dataset.y[rows])) for rows in whole])
        distance = np.mean([_nearest_in_batch(dataset.X[rows]) for rows in whole])
        facts.append((name, split, hard[whole].mean(), classes, distance))
    return pd.DataFrame(facts, columns=["strategy", "split", "hard", "classes", "distance"])


def _nearest_in_batch(X):
    between = squareform(pdist(X))
    np.fill_diagonal(between, np.inf)
    return between.min(axis=1).mean()


def means_by_strategy(facts, column):
    """Mean of a column over the splits, with its 95 % interval: estimate, low, high, indexed by strategy."""
    rows = {
        name: (v.mean(), *bootstrap_interval(v, np.mean))
        for name, v in facts.groupby("strategy", sort=False)[column]
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "low", "high"])


def medians_to_target(curves, target):
    """Median labels to target with its 95 % interval: columns median, low, high, indexed by strategy."""
    needed = by_split(labels_to_target(curves, target))
    rows = {name: (needed[name].median(), *bootstrap_interval(needed[name])) for name in needed}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["median", "low", "high"])
    return table.rename_axis("strategy")


def target_grid(studies, target):
    """Median labels to a target of many studies.

    studies: dict name -> table of run_study
    returns: two DataFrames with a row a study and a column a strategy: the medians, and them as texts with
        their 95 % intervals
    """
    numbers, texts = {}, {}
    for name, curves in studies.items():
        medians, budget = medians_to_target(curves, target), curves["n_labels"].max()
        numbers[name] = medians["median"]
        texts[name] = [_median_cell(row, budget) for row in medians.itertuples()]
    return pd.DataFrame(numbers).T, pd.DataFrame(texts, index=numbers[name].index).T


def _median_cell(row, budget):
    median, low, high = (format_labels(n, budget) for n in (row.median, row.low, row.high))
    return median if np.isinf(row.low) else f"{median}\n[{low}, {high}]".replace("> ", ">")


def saving_grid(studies, strategy, targets):
    """Savings of one strategy against random, by data set and target.

    studies: dict name -> table of run_study
    returns: two DataFrames with a row a data set and a column a target: the saving as a number (nan where
        censoring leaves it open), and as a text, with "n.s." where its interval includes 0
    """
    values, texts = {}, {}
    for name, curves in studies.items():
        pair = curves[curves["strategy"].isin(["random", strategy])]
        rows = [summarise(pair, target).loc[strategy] for target in targets]
        values[name] = [row.saving_min if row.saving_min == row.saving_max else np.nan for row in rows]
        texts[name] = [_cell(row) for row in rows]
    columns = [format_percent(target) for target in targets]
    grid = partial(pd.DataFrame.from_dict, orient="index", columns=columns)
    return grid(values), grid(texts)


def _cell(row):
    if np.isinf(row["median"]) and np.isinf(row.saving_min):
        return "not\nreached"
    return _estimate(row) + ("\nn.s." if row.saving_low <= 0 <= row.saving_high else "")


# ---------------------------------------------------------------------------------------------------
# 6. Plots
#
# Each takes a table and an Axes and returns the Axes; none of them computes a result.
# ---------------------------------------------------------------------------------------------------

# petroff6, in an order that keeps random grey and neighbours apart for colour-blind readers
COLORS = {
    "random": "#9c9ca1",
    "least_confidence": "#f89c20",
    "margin": "#5790fc",
    "entropy": "#e42536",
    "diverse_margin": "#7a21dd",
    "annealed_margin": "#964a8b",
}
MARKERS = dict(zip(COLORS, "os^DvP", strict=True))
PLOT_STYLE = {
    "figure.facecolor": "white",
    "figure.figsize": (9, 4.5),
    "figure.dpi": 144,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "al_helpers",  # the same bytes at every run
}


def color_of(name):
    """The one colour of a strategy in every figure; dark grey for one without its own."""
    return COLORS.get(name, "#555555")


def ink_of(name):
    """The strategy's colour, darkened so that text in it reads well on white."""
    from matplotlib.colors import to_rgb

    return tuple(0.7 * channel for channel in to_rgb(color_of(name)))


def new_figure(rows=1, columns=1, **settings):
    """A figure in the report's style and its Axes; settings as in matplotlib.pyplot.subplots."""
    import matplotlib.pyplot as plt  # here, so that the command and the workers start without it

    with plt.rc_context(PLOT_STYLE):
        return plt.subplots(rows, columns, layout="constrained", **settings)


def title(ax, finding, caption):
    """Put the finding over an Axes (or a Figure), and under it what the marks are and how many splits."""
    whole = re.sub(r"\S+ \[.*?\]", lambda interval: interval[0].replace(" ", "\N{NO-BREAK SPACE}"), finding)
    lines = textwrap.wrap(whole, 85 if hasattr(ax, "suptitle") else 66)
    text = "\n".join([*lines, ""])  # the last line stays free for the caption
    if hasattr(ax, "suptitle"):
        ax.suptitle(text, x=0.01, ha="left", weight="bold", size=13)
        drop = 0.235 * len(lines) / ax.get_figheight()  # a line of 13 points, as a share of the height
        note = ax.text(0.01, 0.98 - drop, caption, ha="left", va="top", color="#555555", size=10)
    else:
        ax.set_title(text, loc="left", weight="bold", size=13)
        note = ax.text(0, 1.02, caption, transform=ax.transAxes, color="#555555", size=10)
    note.set_in_layout(False)  # a long caption must not squeeze the Axes
    return ax


def show_table(table):
    """Show a table of strings in a notebook, without its index."""
    from IPython.display import display

    display({"text/html": table.to_html(index=False), "text/plain": text_table(table)}, raw=True)


def show_figure(ax, name, alt, *, folder=None):
    """Show the figure of an Axes in a notebook as the very PNG that is saved, and close it.

    ax: Axes (or the Figure itself)
    name: file name without ending
    alt: what the figure shows, in words, for who cannot see it
    folder: where to write name.png and name.svg; None writes nothing
    """
    import matplotlib.pyplot as plt
    from IPython.display import Image, display

    figure = getattr(ax, "figure", ax)
    png, svg = io.BytesIO(), io.BytesIO()
    with plt.rc_context(PLOT_STYLE):
        figure.savefig(png, format="png", metadata={"Software": None})
        figure.savefig(svg, format="svg", metadata={"Date": None})
    plt.close(figure)
    if folder is not None:
        Path(folder, f"{name}.png").write_bytes(png.getvalue())
        Path(folder, f"{name}.svg").write_bytes(svg.getvalue())
    display(Image(png.getvalue(), width=round(figure.get_figwidth() * 100), alt=alt))


def show_saved(path, alt):
    """Show a PNG of 900 pixels that was made elsewhere, such as a benchmark's, in a notebook."""
    from IPython.display import Image, display

    display(Image(Path(path).read_bytes(), width=900, alt=alt))


def _axes(ax):
    return new_figure()[1] if ax is None else ax


def spread(positions, gap):
    """Move positions apart, as little as needed, until neighbours are at least gap from one another."""
    order = np.argsort(positions)
    moved = np.asarray(positions, dtype=float)[order]
    for _ in range(500):
        overlap = np.maximum(gap - np.diff(moved), 0)
        moved[:-1] -= overlap / 2
        moved[1:] += overlap / 2
    result = np.empty_like(moved)
    result[order] = moved
    return result


def label_lines(ax, ends, gap=0.06):
    """Write a text at each line's end, in the line's colour, nudged apart.

    ends: dict name -> (x, y, text), in data units
    gap: smallest distance between two texts, as a share of the Axes' height
    """
    low, high = ax.get_ylim()
    heights = spread([y for _, y, _ in ends.values()], gap * (high - low))
    for (name, (x, _, text)), height in zip(ends.items(), heights, strict=True):
        ax.text(x, height, f"  {text}", color=ink_of(name), va="center", weight="bold", clip_on=False)


def plot_learning_curves(curves, target, ax=None):
    """Mean accuracy against labels, one line a strategy, with the 95 % interval of the mean over splits.

    curves: table of run_study
    target: accuracy of the dashed line; a marker on it shows each strategy's median labels to target,
        which comes from the runs and not from the mean curve, as in the table
    """
    ax, budget, ends = _axes(ax), curves["n_labels"].max(), {}
    needed = by_split(labels_to_target(curves, target))
    ax.axhline(target, color="#555555", lw=1, ls="--")
    for name, runs in curves.groupby("strategy", sort=False):
        scores = runs.pivot(index="n_labels", columns="split", values="accuracy")
        mean, color, median = scores.mean(axis=1), color_of(name), needed[name].median()
        low, high = np.transpose([bootstrap_interval(row, np.mean) for row in scores.to_numpy()])
        ax.plot(mean.index, mean, color=color, lw=2)
        ax.fill_between(mean.index, low, high, color=color, alpha=0.25, lw=0)
        if np.isfinite(median):
            ax.plot([median, median], [0, target], color=color, lw=1, ls=":")
            ax.plot(median, target, color=color, marker=MARKERS.get(name, "P"), ms=9, mec="white", zorder=5)
        ends[name] = (mean.index[-1], mean.iloc[-1], f"{name}: {format_labels(median, budget)}")
    lowest = curves.groupby(["strategy", "n_labels"])["accuracy"].mean().min()
    ax.set(xlabel="labels bought, seed set included", ylabel="test accuracy", ylim=(lowest - 0.03, 1))
    ax.set_xlim(curves["n_labels"].min(), budget)
    label_lines(ax, ends)
    return ax


def _dots(ax, values, row, color):
    """Every split as a dot around a row's line; the shifts are even, and the same at every run."""
    shift = 0.7 * (np.arange(len(values)) * 0.618034 % 1 - 0.5)
    ax.scatter(values, row + shift, s=16, color=color, alpha=0.5, lw=0)


def plot_labels_needed(needed, budget, ax=None):
    """Labels to target, a row a strategy: every split as a dot, the median, its 95 % interval.

    needed: table of by_split; budget: runs beyond it stand in the grey gutter at the right
    """
    ax, gutter = _axes(ax), 1.07 * budget
    ax.axvspan(1.02 * budget, 1.12 * budget, color="#eeeeee", lw=0)
    for row, name in enumerate(needed):
        values, color = needed[name].to_numpy(), color_of(name)
        _dots(ax, np.where(np.isinf(values), gutter, values), row, color)
        low, high = np.minimum(bootstrap_interval(values), gutter)
        ax.plot([low, high], [row, row], color=color, lw=7, solid_capstyle="butt")
        ax.plot(min(np.median(values), gutter), row, marker="|", ms=20, mew=3, color="black")
        beyond = f"{np.isinf(values).sum()} of {len(values)}"
        ax.text(1.14 * budget, row, beyond, va="center", color="#555555")
    ax.text(1.07 * budget, -0.62, f"over {budget}", ha="center", color="#555555")
    ax.set(yticks=range(needed.shape[1]), yticklabels=list(needed), xlabel="labels to target")
    ax.set(ylim=(needed.shape[1] - 0.5, -0.75), xlim=(0, 1.12 * budget))
    return ax


def plot_paired_savings(needed, budget, ax=None, reference="random"):
    """Labels saved against the reference on the same split: every split as a dot, median, 95 % interval.

    needed: table of by_split; runs that never reached the target count as the budget here, so that a
        dot at the edge is a bound; splits in which neither run reached it are left out
    """
    ax = _axes(ax)
    ax.axvline(0, color="black", lw=1)
    for row, name in enumerate(names := [name for name in needed if name != reference]):
        both = needed[np.isfinite(needed[[name, reference]]).any(axis=1)]
        saved = both[reference].clip(upper=budget) - both[name].clip(upper=budget)
        _dots(ax, saved, row, color_of(name))
        ax.plot(bootstrap_interval(saved), [row, row], color=color_of(name), lw=7, solid_capstyle="butt")
        ax.plot(saved.median(), row, marker="|", ms=20, mew=3, color="black")
        worse = f"costs more in {100 * (needed[name] > needed[reference]).mean():.0f}%"
        ax.text(1.01, row, worse, va="center", color="#555555", transform=ax.get_yaxis_transform())
    ax.set(yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.5))
    ax.set(
        xlabel=f"labels saved against {reference} on the same split  (right of 0: cheaper than {reference})"
    )
    return ax


def plot_reached_share(needed, budget, ax=None):
    """Share of splits that have reached the target, against labels bought; no run is dropped.

    needed: table of by_split
    """
    ax, grid = _axes(ax), np.arange(budget + 1)
    names = needed.median().sort_values(kind="stable").index  # from the left to the right
    for place, (name, height) in enumerate(zip(names, np.linspace(0.9, 0.15, len(names)), strict=True)):
        share = (needed[name].to_numpy()[:, None] <= grid).mean(axis=0)
        ax.step(grid, share, where="post", color=color_of(name), lw=2)
        x, side = grid[share >= min(height, share[-1])][0], "right" if place < len(names) / 2 else "left"
        text = ax.text(x, height, f" {name} ", color=ink_of(name), weight="bold", ha=side, va="center")
        text.set_bbox({"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1})
    ax.set(xlabel="labels bought, seed set included", ylabel="share of splits at target", ylim=(0, 1.02))
    ax.set_xlim(0, budget)
    return ax


def plot_score_triangle(score_function, ax=None):
    """A score over all probabilities of three classes: corners are certain, dark is asked for first."""
    ax, step = _axes(ax), np.linspace(0, 1, 61)
    second, third = (grid.ravel() for grid in np.meshgrid(step, step))
    inside = second + third <= 1 + 1e-9
    proba = np.column_stack([1 - second - third, second, third])[inside].clip(0, 1)
    x, y = proba[:, 1] + proba[:, 2] / 2, proba[:, 2] * np.sqrt(3) / 2
    ax.tricontourf(x, y, score_function(proba), levels=12, cmap="Blues")
    for (at_x, at_y), name in zip([(0, -0.08), (1, -0.08), (0.5, 0.91)], "ABC", strict=True):
        ax.text(at_x, at_y, f"surely {name}", ha="center", va="center")
    ax.set(aspect="equal", xlim=(-0.1, 1.1), ylim=(-0.14, 0.98))
    ax.axis("off")
    return ax


def plot_images(images, captions, axes):
    """Small grey pictures with a caption under each: images (m, h, w), captions m strings, axes m Axes."""
    for ax, image, caption in zip(axes, images, captions, strict=True):
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.set_xlabel(caption, fontsize=10)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    return axes


def plot_intervals(table, ax=None):
    """Estimates with their intervals, a row a strategy: columns estimate, low, high, indexed by strategy."""
    ax = _axes(ax)
    for row, (name, estimate, low, high) in enumerate(table[["estimate", "low", "high"]].itertuples()):
        ax.plot([low, high], [row, row], color=color_of(name), lw=5, solid_capstyle="butt", alpha=0.6)
        ax.plot(estimate, row, marker=MARKERS.get(name, "P"), ms=8, color=color_of(name), mec="white")
    ax.set(yticks=range(len(table)), yticklabels=list(table.index), ylim=(len(table) - 0.5, -0.5))
    return ax


def plot_batch_price(table, ax=None):
    """Median labels to target against batch size, a line a strategy, with 95 % intervals.

    table: DataFrame with columns strategy, batch, median, low, high; inf is drawn as a gap
    """
    ax, ends = _axes(ax), {}
    table = table.replace(np.inf, np.nan).sort_values("batch", kind="stable")
    for name, line in table.groupby("strategy", sort=False):
        ax.fill_between(line["batch"], line["low"], line["high"], color=color_of(name), alpha=0.2, lw=0)
        ax.plot(line["batch"], line["median"], color=color_of(name), marker=MARKERS.get(name, "P"), lw=2)
        if len(drawn := line.dropna(subset="median")):
            ends[name] = (drawn["batch"].iloc[-1], drawn["median"].iloc[-1], name)
    batches = table["batch"].unique()
    ax.set_xscale("log")
    ax.set_xticks(batches, [str(batch) for batch in batches])
    ax.minorticks_off()
    ax.set(xlabel="labels bought a round (batch size)", ylabel="labels to target (median)")
    label_lines(ax, ends)
    return ax


def plot_cells(values, texts, ax=None, *, cmap="RdBu", low=-0.6, high=0.6):
    """A table as a picture: values (DataFrame) give the colours, texts (same shape) stand in the cells."""
    ax = _axes(ax)
    ax.imshow(np.clip(values.to_numpy(dtype=float), low, high), cmap=cmap, vmin=low, vmax=high, aspect="auto")
    for row, column in np.ndindex(values.shape):
        share = np.clip((values.iloc[row, column] - low) / (high - low), 0, 1)
        dark = abs(share - 0.5) > 0.33 if cmap == "RdBu" else share > 0.6
        color = "white" if dark else "black"
        ax.text(column, row, texts.iloc[row, column], ha="center", va="center", color=color, size=9.5)
    ax.set_xticks(range(values.shape[1]), values.columns)
    ax.set_yticks(range(values.shape[0]), values.index)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_steps(steps, ax=None):
    """The steps of a loop as boxes in a row, an arrow from each to the next and from the last back.

    steps: list of strings; the way back leads to the second, as the first is done only once
    """
    ax, arrow = _axes(ax), {"arrowstyle": "-|>", "color": "#555555", "lw": 1.5}
    for place, step in enumerate(steps):
        box = {"boxstyle": "round,pad=0.6", "facecolor": "#eef3fb", "edgecolor": ink_of("margin")}
        ax.text(place, 0, step, ha="center", va="center", fontsize=10.5, bbox=box)
        if place:
            ax.annotate("", (place - 0.37, 0), (place - 0.63, 0), arrowprops=arrow)
    back = arrow | {"connectionstyle": "arc3,rad=-0.2"}
    ax.annotate("", (1, -0.5), (len(steps) - 1, -0.5), arrowprops=back)
    ax.text(len(steps) / 2, -1.25, "again, until the budget is spent", ha="center", color="#555555")
    ax.set(xlim=(-0.45, len(steps) - 0.55), ylim=(-1.4, 0.6))
    ax.axis("off")
    return ax


def plot_one_run(history, name, ax=None, band=None):
    """One learning curve with its final accuracy as a dashed line, and a band of other runs behind it.

    history: History; name: its strategy, for the colour and the text at the line's end
    band: DataFrame indexed by n_labels, columns low, middle, high
    """
    ax, last = _axes(ax), history.accuracy[-1]
    if band is not None:
        ax.fill_between(band.index, band["low"], band["high"], color=color_of("random"), alpha=0.3, lw=0)
        ax.plot(band.index, band["middle"], color=color_of("random"), lw=2)
    ax.axhline(last, color="#555555", lw=1, ls="--")
    ax.plot(
        history.n_labels,
        history.accuracy,
        color=color_of(name),
        marker=MARKERS[name],
        ms=5,
        lw=2,
        clip_on=False,
    )
    ends = {name: (history.n_labels[-1], last, f"{name.replace('_', ' ')}: {last:.2f}")}
    if band is not None:
        ends["random"] = (band.index[-1], band["middle"].iloc[-1], f"random: {band['middle'].iloc[-1]:.2f}")
    label_lines(ax, ends)
    ax.set(xlabel="labels known, first set included", ylabel="test accuracy")
    ax.set_xlim(history.n_labels[[0, -1]])
    ax.set_xticks(history.n_labels[::5])
    return ax


def plot_queries(plane, y, labeled, queried, ax=None):
    """Points on a plane, their first labels in the colour of their class, the queries numbered in order.

    plane: array (n, 2); y: array (n,) of labels; labeled, queried: int arrays, rows of the plane
    """
    ax, colors = _axes(ax), [ink_of("margin"), ink_of("entropy")]
    ax.scatter(*plane.T, s=9, color="#d5d5d8", lw=0)
    for label, color, marker in zip(np.unique(y), colors, "ox", strict=False):
        ax.scatter(*plane[labeled[y[labeled] == label]].T, s=26, color=color, marker=marker, alpha=0.7)
    circle = {
        "boxstyle": "circle,pad=0.15",
        "facecolor": color_of("least_confidence"),
        "edgecolor": "white",
        "alpha": 0.9,
    }
    for order, (x, height) in enumerate(plane[queried], 1):
        ax.text(x, height, order, ha="center", va="center", fontsize=7.5, weight="bold", bbox=circle)
    ax.set(xlabel="first principal component", ylabel="second principal component")
    ax.set_aspect("equal", adjustable="datalim")
    return ax


def plot_plane(plane, batches, name, ax=None):
    """The rows of the first batches on a plane, a marker a round, over all points in grey.

    plane: array (n, 2); batches: int arrays, the rows bought in each round; name: the strategy
    """
    ax = _axes(ax)
    ax.scatter(*plane.T, s=5, color="#d5d5d8", lw=0)
    for rows, marker, shade in zip(batches, "o^s", (1, 0.7, 0.4), strict=False):
        color = tuple(shade * channel for channel in ink_of(name))
        ax.scatter(*plane[rows].T, s=34, color=color, marker=marker, edgecolor="white", lw=0.7)
    ax.set_title(name, color=ink_of(name), weight="bold")
    ax.axis("off")
    return ax


def plot_query_cost(costs, ax=None):
    """Milliseconds per query, a row a rule and a mark a pool size: costs has columns strategy, pool, ms."""
    ax = _axes(ax)
    names = costs["strategy"].unique()
    for (pool, marks), face in zip(costs.groupby("pool"), ("white", "#555555"), strict=False):
        ax.plot(marks["ms"], range(len(names)), ls="", marker="o", ms=8, color=face, mec="#555555", zorder=3)
        place = marks["ms"].iloc[-1], len(names) - 0.65
        ax.text(*place, f"pool of {pool:,}", ha="center", va="top", color="#555555")
    ax.set(xscale="log", xlabel="milliseconds per query", yticks=range(len(names)), yticklabels=names)
    ax.set_ylim(len(names) + 0.2, -0.5)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.grid(axis="x", color="#e5e5e5")
    return ax


def plot_dots(rows, ax=None):
    """Every repeat as a dot, a row a comparison, with the mean and its 95 % interval.

    rows: dict (label, strategy for the colour) -> array of values
    """
    ax = _axes(ax)
    ax.axvline(0, color="black", lw=1)
    for row, ((_, name), values) in enumerate(rows.items()):
        _dots(ax, values, row, color_of(name))
        ax.plot(
            bootstrap_interval(values, np.mean), [row, row], color=ink_of(name), lw=7, solid_capstyle="butt"
        )
        ax.plot(np.mean(values), row, marker="|", ms=20, mew=3, color="black")
    ax.set(yticks=range(len(rows)), yticklabels=[label for label, _ in rows], ylim=(len(rows) - 0.5, -0.5))
    return ax


def plot_speed(seconds, ours, ax=None):
    """Time of the same work by several programs: a bar each, slowest on top, ratios to ours as text.

    seconds: Series of seconds, indexed by program; ours: the one whose bar is coloured
    """
    ax = _axes(ax)
    seconds = seconds.sort_values(ascending=False)
    colors = [COLORS["margin" if name == ours else "random"] for name in seconds.index]
    ax.barh(seconds.index, seconds, color=colors, height=0.7)
    for row, (name, time_) in enumerate(seconds.items()):
        ratio = "" if name == ours else f"  ({time_ / seconds[ours]:.1f} x)"
        ax.text(time_, row, f" {time_:.0f} s{ratio}", va="center", weight="bold" if name == ours else None)
    ax.set(xlabel="seconds", xlim=(0, 1.15 * seconds.max()))
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    return ax


# ---------------------------------------------------------------------------------------------------
# 7. Command line
# ---------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        """One line on stderr and exit code 2, without argparse's usage block."""
        self.exit(2, f"{self.prog}: error: {message}\n")


EXAMPLES = """examples:
  active-learning                              digits, 90 %, 100 splits: the headline table
  active-learning --target-acc 0.95 --hold 3   a harder target, held for three rounds
  active-learning --splits 1                   the classic single-run table (an anecdote)
  active-learning --strategies margin,entropy --batch 20 --dataset wine
  active-learning --strategies all             every rule there is (minutes)
  active-learning --classifier label_spreading --strategies margin,diverse_margin
  active-learning --json | python -m json.tool
your own table (CSV or Parquet; rows without a label are the pool):
  active-learning --csv my.csv --label-column y                  would it save labels here?
  active-learning --csv my.csv --label-column y --classifier extra_trees
  active-learning --csv my.csv --label-column y --suggest 10 --output next.csv
                                                                 the rows to label next, to fill in
  active-learning --csv my.csv --label-column y --labels next.csv --output merged.csv
"""


def build_parser():
    """The command's options."""
    parser = _Parser(
        prog="active-learning",
        description="How many labels does active learning save? Prints the labels-to-target table.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--dataset", metavar="NAME", help=f"{', '.join(DATASETS)} (default digits)")
    add("--target-acc", type=float, metavar="ACC", help="in (0, 1] (default 0.9; --csv: from the data)")
    default = ", ".join([*CLASSIC, RECOMMENDED])
    every = f"all, or some of {', '.join(STRATEGIES)} (default {default})"
    add("--strategies", nargs="+", metavar="NAME", help=every)
    classifiers = f"{', '.join(CLASSIFIERS)} (default {next(iter(CLASSIFIERS))})"
    add("--classifier", default=next(iter(CLASSIFIERS)), metavar="NAME", help=classifiers)
    add("--batch", type=int, metavar="N", help="labels bought a round (default 10; --csv: from the data)")
    add("--budget", type=int, metavar="N", help="labels in all, seed included (default 300; --csv: likewise)")
    add("--metric", default="accuracy", metavar="NAME", help=f"{' or '.join(METRICS)} (default accuracy)")
    add("--splits", type=int, default=100, metavar="N", help="random splits (default 100)")
    add("--seed", type=int, default=0, metavar="N", help="seed of all randomness (default 0)")
    add("--hold", type=int, default=1, metavar="N", help="rounds the target must hold for (default 1)")
    add("--jobs", type=int, default=-1, metavar="N", help="processes (default -1: one a core)")
    add("--csv", metavar="FILE", help="measure your own table: .csv, .csv.gz or .parquet")
    add("--label-column", metavar="NAME", help="its column of labels; an empty one puts the row in the pool")
    add("--id-column", metavar="NAME", help="its column that names the rows (default: row numbers from 0)")
    add("--drop", nargs="+", default=[], metavar="NAME", help="columns not to learn from")
    add("--suggest", type=int, metavar="N", help="say which N rows of the pool to label next")
    add("--strategy", default="margin", metavar="NAME", help="rule that suggests (default margin)")
    add("--labels", metavar="FILE", help="merge this filled-in file of suggestions")
    add("--output", metavar="FILE", help="write the suggestions, or the merged table, to a new CSV file")
    add("--force", action="store_true", help="let --output replace a file (never one that was read)")
    add("--json", action="store_true", help="print one JSON object and nothing else")
    add("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def main(argv=None):
    """Run the command on a list of arguments; returns 0, exits with 2 after bad input, 1 if it died."""
    parser = build_parser()
    args = parser.parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: print(f"{parser.prog}: {message}", file=sys.stderr)
            print(report(args))
        sys.stdout.flush()
    except RuntimeError as error:
        parser.exit(1, f"{parser.prog}: error: {error}\n")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left, as with `| head`
    except (ValueError, TypeError, ImportError, OSError) as error:
        parser.error(" ".join(str(error).split()))
    return 0


def report(args):
    """What the command prints for its parsed arguments, as text or as JSON."""
    check_options(args)
    if args.csv is None:
        settings = {"metric": args.metric, "random_state": args.seed, "model": args.classifier}
        settings["batch"] = 10 if args.batch is None else args.batch
        settings["budget"] = 300 if args.budget is None else args.budget
        target = 0.9 if args.target_acc is None else args.target_acc
        return measure(args, load_dataset(args.dataset or "digits"), settings, target, [])
    table = load_table(args.csv, args.label_column, drop=args.drop, id_column=args.id_column)
    if args.labels is not None:
        table = merge_labels(table, args.labels)
    if args.output is not None:
        check_output(args.output, table, args.force)  # before the work, and again when it is written
    if args.suggest is not None:
        return report_suggestions(args, table)
    if args.labels is not None:
        return report_merge(args, table)
    own = dict(target=args.target_acc, batch=args.batch, budget=args.budget, random_state=args.seed)
    own |= dict(metric=args.metric, model=args.classifier)
    dataset, settings, target, sentences = plan_study(table, **own)
    return measure(args, dataset, settings, target, [*table.notes, *sentences])


def check_options(args):
    """Raise ValueError for options that do not go together, or whose values cannot work."""
    if args.csv is None:
        used = [
            name for name in ("label_column", "id_column", "drop", "suggest", "labels") if getattr(args, name)
        ]
        if used:
            raise ValueError(f"--{used[0].replace('_', '-')} needs --csv, the table that it is about")
    elif args.label_column is None or args.dataset is not None:
        raise ValueError("--csv needs --label-column, the column of the labels, and no --dataset")
    if args.labels is not None and args.suggest is None and args.output is None:
        raise ValueError("--labels needs --output, the file for the merged table, or --suggest")
    if args.output is not None and args.labels is None and args.suggest is None:
        raise ValueError("--output goes with --suggest or --labels")
    if args.target_acc is not None:
        check_target(args.target_acc)
    check_choice("metric", args.metric, METRICS)
    check_choice("classifier", args.classifier, CLASSIFIERS)
    check_integer("hold", args.hold, 1)


def named_strategies(args, model, X):
    """The names to measure, random first, and notes; the default keeps to what the classifier can serve."""
    if args.strategies is not None:
        given = " ".join(args.strategies).replace(",", " ").split()
        given = [name for word in given for name in (STRATEGIES if word == "all" else [word])]
        return list(dict.fromkeys(["random", *given])), []
    default, model = [*CLASSIC, RECOMMENDED], make_model(model)
    left_out = [name for name in default if _unmet(STRATEGIES[name], model, X)]
    note = f"{args.classifier} cannot serve {' and '.join(left_out)}: left out"
    return [name for name in default if name not in left_out], [note] if left_out else []


def measure(args, dataset, settings, target, notes):
    """Run the study; the table, a sentence on it, and a recommendation on a reader's own table."""
    names, more = named_strategies(args, settings["model"], dataset.X)
    notes = [*notes, *more]
    curves = run_study(dataset, names, n_splits=args.splits, n_jobs=args.jobs, **settings)
    splitting = {key: settings[key] for key in ("seed_per_class", "test_size") if key in settings}
    sizes = split_dataset(dataset.y, random_state=args.seed, **splitting).sizes
    advice = recommend(curves, target, hold=args.hold)
    if args.json:
        shown = as_json(args, dataset.name, settings, target, curves, sizes)
        return json.dumps(shown | {"notes": notes, "recommendation": advice}, indent=2, allow_nan=False)
    counts = " / ".join(f"{part} {size}" for part, size in sizes.items())
    splits = "1 split" if args.splits == 1 else f"{args.splits} splits"
    return "\n".join(
        [
            f"{dataset.name}: {dataset.X.shape[0]} rows x {dataset.X.shape[1]} columns, "
            f"{len(np.unique(dataset.y))} classes; classifier {args.classifier}",
            f"{counts}; target {format_percent(target)} {args.metric.replace('_', ' ')}, batch "
            f"{settings['batch']}, budget {settings['budget']}, {splits}, seed {args.seed}",
            *notes,
            "",
            text_table(results_table(curves, target, hold=args.hold)),
            "",
            describe(curves, target, hold=args.hold),
            *([advice] if args.csv is not None else []),
        ]
    )


def report_suggestions(args, table):
    """The rows to label next, as text or as JSON; and as a file, if one was asked for."""
    chosen = dict(strategy=args.strategy, model=args.classifier)
    suggestions = suggest(table, args.suggest, random_state=args.seed, **chosen)
    if args.output is not None:
        write_table(table, args.output, ids=suggestions["id"], force=args.force)
    if args.json:
        rows = json.loads(suggestions.to_json(orient="records", double_precision=6))
        named = {"strategy": args.strategy, "classifier": args.classifier}
        return _table_json(args, table, **named, suggestions=rows)
    fill = f"Fill in {args.label_column!r} in {args.output}, then merge it back with --labels {args.output}."
    return "\n".join(
        [
            f"{table.name}: {table.labeled.sum()} labelled rows, {(~table.labeled).sum()} without a label; "
            f"classifier {args.classifier}",
            *table.notes,
            "",
            text_table(suggestions.map(lambda x: f"{x:.3f}" if isinstance(x, float) else str(x))),
            *(["", fill] if args.output is not None else []),
        ]
    )


def report_merge(args, table):
    """Write the merged table, and say so."""
    write_table(table, args.output, force=args.force)
    if args.json:
        return _table_json(args, table)
    labeled = f"{table.labeled.sum()} labelled rows, {(~table.labeled).sum()} without a label"
    return f"Wrote {args.output}: {labeled}. {args.csv} is as it was."


def _table_json(args, table, **more):
    counts = {"labeled": int(table.labeled.sum()), "pool": int((~table.labeled).sum())}
    shown = {"table": table.name, "label_column": table.label_column, **counts, "notes": table.notes}
    return json.dumps(shown | {"output": args.output} | more, indent=2, allow_nan=False)


def as_json(args, name, settings, target, curves, sizes):
    """The command's result as one JSON-ready dict; a number that was not reached is None."""
    summary = summarise(curves, target, hold=args.hold)
    packages = {package.__name__: package.__version__ for package in (np, pd, sklearn)}
    return {
        "dataset": name,
        "classifier": args.classifier,
        "metric": args.metric,
        "target_acc": target,
        "batch": settings["batch"],
        "budget": settings["budget"],
        "hold": args.hold,
        "n_splits": args.splits,
        "seed": args.seed,
        "sizes": sizes,
        "versions": {"active_learning": __version__, "python": platform.python_version(), **packages},
        "strategies": [_strategy_json(row) for row in summary.itertuples()],
    }


LABELS_TO_TARGET = ("median", "q25", "q75", "reached_share")


def _strategy_json(row):
    def number(value):
        return round(float(value), 6) if np.isfinite(value) else None

    known = row.saving_min == row.saving_max
    saving = {
        "estimate": number(row.saving_min) if known else None,
        "low": number(row.saving_low),
        "high": number(row.saving_high),
    }
    return {
        "strategy": row.Index,
        "labels_to_target": {
            key: number(getattr(row, key)) for key in ("median", "q25", "q75", "reached_share")
        },
        "saved_vs_random": None if row.Index == "random" else saving,
        "cost_more_share": number(row.cost_more_share),
        "tie_share": number(row.tie_share),
        "auc": number(row.auc),
        "final_accuracy": number(row.final_accuracy),
    }


def command():
    """What `active-learning` runs: main, which Ctrl-C ends at once, with 130 and no traceback.

    The signal is blocked here, and so in the workers, which would print tracebacks; a thread waits for it.
    """
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")  # joblib's, after a quick Ctrl-C
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        resource_tracker.ensure_running()  # lifts the block when it starts (Python 3.11), so it starts first
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        threading.Thread(target=_end_on_interrupt, daemon=True).start()
    return main()


def _end_on_interrupt():
    signal.sigwait([signal.SIGINT])
    get_reusable_executor(kill_workers=True)  # joblib's pool, whose workers do not hear the signal
    os._exit(130)


if __name__ == "__main__":
    import al_helpers  # under its own name: what is defined in __main__ cannot travel to the workers

    sys.exit(al_helpers.command())
