"""The classifiers by name, how each is fitted on what may be seen, and representations learnt once per split.

To add a classifier: a line in CLASSIFIERS and its name in _names.py; if it learns from unlabelled rows too,
its class in SEMI_SUPERVISED (.github/CONTRIBUTING.md). A representation (Represented) learns from features
alone, so once per split and not once per round; any other pipeline is fitted whole, in every round, on the
labelled rows. Not here: what representations are made of (features).
"""

import zlib
from copy import copy
from functools import partial

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier
from sklearn.svm import SVC

from active_learning._arrays import evenly_spaced, take
from active_learning._validation import check_choice, last_step
from active_learning.models.checked import CheckedClassifier, is_foreign
from active_learning.models.label_spreading import GraphSpreading
from active_learning.models.logistic import BalancedLogisticRegression, NewtonLogisticRegression


class CappedNeighbors(KNeighborsClassifier):
    """k nearest neighbours, or all the rows there are while these are fewer than k."""

    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        """As in scikit-learn, with at most as many neighbours as there are rows."""
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        return super().kneighbors(X, min(k, self.n_samples_fit_), return_distance)


def default_model():
    """Make the report's classifier: logistic regression, L2, C = 1, solved until it has converged.

    At scikit-learn's default tolerance the order of the pool's rows depends on where the solver stopped, and
    so on the processor; converged, it depends on the data and the rule alone.

    Returns
    -------
    NewtonLogisticRegression

    Examples
    --------
    >>> default_model()
    NewtonLogisticRegression(warm_start=True)
    """
    return NewtonLogisticRegression(warm_start=True)


CLASSIFIERS = {
    "logistic_regression": default_model,
    "svm": partial(SVC, C=10),
    "knn": partial(CappedNeighbors, weights="distance"),
    "extra_trees": partial(ExtraTreesClassifier, random_state=0),
    "label_spreading": GraphSpreading,
    "balanced_logistic_regression": partial(BalancedLogisticRegression, warm_start=True),
}
OURS = (NewtonLogisticRegression, BalancedLogisticRegression, GraphSpreading)  # which are never checked
SEMI_SUPERVISED = (GraphSpreading, LabelSpreading, LabelPropagation, SelfTrainingClassifier)


def make_model(model):
    """Make a new classifier that is not fitted.

    Parameters
    ----------
    model : str, estimator or None
        A name in CLASSIFIERS, an estimator, which is cloned, or None for default_model().

    Returns
    -------
    estimator
        One of another package, alone or as the last step of a pipeline, is a CheckedClassifier.

    Raises
    ------
    ValueError
        For an unknown name.
    TypeError
        For what is not an estimator.

    Examples
    --------
    >>> make_model("svm")
    SVC(C=10)
    """
    if isinstance(model, str):
        return CLASSIFIERS[check_choice("classifier", model, CLASSIFIERS)]()
    if model is None:
        return default_model()
    if not hasattr(model, "fit") or not is_classifier(copied := _cloned(model)):
        name = type(last_step(model)).__name__ if hasattr(model, "fit") else repr(model)
        raise TypeError(f"model must be a scikit-learn classifier or the name of one, got {name}")
    return _checked(copied)


def _cloned(model):
    try:
        return clone(model)
    except (TypeError, RuntimeError) as error:
        name = type(last_step(model)).__name__
        raise TypeError(
            f"{name} cannot be cloned, as every split needs: {' '.join(str(error).split())}"
        ) from None


def _checked(model):
    """The model; what it returns is checked if its classifier is of another package."""
    classifier = last_step(model)
    if isinstance(model, CheckedClassifier) or classifier.__class__ in OURS or not is_foreign(classifier):
        return model
    hidden = -1 if isinstance(classifier, SEMI_SUPERVISED) else None
    checked = CheckedClassifier(classifier, hidden)
    if model is classifier:
        return checked
    if model[-1] is classifier:
        model.steps[-1] = (model.steps[-1][0], checked)
    return model


