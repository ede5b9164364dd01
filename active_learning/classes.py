"""What a column of labels holds, beyond its cells: several labels a row, classes too small, columns that give
it away.

Not here: which cells are labels, and how they are spelt (tables).
"""

import re
from collections import Counter

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from active_learning.checks import some
from active_learning.matrices import spaced

MARKS = ("|", ";", ",")  # between several labels of a row
# One of several in a printed list, as 'a' of ['a', 'b'].
LISTED = re.compile(r"""[\[({]?\s*(['"])(.*)\1\s*[\])}]?""")


def check_single(y, name):
    """Raise ValueError if labels y (n,), None where there is none, name several classes a row, as in
    comedy|drama.

    They do if their parts recur: in other combinations, or alone. name: str, the column's
    """
    labels = [label for label in pd.unique(y) if label is not None]
    for mark in MARKS:
        parts = {label: {LISTED.sub(r"\2", part.strip()) for part in label.split(mark)} for label in labels}
        several = [label for label, own in parts.items() if len(own) > 1 and all(own)]
        if not several:
            continue
        used = Counter(part for own in parts.values() for part in own)
        recurs = [label for label in several if all(used[part] > 1 for part in parts[label])]
        if len(recurs) >= max(1, len(several) / 2) and len(used) <= len(labels):
            shown = some(recurs, 2)
            advice = "this is one class a row; keep one of them, or ask one class at a time (yes or no)"
            raise ValueError(f"column {name!r} holds several labels a row, such as {shown}; {advice}")


def giveaways(columns, y, *, at_least=0.99, most=2000):
    """Columns that alone give the label away, perhaps because they are known only after labelling.

    A shallow tree on the column, or the mere fact that a cell is missing, scores `at_least` on held-out rows,
    and well above the majority. Of a text only that it is missing is looked at.
    columns: list of Column; y: labels (n,), None where there is none
    most: int, labelled rows at the most that are looked at
    returns: list of names
    """
    counts = pd.Series(y).value_counts()
    rows = np.flatnonzero(pd.Series(y).isin(counts.index[counts >= 5]))
    rows = spaced(rows, most)
    codes, classes = pd.factorize(y[rows])
    if len(rows) < 30 or len(classes) < 2 or np.bincount(codes).min() < 2:
        return []
    halves = train_test_split(np.arange(len(rows)), test_size=0.5, stratify=codes, random_state=0)
    simple = [column for column in columns if column.kind in ("number", "category", "text")]
    values = (np.minimum(c.numbers[rows], 0) if c.kind == "text" else c.numbers[rows] for c in simple)
    return [
        column.name
        for column, parts in zip(simple, values, strict=True)
        if any(_tells(part, codes, halves, at_least) for part in parts.T)
    ]


def _tells(values, codes, halves, at_least):
    """Whether values (m,) of a column, or where they are missing, give the classes `codes` (m,) away."""
    missing = np.isnan(values) | (values == -1)
    known, share = codes[halves[1]], np.bincount(codes) / len(codes)
    for label in np.flatnonzero((share > 0.05) & (share < 0.95)):
        agree = (missing == (codes == label)).mean()
        if max(agree, 1 - agree) >= at_least:
            return True
    tree = DecisionTreeClassifier(max_leaf_nodes=max(8, 2 * len(share)), random_state=0)
    filled = np.where(missing, -1e30, values).clip(-1e30, 1e30)[:, None]
    score = tree.fit(filled[halves[0]], codes[halves[0]]).score(filled[halves[1]], known)
    return score >= at_least and 1 - score <= (1 - share.max()) / 3


def without_rare(y, least):
    """Which labels y (n,) are of classes with `least` rows or more, and a sentence on the others or None."""
    counts = pd.Series(y).value_counts()
    rare = counts[counts < least]
    if not len(rare):
        return np.ones(len(y), dtype=bool), None
    named = [f"{label} ({count})" for label, count in rare.items()]
    sentence = f"Too few to be split, and left out of the measurement: {some(named)}."
    return ~np.isin(y, rare.index), sentence
