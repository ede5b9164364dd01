"""A classifier behind a representation that learns from features alone, so that it is learnt once and not
once a round.

Here: which rows it is learnt from, how rows are seen through it, and what the runs of a split share. Not
here: what it is made of (features, texts, vectors). Pipelines of a user's own are another matter: they are
fitted whole, in every round, on the labelled rows.
"""

import zlib

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from active_learning.matrices import spaced, take

SHARED = 500  # columns: of more, fitted classifiers are too large to be kept
IN_MEMORY = 50_000  # more rows than these are turned into features when they are picked, and not kept


class Represented(Pipeline):
    """A pipeline of a transformer and a classifier, the transformer of which never looks at a label.

    In a loop it is fitted once a split, on the features of the rows that may be seen: seed and pool, never
    the test. Fitted and used by itself it is as any other pipeline.
    """


class View:
    """The rows of a matrix as a fitted transformer turns them out, made when they are picked."""

    def __init__(self, X, transformer):
        self.X, self.transformer, self.shape = X, transformer, X.shape

    def __getitem__(self, rows):
        return self.transformer.transform(take(self.X, rows))


_last = [None]  # the last representation, and the fits on it: all runs of a split share them


def represented(model, X, split):
    """(classifier, X) for the runs of a split: a Represented model gives its classifier, and X as it sees it.

    model: as in run_loop; any other is returned as it is, and X with it
    """
    if not isinstance(model, Represented):
        return model, X
    seen = np.sort(np.concatenate([split.seed, split.pool]))
    key = [model[0], X, seen.tobytes(), _checksum(X), repr(model[-1])]
    last = _last[0]
    if last is None or last[0][0] is not key[0] or last[0][1] is not X or last[0][2:] != key[2:]:
        last = _last[0] = key, _learnt(clone(model[0]), X, seen), {}
    return model[-1], last[1]


def shared_fits(X):
    """Where the runs of a split keep their fits on X, if it is the last representation: a dict, or None."""
    last = _last[0]
    return last[2] if last and last[1] is X and X.shape[1] <= SHARED else None


def _learnt(transformer, X, seen):
    """X as floats (n, d), as the transformer, fitted on the rows seen, turns it out; those rows only once."""
    known = floats(transformer.fit_transform(take(X, seen)))
    Z, others = np.empty((X.shape[0], known.shape[1])), np.delete(np.arange(X.shape[0]), seen)
    Z[seen] = known
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
    transformer of columns turns out, and holds, every row that it is given.
    labeled: int array, the rows with a label
    """
    if not isinstance(model, Represented):
        return model, X
    if len(X) <= IN_MEMORY:
        return model[-1], floats(clone(model[0]).fit_transform(X))
    seen = X
    if not isinstance(X, np.memmap):  # its scaler picks rows itself
        seen = take(X, np.union1d(spaced(np.arange(len(X)), IN_MEMORY), labeled).astype(int))
    return model[-1], View(X, clone(model[0]).fit(seen))
