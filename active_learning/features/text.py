"""Texts and strings in any script as some 200 numbers each: TF-IDF of words and characters, on its main axes.

Counting is scikit-learn's and learns nothing, so it is done once a table; weights and axes are learnt by fit,
from the texts that it is given and no others. skrub's StringEncoder counts again in every fit: it takes three
times as long, and is ahead on some tables, behind on others. Not here: which columns are texts (columns).
"""

import re
import unicodedata
from functools import cached_property
from weakref import WeakValueDictionary

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer
from sklearn.utils.extmath import randomized_range_finder

from active_learning._arrays import evenly_spaced

DIMENSIONS = 199  # and one for the intercept: products are fastest where their sides are multiples of 8
LENGTH = np.sqrt(8)  # of the usual row: logistic regression with C = 1 is then that with C = 8 on unit rows
HASHED = 2**20  # columns that words and characters are hashed to; two rarely share one
LEARNT_FROM = 20_000  # texts at the most from which weights are learnt
AXES_FROM = 3_000  # texts at the most from which axes are learnt
NO_SPACES = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff]")  # scripts without spaces
NUMBERED = re.compile(r"\d+")
GENERATED = re.compile(r"[0-9a-fA-F-]{8,}")  # hashes and UUIDs
ADDRESS = re.compile(r"\d+(?:\.\d+){3}")  # 192.168.0.1
ALPHABETS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
COMMON = 2_000  # words, and groups of characters, at the most: those in most texts
STRINGS, PATTERN_OF = (
    500,
    100,
)  # strings at the most, and their characters, that are looked at for shared parts
MANY = 50_000  # different texts, of more than which only those asked for are counted, if they are a part
CACHED = 2 * 10**7  # characters: the counts of more text than this are made when needed and not stored


