"""A reader's table as a matrix to learn from: its kinds of columns, and how each becomes numbers.

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
from active_learning.features.text import TextEncoder
from active_learning.features.vectors import VectorScaler, read_vectors
from active_learning.tables.labels import check_single, giveaways
from active_learning.tables.table import read_table

GIVEAWAY = "alone gives the label away; known only after labelling? Then leave it out (--drop)"
GAPS = (10, 0.05)  # missing cells at least, and their share, from which on that they are is learnt from too
MAX_LEVELS = 100  # one-hot columns a category: its commonest levels, and one for all the others


def load_table(
    path_or_frame, label_column, *, drop=(), id_column=None, features=None, unlabeled=(), skip=(), header=True
):
    """Read a table and decide what each column is; medians, scales and levels are learnt later, by fit.

    path_or_frame: a CSV file (.gz too; comma, semicolon, tab, bar; UTF-8, UTF-16 or Windows-1252), a Parquet
        file, or a DataFrame; a CSV is read strictly: what is not certain is refused with its line
    label_column: str; labels are compared as text, and an empty one puts its row in the pool
    drop: names of columns not to learn from
    id_column: the column that names the rows; otherwise the frame's index, or row numbers from 0
    unlabeled: further labels that mean "no label", such as NA
    skip: labels, such as broken, whose rows are neither learnt from nor asked for
    header: False if a CSV's first row is no header; its columns are then named 1, 2, ...
    features: what to learn from instead of the columns: array (n, d), or a .npy, Parquet or CSV file of
        vectors, its rows in the table's order
    returns: Table
    raises: OSError if the file cannot be read, ImportError for Parquet without pyarrow, ValueError for
        a missing or repeated column, an empty or repeated id, infinity, labels that are a quantity or several
        a row, features of another length
    """
    how = {"unlabeled": unlabeled, "skip": skip, "header": header}
    table = read_table(path_or_frame, label_column, id_column=id_column, drop=drop, **how)
    others = [*([drop] if isinstance(drop, str) else drop), *([] if id_column is None else [id_column])]
    learnt = table.frame.drop(columns=[label_column, *others])
    check_single(table.y, label_column)
    decimal = "," if table.sep == ";" else "."
    if features is None:
        X, preprocessor, notes = encode(learnt, table.y, decimal)
    else:
        X, preprocessor, notes = read_vectors(features, len(learnt))
    return replace(table, X=X, preprocessor=preprocessor, notes=[*table.notes, *notes])


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
    kept = [column for column in columns if column.kind]
    if not kept:
        raise ValueError(f"no column is left to learn from ({'; '.join(notes) or 'there are only labels'})")
    notes += [f"column {name!r} {GIVEAWAY}" for name in giveaways(kept, y)]
    return np.hstack([column.numbers for column in kept]), make_preprocessor(kept), notes


class OutlierClipper(TransformerMixin, BaseEstimator):
    """Pull numbers beyond `fences` interquartile ranges back to there: one cell typed wrong moves no scale.

    A column half of whose rows are equal has no such range, and is left alone.
    source: Tukey 1977 (the fences)
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

    The many numbers of a date weigh together as one number does, not to drown the other columns. Where many
    of the cells of a number or date are missing (GAPS), whether one is missing is a number of its own.
    """
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    scale = make_pipeline(fill, OutlierClipper(), StandardScaler())
    how = {"handle_unknown": "infrequent_if_exist", "min_frequency": 2, "max_categories": MAX_LEVELS}
    steps = {"number": scale, "category": OneHotEncoder(**how, sparse_output=False)}
    steps["missing"] = MissingIndicator(features="all")
    places, at = {kind: [] for kind in steps}, 0
    own, weights = [], {}
    for name, column in enumerate(columns):
        wide = column.numbers.shape[1]
        place = np.arange(at, at := at + wide)
        gaps = np.isnan(column.numbers[:, 0])
        if column.kind == "number" and gaps.sum() >= GAPS[0] and gaps.mean() >= GAPS[1]:
            places["missing"].append(place[:1])
        if column.kind in places and wide == 1:
            places[column.kind].append(place)
        elif column.kind == "number":
            own.append((f"date {name}", scale, place))
            weights[f"date {name}"] = wide**-0.5
        else:
            step = TextEncoder(column.texts) if column.kind == "text" else VectorScaler()
            own.append((f"{column.kind} {name}", step, place))
    shared = [(kind, steps[kind], np.concatenate(found)) for kind, found in places.items() if found]
    return ColumnTransformer([*shared, *own], transformer_weights=weights)
