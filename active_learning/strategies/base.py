"""Score functions, what a query rule may look at, and the classic rules.

A score function maps class probabilities (n, k), rows that sum to 1, k >= 2, to scores (n,); larger = ask
first. A rule is a function Round -> the rows to label next. To add one: its function here (or in batch.py, if
it looks at more than the score of each row), its line in registry.STRATEGIES, its name in _names.py.
Survey: Settles 2009.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import entr

from active_learning._arrays import blocks, read_only, take
from active_learning._validation import check_integer

CACHE = 2**18  # numbers that are scored at a time: 2 MB


def check_proba(proba):
    """Return proba as an array (n, k); ValueError if it is not two-dimensional with k >= 2."""
    proba = np.asarray(proba)
    if proba.ndim != 2 or proba.shape[1] < 2:
        raise ValueError(f"proba must have shape (n, k) with k >= 2 classes, got {proba.shape}")
    return proba


def least_confidence(proba):
    """Score each row by how unsure the model is of its most likely class.

    Parameters
    ----------
    proba : array-like of shape (n, k)
        Class probabilities; rows sum to 1, k >= 2.

    Returns
    -------
    ndarray of shape (n,)
        One minus the largest probability, in [0, 1 - 1/k]; larger = ask first.

    Raises
    ------
    ValueError
        If proba is not two-dimensional with k >= 2.

    References
    ----------
    Lewis & Gale 1994.

    Examples
    --------
    >>> least_confidence([[0.75, 0.25], [0.5, 0.5]])
    array([0.25, 0.5 ])
    """
    return 1 - check_proba(proba).max(axis=1)


def margin(proba):
    """Score each row by how small the gap between its two most likely classes is.

    Parameters
    ----------
    proba : array-like of shape (n, k)
        Class probabilities; rows sum to 1, k >= 2.

    Returns
    -------
    ndarray of shape (n,)
        Minus the gap, in [-1, 0]; larger = ask first.

    Raises
    ------
    ValueError
        If proba is not two-dimensional with k >= 2.

    References
    ----------
    Scheffer, Decomain & Wrobel 2001.

    Examples
    --------
    >>> margin([[0.75, 0.25], [0.625, 0.375]])
    array([-0.5 , -0.25])
    """
    columns = check_proba(proba).T
    first, second = np.maximum(columns[0], columns[1]), np.minimum(columns[0], columns[1])
    for column in columns[2:]:  # a running top two: several times faster than sorting each row
        np.maximum(second, np.minimum(first, column), out=second)
        np.maximum(first, column, out=first)
    return second - first


def entropy(proba):
    """Score each row by the Shannon entropy of its class probabilities, with 0 log 0 = 0.

    Parameters
    ----------
    proba : array-like of shape (n, k)
        Class probabilities; rows sum to 1, k >= 2.

    Returns
    -------
    ndarray of shape (n,)
        Entropy in nats, in [0, log k]; larger = ask first.

    Raises
    ------
    ValueError
        If proba is not two-dimensional with k >= 2.

    References
    ----------
    Shannon 1948; as a query rule, Settles & Craven 2008.

    Examples
    --------
    >>> entropy([[1.0, 0.0], [0.5, 0.5]]).round(3)
    array([0.   , 0.693])
    """
    return entr(check_proba(proba)).sum(axis=1)


@dataclass(frozen=True)
class Round:
    """All that a rule may look at: no label of the pool, no test row. Its arrays are read-only.

    Attributes
    ----------
    model : classifier
        Fitted on the labelled rows.
    X : ndarray, DataFrame or sparse matrix of shape (N, d)
        The rows of the data set; `take(X, rows)` picks some.
    labeled : ndarray of shape (m,), int
        The rows whose labels are known, in the order in which they were queried.
    y : ndarray of shape (m,)
        Their labels.
    pool : ndarray of shape (n,), int
        The rows that may be queried, ascending.
    batch : int
        How many of them to return, 1 to n.
    rng : numpy.random.Generator
        The only source of randomness.
    """

    model: object
    X: object
    labeled: np.ndarray
    y: np.ndarray
    pool: np.ndarray
    batch: int
    rng: np.random.Generator

    def __post_init__(self):
        for name in ("X", "labeled", "y", "pool"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def score(self, score_function):
        """Scores (n,) of the pool's rows under score_function of their class probabilities."""
        return score_pool(self.model.predict_proba, self.X, self.pool, score_function)

    def margins(self):
        """Margin scores (n,); from decision_function, (n,) or (n, k), where there are no probabilities."""
        if hasattr(self.model, "predict_proba"):
            return self.score(margin)
        return score_pool(self.model.decision_function, self.X, self.pool, _decision_margin)


