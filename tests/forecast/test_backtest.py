"""Claims about backtests: a forecast sees its first labels alone, and is rated as in hand-worked cases."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

import al_helpers as al
from active_learning.forecast import backtest
from active_learning.forecast.backtest import backtest_forecasts, calibration_table
from active_learning.forecast.forecast import LEAST
from active_learning.forecast.learning_curve import SubsetCurve, subset_sizes


def projects(dataset, n_splits=3, budget=100):
    """split -> History of random labelling."""
    found = al.run_histories(dataset, ["random"], n_splits=n_splits, budget=budget, n_jobs=1)
    return {split: history for (_, split), history in found.items()}


def power_law(labels, level, noise=1e-6):
    """A SubsetCurve whose error falls with the square root of the labels."""
    sizes = subset_sizes(labels)
    return SubsetCurve(labels, sizes, level * (labels / sizes) ** 0.5, noise * np.eye(len(sizes)), 0.0)


def outcome(n, level, labels):
    """Labels and scores of a project that goes on just as power_law does."""
    return np.array([n, 1 - level * (labels / n) ** 0.5])


@pytest.fixture(scope="module")
def backtests(iris):
    runs = projects(iris, budget=80)
    return iris, runs, backtest_forecasts(iris, runs, labels=40, more=30, n_jobs=1)


def test_a_curve_that_goes_on_as_it_came_is_forecast_well():
    row = backtest.compare(power_law(400, 0.2), outcome(np.arange(400, 2001, 10), 0.2, 400), 0.88, 400)
    assert row["needed"] == 1120  # 0.2 * sqrt(400 / n) = 0.12 at n = 1111
    assert row["low_80"] <= 1120 <= row["high_80"]
    assert row["score"] == pytest.approx(1 - 0.2 * 0.8**0.5, abs=1e-4)
    assert row["score_low_80"] <= row["score"] <= row["score_high_80"]
    assert not row["too_early"]


def test_what_may_be_reached_at_once_or_never_is_too_early_to_say():
    flat = SubsetCurve(
        60, subset_sizes(60), np.full(6, 0.2), 0.0015 * np.ones((6, 6)) + 1e-4 * np.eye(6), 0.0
    )
    row = backtest.compare(flat, outcome(np.arange(60, 301, 10), 0.2, 60), 0.85, 60)
    assert row["low_80"] == 60 and np.isinf(row["high_80"]) and row["too_early"]


def hand_made():
    """Four projects at 60 labels, known until 300: held; never reached and open above; missed; too early."""
    frame = pd.DataFrame({"data": "a", "labels": 60, "last": 300, "needed": [100, np.inf, 200, 100]})
    frame["low_95"], frame["low_80"] = [70, 150, 60, 60], [80, 200, 60, 60]
    frame["median"], frame["high_80"] = [120, 500, 70, 120], [150, np.inf, 90, np.inf]
    frame["high_95"], frame["too_early"] = [300, np.inf, 250, np.inf], [False, False, False, True]
    frame["score"] = 0.8
    frame["score_median"], frame["score_low_95"], frame["score_low_80"] = 0.8, 0.7, [0.75, 0.75, 0.81, 0.75]
    frame["score_high_80"], frame["score_high_95"] = 0.85, 0.9
    return frame


def test_coverage_matches_the_hand_worked_case():
    row = al.coverage(hand_made()).loc["a", 60]
    assert (row["labels 80%"], row["labels 95%"]) == (75, 100)
    assert (row["score 80%"], row["score 95%"]) == (75, 100)
    assert (row["within 25%"], row["too early"], row["replays"]) == (50, 25, 4)
    assert row["said 80%"] == pytest.approx(200 / 3)
    assert row["forecast/truth"] == pytest.approx((0.35 + 1.2) / 2)  # of 1.2, 0, 0.35, 1.2


def test_a_project_with_too_few_labels_counts_as_too_early_and_as_nothing_else():
    frame = pd.concat([hand_made(), hand_made().iloc[:1].assign(too_early=True)], ignore_index=True)
    frame.loc[4, ["low_80", "median", "high_80", "low_95", "high_95"]] = np.nan
    row = al.coverage(frame).loc["a", 60]
    assert (row["labels 80%"], row["too early"], row["replays"]) == (75, 40, 5)
    assert row["forecast/truth"] == al.coverage(hand_made()).loc[("a", 60), "forecast/truth"]


def test_a_backtest_holds_what_it_promises(backtests):
    _, runs, found = backtests
    assert list(found["split"]) == [0, 1, 2] and set(found["data"]) == {"iris"}
    assert len(set(found["target"])) == 1
    for row, run in zip(found.itertuples(), runs.values(), strict=True):
        assert row.score == pytest.approx(np.interp(70, run.n_labels, run.accuracy))
        assert row.low_95 <= row.low_80 <= row.median <= row.high_80 <= row.high_95
        assert row.score_low_95 <= row.score_low_80 <= row.score_median


def test_a_backtest_sees_no_label_beyond_its_first_ones(backtests):
    iris, runs, _ = backtests
    split = al.split_dataset(iris.y, random_state=np.random.SeedSequence([0, 0]))
    known = np.append(split.seed, runs[0].queried)[:40]
    rest = np.setdiff1d(np.arange(150), known)
    curves = []
    for labels in (iris.y[rest], np.roll(iris.y[rest], 3)):
        other = iris.y.copy()
        other[rest] = labels
        curves.append(backtest.first_curve(al.Dataset("x", iris.X, other), split, runs[0], 40, None))
    np.testing.assert_array_equal(curves[0].errors, curves[1].errors)


def test_fewer_labels_than_a_forecast_needs_are_too_early(iris):
    found = backtest_forecasts(iris, projects(iris, 1, 60), labels=LEAST - 1, more=20, n_jobs=1)
    assert found["too_early"].all() and found["median"].isna().all() and found["score"].notna().all()


def test_a_history_of_another_table_is_refused(iris):
    run = projects(iris, 1, 60)[0]
    strange = al.History(run.n_labels, run.accuracy, run.queried + 1000)
    with pytest.raises(ValueError, match="another table: row 1"):
        backtest_forecasts(iris, {0: strange}, labels=40, more=20, n_jobs=1)
    longer = al.History(run.n_labels + 5, run.accuracy, run.queried)
    with pytest.raises(ValueError, match="another table: it ends with 65 labels"):
        backtest_forecasts(iris, {0: longer}, labels=40, more=20, n_jobs=1)


def test_bad_input_is_refused_in_a_sentence(iris, digits):
    runs = projects(iris, 1, 60)
    with pytest.raises(ValueError, match="a history must hold 40 and 140 labels; one ends at 60"):
        backtest_forecasts(iris, runs, labels=40)
    with pytest.raises(ValueError, match="the history is of another table"):
        backtest_forecasts(digits, runs, labels=40, more=10, n_jobs=1)
    with pytest.raises(ValueError, match="labels must be at least 1, got 0"):
        backtest_forecasts(iris, runs, labels=0)
    with pytest.raises(ValueError, match="at least one history"):
        backtest_forecasts(iris, {})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["synthetic", "unbalanced"])
def test_the_intervals_hold_as_often_as_chance_allows(name):
    """Were they right with their promised chance, fewer would be seen in 1 of 1,000 such tests only."""
    dataset = al.load_dataset(name)
    found = al.run_histories(dataset, ["random"], n_splits=40, budget=300)
    table = backtest_forecasts(dataset, {split: run for (_, split), run in found.items()}, labels=100)
    row = al.coverage(table).iloc[0]
    print(row.round(1).to_dict())
    for level in (80, 95):
        least = binom.ppf(0.001, 40, level / 100)
        for what in ("labels", "score"):
            assert row[f"{what} {level}%"] * 40 / 100 >= least


def test_a_table_that_holds_no_backtests_is_refused():
    with pytest.raises(ValueError, match="has the column 'score_median' once"):
        al.coverage(hand_made().drop(columns="score_median"))
    with pytest.raises(ValueError, match="holds numbers"):
        al.coverage(hand_made().assign(needed="x"))
    with pytest.raises(ValueError, match="unknown column 'rule'"):
        calibration_table(["rule"])
    with pytest.raises(ValueError, match="there is no forecast among 4 projects"):
        al.plot_forecast_truth(hand_made().assign(median=np.nan))


def test_between_two_rounds_the_truth_lies_between_their_scores(iris):
    """A target that the project has met before the forecast takes no label more."""
    runs = al.run_histories(iris, ["random"], n_splits=2, batch=10, budget=80, n_jobs=1)
    found = backtest_forecasts(iris, runs, labels=40, more=20, target=0.4, n_jobs=1)
    assert (found["needed"] == 40).all() and al.coverage(found)["labels 80%"].item() == 100


@pytest.mark.parametrize("histories", [{}, [1], {0: 5}])
def test_what_are_no_histories_is_refused_in_a_sentence(iris, histories):
    with pytest.raises((TypeError, ValueError), match="histories must"):
        backtest_forecasts(iris, histories, n_jobs=1)
