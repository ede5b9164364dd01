"""Claims about the graph classifier."""

import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors
from sklearn.semi_supervised import LabelSpreading

import al_helpers as al
from active_learning.models import label_spreading as graph
from active_learning.models.label_spreading import GraphSpreading, NeighbourGraph, graph_of


def digits(n=600, labels=40):
    data = load_digits()
    X, y = data.data[:n] / 16, data.target[:n]
    return X, np.where(np.arange(n) < labels, y, -1), y


def test_graph_spreading_matches_a_hand_worked_chain():
    """Three rows on a line, all joined: the middle one ties, each end keeps its own label."""
    X, y = np.array([[0.0], [1.0], [2.0]]), np.array([0, -1, 1])
    proba = GraphSpreading(n_neighbors=2, alpha=0.5).fit(X, y).predict_proba(X)
    a, b = np.exp(-1 / 2), np.exp(-1)
    W = np.array([[0, a, b], [a, 0, a], [b, a, 0]])
    D = np.diag(1 / np.sqrt(W.sum(axis=1)))
    F = np.linalg.solve(np.eye(3) - 0.5 * D @ W @ D, np.array([[1, 0], [0, 0], [0, 1.0]]))
    np.testing.assert_allclose(proba, F / F.sum(axis=1, keepdims=True))
    assert proba[1, 0] == pytest.approx(0.5)


def test_graph_spreading_beats_scikit_learn_on_digits():
    X, y, truth = digits()
    theirs = LabelSpreading(kernel="knn", n_neighbors=7, alpha=0.9, max_iter=300).fit(X, y).transduction_
    assert np.mean(GraphSpreading().fit(X, y).predict(X) == truth) > np.mean(theirs == truth)


def test_graph_spreading_large_graphs_match_the_dense_inverse(monkeypatch):
    X, y, _ = digits()
    dense = GraphSpreading().fit(X, y).predict_proba(X)
    monkeypatch.setattr(graph, "DENSE_ROWS", 0)
    np.testing.assert_allclose(GraphSpreading().fit(X, y).predict_proba(X), dense, atol=1e-8)


def test_graph_spreading_refitted_with_more_labels_equals_a_fresh_one():
    X, y, truth = digits()
    more = np.where(np.arange(len(y)) < 80, truth, -1)
    refitted, unseen = GraphSpreading().fit(X, y), load_digits().data[600:700] / 16
    refitted.predict_proba(unseen)
    refitted.fit(X, more)
    fresh = clone(refitted).fit(X, more)
    np.testing.assert_array_equal(refitted.predict_proba(unseen), fresh.predict_proba(unseen))


def test_graph_spreading_refit_with_other_rows_forgets_the_old_ones():
    X, y, _ = digits()
    model = GraphSpreading().fit(X, y).fit(X[:300], y[:300])
    fresh = GraphSpreading().fit(X[:300], y[:300])
    np.testing.assert_array_equal(model.predict_proba(X), fresh.predict_proba(X))


def test_graph_spreading_predictions_do_not_depend_on_the_company_of_a_row():
    X, y, _ = digits(700)
    model = GraphSpreading().fit(X[:500], y[:500])
    together = model.predict_proba(X[400:600])
    alone = np.vstack([model.predict_proba(x[None, :]) for x in X[400:600]])
    np.testing.assert_allclose(alone, together, atol=1e-12)


@pytest.mark.parametrize("X", [np.zeros((20, 3)), np.arange(20.0)[:, None] // 10, np.arange(2.0)[:, None]])
def test_graph_spreading_survives_identical_few_and_disconnected_rows(X):
    y = np.where(np.arange(len(X)) < 2, np.arange(len(X)), -1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        proba = GraphSpreading().fit(X, y).predict_proba(np.vstack([X, X + 100]))
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_one_graph_serves_every_round_and_rule_of_a_split_and_no_other(monkeypatch):
    built = []
    monkeypatch.setattr(graph, "NeighbourGraph", lambda *args: built.append(1) or NeighbourGraph(*args))
    graph_of.cache_clear()
    X, y, _ = digits(300)
    first = GraphSpreading().fit(X, y).predict_proba(X)
    GraphSpreading().fit(X, y)
    assert len(built) == 1
    GraphSpreading(n_neighbors=5).fit(X, y)
    GraphSpreading().fit(2 * X, y)
    np.testing.assert_array_equal(GraphSpreading().fit(X, y).predict_proba(X), first)
    assert len(built) == 4


def test_graph_spreading_without_labels_says_so():
    with pytest.raises(ValueError, match="at least one row with a label"):
        GraphSpreading().fit(np.zeros((3, 1)), np.full(3, -1))


def test_mass_on_a_large_graph_is_worked_out_step_by_step_to_the_same_shares(iris, monkeypatch):
    known, seeds = np.array([0, 60, 120]), np.eye(3)
    at_once = NeighbourGraph(iris.X, 7, 0.9).spread(known, seeds)
    monkeypatch.setattr(graph, "DENSE_ROWS", 10)
    np.testing.assert_allclose(NeighbourGraph(iris.X, 7, 0.9).spread(known, seeds), at_once, atol=1e-8)


def test_neighbours_are_the_nearest_rows_and_ties_go_by_row():
    A = np.random.default_rng(0).normal(size=(300, 5))
    expected, rows = NearestNeighbors().fit(A).kneighbors(A, 6)
    distances, near = graph.nearest(A, A, 6)
    np.testing.assert_array_equal(near, rows)
    np.testing.assert_allclose(distances, expected, atol=1e-7)
    _, near = graph.nearest(np.zeros((1, 2)), np.array([[0, 3.0], [1, 0], [0, 1], [-1, 0], [0, -1]]), 2)
    assert near.tolist() == [[1, 2]]


KERNELS = """
import al_helpers as al
from threadpoolctl import threadpool_info
runs = [al.run_histories(al.load_dataset(name), ["random", "margin"], n_splits=3, budget=100, n_jobs=1,
        model="label_spreading") for name in ("digits", "docstrings")]
accuracies = [[run.accuracy.tolist() for run in each.values()] for each in runs]
print({library["architecture"] for library in threadpool_info() if "architecture" in library})
print([*map(al.checksum, runs)], accuracies)
"""


@pytest.mark.slow
def test_label_spreading_queries_the_same_rows_whatever_the_kernel():
    results = {}
    for kernel in ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX"):
        env = os.environ | {"OPENBLAS_CORETYPE": kernel, "PYTHONPATH": str(Path(al.__file__).parent)}
        run = subprocess.run([sys.executable, "-c", KERNELS], env=env, capture_output=True, text=True)
        if run.returncode != -signal.SIGILL:  # this processor lacks what the kernel needs
            kernels, result = run.stdout.splitlines()
            results[kernels] = result
    assert len(results) >= 3 and len(set(results.values())) == 1
