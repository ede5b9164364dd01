"""The paired saving: its estimate, its interval, and what censoring leaves open."""

import warnings

import numpy as np
import pandas as pd
import pytest
from examples import make_curves, needing, study
from hypothesis import given, settings
from hypothesis import strategies as st

import al_helpers as al
from active_learning.report.sentences import describe
from active_learning.statistics.curves import by_split, crossing_bounds
from active_learning.statistics.ranks import holm
from active_learning.statistics.savings import _new_rows, single_run_interval

INF = np.inf
labels = st.integers(20, 500).map(float)


def test_a_rule_that_always_needs_four_fifths_saves_exactly_a_fifth():
    """Pairing cancels what the splits share."""
    reference = np.random.default_rng(0).permutation(np.arange(50, 151, dtype=float))
    saving = al.paired_saving(0.8 * reference, reference)
    assert saving[:3] == pytest.approx((0.2, 0.2, 0.2))
    low, high = al.paired_saving(np.roll(0.8 * reference, 1), reference)[1:3]
    assert high - low > 0.1


def test_saving_matches_a_hand_worked_study():
    saving = al.paired_saving([50, 100, 200], [100, 100, 100])  # log ratios -log 2, 0, log 2
    assert saving.estimate == pytest.approx(0)
    assert al.paired_saving([50, 100, 100], [100, 100, 100]).estimate == pytest.approx(1 - 2**-0.25)


def test_saving_and_cost_are_one_comparison_seen_from_both_sides():
    needed, reference = study(30)
    one, other = al.paired_saving(needed, reference), al.paired_saving(reference, needed)
    assert (1 - one.estimate) * (1 - other.estimate) == pytest.approx(1)
    assert (1 - one.low) * (1 - other.high) == pytest.approx(1)
    assert one.p_value == pytest.approx(other.p_value)


def test_interpolated_crossing_lies_where_the_straight_line_crosses():
    curves = make_curves({"random": [[0.5, 0.8, 1.0], [0.95, 0.5, 0.5], [0.5, 0.5, 0.5]]})
    needed = al.labels_to_target(curves, 0.9, interpolate=True)["n_labels"]
    assert list(needed) == pytest.approx([35, 20, INF])
    assert list(al.labels_to_target(curves, 0.9)["n_labels"]) == [40, 20, INF]


@settings(max_examples=40)
@given(st.lists(st.floats(0.5, 1), min_size=2, max_size=12), st.integers(1, 3))
def test_interpolated_crossing_is_less_than_a_batch_before_the_first_crossing(accuracy, hold):
    curves = make_curves({"random": [accuracy]})
    first, exact = (
        al.labels_to_target(curves, 0.9, hold=hold, interpolate=how)["n_labels"].item()
        for how in (False, True)
    )
    assert first == exact == INF or first - 10 < exact <= first


@settings(max_examples=40)
@given(st.lists(st.floats(0.5, 1), min_size=2, max_size=12), st.integers(1, 3), st.integers(1, 12))
def test_crossing_bounds_hold_the_crossing_that_a_larger_budget_shows(accuracy, hold, rounds):
    whole, cut = (
        crossing_bounds(make_curves({"random": [run]}), 0.9, hold=hold).iloc[0]
        for run in (accuracy, accuracy[:rounds])
    )
    assert cut["low"] <= whole["low"] and whole["high"] <= cut["high"]


@given(st.lists(st.tuples(labels, labels), min_size=1, max_size=30), labels)
def test_no_uncensored_saving_is_outside_the_bounds_of_its_censored_study(pairs, budget):
    """The hidden truth: censor a complete study at any budget, and its result stays within the bounds."""
    needed, reference = np.transpose(pairs)
    true = al.paired_saving(needed, reference)
    seen = (np.where(values > budget, INF, values) for values in (needed, reference))
    found = al.paired_saving(*seen, budget)
    assert found.lowest - 1e-9 <= true.estimate <= found.highest + 1e-9
    if len(pairs) > 1:
        assert found.low - 1e-9 <= true.low and true.high <= found.high + 1e-9
        assert found.p_value >= true.p_value - 1e-9


