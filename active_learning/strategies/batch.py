"""Rules that query diverse or representative batches.

Each docstring states the rule in a sentence, its cost, its source and how it differs from it. The same seed
queries the same rows on every machine. To add a rule: see registry.py.
"""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.base import clone

from active_learning import _arrays as arrays
from active_learning._arrays import as_floats, centred, round_scores, squared_distances, squared_norms, take
from active_learning.strategies import _clustering as clustering
from active_learning.strategies.base import entropy, requires, top_rows

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
    near = np.sort(top_rows(round_scores(margins), positions, min(candidates, len(positions))))
    return near, np.maximum(uncertainty(margins)[near], 1e-6)


def rows_at_centres(round, candidates):
    """Query the row nearest to each centre of a weighted k-means over the most uncertain rows."""
    near, weights = uncertain_rows(round, candidates)
    A = centred(as_floats(round.X, round.pool[near]))
    centres = clustering.k_means(A, round.batch, round.rng, weights)
    return round.pool[near[clustering.nearest_rows(A, centres)]]


@requires("margins", "numeric", "dense")
def diverse_margin(round):
    """Query the rows nearest to the centres of a k-means over the most uncertain rows.

    The 10 x batch rows of smallest margin, weighted by uncertainty, are clustered into `batch` clusters.

    Notes
    -----
    Cost: one score per pool row, then k-means on 10 x batch rows whatever the pool.

    References
    ----------
    Zhdanov 2019.
    """
    return rows_at_centres(round, CANDIDATES * round.batch)


@requires("margins", "numeric", "dense")
def annealed_margin(round):
    """Query as diverse_margin does, but consider more of the pool while labels are few.

    The candidates are the most uncertain 1 / (labels per class) of the pool, at least 10 x batch: half of the
    pool with two labels per class, when the margins say little, and in the end as many as diverse_margin.

    Notes
    -----
    Cost: one score per pool row, then k-means on pool / (labels per class) rows, at most 5,000.

    References
    ----------
    Our own, after Zhdanov 2019 (clusters), Hacohen et al. 2022 (typical rows first, uncertain later).
    """
    per_class = len(round.labeled) / len(np.unique(round.y))
    share = min(int(len(round.pool) / per_class), 5000)
    return rows_at_centres(round, max(CANDIDATES * round.batch, share))


