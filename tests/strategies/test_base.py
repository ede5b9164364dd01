"""Claims about score functions and the classic rules."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import al_helpers as al
from active_learning.strategies.base import Round, random_rows, score_pool, top_rows

SCORES = [al.least_confidence, al.margin, al.entropy]


HAND_WORKED = np.array([[0.5, 0.3, 0.2], [1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.4, 0.4, 0.2]])


@dataclass
class Given:
    """A stand-in for a fitted model whose row i has the probabilities given."""

    proba: np.ndarray

    def predict_proba(self, X):
        return self.proba[X.ravel()]


def make_round(proba, batch, pool=None, random_state=0):
    n = len(proba)
    pool = np.arange(n) if pool is None else np.asarray(pool)
    X, none = np.arange(n).reshape(-1, 1), np.array([], dtype=int)
    return Round(Given(np.asarray(proba)), X, none, none, pool, batch, np.random.default_rng(random_state))


def probabilities(k=None):
    def normalised(shape):
        weights = arrays(float, shape, elements=st.floats(0.001, 1))
        return weights.map(lambda w: w / w.sum(axis=1, keepdims=True))

    columns = st.integers(2, 6) if k is None else st.just(k)
    return st.tuples(st.integers(1, 20), columns).flatmap(normalised)


@pytest.mark.parametrize(
    ("score", "by_hand"),
    [
        (al.least_confidence, [0.5, 0, 2 / 3, 0.6]),
        (al.margin, [-0.2, -1, 0, 0]),
        (
            al.entropy,
            [
                0.5 * np.log(2) + 0.3 * np.log(10 / 3) + 0.2 * np.log(5),
                0,
                np.log(3),
                0.8 * np.log(2.5) + 0.2 * np.log(5),
            ],
        ),
    ],
)
def test_scores_match_hand_worked_cases(score, by_hand):
    assert score(HAND_WORKED) == pytest.approx(by_hand, abs=1e-15)


def test_entropy_of_a_certain_row_is_exactly_zero_without_a_warning(recwarn):
    assert al.entropy([[1.0, 0.0, 0.0]])[0] == 0
    assert al.entropy([[0.5, 0.5, 0.0]])[0] == al.entropy([[0.5, 0.5]])[0]
    assert not recwarn.list


@pytest.mark.parametrize("score", SCORES)
@given(data=st.data())
def test_scores_ignore_the_order_of_the_classes(score, data):
    proba = data.draw(probabilities())
    order = data.draw(st.permutations(range(proba.shape[1])))
    assert score(proba[:, order]) == pytest.approx(score(proba), abs=1e-12)


@pytest.mark.parametrize("score", SCORES)
@given(data=st.data())
def test_scores_of_a_row_do_not_depend_on_the_other_rows(score, data):
    proba = data.draw(probabilities())
    order = data.draw(st.permutations(range(len(proba))))
    assert np.array_equal(score(proba[order]), score(proba)[order])


@given(probabilities(k=2))
def test_scores_rank_two_classes_alike(proba):
    distance = np.abs(proba[:, 0] - 0.5)  # with two classes, all three ask for the row nearest to 1/2
    closer = distance[:, None] < distance - 1e-6
    for score in SCORES:
        assert np.all((score(proba)[:, None] > score(proba))[closer])


@given(probabilities())
def test_scores_stay_in_range_and_peak_where_all_classes_tie(proba):
    k = proba.shape[1]
    even = np.full((1, k), 1 / k)
    for score, low, high in zip(SCORES, (0, -1, 0), (1 - 1 / k, 0, np.log(k)), strict=True):
        assert np.all(score(proba) >= low - 1e-12) and np.all(score(proba) <= high + 1e-12)
        assert score(even)[0] == pytest.approx(high, abs=1e-12)


@given(probabilities())
def test_margin_matches_a_sort_of_every_row(proba):
    ordered = np.sort(proba, axis=1)
    assert np.array_equal(al.margin(proba), ordered[:, -2] - ordered[:, -1])


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("proba", [np.ones((3, 1)), np.ones(3)])
def test_scores_reject_fewer_than_two_classes(score, proba):
    with pytest.raises(ValueError, match=r"k >= 2.*\(3"):
        score(proba)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.data())
def test_top_rows_are_the_best_with_ties_by_row_index(scores, data):
    batch = data.draw(st.integers(1, len(scores)))
    rows = np.arange(len(scores)) * 3 + 5
    by_hand = sorted(zip(scores, rows, strict=True), key=lambda pair: (-pair[0], pair[1]))[:batch]
    assert list(top_rows(np.array(scores, float), rows, batch)) == [row for _, row in by_hand]


@pytest.mark.parametrize(
    ("name", "asked"), [("least_confidence", [2, 3]), ("margin", [2, 3]), ("entropy", [2, 3])]
)
def test_rules_ask_for_the_rows_with_the_highest_scores(name, asked):
    assert list(al.STRATEGIES[name](make_round(HAND_WORKED, 2))) == asked


def test_rules_disagree_where_they_should():
    proba = [[0.50, 0.49, 0.01], [0.44, 0.28, 0.28], [0.46, 0.27, 0.27], [0.9, 0.1, 0]]
    first = {name: al.STRATEGIES[name](make_round(proba, 1))[0] for name in al.CLASSIC[1:]}
    assert first == {"least_confidence": 1, "margin": 0, "entropy": 1}


def test_random_comes_first_and_draws_every_pool_row_equally_often():
    assert next(iter(al.STRATEGIES)) == "random"
    proba, pool = np.full((12, 2), 0.5), [1, 4, 5, 8, 10]
    draws = [random_rows(make_round(proba, 2, pool, random_state)) for random_state in range(2000)]
    counts = np.bincount(np.ravel(draws), minlength=12)
    assert counts[pool].sum() == 4000  # nothing from outside the pool
    assert np.all(np.abs(counts[pool] - 800) < 5 * np.sqrt(2000 * 0.4 * 0.6))


def test_score_pool_does_not_depend_on_the_chunk():
    proba = np.random.default_rng(0).dirichlet(np.ones(4), size=50)
    rows = np.setdiff1d(np.arange(50), [3, 20, 21])
    X = np.arange(50).reshape(-1, 1)
    scored = [score_pool(Given(proba).predict_proba, X, rows, al.margin, chunk=c) for c in (1, 7, 4096)]
    for scores in scored:
        assert np.array_equal(scores, al.margin(proba)[rows])


def test_score_pool_refuses_scores_that_are_not_numbers():
    with pytest.raises(ValueError, match=r"1 of 2.*NaN"):
        make_round([[0.5, 0.5], [np.nan, 0.5]], 1).score(al.least_confidence)


def test_no_rule_can_change_what_the_next_one_sees():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Round(None, None, None, None, np.arange(3), 1, None).pool = np.arange(2)
