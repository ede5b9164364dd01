"""What the columns of a reader's table are, as numbers to learn from, and what is said about each.

A column becomes numbers only to learn from; the table itself stays as it was typed (tables).
"""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from active_learning.tables import MISSING, read_table

DATE = r"\d{1,4}([-/.])\d{1,2}\1\d{2,4}([ T].*)?"
MAX_LEVELS = 20  # one-hot columns a category: its commonest levels, and one for all the others


def load_table(path_or_frame, label_column, *, drop=(), id_column=None, unlabeled=(), skip=(), header=True):
    """Read a table and decide what each column is; medians, scales and levels are learnt later, by fit.

    path_or_frame: a CSV file (.gz too; comma, semicolon, tab, bar; UTF-8, UTF-16 or Windows-1252), a Parquet
        file, or a DataFrame; a CSV is read strictly: what is not certain is refused with its line
    label_column: str; labels are compared as text, and an empty one puts its row in the pool
    drop: names of columns not to learn from
    id_column: the column that names the rows; otherwise the frame's index, or row numbers from 0
    unlabeled: further labels that mean "no label", such as NA
    skip: labels, such as broken, whose rows are neither learnt from nor asked for
    header: False if a CSV's first row is no header; its columns are then named 1, 2, ...
    returns: Table
    raises: OSError if the file cannot be read, ImportError for Parquet without pyarrow, ValueError for
        a missing or repeated column, an empty or repeated id, dates, infinity, labels that are a quantity
    """
    how = {"unlabeled": unlabeled, "skip": skip, "header": header}
    table = read_table(path_or_frame, label_column, id_column=id_column, drop=drop, **how)
    others = [*([drop] if isinstance(drop, str) else drop), *([] if id_column is None else [id_column])]
    features = table.frame.drop(columns=[label_column, *others])
    if table.sep == ";":  # where the comma is the decimal point
        features = features.replace(r"^([+-]?\d*),(\d+)$", r"\1.\2", regex=True)
    X, preprocessor, notes = _encode(features)
    return replace(table, X=X, preprocessor=preprocessor, notes=[*table.notes, *notes])


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
