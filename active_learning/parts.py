"""A study on disjoint parts of the rows: what it says about other rows of the same kind.

Splits of one data set overlap in its rows, so they cannot say how much its rows matter. Disjoint parts can:
each is a small data set of its own. In small parts savings are smaller, and so differ less than they should;
half as many splits, which add noise, and the study's own variance make up for that. On fresh data of three
generators, by which this was chosen, the interval held the same study on a new data set in 94, 97 and 98 %.
On four others (tests/bench_new_rows.py; `synthetic` is one), whose rows matter less, in 99 % and more: there
it is wider than it need be, and few parts with few splits cannot tell the two apart.
Not here: the interval (savings.new_rows_intervals).
"""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from active_learning.checks import check_integer
from active_learning.data import Dataset
from active_learning.matrices import take
from active_learning.study import run_study

N_PARTS = 5


def cut_rows(y, n_parts=N_PARTS, *, random_state=0):
    """Cut the rows into disjoint parts, each with the classes' shares.

    y: array (n,) of labels; random_state: of the cut
    returns: list of n_parts int arrays
    raises: ValueError if a class has fewer rows than there are parts
    """
    y, n_parts = np.asarray(y), check_integer("n_parts", n_parts, 2)
    least = np.unique(y, return_counts=True)[1].min()
    if least < n_parts:
        raise ValueError(f"{n_parts} parts need as many rows of every class, and one class has {least}")
    folds = StratifiedKFold(n_parts, shuffle=True, random_state=random_state).split(y, y)
    return [rows for _, rows in folds]


def run_parts(
    dataset, strategies, *, n_parts=N_PARTS, n_splits=100, test_size=0.3, random_state=0, **settings
):
    """The study on each of n_parts disjoint parts of the rows, for summarise(parts=...).

    dataset, strategies, test_size, random_state and settings: as in run_study
    n_parts: how many parts; n_splits: of the study whose interval for new rows is wanted; the parts
        have half as many in all
    returns: DataFrame with columns part, strategy, split, n_labels, accuracy
    raises: ValueError if the parts are too small for a study
    """
    rows_of, share = cut_rows(dataset.y, n_parts, random_state=random_state), test_size
    if not isinstance(test_size, float):
        share = test_size / len(dataset.y)
    settings |= dict(
        test_size=share, random_state=random_state, n_splits=max(round(n_splits / n_parts / 2), 1)
    )
    studies = [
        run_study(Dataset(dataset.name, take(dataset.X, rows), dataset.y[rows]), strategies, **settings)
        for rows in rows_of
    ]
    return pd.concat([curves.assign(part=part) for part, curves in enumerate(studies)], ignore_index=True)
