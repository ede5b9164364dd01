"""The registry of query rules: name -> rule, what each needs, and which classifiers can serve it.

To add a rule: its function in batch.py and its name in _names.py (.github/CONTRIBUTING.md).
"""

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
from pandas.api.types import is_numeric_dtype
from scipy import sparse
from sklearn.pipeline import Pipeline

from active_learning import _names
from active_learning._validation import check_choice, last_step
from active_learning.strategies import batch
from active_learning.strategies.base import (
    entropy,
    highest,
    least_confidence,
    needs,
    random_rows,
    smallest_margin,
)

_SINGLE = {
    "random": random_rows,
    "least_confidence": needs("proba")(partial(highest, score_function=least_confidence)),
    "margin": smallest_margin,
    "entropy": needs("proba")(partial(highest, score_function=entropy)),
}
# A rule for batches has the name of its function in batch.py
STRATEGIES = {name: _SINGLE.get(name) or getattr(batch, name) for name in _names.STRATEGIES}
CLASSIC = ("random", "least_confidence", "margin", "entropy")
RECOMMENDED = "diverse_margin"  # by the evidence of notebooks/2_label_efficiency.ipynb, section 8


def is_numeric(X):
    """Whether every column of X (array, frame or sparse matrix) is numeric and without missing values."""
    if hasattr(X, "iloc"):
        return all(map(is_numeric_dtype, X.dtypes)) and not X.isna().any(axis=None)
    values = getattr(X, "data", X) if sparse.issparse(X) else X
    if not is_numeric_dtype(values.dtype):
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return not (np.isnan(values.sum()) and np.isnan(values).any())


OFFERS = {  # a need -> what must be there, and the test for it
    "proba": ("predict_proba", lambda model, X: hasattr(model, "predict_proba")),
    "margins": (
        "predict_proba or decision_function",
        lambda model, X: hasattr(model, "predict_proba") or hasattr(model, "decision_function"),
    ),
    "numeric": (
        "numeric columns without missing values",
        lambda model, X: isinstance(model, Pipeline) or is_numeric(X),
    ),
    "dense": ("dense rows, not a sparse matrix", lambda model, X: not sparse.issparse(X)),
}


def unmet_needs(strategy, model, X):
    wanted = getattr(strategy, "needs", ())
    return [words for need, (words, met) in OFFERS.items() if need in wanted and not met(model, X)]


def check_strategy(name, strategy, model, X):
    """Refuse a strategy that the classifier or the data cannot serve.

    name: its name, for the message; strategy: callable; model: classifier or pipeline; X: matrix (n, d)
    raises: ValueError naming what is lacking and the rules that fit
    """
    if unmet := unmet_needs(strategy, model, X):
        fitting = [other for other, rule in STRATEGIES.items() if not unmet_needs(rule, model, X)]
        lack = f"{' and '.join(unmet)}, which {type(last_step(model)).__name__} on this data does not offer"
        raise ValueError(f"strategy {name!r} needs {lack}; strategies that fit: {', '.join(fitting)}")


def pick_strategies(strategies):
    """Look strategies up by name, and check them.

    strategies: a name, a callable, several names, or a mapping from your own names to callables
    returns: dict name -> callable, in the given order
    raises: ValueError for an unknown name, TypeError for something that is not a callable
    """
    if callable(strategies):
        strategies = {getattr(strategies, "__name__", repr(strategies)): strategies}
    if isinstance(strategies, str):
        strategies = [strategies]
    if not isinstance(strategies, Iterable):
        raise TypeError(f"strategies must be a name, names or a mapping, got {strategies!r}")
    if not isinstance(strategies, Mapping):
        strategies = {name: STRATEGIES[check_choice("strategy", name, STRATEGIES)] for name in strategies}
    if not strategies:
        raise ValueError(f"no strategy given; valid: {', '.join(STRATEGIES)}")
    for name, strategy in strategies.items():
        if not isinstance(name, str):
            raise TypeError(f"the name of a strategy must be a text, got {name!r}")
        if not callable(strategy):
            raise TypeError(f"strategy {name!r} must be callable, got {strategy!r}")
    return dict(strategies)
