"""Claims about labels to target, areas, and the summary of a study."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from examples import INF, make_curves, needing
from hypothesis import given
from hypothesis import strategies as st

import al_helpers as al
from active_learning.report.sentences import describe
from active_learning.statistics.curves import (
    area_under_curve,
    areas,
    best_scores,
    crossings,
    final_scores,
    first_scores,
    mean_curve_crossings,
    student_interval,
)
from active_learning.statistics.ranks import pseudo_median
from active_learning.statistics.savings import log_ratios


@pytest.mark.parametrize(
    ("accuracy", "hold", "needed"),
    [
        ([0.5, 0.9, 0.8, 0.9, 0.95], 1, 30),
        ([0.5, 0.9, 0.8, 0.9, 0.95], 2, 50),
        ([0.5, 0.9, 0.8, 0.9, 0.95], 3, INF),  # the budget ends before the third round is shown
        ([0.5, 0.6, 0.7, 0.8, 0.89], 1, INF),
        ([0.9, 0.1, 0.1, 0.1, 0.1], 1, 20),
        ([0.5, 0.6, 0.7, 0.8, 0.9], 1, 60),  # reaching it exactly counts
        ([0.9, 0.9], 3, INF),
        ([0.9] * 5, 5, 20),
    ],
)
def test_labels_to_target_matches_hand_worked_curves(accuracy, hold, needed):
    table = al.labels_to_target(make_curves({"random": [accuracy]}), 0.9, hold=hold)
    assert table.to_dict("records") == [{"strategy": "random", "split": 0, "n_labels": needed}]


@given(st.lists(st.sampled_from([0.8, 0.9, 1.0]), min_size=1, max_size=12), st.integers(1, 4))
def test_labels_to_target_matches_a_naive_scan(accuracy, hold):
    windows = [accuracy[i : i + hold] for i in range(len(accuracy) - hold + 1)]
    naive = next((20 + 10 * i for i, window in enumerate(windows) if min(window) >= 0.9), INF)
    curves = make_curves({"random": [accuracy]})
    assert al.labels_to_target(curves, 0.9, hold=hold)["n_labels"].item() == naive
    later = al.labels_to_target(curves, 0.9, hold=hold + 1)["n_labels"].item()
    assert later >= naive  # asking for more can only take longer


def test_measures_do_not_depend_on_the_order_of_the_rows(small_study):
    _, curves = small_study
    shuffled = curves.sample(frac=1, random_state=0)
    expected, found = (
        al.labels_to_target(table, 0.9).sort_values(["strategy", "split"], ignore_index=True)
        for table in (curves, shuffled)
    )
    pd.testing.assert_frame_equal(found, expected)
    found = al.summarise(shuffled, 0.9).loc[list(al.CLASSIC)]
    pd.testing.assert_frame_equal(found, al.summarise(curves, 0.9))


def test_labels_to_target_counts_every_run(small_study):
    _, curves = small_study
    assert len(al.labels_to_target(curves, 1.0)) == 4 * 5


def test_bootstrap_interval_matches_every_possible_resample():
    values = np.array([3.0, 8, 1, 9, 5])
    means = values[np.array(list(product(range(5), repeat=5)))].mean(axis=1)
    exact = np.quantile(means, [0.025, 0.975], method="inverted_cdf")
    assert al.bootstrap_interval(values, np.mean) == pytest.approx(exact, abs=0.21)  # means lie 0.2 apart


@pytest.mark.parametrize(
    ("n_labels", "accuracy", "area"),
    [
        ([20, 30, 40], [0.5, 0.7, 0.9], 0.7),
        ([20, 30, 50], [0.5, 0.7, 0.9], (10 * 0.6 + 20 * 0.8) / 30),  # a short last batch weighs less
        ([20, 30], [1.0, 1.0], 1),
        ([20], [0.4], 0.4),
    ],
)
def test_area_under_curve_matches_hand_worked_cases(n_labels, accuracy, area):
    assert area_under_curve(np.array(n_labels), np.array(accuracy)) == pytest.approx(area)


def test_summarise_matches_a_hand_worked_study():
    curves = needing(margin=[20, 30, 40, 60], random=[40, 30, INF, 50])
    summary = al.summarise(curves, 0.9)
    assert list(summary.index) == ["random", "margin"]  # the reference first, whatever the table's order
    row, random = summary.loc["margin"], summary.loc["random"]
    assert (random["median"], random["q25"], random["q75"], random["reached_share"]) == (45, 30, 50, 0.75)
    assert (row["median"], row["q25"], row["q75"], row["reached_share"]) == (35, 20, 40, 1)
    gains = np.log([2, 1, 60 / 40, 50 / 60])  # of the third split at least: random ran out of budget there
    assert row["saving_min"] == pytest.approx(1 - np.exp(-pseudo_median(gains)))
    assert np.isnan(row["saving"]) and row["saving_max"] > row["saving_min"]
    assert (row["cost_more_share"], row["tie_share"]) == (0.25, 0.25)
    assert row["final_accuracy"] == 0.9
    assert random["final_accuracy"] == pytest.approx((3 * 0.9 + 0.5) / 4)
    means = [0.9, 0.85, 0.75, 0.55]  # reached at 20, 30, 40, 60 of 20..60
    assert row["auc"] == pytest.approx(np.mean(means))


def test_censored_runs_stay_infinite_in_every_summary():
    curves = needing(random=[40, 40, 40], margin=[20, INF, INF], entropy=[INF, INF, INF])
    summary = al.summarise(curves, 0.9)
    assert (summary.loc["margin", ["median", "q75"]] == INF).all()
    assert list(summary["reached_share"]) == pytest.approx([1, 1 / 3, 0])
    assert list(summary.loc["entropy", ["median", "q25", "q75"]]) == [INF] * 3
    assert list(summary["cost_more_share"]) == pytest.approx([0, 2 / 3, 1])  # inf costs more than 40
    assert summary.loc["entropy", "saving_max"] == pytest.approx(1 - 60 / 40)
    assert np.isnan(summary.loc["entropy", "saving"])
    table = al.results_table(curves, 0.9).set_index("strategy")
    assert list(table["labels -> 90%"]) == ["40", "> 60", "> 60"]
    assert table.loc["entropy", "saved vs random"].startswith("< -50%")


def test_two_runs_that_never_reach_the_target_tie():
    row = al.summarise(needing(random=[INF, 30], margin=[INF, 30]), 0.9).loc["margin"]
    assert (row["cost_more_share"], row["tie_share"]) == (0, 1)


def test_summarise_repeats_exactly_and_does_not_depend_on_the_other_strategies(small_study):
    _, curves = small_study
    summary = al.summarise(curves, 0.9)
    pd.testing.assert_frame_equal(al.summarise(curves, 0.9), summary)
    some = al.summarise(curves[curves["strategy"].isin(["random", "entropy"])], 0.9)
    own = summary.columns.drop("p_holm")  # which is about all of them
    pd.testing.assert_frame_equal(some[own], summary.loc[["random", "entropy"], own])


@pytest.mark.parametrize(
    ("target", "error", "names"),
    [
        (0, ValueError, r"\(0, 1\], got 0"),
        (90, ValueError, r"\(0, 1\], got 90.*0\.9"),
        (-0.5, ValueError, "-0.5"),
        (np.nan, ValueError, "nan"),
        ("high", TypeError, "high"),
        (True, TypeError, "True"),
    ],
)
def test_measures_name_a_bad_target(small_study, target, error, names):
    for measure in (al.labels_to_target, al.summarise, al.results_table, describe):
        with pytest.raises(error, match=names):
            measure(small_study[1], target)


def test_measures_name_a_bad_hold_and_a_missing_reference(small_study):
    _, curves = small_study
    with pytest.raises(ValueError, match=r"hold.*got 0"):
        al.labels_to_target(curves, 0.9, hold=0)
    with pytest.raises(TypeError, match=r"hold.*1\.5"):
        al.summarise(curves, 0.9, hold=1.5)
    with pytest.raises(ValueError, match=r"random.*margin"):
        al.summarise(curves[curves["strategy"] != "random"], 0.9)


@pytest.mark.parametrize(
    "measure",
    [
        lambda curves: al.labels_to_target(curves, 0.9),
        lambda curves: al.summarise(curves, 0.9),
        areas,
        final_scores,
        first_scores,
        best_scores,
        lambda curves: log_ratios(curves, 0.9),
    ],
)
@pytest.mark.parametrize(
    ("change", "error", "names"),
    [
        (lambda curves: curves.drop(columns="accuracy"), ValueError, "lack accuracy"),
        (
            lambda curves: curves.rename(columns={"split": "fold", "n_labels": "n"}),
            ValueError,
            "lack split, n_labels",
        ),
        (lambda curves: curves.iloc[:0], ValueError, "no round"),
        (lambda curves: curves.to_numpy(), TypeError, "table of run_study, got ndarray"),
    ],
)
def test_measures_refuse_what_is_not_a_table_of_run_study(measure, change, error, names):
    curves = make_curves({"random": [[0.5, 0.9]], "margin": [[0.5, 0.9]]})
    with pytest.raises(error, match=names):
        measure(change(curves))


def test_mean_curve_crosses_where_the_line_through_the_means_does():
    curves = make_curves({"random": [[0.5, 0.9], [0.7, 0.9]], "margin": [[0.5, 0.6], [0.7, 0.6]]})
    table = mean_curve_crossings(curves, 0.75)
    assert table.loc["random", "crossing"] == pytest.approx(25)  # halfway from a mean of 0.6 to one of 0.9
    assert table.loc["random", "low"] == pytest.approx(20 + 10 * (0.75 - 0.7) / (0.9 - 0.7))  # split 1 alone
    assert table.loc["margin", "crossing"] == INF


def test_mean_curves_stand_in_the_order_of_the_curves():
    runs = {name: [[0.5, 0.9]] * 2 for name in ("random", "margin", "a")}
    assert list(mean_curve_crossings(make_curves(runs), 0.9).index) == [*runs]


def test_a_mean_curve_needs_whole_runs():
    with pytest.raises(ValueError, match=r"no stop_at.*'margin'"):
        mean_curve_crossings(make_curves({"random": [[0.5]] * 2, "margin": [[0.5, 0.9], [0.9]]}), 0.9)


def test_mean_curves_of_random_cross_alike_whatever_the_batch_where_first_crossings_do_not():
    """Random queries the same kind of rows in any batch: only the grid on which one looks differs."""
    rng = np.random.default_rng(0)
    n_labels = np.arange(20, 121)
    rise = 0.95 - 0.45 * np.exp(-(n_labels - 20) / 40)
    runs = pd.concat(
        pd.DataFrame({"strategy": "random", "split": i, "n_labels": n_labels, "accuracy": rise + noise})
        for i, noise in enumerate(rng.normal(scale=0.02, size=(200, len(n_labels))))
    )
    looks = {batch: runs[(runs["n_labels"] - 20) % batch == 0] for batch in (1, 20)}
    means = {batch: mean_curve_crossings(seen, 0.85).loc["random"] for batch, seen in looks.items()}
    firsts = {batch: al.labels_to_target(seen, 0.85)["n_labels"].median() for batch, seen in looks.items()}
    truth = 20 - 40 * np.log((0.95 - 0.85) / 0.45)
    assert firsts[20] > 1.2 * firsts[1]
    assert all(means[batch]["crossing"] == pytest.approx(truth, rel=0.05) for batch in looks)


def test_the_area_under_one_point_is_its_height_in_any_kind_of_column():
    one = pd.Series([0.5], index=[3])
    assert area_under_curve(one * 20, one) == area_under_curve([10], [0.5]) == 0.5


@pytest.mark.parametrize("n_splits", [3, 6, 21])
@pytest.mark.parametrize("target", [0.8, 0.9])
def test_a_mean_curve_of_equal_runs_crosses_where_they_do(n_splits, target):
    """The mean of many 0.9 is not 0.9 to the last digit, and the next round above lies far away."""
    curves = make_curves({"random": [[0.5, target, target, target, 0.99]] * n_splits})
    assert (mean_curve_crossings(curves, target).loc["random"] == 30).all()


def test_the_median_of_two_splits_lies_between_the_quartiles():
    row = al.summarise(needing(random=[20, INF], margin=[20, 30]), 0.9).loc["margin"]
    assert (row["q25"], row["median"], row["q75"]) == (20, 25, 30)


def test_first_scores_are_the_lowest_of_the_first_rounds_and_minus_inf_where_a_run_is_shorter():
    curves = make_curves({"random": [[0.5, 0.4, 0.9]], "margin": [[0.6]]})
    assert first_scores(curves, 2).loc[0].to_dict() == {"random": 0.4, "margin": -INF}


def test_crossings_are_interpolated_and_inf_when_never_reached():
    n_labels, scores = np.array([10.0, 20.0, 30.0]), np.array([[0.2, 0.6, 0.4], [0.9, 0.9, 0.9], [0.1] * 3])
    np.testing.assert_allclose(crossings(n_labels, scores, np.full(3, 0.5)), [17.5, 10, np.inf])
    np.testing.assert_allclose(
        crossings(n_labels, scores, np.full(3, 0.5), interpolate=False), [20, 10, np.inf]
    )
    np.testing.assert_allclose(crossings(n_labels, scores, np.full(3, 0.5), hold=2), [np.inf, 10, np.inf])
    assert np.isinf(crossings(n_labels, scores, np.full(3, 0.5), hold=4)).all()


def test_students_interval_and_p_value_match_a_case_worked_by_hand():
    low, high, p_value = student_interval([0.0, 0.1])
    half = 12.7062 * 0.05  # t of two values, times the standard error
    assert (low, high) == pytest.approx((0.05 - half, 0.05 + half), abs=1e-5)
    assert p_value == pytest.approx(0.5)  # t of 1 with one degree of freedom
    assert np.isnan(student_interval([0.1])).all()
    assert student_interval([0.1] * 7) == (pytest.approx(0.1), pytest.approx(0.1), 0)
    assert student_interval([0.0] * 3) == (0, 0, 1)
