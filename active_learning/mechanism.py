"""What a rule bought, and why it lagged: how hard, how varied and how far apart its batches were."""

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform
from sklearn.model_selection import cross_val_predict

from active_learning.checks import check_choice
from active_learning.classifiers import default_model
from active_learning.matrices import on_one_thread
from active_learning.measures import bootstrap_interval


def contrast(facts, column, strategy, other):
    """Mean difference between two strategies, split by split, in what they bought.

    facts: table of bought_facts; column: one of its columns; strategy, other: names
    returns: tuple of texts: column, what is compared, difference with its 95 % interval, ratio of the means
    raises: ValueError for a column or a strategy that is not there
    """
    values = facts.pivot(
        index="split", columns="strategy", values=check_choice("column", column, [*facts.columns])
    )
    for name in (strategy, other):
        check_choice("strategy", name, [*values.columns])
    difference = values[strategy] - values[other]
    low, high = bootstrap_interval(difference, np.mean)
    share = values[strategy].mean() / values[other].mean()
    return (
        column,
        f"{strategy} - {other}",
        f"{difference.mean():+.3f} [{low:+.3f}, {high:+.3f}]",
        f"{share:.0%}",
    )


@on_one_thread
def hard_rows(dataset, model=None):
    """Rows that a model trained on the others still gets wrong: bool (n,), by 10-fold cross-validation.

    dataset: Dataset; model: classifier, or None for default_model()
    """
    model = default_model() if model is None else model
    return cross_val_predict(model, dataset.X, dataset.y, cv=10) != dataset.y


def bought_facts(histories, dataset, hard, *, batch, rounds=10):
    """What the first batches of every run held.

    histories: dict of run_histories, on dataset, a Dataset whose X is a dense array
    hard: bool array (n,), of hard_rows
    batch, rounds: look at the first `rounds` batches of `batch` rows
    returns: DataFrame with columns strategy, split, and over these batches the means of
        hard      share of the rows bought that are hard
        classes   different classes in a batch
        distance  Euclidean distance from a row to the nearest other row of its batch
    """
    facts = []
    for (name, split), run in histories.items():
        whole = run.queried[: len(run.queried) // batch * batch].reshape(-1, batch)[:rounds]
        classes = np.mean([len(np.unique(dataset.y[rows])) for rows in whole])
        distance = np.mean([_nearest_in_batch(dataset.X[rows]) for rows in whole])
        facts.append((name, split, hard[whole].mean(), classes, distance))
    return pd.DataFrame(facts, columns=["strategy", "split", "hard", "classes", "distance"])


def _nearest_in_batch(X):
    between = squareform(pdist(X))
    np.fill_diagonal(between, np.inf)
    return between.min(axis=1).mean()


def means_by_strategy(facts, column):
    """Mean of a column over the splits, with its 95 % interval.

    facts: table of bought_facts; column: one of its columns
    returns: DataFrame with columns estimate, low, high, indexed by strategy
    raises: ValueError for a column that is not there
    """
    check_choice("column", column, [*facts.columns])
    rows = {
        name: (v.mean(), *bootstrap_interval(v, np.mean))
        for name, v in facts.groupby("strategy", sort=False)[column]
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "low", "high"])
