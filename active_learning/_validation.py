"""Checks of arguments, and the words in which every room refuses them.

Here: what several rooms check. Not here: what only one room can judge; that room checks it itself. A check
returns the value, or raises TypeError or ValueError with one sentence that names the value and what is valid.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from importlib import import_module
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import Pipeline


def check_integer(name, value, low):
    """Return value as an int; TypeError if it is not a whole number, ValueError if it is below low."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < low:
        raise ValueError(f"{name} must be at least {low}, got {value}")
    return int(value)


def check_choice(name, value, choices):
    """Return value; ValueError naming it and the valid ones if it is not among choices."""
    if not isinstance(value, Hashable) or value not in choices:
        raise ValueError(f"unknown {name} {value!r}; valid: {', '.join(map(str, choices))}")
    return value


def check_unique(what, values):
    """Raise ValueError, naming them, if some of the values repeat."""
    repeated = pd.Index(values)[pd.Index(values).duplicated()].unique()
    if len(repeated):
        raise ValueError(f"{what} must differ, but these repeat: {some(repeated)}")


def import_optional(name, extra="notebook"):
    """Return a module that only an extra of the package installs; ImportError names what to install."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        install = f"pip install 'active-learning-report[{extra}]'"
        missing = error.name.partition(".")[0]
        raise ImportError(f"{missing} is not installed; to install it: {install}") from None


def some(values, most=5):
    """A few values by name: 'a', 'b' and 3 more."""
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(repr(str(value)) for value in [*values][:most]) + more


def check_target(target):
    """Return target as a float; ValueError unless it is in (0, 1]."""
    if isinstance(target, bool) or not isinstance(target, Real):
        raise TypeError(f"target must be a number, got {target!r}")
    if not 0 < target <= 1:
        hint = f" (did you mean {target / 100:g}?)" if 1 < target <= 100 else ""
        raise ValueError(f"target must be an accuracy in (0, 1], got {target}{hint}")
    return float(target)


def last_step(model):
    """The classifier itself: of a pipeline its last step."""
    return model[-1] if isinstance(model, Pipeline) else model


METRICS = {
    "accuracy": lambda y_true, y_pred: np.count_nonzero(y_true == y_pred) / len(y_true),
    "balanced_accuracy": balanced_accuracy_score,
}


@dataclass(frozen=True)
class History:
    """One learning curve of r rounds."""

    n_labels: np.ndarray  # int (r,), labels known at each round, the seed set included
    accuracy: np.ndarray  # (r,), in [0, 1], on the test set with those labels (or the metric asked for)
    queried: np.ndarray  # int, the rows bought, in order (the seed set is not among them)
