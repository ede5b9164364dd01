"""A reader's table: its cells as they were typed, its rows by their ids, its labels as classes.

A file stays what it is: the table knows where each cell stands in it, so that it is written back exactly
(writing). Not here: what a column means for learning (features).
"""

import difflib
import gzip
import os
import warnings
import zlib
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd

from active_learning._progress import progress, showing
from active_learning._validation import check_unique, some
from active_learning.tables.csv_checks import check_swallowed, headless, lacks_header
from active_learning.tables.csv_file import CsvText, cell_texts, column, name_of, read_csv
from active_learning.tables.labels import LISTS, as_text, read_labels

MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "<NA>", "NULL", "null", "None", "#N/A"]


@dataclass(frozen=True)
class Table:
    """A reader's table, taken apart for learning; the rows without a label are the pool."""

    name: str
    label_column: str
    frame: pd.DataFrame  # (n, c) as read, the row ids as its index
    X: np.ndarray  # float (n, d), the features; a category is its level's number, -1 where it is missing
    y: np.ndarray  # object (n,), the labels as text, None where there is none
    preprocessor: object  # unfitted transformer of X: numbers imputed and scaled, categories one-hot encoded
    notes: list  # a line for each decision that the reader should know of
    sep: str  # the separator of files written from it
    sources: tuple  # paths that are never written to
    skipped: np.ndarray = None  # bool (n,), the rows that are in no pool, though they have no label
    unlabeled: list = ()  # values of the label column that mean "no label"
    skip: list = ()  # values of the label column that take a row out
    label_notes: list = ()  # those of the notes that are about labels
    doubts: list = ()  # what was warned of
    text: CsvText = None  # the CSV file that it was read from, None for a DataFrame or Parquet

    @property
    def labeled(self):
        return ~pd.isna(self.y)

    @property
    def pool(self):
        return ~self.labeled if self.skipped is None else ~self.labeled & ~self.skipped

    @property
    def numbered(self):
        """Whether its rows are known by their numbers or the frame's index, and not by a column."""
        return self.frame.index.name not in self.frame.columns


def read_table(path_or_frame, label_column, *, id_column=None, drop=(), unlabeled=(), skip=(), header=True):
    """A table without its features (X is None); parameters and errors as load_table's."""
    drop, unlabeled, skip = ([*map(str, [x] if isinstance(x, str) else x)] for x in (drop, unlabeled, skip))
    others = [*drop, *([] if id_column is None else [id_column])]
    if isinstance(path_or_frame, pd.DataFrame):
        frame, text, notes, name, sources = check_frame(path_or_frame), None, [], "table", ()
    else:
        frame, text, notes = read_file(path_or_frame, [label_column, *others], header)
        name, sources = Path(path_or_frame).name, (path_or_frame,)
    if label_column in others or not len(frame):
        fault = "the label column cannot be dropped or hold the ids" if len(frame) else "it has no rows"
        raise ValueError(f"{name} cannot be used: {fault}")
    for wanted in (label_column, *others):
        if close_name(frame, wanted) is None or not frame.columns.is_unique:
            check_header(text, name)
        find_column(frame, wanted)
    check_header(text, name, surely=True)
    check_unique("column names", frame.columns)
    check_lists(frame.drop(columns=[label_column, *drop]))
    if both := {*unlabeled} & {*skip}:
        raise ValueError(f"{some([*both])} cannot mean both: give it to --unlabeled or to --skip")
    frame = name_rows(frame, id_column)
    y, skipped, more, doubts = read_labels(frame[label_column], unlabeled=unlabeled, skip=skip)
    warn(doubts)
    ends = (text.sep if text else ",", sources, skipped, unlabeled, skip, more, doubts, text)
    return Table(name, label_column, frame, None, y, None, [*notes, *more], *ends)


def warn(doubts):
    """Warn of labels that may be an accident, each once."""
    for doubt in doubts:
        warnings.warn(doubt, UserWarning, stacklevel=1)


def read_file(path, wanted=(), header=True):
    """A file as (frame, its CsvText, notes); every cell of a CSV as text; ValueError if it holds no table."""
    try:
        if str(path).lower().endswith((".parquet", ".pq")):
            return check_frame(_read_parquet(path)), None, []
        with showing(f"reading {Path(path).name}", rows=os.path.getsize(path) // 100):
            text = read_csv(path, wanted=wanted, header=header)
        return _frame_of(text), text, [*_encoding_notes(path, text), *check_swallowed(text)]
    except ImportError:
        raise ImportError(f"{path}: Parquet needs pyarrow (pip install pyarrow)") from None
    except MemoryError:
        raise ValueError(f"{path} does not fit in memory; give a part of its rows or columns") from None
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} cannot be read as a table: {' '.join(str(error).split())}") from None


def _read_parquet(path):
    try:
        return pd.read_parquet(path, engine="pyarrow")
    except (TypeError, NotImplementedError) as error:  # a type of Arrow's that pandas wrote and cannot read
        raise ValueError(error) from None


