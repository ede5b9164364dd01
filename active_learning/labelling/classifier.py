"""The classifier of a labelling job: chosen at 50 and at 200 labels, on those that are not audit rows.

Logistic regression, unless another is better by more than the standard error of the difference. Where a class
is rare, a constant answer is nearly always right: there, or where it is asked for, balanced accuracy decides,
and logistic regression that counts all classes alike is among the choices.
"""

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from active_learning._arrays import on_one_thread, take
from active_learning.labelling.draw import hide_audit_rows
from active_learning.labelling.plan import table_model
from active_learning.labelling.suggest import subsample_pool
from active_learning.models.registry import fit, make_model, represent_all

DEFAULT = "logistic_regression"
CHOICES = ("logistic_regression", "extra_trees", "knn")  # fast, with the probabilities that scores need
BALANCED = "balanced_logistic_regression"  # where a class is rare
RARE = 0.2  # of an equal share, 10 % of two classes: a class with fewer of the labels is rare
STAGES = (50, 200)  # labels at which the choice is made; it compares on at least half as many
LOOKED_AT = 2_000  # rows of texts without a label at the most that the features are learnt from
MOST = 300  # labelled rows that are compared on


def stage_of(table):
    """The labels at which the classifier is due to be chosen: 50, 200, or 0 if that is too early.

    Audit rows count among the labels, but half of a stage must be others, to compare on.
    """
    n = min(table.labeled.sum(), 2 * (table.labeled & ~table.audit).sum())
    return max((stage for stage in STAGES if stage <= n), default=0)


@on_one_thread
def choose_classifier(table, random_state=0, *, metric="accuracy"):
    """The classifier that learns most from a table's labels, and a sentence on it.

    Parameters
    ----------
    table : Table
    random_state : int
        Seed of the folds.
    metric : {"accuracy", "balanced_accuracy", "f1"}
        Any but accuracy weighs the classes alike.

    Returns
    -------
    (str, str)
        The name, and why.
    """
    seen = hide_audit_rows(table)
    rows = np.flatnonzero(seen.labeled)
    y = np.unique(seen.y[rows].astype(str), return_inverse=True)[1]
    counts = np.bincount(y) if len(y) else [0]
    if len(counts) < 2 or not stage_of(table):
        return DEFAULT, f"classifier {DEFAULT}, until {STAGES[0]} labels tell whether another learns more"
    rng = np.random.default_rng(random_state)
    seen, _ = subsample_pool(seen, np.flatnonzero(seen.pool), LOOKED_AT, rng)
    rows = np.flatnonzero(seen.labeled)
    if len(rows) > MOST:
        kept = np.sort(rng.choice(len(rows), MOST, replace=False))
        rows, y = rows[kept], y[kept]
    _, X = represent_all(table_model(seen), seen.X, rows)
    X = take(X, rows)
    sizes = _sizes(y)
    rare = bool(sizes.max() > 1 / RARE)
    balanced = rare or metric != "accuracy"
    sizes, names = (sizes, (*CHOICES, BALANCED)) if balanced else (1, CHOICES)
    right = {name: sizes * _right(make_model(name), X, y, random_state) for name in names}
    best = max(right, key=lambda name: right[name].mean())
    lead = right[best] - right[DEFAULT]
    if lead.mean() <= lead.std(ddof=1) / np.sqrt(len(lead)):
        best = DEFAULT
    shares = ", ".join(f"{name} {hits.mean():.0%}" for name, hits in right.items())
    by = "balanced accuracy in " * balanced + f"cross-validation on {len(rows)} labels"
    why = f"classifier {best}, chosen by {by}{', as a class is rare' * rare} ({shares})"
    return best, why + f"; if accuracy is what counts: --classifier {DEFAULT}" * (best == BALANCED)


def _sizes(y):
    """How often each row (m,) counts, that the classes weigh alike: 1 in the mean."""
    codes, counts = np.unique(y, return_inverse=True, return_counts=True)[1:]
    return (len(y) / (len(counts) * counts))[codes]


def _right(model, X, y, random_state):
    """Whether each row is guessed right by a classifier that did not see it, as 0 and 1."""
    right = np.zeros(len(y))
    folds = StratifiedKFold(5, shuffle=True, random_state=random_state)
    counts = np.bincount(y)
    rare, common = counts[y] < 5, counts.argmax()
    strata = np.where(rare, -1 if rare.sum() >= 5 else common, y)  # each has a row for every fold
    for train, test in folds.split(X, strata):
        if len(np.unique(y[train])) > 1:
            right[test] = fit(clone(model), X, y, train, test).predict(X[test]) == y[test]
    return right
