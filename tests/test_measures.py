"""Claims about labels to target, savings and their intervals."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from examples import INF, make_curves, needing
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin

import al_helpers as al
from active_learning.measures import resampled_medians, resamples


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


@pytest.mark.parametrize(
    ("needed", "reference", "bounds"),
    [
        (80, 130, (1 - 80 / 130, 1 - 80 / 130)),
        (150, 120, (-0.25, -0.25)),
        (60, INF, (1 - 60 / 300, 1)),  # random needs more than 300: at least so much is saved
        (INF, 150, (-INF, -1)),  # needs more than 300: costs at least as much again
        (INF, INF, (-INF, 1)),  # nothing is known
    ],
)
def test_saving_bounds_say_what_censoring_leaves_open(needed, reference, bounds):
    assert al.share_saved(needed, reference, 300) == pytest.approx(bounds)


def test_labels_saved_bounds_match_hand_worked_cases():
    cases = [(80, 130, (50, 50)), (60, INF, (240, INF)), (INF, 150, (-INF, -150)), (INF, INF, (-INF, INF))]
    for needed, reference, bounds in cases:
        assert al.labels_saved(needed, reference, 300) == bounds


@given(st.integers(20, 600), st.integers(20, 600))
def test_saving_bounds_contain_the_saving_that_censoring_hides(needed, reference):
    seen = [n if n <= 300 else INF for n in (needed, reference)]
    low, high = al.share_saved(*seen, 300)
    assert low <= 1 - needed / reference <= high


def exact_interval(needed, reference):
    """The percentile interval from all n ** n equally likely resamples."""
    n = len(needed)
    drawn = np.array(list(product(range(n), repeat=n)))
    savings = 1 - np.median(needed[drawn], axis=1) / np.median(reference[drawn], axis=1)
    return np.quantile(savings, [0.025, 0.975], method="inverted_cdf")


def test_saving_interval_matches_every_possible_resample():
    needed, reference = np.array([80.0, 90, 70, 120, 60]), np.array([130.0, 110, 140, 120, 150])
    found = al.saving_interval(needed, reference, 300)
    assert found == pytest.approx(exact_interval(needed, reference), abs=1e-12)


def test_saving_interval_agrees_with_scipys_bootstrap():
    rng = np.random.default_rng(0)
    reference = rng.normal(130, 20, 60)
    needed = 0.7 * reference + rng.normal(0, 15, 60)

    def saving(needed, reference, axis=-1):
        return 1 - np.median(needed, axis=axis) / np.median(reference, axis=axis)

    settings = dict(paired=True, method="percentile", n_resamples=20_000, rng=1)
    oracle = stats.bootstrap((needed, reference), saving, **settings).confidence_interval
    assert al.saving_interval(needed, reference, 300) == pytest.approx(oracle, abs=0.006)


def test_saving_interval_resamples_whole_splits():
    """Pairing cancels what the splits share: a rule that always needs 0.8 of random has a point interval."""
    reference = np.random.default_rng(0).permutation(np.arange(50, 151, dtype=float))
    assert al.saving_interval(0.8 * reference, reference, 300) == pytest.approx((0.2, 0.2))
    low, high = al.saving_interval(np.roll(0.8 * reference, 1), reference, 300)
    assert high - low > 0.1


def test_bootstrap_interval_matches_every_possible_resample():
    values = np.array([3.0, 8, 1, 9, 5])
    means = values[np.array(list(product(range(5), repeat=5)))].mean(axis=1)
    exact = np.quantile(means, [0.025, 0.975], method="inverted_cdf")
    assert al.bootstrap_interval(values, np.mean) == pytest.approx(exact, abs=0.21)  # means lie 0.2 apart


@given(st.lists(st.sampled_from([20.0, 30.0, 40.0, 75.5, INF]), min_size=2, max_size=9), st.integers(0, 3))
def test_resampled_medians_are_the_medians_of_the_resamples(values, seed):
    drawn = np.array(values)[resamples(len(values), random_state=seed)]
    np.testing.assert_array_equal(resampled_medians(values, seed), np.median(drawn, axis=1))


def test_intervals_of_one_split_are_unknown():
    assert np.isnan(al.saving_interval([80], [130], 300)).all()
    assert np.isnan(al.bootstrap_interval([80])).all()


def test_saving_interval_opens_where_runs_are_censored():
    reference, needed = np.full(20, 100.0), np.full(20, 200.0)
    assert al.saving_interval(needed, reference, 300) == (-1, -1)
    needed[:8] = INF  # under half, yet the median of some resamples is beyond the budget
    low, high = al.saving_interval(needed, reference, 300)
    assert (low, high) == (-INF, -1)


def test_saving_interval_covers_the_truth_about_95_percent_of_the_time():
    """Two independent continuous samples with the same median: in 200 trials, 5 % +- 4 standard errors."""
    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(200):
        needed, reference = rng.lognormal(4, 0.3, (2, 101))
        low, high = al.saving_interval(needed, reference, INF)
        missed += not low <= 0 <= high
    assert abs(missed / 200 - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 200)


class NearestMean(ClassifierMixin, BaseEstimator):
    """A classifier fast enough for thousands of loops: the class with the nearest mean."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.means_ = np.stack([X[y == label].mean(axis=0) for label in self.classes_])
        return self

    def decision_function(self, X):
        return np.zeros(len(X))

    def predict(self, X):
        return self.classes_[((X[:, None] - self.means_) ** 2).sum(axis=2).argmin(axis=1)]


