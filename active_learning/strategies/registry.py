"""The registry of query rules, what each requires, and the checks of a rule and of the rows that it returns.

To add a rule: its function in batch.py and its name in _names.py (.github/CONTRIBUTING.md).
"""

import reprlib
from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
from pandas.api.types import is_numeric_dtype
from scipy import sparse
from sklearn.pipeline import Pipeline

from active_learning import _names
from active_learning._validation import check_choice, check_integer, last_step
from active_learning.strategies import base, batch

_SINGLE = {
    "random": base.random_rows,
    "least_confidence": base.requires("proba")(partial(base.highest, score_function=base.least_confidence)),
    "margin": base.smallest_margin,
    "entropy": base.requires("proba")(partial(base.highest, score_function=base.entropy)),
}
# A rule for batches has the name of its function in batch.py
STRATEGIES = {name: _SINGLE.get(name) or getattr(batch, name) for name in _names.STRATEGIES}
CLASSIC = ("random", "least_confidence", "margin", "entropy")
RECOMMENDED = "diverse_margin"  # by the map (report/map.csv); a test derives it, and the exceptions
# (kind, labels a batch) -> the rule that the map recommends there instead
EXCEPTIONS = {(kind, 1): "margin" for kind in ("table", "text", "image")}
BATCHES = (1, 10, 50)  # labels a batch in the map
SCORES = (base.least_confidence, base.margin, base.entropy)


def is_numeric(X):
    """Whether every column of X (array, frame or sparse matrix) is numeric and without missing values."""
    if hasattr(X, "iloc"):
        return all(map(is_numeric_dtype, X.dtypes)) and not X.isna().any(axis=None)
    values = getattr(X, "data", X) if sparse.issparse(X) else X
    if not is_numeric_dtype(values.dtype):
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return not (np.isnan(values.sum()) and np.isnan(values).any())


