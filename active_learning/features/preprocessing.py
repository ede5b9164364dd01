"""A user's table as a matrix to learn from: its kinds of columns, and how each becomes numbers.

What depends on other rows (scales, levels, weights of words) is in an unfitted preprocessor, which is fitted
once a split on what may be seen. The table itself stays as it was typed (tables).
"""

from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from active_learning._progress import progress
from active_learning.features.columns import read_column
from active_learning.features.dependence import declared_dependence
from active_learning.features.leakage import leaking_columns
from active_learning.features.text import TextEncoder
from active_learning.features.vectors import VectorScaler, read_vectors
from active_learning.tables.labels import check_single
from active_learning.tables.logged import with_log
from active_learning.tables.table import check_column, read_table

LEAKAGE = "alone gives the label away; known only after labelling? Then leave it out (--drop)"
MISSING_CELLS = (10, 0.05)  # so many, and their share, from which on that a cell is missing is a feature
MAX_LEVELS = 100  # one-hot columns a category: its commonest levels, and one for all the others


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
    classes=(),
    log=None,
    columns=None,
    by=None,
    group_column=None,
    time_column=None,
):
    """Read a table and decide what each column is; medians, scales and levels are learnt later, by fit.

    Parameters
    ----------
    path_or_frame : str, path or DataFrame
        A CSV file (.gz too; comma, semicolon, tab, bar; UTF-8, UTF-16 or Windows-1252) or a Parquet file. A
        CSV is read strictly: what is not certain is refused with its line.
    label_column : str
        Labels are compared as text, and an empty one puts its row in the pool.
    drop : sequence of str
        Columns not to learn from.
    id_column : str, optional
        The column that names the rows; otherwise the frame's index, or row numbers from 0.
    features : array of shape (n, d) or path, optional
        What to learn from instead of the columns: a .npy, Parquet or CSV file of vectors, its rows in the
        table's order.
    unlabeled : sequence of str
        Further labels that mean "no label", such as NA.
    skip : sequence of str
        Labels, such as broken, whose rows are neither learnt from nor asked for.
    header : bool
        False if a CSV's first row is no header; its columns are then named 1, 2, ...
    classes : sequence of str
        Declared, for a label column that the table has not: its labels are then in the log.
    log : LabelLog, optional
        Whose labels count.
    columns : list of str, optional
        Whose cells tell the rows of the log; all but that of the labels if None.
    by : str, optional
        Whose answer counts where people disagree, as in LabelLog.labels.

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
        several a row, or features of another length.

    Examples
    --------
    >>> import pandas as pd
    >>> import al_helpers as al
    >>> rows = pd.DataFrame({"size": ["1,5 kg", "2 kg", "9 kg"], "label": ["small", "small", ""]})
    >>> table = al.load_table(rows, "label")
    >>> table.X.ravel().tolist(), table.y.tolist()
    ([1.5, 2.0, 9.0], ['small', 'small', None])
    """
    declared = {"unlabeled": unlabeled, "skip": skip, "header": header, "classes": classes}
    table = read_table(path_or_frame, label_column, id_column=id_column, drop=drop, **declared)
    if log is not None:
        table = with_log(table, log, columns=columns, by=by)
    for name in filter(None, (group_column, time_column)):
        check_column(table.frame, name)
    dependence = declared_dependence(table.frame, label_column, group_column, time_column)
    others = [*([drop] if isinstance(drop, str) else drop), *filter(None, [id_column, group_column])]
    frame = table.frame.drop(columns=[label_column, *others])
    check_single(table.y, label_column)
    if features is None:
        X, preprocessor, notes = encode(frame, table.y, "," if table.sep == ";" else ".")
    else:
        X, preprocessor, notes = read_vectors(features, len(frame))
    notes = [*table.notes, *notes, *(dependence.notes if dependence else [])]
    return replace(table, X=X, preprocessor=preprocessor, notes=notes, dependence=dependence)


def encode(frame, y, decimal="."):
    """The columns of a frame as a matrix, its unfitted preprocessor, and notes on what was decided.

    frame: DataFrame (n, c) without labels and ids; decimal: as in read_column
    y: labels (n,), only to warn of columns that give them away
    returns: floats (n, d), a category or text as its number; ColumnTransformer; list of lines
    raises: ValueError if no column is left to learn from, or as read_column
    """
    names = progress(frame.columns, len(frame.columns), "columns understood", rows=len(frame))
    columns = [read_column(frame[name], decimal) for name in names]
    notes = [f"column {column.name!r} {note}" for column in columns for note in column.notes]
    columns = [column for column in columns if column.kind]
    if not columns:
        raise ValueError(f"no column is left to learn from ({'; '.join(notes) or 'there are only labels'})")
    notes += [f"column {name!r} {LEAKAGE}" for name in leaking_columns(columns, y)]
    return np.hstack([column.numbers for column in columns]), make_preprocessor(columns), notes


class OutlierClipper(TransformerMixin, BaseEstimator):
    """Pull numbers beyond `fences` interquartile ranges back to there: one cell typed wrong moves no scale.

    A column half of whose rows are equal has no such range, and is left alone. The fences are Tukey's (1977).
    """

    def __init__(self, fences=3.0):
        self.fences = fences

    def fit(self, X, y=None):
        """Learn the fences from X (n, d); y is not looked at."""
        low, high = np.quantile(X, [0.25, 0.75], axis=0)
        reach = np.where(high > low, self.fences * (high - low), np.inf)
        self.low_, self.high_ = low - reach, high + reach
        return self

    def transform(self, X):
        """X (n, d), clipped."""
        return np.clip(X, self.low_, self.high_)


def make_preprocessor(columns):
    """An unfitted transformer of columns side by side: imputed and scaled, one-hot, or encoded as text.

    The many numbers of a date together weigh as much as one number. Where many of the cells of a number or
    date are missing (MISSING_CELLS), whether one is missing is a feature of its own.
    """
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    scale = make_pipeline(fill, OutlierClipper(), StandardScaler())
    limits = {"handle_unknown": "infrequent_if_exist", "min_frequency": 2, "max_categories": MAX_LEVELS}
    shared = {"number": scale, "category": OneHotEncoder(**limits, sparse_output=False)}
    shared["missing"] = MissingIndicator(features="all")
    places, start = {kind: [] for kind in shared}, 0
    single, weights = [], {}
    for i, column in enumerate(columns):
        width = column.numbers.shape[1]
        place = np.arange(start, start := start + width)
        missing = np.isnan(column.numbers[:, 0])
        if (
            column.kind == "number"
            and missing.sum() >= MISSING_CELLS[0]
            and missing.mean() >= MISSING_CELLS[1]
        ):
            places["missing"].append(place[:1])
        if column.kind in places and width == 1:
            places[column.kind].append(place)
        elif column.kind == "number":
            single.append((f"date {i}", scale, place))
            weights[f"date {i}"] = width**-0.5
        else:
            step = TextEncoder(column.texts) if column.kind == "text" else VectorScaler()
            single.append((f"{column.kind} {i}", step, place))
    steps = [(kind, shared[kind], np.concatenate(parts)) for kind, parts in places.items() if parts]
    return ColumnTransformer([*steps, *single], transformer_weights=weights)
