"""Claims about stop rules: what they may see, when they stop, and how a stop is judged."""

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.forecast import backtest as stopping
from active_learning.forecast.backtest import STOP_RULES, replay_stops, stop_signals, summarise_stops, watch
from active_learning.models.registry import default_model


def watched(proba, n_labels=None):
    """What a rule sees of rounds whose probabilities (r, s, k) are given."""
    proba = np.array(proba, dtype=float)
    n = np.arange(1, len(proba) + 1) * 10 if n_labels is None else n_labels
    return stopping.Watched(n, proba, np.zeros((4, 1)), np.arange(2), np.arange(2), default_model())


@pytest.fixture(scope="module")
def project(iris):
    split = al.split_dataset(iris.y, random_state=0)
    return iris, split, al.run_loop(iris, split, "margin", batch=6, budget=42)


def test_kappa_matches_the_hand_worked_case():
    first, second = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert stopping._kappa(first, second) == pytest.approx(0.5)  # same 3/4, by chance 2*1 + 2*3 of 16 = 1/2
    assert stopping._kappa(first, first) == 1
    assert stopping._kappa(np.zeros(3, int), np.zeros(3, int)) == 1


def test_disagreement_waits_for_its_window_and_is_nothing_once_guesses_stand_still():
    same = np.tile([[0.9, 0.1], [0.2, 0.8]], (5, 1, 1))
    assert np.isnan(stopping.disagreement(watched(same))[:3]).all()
    assert stopping.disagreement(watched(same))[3:].tolist() == [0, 0]


def test_classification_change_counts_the_rows_whose_guess_moved():
    proba = [[[0.9, 0.1], [0.8, 0.2]], [[0.9, 0.1], [0.3, 0.7]], [[0.6, 0.4], [0.3, 0.7]]]
    assert stopping.classification_change(watched(proba))[1:].tolist() == [0.5, 0]
    assert STOP_RULES["classification_change"](watched(proba)) == 30


def test_overall_uncertainty_is_one_where_nothing_is_known_and_zero_where_all_is():
    proba = [[[0.5, 0.5]] * 3, [[1.0, 0.0]] * 3]
    assert stopping.overall_uncertainty(watched(proba)).tolist() == [1, 0]
    assert STOP_RULES["overall_uncertainty"](watched(proba)) == 20


def test_a_rule_that_never_fires_needs_infinitely_many_labels():
    assert stopping.stop_when([10, 20], [np.nan, 0.4], 0.1) == np.inf
    assert stopping.stop_when([10, 20, 30], [np.nan, 0.1, 0.0], 0.1) == 20


@pytest.mark.parametrize("name", list(STOP_RULES))
def test_no_stop_rule_sees_a_test_row_or_a_label_that_was_not_bought(name, project):
    iris, split, history = project
    X, y = iris.X.copy(), iris.y.copy()
    unseen = np.concatenate([split.test, np.setdiff1d(split.pool, history.queried)])
    X[split.test] = 1e6
    y[unseen] = np.roll(y[unseen], 7)
    poisoned = watch(al.Dataset("poisoned", X, y), split, history)
    assert STOP_RULES[name](poisoned) == STOP_RULES[name](watch(iris, split, history))
    plain = stopping.SIGNALS[name](watch(iris, split, history))
    np.testing.assert_array_equal(stopping.SIGNALS[name](poisoned), plain)


def test_a_history_of_another_table_is_refused(project):
    iris, split, history = project
    strange = al.History(history.n_labels, history.accuracy, history.queried + 1000)
    with pytest.raises(ValueError, match="another table: it bought row 1"):
        watch(iris, split, strange)
    longer = al.History(history.n_labels + 5, history.accuracy, history.queried)
    with pytest.raises(ValueError, match="another table: it ends with 47 labels"):
        watch(iris, split, longer)


def test_a_model_without_probabilities_is_refused(project):
    with pytest.raises(ValueError, match="SVC gives none"):
        watch(*project, model="svm")


def table(accuracy, kappa):
    n = 10 * np.arange(1, len(accuracy) + 1)
    return pd.DataFrame({"split": 0, "n_labels": n, "accuracy": accuracy, "kappa": kappa})


def test_a_stop_is_judged_by_the_scores_that_the_rule_did_not_see():
    run = table([0.5, 0.8, 0.9, 0.95], [np.nan, 0.3, 0.1, 0.0])
    late = replay_stops(run, 0.8, {"kappa": 0.1}).iloc[0]
    assert (late.stopped, late.score, late.missed, late.needed, late.too_many) == (30, 0.9, False, 20, 10)
    early = replay_stops(run, 0.95, {"kappa": 0.3}).iloc[0]
    assert (early.stopped, early.missed, early.needed, early.too_many) == (20, True, 40, 0)
    never = replay_stops(run, 0.8, {"kappa": -1}).iloc[0]
    assert (never.stopped, never.score, never.too_many) == (np.inf, 0.95, 20)
    out_of_reach = replay_stops(run, 0.99, {"kappa": 0.1}).iloc[0]
    assert (
        out_of_reach.missed
        and out_of_reach.missed_anyway
        and np.isinf(out_of_reach.needed)
        and np.isnan(out_of_reach.too_many)
    )
    assert summarise_stops(replay_stops(run, 0.8, {"kappa": -1})).loc["kappa", "never"] == 1


def test_an_unknown_stop_rule_is_named():
    with pytest.raises(ValueError, match="unknown stop rule 'luck'; valid: kappa"):
        replay_stops(table([0.5], [0.1]), 0.8, {"luck": 1})


def test_the_threshold_chosen_misses_seldom_and_then_wastes_least():
    run = table([0.5, 0.8, 0.9, 0.95], [0.4, 0.3, 0.1, 0.0])
    assert stopping.choose_threshold([(run, 0.9)], "kappa", [0.5, 0.3, 0.1, 0.0]) == 0.1
    assert stopping.choose_threshold([(run, 0.99)], "kappa", [0.5, 0.0]) in (0.5, 0.0)  # both miss: no error


def test_a_target_that_the_whole_budget_misses_too_is_not_held_against_a_threshold():
    high, low = table([0.5, 0.9, 0.9], [0.3, 0.1, 0.0]), table([0.5, 0.7, 0.7], [0.3, 0.1, 0.0])
    runs = pd.concat([high, low.assign(split=1)])  # the second never reaches 0.8
    assert stopping.choose_threshold([(runs, 0.8)], "kappa", [0.3, 0.1, 0.0]) == 0.1


def test_the_default_thresholds_cover_every_rule():
    assert set(stopping.THRESHOLDS) == set(STOP_RULES)


def test_the_signals_of_a_study_stand_beside_its_scores(iris):
    histories = al.run_histories(iris, ["margin"], n_splits=2, batch=10, budget=40, n_jobs=1)
    alone = {split: history for (_, split), history in histories.items()}
    found = stop_signals(iris, alone, n_jobs=1)
    assert list(found) == ["split", "n_labels", "accuracy", *STOP_RULES]
    assert found.groupby("split")["n_labels"].max().tolist() == [40, 40]
    assert len(summarise_stops(replay_stops(found, 0.9))) == len(STOP_RULES)


def test_stops_do_not_hang_on_the_order_of_the_rows(iris):
    signals = stop_signals(iris, al.run_histories(iris, ["margin"], n_splits=2, batch=5, budget=60, n_jobs=1))
    stops = [
        replay_stops(table, 0.9).set_index(["rule", "split"]).sort_index()
        for table in (signals, signals.sample(frac=1, random_state=1))
    ]
    pd.testing.assert_frame_equal(*stops)
