"""A user's table as a matrix to learn from: its kinds of columns, and how each becomes numbers.

What depends on other rows (scales, levels, weights of words) is in an unfitted preprocessor, which is fitted
once a split on what may be seen. The table itself stays as it was typed (tables).
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from active_learning._progress import progress
from active_learning._validation import some
from active_learning.features.columns import Column, read_column
from active_learning.features.declared import declared_dependence
from active_learning.features.encoders import make_preprocessor
from active_learning.features.vectors import VectorScaler, read_vectors
from active_learning.features.withheld import leaking_features, without_leaks
from active_learning.tables.logged import with_log
from active_learning.tables.table import check_column, read_table

NOTHING_LEFT = "no column is left to learn from, so nothing can be learnt"
LONGEST_NAME = 60  # characters of a column's name in a line


def load_table(
    path_or_frame,
    label_column,
    *,
    drop=(),
    id_column=None,
    features=None,
    unlabeled=(),
    skip=(),
    header=True,
    quoting="double",
    classes=(),
    log=None,
    columns=None,
    by=None,
    keep=(),
    group_column=None,
    time_column=None,
):
    """Read a table and decide what each column is; medians, scales and levels are learnt later, by fit.

    Parameters
    ----------
    path_or_frame : str, path or DataFrame
        A CSV file (.gz too; comma, semicolon, tab, bar; UTF-8, UTF-16 or Windows-1252), JSON lines or a JSON
        list of records, an Excel or a Parquet file; a frame of pandas or polars. A file is read strictly:
        what is not certain is refused with its line.
    label_column : str
        Labels are compared as text, and an empty one puts its row in the pool.
    drop : sequence of str
        Columns not to learn from.
    id_column : str, optional
        The column that names the rows; otherwise the frame's index, or row numbers from 0.
    features : array of shape (n, d), DataFrame or path, optional
        What to learn from instead of the columns: a .npy, Parquet or CSV file of vectors. Its rows are paired
        by the ids that it carries, in a column or an index; where there are none, by position.
    unlabeled : sequence of str
        Further labels that mean "no label", such as NA.
    skip : sequence of str
        Labels, such as broken, whose rows are neither learnt from nor asked for.
    header : bool
        False if a CSV's first row is not a header; its columns are then named 1, 2, ...
    quoting : str
        "double", or "none" for a CSV file whose quotes are plain characters.
    classes : sequence of str
        Labels that are classes, though they look like a mark, or like several labels; and declared, for a
        label column that the table has not: its labels are then in the log.
    log : LabelLog, optional
        Whose labels count.
    columns : list of str, optional
        Whose cells tell the rows of the log; all but that of the labels if None.
    by : str, optional
        Whose answer counts where people disagree, as in LabelLog.labels.
    keep : sequence of str
        Columns to learn from, though they give the label away or are filled in with it: these are left out,
        and named, unless they are kept.

    group_column : str, optional
        A column that says what each row is of, a patient, say: no split divides the rows of one, and it is
        not learnt from.
    time_column : str, optional
        A column of dates, times or numbers: what is measured is trained on earlier rows and tested on later
        ones.

    Returns
    -------
    Table

    Raises
    ------
    OSError
        If the file cannot be read.
    ImportError
        For Parquet without pyarrow.
    ValueError
        For a missing or repeated column, an empty or repeated id, infinity, labels that are a quantity or
        several a row, or features of another length or with other ids.

    Examples
    --------
    >>> import pandas as pd
    >>> import al_helpers as al
    >>> rows = pd.DataFrame({"size": ["1,5 kg", "2 kg", "9 kg"], "label": ["small", "small", ""]})
    >>> table = al.load_table(rows, "label")
    >>> table.X.ravel().tolist(), table.y.tolist()
    ([1.5, 2.0, 9.0], ['small', 'small', None])
    """
    declared = {
        "unlabeled": unlabeled,
        "skip": skip,
        "header": header,
        "quoting": quoting,
        "classes": classes,
    }
    table = read_table(path_or_frame, label_column, id_column=id_column, drop=drop, **declared)
    if log is not None:
        table = with_log(table, log, columns=columns, by=by)
    for name in filter(None, (group_column, time_column)):
        check_column(table.frame, name)
    dependence = declared_dependence(table.frame, label_column, group_column, time_column)
    others = [*([drop] if isinstance(drop, str) else drop), *filter(None, [id_column, group_column])]
    frame = table.frame.drop(columns=[label_column, *others])
    keep = [keep] if isinstance(keep, str) else [*keep]
    if features is None:
        for name in keep:
            check_column(frame, name)
        X, preprocessor, notes = encode(frame, table, keep)
    else:
        X, names, notes = read_vectors(features, table, others)
        left_out, more = leaking_features(X, names, table, keep)
        preprocessor, notes = VectorScaler(left_out), [*notes, *more]
    notes = [*table.notes, *notes, *(dependence.notes if dependence else [])]
    return replace(table, X=X, preprocessor=preprocessor, notes=notes, dependence=dependence)


def encode(frame, table, keep=()):
    """The columns of a frame as a matrix, its unfitted preprocessor, and notes on what was decided.

    Where no column is left, that is the first note, and the matrix holds one 0 a row.

    frame: DataFrame (n, c) without labels and ids; table: Table, whose labels are looked at for columns that
        know too much, and whose sep tells the decimal mark to believe; keep: names of columns to learn from
        whatever they know
    returns: floats (n, d), a category or text as its number; ColumnTransformer; list of lines
    raises: ValueError if there are only labels, or as read_column
    """
    if not len(frame.columns):
        raise ValueError("no column is left to learn from (there are only labels)")
    names = progress(frame.columns, len(frame.columns), "columns understood", rows=len(frame))
    columns = [read_column(frame[name], "," if table.sep == ";" else ".") for name in names]
    columns = _without_repeats(columns)
    notes = _column_notes(columns)
    columns, leaks = without_leaks([column for column in columns if column.kind], table, keep)
    if not columns:
        nothing = [NOTHING_LEFT, *leaks, *notes]
        return np.zeros((len(frame), 1)), make_preprocessor([Column("", "number", np.zeros((1, 1)))]), nothing
    notes = [*leaks, *notes, *filter(None, [contradictions(columns, table.y)])]
    return np.hstack([column.numbers for column in columns]), make_preprocessor(columns), notes


def _without_repeats(columns):
    """The columns, of whose texts those that equal an earlier one are left out."""
    first, kept = {}, []
    for column in columns:
        if column.kind == "text":
            cells = column.numbers.tobytes(), tuple(column.texts.distinct)
            if (earlier := first.setdefault(cells, column.name)) != column.name:
                column = Column(column.name, "", notes=[f"is dropped: it equals {earlier!r}"])
        kept.append(column)
    return kept


def contradictions(columns, y):
    """A sentence on labelled rows that are equal in what is learnt from but not in their label, or None.

    If there are none, texts that are equal are counted, whatever stands beside them.
    """
    labeled = np.flatnonzero(~pd.isna(y))
    for kinds, what in ((None, "equal"), (("text",), "equal in their texts")):
        parts = [column.numbers[labeled] for column in columns if kinds is None or column.kind in kinds]
        if not parts or not len(labeled):
            continue
        rows = pd.DataFrame(np.hstack(parts)).fillna(-1e30)
        group = rows.groupby([*rows.columns], sort=False).ngroup()
        n_labels = pd.Series(y[labeled]).groupby(group).transform("nunique")
        if n_rows := int((n_labels > 1).sum()):
            return f"{n_rows} of {len(rows)} labelled rows are {what} to another one with another label"
    return None


def _column_notes(columns):
    """Lines on columns: those that are left out for one reason share a line."""
    left_out = {}
    for column in columns:
        for note in column.notes if not column.kind else ():
            left_out.setdefault(note, []).append(_shortened(column.name))
    grouped = [
        f"column {names[0]!r} {note}"
        if len(names) == 1
        else f"each of {len(names)} columns ({some(names, 3)}) {note}"
        for note, names in left_out.items()
    ]
    return [*grouped, *(f"column {x.name!r} {note}" for x in columns if x.kind for note in x.notes)]


def _shortened(name):
    """A name as a line has room for it."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."
