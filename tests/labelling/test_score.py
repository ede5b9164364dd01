"""The honest score: hand-worked cases, independent oracles, coverage by simulation, and what it costs."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.ensemble import ExtraTreesClassifier

import al_helpers as al
from active_learning.labelling.plan import table_model
from active_learning.labelling.score import (
    Evidence,
    audit_share,
    clopper_pearson,
    new_rows_score,
    pool_score,
    scores_of,
)

NAN = float("nan")


def ones(k, n):
    return np.repeat([1.0, 0.0], [k, n - k])


@pytest.mark.parametrize("k, n", [(0, 5), (3, 10), (36, 40), (40, 40), (1, 1)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_clopper_pearson_equals_scipys(k, n, level):
    exact = binomtest(k, n).proportion_ci(level, method="exact")
    assert clopper_pearson(k, n, level) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("k, n, pool", [(10, 12, 0.7), (2, 12, 0.7), (9, 12, NAN)])
def test_with_few_right_or_wrong_or_no_pool_the_share_is_the_plain_mean(k, n, pool):
    assert audit_share(ones(k, n), np.linspace(0.5, 1, n), pool) == (pytest.approx(k / n), 1.0)


def test_audit_share_matches_a_hand_worked_case():
    """Right where sure: c = 1, 1, 1, 0.5, 0.5, 0.5, so S_cc = 6 / 16, S_co = 3 / 4; the slope is cut to 1."""
    share, v = audit_share(ones(3, 6), np.repeat([1, 0.5], 3), 0.85)
    assert share == pytest.approx(0.5 + 1 * (0.85 - 0.75))
    assert v == 0.7  # residuals of 1/4: 6 / 16 / 4 over 1 / 4 = 0.375, which is cut


def test_audit_share_matches_a_hand_worked_case_with_a_slope_within_its_limits():
    """S_cc = 0.16 and S_co = 0.2 - 0.2 = 0 for alternating answers: slope .075 / .31."""
    right, c = np.array([1, 0, 1, 0, 1, 0, 1, 0.0]), np.array([0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5, 0.5])
    share, v = audit_share(right, c, 0.8)
    slope = 0.075 / (8 * 0.04 + 0.15)
    assert share == pytest.approx(0.5 + slope * 0.1)
    residual = sum((r - 0.5 - slope * (x - 0.7)) ** 2 for r, x in zip(right, c, strict=True)) / 6
    assert v == pytest.approx(min(residual / 0.25, 1.2))


def test_the_share_stays_a_share():
    assert audit_share(ones(3, 40), np.repeat([1, 0.9], [3, 37]), 0.2)[0] == 0
    assert audit_share(ones(37, 40), np.repeat([1, 0.1], [37, 3]), 1)[0] <= 1


def test_the_pools_interval_matches_a_hand_worked_case_rounded_outward_to_whole_rows():
    """12 audit rows, 10 right, 30 rows in the pool: n' = 1 / (1/12 + 1/30) = 8.57."""
    estimate, low, high = pool_score(ones(10, 12), np.full(12, 0.8), 0.8, 30)
    exact = clopper_pearson(8.571428571 * 10 / 12, 8.571428571)
    assert estimate == pytest.approx(10 / 12)
    assert low == np.floor(exact[0] * 30) / 30 and high == np.ceil(exact[1] * 30) / 30
    assert low <= exact[0] and exact[1] <= high and (low * 30) % 1 == pytest.approx(0, abs=1e-9)


def test_a_pool_of_one_row_is_right_or_wrong():
    assert pool_score(ones(10, 12), np.full(12, 0.8), 0.8, 1)[1:] == (0, 1)


def test_without_other_rows_new_rows_are_what_the_audit_rows_say():
    estimate, low, high = new_rows_score(ones(10, 12), np.full(12, 0.8), 0.8, 50, np.array([]))
    assert (estimate, low, high) == pytest.approx((10 / 12, *clopper_pearson(10, 12)))


def test_new_rows_weigh_what_the_rule_chose_by_its_share():
    """18 rows not chosen, 12 of them audit rows; 6 chosen, 3 right: weights 18 / 24 and 6 / 24."""
    estimate, low, high = new_rows_score(ones(11, 12), np.full(12, 0.8), 0.8, 6, ones(3, 6))
    assert estimate == pytest.approx(0.75 * 11 / 12 + 0.25 * 0.5)
    exact = clopper_pearson(11, 12)
    spread = 0.25 * 1.959964 * np.sqrt(0.5 * 0.5 / 6)
    assert low == pytest.approx(estimate - np.hypot(0.75 * (11 / 12 - exact[0]), spread), abs=1e-6)
    assert high == pytest.approx(min(1, estimate + np.hypot(0.75 * (exact[1] - 11 / 12), spread)), abs=1e-6)


def evidence(k, n, n_open=0, n_pool=50):
    open_confidence = np.full(n_open, 0.8)
    return Evidence(ones(k, n), np.full(n, 0.8), np.zeros(n), 0.8, n_pool, ones(5, 10), open_confidence)


