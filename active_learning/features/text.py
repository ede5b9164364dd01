"""Texts and strings in any script as some 200 numbers each: TF-IDF of words and characters, on its main axes.

Counting learns nothing, so it is done once a table; weights, which are scikit-learn's, and axes are learnt by
fit, from the texts that it is given and no others. skrub's StringEncoder counts again in every fit: it takes
longer, and is ahead on some tables, behind on others. Not here: which columns are texts (columns).
"""

import re
import unicodedata
from functools import cached_property
from weakref import WeakValueDictionary

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_range_finder

from active_learning._arrays import blocks, evenly_spaced
from active_learning.features.grams import count_characters, count_words

DIMENSIONS = 199  # and one for the intercept: products are fastest where their sides are multiples of 8
LENGTH = np.sqrt(8)  # of the usual row: logistic regression with C = 1 is then that with C = 8 on unit rows
LEARNT_FROM = 10_000  # texts at the most from which weights are learnt
AXES_FROM = 3_000  # texts at the most from which axes are learnt
NO_SPACES = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff]")  # scripts without spaces
NUMBERED = re.compile(r"\d+")
GENERATED = re.compile(r"[0-9a-fA-F-]{8,}")  # hashes and UUIDs
PLAIN = {i: "0" if chr(i).isdigit() else chr(i).lower() if chr(i).isalpha() else " " for i in range(128)}
ADDRESS = re.compile(r"\d+(?:\.\d+){3}")  # 192.168.0.1
ALPHABETS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
COMMON = 2_000  # words, and groups of characters, at the most: those in most texts
STRINGS, PATTERN_OF = (
    500,
    100,
)  # strings at the most, and their characters, that are looked at for shared parts
MANY = 50_000  # different texts, of more than which only those asked for are counted, if they are a part
CACHED = 2 * 10**7  # characters: the counts of more text than this are made when needed and not stored
KEPT = 2 * 10**6  # likewise where they are a part of many texts
AT_ONCE = 2_000  # texts that are encoded at a time


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
    if text.isascii():
        return " ".join(text.translate(PLAIN).split())  # the same, and several times as fast
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", " ", re.sub(r"\d", "0", plain)).strip()


class Texts:
    """The different texts of a column, each known by its number, and what is counted in them.

    It is shared and never changed: copying or cloning what holds it copies no text.
    """

    def __init__(self, distinct, characters=False):
        self.distinct = np.asarray(distinct, dtype=object)  # (m,) the different texts
        self.kept = None  # of many texts the counts of a few, and where they stand in these, or -1
        self.characters = characters  # whether characters alone are counted, as no blanks show words

    def __deepcopy__(self, memo):
        return self

    def __getstate__(self):
        """Sent to another process, counts go without the texts, which are then not needed."""
        return self.__dict__ | ({"distinct": None} if self.__dict__.get("table") else {}) | {"kept": None}

    @cached_property
    def table(self):
        """Counts of all texts, or None where they would take too much memory."""
        if sum(map(len, self.distinct)) > CACHED:
            return None
        found = count(self.distinct, self.characters)
        return found if len(self.distinct) > MANY else [b[:, np.unique(b.indices)] for b in found]

    def prepare(self, codes):
        """Count what will be asked for often: all texts or, of many, the few with these numbers."""
        if "table" in self.__dict__:
            return
        if len(self.distinct) <= MANY or 2 * len(codes) > len(self.distinct):
            self.table  # noqa: B018
        elif sum(map(len, self.distinct[codes])) <= KEPT:
            self._keep(np.unique(codes))

    def _keep(self, codes):
        """Count some texts, ascending, and keep the counts beside earlier ones, unless these are many."""
        counted, place = self.kept or ([], np.full(len(self.distinct), -1))
        new = codes[place[codes] < 0]
        if not len(new):
            return
        if sum(map(len, self.distinct[place >= 0])) > KEPT:
            counted, place, new = [], np.full(len(self.distinct), -1), codes
        place[new] = place.max() + 1 + np.arange(len(new))
        found = count(self.distinct[new], self.characters)
        if counted:
            found = [sparse.vstack(pair, format="csr") for pair in zip(counted, found, strict=True)]
        self.kept = found, place

    def counts(self, codes, columns=None):
        """Counts of the texts with these numbers: CSR matrices, of words and of characters.

        columns: of each matrix the columns that are wanted, ascending; all by default
        """
        if self.__dict__.get("table") is not None:
            found = [block[codes] for block in self.table]
        elif self.kept is not None and (self.kept[1][codes] >= 0).all():
            found = [block[self.kept[1][codes]] for block in self.kept[0]]
        else:
            return count(self.distinct[codes], self.characters, columns)
        return found if columns is None else [b[:, c] for b, c in zip(found, columns, strict=True)]

    def key(self, code):
        """The text_key of the text with this number; of a code the code itself; of no text, -1, ""."""
        text = self.distinct[code] if code >= 0 else ""
        is_code = self.characters and not NO_SPACES.search(text)
        return text if is_code else text_key(text)