def test_curves_censored_at_many_budgets_bound_what_the_whole_curves_show(small_study):
    _, curves = small_study
    true = al.summarise(curves, 0.9).drop("random")
    for budget in curves["n_labels"].unique():
        found = al.summarise(curves[curves["n_labels"] <= budget], 0.9).drop("random")
        assert (found["saving_min"] <= true["saving_max"] + 1e-9).all()
        assert (found["saving_max"] >= true["saving_min"] - 1e-9).all()


@pytest.mark.parametrize(
    ("needed", "reference", "lowest", "highest"),
    [
        ([60] * 8, [INF] * 8, 0.8, 1),  # random needs more than 300: at least so much is saved
        ([INF] * 8, [150] * 8, -INF, -1),  # costs at least as much again
        ([INF] * 8, [INF] * 8, -INF, 1),  # nothing is known
        ([80] * 8, [160] * 8, 0.5, 0.5),
    ],
)
def test_bounds_open_to_the_side_that_censoring_leaves_open(needed, reference, lowest, highest):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        saving = al.paired_saving(needed, reference, 300)
    assert (saving.lowest, saving.highest) == pytest.approx((lowest, highest))
    assert (saving.low, saving.high) == pytest.approx((lowest, highest))
    assert np.isnan(saving.estimate) == (lowest != highest)


def test_a_few_censored_runs_leave_the_estimate_known_and_open_only_the_far_end():
    needed, reference = study(40)
    whole = al.paired_saving(needed, reference)
    reference[:2] = INF  # at least 300 labels, where the rule needed far fewer: surely large savings
    saving = al.paired_saving(np.minimum(needed, 100), reference, 300)
    assert np.isfinite(saving.estimate) and saving.low > 0
    assert al.paired_saving(needed, np.where(np.arange(40) < 15, INF, reference), 300).high == 1
    assert whole.high < 1


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6, 40])
@pytest.mark.parametrize("kind", ["tied", "never", "once", "cheaper"])
def test_degenerate_studies_have_a_result_and_no_warning(n, kind):
    reference = [100.0] * n
    needed = {"tied": reference, "never": [INF] * n, "once": [INF] * (n - 1) + [50], "cheaper": [50] * n}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        saving = al.paired_saving(needed[kind], reference, 300)
        curves = needing(random=reference, margin=needed[kind])
        row = al.summarise(curves, 0.9).loc["margin"]
        al.results_table(curves, 0.9), describe(curves, 0.9), al.advise(curves, 0.9)
    assert saving.lowest <= saving.highest <= 1
    assert np.isnan(saving.low) == np.isnan(row["saving_low"]) == (n == 1)
    if n > 1:
        assert saving.low <= saving.highest and saving.lowest <= saving.high
    if kind == "tied":
        assert saving.estimate == 0 and (n == 1 or (saving.low, saving.high, saving.p_value) == (0, 0, 1))


@pytest.mark.parametrize(
    ("needed", "reference", "names"),
    [
        ([1, 2], [1, 2, 3], r"\(2,\) and \(3,\)"),
        ([], [], "one number per split"),
        ([np.nan], [1], "positive numbers, or inf"),
        ([0], [1], "positive"),
    ],
)
def test_paired_saving_names_arrays_that_do_not_pair_up(needed, reference, names):
    with pytest.raises(ValueError, match=names):
        al.paired_saving(needed, reference)


def test_a_rule_run_on_other_splits_is_named(small_study):
    _, curves = small_study
    unpaired = curves[(curves["strategy"] != "entropy") | (curves["split"] > 1)]
    for measure in (al.summarise, al.results_table, describe, al.advise):
        with pytest.raises(ValueError, match="'entropy' lacks split '0', '1'"):
            measure(unpaired, 0.9)