def _decision_margin(decision):
    """Margin scores (n,) of the values (n,) or (n, k) of a decision function."""
    return -np.abs(decision) if decision.ndim == 1 else margin(decision)


def score_pool(predict, X, rows, score_function, *, chunk=None):
    """Score rows of X a chunk at a time, so that the work stays in the processor's cache.

    Parameters
    ----------
    predict : callable
        A model's predict_proba or decision_function.
    X : matrix of shape (N, d)
        Possibly a numpy.memmap larger than memory.
    rows : ndarray of shape (n,), int
        Ascending.
    score_function : callable
        Maps the result of predict for m rows to scores (m,).
    chunk : int, optional
        Rows at a time; by default 4096, or fewer if they are wide.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        If a score is NaN.
    TypeError
        If X is not a matrix.

    Examples
    --------
    >>> X = np.array([[0.9, 0.1], [0.5, 0.5], [0.75, 0.25]])
    >>> score_pool(lambda proba: proba, X, np.array([1, 2]), margin)
    array([ 0. , -0.5])
    """
    if len(getattr(X, "shape", ())) != 2:
        raise TypeError(f"X must be a matrix, got {type(X).__name__}")
    if chunk is None:
        chunk = 4096 if sparse.issparse(X) else min(4096, max(256, CACHE // X.shape[1]))
    scores = np.empty(len(rows))
    for block in blocks(len(rows), check_integer("chunk", chunk, 1)):
        chosen = rows[block]
        if chosen[-1] - chosen[0] == len(chosen) - 1:  # neighbours: a slice is a view, an index array a copy
            chosen = slice(chosen[0], chosen[-1] + 1)
        scores[block] = score_function(predict(take(X, chosen)))
    if np.isnan(scores).any():
        raise ValueError(f"{np.isnan(scores).sum()} of {len(rows)} scores are not numbers (NaN)")
    return scores


def top_rows(scores, rows, batch):
    """Return the rows with the largest scores, best first; ties go by row.

    Parameters
    ----------
    scores : ndarray of shape (n,)
    rows : ndarray of shape (n,), int
        Ascending.
    batch : int
        How many to return, 1 to n.

    Returns
    -------
    ndarray of shape (batch,), int

    Examples
    --------
    >>> top_rows(np.array([0.1, 0.7, 0.7]), np.array([4, 5, 9]), 2)
    array([5, 9])
    """
    threshold = np.partition(scores, -batch)[-batch]
    candidates = np.flatnonzero(scores >= threshold)  # ascending, so a stable sort keeps ties in order
    return rows[candidates[np.argsort(-scores[candidates], kind="stable")[:batch]]]


def requires(*capabilities):
    """Mark what a rule requires of the classifier and of the data.

    Parameters
    ----------
    *capabilities : {"proba", "margins", "numeric", "dense"}
        Class probabilities; probabilities or a decision function; numeric columns without missing values;
        rows that are not sparse.

    Returns
    -------
    callable
        A decorator that sets the rule's attribute `requirements`.

    Examples
    --------
    >>> @requires("numeric")
    ... def first_rows(round):
    ...     return round.pool[: round.batch]
    >>> first_rows.requirements
    frozenset({'numeric'})
    """

    def mark(rule):
        rule.requirements = frozenset(capabilities)
        return rule

    return mark


def random_rows(round):
    """Query rows at random: labelling without active learning, the reference of every comparison."""
    return round.rng.choice(round.pool, round.batch, replace=False)


def highest(round, score_function):
    """Query the rows with the highest scores, best first; ties go by row."""
    return top_rows(round.score(score_function), round.pool, round.batch)


@requires("margins")
def smallest_margin(round):
    """Query the rows whose two most likely classes are closest.

    References
    ----------
    Scheffer, Decomain & Wrobel 2001.
    """
    return top_rows(round.margins(), round.pool, round.batch)
