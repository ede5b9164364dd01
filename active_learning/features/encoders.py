"""How a kind of column becomes numbers to learn from: imputed and scaled, one-hot, or encoded as text.

Not here: what a column is (columns), and which are learnt from (withheld).
"""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from active_learning.features.text import TextEncoder, is_unspaced
from active_learning.features.vectors import VectorScaler

MISSING_CELLS = (10, 0.05)  # so many, and their share, from which on that a cell is missing is a feature
DATES = 0.5  # the weight of all numbers of a date together, where a number has 1
BESIDE_WORDS = 0.5  # the weight of strings without blanks, such as codes, beside texts of words
MAX_LEVELS = 100  # one-hot columns a category: its commonest levels, and one for all the others


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

    The many numbers of a date together weigh half as much as one number, and strings without blanks less than
    texts. Where many of the cells of a number or date are missing (MISSING_CELLS), whether one is missing is
    a feature of its own.
    """
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    scale = make_pipeline(fill, OutlierClipper(), StandardScaler())
    limits = {"handle_unknown": "infrequent_if_exist", "min_frequency": 2, "max_categories": MAX_LEVELS}
    shared = {"number": scale, "category": OneHotEncoder(**limits, sparse_output=False)}
    shared["missing"] = MissingIndicator(features="all")
    places, start = {kind: [] for kind in shared}, 0
    single, weights = [], {}
    words = any(column.kind == "text" and not _is_of_strings(column) for column in columns)
    for i, column in enumerate(columns):
        width = column.numbers.shape[1]
        place = np.arange(start, start := start + width)
        missing = np.isnan(column.numbers[:, 0])
        often = missing.sum() >= MISSING_CELLS[0] and missing.mean() >= MISSING_CELLS[1]
        if column.kind == "number" and often:
            places["missing"].append(place[:1])
        if column.kind in places and width == 1:
            places[column.kind].append(place)
        elif column.kind == "number":
            single.append((f"date {i}", scale, place))
            weights[f"date {i}"] = DATES * width**-0.5
        else:
            step = TextEncoder(column.texts) if column.kind == "text" else VectorScaler()
            single.append((f"{column.kind} {i}", step, place))
            if words and _is_of_strings(column):
                weights[f"text {i}"] = BESIDE_WORDS
    steps = [(kind, shared[kind], np.concatenate(parts)) for kind, parts in places.items() if parts]
    return ColumnTransformer([*steps, *single], transformer_weights=weights)


def _is_of_strings(column):
    """Whether a column is of strings without blanks, in a script that has blanks."""
    texts = column.texts
    return column.kind == "text" and texts.characters and not is_unspaced(texts.distinct)