@requires("margins", "numeric", "dense")
def cluster_margin(round):
    """Query from clusters of the most uncertain rows in turn, one random row each, small clusters first.

    The paper clusters the whole pool once and cuts the tree at a tuned distance; here the
    10 x batch rows of smallest margin are clustered in each round (average linkage), into half as many.

    Notes
    -----
    Cost: one score per pool row, then (10 x batch)^2 distances whatever the pool.

    References
    ----------
    Citovsky et al. 2021.
    """
    near, _ = uncertain_rows(round, CANDIDATES * round.batch)
    if len(near) == 1:
        return round.pool[near]
    tree = linkage(round_scores(pdist(as_floats(round.X, round.pool[near]))), method="average")
    cluster = fcluster(tree, max(1, len(near) // 2), criterion="maxclust") - 1
    turns = clustering.in_turns(cluster, np.bincount(cluster), round.rng.permutation(len(near)))
    return round.pool[near[turns[: round.batch]]]


@requires("proba", "numeric")
def badge(round):
    """Query rows whose loss gradients are large and far apart (k-means++ on gradient embeddings).

    The embedding of a row is the gradient of its log loss in a linear layer, taken as if the predicted label
    were true: g = (p - e_yhat) outer [x, 1]. Never built: <g_i, g_j> = <r_i, r_j> (<x_i, x_j> + 1) with the
    residuals r. For a classifier other than a linear one, x stands in for the last layer's input.
    The first row is that of the largest gradient, as in the authors' code (in the paper it is random).

    Notes
    -----
    Cost: batch x pool x (features + classes), in time; pool x (features + classes) in memory.

    References
    ----------
    Ash et al. 2020.
    """
    X, R = as_floats(round.X, round.pool), round.model.predict_proba(take(round.X, round.pool))
    R[np.arange(len(R)), np.argmax(R.max(axis=1, keepdims=True) - arrays.TIE <= R, axis=1)] -= 1
    lengths = squared_norms(R) * (squared_norms(X) + 1)

    def distances_to(j):
        squared = lengths + lengths[j] - 2 * (R @ R[j]) * (arrays.dense(X @ X[[j]].T)[:, 0] + 1)
        return np.where(squared > arrays.ROUNDING * (lengths + lengths[j]), squared, 0.0)

    first = clustering.first_best(lengths)
    return round.pool[clustering.plus_plus(distances_to, round.batch, first, round.rng)]


@requires("numeric")
def core_set(round):
    """Query, one after another, the pool row farthest from all labelled rows (greedy k-centre).

    Unlike in the paper, distances are in the space of X (a linear model has no other), and no integer program
    refines the greedy solution.

    Notes
    -----
    Cost: pool x (labeled + batch) x features, in time; pool x features in memory.

    References
    ----------
    Sener & Savarese 2018.
    """
    A = centred(as_floats(round.X, np.concatenate([round.pool, round.labeled])))
    A, labeled = A[: len(round.pool)], A[len(round.pool) :]
    parts = arrays.blocks(len(round.pool))
    nearest = np.concatenate([squared_distances(A[part], labeled).min(axis=1) for part in parts])
    lengths, chosen = squared_norms(A), []
    for _ in range(round.batch):
        chosen.append(clustering.first_best(nearest))
        nearest = np.minimum(nearest, squared_distances(A, A[[chosen[-1]]], lengths)[:, 0])
        nearest[chosen] = -np.inf
    return round.pool[chosen]


@requires("numeric", "dense")
def typiclust(round):
    """Query the most typical row of each large cluster that holds no label yet (for the first rounds).

    k-means on labelled and pool rows together, into labeled + batch clusters (at most 500); clusters
    with the fewest labels come first, the largest of these before the others. Typical = small mean distance
    to the 20 nearest pool rows of the cluster. Unlike in the paper, features are raw (it learns them without
    labels), and only the 1,000 rows nearest to a cluster's centre are considered.

    Notes
    -----
    Cost: 6 x pool x (labeled + batch) x features, in time; pool x features in memory.

    References
    ----------
    Hacohen, Dekel & Weinshall 2022.
    """
    n = len(round.pool)
    A = centred(as_floats(round.X, np.concatenate([round.pool, round.labeled])))
    n_clusters = min(len(round.labeled) + round.batch, 500, len(A))
    centres = clustering.k_means(A, n_clusters, round.rng, tries=1, rounds=5)
    cluster = clustering.nearest_centre(A, centres)
    cluster, labels = cluster[:n], np.bincount(cluster[n:], minlength=len(centres))
    sizes = np.bincount(cluster, minlength=len(centres))
    first = np.lexsort((-sizes, labels + n * (sizes == 0)))
    spread = np.zeros(n)
    for c in first[: round.batch]:
        spread[cluster == c] = mean_neighbour_distance(A[:n][cluster == c], centres[c])
    return round.pool[clustering.in_turns(cluster, np.argsort(first), round_scores(spread))[: round.batch]]


def mean_neighbour_distance(A, centre, neighbours=20, at_most=1000):
    """Each row's mean distance to its nearest neighbours in A (m, d); inf far from the centre."""
    spread = np.full(len(A), np.inf)
    to_centre = round_scores(squared_distances(A, centre[None, :])[:, 0])
    near = np.sort(np.argsort(to_centre, kind="stable")[:at_most])
    k = max(min(neighbours, len(near) - 1), 1)
    distances = np.sqrt(np.sort(squared_distances(A[near], A[near]), axis=1)[:, 1 : k + 1])
    spread[near] = distances.sum(axis=1) / k
    return spread


@requires("margins")
def power_margin(round):
    """Draw rows without replacement with probability proportional to their uncertainty.

    The rows with the largest log(uncertainty) + Gumbel noise are such a draw (coldness 1; the paper scores by
    mutual information).

    Notes
    -----
    Cost: one score and one random number per pool row.

    References
    ----------
    Kirsch et al. 2023.
    """
    weights = np.maximum(uncertainty(round.margins()), 1e-300)
    return top_rows(np.log(weights) + round.rng.gumbel(size=len(weights)), round.pool, round.batch)


@requires("proba")
def committee(round, members=5):
    """Query the rows where a committee's mean class probabilities have the largest entropy.

    The committee is the classifier refitted on bootstrap replicates of the labelled rows, drawn within each
    class so that no member misses one; Seung et al. vote with random consistent learners.

    Notes
    -----
    Cost: members x (one fit + one prediction of the pool).

    References
    ----------
    Seung, Opper & Sompolinsky 1992; Abe & Mamitsuka 1998 (replicates).
    """
    pool, total = take(round.X, round.pool), 0.0
    by_class = [np.flatnonzero(round.y == label) for label in np.unique(round.y)]
    for _ in range(members):
        rows = np.concatenate([one[round.rng.integers(len(one), size=len(one))] for one in by_class])
        member = clone(round.model).fit(take(round.X, round.labeled[rows]), round.y[rows])
        total = total + member.predict_proba(pool)
    return top_rows(round_scores(entropy(total / members)), round.pool, round.batch)


@requires("margins", "numeric")
def density_margin(round):
    """Query rows that are uncertain and like many others: uncertainty x mean cosine similarity to the pool.

    The mean similarity is one product with the mean of the unit rows, not a pool x pool matrix; a negative
    one, which features below 0 can give, counts as 0.

    Notes
    -----
    Cost: one score per pool row and pool x features.

    References
    ----------
    Settles & Craven 2008 (information density, beta = 1).
    """
    A = as_floats(round.X, round.pool)
    lengths = np.sqrt(squared_norms(A))
    inverse = 1 / np.where(lengths > 0, lengths, np.inf)  # a row of zeros is similar to none
    similarity = inverse * (A @ (A.T @ inverse)) / len(inverse)
    scores = uncertainty(round.margins()) * np.maximum(similarity, 0.0)
    return top_rows(round_scores(scores), round.pool, round.batch)
