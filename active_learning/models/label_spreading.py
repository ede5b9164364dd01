"""Label spreading: a classifier that uses the unlabelled rows too, along a graph of near neighbours.

Sources: Zhou et al. 2004; Zelnik-Manor & Perona 2005; Wang, Jebara & Chang 2008; Delalleau et al. 2005.
"""

from functools import lru_cache

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import cg
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neighbors import NearestNeighbors

from active_learning._arrays import inverse_of

DENSE_ROWS = 4000  # graphs up to this size keep the inverse (128 MB); larger ones are solved at each fit


class NeighbourGraph:
    """All of GraphSpreading that does not depend on the labels: see there. X: array (n, d)."""

    def __init__(self, X, n_neighbors, alpha):
        n, self.X, self.unseen = len(X), X, None
        k = min(n_neighbors, n - 1)
        self.index = NearestNeighbors(algorithm="brute").fit(X)
        distances, near = self.index.kneighbors(X, k + 1)
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
        """Weights (m, k) of the edges to the rows `near` of X, from their distances and own scales (m,)."""
        return np.exp(-(distances**2) / (scale[:, None] * self.scale[near]))

    def spread(self, known, seeds):
        """Mass (n, classes) that flows from the rows `known`, which hold seeds (m, classes)."""
        if self.inverse is not None:
            return self.inverse[:, known] @ seeds
        Y = np.zeros((len(self.X), seeds.shape[1]))
        Y[known] = seeds
        return np.column_stack([cg(self.system, y, rtol=1e-12)[0] for y in Y.T]).clip(0)

    def neighbours_of(self, X, k):
        """The k rows of the graph nearest to each unseen row, and their shares: arrays (m, k)."""
        if self.unseen is None or not np.array_equal(self.unseen[0], X):
            distances, near = self.index.kneighbors(X, min(k, len(self.X)))
            weights = self.weights(distances, np.maximum(distances[:, -1], 1e-9), near) + 1e-12
            self.unseen = X, near, weights / weights.sum(axis=1, keepdims=True)
        return self.unseen[1:]


@lru_cache(maxsize=1)
def graph_of(rows, shape, n_neighbors, alpha):
    """The graph of rows, the bytes of an array of that shape; the last is kept for the next round or rule."""
    return NeighbourGraph(np.frombuffer(rows).reshape(shape), n_neighbors, alpha)


class GraphSpreading(ClassifierMixin, BaseEstimator):
    """Spread the labels along a graph that joins each row to its nearest ones, labelled or not.

    F = (I - alpha S)^-1 Y, S the graph's normalised weights; row i of F, made to sum to 1, is the class
    distribution of row i. Weights are exp(-|a - b|^2 / (s_a s_b)), s the distance to the k-th neighbour, so
    that the graph has no length scale to tune. Each class spreads the same total mass, however many labels
    it has: a query rule buys more labels of the hard classes, which would otherwise flood their neighbours.
    What does not depend on the labels (graph, inverse, the neighbours of the last unseen rows) is kept until
    a fit with another X, so that all rounds and all rules of a split share it.

    n_neighbors: int, edges per row; alpha: float in (0, 1), how far labels spread
    cost: the first fit n^2 x features, and n^3 up to DENSE_ROWS rows; further ones n x labels x classes
    source: Zhou et al. 2004 (the solution); Zelnik-Manor & Perona 2005 (local scale); Wang, Jebara & Chang
        2008 (balance of the classes); Delalleau, Bengio & Le Roux 2005 (unseen rows)
    """

    def __init__(self, n_neighbors=4, alpha=0.98):
        self.n_neighbors, self.alpha = n_neighbors, alpha

    def fit(self, X, y):
        """Fit on X (n, d), numeric, and y (n,), int, -1 where unknown; ValueError if no row has a label."""
        X, y = np.ascontiguousarray(X, dtype=float) + 0.0, np.asarray(y)  # + 0.0: no negative zeros
        if X.ndim != 2 or y.shape != X.shape[:1]:
            raise ValueError(f"X must be a matrix and y pair up with its rows, got {X.shape} and {y.shape}")
        known = np.flatnonzero(y != -1)
        if len(known) == 0:
            raise ValueError("label spreading needs at least one row with a label (y != -1), got none")
        self.graph_ = graph_of(X.tobytes(), X.shape, self.n_neighbors, self.alpha)
        self.n_features_in_ = X.shape[1]
        self.classes_, codes = np.unique(y[known], return_inverse=True)
        seeds = np.eye(len(self.classes_))[codes]
        F = self.graph_.spread(known, seeds / seeds.sum(axis=0))
        mass = F.sum(axis=1, keepdims=True)  # 0 for rows that no label reaches: every class equally likely
        self.distributions_ = np.divide(F, mass, out=np.full_like(F, 1 / F.shape[1]), where=mass > 1e-12)
        return self

    def predict_proba(self, X):
        """Class probabilities (m, classes): rows of fit have their own, others their neighbours' mean."""
        X = np.ascontiguousarray(X, dtype=float) + 0.0
        rows = np.array([self.graph_.row_of.get(x.tobytes(), -1) for x in X], dtype=int)
        proba, new = self.distributions_[rows], rows < 0
        if new.any():
            near, weights = self.graph_.neighbours_of(X[new], self.n_neighbors)
            proba[new] = np.einsum("ij,ijc->ic", weights, self.distributions_[near])
        return proba

    def predict(self, X):
        """The most likely class of each row of X, the first of equally likely ones."""
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]