_in_use = WeakValueDictionary()  # the different texts, and whether characters are counted -> Texts


def shared_texts(distinct, characters=False):
    """The Texts of these different texts: those of a table that is in use, where it is read again."""
    return _in_use.setdefault((tuple(distinct), characters), Texts(distinct, characters))


def count(values, characters=False, columns=None):
    """Counts of words and pairs of them, and of 2 to 4 characters in a word: two CSR matrices.

    characters: count 1 to 4 characters instead, their case kept, blanks at both ends: one CSR matrix
    columns: of each matrix the columns that are wanted, ascending; all by default
    """
    first, *more = columns or [None, None]
    if characters:
        return [count_characters([f" {text} " for text in values], (1, 4), columns=first)]
    return [count_words(values, first), count_characters(values, (2, 4), True, more[0])]


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
        codes, self.axes_, self.scale_ = codes[codes >= 0], None, 1.0
        if not len(codes):
            return self
        self.texts.prepare(codes)
        frequent = [_frequent(*each) for each in self._occurrences(codes)]
        self.columns_ = [columns for columns, _ in frequent]
        self.weights_ = [
            np.log(np.float32(len(codes) + 1) / (often + 1).astype(np.float32)) + 1 for _, often in frequent
        ]
        weighted = self._weighted(evenly_spaced(codes, AXES_FROM))
        size = min(self.n_components, *(side - 1 for side in weighted.shape))
        if size <= 0:
            return self
        axes = randomized_range_finder(weighted.T, size=size, n_iter=1, random_state=0)
        rows = weighted @ axes
        lengths = np.linalg.norm(rows, axis=0)
        used = lengths > 1e-4 * lengths.max()  # where texts repeat, there are fewer axes; the rest is noise
        self.axes_, rows = (np.compress(used, each, axis=1) for each in (axes, rows.astype(float)))
        self.scale_ = LENGTH / np.sqrt(np.linalg.norm(rows, axis=1).mean())
        return self

    def fit_transform(self, X, y=None):
        """Fit, and transform the same X (n, 1), the texts of which are counted once; y is not looked at."""
        if isinstance(self.texts, Texts):
            self.texts.prepare(np.maximum(_codes(X), 0))
        return self.fit(X).transform(X)

    def _occurrences(self, codes):
        """Of each matrix of counts the columns that occur in these texts, and in how many each does."""
        counted = [self.texts.counts(codes[part]) for part in blocks(len(codes), AT_ONCE)]
        found = [[block.indices for block in kind] for kind in zip(*counted, strict=True)]
        return [np.unique(np.concatenate(each), return_counts=True) for each in found]

    def _weighted(self, codes):
        """TF-IDF of the texts with these numbers: one CSR matrix."""
        counted = self.texts.counts(codes, self.columns_)
        for block, weights in zip(counted, self.weights_, strict=True):
            block.data = (np.log(block.data) + 1) * weights[block.indices]
            if block.nnz:
                normalize(block, copy=False)
        return sparse.hstack(counted, format="csr")

    def transform(self, X):
        """Rows (n, dimensions) of the texts of X (n, 1)."""
        codes = _codes(X)
        if self.axes_ is None:
            return np.zeros((len(codes), 1))
        levels, place = np.unique(codes, return_inverse=True)  # a text that repeats is encoded once
        self.texts.prepare(np.maximum(levels, 0))
        rows = np.empty((len(levels), self.axes_.shape[1]))
        for part in blocks(len(levels), AT_ONCE):
            some = (self._weighted(np.maximum(levels[part], 0)) @ self.axes_).astype(float)
            some[levels[part] < 0] = 0.0
            lengths = np.linalg.norm(some, axis=1, keepdims=True)
            rows[part] = some * (self.scale_ / np.sqrt(np.where(lengths > 0, lengths, 1.0)))
        return rows if np.array_equal(levels, codes) else rows[place]

    def __sklearn_is_fitted__(self):
        return hasattr(self, "axes_")


def _codes(X):
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.shape[1] != 1:
        raise ValueError(f"the numbers of texts are one column (n, 1), got shape {X.shape}")
    return X[:, 0].astype(int)


def _frequent(columns, often, least=3):
    """The columns (d,) that occur `least` times or more, COMMON at the most, and how often each does.

    All of them where none does so.
    """
    kept = np.flatnonzero(often >= (least if (often >= least).any() else 1))
    kept = np.sort(kept[np.argsort(-often[kept], kind="stable")[:COMMON]])
    return columns[kept], often[kept]
