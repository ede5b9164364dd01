"""Rules that buy diverse or representative batches.

Each states its sentence, its cost, its source and where it differs from it. The clustering and drawing that
they share is in clusters; the same seed buys the same rows on every machine. To add a rule: see rules.
"""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.base import clone

from active_learning._arrays import (
    ROUNDING,
    TIE,
    as_floats,
    blocks,
    centred,
    dense,
    squared_distances,
    squared_norms,
    steady,
    take,
)
from active_learning.strategies._clustering import (
    first_best,
    in_turns,
    k_means,
    nearest_centre,
    nearest_rows,
    plus_plus,
)
from active_learning.strategies.base import entropy, needs, top_rows

CANDIDATES = 10  # the margin rules choose among this many times the batch, the most uncertain rows


def uncertainty(margins):
    """Weights in [0, 1] from margin scores (n,): 1 - the gap of the top two probabilities.

    The gaps of a decision function have no upper limit, so there the largest gap of the pool counts as 1.
    """
    return np.maximum(1 + margins / max(1.0, -margins.min()), 0.0)


def uncertain_rows(round, candidates):
    """Positions in the pool of the most uncertain rows, ascending, and their weights.

    Ascending, so that what follows does not depend on the order of nearly equal margins.
    """
    margins, positions = round.margins(), np.arange(len(round.pool))
    near = np.sort(top_rows(steady(margins), positions, min(candidates, len(positions))))
    return near, np.maximum(uncertainty(margins)[near], 1e-6)


def rows_at_centres(round, candidates):
    """Buy the row nearest to each centre of a weighted k-means over the `candidates` most uncertain rows."""
    near, weights = uncertain_rows(round, candidates)
    A = centred(as_floats(round.X, round.pool[near]))
    return round.pool[near[nearest_rows(A, k_means(A, round.batch, round.rng, weights))]]


@needs("margins", "numeric", "dense")
def diverse_margin(round):
    """Buy the rows nearest to the centres of a k-means over the most uncertain rows, weighted by uncertainty.

    The 10 x batch rows of smallest margin are clustered into `batch` clusters.
    cost: one score per pool row, then k-means on 10 x batch rows whatever the pool
    source: Zhdanov 2019
    """
    return rows_at_centres(round, CANDIDATES * round.batch)


@needs("margins", "numeric", "dense")
def annealed_margin(round):
    """Buy as diverse_margin does, but from the more of the pool, the fewer labels there are.

    The candidates are the most uncertain 1 / (labels per class) of the pool, 10 x batch at the least: half of
    the pool with two labels per class, when the margins say little, and ever closer to diverse_margin.
    cost: one score per pool row, then k-means on pool / (labels per class) rows, 5,000 at the most
    source: ours, after Zhdanov 2019 (clusters), Hacohen et al. 2022 (typical rows first, uncertain later)
    """
    per_class = len(round.labeled) / len(np.unique(round.y))
    share = min(int(len(round.pool) / per_class), 5000)
    return rows_at_centres(round, max(CANDIDATES * round.batch, share))