def test_summarise_agrees_with_paired_saving_of_interpolated_crossings(small_study):
    _, curves = small_study
    needed = by_split(al.labels_to_target(curves, 0.9, interpolate=True))
    budget = curves["n_labels"].max()
    for row in al.summarise(curves, 0.9).drop("random").itertuples():
        saving = al.paired_saving(needed[row.Index], needed["random"], budget)
        assert (row.saving_min, row.saving_max) == pytest.approx(saving[3:5])
        assert (row.saving_low, row.saving_high) == pytest.approx(saving[1:3])
        assert row.single_low < row.single_high


@pytest.mark.parametrize("n", [39, 100, 200])
def test_single_run_interval_holds_the_next_split_as_often_as_it_says(n):
    rng, held = np.random.default_rng(0), 0
    for _ in range(2000):
        ratios = rng.normal(size=n + 1)
        low, high = single_run_interval(ratios[:n], ratios[:n])
        held += low <= 1 - np.exp(ratios[n]) <= high
    assert 0.95 - 0.02 < held / 2000 < (n - 1) / (n + 1) + 0.02


def test_the_interval_of_one_more_split_is_the_range_of_two():
    two = np.log([0.5, 0.75])
    assert single_run_interval(two, two) == pytest.approx((0.25, 0.5))
    assert np.isnan(single_run_interval(two[:1], two[:1])).all()


def test_the_interval_of_one_more_split_leaves_out_the_extreme_ones_of_79():
    ratios = np.log(np.arange(1, 80) / 100)
    assert single_run_interval(ratios, ratios) == pytest.approx((1 - 0.78, 1 - 0.02))


def make_parts(gains, n=20, spread=0.0):
    """Curves of parts in which a rule needs exp(-gain) of random's labels, with a spread over the splits."""
    rng, parts = np.random.default_rng(0), []
    for part, gain in enumerate(gains):
        ratio = np.exp(-gain + spread * rng.standard_normal(n))
        runs = {"random": np.full(n, 200.0), "margin": 200 * ratio}
        rows = [
            (part, name, split, *point)
            for name, needed in runs.items()
            for split, count in enumerate(needed)
            for point in ((1, 0.0), (2 * count - 1, 1.0))  # at 0.5 where n_labels = count
        ]
        parts.append(pd.DataFrame(rows, columns=["part", "strategy", "split", "n_labels", "accuracy"]))
    return pd.concat(parts, ignore_index=True).assign(cut=0)


def test_parts_that_agree_leave_new_rows_as_well_known_as_these():
    curves = make_parts([0.5])
    row = al.summarise(curves, 0.5, parts=make_parts([0.5] * 5)).loc["margin"]
    assert (row["new_rows_low"], row["new_rows_high"]) == pytest.approx((row["saving"], row["saving"]))
    wide = al.summarise(make_parts([0.5], spread=0.3), 0.5, parts=make_parts([0.5] * 5)).loc["margin"]
    assert wide["new_rows_low"] < wide["saving_low"] and wide["saving_high"] < wide["new_rows_high"]


def test_parts_that_differ_widen_the_interval_for_new_rows():
    curves = make_parts([0.5])
    intervals = [
        al.summarise(curves, 0.5, parts=make_parts(0.5 + scale * np.arange(-2, 3))).loc["margin"]
        for scale in (0.05, 0.1)
    ]
    widths = [np.log1p(-row["new_rows_low"]) - np.log1p(-row["new_rows_high"]) for row in intervals]
    assert widths[1] == pytest.approx(2 * widths[0])
    assert all(row["new_rows_low"] < row["saving"] < row["new_rows_high"] for row in intervals)


