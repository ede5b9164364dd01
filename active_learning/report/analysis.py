"""Which rows a rule queries first: how hard they are, and how much alike.

Not here: the results table and its sentences (sentences), the study of notebook 2 (digits).
"""

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform


def query_facts(histories, dataset, hard, *, batch, rounds=10):
    """Measure what the first batches of every run hold.

    Parameters
    ----------
    histories : dict of (strategy, split) to History
        Result of `run_histories`.
    dataset : Dataset
        The data set that was studied, with a dense X.
    hard : array of bool of shape (n,)
        Rows that a model trained on the others gets wrong.
    batch : int
        Rows in a batch.
    rounds : int, default=10
        Batches of each run to look at.

    Returns
    -------
    DataFrame with columns strategy, split, hard, classes, distance
        Means over these batches: share of queried rows that are hard, different classes in a batch, and
        Euclidean distance from a row to the nearest other row of its batch.

    Examples
    --------
    >>> import numpy as np
    >>> from active_learning._validation import History
    >>> from active_learning.datasets.dataset import Dataset
    >>> line = Dataset("line", np.array([[0.0], [1.0], [5.0]]), np.array([0, 1, 1]))
    >>> run = History(n_labels=np.array([1]), accuracy=np.array([0.5]), queried=np.array([1, 2]))
    >>> hard = np.array([False, True, False])
    >>> query_facts({("margin", 0): run}, line, hard, batch=2)["distance"].item()
    4.0
    """
    facts = []
    for (name, split), run in histories.items():
        batches = run.queried[: len(run.queried) // batch * batch].reshape(-1, batch)[:rounds]
        classes = np.mean([len(np.unique(dataset.y[rows])) for rows in batches])
        distance = np.mean([_distance_to_nearest(dataset.X[rows]) for rows in batches])
        facts.append((name, split, hard[batches].mean(), classes, distance))
    return pd.DataFrame(facts, columns=["strategy", "split", "hard", "classes", "distance"])


def _distance_to_nearest(X):
    """Mean distance from a row of X to the nearest other one."""
    between = squareform(pdist(X))
    np.fill_diagonal(between, np.inf)
    return between.min(axis=1).mean()
