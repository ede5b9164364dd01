"""Forecasts beside audit rows: they start from the honest score, and promise no more than it shows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.forecast.honest import honest_now, moved_curve
from active_learning.forecast.learning_curve import SubsetCurve, continuation
from active_learning.forecast.wording import SELDOM_SHOWN, verdict_on
from active_learning.labelling.score import Evidence


def queried_table(n_audit=30):
    """A table of which a rule queried the rows next to the border, and `n_audit` were drawn at random."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(600, 4))
    y = np.where(X[:, 0] + 0.3 * rng.normal(size=600) > 0, "yes", "no")
    hard = np.argsort(np.abs(X[:, 0]))[:70]
    audit = rng.choice(np.setdiff1d(np.arange(600), hard), n_audit, replace=False)
    drawn = np.full(600, "", dtype=object)
    drawn[hard], drawn[audit] = "rule", "audit"
    frame = pd.DataFrame(X).add_prefix("x").assign(y=pd.Series(y).where(drawn != ""))
    states = pd.DataFrame({"drawn": drawn, "status": "labelled", "at_random": drawn == "audit", "round": "1"})
    return replace(al.load_table(frame, "y"), states=states), y


def test_the_forecast_starts_from_the_honest_score():
    table, _ = queried_table()
    answer, score = al.forecast(table, 0.97, quiet=True), al.score(table)[0]
    now = answer["score_now"]
    assert [now["estimate"], now["low"], now["high"]] == pytest.approx(
        [score.estimate, score.low, score.high], abs=1e-4
    )
    assert now["low"] <= now["low_80"] <= now["estimate"] <= now["high_80"] <= now["high"]
    assert answer["labelled_by"] == "random" and answer["all_rows"] == 600


def test_the_score_to_come_is_not_below_the_score_now():
    answer = al.forecast(queried_table()[0], 0.97, quiet=True)
    later = [row["estimate"] for row in answer["score_after"] if row["rule"] == "random"]
    assert later == sorted(later) and later[0] >= answer["score_now"]["estimate"] - 0.02


def test_with_few_audit_rows_the_forecast_is_as_without():
    table, _ = queried_table(9)
    assert (
        al.forecast(table, 0.97, quiet=True)["score_now"]
        == (al.forecast(replace(table, states=None), 0.97, quiet=True)["score_now"])
    )


def test_a_curve_is_moved_to_the_honest_score_and_is_no_surer():
    sizes, errors = np.array([20, 40, 80]), np.array([0.4, 0.35, 0.3])
    curve = SubsetCurve(80, sizes, errors, np.eye(3) * 1e-4, 9.0)
    right = np.repeat([1.0, 0.0], [36, 4])
    evidence = Evidence(right, np.full(40, 0.9), np.zeros(40), 0.9, 10**6, np.array([]), right[:0])
    moved = moved_curve(curve, evidence)
    assert continuation(moved).errors(np.array([80]))[0] == pytest.approx(0.1, abs=0.03)
    assert (np.diff(moved.errors) < 0).all() and (np.diag(moved.covariance) > np.diag(curve.covariance)).all()
    assert moved.selection_bias == 0 and honest_now(evidence)["estimate"] == 0.9


def answer_of(target, **now):
    score = {"low": 0.8, "low_80": 0.85, "estimate": 0.9, "high_80": 0.93, "high": 0.95} | now
    needed = {"median": 90, "low_80": 80, "high_80": 300, "low_95": 80, "high_95": None}
    known = {"labels_needed": {"random": needed}, "labelled_by": "random", "labels_now": 80}
    return {"target": target, "score_now": score, "constant": {"label": "no", "score": 0.62}, **known}


@pytest.mark.parametrize("target, words", [
    (0.79, "79% is surely reached"), (0.84, "84% is probably reached"),
    (0.89, "89% is about reached, which is not shown"), (0.92, "About 10 more labels"),
])  # fmt: skip
def test_a_target_is_said_to_be_reached_as_surely_as_the_interval_shows(target, words):
    assert verdict_on(answer_of(target)).startswith(words)


@pytest.mark.parametrize("target, said", [(0.79, False), (0.84, False), (0.89, True), (0.92, False)])
def test_a_target_that_is_not_shown_to_be_reached_is_told_how_seldom_audit_rows_show_it(target, said):
    assert (SELDOM_SHOWN in verdict_on(answer_of(target), audited=True)) == said
    assert SELDOM_SHOWN not in verdict_on(answer_of(target))


def test_a_target_that_the_constant_answer_reaches_is_none():
    assert verdict_on(answer_of(0.6)) == "60% is not a target: always saying 'no' scores 62.0%."


def test_more_labels_than_there_are_rows_are_all_rows():
    answer = answer_of(0.92) | {"all_rows": 90}
    assert verdict_on(answer).startswith("92% takes all rows of the table")
    answer = al.forecast(queried_table()[0], 0.999, quiet=True)
    needed = [labels for levels in answer["labels_needed"].values() for labels in levels.values()]
    assert all(labels is None or labels <= 600 for labels in needed)