def fit(model, X, y, labeled, pool):
    """Fit on the labelled rows; a semi-supervised model also sees the pool, its labels hidden as -1.

    It never sees a test row, and gets its rows in the same order in every round. In a pipeline the steps
    before it are then fitted on the features of these rows, pool included, never on a hidden label.

    Parameters
    ----------
    model : classifier or pipeline
        Fitted in place.
    X : matrix of shape (n, d)
    y : ndarray of shape (n,)
        Labels.
    labeled, pool : ndarray, int
        Rows.

    Returns
    -------
    classifier or pipeline
        The model.

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0], [5.0]]), np.array([0, 1, 1])
    >>> fit(default_model(), X, y, np.array([0, 1]), np.array([2])).predict(X)
    array([0, 1, 1])
    """
    if not isinstance(last_step(model), SEMI_SUPERVISED):
        return model.fit(take(X, labeled), y[labeled])
    rows = np.sort(np.concatenate([labeled, pool]))
    return model.fit(take(X, rows), np.where(np.isin(rows, labeled), y[rows], -1))


def fit_once(model, X, y, labeled, pool, batch, fits):
    """As fit, but fits that another run of the split has made on the same rows are not made again.

    All rules start from the same seed set, and on two classes least confidence, margin and entropy are one
    rule. Only the default classifier depends on the rows and the batch alone. fits is a dict of such models,
    added to, or None; the model that is returned may be another object.
    """
    if fits is None or not isinstance(model, NewtonLogisticRegression):
        return fit(model, X, y, labeled, pool)
    key = batch, labeled.tobytes(), tuple(y[labeled].tolist())
    if key not in fits:
        fits[key] = copy(fit(model, X, y, labeled, pool))
    return copy(fits[key])


SHARED = 500  # columns: fitted classifiers of more are too large to be kept
IN_MEMORY = 50_000  # rows: of more the features are made when they are picked, and not kept


class Represented(Pipeline):
    """A pipeline of a transformer and a classifier, whose transformer never looks at a label.

    In a loop it is fitted once per split, on the features of the rows that may be seen: seed and pool, never
    the test. Fitted and used by itself it is like any other pipeline.
    """


class View:
    """The rows of a matrix as a fitted transformer returns them, made when they are picked."""

    def __init__(self, X, transformer):
        self.X, self.transformer, self.shape = X, transformer, X.shape

    def __getitem__(self, rows):
        return self.transformer.transform(take(self.X, rows))


_last = [None]  # the last representation, and the fits on it: all runs of a split share them


def represented(model, X, split):
    """(classifier, X) for the runs of a split: a Represented model's, or the model and X themselves."""
    if not isinstance(model, Represented):
        return model, X
    seen = np.sort(np.concatenate([split.seed, split.pool]))
    key = [model[0], X, seen.tobytes(), _checksum(X), repr(model[-1])]
    last = _last[0]
    if last is None or last[0][0] is not key[0] or last[0][1] is not X or last[0][2:] != key[2:]:
        last = _last[0] = key, _learnt(clone(model[0]), X, seen), {}
    return model[-1], last[1]


def shared_fits(X):
    """The dict of fits on X that the runs of a split share, if X is the last representation, or None."""
    last = _last[0]
    return last[2] if last and last[1] is X and X.shape[1] <= SHARED else None


def _learnt(transformer, X, seen):
    """X as floats (n, d), transformed by the transformer after it is fitted on the rows seen."""
    Z_seen = floats(transformer.fit_transform(take(X, seen)))
    Z, others = np.empty((X.shape[0], Z_seen.shape[1])), np.delete(np.arange(X.shape[0]), seen)
    Z[seen] = Z_seen
    Z[others] = transformer.transform(take(X, others))
    return Z


def _checksum(X):
    """A number that changes if X (array or frame) was written to in place."""
    return zlib.crc32(np.ascontiguousarray(X).view(np.uint8)) if isinstance(X, np.ndarray) else None


def floats(X):
    """A dense matrix as float64 in C order, on which the default classifier is fast."""
    return np.ascontiguousarray(X, dtype=np.float64)


def represent_all(model, X, labeled=()):
    """(classifier, X) to suggest from: the representation is fitted on all rows of X.

    Of more than IN_MEMORY rows it is fitted on as many evenly spaced ones and the labelled: fitting a
    transformer of columns keeps every row that it is given in memory.
    """
    if not isinstance(model, Represented):
        return model, X
    if len(X) <= IN_MEMORY:
        return model[-1], floats(clone(model[0]).fit_transform(X))
    seen = X
    if not isinstance(X, np.memmap):  # its scaler picks rows itself
        seen = take(X, np.union1d(evenly_spaced(np.arange(len(X)), IN_MEMORY), labeled).astype(int))
    return model[-1], View(X, clone(model[0]).fit(seen))
