"""Texts in any script as some 200 numbers each: TF-IDF of words and characters, on its main axes.

Counting is scikit-learn's and learns nothing, so it is done once a table; weights and axes are learnt by fit,
from the texts that it is given and no others. skrub's StringEncoder counts again in every fit: it takes three
times as long, and is ahead on some tables, behind on others. Not here: which columns are texts (columns).
Sources: Deerwester et al. 1990 (latent semantic analysis); Halko, Martinsson & Tropp 2011 (axes at random);
Weinberger et al. 2009 (hashed features).
"""

import re
import unicodedata
from functools import cached_property

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.utils.extmath import randomized_range_finder

from active_learning._arrays import evenly_spaced

DIMENSIONS = 199  # and one for the intercept: products are fastest where their sides are multiples of 8
LENGTH = np.sqrt(8)  # of the usual row: logistic regression with C = 1 is then that with C = 8 on unit rows
HASHED = 2**20  # columns that words and characters are hashed to; two share one once in a while
LEARNT_FROM = 20_000  # texts at the most from which weights are learnt
AXES_FROM = 3_000  # and axes
COMMON = 2_000  # the words, and the characters, at the most, that are looked at: those in most texts
CACHED = 2 * 10**7  # characters: the counts of more text than this are made when needed and not kept


def text_key(text):
    """What two texts share that say the same: letters and words, but not case, digits, marks or spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", " ", re.sub(r"\d", "0", plain)).strip()


class Texts:
    """The different texts of a column, each known by its number, and what is counted in them.

    It is shared and never changed: copying or cloning what holds it copies no text.
    """

    def __init__(self, known):
        self.known = np.asarray(known, dtype=object)  # (m,) the different texts

    def __deepcopy__(self, memo):
        return self

    def __getstate__(self):
        """Sent to another process, counts go without the texts, which are then not needed."""
        return self.__dict__ | ({"known": None} if self.__dict__.get("table") else {})

    @cached_property
    def table(self):
        """Counts of all texts, or None where they would take too much memory."""
        if sum(map(len, self.known)) > CACHED:
            return None
        return [block[:, np.unique(block.indices)] for block in count(self.known)]

    def counts(self, codes):
        """Counts of the texts with these numbers: two CSR matrices, of words and of characters."""
        if self.table is not None:
            return [block[codes] for block in self.table]
        return count(self.known[codes])

    def key(self, code):
        """The text_key of the text with this number; of no text, -1, the empty one."""
        return text_key(self.known[code]) if code >= 0 else ""


def count(values):
    """Counts of words and pairs of them, and of 2 to 4 characters in a word: two CSR matrices."""
    how = {"n_features": HASHED, "alternate_sign": False, "norm": None}
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **how)
    letters = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), **how)
    return [_compact(each.transform(values)) for each in (words, letters)]


def _compact(counts):
    """The same counts in half the memory."""
    counts.data = counts.data.astype(np.float32)
    counts.indices = counts.indices.astype(np.int32)
    return counts


class TextEncoder(TransformerMixin, BaseEstimator):
    """Turn a column of text numbers, -1 where there is none, into rows of numbers; those of no text are 0.

    TF-IDF with logarithmic counts of what occurs in three texts or more, words and characters side by side,
    on axes that span nearly what the first singular vectors do; which of the many bases of that space they
    are makes no difference to distances, nor to a linear classifier. A row's length is the root of what the
    axes see of the text, so that few words that are mostly unknown do not speak as loudly as many known ones;
    the usual row has LENGTH. Fitted on many rows, it learns from evenly spaced ones.

    texts: Texts that the numbers stand for; n_components: int, dimensions at the most
    source: Deerwester et al. 1990; Halko, Martinsson & Tropp 2011, algorithm 4.3
    """

    def __init__(self, texts, n_components=DIMENSIONS):
        self.texts, self.n_components = texts, n_components

    def fit(self, X, y=None):
        """Learn weights and axes from the texts of X (n, 1); y is not looked at."""
        self._learn(_codes(X))
        return self

    def fit_transform(self, X, y=None):
        """As fit and then transform; what axes are learnt from is not placed on them twice."""
        codes = _codes(X)
        rows = self._learn(codes)
        return self._scaled(rows) if rows is not None and len(rows) == len(codes) else self.transform(X)

    def _learn(self, codes):
        """Learn from these texts; rows of those that axes were learnt from, None where there is no axis."""
        if not isinstance(self.texts, Texts):
            raise TypeError(f"texts must be Texts, got {type(self.texts).__name__}")
        codes = evenly_spaced(codes, LEARNT_FROM)
        blocks = self.texts.counts(codes[codes >= 0])
        self.columns_ = [_frequent(block) for block in blocks]
        picked = [block[:, columns] for block, columns in zip(blocks, self.columns_, strict=True)]
        self.weights_ = [_weights(block) for block in picked]
        self.axes_, weighted = None, self._weighted(picked)
        weighted = weighted[evenly_spaced(np.arange(weighted.shape[0]), AXES_FROM)]
        most = min(self.n_components, *(side - 1 for side in weighted.shape))
        if most <= 0:
            return None
        axes = randomized_range_finder(weighted.T, size=most, n_iter=1, random_state=0)
        rows = weighted @ axes
        seen = np.linalg.norm(rows, axis=0)
        seen = seen > 1e-4 * seen.max()  # where texts repeat, the space has fewer axes; the others are noise
        self.axes_, rows = (np.compress(seen, each, axis=1) for each in (axes, rows.astype(float)))
        self.scale_ = LENGTH / np.sqrt(np.linalg.norm(rows, axis=1).mean())
        return rows

    def _scaled(self, rows):
        """Rows (n, dimensions) as long as the root of what the axes see of them; overwritten."""
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows *= self.scale_ / np.sqrt(np.where(lengths > 0, lengths, 1.0))
        return rows

    def _weighted(self, picked):
        """TF-IDF of counts that are already cut to the columns learnt: one CSR matrix."""
        weighted = [
            w.transform(block) for w, block in zip(self.weights_, picked, strict=True) if w is not None
        ]
        return (
            sparse.hstack(weighted, format="csr") if weighted else sparse.csr_array((picked[0].shape[0], 0))
        )

    def transform(self, X):
        """Rows (n, dimensions) of the texts of X (n, 1)."""
        codes = _codes(X)
        if self.axes_ is None:
            return np.zeros((len(codes), 1))
        own, place = np.unique(codes, return_inverse=True)  # a text that repeats is encoded once
        picked = [
            block[:, columns]
            for block, columns in zip(self.texts.counts(np.maximum(own, 0)), self.columns_, strict=True)
        ]
        rows = (self._weighted(picked) @ self.axes_).astype(float)
        rows[own < 0] = 0.0
        return self._scaled(rows)[place]

    def __sklearn_is_fitted__(self):
        return hasattr(self, "columns_")


def _codes(X):
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.shape[1] != 1:
        raise ValueError(f"the numbers of texts are one column (n, 1), got shape {X.shape}")
    return X[:, 0].astype(int)


def _frequent(block, least=3):
    """The columns that `least` rows or more have, COMMON at the most; all columns, where there are none."""
    times = np.bincount(block.indices, minlength=block.shape[1])
    columns = np.flatnonzero(times >= least) if (times >= least).any() else np.flatnonzero(times)
    return np.sort(columns[np.argsort(-times[columns], kind="stable")[:COMMON]])


def _weights(block):
    return TfidfTransformer(sublinear_tf=True).fit(block) if min(block.shape) else None
