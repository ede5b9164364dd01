"""Target leakage: columns that give the label away. Not here: what a column is (columns)."""

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from active_learning._arrays import evenly_spaced

SUSPICIOUS = 0.99  # accuracy of one column from which on it gives the label away
MOST = 2000  # labelled rows that are looked at


def leaking_columns(columns, y):
    """Names of the columns that alone give the label away, perhaps because they are known only afterwards.

    A shallow tree on the column, or the mere fact that a cell is missing, is right on nearly all held-out
    rows, and well above the majority. Of a text only that it is missing is looked at.
    columns: list of Column; y: labels (n,), None where there is none
    """
    counts = pd.Series(y).value_counts()
    rows = evenly_spaced(np.flatnonzero(pd.Series(y).isin(counts.index[counts >= 5])), MOST)
    codes, classes = pd.factorize(y[rows])
    if len(rows) < 30 or len(classes) < 2 or np.bincount(codes).min() < 2:
        return []
    halves = train_test_split(np.arange(len(rows)), test_size=0.5, stratify=codes, random_state=0)
    names = []
    for column in columns:
        values = column.numbers[rows]
        values = np.minimum(values, 0) if column.kind == "text" else values
        if column.kind != "vector" and any(_predicts(part, codes, halves) for part in values.T):
            names.append(column.name)
    return names


def _predicts(values, codes, halves):
    """Whether values (m,) of a column, or where they are missing, predict the classes `codes` (m,)."""
    missing = np.isnan(values) | (values == -1)
    shares = np.bincount(codes) / len(codes)
    for code in np.flatnonzero((shares > 0.05) & (shares < 0.95)):
        agreement = (missing == (codes == code)).mean()
        if max(agreement, 1 - agreement) >= SUSPICIOUS:
            return True
    tree = DecisionTreeClassifier(max_leaf_nodes=max(8, 2 * len(shares)), random_state=0)
    filled = np.where(missing, -1e30, values).clip(-1e30, 1e30)[:, None]
    score = tree.fit(filled[halves[0]], codes[halves[0]]).score(filled[halves[1]], codes[halves[1]])
    return score >= SUSPICIOUS and 1 - score <= (1 - shares.max()) / 3
