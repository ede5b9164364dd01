"""Claims about the representation: learnt once a split, from features of seed and pool, from no label."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

import al_helpers as al
from active_learning._arrays import take
from active_learning.models.logistic import NewtonLogisticRegression
from active_learning.models.registry import (
    SHARED,
    Represented,
    View,
    default_model,
    represent_all,
    represented,
    shared_fits,
)

WORDS = [
    "free",
    "prize",
    "win",
    "cash",
    "call",
    "now",
    "lunch",
    "home",
    "later",
    "sorry",
    "love",
    "meet",
    "train",
    "work",
    "tea",
]


def texts(n, seed=0):
    """Texts of five words and whether they speak of money, with a number, a date and a level beside them."""
    rng = np.random.default_rng(seed)
    spam = rng.random(n) < 0.4
    words = [rng.choice(WORDS[:6] if s else WORDS[4:], 5) for s in spam]
    return pd.DataFrame(
        {
            "text": [" ".join(each) for each in words],
            "size": rng.normal(size=n) + spam,
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, n), "s"),
            "level": rng.choice(list("abc"), n),
            "label": np.where(spam, "spam", "ham"),
        }
    )


@pytest.fixture(scope="module")
def planned():
    """(dataset, settings, split) of a study of 150 such texts."""
    table = al.load_table(texts(150), "label")
    dataset, settings, _, _ = al.plan_study(table, target=0.9)
    return dataset, settings, al.split_dataset(dataset.y, random_state=3)


def run(dataset, settings, split, rule="margin"):
    return al.run_loop(dataset, split, rule, model=settings["model"], batch=5, budget=40)


def test_another_label_in_the_pool_changes_no_query_before_it_is_queried(planned):
    dataset, settings, split = planned
    y = dataset.y.copy()
    y[split.pool] = y[split.pool][::-1]
    swapped = al.Dataset("t", dataset.X, y)
    for rule in ("margin", "diverse_margin", "core_set"):
        first = run(dataset, settings, split, rule).queried[:5]
        np.testing.assert_array_equal(first, run(swapped, settings, split, rule).queried[:5])


def test_other_cells_in_the_test_rows_change_no_query(planned):
    dataset, settings, split = planned
    X = dataset.X.copy()
    X[split.test] = X[split.test][::-1]
    X[split.test[0], 1] = 1e9
    changed = al.Dataset("t", X, dataset.y)
    for rule in ("margin", "diverse_margin"):
        one, other = run(dataset, settings, split, rule), run(changed, settings, split, rule)
        np.testing.assert_array_equal(one.queried, other.queried)


def test_other_cells_in_the_pool_are_seen_even_if_written_in_place(planned):
    dataset, settings, split = planned
    X = dataset.X.copy()
    own = al.Dataset("t", X, dataset.y)
    before = run(own, settings, split)
    X[split.pool, 1] = -X[split.pool, 1]
    assert not np.array_equal(before.accuracy, run(own, settings, split).accuracy)


def test_a_split_is_represented_as_by_hand_and_shared_by_its_runs(planned):
    dataset, settings, split = planned
    seen = np.sort(np.r_[split.seed, split.pool])
    model, X = represented(settings["model"], dataset.X, split)
    by_hand = clone(settings["model"][0]).fit(dataset.X[seen]).transform(dataset.X)
    np.testing.assert_array_equal(X, by_hand)
    assert X.flags.c_contiguous and X.dtype == np.float64
    assert isinstance(model, NewtonLogisticRegression)
    assert represented(settings["model"], dataset.X, split)[1] is X
    other = al.split_dataset(dataset.y, random_state=4)
    assert represented(settings["model"], dataset.X, other)[1] is not X


def test_a_loop_by_hand_on_the_represented_rows_gives_the_same_curve(planned):
    dataset, settings, split = planned
    _, X = represented(settings["model"], dataset.X, split)
    plain = al.run_loop(al.Dataset("t", X, dataset.y), split, "margin", batch=5, budget=40)
    history = run(dataset, settings, split)
    np.testing.assert_array_equal(plain.queried, history.queried)
    np.testing.assert_array_equal(plain.accuracy, history.accuracy)


def test_the_study_does_not_depend_on_the_number_of_jobs(planned):
    dataset, settings, _ = planned
    how = settings | {"n_splits": 3, "batch": 10, "budget": 34}
    one, two = (al.run_histories(dataset, ["random", "margin"], n_jobs=jobs, **how) for jobs in (1, 2))
    assert al.checksum(one) == al.checksum(two)


def test_a_pipeline_of_ones_own_is_fitted_as_before(planned):
    X = np.random.default_rng(0).normal(size=(20, 2))
    model = StandardScaler()
    assert represented(model, X, None) == (model, X)


def test_rows_seen_through_a_view_are_those_transformed_at_once():
    X = np.random.default_rng(0).normal(size=(50, 3))
    scaler = StandardScaler().fit(X)
    view = View(X, scaler)
    np.testing.assert_array_equal(view[np.array([3, 1])], scaler.transform(X[[3, 1]]))
    np.testing.assert_array_equal(take(view, slice(5, 9)), scaler.transform(X[5:9]))


def test_a_large_table_is_represented_when_rows_are_picked(monkeypatch):
    monkeypatch.setattr("active_learning.models.registry.IN_MEMORY", 10)
    X = np.random.default_rng(0).normal(size=(50, 3))
    model, view = represent_all(Represented([("a", StandardScaler()), ("b", default_model())]), X)
    assert isinstance(view, View) and isinstance(model, NewtonLogisticRegression)


def test_digits_are_as_they_were():
    dataset = al.load_dataset("digits")
    histories = al.run_histories(dataset, ["random", "margin"], n_splits=2, budget=60, n_jobs=1)
    assert dataclasses.is_dataclass(dataset) and al.checksum(histories) == DIGITS


DIGITS = "44fd50c1"  # as before there were representations


def test_two_representations_before_one_classifier_are_kept_apart(iris):
    split, classifier = al.split_dataset(iris.y, random_state=0), default_model()
    plain, scaled = (
        Represented([("a", StandardScaler(with_std=spread)), ("b", classifier)]) for spread in (False, True)
    )
    first, second = (represented(model, 7 * iris.X, split)[1] for model in (plain, scaled))
    assert not np.allclose(first[: len(iris.y)], second[: len(iris.y)])
    X = 7 * iris.X
    assert represented(plain, X, split)[1] is represented(plain, X, split)[1]  # learnt once a split
    assert not np.allclose(represented(plain, X, split)[1], represented(scaled, X, split)[1])


@pytest.fixture
def fits(monkeypatch):
    """The labelled rows' numbers of every fit that is really made."""
    fitted, fit = [], NewtonLogisticRegression.fit
    monkeypatch.setattr(
        NewtonLogisticRegression, "fit", lambda self, X, y: fitted.append(len(y)) or fit(self, X, y)
    )
    return fitted


