"""A user's table: its cells as they were typed, its rows by their ids, its labels as classes.

A file stays what it is: the table knows where each cell stands in it, so that it is written back exactly
(write). Not here: what a column means for learning (features).
"""

import difflib
import gzip
import os
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from active_learning._progress import progress, showing
from active_learning._validation import check_choice, check_unique, some
from active_learning.tables.csv_checks import check_header, check_swallowed
from active_learning.tables.csv_file import CsvText, cell_texts, column, encoding_name, letter_notes, read_csv
from active_learning.tables.labels import as_text, read_labels
from active_learning.tables.records import EXCEL_NEEDS, form_of, read_json, read_sheet

MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "<NA>", "NULL", "null", "None", "#N/A"]
QUOTING = ("double", "none")  # how a CSV file writes a quote: twice in a cell in quotes, or as it is


@dataclass(frozen=True)
class Table:
    """A user's table, ready to learn from; its rows without a label are the pool.

    Attributes
    ----------
    name, label_column : str
    frame : DataFrame of shape (n, c)
        The cells as they were read, with the row ids as its index.
    X : ndarray of shape (n, d)
        The features; a category or text is the number of its level, -1 where it is missing.
    y : ndarray of object, shape (n,)
        The labels as text, None where there is none.
    preprocessor : transformer
        Unfitted: it imputes and scales numbers and encodes categories and texts.
    notes : list of str
        What was decided while reading it.
    sep : str
        The separator of files that are written from it.
    sources : tuple
        Paths that are never written to.
    skipped : ndarray of bool, shape (n,)
        The rows that are in no pool, though they have no label.
    unlabeled, skip : list of str
        Values of the label column that mean "no label", and those that take a row out.
    label_notes, label_warnings : list of str
        The notes that are about labels, and what was warned of.
    text : CsvText, JsonText, Sheet or None
        The file that it was read from.
    dependence : Dependence or None
        Which rows are of one thing or follow one another, if that was declared or looked for.
    log : LabelLog or None
        Whose labels count.
    states : DataFrame of shape (n, 4) or None
        Of the log: drawn, status, at_random and round of each row.
    columns : list of str or None
        Whose cells tell the rows of the log; None: all but that of the labels.
    classes : list of str
        Values of the label column that were declared to be classes.

    Examples
    --------
    >>> import pandas as pd
    >>> import al_helpers as al
    >>> rows = pd.DataFrame({"size": [1.5, 2.5, 9.0], "label": ["small", "small", None]})
    >>> al.load_table(rows, "label").pool.tolist()
    [False, False, True]
    """

    name: str
    label_column: str
    frame: pd.DataFrame
    X: np.ndarray
    y: np.ndarray
    preprocessor: object
    notes: list
    sep: str
    sources: tuple
    skipped: np.ndarray = None
    unlabeled: list = ()
    skip: list = ()
    label_notes: list = ()
    label_warnings: list = ()
    text: CsvText = None
    log: object = None
    states: pd.DataFrame = None
    columns: list = None
    classes: list = ()
    dependence: object = None

    @property
    def labeled(self):
        """Bool (n,), the rows with a label."""
        return ~pd.isna(self.y)

    @property
    def pool(self):
        """Bool (n,), the rows that a label can be asked for."""
        return ~self.labeled if self.skipped is None else ~self.labeled & ~self.skipped

    @property
    def audit(self):
        """Which rows were drawn as audit rows and not chosen by the rule since, bool (n,).

        Where groups were declared, none of the row's group is known to the rule either.
        """
        audit = self._state("drawn", ["audit"])
        if self.dependence is None or not self.dependence.declared:
            return audit
        groups = self.dependence.groups
        return audit & ~np.isin(groups, groups[self.labeled & ~audit])

    @property
    def open_audit(self):
        """Which audit rows have no answer, or none that could be used, bool (n,)."""
        return self.audit & ~self.labeled & self._state("status", ["open", "unsure", "disputed"])

    def _state(self, column, values):
        if self.states is None:
            return np.zeros(len(self.y), dtype=bool)
        return self.states[column].isin(values).to_numpy()

    @property
    def numbered(self):
        """Whether its rows are known by their numbers or the frame's index, and not by a column."""
        return self.frame.index.name not in self.frame.columns


def read_table(
    path_or_frame,
    label_column,
    *,
    id_column=None,
    drop=(),
    unlabeled=(),
    skip=(),
    header=True,
    quoting="double",
    classes=(),
):
    """Read a table without its features (X is None).

    Parameters and errors are those of `load_table`.

    Returns
    -------
    Table
    """
    given = (drop, unlabeled, skip, classes)
    drop, unlabeled, skip, classes = ([*map(str, [x] if isinstance(x, str) else x)] for x in given)
    others = [*drop, *([] if id_column is None else [id_column])]
    if isinstance(path_or_frame, (str, os.PathLike)):
        frame, text, notes = read_file(path_or_frame, [label_column, *others], header, quoting)
        name, sources = Path(path_or_frame).name, (path_or_frame,)
    else:
        frame, text, notes, name, sources = check_frame(path_or_frame), None, [], "table", ()
    if label_column in others or not len(frame):
        fault = "the label column cannot be dropped or hold the ids" if len(frame) else "it has no rows"
        raise ValueError(f"{name} cannot be used: {fault}")
    if [*classes] and label_column not in frame.columns:
        frame = frame.assign(**{label_column: pd.array([""] * len(frame), dtype="str")})
    for wanted in (label_column, *others):
        if _close_name(frame, wanted) is None or not frame.columns.is_unique:
            check_header(text, name)
        check_column(frame, wanted)
    check_header(text, name, surely=True)
    check_unique("column names", frame.columns)
    if both := {*unlabeled} & {*skip}:
        raise ValueError(f"{some([*both])} cannot mean both: give it to --unlabeled or to --skip")
    frame = _name_rows(frame, id_column)
    y, skipped, *messages = read_labels(frame[label_column], unlabeled=unlabeled, skip=skip, declared=classes)
    warn(messages[1])
    sep, notes = text.sep if text else ",", [*notes, *messages[0]]
    labels = (skipped, unlabeled, skip, *messages)
    return Table(
        name, label_column, frame, None, y, None, notes, sep, sources, *labels, text, classes=classes
    )


