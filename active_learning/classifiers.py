"""The classifiers by name, the default one, and how each is fitted on what may be seen.

To add one: a line in CLASSIFIERS and its name in options; if it learns from unlabelled rows too, its class in
SEMI_SUPERVISED.
"""

from copy import copy
from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier
from sklearn.svm import SVC

from active_learning.checks import check_choice
from active_learning.graph import GraphSpreading
from active_learning.matrices import take
from active_learning.newton import NewtonLogisticRegression
from active_learning.strategies import last_step


class CappedNeighbors(KNeighborsClassifier):
    """k nearest neighbours that makes do with all the rows it has while these are fewer than k."""

    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        """Distances to, and indices of, the nearest rows; as in scikit-learn but for the cap."""
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        return super().kneighbors(X, min(k, self.n_samples_fit_), return_distance)


def default_model():
    """The report's classifier: logistic regression, L2, C = 1, solved until it has really converged.

    At scikit-learn's default tolerance the order of the pool's rows depends on where the solver stopped,
    and so on the processor; converged, it is a property of the data and of the rule.
    """
    return NewtonLogisticRegression(warm_start=True)


CLASSIFIERS = {
    "logistic_regression": default_model,
    "svm": partial(SVC, C=10),
    "knn": partial(CappedNeighbors, weights="distance"),
    "extra_trees": partial(ExtraTreesClassifier, random_state=0),
    "label_spreading": GraphSpreading,
}
SEMI_SUPERVISED = (GraphSpreading, LabelSpreading, LabelPropagation, SelfTrainingClassifier)


def make_model(model):
    """Make a fresh classifier.

    model: a name in CLASSIFIERS, an estimator (cloned), or None for default_model()
    raises: ValueError for an unknown name, TypeError for what is no estimator
    """
    if isinstance(model, str):
        return CLASSIFIERS[check_choice("classifier", model, CLASSIFIERS)]()
    if model is not None and not hasattr(model, "fit"):
        raise TypeError(f"model must be a scikit-learn classifier or the name of one, got {model!r}")
    return default_model() if model is None else clone(model)


def fit(model, X, y, labeled, pool):
    """Fit on the labelled rows; a semi-supervised model also sees the pool, its labels hidden as -1.

    It never sees a test row, and gets its rows in one and the same order in every round. In a pipeline the
    steps before it are then fitted on the features of these rows, pool included, never on a hidden label.

    model: classifier or pipeline, fitted in place; X: matrix (n, d); y: labels (n,)
    labeled, pool: int arrays of rows
    returns: model
    """
    if not isinstance(last_step(model), SEMI_SUPERVISED):
        return model.fit(take(X, labeled), y[labeled])
    rows = np.sort(np.concatenate([labeled, pool]))
    return model.fit(take(X, rows), np.where(np.isin(rows, labeled), y[rows], -1))


def fit_once(model, X, y, labeled, pool, batch, known):
    """As fit, but what another run of the split has learnt from the same rows is not learnt again.

    All rules start from the same seed set; on two classes least confidence, margin and entropy are one rule.
    Only the default classifier is a matter of the rows alone, and of the batches in which it got them.

    batch: int, rows bought a round; known: dict of such runs, added to; or None
    returns: the fitted model, which may be another object
    """
    if known is None or not isinstance(model, NewtonLogisticRegression):
        return fit(model, X, y, labeled, pool)
    key = batch, labeled.tobytes(), tuple(y[labeled].tolist())
    if key not in known:
        known[key] = copy(fit(model, X, y, labeled, pool))
    return copy(known[key])
