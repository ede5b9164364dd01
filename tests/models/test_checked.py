"""Classifiers of other packages: right numbers, or a refusal that names them and what they return."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import al_helpers as al
from active_learning.models.checked import CheckedClassifier

NAMES = np.array(["cat", "dog", "eel"])
X, CODES = make_blobs(120, centers=3, n_features=3, cluster_std=4.0, random_state=1)
BLOBS = al.Dataset("blobs", X, NAMES[CODES])


class Odd(ClassifierMixin, BaseEstimator):
    """Logistic regression of which subclasses change the answers, as a package of its own might."""

    def fit(self, X, y):
        self.model_ = LogisticRegression(max_iter=500).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.answer(self.model_.predict(X))

    def predict_proba(self, X):
        return self.chances(self.model_.predict_proba(X))

    def answer(self, labels):
        return labels

    def chances(self, proba):
        return proba


def odd(**methods):
    """A model whose answers go through the methods given."""
    return type("Strange", (Odd,), {name: staticmethod(method) for name, method in methods.items()})()


def run(model, data=BLOBS, rule="margin"):
    """The scores of a short run."""
    split = al.split_dataset(data.y, random_state=0)
    return al.run_loop(data, split, rule, model=model, budget=26, batch=10).accuracy


@pytest.mark.parametrize(
    "answer",
    [
        lambda labels: labels.reshape(-1, 1),
        lambda labels: labels.reshape(1, -1),
        lambda labels: labels.tolist(),
        lambda labels: pd.DataFrame({"prediction": labels}),
        lambda labels: np.searchsorted(NAMES, labels),
        lambda labels: np.searchsorted(NAMES, labels).astype(float)[:, None],
        lambda labels: csr_array(np.searchsorted(NAMES, labels)[:, None]),
    ],
)
def test_labels_in_any_shape_or_as_codes_score_right(answer):
    assert run(odd(answer=answer)).tolist() == run(odd()).tolist()


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (lambda labels: None, "None"),
        (lambda labels: labels[0], "cat|dog|eel"),
        (lambda labels: labels[:-1], r"shape \(35,\)"),
        (lambda labels: (labels[:, None] == NAMES).astype(int), r"shape \(36, 3\)"),
        (lambda labels: np.where(np.arange(len(labels)) == 3, "fox", labels), "fox"),
        (lambda labels: np.searchsorted(NAMES, labels) + 0.25, "0.25|1.25|2.25"),
        (lambda labels: np.searchsorted(NAMES, labels) + 7, "7|8|9"),
        (lambda labels: np.ma.masked_array(labels, mask=np.arange(len(labels)) % 2), "array"),
        (lambda labels: (labels, np.eye(3)[np.searchsorted(NAMES, labels)]), "array"),
    ],
)
def test_what_is_no_label_of_each_row_is_refused_by_name(answer, found):
    with pytest.raises(ValueError, match=rf"Strange\.predict gives .*({found})"):
        run(odd(answer=answer))


@pytest.mark.parametrize(
    "chances",
    [
        lambda proba: 100 * proba,
        lambda proba: np.log(proba),
        lambda proba: proba + 1 / 3,
        lambda proba: proba[:, 0],
        lambda proba: np.where(proba > 0.5, np.nan, proba),
        lambda proba: [np.c_[1 - column, column] for column in proba.T],
        lambda proba: None,
    ],
)
def test_what_is_no_probability_is_refused_by_name(chances):
    with pytest.raises(ValueError, match=r"Strange\.predict_proba gives"):
        run(odd(chances=chances))


@pytest.mark.parametrize(
    "chances", [lambda proba: pd.DataFrame(proba, columns=NAMES)[NAMES[::-1]], pd.DataFrame, csr_array]
)
def test_probabilities_in_a_frame_or_sparse_are_those_of_their_names(chances):
    checked = CheckedClassifier(odd(chances=chances)).fit(X, NAMES[CODES])
    expected = LogisticRegression(max_iter=500).fit(X, NAMES[CODES]).predict_proba(X)
    np.testing.assert_allclose(checked.predict_proba(X), expected)


def test_probabilities_of_other_classes_than_predict_gives_are_refused_by_name():
    class Unnamed(Odd):
        def fit(self, X, y):
            self.model_ = LogisticRegression(max_iter=500).fit(X, y)
            return self

    with pytest.raises(ValueError, match=r"Strange\.predict_proba gives columns that name"):
        run(type("Strange", (Unnamed,), {"chances": staticmethod(lambda proba: proba[:, [1, 2, 0]])})())


def test_a_threshold_of_its_own_is_no_wrong_order():
    class Cautious(Odd):
        def predict(self, X):
            return self.classes_[(self.model_.predict_proba(X)[:, 1] > 0.02).astype(int)]

    assert run(Cautious(), al.Dataset("two", X, CODES == 1)).max() <= 1


@pytest.mark.parametrize("model", [LinearRegression(), make_pipeline(StandardScaler(), LinearRegression())])
def test_what_is_no_classifier_is_refused_wherever_a_model_is_taken(model):
    frame = pd.DataFrame(X).assign(y=np.where(np.arange(120) < 60, NAMES[CODES], ""))
    table = al.load_table(frame, "y")
    for take in (al.suggest, al.plan_study, al.forecast):
        with pytest.raises(TypeError, match=r"must be a scikit-learn classifier.* got LinearRegression"):
            take(table, model=model)


def test_suggestions_follow_the_order_of_classes():
    class Reversed(Odd):
        def fit(self, X, y):
            super().fit(X, y)
            self.classes_ = self.classes_[::-1]
            return self

        def predict_proba(self, X):
            return super().predict_proba(X)[:, ::-1]

    frame = pd.DataFrame(X).assign(y=np.where(np.arange(120) < 60, NAMES[CODES], ""))
    table = al.load_table(frame, "y")
    plain, other = (al.suggest(table, 5, strategy="margin", model=model) for model in (Odd(), Reversed()))
    pd.testing.assert_frame_equal(plain, other)


@pytest.mark.parametrize("labels", [NAMES[CODES], CODES * 10 + 5])
def test_models_that_want_codes_get_them(labels):
    class WantsCodes(Odd):
        def fit(self, X, y):
            if not np.array_equal(np.unique(y), np.arange(3)):
                raise ValueError(f"expected 0, 1, 2, got {np.unique(y)}")
            return super().fit(X, y)

    data = al.Dataset("blobs", X, labels)
    assert run(WantsCodes(), data).tolist() == run(Odd(), data).tolist()


def test_models_that_want_single_precision_get_it():
    class WantsSingle(Odd):
        def fit(self, X, y):
            if X.dtype != np.float32:
                raise RuntimeError("expected Float and found Double")
            return super().fit(X, y)

    assert np.abs(run(WantsSingle()) - run(Odd())).max() < 0.1


def test_errors_of_a_model_name_it():
    class Broken(Odd):
        def fit(self, X, y):
            raise RuntimeError("no such device")

    with pytest.raises(ValueError, match=r"Broken fails in fit .*no such device"):
        run(Broken())


def test_what_cannot_be_cloned_is_refused_by_name():
    class NoParameters(Odd):
        def __init__(self, *layers):
            self.layers = layers

    with pytest.raises(TypeError, match="NoParameters cannot be cloned"):
        al.make_model(NoParameters(1, 2))


def test_a_model_that_writes_into_its_rows_changes_nothing():
    class Writes(Odd):
        def predict(self, X):
            labels = super().predict(X)
            X *= 0
            return labels

    assert run(Writes()).tolist() == run(Odd()).tolist()


def test_models_of_scikit_learn_and_ours_are_not_wrapped():
    for model in (None, "svm", "label_spreading", LogisticRegression(), RandomForestClassifier()):
        assert not isinstance(al.make_model(model), CheckedClassifier)
    pipeline = al.make_model(make_pipeline(StandardScaler(), Odd()))
    assert isinstance(pipeline[-1], CheckedClassifier)


def test_a_model_without_a_seed_is_warned_of():
    with pytest.warns(UserWarning, match="RandomForestClassifier has no random seed.*random_state"):
        al.run_study(BLOBS, "random", model=RandomForestClassifier(5), n_splits=1, budget=8, n_jobs=1)


@pytest.mark.parametrize(
    "model", [RandomForestClassifier(5, random_state=0), LogisticRegression(), Odd(), "svm"]
)
def test_a_model_that_repeats_itself_is_not_warned_of(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        al.run_study(BLOBS, "random", model=model, n_splits=1, budget=8, n_jobs=1)
