"""Claims about stop rules: what they may see, when they stop, and how a stop is rated."""

import numpy as np
import pandas as pd
import pytest
from benchmarks import stop_rules
from sklearn.linear_model import LogisticRegression

import al_helpers as al
from active_learning.forecast.backtest import stop_table


@pytest.fixture(scope="module")
def project(iris):
    split = al.split_dataset(iris.y, random_state=0)
    return iris, split, al.run_loop(iris, split, "margin", batch=6, budget=42)


class Stated(LogisticRegression):
    """A classifier that gives the stated probabilities, round by round."""

    def predict_proba(self, X):
        return np.resize(next(self.rounds), (len(X), 2))


@pytest.fixture
def signals_of(monkeypatch):
    """The signals of rounds of two watched rows, whose probabilities are given."""

    def signals(rounds):
        model = Stated()
        model.rounds = iter(np.array(rounds, dtype=float))
        monkeypatch.setattr(stop_rules, "default_model", lambda: model)
        monkeypatch.setattr(stop_rules, "forecast_gain", lambda *_: None)
        n = len(rounds)
        data = al.Dataset("two", np.arange(n + 4.0)[:, None], np.arange(n + 4) % 2)
        split = al.Split(np.arange(2), np.arange(2, n + 3), np.array([n + 3]))
        history = al.History(np.arange(2, n + 2), np.zeros(n), np.arange(2, n + 1))
        monkeypatch.setattr(stop_rules, "STOP_ROWS", 2)
        return stop_rules.signals(data, split, history)

    return signals


def test_disagreement_matches_the_hand_worked_case():
    rounds = np.array([[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]])
    found = stop_rules.disagreement(rounds, window=1)
    assert found[1:] == pytest.approx([0.5, 0])  # same 3/4, by chance (2 * 1 + 2 * 3) / 16 = 1/2


def test_disagreement_waits_for_its_window_and_is_zero_once_predictions_stay():
    for row in ([0, 1], [0, 0]):
        found = stop_rules.disagreement(np.tile(row, (5, 1)))
        assert np.isnan(found[:3]).all() and found[3:].tolist() == [0, 0]


def test_classification_change_counts_the_rows_whose_prediction_moved(signals_of):
    proba = [[[0.9, 0.1], [0.8, 0.2]], [[0.9, 0.1], [0.3, 0.7]], [[0.6, 0.4], [0.3, 0.7]]]
    found = signals_of(proba)["classification_change"]
    assert np.isnan(found[0]) and found[1:].tolist() == [0.5, 0]


def test_overall_uncertainty_is_one_for_even_probabilities_and_zero_for_certain_ones(signals_of):
    assert signals_of([[[0.5, 0.5]] * 2, [[1.0, 0.0]] * 2])["overall_uncertainty"].tolist() == [1, 0]


def test_a_rule_that_never_fires_needs_infinitely_many_labels():
    assert stop_rules.stop_when([10, 20], [np.nan, 0.4], 0.1) == np.inf
    assert stop_rules.stop_when([10, 20, 30], [np.nan, 0.1, 0.0], 0.1) == 20


def test_no_stop_rule_sees_a_test_row_or_a_label_that_was_not_queried(project):
    iris, split, history = project
    X, y = iris.X.copy(), iris.y.copy()
    unseen = np.concatenate([split.test, np.setdiff1d(split.pool, history.queried)])
    X[split.test] = 1e6
    y[unseen] = np.roll(y[unseen], 7)
    poisoned = stop_rules.signals(al.Dataset("poisoned", X, y), split, history)
    plain = stop_rules.signals(iris, split, history)
    assert set(plain) == set(stop_rules.CANDIDATES)
    for name, signal in plain.items():
        np.testing.assert_array_equal(poisoned[name], signal)


def table(accuracy, kappa):
    n = 10 * np.arange(1, len(accuracy) + 1)
    return pd.DataFrame({"split": 0, "n_labels": n, "accuracy": accuracy, "kappa": kappa})


