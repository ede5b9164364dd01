"""Whether labelled rows look chosen by a rule, where nothing says how they were drawn.

Rules ask for rows of which the model is unsure. So such rows have smaller margins than the rows without a
label, under a model that saw neither; rows drawn at random have not. Not here: what a log knows (plan).
"""

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.base import clone

from active_learning._arrays import on_one_thread, take
from active_learning.models.registry import fit
from active_learning.strategies.base import margin

LEAST = 30, 20  # labelled rows and rows without a label, below which nothing can be told
MOST = 300, 1000  # of each that are looked at
N_FOLDS = 5
LEVEL = 0.05  # share of tables with random labels that are taken for chosen ones


@on_one_thread
def chance_of_margins(model, X, y, labeled, pool, rng, groups=None):
    """The chance that random rows have margins as small as the labelled ones: a one-sided p-value.

    Parameters
    ----------
    model : classifier
        Unfitted.
    X : array of shape (n, d)
    y : int array of shape (n,)
        Class codes; those of the pool are not looked at.
    labeled, pool : int array
        Rows.
    rng : Generator
        Of the folds, and of the rows that are looked at of many.
    groups : int array of shape (n,), optional
        Of rows that are alike: a group then counts as one row.

    Returns
    -------
    float
        nan where too few rows can be compared.

    References
    ----------
    Mann & Whitney (1947), row by row against the pool under the model of the other folds.
    """
    labeled, pool = (_some(rows, most, rng) for rows, most in zip((labeled, pool), MOST, strict=True))
    groups = np.arange(len(y)) if groups is None else groups
    sizes = len(np.unique(groups[labeled])), len(np.unique(groups[pool]))
    if min(sizes[0] - LEAST[0], sizes[1] - LEAST[1]) < 0 or not hasattr(model, "predict_proba"):
        return np.nan
    places, known = pd.Series(index=labeled, dtype=float), np.full(len(y), -1)
    known[labeled] = y[labeled]
    for names in np.array_split(rng.permutation(np.unique(groups[labeled])), N_FOLDS):
        seen, fold = (labeled[np.isin(groups[labeled], names, invert=out)] for out in (True, False))
        if len(np.unique(y[seen])) < 2:
            return np.nan
        fitted = fit(clone(model), X, known, seen, np.union1d(pool, fold))
        others, own = (-margin(fitted.predict_proba(take(X, rows))) for rows in (pool, fold))
        places[fold] = _place(own, np.sort(others))
    centre = places.groupby(groups[labeled]).mean().mean()
    return float(norm.cdf((centre - 0.5) / np.sqrt((1 / sizes[0] + 1 / sizes[1]) / 12)))


def _place(values, ascending):
    """The share of an ascending array that lies below each value, ties by halves."""
    return sum(np.searchsorted(ascending, values, side) for side in ("left", "right")) / 2 / len(ascending)


def _some(rows, most, rng):
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))
