"""How often words and groups of characters occur in each of many texts, as scikit-learn's HashingVectorizer
counts them, and several times as fast: the bytes of all of them are hashed by array operations.

Not here: which counts a text is learnt from (text).
"""

import re
from itertools import chain

import numpy as np
from scipy import sparse

from active_learning._arrays import blocks

BITS = 20  # words and characters are hashed to 2**BITS columns; two rarely share one
HASHED = 2**BITS
WORD = re.compile(r"\w+")
IN_WORDS = {i: chr(i).lower() if WORD.match(chr(i)) else " " for i in range(128)}  # what ASCII letters become
BLANKS = re.compile(r"\s\s+")
BLANK = ord(" ")
TAIL = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF], np.uint32)  # the bits of so many bytes
AT_ONCE = 500  # texts: what is in memory beside the counts is little, and soon at hand


def count_words(texts, columns=None):
    """Counts (n, HASHED) of the words of texts (n,), and of pairs of them that stand together, in lower case.

    Parameters
    ----------
    texts : sequence of str
    columns : ascending array of int, shape (d,), optional
        Those that are counted; all of them by default.

    Returns
    -------
    csr_matrix of float32

    Examples
    --------
    >>> count_words(["to be or not to be"]).data.tolist()
    [2.0, 1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 2.0]
    """
    return _stacked(_words_of, texts, columns)


def count_characters(texts, lengths, within_words=False, columns=None):
    """Counts (n, HASHED) of the groups of characters of texts (n,).

    Parameters
    ----------
    texts : sequence of str
    lengths : (int, int)
        Of the shortest and the longest group.
    within_words : bool
        Whether a group ends with the word, a blank before and behind included, and case is of no account.
    columns : ascending array of int, shape (d,), optional
        As in count_words.

    Returns
    -------
    csr_matrix of float32

    Examples
    --------
    >>> count_characters(["abab"], (2, 3)).data.tolist()
    [2.0, 1.0, 1.0, 1.0]
    """
    return _stacked(lambda part: _characters_of(part, lengths, within_words), texts, columns)


def _stacked(pieces_of, texts, columns):
    """The matrix of counts of all texts, made of some at a time."""
    width, place = HASHED, None
    if columns is not None:
        width, place = len(columns), np.full(HASHED, -1, np.int32)
        place[columns] = np.arange(width)
    parts = [slice(0, 0)] if not len(texts) else blocks(len(texts), AT_ONCE)
    counts = [_counted(*pieces_of(texts[part]), place, (len(texts[part]), width)) for part in parts]
    return counts[0] if len(counts) == 1 else sparse.vstack(counts, format="csr")


def _words_of(texts):
    """The words of some texts, and pairs of them: in which text each is, and its column."""
    found = [_words(text) for text in texts]
    rows = np.repeat(np.arange(len(texts), dtype=np.int32), [*map(len, found)])
    data = _bytes(" ".join(chain.from_iterable(found)))
    ends = np.append(np.flatnonzero(data == BLANK), len(data))[: len(rows)]
    starts = np.append(0, ends + 1)[: len(rows)]
    pairs = np.flatnonzero(rows[1:] == rows[:-1])
    starts, ends = np.append(starts, starts[pairs]), np.append(ends, ends[pairs + 1])
    return np.append(rows, rows[pairs]), _hashed(_fours(data), starts, ends - starts)


def _characters_of(texts, lengths, within_words):
    """The groups of characters of some texts: in which text each is, and its column."""
    if within_words:
        texts = [f" {' '.join(text.lower().split())} " for text in texts]
    else:
        texts = [BLANKS.sub(" ", text) for text in texts]
    rows = np.repeat(np.arange(len(texts), dtype=np.int32), [*map(len, texts)])
    data = _bytes("".join(texts))
    starts = np.flatnonzero((data & 0xC0) != 0x80)  # of characters: the other bytes go on with one
    ascii, blank, fours, found = len(starts) == len(data), data[starts] == BLANK, _fours(data), []
    starts = np.append(starts, len(data))
    for length in range(lengths[0], lengths[1] + 1):
        n = max(len(rows) - length + 1, 0)
        whole = rows[:n] == rows[len(rows) - n :]
        if within_words:
            inside = [blank[place : n + place] for place in range(1, length - 1)]
            whole &= ~np.any(inside, axis=0) if inside else ~(blank[:n] & blank[1 : n + 1])
        first = np.flatnonzero(whole)
        sizes = length if ascii else starts[first + length] - starts[first]
        found.append((rows[first], _hashed(fours, first if ascii else starts[first], sizes)))
    return map(np.concatenate, zip(*found, strict=True))


def _words(text):
    return text.translate(IN_WORDS).split() if text.isascii() else WORD.findall(text.lower())


def _bytes(text):
    return np.frombuffer(text.encode("utf-8"), np.uint8)


def _hashed(fours, starts, lengths):
    """The columns (m,) of pieces of bytes: 32 bits of MurmurHash3 (Appleby 2011), as scikit-learn does it.

    lengths: of the pieces, int (m,), or of each of them
    """
    h, alike = np.zeros(len(starts), np.uint32), np.ndim(lengths) == 0
    for place in range(int(np.max(lengths, initial=0)) // 4):
        rest = slice(None) if alike else np.flatnonzero(lengths >= 4 * (place + 1))
        h[rest] = _turned(h[rest] ^ _scrambled(fours[starts[rest] + 4 * place]), 13) * 5 + 0xE6546B64
    h ^= _scrambled(fours[starts + lengths // 4 * 4] & TAIL[lengths % 4])
    h ^= np.asarray(lengths, dtype=np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        h = (h ^ (h >> shift)) * np.uint32(factor)
    return np.abs(h.view(np.int32)) & (HASHED - 1)


def _fours(data):
    """The four bytes from each byte on as one number, 0 beyond the end."""
    padded = np.append(data, np.zeros(4, np.uint8)).astype(np.uint32)
    return padded[:-3] | padded[1:-2] << 8 | padded[2:-1] << 16 | padded[3:] << 24


def _scrambled(numbers):
    return _turned(numbers * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)


def _turned(numbers, by):
    """Numbers whose bits are turned to the left."""
    return numbers << by | numbers >> (32 - by)


def _counted(rows, columns, place, shape):
    """The matrix (n, d) that counts how often each row and column occur together, the column in its place."""
    if place is not None:
        columns = place[columns]
        rows, columns = rows[columns >= 0], columns[columns >= 0]
    keys = np.sort(rows << BITS | columns)  # 31 bits, as texts are counted AT_ONCE
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    counts, keys = np.diff(first, append=len(keys)).astype(np.float32), keys[first]
    ends = np.searchsorted(keys, np.arange(shape[0] + 1, dtype=np.int32) << BITS).astype(np.int32)
    return sparse.csr_matrix((counts, keys & (HASHED - 1), ends), shape=shape)
