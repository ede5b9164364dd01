"""The pseudo-median and its signed-rank interval, against scipy's test and against brute force."""

import warnings
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import al_helpers as al
from active_learning.statistics.ranks import fewest_values, pseudo_median, signed_rank_interval, signed_rank_p

numbers = st.lists(st.floats(-5, 5), min_size=1, max_size=12)


@given(numbers)
def test_pseudo_median_is_the_median_of_all_pairwise_means(values):
    means = [(a + b) / 2 for a, b in combinations_with_replacement(values, 2)]
    assert pseudo_median(values) == pytest.approx(np.median(means), abs=1e-12)


def test_pseudo_median_matches_a_hand_worked_case():
    assert pseudo_median([1, 2, 6]) == 2.75  # of 1, 1.5, 2, 3.5, 4, 6


@pytest.mark.parametrize("n", [6, 7, 12, 50, 51, 120])
def test_signed_rank_interval_holds_the_shifts_that_scipys_test_does_not_reject(n):
    values = np.random.default_rng(n).normal(0.3, 1, n)
    low, high = signed_rank_interval(values)

    def p_value(shift):
        method = "exact" if n <= 50 else "approx"
        return stats.wilcoxon(values - shift, method=method, correction=False).pvalue

    assert p_value(low - 1e-9) <= 0.05 < p_value(low + 1e-9)
    assert p_value(high + 1e-9) <= 0.05 < p_value(high - 1e-9)
    assert signed_rank_p(values, values) == pytest.approx(p_value(0), abs=1e-12)


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=60))
def test_p_value_is_below_5_percent_exactly_where_the_interval_excludes_0(values):
    """With ties and zeros too: a table and its sentence must not contradict each other."""
    low, high = signed_rank_interval(np.array(values, dtype=float))
    values = np.array(values, dtype=float)
    assert (signed_rank_p(values, values) <= 0.05) == (low > 0 or high < 0)


@given(numbers, st.integers(0, 11), st.floats(0, 5))
def test_estimate_and_interval_rise_with_each_value(values, place, more):
    """What makes bounds of censored values bounds of the result; Student's t has no such property."""
    raised = np.array(values)
    raised[place % len(values)] += more
    assert pseudo_median(raised) >= pseudo_median(values) - 1e-12
    if len(values) >= fewest_values(0.95):
        for before, after in zip(signed_rank_interval(values), signed_rank_interval(raised), strict=True):
            assert after >= before - 1e-12


def test_few_values_get_students_interval_and_one_value_none():
    values = np.array([0.1, 0.4, 0.3])
    low, high = signed_rank_interval(values)
    half = stats.t.ppf(0.975, 2) * values.std(ddof=1) / np.sqrt(3)
    assert (low, high) == pytest.approx((pseudo_median(values) - half, pseudo_median(values) + half))
    at_the_end = values - low  # whose interval begins at 0
    assert signed_rank_p(at_the_end, at_the_end) == pytest.approx(0.05)
    assert np.isnan(signed_rank_interval([0.1])).all() and np.isnan(signed_rank_p([0.1], [0.1]))


@pytest.mark.parametrize("n", [2, 5, 6, 20, 60])
def test_infinite_and_tied_values_raise_no_warning(n):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for values in (np.zeros(n), np.full(n, 0.5), np.full(n, -np.inf), np.r_[-np.inf, np.ones(n - 1)]):
            low, high = signed_rank_interval(values)
            assert low <= pseudo_median(values) <= high
            assert 0 <= signed_rank_p(values, np.where(np.isinf(values), np.inf, values)) <= 1


@pytest.mark.parametrize("n", [2, 5, 6, 60])
def test_a_p_value_is_a_float_and_one_where_nothing_differs(n):
    p = signed_rank_p(np.zeros(n), np.zeros(n))
    assert type(p) is float and p == 1


@pytest.mark.parametrize(
    ("level", "error"),
    [(0, ValueError), (-0.5, ValueError), (1, ValueError), (95, ValueError), ("0.9", TypeError)],
)
def test_a_level_that_no_interval_has_is_named(level, error):
    with pytest.raises(error, match="level must be"):
        signed_rank_interval(np.arange(9.0), level)


@pytest.mark.parametrize("factor", [1, 3, 7, 1.1])
def test_a_saving_does_not_hang_on_the_unit_of_a_label(factor):
    """20 and 30 labels against 30 and 20: the mean log ratio is 0 but for rounding, on either side of 0."""
    margin = np.array(
        [30, 20, 40, 60, 30, 20, 20, 30, 20, 30, 30, 60, 20, 30, 40, 20, 20, 20, 40, 20, 20, 40, 30]
    )
    random = np.array(
        [60, 60, 60, 20, 20, 20, 60, 40, 40, 30, 40, 30, 60, 40, 40, 60, 20, 40, 30, 60, 40, 60, 30]
    )
    saving = al.paired_saving(factor * margin, factor * random)
    assert saving.low == 0 and saving.p_value == pytest.approx(al.paired_saving(margin, random).p_value)
    assert saving.p_value > 0.05