def _encoding_notes(path, text):
    if text.encoding == "utf-8":
        return []
    letters = "; if letters look wrong, save it as 'CSV UTF-8'" * (text.encoding == "cp1252")
    return [f"{Path(path).name} is read as {name_of(text.encoding)}{letters}"]


def _frame_of(text):
    names = column_names(text)
    places = progress(range(len(names)), len(names), "columns read", rows=len(text.starts))
    return pd.DataFrame({j: column(text, j) for j in places}).set_axis(names, axis=1)


def column_names(text):
    """The names of a file's columns: its header, its empty cells numbered from the second; or 1, 2, ..."""
    if not text.headed:
        return [str(j + 1) for j in range(text.ends.shape[1])]
    names, empty = [], 0
    for name in cell_texts(text, 0):
        empty += name == ""
        names.append(f"unnamed {empty}" if name == "" and empty > 1 else name)
    return names


def check_frame(frame):
    """A frame whose columns are named by text, and whose dates and lists are pandas' and not Arrow's.

    raises: ValueError if rows or columns have names of several levels
    """
    for what, index, typed in (
        ("rows", frame.index, "table = table.reset_index()"),
        ("columns", frame.columns, "table.columns = ['_'.join(map(str, names)) for names in table.columns]"),
    ):
        if isinstance(index, pd.MultiIndex):
            levels = some([str(name) for name in index.names])
            raise ValueError(f"the {what} have names of {index.nlevels} levels ({levels}); type {typed}")
    return _without_arrow(frame).set_axis(frame.columns.map(str), axis=1)


def _without_arrow(frame):
    """The frame (n, c), its columns of Arrow's dates, lists and records as pandas holds those."""
    if not any(isinstance(dtype, pd.ArrowDtype) for dtype in frame.dtypes):
        return frame
    from pyarrow import types

    frame = frame.copy(deep=False)
    for j, dtype in enumerate(frame.dtypes):
        kind = getattr(dtype, "pyarrow_dtype", None)
        if kind is not None and (types.is_temporal(kind) or types.is_nested(kind)):
            frame.isetitem(j, frame.iloc[:, j].array.__arrow_array__().to_pandas().array)
    return frame


def check_lists(frame):
    """Raise ValueError, saying what to type, for a column of lists, unless they are vectors of numbers."""
    for name in frame:
        cells = frame[name].dropna() if pd.api.types.is_object_dtype(frame[name]) else ()
        odd = next((cell for cell in cells if isinstance(cell, LISTS) and not _is_vector(cell)), None)
        if odd is not None:
            typed = f"table[{name!r}] = table[{name!r}].astype(str) to read it as text"
            raise ValueError(
                f"column {name!r} holds lists, such as {odd!r}; type {typed}, or leave it out (--drop)"
            )


def _is_vector(cell):
    if isinstance(cell, np.ndarray):
        return cell.dtype.kind in "biuf"
    return isinstance(cell, (list, tuple)) and all(isinstance(value, Real) for value in cell)


def check_header(text, name, *, surely=False):
    """Raise ValueError naming --no-header if the first row of a CSV file looks like the others."""
    if text is not None and text.headed and lacks_header(text, surely=surely):
        raise ValueError(f"{name}: {headless(text)}")


def close_name(frame, name):
    """The column that is called so, or nearly so, or None."""
    if name in frame.columns:
        return name
    lower = {column.lower().strip(): column for column in frame.columns}
    close = difflib.get_close_matches(str(name).lower().strip(), lower, n=1)
    return lower[close[0]] if close else None


def find_column(frame, name):
    """Raise ValueError, suggesting the closest name, if the frame has no column of that name."""
    if name not in frame.columns:
        close = close_name(frame, name)
        hint = f"did you mean {close!r}?" if close is not None else f"there are {some(frame.columns, 20)}"
        raise ValueError(f"no column {name!r}: {hint}")


def id_text(frame):
    """The ids of a frame's rows as text, exactly, whatever their type."""
    return pd.Index(as_text(frame.index.to_series()))


def name_rows(frame, id_column):
    """The frame with its rows' ids as index; ValueError if one is empty or repeats."""
    if id_column is not None:
        frame = frame.set_index(id_column, drop=False)
    name = frame.index.name
    while name is None or (id_column is None and name in frame.columns):  # a table may have its own row, _row
        name = "row" if name is None else f"_{name}"
    if isinstance(frame.index, pd.RangeIndex):
        return frame.rename_axis(name)
    ids = id_text(frame)
    empty = frame.index.isna() | (ids.str.strip() == "")
    if empty.any():
        raise ValueError(f"every row needs an id, but {name!r} is empty in row {empty.argmax() + 1}")
    if len(repeated := ids[ids.duplicated()].unique()):
        advice = "type --id-column with another column, or leave it out: rows are then known by number"
        raise ValueError(f"ids in {name!r} must differ, but these repeat: {some(repeated)}; {advice}")
    return frame.rename_axis(name)