def test_a_stop_is_rated_by_the_scores_that_the_rule_did_not_see():
    run = table([0.5, 0.8, 0.9, 0.95], [np.nan, 0.3, 0.1, 0.0])
    late = stop_rules.stops(run, "kappa", 0.1, 0.8).iloc[0]
    assert (late.stopped, late.score, late.missed, late.needed, late.too_many) == (30, 0.9, False, 20, 10)
    early = stop_rules.stops(run, "kappa", 0.3, 0.95).iloc[0]
    assert (early.stopped, early.missed, early.needed, early.too_many) == (20, True, 40, 0)
    never = stop_rules.stops(run, "kappa", -1, 0.8).iloc[0]
    assert (never.stopped, never.score, never.too_many) == (np.inf, 0.95, 20)
    out_of_reach = stop_rules.stops(run, "kappa", 0.1, 0.99).iloc[0]
    assert out_of_reach.missed and out_of_reach.missed_anyway
    assert np.isinf(out_of_reach.needed) and np.isnan(out_of_reach.too_many)
    assert stop_rules.summary(run, "kappa", -1, 0.8)["never"] == 1


def test_the_threshold_chosen_misses_seldom_and_then_wastes_least():
    run = table([0.5, 0.8, 0.9, 0.95], [0.4, 0.3, 0.1, 0.0])
    assert stop_rules.choose_threshold([(run, 0.9)], "kappa", [0.5, 0.3, 0.1, 0.0]) == 0.1
    assert stop_rules.choose_threshold([(run, 0.99)], "kappa", [0.5, 0.0]) in (
        0.5,
        0.0,
    )  # both miss: no error


def test_a_target_that_the_whole_budget_misses_too_is_not_held_against_a_threshold():
    high, low = table([0.5, 0.9, 0.9], [0.3, 0.1, 0.0]), table([0.5, 0.7, 0.7], [0.3, 0.1, 0.0])
    runs = pd.concat([high, low.assign(split=1)])  # the second never reaches 0.8
    assert stop_rules.choose_threshold([(runs, 0.8)], "kappa", [0.3, 0.1, 0.0]) == 0.1


def test_stops_do_not_depend_on_the_order_of_the_rows():
    high, low = table([0.5, 0.9, 0.95], [0.3, 0.1, 0.0]), table([0.5, 0.7, 0.85], [0.3, 0.2, 0.0])
    runs = pd.concat([high, low.assign(split=1)])
    for shuffled in (runs.sample(frac=1, random_state=seed) for seed in range(4)):
        assert stop_rules.summary(shuffled, "kappa", 0.1, 0.8) == stop_rules.summary(runs, "kappa", 0.1, 0.8)


def test_a_data_set_and_its_variants_choose_no_threshold_for_each_other():
    """Were it not so, digits' own threshold would be 0.1, which loses nothing on its two variants."""
    early = table([0.9, 0.9, 0.9], [0.1, 0.05, 0.0]).assign(
        classification_change=0.1, overall_uncertainty=0.1
    )
    late = table([0.5, 0.7, 0.9], [0.1, 0.05, 0.0]).assign(classification_change=0.1, overall_uncertainty=0.1)
    rounds = {"digits": early, "digits_wrong_10": early, "wine": late}
    rounds = {name: rows.assign(forecast_gain=0.0) for name, rows in rounds.items()}
    chosen = stop_rules.stop_table(rounds).query("rule == 'kappa'").set_index("data")["threshold"]
    assert chosen["digits"] == chosen["digits_wrong_10"] == 0 and chosen["wine"] > 0


@pytest.mark.slow
def test_rows_of_the_stop_table_come_out_again():
    """Those of the rules that need no forecast, on the two data sets that take the least time."""
    for name in ("iris", "wine"):
        rounds = stop_rules.watch(name, 100)
        for row in stop_table().query(f"data == '{name}' and rule != 'forecast_gain'").itertuples():
            found = stop_rules.summary(rounds, row.rule, row.threshold, row.target)
            print(name, row.rule, found)
            assert found["stopped"] == row.stopped
            for column in ("score", "missed", "missed_anyway", "never"):
                assert found[column] == pytest.approx(getattr(row, column), abs=6e-4)
            assert found["too_many"] == pytest.approx(row.too_many, abs=0.06)