@needs("margins", "numeric", "dense")
def cluster_margin(round):
    """Buy from clusters of the most uncertain rows in turn, one random row each, small clusters first.

    Difference to the paper: it clusters the whole pool once and cuts the tree at a tuned distance; here the
    10 x batch rows of smallest margin are clustered in each round (average linkage), into half as many.
    cost: one score per pool row, then (10 x batch)^2 distances whatever the pool
    source: Citovsky et al. 2021
    """
    near, _ = uncertain_rows(round, CANDIDATES * round.batch)
    if len(near) == 1:
        return round.pool[near]
    tree = linkage(steady(pdist(as_floats(round.X, round.pool[near]))), method="average")
    cluster = fcluster(tree, max(1, len(near) // 2), criterion="maxclust") - 1
    turns = in_turns(cluster, np.bincount(cluster), round.rng.permutation(len(near)))
    return round.pool[near[turns[: round.batch]]]


@needs("proba", "numeric")
def badge(round):
    """Buy rows whose loss gradients are large and far apart (k-means++ on gradient embeddings).

    The embedding of a row is the gradient of its log loss in a linear layer, taken as if the predicted label
    were true: g = (p - e_yhat) outer [x, 1]. Never built: <g_i, g_j> = <r_i, r_j> (<x_i, x_j> + 1) with the
    residuals r. For a classifier other than a linear one, x stands in for the last layer's input.
    The first row is that of the largest gradient, as in the authors' program (the paper: a random one).
    cost: batch x pool x (features + classes), in time; pool x (features + classes) in memory
    source: Ash et al. 2020
    """
    X, R = as_floats(round.X, round.pool), round.model.predict_proba(take(round.X, round.pool))
    R[np.arange(len(R)), np.argmax(R.max(axis=1, keepdims=True) - TIE <= R, axis=1)] -= 1
    lengths = squared_norms(R) * (squared_norms(X) + 1)

    def distances_to(j):
        squared = lengths + lengths[j] - 2 * (R @ R[j]) * (dense(X @ X[[j]].T)[:, 0] + 1)
        return np.where(squared > ROUNDING * (lengths + lengths[j]), squared, 0.0)

    return round.pool[plus_plus(distances_to, round.batch, first_best(lengths), round.rng)]


@needs("numeric")
def core_set(round):
    """Buy again and again the pool row that is farthest from every row bought so far (k-centre greedy).

    Difference to the paper: distances in the space of X (a linear model has no other), and the greedy
    solution without the integer program that refines it.
    cost: pool x (labeled + batch) x features, in time; pool x features in memory
    source: Sener & Savarese 2018
    """
    A = centred(as_floats(round.X, np.concatenate([round.pool, round.labeled])))
    A, known = A[: len(round.pool)], A[len(round.pool) :]
    parts = blocks(len(round.pool))
    nearest = np.concatenate([squared_distances(A[part], known).min(axis=1) for part in parts])
    lengths, chosen = squared_norms(A), []
    for _ in range(round.batch):
        chosen.append(first_best(nearest))
        nearest = np.minimum(nearest, squared_distances(A, A[[chosen[-1]]], lengths)[:, 0])
        nearest[chosen] = -np.inf
    return round.pool[chosen]


@needs("numeric", "dense")
def typiclust(round):
    """Buy the most typical row of each large cluster that holds no label yet (for the first rounds).

    k-means on labelled and pool rows together, into labeled + batch clusters (500 at the most); clusters
    with the fewest labels first, of these the largest. Typical = small mean distance to the 20 nearest pool
    rows of the cluster. Differences: raw features (the paper learns them without labels); only the 1,000
    rows nearest to a cluster's centre are looked at.
    cost: 6 x pool x (labeled + batch) x features, in time; pool x features in memory
    source: Hacohen, Dekel & Weinshall 2022
    """
    n = len(round.pool)
    A = centred(as_floats(round.X, np.concatenate([round.pool, round.labeled])))
    centres = k_means(A, min(len(round.labeled) + round.batch, 500, len(A)), round.rng, tries=1, rounds=5)
    cluster = nearest_centre(A, centres)
    cluster, labels = cluster[:n], np.bincount(cluster[n:], minlength=len(centres))
    sizes = np.bincount(cluster, minlength=len(centres))
    first = np.lexsort((-sizes, labels + n * (sizes == 0)))
    spread = np.zeros(n)
    for c in first[: round.batch]:
        spread[cluster == c] = mean_neighbour_distance(A[:n][cluster == c], centres[c])
    return round.pool[in_turns(cluster, np.argsort(first), steady(spread))[: round.batch]]


def mean_neighbour_distance(A, centre, neighbours=20, at_most=1000):
    """Each row's mean distance to its nearest neighbours in A (m, d); inf far from the centre."""
    spread = np.full(len(A), np.inf)
    near = np.sort(np.argsort(steady(squared_distances(A, centre[None, :])[:, 0]), kind="stable")[:at_most])
    k = max(min(neighbours, len(near) - 1), 1)
    distances = np.sqrt(np.sort(squared_distances(A[near], A[near]), axis=1)[:, 1 : k + 1])
    spread[near] = distances.sum(axis=1) / k
    return spread


@needs("margins")
def power_margin(round):
    """Draw rows without replacement with probability proportional to their uncertainty.

    The largest of log(uncertainty) + Gumbel noise are that draw (coldness 1; the paper's score: mutual
    information).
    cost: one score and one random number per pool row
    source: Kirsch et al. 2023
    """
    weights = np.maximum(uncertainty(round.margins()), 1e-300)
    return top_rows(np.log(weights) + round.rng.gumbel(size=len(weights)), round.pool, round.batch)


@needs("proba")
def committee(round, members=5):
    """Buy the rows where a committee's mean class probabilities have the largest entropy.

    The committee is the classifier refitted on bootstrap replicates of the labelled rows, drawn within each
    class so that no member misses one; Seung et al. vote with random consistent learners.
    cost: members x (one fit + one prediction of the pool)
    source: Seung, Opper & Sompolinsky 1992; Abe & Mamitsuka 1998 (replicates)
    """
    pool, total = take(round.X, round.pool), 0.0
    by_class = [np.flatnonzero(round.y == label) for label in np.unique(round.y)]
    for _ in range(members):
        rows = np.concatenate([own[round.rng.integers(len(own), size=len(own))] for own in by_class])
        member = clone(round.model).fit(take(round.X, round.labeled[rows]), round.y[rows])
        total = total + member.predict_proba(pool)
    return top_rows(steady(entropy(total / members)), round.pool, round.batch)


@needs("margins", "numeric")
def density_margin(round):
    """Buy rows that are uncertain and like many others: uncertainty x mean cosine similarity to the pool.

    The mean similarity is one product with the mean of the unit rows, not a pool x pool matrix; a negative
    one, which features below 0 can give, counts as 0.
    cost: one score per pool row and pool x features
    source: Settles & Craven 2008 (information density, beta = 1)
    """
    A = as_floats(round.X, round.pool)
    lengths = np.sqrt(squared_norms(A))
    inverse = 1 / np.where(lengths > 0, lengths, np.inf)  # a row of zeros is similar to none
    similarity = inverse * (A @ (A.T @ inverse)) / len(inverse)
    scores = uncertainty(round.margins()) * np.maximum(similarity, 0.0)
    return top_rows(steady(scores), round.pool, round.batch)