def false_positive_rate(curves, target, n_studies, n_splits):
    """How often a study of n_splits, cut from the curves, calls two copies of one rule different.

    In each split the two names are exchanged by the toss of a coin, so that no difference exists.
    """
    rng, budget = np.random.default_rng(0), curves["n_labels"].max()
    needed = al.labels_to_target(curves, target)
    needed = needed.pivot(index="split", columns="strategy", values="n_labels").to_numpy()
    found = 0
    for study in range(n_studies):
        pairs = rng.permuted(needed[rng.choice(len(needed), n_splits, replace=False)], axis=1)
        low, high = al.saving_interval(*pairs.T, budget, random_state=study)
        found += not low <= 0 <= high
    return found / n_studies


def test_random_against_random_is_called_different_at_most_5_percent_of_the_time(record_property):
    """The A/A check. Labels come in batches, medians tie, and so the interval errs on the safe side."""
    dataset = al.load_dataset("synthetic", n_samples=300, n_features=5)
    two = {"random": al.random_rows, "again": al.random_rows}
    settings = dict(n_splits=100, batch=1, budget=34, model=NearestMean(), n_jobs=1)
    curves = al.run_study(dataset, two, **settings)
    rate = false_positive_rate(curves, 0.8, n_studies=300, n_splits=30)
    record_property("false_positive_rate", rate)
    print(f"A/A false-positive rate: {100 * rate:.1f} %")
    assert 0 < rate < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


@pytest.mark.slow
@pytest.mark.parametrize("n_splits", [30, 100])
def test_random_against_random_on_digits_is_called_different_at_most_5_percent_of_the_time(digits, n_splits):
    two = {"random": al.random_rows, "again": al.random_rows}
    curves = al.run_study(digits, two, n_splits=300, budget=200)
    rate = false_positive_rate(curves, 0.9, n_studies=1000, n_splits=n_splits)
    print(f"A/A false-positive rate on digits, {n_splits} splits: {100 * rate:.1f} %")
    assert rate < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)


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
    assert al.area_under_curve(np.array(n_labels), np.array(accuracy)) == pytest.approx(area)


def test_summarise_matches_a_hand_worked_study():
    curves = needing(margin=[20, 30, 40, 60], random=[40, 30, INF, 50])
    summary = al.summarise(curves, 0.9)
    assert list(summary.index) == ["random", "margin"]  # the reference first, whatever the table's order
    row, random = summary.loc["margin"], summary.loc["random"]
    assert (random["median"], random["q25"], random["q75"], random["reached_share"]) == (45, 30, 50, 0.75)
    assert (row["median"], row["q25"], row["q75"], row["reached_share"]) == (35, 20, 40, 1)
    assert row["saving_min"] == row["saving_max"] == pytest.approx(1 - 35 / 45)
    assert (row["cost_more_share"], row["tie_share"]) == (0.25, 0.25)
    assert row["final_accuracy"] == 0.9
    assert random["final_accuracy"] == pytest.approx((3 * 0.9 + 0.5) / 4)
    areas = [0.9, 0.85, 0.75, 0.55]  # reached at 20, 30, 40, 60 of 20..60
    assert row["auc"] == pytest.approx(np.mean(areas))


def test_censored_runs_stay_infinite_in_every_summary():
    curves = needing(random=[40, 40, 40], margin=[20, INF, INF], entropy=[INF, INF, INF])
    summary = al.summarise(curves, 0.9)
    assert (summary.loc["margin", ["median", "q75"]] == INF).all()
    assert list(summary["reached_share"]) == pytest.approx([1, 1 / 3, 0])
    assert list(summary.loc["entropy", ["median", "q25", "q75"]]) == [INF] * 3
    assert list(summary["cost_more_share"]) == pytest.approx([0, 2 / 3, 1])  # inf costs more than 40
    assert summary.loc["entropy", "saving_max"] == pytest.approx(1 - 60 / 40)
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
    pd.testing.assert_frame_equal(some, summary.loc[["random", "entropy"]])


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
    for measure in (al.labels_to_target, al.summarise, al.results_table, al.describe):
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