def warn(messages):
    """Warn of labels that may be an accident, each once."""
    for message in messages:
        warnings.warn(message, UserWarning, stacklevel=1)


def read_file(path, wanted=(), header=True, quoting="double"):
    """Read a CSV, JSON, Excel or Parquet file as a frame; every cell is text, but for Parquet.

    Parameters
    ----------
    path : str or path
    wanted : sequence of str
        Names of columns that the file should hold; they help to find the separator.
    header : bool
        Whether the first row of a CSV file is its header.
    quoting : str
        "double", or "none" for a CSV file whose quotes are plain characters.

    Returns
    -------
    frame : DataFrame
    text : CsvText, JsonText, Sheet or None
        The file, to be written again with new labels.
    notes : list of str

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it holds no table, or is too large.
    ImportError
        For Parquet without pyarrow, or Excel without openpyxl.
    """
    check_choice("quoting", quoting, QUOTING)
    try:
        form = form_of(path)
        if form == "parquet":
            return check_frame(_read_parquet(path)), None, []
        with showing(f"reading {Path(path).name}", rows=os.path.getsize(path) // 100):
            if form == "csv":
                text = read_csv(path, wanted=wanted, header=header, quoted=quoting != "none")
                notes = [*_encoding_notes(path, text), *letter_notes(text.data), *check_swallowed(text)]
                return _frame_of(text), text, notes
            if form == "excel":
                frame, text, notes = read_sheet(path, header)
                return frame.set_axis(_numbered_names(frame.columns), axis=1), text, notes
            frame, text, notes = read_json(path)
            return frame, text, [*_encoding_notes(path, text), *notes]
    except ImportError:
        needed = "Parquet needs pyarrow (pip install pyarrow)"
        needed = EXCEL_NEEDS if form == "excel" else needed
        raise ImportError(f"{path}: {needed}") from None
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
    advice = "; if letters look wrong, save it as 'CSV UTF-8'" * (text.encoding == "cp1252")
    return [f"{Path(path).name} is read as {encoding_name(text.encoding)}{advice}"]


def _frame_of(text):
    names = _column_names(text)
    places = progress(range(len(names)), len(names), "columns read", rows=len(text.starts))
    return pd.DataFrame({j: column(text, j) for j in places}).set_axis(names, axis=1)


def _column_names(text):
    """The names of a file's columns: its header, its empty cells numbered from the second; or 1, 2, ..."""
    if not text.headed:
        return [str(j + 1) for j in range(text.ends.shape[1])]
    return _numbered_names(cell_texts(text, 0))


def _numbered_names(cells):
    """The names of columns, the empty ones numbered from the second."""
    names, n_empty = [], 0
    for name in cells:
        n_empty += name == ""
        names.append(f"unnamed {n_empty}" if name == "" and n_empty > 1 else name)
    return names


def check_frame(frame):
    """A frame whose columns are named by text, and whose dates and lists are pandas' and not Arrow's.

    frame: DataFrame of pandas or polars, or Table of Arrow
    raises: ValueError if rows or columns have names of several levels; TypeError if it is not a frame
    """
    converted = frame if isinstance(frame, pd.DataFrame) else getattr(frame, "to_pandas", lambda: None)()
    if not isinstance(converted, pd.DataFrame):
        raise TypeError(f"a table is a path or a DataFrame, got {type(frame).__name__}")
    frame = converted
    for axis, index, typed in (
        ("rows", frame.index, "table = table.reset_index()"),
        ("columns", frame.columns, "table.columns = ['_'.join(map(str, names)) for names in table.columns]"),
    ):
        if isinstance(index, pd.MultiIndex):
            levels = some([str(name) for name in index.names])
            raise ValueError(f"the {axis} have names of {index.nlevels} levels ({levels}); type {typed}")
    arrow = [j for j, dtype in enumerate(frame.dtypes) if isinstance(dtype, pd.ArrowDtype)]
    frame = frame.copy(deep=False) if arrow else frame
    for j in arrow:
        from pyarrow import types

        kind = frame.dtypes.iloc[j].pyarrow_dtype
        if types.is_temporal(kind) or types.is_nested(kind):
            frame.isetitem(j, frame.iloc[:, j].array.__arrow_array__().to_pandas().array)
    return frame.set_axis(frame.columns.map(str), axis=1)


def _close_name(frame, name):
    """The column that is called so, or nearly so, or None."""
    if name in frame.columns:
        return name
    lower = {column.lower().strip(): column for column in frame.columns}
    close = difflib.get_close_matches(str(name).lower().strip(), lower, n=1)
    return lower[close[0]] if close else None


def check_column(frame, name):
    """Raise ValueError, suggesting the closest name, if the frame has no column of that name."""
    if name not in frame.columns:
        close = _close_name(frame, name)
        hint = f"did you mean {close!r}?" if close is not None else f"there are {some(frame.columns, 20)}"
        raise ValueError(f"no column {name!r}: {hint}")


def id_text(frame):
    """The ids of a frame's rows as text, exactly, whatever their type."""
    return pd.Index(as_text(frame.index.to_series()))


def _name_rows(frame, id_column):
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
