"""K-means and weighted draws whose result depends on the data and the random seed, not on the processor.

A converged classifier still differs by about 1e-8 between two machines, and a product of matrices in its
last digit. So the largest value is the first within TIE of the maximum, a squared distance below ROUNDING is
0, sums run in the order of the rows, and a draw compares a random number with cumulated weights, which noise
of 1e-8 changes with probability 1e-8. scikit-learn's KMeans moves the origin to the mean, and so breaks ties
between equally distant centres by rounding: on digits its batches differed between processors in 3 of 20
splits.
"""

import numpy as np
import pandas as pd
from scipy import sparse

from active_learning._arrays import ROUNDING, TIE, blocks, squared_distances, squared_norms


def first_best(scores):
    """The position of the largest score (m,); of those within TIE of it, the first."""
    best = scores.max()
    return int(np.argmax(scores >= best - TIE * abs(best)))


def draw(weights, rng):
    """A position drawn with probability proportional to its weight (m,), some of them positive."""
    total = weights.cumsum()
    return int(total.searchsorted(rng.random() * total[-1], side="right"))


def plus_plus(distances_to, k, first, rng, weights=1.0):
    """Draw k distinct positions, each with probability weight x squared distance to the nearest one drawn.

    distances_to maps a position to the squared distances (m,) to it; first is the first position. When no
    distance is left, the lowest positions not yet drawn follow. Arthur & Vassilvitskii 2007.
    """
    chosen, nearest = [first], distances_to(first)
    for _ in range(k - 1):
        mass = weights * nearest
        mass[chosen] = 0.0
        chosen.append(draw(mass, rng) if mass.any() else min({*range(len(mass))}.difference(chosen)))
        nearest = np.minimum(nearest, distances_to(chosen[-1]))
    return chosen


def nearest_centre(A, centres, lengths=None):
    """The first of the nearest centres (..., k, d) for each row of A (m, d): array (..., m).

    The caller may have lengths, the squared_norms of A.
    """
    norms = squared_norms(centres)[..., None]
    lengths = squared_norms(A) if lengths is None else lengths
    tolerance = ROUNDING * (lengths + norms.max(axis=-2, keepdims=True))
    nearest = np.empty((*centres.shape[:-2], len(A)), dtype=int)
    for part in blocks(len(A)):
        squared = (-2 * centres) @ A[part].T
        squared += norms  # less |a|^2, the same for all centres
        least = squared.min(axis=-2, keepdims=True)
        nearest[..., part] = (squared <= least + tolerance[..., part]).argmax(axis=-2)
    return nearest


def k_means(A, k, rng, weights=None, tries=3, rounds=20):
    """k centres (k, d) of the rows of A (m, d), weights (m,) or all 1: the best of several runs of lloyd.

    A later run wins only by more than a rounding error, as two runs often find the same clusters.
    """
    weights, lengths = np.ones(len(A)) if weights is None else weights, squared_norms(A)
    squared = squared_distances(A, A, lengths) if len(A) <= 250 else None  # cheaper than one by one

    def distances_to(j):
        return squared_distances(A, A[j : j + 1], lengths)[:, 0] if squared is None else squared[j]

    seeds = [plus_plus(distances_to, k, draw(weights, rng), rng, weights) for _ in range(tries)]
    centres, cluster = lloyd(A, A[np.array(seeds)], weights, lengths, rounds)
    costs = [weights @ squared_norms(A - each[rows]) for each, rows in zip(centres, cluster, strict=True)]
    return centres[first_best(-np.array(costs))]


def lloyd(A, centres, weights, lengths, rounds):
    """Move the centres (tries, k, d) of k-means until they stay; return them and the clusters (tries, m).

    It ends when no row changes its cluster, and never by a tolerance, so that rounding does not decide when
    to stop; a centre that loses all its rows stays. A sparse product sums over the rows in order. All tries
    run together, in fewer and longer operations; one that is done stays as it is.
    """
    tries, k, _ = centres.shape
    cluster = nearest_centre(A, centres, lengths)
    members = np.repeat(weights, tries), np.zeros(cluster.size, dtype=int), tries * np.arange(len(A) + 1)
    members = sparse.csc_array(members, shape=(tries * k, len(A)))
    for _ in range(rounds):
        members.indices[:] = (cluster.T + k * np.arange(tries)).ravel()
        sums = (members @ A).reshape(centres.shape)
        mass = np.bincount(members.indices, members.data, minlength=tries * k).reshape(tries, k, 1)
        centres, before = np.divide(sums, mass, out=centres, where=mass > 0), cluster
        cluster = nearest_centre(A, centres, lengths)
        if np.array_equal(cluster, before):
            break
    return centres, cluster


def nearest_rows(A, centres):
    """For each centre (k, d) in turn the nearest row of A (m, d) not yet taken: k positions."""
    squared, chosen = squared_distances(A, centres), []
    for to_centre in squared.T:
        chosen.append(first_best(-to_centre))
        squared[chosen[-1]] = np.inf
    return np.array(chosen)


def in_turns(cluster, order, within):
    """Positions (m,) in an order in which each cluster gives one row, then each a second one, and so on.

    cluster (m,) is the cluster of each row, order (k,) ranks the clusters and within (m,) the rows of each
    cluster; low = first.
    """
    turn = pd.Series(within).groupby(cluster).rank(method="first")
    return np.lexsort((order[cluster], turn))
