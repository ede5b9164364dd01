"""Classifiers of other packages: what they are given, and a check of what they return.

They are fitted on the labels 0 to k - 1 in whole numbers, which every one takes, and answer in the user's
labels; an answer that cannot be right is refused by name. Not here: our own classifiers and scikit-learn's,
which need none of this and pay nothing for it (registry).
"""

import reprlib
import warnings

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from active_learning._arrays import evenly_spaced, take
from active_learning._validation import last_step, some

TRUSTED = ("sklearn.", "active_learning.")  # modules whose classifiers keep to scikit-learn's rules
ROUNDING = 1e-3  # a sum of probabilities in single precision is off by less


def is_foreign(model):
    """Whether a classifier, or one that it is made of, comes from another package."""
    if not is_classifier(model):
        return False
    parts = [model, *model.get_params(deep=True).values()]
    return any(
        hasattr(part, "fit")
        and hasattr(part, "predict")
        and not (part if isinstance(part, type) else type(part)).__module__.startswith(TRUSTED)
        for part in parts
    )


def _offers(method):
    """The condition of a method that the classifier itself must have."""
    return available_if(lambda self: hasattr(self.original, method))


class CheckedClassifier(ClassifierMixin, BaseEstimator):
    """A classifier of another package that learns codes, answers in labels, and whose answers are checked.

    Its other attributes are those of the classifier itself.

    Parameters
    ----------
    original : classifier
    hidden : int, optional
        The label that means "unknown" to a semi-supervised one.
    """

    def __init__(self, original, hidden=None):
        self.original, self.hidden = original, hidden

    def __getattr__(self, name):
        if name.startswith("__") or "original" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.original, name)

    def __sklearn_tags__(self):
        return get_tags(self.original)

    def fit(self, X, y):
        """Fit on the labels if they are words, or on codes; where it takes neither, on X in single precision.

        Words cannot be confused with codes; which of both a whole number is, nobody could tell.
        """
        y = np.asarray(y)
        known = np.ones(len(y), dtype=bool) if self.hidden is None else y != self.hidden
        self.classes_, found = np.unique(y[known], return_inverse=True)
        codes = np.full(len(y), -1, dtype=np.int64)
        codes[known] = found
        words = all(_whole_numbers(np.array([name])) is None for name in self.classes_)
        ways = [(y, False)] * words + [(codes, False)]
        ways += [(codes, True)] * (getattr(X, "dtype", None) == np.float64)
        errors = []
        for labels, self.single_ in ways:
            try:
                self._call("fit", X, labels)
                return self
            except ValueError as error:
                errors.append(error)
        raise errors[words]

    def predict(self, X):
        """The labels (n,) of the rows of X (n, d)."""
        return self._labels(self._call("predict", X), X.shape[0])

    @_offers("predict_proba")
    def predict_proba(self, X):
        """The class probabilities (n, k) of the rows of X (n, d), columns as in classes_."""
        proba, shape = self._call("predict_proba", X), (X.shape[0], len(self.classes_))
        values = self._numbers("predict_proba", proba)
        values = values.reshape(shape) if values.shape == shape[1:] and shape[0] == 1 else values
        if values.shape != shape:
            raise self._refusal("predict_proba", proba, f"a probability for each of {shape} rows and classes")
        sums = values.sum(axis=1)
        if not (values.min() >= -ROUNDING and values.max() <= 1 + ROUNDING) or (
            np.abs(sums - 1).max() > ROUNDING
        ):
            got = f"values from {values.min():.3g} to {values.max():.3g} in rows that sum to {sums[0]:.3g}"
            raise self._refusal("predict_proba", got, "probabilities from 0 to 1 in rows that sum to 1")
        values = np.clip(values[:, self._order(getattr(proba, "columns", None))], 0, 1)
        self._check_order(X, values)
        return values

    def _check_order(self, X, proba, most=200):
        """Refuse probabilities (n, k) whose columns name other classes than predict does for most rows.

        Said only if in another order they would agree: thresholds of one's own may well make them differ.
        """
        rows = evenly_spaced(np.arange(len(proba)), most)
        guesses = self.classes_.searchsorted(self.predict(take(X, rows)))
        table = np.zeros((proba.shape[1],) * 2, dtype=int)
        np.add.at(table, (proba[rows].argmax(axis=1), guesses), 1)
        if len(rows) < 20 or table.trace() >= 0.5 * len(rows):
            return
        if table[linear_sum_assignment(table, maximize=True)].sum() >= 0.9 * len(rows):
            agree = f"columns that name the class of predict in {table.trace() / len(rows):.0%} of rows"
            raise self._refusal("predict_proba", agree, "columns in the order of classes_")

    @_offers("decision_function")
    def decision_function(self, X):
        """The decision values of the rows of X (n, d): (n,), or (n, k) with columns as in classes_."""
        returned, k = self._call("decision_function", X), len(self.classes_)
        values = self._numbers("decision_function", returned)
        values = values.ravel() if values.ndim == 2 and values.shape[1] == 1 else values
        if values.shape not in ((X.shape[0],), (X.shape[0], k)) or np.isnan(values).any():
            raise self._refusal("decision_function", returned, f"numbers for {X.shape[0]} rows")
        return values if values.ndim == 1 else values[:, self._order()]

    def _call(self, method, X, *labels):
        """What a method of the classifier returns for a copy of X; its error, naming it."""
        X = X.astype(np.float32) if getattr(self, "single_", False) else X.copy()
        try:
            return getattr(self.original, method)(X, *labels)
        except (OSError, MemoryError):
            raise
        except Exception as error:
            on = f" on the labels {some(np.unique(labels[0]))}" if labels else ""
            why = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(f"{self._name()} fails in {method}{on}: {why}") from error

    def _labels(self, returned, n):
        """The labels (n,) that predict returned, as codes or labels, in any shape of n values."""
        values = _dense(returned)
        if np.ma.is_masked(returned) or n not in values.shape or values.size != n:
            raise self._refusal("predict", returned, f"a label for each of {n} rows")
        values = values.ravel()
        codes = _whole_numbers(values)
        if codes is None and self.classes_.dtype.kind not in "biuf":
            codes = pd.Index(self.classes_).get_indexer(pd.Index(values))
        valid = np.zeros(n, dtype=bool) if codes is None else (codes >= 0) & (codes < len(self.classes_))
        if not valid.all():
            known = f"labels that it was fitted on, 0 to {len(self.classes_) - 1}"
            raise self._refusal("predict", values[valid.argmin()], known)
        return self.classes_[codes]

    def _numbers(self, method, returned):
        """What a method returned as an array of floats."""
        try:
            return np.asarray(_dense(returned), dtype=float)
        except (TypeError, ValueError):
            raise self._refusal(method, returned, "numbers") from None

    def _order(self, columns=None):
        """Where the classifier keeps the columns of classes_: as a frame or its own classes_ name them."""
        names, k = getattr(self.original, "classes_", None), len(self.classes_)
        named = np.empty(0) if columns is None or isinstance(columns, pd.RangeIndex) else self._codes(columns)
        if np.array_equal(np.sort(named), np.arange(k)):
            return np.argsort(named)
        if names is None:
            return np.arange(k)
        names, codes = np.asarray(names).ravel(), self._codes(names)
        if not np.array_equal(np.sort(codes), np.arange(k)):
            raise self._refusal("classes_", names, f"the labels that it was fitted on, 0 to {k - 1}")
        return np.argsort(codes)

    def _codes(self, names):
        """The place in classes_ of each name, or the code that it is; -1 where it is neither."""
        names = np.asarray(names).ravel()
        codes = _whole_numbers(names)
        return pd.Index(self.classes_).get_indexer(pd.Index(names)) if codes is None else codes

    def _refusal(self, method, returned, wanted):
        """The error that names the classifier, what it returned and what is wanted."""
        returned = returned if isinstance(returned, str) else _in_words(returned)
        return ValueError(f"{self._name()}.{method} gives {returned}; wanted are {wanted}")

    def _name(self):
        return type(last_step(self)).__name__