def test_without_parts_or_with_parts_that_miss_the_target_new_rows_are_unknown(small_study):
    _, curves = small_study
    ends = ["new_rows_low", "new_rows_high"]
    assert al.summarise(curves, 0.9)[ends].isna().all(axis=None)
    missed = make_parts([0.5] * 5).assign(accuracy=0.1)
    assert al.summarise(make_parts([0.5]), 0.5, parts=missed)[ends].isna().all(axis=None)


def test_a_saving_that_may_be_everything_leaves_new_rows_unknown():
    row = pd.Series({"saving_min": 0.4, "saving_max": 0.4, "saving_low": 0.2, "saving_high": 1.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(_new_rows(row, known(-0.5 * np.ones((1, 5, 4))), 0.95)).all()


def test_the_interval_for_new_rows_matches_one_worked_by_hand():
    """Five parts with log ratios of 0.4 to 0.6: variance 0.00625, times 2 / 5, and t = 2.776."""
    curves, parts = make_parts([0.5]), make_parts([0.4, 0.45, 0.5, 0.55, 0.6])
    row = al.summarise(curves, 0.5, parts=parts).loc["margin"]
    half = 2.7764 * np.sqrt(0.00625 * 2 / 5)
    ends = 1 - np.exp(-0.5 + half), 1 - np.exp(-0.5 - half)
    assert (row["new_rows_low"], row["new_rows_high"]) == pytest.approx(ends, abs=1e-4)


def test_a_single_label_is_labels_enough():
    assert al.paired_saving([1] * 6, [2] * 6).estimate == pytest.approx(0.5)
    assert al.paired_saving([INF] * 6, [1] * 6, 1).highest == 0
    with pytest.raises(ValueError, match="positive"):
        al.paired_saving([0] * 6, [1] * 6)


def test_the_summary_is_indexed_by_strategy_the_reference_first():
    summary = al.summarise(needing(margin=[30] * 6, random=[50] * 6), 0.9)
    assert summary.index.name == "strategy" and list(summary.index) == ["random", "margin"]
    other = al.summarise(needing(margin=[30] * 6, random=[50] * 6), 0.9, reference="margin")
    assert list(other.index) == ["margin", "random"]


def test_new_rows_are_about_the_same_reference_as_the_saving():
    curves, parts = make_parts([0.5]), make_parts([0.4, 0.45, 0.5, 0.55, 0.6])
    row = al.summarise(curves, 0.5, reference="margin", parts=parts).loc["random"]
    assert row["new_rows_low"] < row["saving"] < row["new_rows_high"] < 0  # random costs more


def test_a_saving_is_about_a_target_that_is_held():
    once, twice = [0.5, 0.9, 0.5, 0.9, 0.9], [0.5, 0.5, 0.9, 0.9, 0.9]
    curves = make_curves({"random": [once] * 6, "margin": [twice] * 6})
    assert al.summarise(curves, 0.9).loc["margin", "saving"] == pytest.approx(1 - 40 / 30)
    assert al.summarise(curves, 0.9, hold=2).loc["margin", "saving"] == pytest.approx(1 - 40 / 50)


def known(ratios):
    """Bounds of log ratios (cuts, parts, splits) of which nothing is open."""
    return bounds(ratios, ratios)


def bounds(lows, highs):
    pairs = zip(np.asarray(lows), np.asarray(highs), strict=True)
    return [[*zip(low, high, strict=True)] for low, high in pairs]


def test_the_interval_for_new_rows_holds_the_spread_of_both_studies_splits():
    """Equal parts: all that is left is the interval's half width, of this study and of the other one."""
    row = pd.Series(dict(saving_min=0.4, saving_max=0.4, saving_low=0.3, saving_high=0.5))
    half = np.sqrt(2) * np.log(0.7 / 0.5) / 2
    ends = 1 - 0.6 * np.exp(half), 1 - 0.6 * np.exp(-half)
    assert _new_rows(row, known(np.full((1, 5, 4), -0.5)), 0.95) == pytest.approx(ends, abs=1e-12)


def test_what_splits_explain_of_the_parts_is_not_put_down_to_rows():
    """Means 0.4 to 0.6, variance 0.00625, of four splits 0.05 away: three quarters of 0.00333 / 4 are theirs.

    Two cuts into five have 8 degrees of freedom: t = 2.306.
    """
    row = pd.Series(dict.fromkeys(["saving_min", "saving_max", "saving_low", "saving_high"], 0.4))
    means = -np.array([0.4, 0.45, 0.5, 0.55, 0.6])
    half = 2.306004 * np.sqrt(2 / 5 * (0.00625 - 0.75 * 0.01 / 3 / 4))
    ends = 1 - 0.6 * np.exp(half), 1 - 0.6 * np.exp(-half)
    loud = known([means[:, None] + [-0.05, -0.05, 0.05, 0.05]] * 2)
    assert _new_rows(row, loud, 0.95) == pytest.approx(ends, abs=1e-6)
    quiet = known([[-0.5 + np.array([-1, -1, 1, 1])] * 5] * 2)
    assert _new_rows(row, quiet, 0.95) == pytest.approx((0.4, 0.4))  # less than splits explain is nothing


def test_an_open_split_of_a_part_widens_the_interval_for_new_rows_or_leaves_it_unknown():
    row = pd.Series(dict.fromkeys(["saving_min", "saving_max", "saving_low", "saving_high"], 0.4))
    shut = -0.5 + 0.05 * np.random.default_rng(0).normal(size=(1, 5, 8))
    low = shut.copy()
    low[0, 2, 3] -= 0.4
    found = [_new_rows(row, bounds(x, shut), 0.95) for x in (shut, low)]
    widths = [high - low for low, high in found]
    assert widths[1] > widths[0]
    low[0, 2, :4] = -np.inf
    assert np.isnan(_new_rows(row, bounds(low, shut), 0.95)).all()


@pytest.mark.parametrize("rows", [0.1, *(pytest.param(rows, marks=pytest.mark.slow) for rows in (0.0, 0.5))])
def test_the_interval_for_new_rows_holds_the_same_study_on_new_rows_as_often_as_it_says(rows):
    """Studies of 50 splits, whose log ratios spread by 0.5, of data sets that differ by `rows`."""
    rng, held = np.random.default_rng(0), []
    for _ in range(600):
        ratios = -0.4 + rows * rng.normal() + 0.5 * rng.normal(size=50)
        saving = al.paired_saving(np.exp(ratios), np.ones(50))
        row = pd.Series(dict(zip(["saving_min", "saving_max"], saving[3:5], strict=True)))
        row["saving_low"], row["saving_high"] = saving[1:3]
        parts = np.sqrt(3) * rows * rng.normal(size=(2, 3, 1)) + 0.5 * rng.normal(size=(2, 3, 17))
        low, high = _new_rows(row, known(parts), 0.95)
        other = al.paired_saving(np.exp(-0.4 + rows * rng.normal() + 0.5 * rng.normal(size=50)), np.ones(50))
        held.append(low <= other.estimate <= high)
    assert 0.92 < np.mean(held) < 0.98  # 93 to 97 %, and a standard error of 600


def test_the_summary_adjusts_its_p_values_for_the_number_of_its_rules():
    n = np.repeat([40, 50, 60], 10)
    weak = n + np.r_[np.full(5, 10), np.full(25, -10)]
    alone = al.summarise(needing(random=n, weak=weak), 0.9)
    table = al.summarise(needing(random=n, weak=weak, same=n, again=n, worse=n + 10), 0.9)
    assert alone.loc["weak", "p_holm"] == table.loc["weak", "p_value"] < 0.05
    assert np.isnan(table.loc["random", "p_holm"])
    np.testing.assert_allclose(table["p_holm"].iloc[1:], holm(table["p_value"].iloc[1:]))
