"""What a study can be trusted with: false alarms, Holm's adjustment, power, ranking."""

import numpy as np
import pandas as pd
import pytest
from examples import needing, study
from sklearn.base import BaseEstimator, ClassifierMixin

import al_helpers as al
from active_learning.statistics.curves import by_split
from active_learning.statistics.power import (
    false_alarm_rate,
    ranking,
    saving_shown_by,
    smallest_saving_shown,
    splits_to_show,
)
from active_learning.statistics.ranks import holm
from active_learning.strategies.base import random_rows

INF = np.inf


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


def test_random_against_random_is_called_different_about_5_percent_of_the_time():
    """The A/A check, through the whole pipeline: in a split two copies change places by chance."""
    dataset = al.load_dataset("synthetic", n_samples=300, n_features=5)
    two = {"random": random_rows, "again": random_rows}
    settings = dict(n_splits=100, batch=2, budget=150, stop_at=0.8, model=NearestMean(), n_jobs=1)
    curves = al.run_study(dataset, two, **settings)
    copies, rng = by_split(al.labels_to_target(curves, 0.8, interpolate=True)), np.random.default_rng(0)
    rates = [
        false_alarm_rate(copies.iloc[rng.integers(100, size=50)], 150, n_studies=1, random_state=i)
        for i in range(400)
    ]
    print(f"A/A false-positive rate: {100 * np.mean(rates):.1f} %")
    assert 0 < np.mean(rates) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_false_alarm_rate_is_zero_for_copies_that_never_differ():
    copies = np.repeat(np.arange(50, 80.0)[:, None], 3, axis=1)
    assert false_alarm_rate(pd.DataFrame(copies), 300, n_studies=20) == 0


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.2], [0.2]),
        ([0.5, 0.9], [1, 1]),
        ([0.02, np.nan], [0.02, np.nan]),
        ([], []),
    ],
)
def test_holm_matches_hand_worked_cases(p_values, adjusted):
    np.testing.assert_allclose(holm(p_values), adjusted)


def test_holm_raises_one_false_alarm_in_20_tables():
    """Four true nulls each: without adjustment one table in five would claim something."""
    p_values = np.random.default_rng(0).random((5000, 4))
    found = np.mean([holm(row).min() <= 0.05 for row in p_values])
    assert abs(found - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 5000)


@pytest.mark.parametrize("n", [20, 60])
def test_the_smallest_saving_shown_is_shown_in_about_80_percent_of_studies(n):
    """Studies whose true saving is what one such study says it would have shown."""
    shown, sizes = 0, [smallest_saving_shown(*study(n, seed, gain=0)) for seed in range(50)]
    for seed in range(300):
        saving = al.paired_saving(*study(n, 1000 + seed, gain=-np.log1p(-np.median(sizes))))
        shown += saving.low > 0
    assert abs(shown / 300 - 0.8) < 0.07


def test_four_times_the_splits_show_half_the_log_ratio():
    needed, reference = study(50)
    later = -np.expm1(np.log1p(-smallest_saving_shown(needed, reference)) / 2)
    assert splits_to_show(later, needed, reference) in (200, 201)
    assert np.isnan(smallest_saving_shown([80], [100]))
    assert np.isnan(splits_to_show(0.1, [INF] * 8, [100] * 8, 300))
    assert splits_to_show(1e-300, needed, reference) == INF
    for saving in (0, 1, -0.1):
        with pytest.raises(ValueError, match=r"share in \(0, 1\)"):
            splits_to_show(saving, needed, reference)


def test_ranking_keeps_wins_and_ties_apart():
    runs = dict(random=[50, 50, 60, 30], a=[40, 50, 20, 40], b=[40, 60, 30, 50])
    needed = by_split(al.labels_to_target(needing(**runs), 0.9))
    table = ranking(needed)
    assert list(table.loc["a", ["strictly_first", "first_or_tied"]]) == [0.25, 0.75]
    assert list(table.loc["b", ["strictly_first", "first_or_tied"]]) == [0, 0.25]
    assert table.loc["a", "single_high"] == pytest.approx(1 - 20 / 60)
    assert table.loc["a", "saving"] == al.paired_saving(needed["a"], needed["random"])[0]


@pytest.mark.parametrize("copies", [[[10, 20, 30]], [[10], [20]]])
def test_an_a_a_check_of_one_split_or_one_run_is_refused(copies):
    with pytest.raises(ValueError, match="2 splits, and 2 runs on each"):
        false_alarm_rate(pd.DataFrame(copies), 60)


def test_an_open_interval_says_nothing_of_what_would_be_shown():
    assert np.isnan(saving_shown_by(0.1, 1.0)) and np.isnan(saving_shown_by(-INF, 0.5))


def test_a_saving_that_two_splits_show_needs_two():
    assert splits_to_show(0.99, [60, 61, 60, 61], [120, 120, 121, 121]) == 2


def test_p_values_below_0_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([-0.5, 0.5])


def test_p_values_beyond_1_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, 1.5])


def test_power_among_many_rules_is_that_of_the_surest():
    """Holm holds the surest of four to a quarter of the 5 %."""
    alone, among = (saving_shown_by(-0.1, 0.2, n_rules=n) for n in (1, 4))
    assert among > alone and np.log1p(-among) / np.log1p(-alone) == pytest.approx(
        (2.4977 + 0.8416) / 2.8016, abs=1e-3
    )