def test_open_audit_rows_beyond_one_in_ten_count_as_right_and_as_wrong():
    few, many = scores_of(evidence(30, 36, 4)), scores_of(evidence(30, 36, 5))
    answered = scores_of(evidence(30, 36))
    for kept, wide, base in zip(few, many, answered, strict=True):
        assert (kept.low, kept.high) == (base.low, base.high) and kept.n_open == 4
        assert wide.low < base.low and wide.high > base.high and wide.estimate == base.estimate
    worst = pool_score(ones(30, 41), np.full(41, 0.8), 0.8, 50)
    assert many[1].low == worst[1]


def test_without_a_pool_there_is_one_question():
    assert [found.on for found in scores_of(replace(evidence(30, 36), pool_confidence=NAN, n_pool=0))] == [
        "new rows"
    ]


def coverage(n_audit, n_pool, sharpness, repeats, rng):
    """How often the intervals hold the truth where confidence tells right from wrong as well as it says."""
    held = np.zeros(2)
    for _ in range(repeats):
        c = rng.beta(sharpness, 1, n_audit + n_pool)
        right = (rng.random(len(c)) < c).astype(float)
        known = right[:n_audit], c[:n_audit], c[n_audit:].mean(), n_pool
        _, low, high = pool_score(*known)
        held[0] += low <= right[n_audit:].mean() <= high
        b = rng.random(60) < 0.6
        _, low, high = new_rows_score(*known, b.astype(float))
        weight = (n_pool + n_audit) / (n_pool + n_audit + 60)
        held[1] += low <= weight * sharpness / (sharpness + 1) + (1 - weight) * 0.6 <= high
    return held / repeats


def test_intervals_hold_the_truth_in_simulation():
    rng = np.random.default_rng(0)
    found = np.array([coverage(40, 300, sharpness, 400, rng) for sharpness in (2, 6)])
    assert (found >= 0.94).all(), found


@pytest.mark.slow
def test_intervals_hold_the_truth_in_simulation_of_many_kinds():
    rng = np.random.default_rng(1)
    cases = [(n, m, s) for n in (10, 25, 60, 150) for m in (15, 100, 2000) for s in (1.2, 3, 10, 40)]
    found = {case: coverage(*case, 2000, rng) for case in cases}
    assert min(held.min() for held in found.values()) >= 0.93, found


def make_table(n, n_labeled, n_audit, columns=4, noise=1.0, n_open=0):
    """A table of numbers whose first labelled rows are audit rows, and the next the rule's."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, columns))
    y = np.where(X[:, 0] + noise * rng.normal(size=n) > 0, "yes", "no")
    frame = pd.DataFrame(X).rename(columns=str).assign(y=pd.Series(y).where(np.arange(n) < n_labeled))
    drawn = np.full(n, "", dtype=object)
    drawn[:n_labeled] = "rule"
    drawn[:n_audit] = drawn[n_labeled : n_labeled + n_open] = "audit"
    states = pd.DataFrame({"drawn": drawn, "status": "labelled", "at_random": drawn == "audit", "round": "1"})
    states.loc[n_labeled:, "status"] = "open"
    return replace(al.load_table(frame, "y"), states=states), y


def test_the_score_is_near_the_truth_on_a_table():
    table, y = make_table(600, 150, 60)
    new, pool = al.score(table)
    assert (new.on, pool.on, new.n_audit, new.n_open) == ("new rows", "pool", 60, 0)
    model = table_model(table).fit(table.X[:150], y[:150])
    truth = (model.predict(table.X[150:]) == y[150:]).mean()
    assert pool.low <= truth <= pool.high and abs(pool.estimate - truth) < 0.08


@pytest.mark.parametrize("model", ["svm", "knn", ExtraTreesClassifier(5, random_state=0), "label_spreading"])
def test_every_classifier_has_a_score(model):
    new, pool = al.score(make_table(120, 60, 20)[0], model=model)
    assert pool.low <= pool.estimate <= pool.high
    assert new.low <= new.estimate <= new.high


def test_open_audit_rows_are_counted():
    assert al.score(make_table(120, 60, 20, n_open=3)[0])[0].n_open == 3


def test_without_audit_rows_there_is_no_score():
    table, _ = make_table(60, 30, 0)
    assert al.score(table) == [] == al.score(replace(table, states=None))


def test_an_audit_rows_own_label_does_not_move_its_guess():
    """With labels that are noise a score that looked at them would be near 1."""
    table, _ = make_table(300, 200, 150, columns=100, noise=1e9)
    new, _ = al.score(table)
    assert new.low < 0.5 < new.high


def test_the_score_is_the_same_twice():
    table, _ = make_table(200, 80, 30)
    assert al.score(table) == al.score(table)


def test_a_thousand_labels_of_a_hundred_columns_take_at_most_ten_seconds():
    table, _ = make_table(3000, 1000, 200, columns=100)
    start = time.process_time()
    al.score(table)
    assert time.process_time() - start < 10
