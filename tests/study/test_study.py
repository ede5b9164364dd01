"""Claims about a study: every strategy over many paired splits."""

from inspect import signature

import joblib
import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

import al_helpers as al
from active_learning.cli.parser import build_parser
from active_learning.strategies.base import random_rows

SMALL = dict(n_splits=3, batch=5, budget=21, n_jobs=1)


def assert_same(histories, expected):
    for key, run in histories.items():
        for field in ("n_labels", "accuracy", "queried"):
            assert np.array_equal(getattr(run, field), getattr(expected[key], field))


def test_study_is_tidy(small_study):
    _, curves = small_study
    assert list(curves.columns) == ["strategy", "split", "n_labels", "accuracy"]
    assert list(curves["strategy"].unique()) == list(al.CLASSIC)
    assert not curves.duplicated(["strategy", "split", "n_labels"]).any()
    assert len(curves) == 4 * 5 * len([6, 10, 14, 18, 22, 26, 30])
    assert curves["accuracy"].between(0, 1).all() and curves.notna().all(axis=None)
    assert curves.index.is_unique


def test_function_and_command_run_the_same_number_of_splits():
    functions = [signature(f).parameters["n_splits"].default for f in (al.run_histories, al.run_study)]
    assert functions == [build_parser().get_default("splits")] * 2


def test_study_pairs_the_strategies_of_a_split(small_study, iris):
    """Same seed and test set, so the same first accuracy; the splits themselves differ."""
    _, curves = small_study
    first = curves[curves["n_labels"] == 6].groupby("split")["accuracy"]
    assert (first.nunique() == 1).all()
    assert first.first().nunique() > 1
    seen = []
    spies = {
        name: lambda round, name=name: seen.append((name, tuple(round.labeled))) or round.pool[:1]
        for name in "ab"
    }
    al.run_study(iris, spies, n_splits=3, batch=1, budget=7, n_jobs=1)
    seeds = {name: [rows for who, rows in seen if who == name] for name in "ab"}
    assert seeds["a"] == seeds["b"] and len(set(seeds["a"])) == 3


def test_study_does_not_depend_on_the_number_of_jobs(small_study, iris):
    histories, _ = small_study
    assert_same(al.run_histories(iris, n_splits=5, batch=4, budget=30, n_jobs=2), histories)


def test_study_does_not_depend_on_the_subset_or_the_order_of_strategies(small_study, iris):
    histories, _ = small_study
    some = al.run_histories(iris, ["entropy", "random"], n_splits=2, batch=4, budget=30, n_jobs=1)
    assert list(some) == [("entropy", 0), ("entropy", 1), ("random", 0), ("random", 1)]
    assert_same(some, histories)


def test_study_changes_with_its_random_state(iris):
    one, other = (al.run_study(iris, "random", random_state=state, **SMALL) for state in (0, 1))
    assert not one.equals(other)


def test_two_names_for_one_random_rule_draw_independently(iris):
    two = {"random": random_rows, "again": random_rows}
    histories = al.run_histories(iris, two, **SMALL)
    for split in range(3):
        assert not np.array_equal(histories["random", split].queried, histories["again", split].queried)


def test_study_passes_its_settings_on(iris):
    """One study run equals a loop by hand with the same split and model."""
    settings = dict(model=GaussianNB(), batch=3, budget=20, metric="balanced_accuracy")
    histories = al.run_histories(
        iris, "margin", seed_per_class=3, test_size=40, n_splits=1, n_jobs=1, **settings
    )
    by_hand = al.split_dataset(
        iris.y, seed_per_class=3, test_size=40, random_state=np.random.SeedSequence([0, 0])
    )
    assert_same(histories, {("margin", 0): al.run_loop(iris, by_hand, "margin", **settings)})


def test_study_runs_on_dask_with_the_same_result(iris):
    distributed = pytest.importorskip("dask.distributed")
    expected = al.run_histories(iris, **SMALL)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster, timeout="20s"),
        joblib.parallel_config(backend="dask"),
    ):
        histories = al.run_histories(iris, n_splits=3, batch=5, budget=21)
    assert_same(histories, expected)


def test_margin_beats_random_on_labels_to_90_percent(digits):
    """The headline: over 30 splits, the 95 % interval of the saving excludes 0."""
    curves = al.run_study(digits, ["random", "margin"], n_splits=30, budget=200, n_jobs=2)
    row = al.summarise(curves, 0.9).loc["margin"]
    assert 0 < row["saving_low"] <= row["saving_min"] == row["saving_max"] <= row["saving_high"] < 1
    assert row["cost_more_share"] < 0.25


@pytest.mark.parametrize(
    ("change", "error", "names"),
    [
        ({"n_splits": 0}, ValueError, "n_splits.*at least 1, got 0"),
        ({"n_splits": 1.0}, TypeError, "n_splits.*1.0"),
        ({"n_jobs": 0}, ValueError, "n_jobs.*0"),
        ({"n_jobs": "all"}, TypeError, "n_jobs.*all"),
        ({"random_state": -1}, ValueError, "random_state.*-1"),
        ({"strategies": ["random", "magic"]}, ValueError, "magic.*margin"),
        ({"batch": 0}, ValueError, "batch.*0"),
        ({"budget": 5}, ValueError, "budget.*got 5"),
        ({"test_size": 0.98}, ValueError, "0.98.*no pool"),
        ({"seed_per_class": 50}, ValueError, "50 rows.*at least 51"),
    ],
)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_study_names_a_bad_setting(iris, change, error, names, n_jobs):
    with pytest.raises(error, match=names):
        al.run_study(iris, **SMALL | {"n_jobs": n_jobs} | change)


def test_study_names_the_rule_that_the_model_cannot_serve(iris):
    with pytest.raises(ValueError, match="'entropy' needs predict_proba, which LinearSVC"):
        al.run_study(iris, ["random", "entropy"], model=LinearSVC(), **SMALL)


@pytest.mark.parametrize("other", ["digits", None, ("X", "y")])
def test_study_wants_a_dataset(other):
    with pytest.raises(TypeError, match=f"dataset must be a Dataset.*got {type(other).__name__}"):
        al.run_study(other, ["random"], **SMALL)