def test_rules_that_are_one_on_two_classes_are_fitted_once(planned, fits):
    dataset, settings, _ = planned
    split = al.split_dataset(dataset.y, random_state=5)
    first = run(dataset, settings, split, "margin")
    alone = len(fits)
    for rule in ("least_confidence", "entropy"):
        again = run(dataset, settings, split, rule)
        np.testing.assert_array_equal(first.queried, again.queried)
        np.testing.assert_array_equal(first.accuracy, again.accuracy)
    assert len(fits) == alone
    run(dataset, settings, split, "random")
    assert len(fits) == 2 * alone - 1  # all start from the same seed set


def test_a_fit_that_is_shared_changes_no_run(planned):
    dataset, settings, split = planned
    rules = ("random", "margin", "least_confidence", "diverse_margin")
    together = [run(dataset, settings, split, rule) for rule in rules]
    for rule, shared in zip(rules, together, strict=True):
        represented(settings["model"], dataset.X, al.split_dataset(dataset.y, random_state=4))  # forget
        alone = run(dataset, settings, split, rule)
        np.testing.assert_array_equal(alone.queried, shared.queried)
        np.testing.assert_array_equal(alone.accuracy, shared.accuracy)


def test_a_fit_is_not_shared_with_other_labels_batches_or_settings(planned, fits):
    dataset, settings, _ = planned
    split = al.split_dataset(dataset.y, random_state=6)
    run(dataset, settings, split)
    alone = len(fits)
    y = np.where(dataset.y == "ham", "spam", "ham")
    run(al.Dataset("t", dataset.X, y), settings, split)
    assert len(fits) == 2 * alone
    al.run_loop(dataset, split, "margin", model=settings["model"], batch=10, budget=40)
    assert fits[2 * alone :] == [4, 14, 24, 34, 40]
    other = clone(settings["model"])
    first = al.run_loop(dataset, split, "margin", model=other, batch=10, budget=40)
    other[-1].set_params(C=0.01)
    second = al.run_loop(dataset, split, "margin", model=other, batch=10, budget=40)
    assert not np.array_equal(first.accuracy, second.accuracy)


def test_fits_of_many_columns_are_not_kept(planned, iris):
    dataset, settings, split = planned
    assert shared_fits(represented(settings["model"], dataset.X, split)[1]) is not None
    wide = np.random.default_rng(0).normal(size=(len(iris.y), SHARED + 1))
    model = Represented([("a", StandardScaler()), ("b", default_model())])
    split = al.split_dataset(iris.y, random_state=0)
    assert shared_fits(represented(model, wide, split)[1]) is None
    assert shared_fits(dataset.X) is None
