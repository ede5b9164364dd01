"""Which row of a file of features belongs to which row of a table: by ids that it carries, or by position.

Ids are compared as text. Ids that do not match are refused: a wrong pairing looks like a bad model. Not here:
what the features are (vectors).
"""

import re

import numpy as np
import pandas as pd

from active_learning._validation import some
from active_learning.tables.labels import as_text

POSITION = "{} holds no ids: its rows are paired with the table's by position, in the same order"

COUNTER = re.compile(
    r"(?i)^$|^unnamed|(^|[_ ])(id|idx|index|row)$"
)  # what names of ids and row numbers look like


def pair_rows(frame, table, name):
    """Find the row of a frame that belongs to each row of a table.

    The ids are looked for in the column of the table's ids, in any column that holds all of them or all cells
    of a column of the table with the same name, and in the index.

    Parameters
    ----------
    frame : DataFrame of shape (m, c)
    table : Table of n rows
    name : str
        What the frame is called in messages.

    Returns
    -------
    places : ndarray of int, shape (n,), or None
        None for the same order.
    by : str or None
        The column that holds the ids.
    note : str

    Raises
    ------
    ValueError
        Naming ids that are missing, empty or repeated.
    """
    ids, own = _texts(table.frame.index), table.frame.index.name
    if own in frame.columns and not table.numbered:
        return _by_column(frame, own, ids, table, name)
    shared = [x for x in frame.columns.intersection(table.frame.columns) if x != table.label_column]
    names = {column: _texts(table.frame[column]) for column in shared}
    names = {column: keys for column, keys in names.items() if keys.is_unique and "" not in keys}
    rows = pd.Index(np.arange(len(ids)).astype(str))
    for column in frame:
        wanted = [
            ids,
            *([names[column]] if column in names else []),
            *([rows] if COUNTER.search(column) else []),
        ]
        for keys in wanted:
            if _holds(frame[column], keys):
                return _by_column(frame, column, keys, table, name)
    if not _only_counts(frame.index):
        return _by_index(frame.index, ids, rows, table, name)
    for column, keys in names.items():
        if _are_names(frame[column]):
            return _by_column(frame, column, keys, table, name)
    return None, None, POSITION.format(name)


def is_counter(column):
    """Whether a column only names or numbers the rows, by its name, and by cells that all differ."""
    return bool(COUNTER.search(str(column.name))) and column.dtype.kind != "f" and _is_unique(column)


def _texts(values):
    """Ids as an index of texts; whole numbers beside an empty cell are floats, but 1.0 was 1."""
    values = pd.Series(values)
    is_float = values.dtype.kind == "f" and (values.dropna() % 1 == 0).all()
    return pd.Index(as_text(values.astype("Int64") if is_float else values))


def _only_counts(index):
    """Whether an index only numbers the rows from 0, in order, and so carries no ids."""
    return index.dtype.kind in "iu" and np.array_equal(index, np.arange(len(index)))


def _is_unique(column):
    try:
        return column.is_unique
    except TypeError:  # lists
        return False


def _holds(column, ids):
    """Whether a column holds all ids, each once."""
    if column.dtype.kind not in "iufO" or len(column) < len(ids) or not _is_unique(column):
        return False
    if column.dtype.kind == "f" and not (column % 1 == 0).all():
        return False
    if column.dtype.kind == "O" and not (column == ids[0]).any():  # most columns, found out soon
        return False
    return bool(ids.isin(_texts(column)).all())


def _are_names(column):
    """Whether a column holds names, all different, and no numbers."""
    if not isinstance(column.dtype, pd.StringDtype) and column.dtype != object:
        return False
    is_text = column.map(lambda cell: isinstance(cell, str)).all() and column.is_unique
    return is_text and bool(pd.to_numeric(column, errors="coerce").isna().all()) and not _bracketed(column)


def _bracketed(column):
    return bool(column.str.strip().str.startswith("[").any())


def _by_column(frame, column, ids, table, name):
    places = _places(_texts(frame[column]), ids, f"column {column!r} of {name}", table)
    return places, column, f"{name} is paired with the table by {column!r}"


def _by_index(index, ids, rows, table, name):
    """The places by an index: of the table's ids, or of row numbers that are in another order."""
    texts = _texts(index)
    if not ids.isin(texts).any() and len(index) == len(ids) and rows.isin(texts).all():
        return _places(texts, rows, "", table), None, f"{name} is paired with the table by its row numbers"
    advice = "; if its rows are in the table's order, reset it (frame.reset_index(drop=True))"
    try:
        places = _places(texts, ids, f"the index of {name}", table)
    except ValueError as error:
        raise ValueError(f"{error}{advice}") from None
    return places, None, f"{name} is paired with the table by its index"


def _places(texts, ids, where, table):
    """The place of each id among texts, None if they are the same; ValueError naming what does not match."""
    if (empty := np.flatnonzero(texts.str.strip() == "")).size:
        raise ValueError(f"{where} must name every row by its id, and is empty in row {empty[0]}")
    twice = texts[texts.duplicated() & texts.isin(ids)]
    if len(twice):
        raise ValueError(f"{where} repeats these ids, which must differ: {some(twice.unique(), 3)}")
    if len(missing := ids[~ids.isin(texts)]):
        found = f"{where} does not hold these ids of {table.name}: {some(missing, 3)}"
        raise ValueError(f"{found}; it holds {some(texts, 3)}")
    if texts.equals(ids):
        return None
    rows = np.flatnonzero(texts.isin(ids))
    return rows[texts[rows].get_indexer(ids)]
