"""Counts of words and characters are those of scikit-learn's HashingVectorizer, bit by bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import HashingVectorizer

from active_learning.features import grams
from active_learning.features.grams import HASHED, count_characters, count_words

LETTERS = st.sampled_from("aB ß\tΣİ.日😀é\n_1\x00ﬁ") | st.characters(exclude_categories=["Cs"])
TEXTS = st.lists(st.text(LETTERS), min_size=1)
SETTINGS = {"n_features": HASHED, "alternate_sign": False, "norm": None, "dtype": np.float32}


def assert_same(counts, vectorizer, texts):
    expected = vectorizer.transform(texts)
    assert counts.shape == expected.shape and counts.dtype == np.float32
    for part in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(counts, part), getattr(expected, part))


@given(TEXTS)
def test_words_and_pairs_are_counted_as_scikit_learn_does(texts):
    vectorizer = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **SETTINGS)
    assert_same(count_words(texts), vectorizer, texts)


@given(TEXTS, st.tuples(st.integers(1, 3), st.integers(0, 3)))
def test_groups_of_characters_are_counted_as_scikit_learn_does(texts, sizes):
    lengths = sizes[0], sum(sizes)
    plain = HashingVectorizer(analyzer="char", ngram_range=lengths, lowercase=False, **SETTINGS)
    assert_same(count_characters(texts, lengths), plain, texts)


@given(TEXTS)
def test_groups_within_words_are_counted_as_scikit_learn_does(texts):
    vectorizer = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4), **SETTINGS)
    assert_same(count_characters(texts, (2, 4), within_words=True), vectorizer, texts)


@pytest.mark.parametrize("count", [count_words, lambda texts: count_characters(texts, (1, 4))])
def test_texts_counted_some_at_a_time_are_counted_as_all_together(count, monkeypatch):
    texts = [f"row {i % 7} of them, {'x' * (i % 5)}" for i in range(50)]
    whole = count(texts)
    monkeypatch.setattr(grams, "AT_ONCE", 8)
    assert (count(texts) != whole).nnz == 0


@given(TEXTS, st.lists(st.integers(0, HASHED - 1), unique=True))
def test_columns_that_are_asked_for_alone_are_those_of_all(texts, more):
    whole = count_characters(texts, (1, 2))
    columns = np.unique([*whole.indices[::2], *more]).astype(int)
    assert (count_characters(texts, (1, 2), columns=columns) != whole[:, columns]).nnz == 0
