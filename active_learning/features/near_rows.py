"""Rows of numbers, or vectors, that are copies of one another but for noise or rounding.

A row has copies if a few rows are far nearer to it than the next ones are: of independent rows, the distances
to the nearest ones grow step by step, the more slowly the more dimensions they fill (Facco et al. 2017). Not
here: copies of texts, and equal rows (dependence).
"""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import NearestNeighbors

MOST = 4000  # rows at the most that are compared
COPIES = 16  # of a row at the most
NEARER = 0.3  # the distance to the last copy, as a share of that to the next row, at the most
BY_CHANCE = 1e-4  # the chance of such a gap at the most
SHARE = 0.3, 0.05  # of rows with copies from which on they are believed: of few numbers a row, of MANY
MANY = 10


def near_rows(X):
    """Find the rows that are copies of one another but for noise.

    Parameters
    ----------
    X : ndarray of shape (m, d)

    Returns
    -------
    ndarray of int, shape (m,), or None
        A number for each set of copies, -1 for a row without any; None if there are too few.
    """
    m, d = X.shape
    if not 3 * COPIES <= m <= MOST or d < 2:
        return None
    X = _scaled(X)
    distances, rows = NearestNeighbors(n_neighbors=COPIES + 1).fit(X).kneighbors(X)
    distances = np.hypot(distances[:, 1:], _resolution(X))
    gaps = distances[:, :-1] < _limits(distances, d) * distances[:, 1:]
    if gaps.any(axis=1).mean() < SHARE[d >= MANY]:
        return None
    n_copies = np.where(gaps.any(axis=1), 1 + gaps.argmax(axis=1), 0)
    first = np.repeat(np.arange(m), n_copies)
    second = rows[:, 1:][np.arange(COPIES) < n_copies[:, None]]
    codes = connected_components(sparse.coo_array((np.ones(len(first)), (first, second)), shape=(m, m)))[1]
    sizes = np.bincount(codes)
    # a chain through the table is its shape, and no set of copies
    return None if sizes.max() > 0.1 * m else np.where(sizes[codes] > 1, codes, -1)


def _scaled(X):
    """Numbers (m, d) around their medians, in the unit of what most of them vary by; gaps are the median."""
    low, middle, high = np.nanquantile(X, [0.1, 0.5, 0.9], axis=0)
    X = np.where(np.isnan(X), middle, X) - middle
    return np.clip(X / np.where(high > low, high - low, 1.0), -3, 3)


def _resolution(X):
    """The distance that the rounding of the numbers alone may make."""
    steps = [np.diff(np.unique(column)) for column in X.T]
    return np.sqrt(sum(step[step > 1e-12].min(initial=1.0) ** 2 for step in steps if len(step)))


def _limits(distances, d):
    """Shares (COPIES - 1,) of the next distance below which one is no chance, by the dimensions filled."""
    half = distances.shape[1] // 2
    with np.errstate(all="ignore"):
        growth = np.log(distances[:, -1:] / distances[:, half:-1]).mean(axis=1)
    filled = min(d, 0.5 / max(np.nanmedian(growth), 1e-3))
    return np.minimum(BY_CHANCE ** (1 / (np.arange(1, distances.shape[1]) * filled)), NEARER)