def _dense(returned):
    """What a classifier returned as an array; one without a shape for what is none, as a tuple of several."""
    if sparse.issparse(returned):
        return returned.toarray()
    try:
        return np.asarray(returned)
    except ValueError:
        return np.array(None)


def _in_words(returned):
    """What a classifier returned, in a few words."""
    shape = getattr(returned, "shape", ())
    if shape:
        return f"an array of shape {shape} such as {reprlib.repr(_dense(returned).ravel()[:2].tolist())}"
    return reprlib.repr(returned.item() if isinstance(returned, np.generic) else returned)


def _whole_numbers(values):
    """Values (n,), numbers or texts of them, as whole numbers; None if one is not."""
    try:
        numbers = values.astype(float)
    except (TypeError, ValueError):
        return None
    with np.errstate(invalid="ignore"):
        whole = np.isfinite(numbers) & (numbers == np.round(numbers)) & (np.abs(numbers) < 2**31)
    return np.where(whole, numbers, -1).astype(int)


SEEDS = ("random_state", "seed", "random_seed")


def warn_unseeded(model, X, y, most=200):
    """Warn of a classifier that, fitted twice on the same rows, answers differently; return what was said.

    Not tried are those of CLASSIFIERS and a scikit-learn one whose seeds are all set. A list of one sentence
    or none.

    Parameters
    ----------
    model : str, classifier, pipeline or None
        As in run_loop.
    X : matrix of shape (n, d)
    y : ndarray of shape (n,)
    most : int
        Rows that it is tried on.
    """
    if model is None or isinstance(model, str) or not hasattr(model, "get_params"):
        return []
    seeds = {name.split("__")[-1]: value for name, value in model.get_params(deep=True).items()}
    unset = [name for name in SEEDS if name in seeds and seeds[name] is None]
    rows = evenly_spaced(np.arange(len(y)), most)
    if not (unset or is_foreign(last_step(model))) or _repeats(model, take(X, rows), y[rows]):
        return []
    name = type(last_step(model)).__name__
    note = f"{name} has no random seed, so two runs differ; set its {(unset or ['random seed'])[0]}"
    warnings.warn(note, UserWarning, stacklevel=3)
    return [note]


def _repeats(model, X, y):
    """Whether two fits give the same answers, or none: then the run itself says what is wrong."""
    try:
        first, second = (_answers(clone(model), X, y) for _ in range(2))
    except Exception:  # whatever another package may raise
        return True
    return first == second


def _answers(model, X, y):
    """What it answers for all rows of X (n, d), fitted on every other: new rows show more of chance."""
    rows = np.arange(0, len(y), 2)
    model.fit(take(X, rows), y[rows])
    methods = [method for method in ("predict", "predict_proba") if hasattr(model, method)]
    return [_dense(getattr(model, method)(X)).tolist() for method in methods]
