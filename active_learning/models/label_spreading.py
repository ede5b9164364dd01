"""Label spreading: a classifier that uses the unlabelled rows too, along a graph of near neighbours."""

from functools import lru_cache

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import cg
from sklearn.base import BaseEstimator, ClassifierMixin

from active_learning._arrays import blocks, inverse_of, squared_distances

DECIMALS = 8  # of the probabilities: rows that tie have equal ones on every processor
DENSE_ROWS = 4000  # graphs up to this size keep the inverse (128 MB); larger ones are solved at each fit


def nearest(A, B, k):
    """The k nearest rows of B (n, d) for each row of A (m, d), ties by row: distances and rows (m, k).

    They are ranked by rounded distances, since rounding errors of a processor would break ties: a key holds
    the bits of one, in single precision, and the row.
    """
    distances, near = np.empty((len(A), k)), np.empty((len(A), k), dtype=int)
    for rows in blocks(len(A), 256):
        squared = squared_distances(A[rows], B)
        keys = squared.astype(np.float32).view(np.int32).astype(np.int64) << 32 | np.arange(len(B))
        near[rows] = np.sort(np.partition(keys, k - 1)[:, :k]) & 0xFFFFFFFF
        distances[rows] = np.sqrt(np.take_along_axis(squared, near[rows], axis=1))
    return distances, near


class NeighbourGraph:
    """The part of GraphSpreading that does not depend on the labels, for rows X (n, d)."""

    def __init__(self, X, n_neighbors, alpha):
        n, self.X, self.unseen = len(X), X, None
        k = min(n_neighbors, n - 1)
        distances, near = nearest(X, X, k + 1)
        self.scale = np.maximum(distances[:, -1], 1e-9)
        W = np.where(near == np.arange(n)[:, None], 0.0, self.weights(distances, self.scale, near))
        starts = np.arange(0, near.size + 1, k + 1)
        W = sparse.csr_array((W.ravel(), near.ravel(), starts), shape=(n, n))
        W = W.maximum(W.T)
        D = sparse.diags_array(1 / np.sqrt(np.maximum(W.sum(axis=1), 1e-300)))
        self.system = sparse.csr_array(sparse.eye_array(n) - alpha * (D @ W @ D))
        self.inverse = inverse_of(self.system.toarray()) if n <= DENSE_ROWS else None
        self.row_of = {x.tobytes(): i for i, x in enumerate(X)}

    def weights(self, distances, scale, near):
        """Weights (m, k) of the edges to the rows `near` of X, from their distances and their scales (m,)."""
        return np.exp(-(distances**2) / (scale[:, None] * self.scale[near]))

    def spread(self, labeled, seeds):
        """Mass (n, classes) that flows from the labelled rows, which hold seeds (m, classes)."""
        if self.inverse is not None:
            return self.inverse[:, labeled] @ seeds
        Y = np.zeros((len(self.X), seeds.shape[1]))
        Y[labeled] = seeds
        return np.column_stack([cg(self.system, y, rtol=1e-12)[0] for y in Y.T]).clip(0)

    def neighbours_of(self, X, k):
        """The k rows of the graph nearest to each unseen row, and their shares: arrays (m, k)."""
        if self.unseen is None or not np.array_equal(self.unseen[0], X):
            distances, near = nearest(X, self.X, min(k, len(self.X)))
            weights = self.weights(distances, np.maximum(distances[:, -1], 1e-9), near) + 1e-12
            self.unseen = X, near, weights / weights.sum(axis=1, keepdims=True)
        return self.unseen[1:]


@lru_cache(maxsize=1)
def graph_of(rows, shape, n_neighbors, alpha):
    """The graph of an array, given as bytes; the last one is kept for the next round or rule."""
    return NeighbourGraph(np.frombuffer(rows).reshape(shape), n_neighbors, alpha)


class GraphSpreading(ClassifierMixin, BaseEstimator):
    """Spread the labels along a graph that joins each row to its nearest ones, labelled or not.

    F = (I - alpha S)^-1 Y, S the graph's normalised weights; row i of F, made to sum to 1, is the class
    distribution of row i. Weights are exp(-|a - b|^2 / (s_a s_b)), s the distance to the k-th neighbour, so
    that the graph has no length scale to tune. Each class spreads the same total mass, however many labels
    it has: a query rule asks for more labels of the hard classes, which would otherwise flood their
    neighbours. What does not depend on the labels (graph, inverse, the neighbours of the last unseen rows) is
    kept until a fit with another X, so that all rounds and rules of a split share it.

    Parameters
    ----------
    n_neighbors : int
        Edges per row.
    alpha : float
        How far labels spread, in (0, 1).

    Attributes
    ----------
    classes_ : ndarray of shape (k,)
    distributions_ : ndarray of shape (n, k)
        The class distribution of each row of fit.

    Notes
    -----
    Cost: the first fit n^2 x features, and n^3 up to DENSE_ROWS rows; further ones n x labels x classes.
    Neighbours are ranked by rounded distances and probabilities rounded to 8 decimals, so that what ties
    does so whatever the processor.

    References
    ----------
    Zhou et al. 2004 (the solution); Zelnik-Manor & Perona 2005 (local scale); Wang, Jebara & Chang 2008
    (balance of the classes); Delalleau, Bengio & Le Roux 2005 (unseen rows).

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0], [5.0], [6.0]]), np.array([0, -1, -1, 1])
    >>> GraphSpreading(n_neighbors=2).fit(X, y).predict(X)
    array([0, 0, 1, 1])
    """

    def __init__(self, n_neighbors=4, alpha=0.98):
        self.n_neighbors, self.alpha = n_neighbors, alpha

    def fit(self, X, y):
        """Fit on numbers X (n, d) and integers y (n,), -1 where unknown; ValueError if no row has a label."""
        X, y = np.ascontiguousarray(X, dtype=float) + 0.0, np.asarray(y)  # + 0.0: no negative zeros
        if X.ndim != 2 or y.shape != X.shape[:1]:
            raise ValueError(f"X must be a matrix and y pair up with its rows, got {X.shape} and {y.shape}")
        labeled = np.flatnonzero(y != -1)
        if len(labeled) == 0:
            raise ValueError("label spreading needs at least one row with a label (y != -1), got none")
        self.graph_ = graph_of(X.tobytes(), X.shape, self.n_neighbors, self.alpha)
        self.n_features_in_ = X.shape[1]
        self.classes_, codes = np.unique(y[labeled], return_inverse=True)
        seeds = np.eye(len(self.classes_))[codes]
        F = self.graph_.spread(labeled, seeds / seeds.sum(axis=0))
        mass = F.sum(axis=1, keepdims=True)  # 0 for rows that no label reaches: every class equally likely
        distributions = np.divide(F, mass, out=np.full_like(F, 1 / F.shape[1]), where=mass > 1e-12)
        self.distributions_ = distributions.round(DECIMALS)
        return self

    def predict_proba(self, X):
        """Class probabilities (m, classes): of rows of fit theirs, of others the mean of their neighbours."""
        X = np.ascontiguousarray(X, dtype=float) + 0.0
        rows = np.array([self.graph_.row_of.get(x.tobytes(), -1) for x in X], dtype=int)
        proba, new = self.distributions_[rows], rows < 0
        if new.any():
            near, weights = self.graph_.neighbours_of(X[new], self.n_neighbors)
            proba[new] = np.einsum("ij,ijc->ic", weights, self.distributions_[near]).round(DECIMALS)
        return proba

    def predict(self, X):
        """The most likely class of each row of X, the first of equally likely ones."""
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]
