"""A reader's file: read it, merge labels into it, write it back.

The cells of a CSV stay the text that was typed, so that a file is written back as it was read. Not here: what
a column means for learning (features).
"""

import csv
import difflib
import errno
import gzip
import os
import warnings
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from active_learning.checks import check_unique, some

MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "<NA>", "NULL", "null", "None", "#N/A"]
FORMULA = r"'*[=+\-@\t\r]"  # a spreadsheet would run such a cell; apostrophes, so that undoing is exact


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


def read_file(path):
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


def find_column(frame, name):
    """Raise ValueError, suggesting the closest name, if the frame has no column of that name."""
    if name not in frame.columns:
        lower = {column.lower().strip(): column for column in frame.columns}
        close = difflib.get_close_matches(str(name).lower().strip(), lower, n=1)
        hint = f"did you mean {lower[close[0]]!r}?" if close else f"there are {some(frame.columns, 20)}"
        raise ValueError(f"no column {name!r}: {hint}")


def name_rows(frame, id_column):
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


def read_labels(column):
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

    table: Table
    labels: path of a file of write_table, filled in, or a DataFrame with the id and label columns
    returns: Table, a new one; write_table writes it
    raises: as load_table; ValueError naming the rows if an id is unknown or a row would have two labels
    """
    frame, sources = (labels, ()) if isinstance(labels, pd.DataFrame) else (read_file(labels)[0], (labels,))
    for column in (table.frame.index.name, table.label_column):
        find_column(frame, column)
    frame = frame[[table.frame.index.name, table.label_column]].set_axis(["id", "label"], axis=1)
    given = frame.assign(id=frame["id"].astype(str), label=read_labels(frame["label"])).dropna()
    rows = table.frame.index.astype(str).get_indexer(given["id"])
    if (rows < 0).any():
        raise ValueError(f"these ids are not in {table.name}: {some(given['id'][rows < 0])}")
    known = given.assign(label=table.y[rows]).dropna()
    spellings = pd.concat([known, given]).groupby("id", sort=False)["label"].unique()
    if twice := [f"{row}: {' or '.join(names)}" for row, names in spellings.items() if len(names) > 1]:
        raise ValueError(f"these rows would have two labels, so nothing was merged: {some(twice)}")
    y = table.y.copy()
    y[rows] = given["label"]
    y = read_labels(pd.Series(y, name=table.label_column, dtype=str))
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