CAPABILITIES = {  # requirement -> what it asks for in words, and the test of a model and X
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


def unmet_requirements(strategy, model, X):
    """List, in words, what a rule requires and the model and X do not offer."""
    required = getattr(strategy, "requirements", ())
    return [words for name, (words, met) in CAPABILITIES.items() if name in required and not met(model, X)]


def check_strategy(name, strategy, model, X):
    """Raise ValueError if the classifier or the data lack what a rule requires.

    Parameters
    ----------
    name : str
        The rule's name, for the message.
    strategy : callable
    model : classifier or pipeline
    X : matrix of shape (n, d)

    Raises
    ------
    ValueError
        Naming what is missing and the rules that fit.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> check_strategy("entropy", STRATEGIES["entropy"], GaussianNB(), np.zeros((4, 2)))
    """
    if unmet := unmet_requirements(strategy, model, X):
        fitting = [other for other, rule in STRATEGIES.items() if not unmet_requirements(rule, model, X)]
        lack = f"{' and '.join(unmet)}, which {type(last_step(model)).__name__} on this data does not offer"
        raise ValueError(f"strategy {name!r} needs {lack}; strategies that fit: {', '.join(fitting)}")


def pick_strategies(strategies):
    """Look rules up by name, and check them.

    Parameters
    ----------
    strategies : str, callable, iterable or mapping
        A rule, several, or a mapping from names of your own to rules. Each is a name in STRATEGIES or a
        function Round -> rows, in any mixture.

    Returns
    -------
    dict of str to callable
        In the given order. A function of STRATEGIES has its name there, any other its own.

    Raises
    ------
    ValueError
        For an unknown name, no rule, or two rules of one name.
    TypeError
        For anything that is not a rule, such as a score.

    Examples
    --------
    >>> list(pick_strategies(["random", STRATEGIES["entropy"]]))
    ['random', 'entropy']
    """
    if isinstance(strategies, str) or callable(strategies):
        strategies = [strategies]
    if not isinstance(strategies, Iterable):
        raise TypeError(f"strategies must be a name, a function, several or a mapping, got {strategies!r}")
    named = isinstance(strategies, Mapping)
    pairs = strategies.items() if named else [(_rule_name(rule), rule) for rule in strategies]
    picked = {}
    for name, rule in pairs:
        rule = _picked(name, rule)
        if picked.setdefault(name, rule) is not rule:
            raise ValueError(f"two strategies are called {name!r}; give them names: {{'a': ..., 'b': ...}}")
    if not picked:
        raise ValueError(f"no strategy given; valid: {', '.join(STRATEGIES)}")
    return picked


def _rule_name(rule):
    """The name of a rule: in the registry, or else that of the function."""
    if isinstance(rule, str):
        return rule
    registered = [name for name, function in STRATEGIES.items() if function is rule]
    return registered[0] if registered else getattr(rule, "__name__", type(rule).__name__)


def _picked(name, rule):
    """The function of one rule, a name or the function itself."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a strategy must be a text, got {name!r}")
    if isinstance(rule, str) and not rule.startswith("skactiveml:"):
        return STRATEGIES[check_choice("strategy", rule, STRATEGIES)]
    if isinstance(rule, str) or type(rule).__module__.startswith("skactiveml."):
        raise TypeError(
            f"{rule!r} is a rule of scikit-activeml; wrap it: al.from_skactiveml(MaxHerding()), say"
        )
    if any(rule is score for score in SCORES):
        score = rule.__name__
        raise TypeError(f"{score} is a score of probabilities and not a strategy; use its name, {score!r}")
    if not callable(rule):
        raise TypeError(f"strategy {name!r} must be a name or a function of a Round, got {rule!r}")
    return rule


def remove_queried(strategy, returned, pool, n):
    """Check the rows that a rule returned, and take them from the pool.

    Parameters
    ----------
    strategy : str or callable
        The rule or its name, for the message.
    returned : object
        What the rule returned.
    pool : ndarray, int
        The rows that it could choose from, ascending.
    n : int
        How many it had to return.

    Returns
    -------
    tuple of ndarray
        The rows queried, in order, and the rest of the pool, ascending.

    Raises
    ------
    TypeError
        If it returned something other than row numbers.
    ValueError
        If these are not n different rows of the pool.
    """
    must = f"strategy {_rule_name(strategy)!r} must return {n} distinct rows of the pool (round.pool)"
    rows = np.asarray(returned)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise TypeError(f"{must}, got {reprlib.repr(returned)} of type {type(returned).__name__}")
    if len(rows) != n:
        raise ValueError(f"{must}, got {len(rows)}")
    at, keep = np.minimum(pool.searchsorted(rows), len(pool) - 1), np.ones(len(pool), dtype=bool)
    keep[at] = False
    if len(outside := rows[pool[at] != rows]):
        raise ValueError(
            f"{must}, got row {outside[0]}; if these are positions, return round.pool[positions]"
        )
    rest = pool[keep]
    if len(rest) != len(pool) - n:  # a row that is returned twice leaves one row too many
        raise ValueError(f"{must}, got {n} rows of which only {len(pool) - len(rest)} differ")
    return rows, rest


def recommend_rule(kind="table", batch=10):
    """Name the rule that the map of real data sets recommends.

    Parameters
    ----------
    kind : {"table", "text", "image"}
        What the data are; signals count as "image".
    batch : int
        Labels to be asked for at a time; the advice is that for the nearest size in the map.

    Returns
    -------
    str
        A name in STRATEGIES.

    Raises
    ------
    ValueError
        For another kind, or a batch below 1.

    Examples
    --------
    >>> recommend_rule("text", 10)
    'diverse_margin'
    >>> recommend_rule("text", 1)
    'margin'
    """
    check_choice("kind", kind, ("table", "text", "image"))
    batch = check_integer("batch", batch, 1)
    nearest = min(BATCHES, key=lambda size: abs(np.log(size / batch)))
    return EXCEPTIONS.get((kind, nearest), RECOMMENDED)
