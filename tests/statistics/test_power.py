"""What a study can be trusted with: false alarms, Holm's adjustment, power, ranking, maps."""

import numpy as np
import pandas as pd
import pytest
from examples import needing, study
from sklearn.base import BaseEstimator, ClassifierMixin

import al_helpers as al
from active_learning.statistics.power import saving_shown_by

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
    two = {"random": al.random_rows, "again": al.random_rows}
    settings = dict(n_splits=100, batch=2, budget=150, stop_at=0.8, model=NearestMean(), n_jobs=1)
    curves = al.run_study(dataset, two, **settings)
    copies, rng = al.by_split(al.labels_to_target(curves, 0.8, interpolate=True)), np.random.default_rng(0)
    rates = [
        al.false_alarm_rate(copies.iloc[rng.integers(100, size=50)], 150, n_studies=1, random_state=i)
        for i in range(400)
    ]
    print(f"A/A false-positive rate: {100 * np.mean(rates):.1f} %")
    assert 0 < np.mean(rates) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_false_alarm_rate_is_zero_for_copies_that_never_differ():
    copies = np.repeat(np.arange(50, 80.0)[:, None], 3, axis=1)
    assert al.false_alarm_rate(pd.DataFrame(copies), 300, n_studies=20) == 0


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
    np.testing.assert_allclose(al.holm(p_values), adjusted)


def test_holm_raises_one_false_alarm_in_20_tables():
    """Four true nulls each: without adjustment one table in five would claim something."""
    p_values = np.random.default_rng(0).random((5000, 4))
    found = np.mean([al.holm(row).min() <= 0.05 for row in p_values])
    assert abs(found - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 5000)


@pytest.mark.parametrize("n", [20, 60])
def test_the_smallest_saving_shown_is_shown_in_about_80_percent_of_studies(n):
    """Studies whose true saving is what one such study says it would have shown."""
    shown, sizes = 0, [al.smallest_saving_shown(*study(n, seed, gain=0)) for seed in range(50)]
    for seed in range(300):
        saving = al.paired_saving(*study(n, 1000 + seed, gain=-np.log1p(-np.median(sizes))))
        shown += saving.low > 0
    assert abs(shown / 300 - 0.8) < 0.07


def test_more_splits_show_smaller_savings_and_the_two_functions_agree():
    needed, reference = study(50)
    now, later = (al.smallest_saving_shown(needed, reference, n_splits=n) for n in (50, 200))
    assert np.log1p(-later) == pytest.approx(np.log1p(-now) / 2)
    assert al.splits_to_show(later, needed, reference) in (200, 201)
    assert np.isnan(al.smallest_saving_shown([80], [100]))
    assert np.isnan(al.splits_to_show(0.1, [INF] * 8, [100] * 8, 300))
    assert al.splits_to_show(1e-300, needed, reference) == INF
    for saving in (0, 1, -0.1):
        with pytest.raises(ValueError, match=r"share in \(0, 1\)"):
            al.splits_to_show(saving, needed, reference)


def test_ranking_keeps_wins_and_ties_apart():
    runs = dict(random=[50, 50, 60, 30], a=[40, 50, 20, 40], b=[40, 60, 30, 50])
    needed = al.by_split(al.labels_to_target(needing(**runs), 0.9))
    table = al.ranking(needed)
    assert list(table.loc["a", ["strictly_first", "first_or_tied"]]) == [0.25, 0.75]
    assert list(table.loc["b", ["strictly_first", "first_or_tied"]]) == [0, 0.25]
    assert table.loc["a", "single_high"] == pytest.approx(1 - 20 / 60)
    assert table.loc["a", "saving"] == al.paired_saving(needed["a"], needed["random"])[0]


def test_saving_map_adjusts_for_the_number_of_its_cells():
    n = np.repeat([40, 50, 60], 10)
    weak = needing(random=n, margin=n + np.r_[np.full(5, 10), np.full(25, -10)])
    same, worse = needing(random=n, margin=n), needing(random=n - 20, margin=n)
    alone = al.saving_map({"weak": weak}, "margin", [0.9])
    table = al.saving_map(
        {"weak": weak, "same": same, "again": same, "too": same, "worse": worse}, "margin", [0.9]
    )
    assert alone["p_value"].item() == table.loc[("weak", 0.9), "p_value"] < 0.05
    assert alone["verdict"].item() == "win"
    np.testing.assert_allclose(table["p_holm"], al.holm(table["p_value"]))
    assert list(table["verdict"]) == ["tie", "tie", "tie", "tie", "loss"]


def test_saving_map_says_where_the_seed_set_meets_the_target_and_where_nobody_does():
    at = {"easy": 20, "hard": INF}
    studies = {name: needing(random=[n] * 8, margin=[n] * 8) for name, n in at.items()}
    values, texts = al.saving_grid(studies, "margin", [0.9])
    assert texts["90%"].to_dict() == {"easy": "seed set\nmeets it", "hard": "not\nreached"}
    assert list(texts.index) == ["easy", "hard"] and values.loc["easy", "90%"] == 0


def test_saving_map_names_a_strategy_that_was_not_run():
    with pytest.raises(ValueError, match=r"entropy.*random, margin"):
        al.saving_map({"study": needing(random=[50] * 8, margin=[40] * 8)}, "entropy", [0.9])


def test_saving_map_is_against_the_reference_that_it_is_given():
    curves = needing(random=[50] * 8, margin=[40] * 8, entropy=[30] * 8)
    table = al.saving_map({"a": curves}, "entropy", [0.9], reference="margin")
    assert table["estimate"].item() == pytest.approx(0.25)  # of 40, not of 50
    assert al.saving_map({"a": curves}, "entropy", [0.9])["estimate"].item() == pytest.approx(0.4)


def test_a_saving_shown_at_another_level_is_a_win_and_no_loss():
    rng = np.random.default_rng(5)
    random = rng.integers(30, 80, 12)
    needed = {"random": random, "margin": random * np.exp(rng.normal(-0.15, 0.3, 12))}
    rows = [
        (name, split, labels, score)
        for name, all_labels in needed.items()
        for split, crossing in enumerate(all_labels)
        for labels, score in ((1, 0.5), (crossing, 0.9), (1000, 0.95))
    ]
    curves = pd.DataFrame(rows, columns=["strategy", "split", "n_labels", "accuracy"])
    cells = [al.saving_map({"d": curves}, "margin", [0.9], level=level).iloc[0] for level in (0.9, 0.95)]
    assert [cell["verdict"] for cell in cells] == ["win", "tie"]
    assert cells[0]["low"] > 0 > cells[1]["low"] and 0.05 < cells[0]["p_value"] < 0.1


@pytest.mark.parametrize("copies", [[[10, 20, 30]], [[10], [20]]])
def test_an_a_a_check_of_one_split_or_one_run_is_refused(copies):
    with pytest.raises(ValueError, match="2 splits, and 2 runs on each"):
        al.false_alarm_rate(pd.DataFrame(copies), 60)


def test_p_values_beyond_1_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        al.holm([0.5, 1.5])


def test_power_among_many_rules_is_that_of_the_surest():
    """Holm holds the surest of four to a quarter of the 5 %."""
    alone, among = (saving_shown_by(-0.1, 0.2, n_rules=n) for n in (1, 4))
    assert among > alone and np.log1p(-among) / np.log1p(-alone) == pytest.approx(
        (2.4977 + 0.8416) / 2.8016, abs=1e-3
    )
