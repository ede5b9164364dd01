"""Vectors that were made elsewhere, of images, sounds or texts: read from a file, and scaled to learn from.

A .npy file stays on the disk and is looked at a block of rows at a time. Not here: vectors in a column of the
table itself (columns).
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from active_learning._arrays import blocks, evenly_spaced
from active_learning.features.pairing import POSITION, is_counter, pair_rows
from active_learning.features.parsing import as_vectors, different
from active_learning.tables.csv_checks import lacks_header
from active_learning.tables.csv_file import CsvText
from active_learning.tables.table import check_frame, read_file

LEARNT_FROM = 5_000  # rows at the most from which the mean and the scale are learnt
LENGTH = np.sqrt(50)  # the root mean square length of a scaled row


class VectorScaler(TransformerMixin, BaseEstimator):
    """Move the mean to 0 and scale all directions alike, so that the default classifier suits the rows.

    No direction of an embedding is scaled up: a longer one matters more. A missing vector, a row of NaN, is
    the mean.

    Parameters
    ----------
    left_out : sequence of int
        Columns of X that are not learnt from: they become 0.

    Examples
    --------
    >>> import numpy as np
    >>> import al_helpers as al
    >>> Z = al.VectorScaler().fit_transform(np.array([[0.0, 2.0], [4.0, 2.0]]))
    >>> Z[0].round(3).tolist(), Z[1].round(3).tolist()
    ([-7.071, 0.0], [7.071, 0.0])
    """

    def __init__(self, left_out=()):
        self.left_out = left_out

    def fit(self, X, y=None):
        """Learn the mean and the scale, of many rows from evenly spaced ones.

        Parameters
        ----------
        X : array of shape (n, d)
        y : ignored

        Returns
        -------
        VectorScaler
            Itself.

        Raises
        ------
        ValueError
            Unless X is a matrix of numbers whose squares can be summed.
        """
        X = np.asanyarray(X)  # a memory-mapped one stays on the disk
        if X.ndim != 2 or X.dtype.kind not in "fiub":
            raise ValueError(f"X must be a matrix of numbers, got shape {X.shape} of {X.dtype}")
        rows = np.asarray(X[evenly_spaced(np.arange(X.shape[0]), LEARNT_FROM)], dtype=float)
        rows = rows[~np.isnan(rows).any(axis=1)]
        rows[:, [*self.left_out]] = 0.0
        self.mean_, self.scale_ = np.zeros(X.shape[1]), 1.0
        if not len(rows):
            return self
        with np.errstate(over="ignore", invalid="ignore"):
            self.mean_ = rows.mean(axis=0)
            length = np.sqrt(((rows - self.mean_) ** 2).sum(axis=1).mean())
        if not np.isfinite(length):
            largest = np.abs(rows).max()
            raise ValueError(f"the vectors hold {largest:.3g}, and squares overflow: scale their numbers")
        self.scale_ = LENGTH / length if length > 0 else 1.0
        return self

    def transform(self, X):
        """X (n, d) as floats of 64 bits."""
        rows = np.array(X, dtype=float)
        rows -= self.mean_
        rows *= self.scale_
        rows[:, [*self.left_out]] = 0.0
        rows[np.isnan(rows).any(axis=1)] = 0.0  # a vector is missing as a whole
        return rows


def read_vectors(source, table, drop=()):
    """Features of a table's rows, in their order: paired by id where the source carries ids, or by position.

    source: array (n, d) of numbers; DataFrame; or the path of a .npy file, or of one that is read as a table
    table: Table
    drop: names of columns of the source that are not features, besides the ids and the labels
    returns: array or memmap (n, d), the names of its columns, and a list of notes
    raises: ValueError for ids that do not match, another length, NaN or infinity, or what holds no numbers;
        TypeError for what is not an array, frame or path
    """
    X, names, name, notes = _paired(source, table, drop)
    if np.ma.is_masked(X) and X.dtype.kind in "fiu":
        X = X.astype(float).filled(np.nan)  # a masked number is a missing one
    if X.ndim != 2 or X.dtype.kind not in "fiu" or X.shape[1] == 0:
        shape = f"it has shape {X.shape} of {X.dtype}"
        raise ValueError(f"{name} must be a matrix of numbers, a row each; {shape}")
    if len(X) != len(table.frame):
        lengths = f"{name} has {len(X)} rows and the table {len(table.frame)}"
        raise ValueError(f"{lengths}; they must pair up, in the same order or by ids")
    numbers = np.asarray(X)  # not a memmap, slices of which take longer to make than to look at
    for part in blocks(len(X), 2**13):
        if not _all_finite(numbers[part]):
            row = part.start + int(np.argmin(np.isfinite(numbers[part]).all(axis=1)))
            raise ValueError(f"{name} holds a missing value or infinity in row {row} (counted from 0)")
    note = f"we learn from {name} ({X.shape[1]} numbers a row), not from the table's columns"
    return X, names or [f"number {j}" for j in range(X.shape[1])], [note, *notes]


def _paired(source, table, drop):
    """The matrix of a source, its rows as the table's; its columns' names, if any; its own; and notes."""
    if isinstance(source, np.ndarray):
        return source, None, "features", [POSITION.format("features")]
    is_path = isinstance(source, (str, os.PathLike))
    name = Path(source).name if is_path else "features"
    if is_path and os.fspath(source).lower().endswith((".npy", ".npz")):
        return _open_npy(source, name), None, name, [POSITION.format(name)]
    X, frame = _open(os.fspath(source)) if is_path else (None, _as_frame(source))
    places, by, note = pair_rows(frame, table, name)
    known = {by, table.label_column, *drop}
    no_features = [column for column in frame if column in known or is_counter(frame[column])]
    notes = [note, *(f"column {x!r} of {name} is not a feature" for x in no_features if x != by)]
    names = None
    if X is None:
        frame = frame.drop(columns=no_features)
        X = _vector_column(frame, name)
        names = [*frame] if X.shape[1] == frame.shape[1] else None
    return X if places is None else X[places], names, name, notes


def _as_frame(source):
    try:
        return check_frame(source)
    except TypeError:
        kind = type(source).__name__
        raise TypeError(f"features must be an array (n, d), a frame or a path, got {kind}") from None


def _all_finite(X):
    """Whether all numbers of an array are finite, in a fraction of the time that a classifier takes."""
    if X.dtype != np.float16:
        return bool(np.isfinite(X).all())
    exponents = np.ascontiguousarray(X).view(np.uint16) & 0x7C00  # numpy is slow on halves themselves
    return bool(exponents.max() < 0x7C00)  # all ones: infinity or NaN


def _open(path):
    """The matrix in a file, if it is one column of lists, or None; and its other columns as a frame."""
    if path.lower().endswith((".parquet", ".pq")) and (found := _lists(path)) is not None:
        X, others = found
        return X, check_frame(pd.read_parquet(path, engine="pyarrow", columns=others))
    frame, text, _ = read_file(path)
    if isinstance(text, CsvText) and lacks_header(text, surely=True):  # as numpy.savetxt writes it
        frame = read_file(path, header=False)[0]
    return None, frame


def _open_npy(path, name):
    try:
        X = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError):
        fault = "it is broken, or one of Python objects, which are never unpickled"
        advice = "save an array of float32, say"
        raise ValueError(f"{name} cannot be read as a matrix of numbers: {fault}; {advice}") from None
    if not isinstance(X, np.ndarray):
        raise ValueError(f"{name} is an archive of arrays; save one with numpy.save, as a .npy file")
    return X


def _lists(path):
    """The one column of lists of a Parquet file as it lies there, without a copy (n, d), and the names of the
    other columns; None if there is no such column, or it is in doubt."""
    try:
        from pyarrow import parquet, types

        schema = parquet.read_schema(path)
        fields = [field for field in schema if types.is_nested(field.type)]
    except (ImportError, ValueError):
        return None  # which the reading of tables says
    if len(fields) != 1 or not hasattr(fields[0].type, "value_type"):
        return None
    column = parquet.read_table(path, columns=[fields[0].name])[0].combine_chunks()
    lists, values = len(column), column.flatten()
    whole = types.is_floating(values.type) and not column.null_count and not values.null_count
    lengths = column.value_lengths().unique() if whole and lists else ()
    if len(lengths) != 1 or not lengths[0].as_py():
        return None
    others = [name for name in schema.names if name != fields[0].name]
    return values.to_numpy().reshape(lists, -1), others


def _vector_column(frame, name):
    """The one column of a frame that holds vectors, or all its columns if they are numbers: array (n, d)."""
    columns = [as_vectors(frame[column], different(frame[column])[0]) for column in frame]
    vectors = [X for X in columns if X is not None]
    if len(vectors) == 1:
        return vectors[0]
    numbers = frame.apply(pd.to_numeric, errors="coerce")
    if not vectors and numbers.notna().all(axis=None):
        return numbers.to_numpy(dtype=float)
    fault = f"{name} must hold one column of vectors, or numbers only"
    raise ValueError(f"{fault}; found {len(vectors)} of vectors")
