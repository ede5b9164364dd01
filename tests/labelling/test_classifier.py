"""The job's classifier: logistic regression unless another is better, and never by the audit rows."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.labelling.classifier import BALANCED, CHOICES, choose_classifier, stage_of


def table_of(y, X, n_labeled, n_audit=0):
    drawn = np.full(len(y), "", dtype=object)
    drawn[:n_labeled], drawn[:n_audit] = "rule", "audit"
    frame = pd.DataFrame(X).add_prefix("x").assign(y=pd.Series(y).where(np.arange(len(y)) < n_labeled))
    states = pd.DataFrame({"drawn": drawn, "status": "labelled", "at_random": False, "round": "1"})
    return replace(al.load_table(frame, "y"), states=states)


def ring(n=400):
    X = np.random.default_rng(0).normal(size=(n, 2))
    return np.where((X**2).sum(axis=1) > 1.4, "out", "in"), X


def test_another_classifier_is_chosen_where_a_plane_cannot_learn():
    y, X = ring()
    name, why = choose_classifier(table_of(y, X, 120))
    assert name in ("knn", "extra_trees") and why.startswith(f"classifier {name}, chosen by")


def test_logistic_regression_stays_where_no_other_is_better():
    X = np.random.default_rng(0).normal(size=(300, 3))
    assert choose_classifier(table_of(np.where(X[:, 0] > 0, "a", "b"), X, 100))[0] == "logistic_regression"


def test_a_class_of_three_labels_is_no_cause_for_a_warning():
    y, X = ring()
    y = np.where(np.arange(len(y)) < 3, "odd", y)
    with warnings.catch_warnings(action="error"):
        choose_classifier(table_of(y, X, 100))


def test_the_choice_is_made_at_fifty_and_at_two_hundred_labels_audit_rows_among_them():
    y, X = ring()
    assert [stage_of(table_of(y, X, n, n // 5)) for n in (49, 50, 199, 200, 400)] == [0, 50, 50, 200, 200]
    assert choose_classifier(table_of(y, X, 49, 9))[1].startswith("classifier logistic_regression, until 50")
    assert "on 40 labels" in choose_classifier(table_of(y, X, 50, 10))[1]


def test_the_choice_waits_until_half_of_its_labels_are_no_audit_rows():
    y, X = ring()
    assert [stage_of(table_of(y, X, n, 120)) for n in (120, 144, 145, 219, 220)] == [0, 0, 50, 50, 200]


def test_the_audit_rows_do_not_move_the_choice():
    y, X = ring()
    table = table_of(y, X, 150, 50)
    name = choose_classifier(table)
    table.y[:50] = "out"
    assert choose_classifier(table) == name


def rare(n=2000, share=0.04):
    rng = np.random.default_rng(0)
    y = np.where(np.arange(n) % round(1 / share), "fine", "fraud")
    return y, rng.normal(size=(n, 2)) + 1.2 * (y == "fraud")[:, None]


def test_classes_weigh_alike_where_one_is_rare():
    name, why = choose_classifier(table_of(*rare(), 300))
    assert name == BALANCED
    assert "by balanced accuracy in cross-validation on 300 labels, as a class is rare (logistic" in why


def test_classes_weigh_alike_where_that_is_asked_for():
    table = table_of(*rare(share=0.2), 300)
    assert choose_classifier(table)[0] != BALANCED
    name, why = choose_classifier(table, metric="balanced_accuracy")
    assert name == BALANCED and "rare" not in why


def test_ten_classes_of_one_size_are_not_rare():
    X = np.random.default_rng(0).normal(size=(400, 3))
    assert BALANCED not in choose_classifier(table_of(np.array([*"abcdefghij"] * 40), X, 100))[1]


@pytest.mark.parametrize("name", [*CHOICES, BALANCED])
def test_a_classifier_that_may_be_chosen_gives_the_probabilities_that_suggestions_need(name):
    assert hasattr(al.make_model(name), "predict_proba")
