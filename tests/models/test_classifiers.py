"""Claims about the classifiers that go by a name."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

import al_helpers as al
from active_learning.models.registry import CLASSIFIERS, default_model


def test_knn_makes_do_with_a_seed_set_smaller_than_k_and_is_scikit_learns_beyond(iris):
    model = al.make_model("knn")
    theirs = KNeighborsClassifier(weights="distance")
    three = iris.X[[0, 60, 120]]
    assert model.fit(three, [0, 1, 2]).predict(three).tolist() == [0, 1, 2]
    ours, expected = (m.fit(iris.X[::3], iris.y[::3]).predict_proba(iris.X) for m in (model, theirs))
    np.testing.assert_array_equal(ours, expected)


def test_default_model_is_converged_logistic_regression(digits):
    split = al.split_dataset(digits.y, random_state=0)
    rows = np.concatenate([split.seed, split.pool[:200]])
    model = default_model().fit(digits.X[rows], digits.y[rows])
    oracle = LogisticRegression(C=1, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    oracle.fit(digits.X[rows], digits.y[rows])
    assert model.predict_proba(digits.X) == pytest.approx(oracle.predict_proba(digits.X), abs=1e-6)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_gives_the_same_probabilities_each_time(iris, name):
    rows = np.r_[0:150:7]
    once, again = (al.make_model(name).fit(iris.X[rows], iris.y[rows]) for _ in range(2))
    if hasattr(once, "predict_proba"):
        np.testing.assert_array_equal(once.predict_proba(iris.X), again.predict_proba(iris.X))
    np.testing.assert_array_equal(once.predict(iris.X), again.predict(iris.X))