def text_key(text):
    """What two near copies of a text share: its letters and words, without case, digits, marks and spaces.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> text_key("Order 17: WHERE is it?!") == text_key("order 23, where is it")
    True
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", " ", re.sub(r"\d", "0", plain)).strip()


class Texts:
    """The different texts of a column, each known by its number, and what is counted in them.

    It is shared and never changed: copying or cloning what holds it copies no text.
    """

    def __init__(self, distinct, characters=False):
        self.distinct = np.asarray(distinct, dtype=object)  # (m,) the different texts
        self.last = None  # the numbers and counts of the texts that were counted last, of many
        self.characters = characters  # whether characters alone are counted, as no blanks show words

    def __deepcopy__(self, memo):
        return self

    def __getstate__(self):
        """Sent to another process, counts go without the texts, which are then not needed."""
        return self.__dict__ | ({"distinct": None} if self.__dict__.get("table") else {}) | {"last": None}

    @cached_property
    def table(self):
        """Counts of all texts, or None where they would take too much memory."""
        if sum(map(len, self.distinct)) > CACHED:
            return None
        blocks = count(self.distinct, self.characters)
        return blocks if len(self.distinct) > MANY else [b[:, np.unique(b.indices)] for b in blocks]

    def counts(self, codes):
        """Counts of the texts with these numbers: CSR matrices, of words and of characters."""
        if self.are_few(codes):
            return self._counted(codes)
        if self.table is not None:
            return [block[codes] for block in self.table]
        return count(self.distinct[codes], self.characters)

    def are_few(self, codes):
        """Whether counting these texts alone is less work than counting all of them, which was not done."""
        return "table" not in self.__dict__ and 2 * len(codes) <= len(self.distinct) > MANY

    def _counted(self, codes):
        """Counts of some texts; those counted last are kept, as texts are fitted on and then encoded."""
        known, blocks = self.last or (np.empty(0, dtype=int), None)
        if not np.isin(codes, known).all():
            known = np.unique(codes)
            blocks = count(self.distinct[known], self.characters)
            self.last = known, blocks
        places = np.searchsorted(known, codes)
        return [block[places] for block in blocks]

    def key(self, code):
        """The text_key of the text with this number; of a code the code itself; of no text, -1, ""."""
        text = self.distinct[code] if code >= 0 else ""
        is_code = self.characters and not NO_SPACES.search(text)
        return text if is_code else text_key(text)


_in_use = WeakValueDictionary()  # the different texts, and whether characters are counted -> Texts


def shared_texts(distinct, characters=False):
    """The Texts of these different texts: those of a table that is in use, where it is read again."""
    return _in_use.setdefault((tuple(distinct), characters), Texts(distinct, characters))


def count(values, characters=False):
    """Counts of words and pairs of them, and of 2 to 4 characters in a word: two CSR matrices.

    characters: count 1 to 4 characters instead, their case kept, blanks at both ends: one CSR matrix
    """
    settings = {"n_features": HASHED, "alternate_sign": False, "norm": None, "dtype": np.float32}
    if characters:
        grams = HashingVectorizer(analyzer="char", ngram_range=(1, 4), lowercase=False, **settings)
        return [grams.transform([f" {text} " for text in values])]
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **settings)
    characters = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), **settings)
    return [vectorizer.transform(values) for vectorizer in (words, characters)]


def is_unspaced(texts):
    """Whether most letters of texts, by a sample, are of a script without blanks, such as Chinese or Thai."""
    sample = "".join(str(text)[:200] for text in texts[:: max(1, len(texts) // 200)])
    letters = sum(map(str.isalpha, sample))
    return 2 * len(NO_SPACES.findall(sample)) > letters


def share_parts(strings):
    """Whether strings without blanks have parts in common that chance does not explain.

    Strings of one pattern around running numbers, hashes and random codes name the rows; addresses,
    molecules, sequences and product codes share groups of characters. Chance is strings of the same pattern,
    each letter and digit drawn anew among those of its kind that occur; a group counts that is in 2 % of the
    strings or more, not in all, and twice as often as there. It takes such groups in half of the strings.
    In a script without blanks, the characters themselves are such parts.

    Parameters
    ----------
    strings : array of str, shape (m,)
        They differ.

    Returns
    -------
    bool
    """
    strings = [str(text)[:PATTERN_OF] for text in evenly_spaced(np.sort(strings), STRINGS)]
    patterns = {NUMBERED.sub("0", text) for text in strings}
    if len(patterns) == 1 and not ADDRESS.fullmatch(strings[0]):
        return False
    if all(map(GENERATED.fullmatch, strings)):
        return False
    if is_unspaced(strings):
        return True  # each character is a word, or part of one
    grams = CountVectorizer(analyzer="char", ngram_range=(1, 5), lowercase=False, binary=True)
    found = grams.fit_transform([f" {text} " for text in strings])
    by_chance = grams.transform([f" {text} " for text in _redrawn(strings)])
    often, expected = (np.asarray(block.sum(axis=0)).ravel() for block in (found, by_chance))
    shared = (often >= max(3, 0.02 * len(strings))) & (often <= 0.97 * len(strings))
    shared &= often >= 2 * expected + 3
    return bool((found[:, shared].sum(axis=1) > 0).mean() >= 0.5)


def _redrawn(strings):
    """Strings of the same pattern, every character drawn anew from those of its kind that occur."""
    rng, kinds = np.random.default_rng(0), {}
    for character in sorted(set("".join(strings))):
        kinds.setdefault(_kind(character), []).append(character)
    return ["".join(str(rng.choice(kinds[_kind(character)])) for character in text) for text in strings]


def _kind(character):
    """What a character is: of one of ALPHABETS, a mark, which is itself, or any other letter or sign."""
    known = [alphabet for alphabet in ALPHABETS if character in alphabet]
    return known[0] if known else character if character.isascii() else "other"


class TextEncoder(TransformerMixin, BaseEstimator):
    """Turn a column of text numbers, -1 where there is none, into rows of numbers; those of no text are 0.

    TF-IDF with logarithmic counts of what occurs in three texts or more, words and characters side by side,
    on axes that span nearly what the first singular vectors do; which of the many bases of that space they
    are makes no difference to distances, nor to a linear classifier. A row's length is the root of what the
    axes explain of the text, so that few words that are mostly unknown count less than many known ones; the
    usual row has LENGTH. Fitted on many rows, it learns from evenly spaced ones.

    Parameters
    ----------
    texts : Texts
        What the numbers stand for; `load_table` makes them.
    n_components : int
        Dimensions at the most.

    References
    ----------
    Deerwester et al. 1990 (latent semantic analysis); Halko, Martinsson & Tropp 2011, algorithm 4.3
    (randomized axes); Weinberger et al. 2009 (hashed features).

    Examples
    --------
    >>> import al_helpers as al
    >>> from active_learning.features.text import Texts
    >>> texts = Texts(["free prize now", "see you at home", "free cash prize", "lunch at home"])
    >>> al.TextEncoder(texts).fit_transform([[0], [1], [2], [3], [-1]]).shape[0]
    5
    """

    def __init__(self, texts, n_components=DIMENSIONS):
        self.texts, self.n_components = texts, n_components

    def fit(self, X, y=None):
        """Learn weights and axes from the texts of X (n, 1); y is not looked at."""
        if not isinstance(self.texts, Texts):
            raise TypeError(f"texts must be Texts, got {type(self.texts).__name__}")
        codes = evenly_spaced(_codes(X), LEARNT_FROM)
        blocks = self.texts.counts(codes[codes >= 0])
        self.columns_ = [_frequent(block) for block in blocks]
        blocks = self._selected(blocks)
        self.weights_ = [
            TfidfTransformer(sublinear_tf=True).fit(block) if min(block.shape) else None for block in blocks
        ]
        weighted = self._weighted(blocks)
        weighted = weighted[evenly_spaced(np.arange(weighted.shape[0]), AXES_FROM)]
        self.axes_, self.scale_ = None, 1.0
        size = min(self.n_components, *(side - 1 for side in weighted.shape))
        if size <= 0:
            return self
        axes = randomized_range_finder(weighted.T, size=size, n_iter=1, random_state=0)
        rows = weighted @ axes
        lengths = np.linalg.norm(rows, axis=0)
        used = (
            lengths > 1e-4 * lengths.max()
        )  # where texts repeat, the space has fewer axes; the rest is noise
        self.axes_, rows = (np.compress(used, each, axis=1) for each in (axes, rows.astype(float)))
        self.scale_ = LENGTH / np.sqrt(np.linalg.norm(rows, axis=1).mean())
        return self

    def fit_transform(self, X, y=None):
        """Fit, and transform the same X (n, 1), the texts of which are counted once; y is not looked at."""
        codes = np.unique(np.maximum(_codes(X), 0))
        if isinstance(self.texts, Texts) and self.texts.are_few(codes):
            self.texts.counts(codes)
        return self.fit(X).transform(X)

    def _selected(self, blocks):
        return [block[:, columns] for block, columns in zip(blocks, self.columns_, strict=True)]

    def _weighted(self, blocks):
        """TF-IDF of selected counts: one CSR matrix."""
        pairs = zip(self.weights_, blocks, strict=True)
        weighted = [weights.transform(block) for weights, block in pairs if weights is not None]
        empty = sparse.csr_array((blocks[0].shape[0], 0))
        return sparse.hstack(weighted, format="csr") if weighted else empty

    def transform(self, X):
        """Rows (n, dimensions) of the texts of X (n, 1)."""
        codes = _codes(X)
        if self.axes_ is None:
            return np.zeros((len(codes), 1))
        levels, place = np.unique(codes, return_inverse=True)  # a text that repeats is encoded once
        blocks = self._selected(self.texts.counts(np.maximum(levels, 0)))
        rows = (self._weighted(blocks) @ self.axes_).astype(float)
        rows[levels < 0] = 0.0
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows *= self.scale_ / np.sqrt(np.where(lengths > 0, lengths, 1.0))
        return rows[place]

    def __sklearn_is_fitted__(self):
        return hasattr(self, "columns_")


def _codes(X):
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.shape[1] != 1:
        raise ValueError(f"the numbers of texts are one column (n, 1), got shape {X.shape}")
    return X[:, 0].astype(int)


def _frequent(block, least=3):
    """The columns that `least` rows or more have, COMMON at the most; all columns, where there are none."""
    counts = np.bincount(block.indices, minlength=block.shape[1])
    columns = np.flatnonzero(counts >= (least if (counts >= least).any() else 1))
    return np.sort(columns[np.argsort(-counts[columns], kind="stable")[:COMMON]])
