"""Claims about what a budget gives: gains at equal budget, and the labels that match random."""

import numpy as np
import pytest
from examples import make_curves, needing

import al_helpers as al
from active_learning.report.sentences import beside_constant
from active_learning.statistics.equal_budget import above_constant, ends_below, gains, reachable

CURVES = make_curves(
    {
        "random": [[0.5, 0.6, 0.7, 0.8], [0.5, 0.6, 0.7, 0.9]],
        "margin": [[0.5, 0.9, 0.9, 0.9], [0.5, 0.9, 0.9, 0.9]],
    }
)


def test_the_reachable_target_is_randoms_last_mean_less_one_standard_error():
    target, reached = reachable(CURVES)
    assert reached == pytest.approx(0.85) and target == pytest.approx(0.85 - 0.1 / 2, abs=1e-3)


def test_the_target_that_most_runs_reach_is_randoms_last_mean_less_one_standard_deviation():
    target, reached = reachable(CURVES, by_most=True)
    assert reached == pytest.approx(0.85) and target == pytest.approx(0.85 - 0.1 / np.sqrt(2), abs=1e-3)


def test_a_target_is_reachable_and_above_zero_where_the_score_is_next_to_zero():
    assert reachable(make_curves({"random": [[0.0, 0.0], [0.0, 0.001]]}))[0] == 0.001


def test_a_plateau_leaves_few_runs_below_the_target_that_most_reach():
    """With half of the runs below it, as with the target of the mean, no saving could be known."""
    last = np.random.default_rng(0).normal(0.9, 0.02, 200)
    curves = make_curves({"random": [[0.5, top, top] for top in last]})
    missed = {most: np.mean(last < reachable(curves, by_most=most)[0]) for most in (False, True)}
    assert missed[False] > 0.4 and 0.1 < missed[True] < 0.22


def test_gains_match_hand_computed_case():
    row = gains(CURVES).loc["margin"]
    half = 12.7062 * 0.05  # Student's t of two splits, times the standard error of 0 and 0.1
    assert (row["gain"], row["low"], row["high"]) == pytest.approx((0.05, 0.05 - half, 0.05 + half), abs=1e-4)
    assert row["labels"] == pytest.approx(20 + 10 * 0.3 / 0.4)  # 0.5 -> 0.9 crosses 0.8 in the first step


def test_a_target_out_of_reach_names_what_would_be_in_reach():
    curves = needing(random=[np.inf] * 20, margin=[np.inf] * 20)
    text = al.advise(curves, 0.9)
    assert "--target-acc" in text and "--budget" in text and "With equal labels margin" in text


def test_a_model_below_the_majority_says_so():
    curves = needing(random=[np.inf] * 4)
    assert "below the 80.0% of always saying 'a'" in beside_constant(curves, np.array(list("aaaab")))[0]
    assert beside_constant(curves, np.array(list("abc"))) == []


def test_what_most_runs_reach_is_reached():
    curves = make_curves({name: [[0.5, 0.6, 0.9456]] * 4 for name in ("random", "margin")})
    assert reachable(curves, by_most=True)[0] == 0.945


def test_a_target_that_is_missed_for_being_held_is_not_answered_by_a_higher_one():
    curves = make_curves({name: [[0.5, 0.92, 0.95, 0.97]] * 8 for name in ("random", "margin")})
    assert "ask for fewer consecutive rounds (--hold), or label more" in al.advise(curves, 0.9, hold=6)


@pytest.mark.parametrize("n_splits", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_rules_that_are_random_gain_in_one_study_of_twenty_at_most(n_splits):
    gained = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        runs = {
            name: [[0.5, 0.6, 0.7 + rng.normal(0, 0.02)] for _ in range(n_splits)]
            for name in ("random", *"abcd")
        }
        gained += " gains " in al.advise(make_curves(runs), 0.9)
    assert gained <= 4  # of 25, where 1.25 are expected at most


def test_a_rule_ends_below_random_by_a_point_and_two_standard_errors():
    noise = [0.0, 0.01, 0.02, 0.01]
    ends = {"random": 0.9, "far": 0.8, "near": 0.895, "better": 0.95}
    runs = {name: [[0.5, end + shift] for shift in noise] for name, end in ends.items()}
    runs["wild"] = [[0.5, 0.85 + shift] for shift in (0.2, -0.2, 0.1, -0.1)]
    assert ends_below(make_curves(runs)).round(6).to_dict() == {"far": -0.1}
    assert ends_below(make_curves({name: run[:1] for name, run in runs.items()})).empty  # one split


def test_two_splits_are_enough_for_a_rule_to_end_below_random():
    curves = make_curves({"random": [[0.5, 0.9]] * 2, "margin": [[0.5, 0.8]] * 2})
    assert ends_below(curves).round(2).to_dict() == {"margin": -0.1}


def test_runs_that_end_with_different_budgets_are_not_compared_at_equal_budget():
    curves = make_curves({"random": [[0.5, 0.9]] * 4, "margin": [[0.5, 0.5, 0.6]] * 4})
    assert ends_below(curves).empty


def test_a_model_is_above_the_constant_answer_by_two_standard_errors_of_splits_that_share_rows():
    curves = make_curves({"random": [[0.70], [0.72], [0.74], [0.76]]})
    error = np.std([0.70, 0.72, 0.74, 0.76], ddof=1) * np.sqrt(1 / 4 + 0.3 / 0.7)
    assert above_constant(curves, 0.73 - 2.01 * error) == (pytest.approx(0.73), True)
    assert above_constant(curves, 0.73 - 1.99 * error) == (pytest.approx(0.73), False)
    assert "level with the 72.0% of always saying 'a'" in beside_constant(curves, [*"a" * 18, *"b" * 7])[0]
    assert beside_constant(curves, [*"ab"]) == []
    low = beside_constant(curves, [*"ab"], target=0.5)
    assert low == ["The target of 50% is no higher than the 50.0% of always saying 'a'."]
