"""What a query rule is, what it may look at, and the classic rules.

A score function maps class probabilities (n, k), rows that sum to 1, k >= 2, to scores (n,): how much do we
want this label? Larger = ask first. ValueError if k < 2; NaN gives NaN, which score_pool refuses.
A strategy is a callable: Round -> the rows to buy. To add one: one function here (or in batch_rules, if it
looks at more than each row's score), one line in strategies.STRATEGIES, its name in options.
Sources: Settles 2009 (the survey); each rule names its own.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import entr

from active_learning._arrays import blocks, take
from active_learning._validation import check_integer

CACHE = 2**18  # numbers that are scored at a time: 2 MB


def check_proba(proba):
    """Return proba as an array (n, k); ValueError if it is not two-dimensional with k >= 2."""
    proba = np.asarray(proba)
    if proba.ndim != 2 or proba.shape[1] < 2:
        raise ValueError(f"proba must have shape (n, k) with k >= 2 classes, got {proba.shape}")
    return proba


def least_confidence(proba):
    """Score each row by how unsure the model is of its best guess.

    proba: array (n, k), rows that sum to 1, k >= 2
    returns: array (n,), one minus the largest probability, in [0, 1 - 1/k]; larger = ask first
    raises: ValueError if proba is not two-dimensional with k >= 2
    source: Lewis & Gale 1994
    """
    return 1 - check_proba(proba).max(axis=1)


def margin(proba):
    """Score each row by how nearly its two most likely classes tie.

    proba: array (n, k), rows that sum to 1, k >= 2
    returns: array (n,), minus the gap between the top two, in [-1, 0]; larger = ask first
    raises: ValueError if proba is not two-dimensional with k >= 2
    source: Scheffer, Decomain & Wrobel 2001
    """
    columns = check_proba(proba).T
    first, second = np.maximum(columns[0], columns[1]), np.minimum(columns[0], columns[1])
    for column in columns[2:]:  # a running top two: several times faster than sorting each row
        np.maximum(second, np.minimum(first, column), out=second)
        np.maximum(first, column, out=first)
    return second - first


def entropy(proba):
    """Score each row by the Shannon entropy of its class probabilities, with 0 log 0 = 0.

    proba: array (n, k), rows that sum to 1, k >= 2
    returns: array (n,) in nats, in [0, log k]; larger = ask first
    raises: ValueError if proba is not two-dimensional with k >= 2
    source: Shannon 1948; as a query rule, Settles & Craven 2008
    """
    return entr(check_proba(proba)).sum(axis=1)


@dataclass(frozen=True)
class Round:
    """All that a strategy may look at: never a label of the pool, never a test row."""

    model: object  # the classifier, fitted on the labelled rows
    X: object  # the data set's matrix; pick rows with take(X, rows)
    labeled: np.ndarray  # int (m,), the rows whose labels are known, in the order in which they were bought
    y: np.ndarray  # (m,), their labels
    pool: np.ndarray  # int (n,), ascending, the rows that may be bought
    batch: int  # how many of them to buy, 1..n
    rng: np.random.Generator  # the only source of chance

    def score(self, score_function):
        """Scores (n,) of the pool's rows under score_function of their class probabilities."""
        return score_pool(self.model.predict_proba, self.X, self.pool, score_function)

    def margins(self):
        """Margin scores (n,); from decision_function, (n,) or (n, k), where there are no probabilities."""
        if hasattr(self.model, "predict_proba"):
            return self.score(margin)
        return score_pool(
            self.model.decision_function,
            self.X,
            self.pool,
            lambda d: -np.abs(d) if d.ndim == 1 else margin(d),
        )


def score_pool(predict, X, rows, score_function, *, chunk=None):
    """Score rows of X a chunk at a time, so that the work stays in the processor's cache.

    predict: a model's predict_proba or decision_function
    X: matrix (N, d), possibly a numpy.memmap larger than memory; rows: int array (n,), ascending
    score_function: maps predict's result for m rows to scores (m,)
    chunk: int, rows at a time; None: 4096, or fewer wide ones
    returns: array (n,)
    raises: ValueError if a score is not a number, TypeError for an X that is no matrix
    """
    if len(getattr(X, "shape", ())) != 2:
        raise TypeError(f"X must be a matrix, got {type(X).__name__}")
    if chunk is None:
        chunk = 4096 if sparse.issparse(X) else min(4096, max(256, CACHE // X.shape[1]))
    scores = np.empty(len(rows))
    for block in blocks(len(rows), check_integer("chunk", chunk, 1)):
        part = rows[block]
        if part[-1] - part[0] == len(part) - 1:  # neighbours: a slice is a view, an index array a copy
            part = slice(part[0], part[-1] + 1)
        scores[block] = score_function(predict(take(X, part)))
    if np.isnan(scores).any():
        raise ValueError(f"{np.isnan(scores).sum()} of {len(rows)} scores are not numbers (NaN)")
    return scores


def top_rows(scores, rows, batch):
    """The batch (1..n) rows (n,), ascending, with the largest scores (n,), best first; ties by row index."""
    threshold = np.partition(scores, -batch)[-batch]
    candidates = np.flatnonzero(scores >= threshold)  # ascending, so a stable sort keeps ties in order
    return rows[candidates[np.argsort(-scores[candidates], kind="stable")[:batch]]]


def needs(*what):
    """Mark what a strategy needs of the classifier ("proba", "margins") and of X ("numeric", "dense")."""

    def mark(strategy):
        strategy.needs = frozenset(what)
        return strategy

    return mark


def random_rows(round):
    """Buy rows at random: what labelling without active learning does, and the reference."""
    return round.rng.choice(round.pool, round.batch, replace=False)


def highest(round, score_function):
    """Buy the rows with the highest scores.

    score_function: maps class probabilities (n, k) to scores (n,)
    returns: int array (round.batch,), rows of the pool, best first, ties by row
    """
    return top_rows(round.score(score_function), round.pool, round.batch)


@needs("margins")
def smallest_margin(round):
    """Buy the rows whose two most likely classes are nearest to a tie.

    source: Scheffer, Decomain & Wrobel 2001
    """
    return top_rows(round.margins(), round.pool, round.batch)
