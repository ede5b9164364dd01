"""Checks of arguments that several wings share, the metrics, and the record of one run.

A check returns the value, or raises TypeError or ValueError with one sentence that names the value and what
is valid. Not here: checks that only one module needs.
"""

import inspect
import re
from collections.abc import Hashable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial, wraps
from importlib import import_module
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score
from sklearn.pipeline import Pipeline


def check_integer(name, value, low):
    """Return value as an int; raise TypeError if it is not a whole number, ValueError if it is below low."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < low:
        raise ValueError(f"{name} must be at least {low}, got {value}")
    return int(value)


def check_choice(name, value, choices):
    """Return value; raise ValueError naming it, the nearest and the valid ones if it is not among choices."""
    if not isinstance(value, Hashable) or value not in choices:
        names = [*map(str, choices)]
        near = get_close_matches(re.sub("[ -]", "_", str(value).lower()), names, 1, 0.8)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"unknown {name} {value!r}; {hint}valid: {', '.join(names)}")
    return value


def check_unique(what, values):
    """Raise ValueError, naming them, if some of the values repeat."""
    repeated = pd.Index(values)[pd.Index(values).duplicated()].unique()
    if len(repeated):
        raise ValueError(f"{what} must differ, but these repeat: {some(repeated)}")


PACKAGES = {"skactiveml": "scikit-activeml"}  # module -> its name in the registry, where that is another


def import_optional(name):
    """Return a module that only an extra of the package installs; ImportError says how to install it."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name.partition(".")[0]
        install = f"pip install {PACKAGES.get(missing, missing.lower())}"
        raise ImportError(f"{missing} is not installed; to install it: {install}") from None


def some(values, most=5):
    """Name a few values: 'a', 'b' and 3 more."""
    rest = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(repr(str(value)) for value in [*values][:most]) + rest


def check_target(target):
    """Return target as a float; raise ValueError unless it is in (0, 1]."""
    if isinstance(target, bool) or not isinstance(target, Real):
        raise TypeError(f"target must be a number, got {target!r}")
    if not 0 < target <= 1:
        hint = f" (did you mean {target / 100:g}?)" if 1 < target <= 100 else ""
        raise ValueError(f"target must be an accuracy in (0, 1], got {target}{hint}")
    return float(target)


# What people type for a keyword whose name is quite another one
SYNONYMS = {"seed": "random_state", "target": "stop_at", "classifier": "model", "rules": "strategies"}


def named_keywords(function):
    """Decorate a function to refuse an unknown keyword with a TypeError that names the nearest one."""
    names = [*inspect.signature(function).parameters]

    @wraps(function)
    def checked(*args, **settings):
        for name in settings:
            if name not in names:
                nearest = [SYNONYMS.get(name), *get_close_matches(name, names, 1, 0.6)]
                nearest = next((other for other in nearest if other in names), None)
                hint = f"did you mean {nearest}?" if nearest else f"valid: {', '.join(names)}"
                raise TypeError(f"{function.__name__}() got an unexpected keyword {name!r}; {hint}")
        return function(*args, **settings)

    return checked


def last_step(model):
    """Return the classifier itself: of a pipeline its last step, of a CheckedClassifier its original."""
    model = model[-1] if isinstance(model, Pipeline) else model
    return getattr(model, "__dict__", {}).get("original", model)


def _balanced_accuracy(y_true, y_pred):
    """Mean recall of the classes that y_true has; scikit-learn's, without its warning of other classes."""
    _, codes, counts = np.unique(y_true, return_inverse=True, return_counts=True)
    return float(np.mean(np.bincount(codes, weights=y_true == y_pred) / counts))


METRICS = {
    "accuracy": lambda y_true, y_pred: np.count_nonzero(y_true == y_pred) / len(y_true),
    "balanced_accuracy": _balanced_accuracy,
    "f1": partial(f1_score, average="macro", zero_division=0.0),
}


def constant_answer(y, metric="accuracy"):
    """Score the answer that needs no model: always the commonest label.

    Parameters
    ----------
    y : array of shape (n,)
        Labels.
    metric : {"accuracy", "balanced_accuracy", "f1"}, default="accuracy"

    Returns
    -------
    (str, float)
        The label and its score; of labels that are as common, the first in order.

    Raises
    ------
    ValueError
        If there are no labels, or the metric is unknown.

    Examples
    --------
    >>> constant_answer(["no", "no", "no", "yes"])
    ('no', 0.75)
    >>> constant_answer(["no", "no", "no", "yes"], "balanced_accuracy")
    ('no', 0.5)
    """
    y = np.asarray(y)
    y = y[~pd.isna(y)]
    if not len(y):
        raise ValueError("y must hold the labels of the rows studied, and holds none")
    labels, counts = np.unique(y, return_counts=True)
    label = labels[counts.argmax()]
    score = METRICS[check_choice("metric", metric, METRICS)](y, np.full(len(y), label))
    return str(label), float(score)


@dataclass(frozen=True)
class History:
    """The learning curve of one run, a value for each of its r rounds, and the rows that it queried.

    Parameters
    ----------
    n_labels : ndarray of shape (r,), int
        Labels known in each round; the seed set counts.
    accuracy : ndarray of shape (r,), float
        The score on the test set with those labels, in [0, 1]: the accuracy, or the metric asked for.
    queried : ndarray, int
        The rows queried, in order, without the seed set.

    Examples
    --------
    >>> run = History(n_labels=np.array([20, 30]), accuracy=np.array([0.7, 0.8]), queried=np.arange(10))
    >>> len(run.queried)
    10
    """

    n_labels: np.ndarray
    accuracy: np.ndarray
    queried: np.ndarray
