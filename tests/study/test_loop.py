"""Claims about one learning curve."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.metrics import balanced_accuracy_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_info

import al_helpers as al
from active_learning.models.registry import default_model


def naive_loop(dataset, split, score, model, batch, budget):
    """The loop as one would write it first: lists, a full sort of every row, no shortcuts."""
    labeled, pool = list(split.seed), list(split.pool)
    n_labels, accuracy = [], []
    while True:
        model = clone(model).fit(dataset.X[labeled], dataset.y[labeled])
        guesses = dict(zip(split.test, model.predict(dataset.X[split.test]), strict=True))
        right = [guesses[row] == dataset.y[row] for row in split.test]
        n_labels.append(len(labeled))
        accuracy.append(sum(right) / len(right))
        wanted = min(batch, budget - len(labeled), len(pool))
        if wanted <= 0:
            return n_labels, accuracy, labeled[len(split.seed) :]
        scores = score(model.predict_proba(dataset.X[pool]))
        best = sorted(range(len(pool)), key=lambda i: (-scores[i], pool[i]))[:wanted]
        queried = [pool[i] for i in best]
        labeled += queried
        pool = [row for row in pool if row not in queried]


def naive_scores():
    return {
        "least_confidence": lambda proba: [1 - max(row) for row in proba],
        "margin": lambda proba: [sorted(row)[-2] - sorted(row)[-1] for row in proba],
        "entropy": lambda proba: al.entropy(proba),  # its sum's last bit depends on the order of adding
    }


@pytest.mark.parametrize("name", naive_scores())
@pytest.mark.parametrize(("batch", "budget"), [(1, 12), (7, 30), (50, 1000)])
def test_loop_matches_a_naive_rewrite(iris, name, batch, budget):
    split, model = al.split_dataset(iris.y, random_state=1), GaussianNB()
    n_labels, accuracy, queried = naive_loop(iris, split, naive_scores()[name], model, batch, budget)
    history = al.run_loop(iris, split, name, model=model, batch=batch, budget=budget)
    assert list(history.queried) == queried
    assert list(history.n_labels) == n_labels
    assert history.accuracy == pytest.approx(accuracy)


def test_loop_on_digits_matches_a_naive_rewrite(digits):
    split = al.split_dataset(digits.y, random_state=0)
    naive = naive_loop(digits, split, naive_scores()["margin"], default_model(), 10, 50)
    history = al.run_loop(digits, split, "margin", budget=50)
    assert (list(history.n_labels), list(history.queried)) == (naive[0], naive[2])
    assert history.accuracy == pytest.approx(naive[1])


@settings(deadline=None, max_examples=20)
@given(
    name=st.sampled_from(list(al.STRATEGIES)),
    batch=st.integers(3, 60),
    budget=st.integers(6, 160),
    random_state=st.integers(0, 1000),
)
def test_loop_keeps_its_invariants(name, batch, budget, random_state):
    dataset = al.load_dataset("iris")
    split = al.split_dataset(dataset.y, random_state=random_state)
    settings = dict(model=GaussianNB(), batch=batch, budget=budget, random_state=random_state)
    history = al.run_loop(dataset, split, name, **settings)
    end = min(budget, len(split.seed) + len(split.pool))
    queried = np.diff(history.n_labels)
    assert (history.n_labels[0], history.n_labels[-1]) == (6, end)
    assert np.all(queried[:-1] == batch) and np.all(
        (queried > 0) & (queried <= batch)
    )  # only the last is cut
    assert len(history.accuracy) == len(history.n_labels)
    assert np.all((history.accuracy >= 0) & (history.accuracy <= 1))
    assert len(np.unique(history.queried)) == len(history.queried) == end - 6
    assert np.isin(history.queried, split.pool).all()


def test_loop_shows_a_strategy_what_was_queried_and_nothing_else(iris):
    split, rounds = al.split_dataset(iris.y, random_state=0), []

    def spy(round):
        rounds.append(round)
        return round.pool[[-1, 0]]

    history = al.run_loop(iris, split, spy, batch=2, budget=12)
    for i, round in enumerate(rounds):
        assert list(round.labeled) == [*split.seed, *history.queried[: 2 * i]]
        assert list(round.y) == list(iris.y[round.labeled])
        assert list(round.pool) == sorted(set(split.pool) - set(round.labeled))
        assert round.batch == 2
    assert len(rounds) == 3


def test_loop_never_learns_from_labels_it_has_not_queried(iris):
    """Scrambling the labels of the test set and of the rows never queried changes no query."""
    split = al.split_dataset(iris.y, random_state=0)
    history = al.run_loop(iris, split, "margin", batch=3, budget=30)
    hidden = np.setdiff1d(np.arange(150), [*split.seed, *history.queried])
    y = iris.y.copy()
    y[hidden] = (y[hidden] + 1) % 3
    scrambled = al.run_loop(al.Dataset("scrambled", iris.X, y), split, "margin", batch=3, budget=30)
    assert np.array_equal(scrambled.queried, history.queried)
    assert not np.array_equal(scrambled.accuracy, history.accuracy)


@pytest.mark.parametrize(("budget", "n_labels"), [(6, [6]), (14, [6, 14]), (15, [6, 14, 15])])
def test_loop_ends_exactly_on_the_budget(iris, budget, n_labels):
    history = al.run_loop(iris, al.split_dataset(iris.y, random_state=0), "margin", batch=8, budget=budget)
    assert list(history.n_labels) == n_labels


def test_loop_ends_quietly_when_the_pool_is_empty(iris, recwarn):
    split = al.split_dataset(iris.y, test_size=100, random_state=0)
    history = al.run_loop(iris, split, "margin", batch=30, budget=1000)
    assert list(history.n_labels) == [6, 36, 50]
    assert np.array_equal(np.sort(history.queried), split.pool)
    empty = al.Split(np.concatenate([split.seed, split.pool]), [], split.test)
    assert list(al.run_loop(iris, empty, "margin").n_labels) == [50]
    assert not recwarn.list


def test_loop_clones_the_model_and_never_mutates_its_inputs(iris):
    model, split = DecisionTreeClassifier(random_state=0), al.split_dataset(iris.y, random_state=0)
    before = [iris.X.copy(), iris.y.copy(), split.seed.copy(), split.pool.copy()]
    al.run_loop(iris, split, "margin", model=model, budget=30)
    assert not hasattr(model, "tree_")
    for now, then in zip([iris.X, iris.y, split.seed, split.pool], before, strict=True):
        assert np.array_equal(now, then)


def test_loop_runs_on_one_thread_and_gives_the_others_back(iris):
    def threads():
        return [library["num_threads"] for library in threadpool_info()]

    def first_row(round):
        seen.update(threads())
        return round.pool[: round.batch]

    before, seen = threads(), set()
    al.run_loop(iris, al.split_dataset(iris.y, random_state=0), first_row, budget=20)
    assert seen == {1} and threads() == before


def test_loop_repeats_with_its_seed_and_varies_with_another(iris):
    split = al.split_dataset(iris.y, random_state=0)
    one, same, other = (al.run_loop(iris, split, "random", random_state=s).queried for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    "as_matrix",
    [pd.DataFrame, scipy.sparse.csr_matrix, scipy.sparse.csr_array, scipy.sparse.coo_array],
    ids=["frame", "csr_matrix", "csr_array", "coo_array"],
)
@pytest.mark.parametrize("name", ["margin", "entropy", "random"])
def test_loop_queries_the_same_rows_from_any_kind_of_matrix(iris, as_matrix, name):
    split = al.split_dataset(iris.y, random_state=0)
    other = al.Dataset("other", as_matrix(iris.X), iris.y)
    expected = al.run_loop(iris, split, name, batch=5, budget=26)
    history = al.run_loop(other, split, name, batch=5, budget=26)
    assert np.array_equal(history.queried, expected.queried)
    assert np.array_equal(history.accuracy, expected.accuracy)


@pytest.mark.parametrize("names", [["no", "yes"], [False, True]])
def test_loop_takes_labels_of_any_kind(names):
    X, y = make_classification(n_samples=120, random_state=0)
    split = al.split_dataset(y, random_state=0)
    numbers = al.run_loop(al.Dataset("numbers", X, y), split, "margin", budget=40)
    named = al.run_loop(al.Dataset("named", X, np.array(names)[y]), split, "margin", budget=40)
    assert np.array_equal(named.queried, numbers.queried)
    assert np.array_equal(named.accuracy, numbers.accuracy)


def test_loop_takes_a_frame_with_text_columns_through_a_pipeline():
    rng = np.random.default_rng(0)
    colour = rng.choice(["red", "green", "blue"], 200)
    size = pd.array(rng.integers(0, 9, 200), dtype="Int64")
    frame = pd.DataFrame({"colour": colour, "size": size}, index=rng.permutation(200))
    dataset = al.Dataset("frame", frame, np.where(colour == "red", "stop", "go"))
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    split = al.split_dataset(dataset.y, random_state=0)
    assert al.run_loop(dataset, split, "margin", model=model, budget=40).accuracy[-1] > 0.95


@pytest.mark.parametrize(
    "model",
    [
        GaussianNB(),
        KNeighborsClassifier(3),
        DecisionTreeClassifier(random_state=0),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.parametrize("name", al.CLASSIC)
def test_loop_works_with_other_classifiers(iris, model, name):
    split = al.split_dataset(iris.y, random_state=0)
    history = al.run_loop(iris, split, name, model=model, budget=40)
    rows = np.concatenate([split.seed, history.queried])
    refitted = clone(model).fit(iris.X[rows], iris.y[rows])
    assert history.accuracy[-1] == refitted.score(iris.X[split.test], iris.y[split.test])


def test_margin_needs_no_probabilities_and_agrees_with_the_decision_values(iris):
    split = al.split_dataset(iris.y, random_state=0)
    first = al.run_loop(iris, split, "margin", model=LinearSVC(), batch=1, budget=7).queried[0]
    decision = np.sort(
        LinearSVC().fit(iris.X[split.seed], iris.y[split.seed]).decision_function(iris.X[split.pool])
    )
    assert first == split.pool[(decision[:, -1] - decision[:, -2]).argmin()]


def test_loop_measures_balanced_accuracy_when_asked():
    X, y = make_classification(n_samples=400, weights=[0.9], random_state=0)
    dataset, split = al.Dataset("rare", X, y), al.split_dataset(y, random_state=0)
    model = GaussianNB()
    history = al.run_loop(dataset, split, "random", model=model, budget=4, metric="balanced_accuracy")
    predicted = model.fit(X[split.seed], y[split.seed]).predict(X[split.test])
    assert history.accuracy[0] == pytest.approx(balanced_accuracy_score(y[split.test], predicted))


def with_value(X, value):
    X = X.copy()
    X[3, 1] = X[5, 0] = value
    return X


@pytest.mark.parametrize("as_matrix", [np.asarray, pd.DataFrame, scipy.sparse.csr_array])
@pytest.mark.parametrize(
    ("value", "names"), [(np.nan, "2 missing.*NaN"), (np.inf, "2 infinite"), (-np.inf, "2 inf")]
)
def test_loop_rejects_a_matrix_with_nan_or_infinity(iris, as_matrix, value, names):
    dataset = al.Dataset("holes", as_matrix(with_value(iris.X, value)), iris.y)
    with pytest.raises(ValueError, match=names):
        al.run_loop(dataset, al.split_dataset(iris.y, random_state=0), "margin")


def test_loop_lets_a_model_that_takes_nan_have_it(iris):
    dataset = al.Dataset("holes", with_value(iris.X, np.nan), iris.y)
    model, split = DecisionTreeClassifier(random_state=0), al.split_dataset(iris.y, random_state=0)
    assert al.run_loop(dataset, split, "random", model=model, budget=40).accuracy[-1] > 0.8


@pytest.mark.parametrize(
    ("change", "error", "names"),
    [
        ({"strategy": "magic"}, ValueError, "magic.*random.*entropy"),
        ({"batch": 0}, ValueError, "batch.*at least 1, got 0"),
        ({"batch": 2.5}, TypeError, "batch.*2.5"),
        ({"budget": 5}, ValueError, "budget.*6.*got 5"),
        ({"budget": "all"}, TypeError, "budget.*all"),
        ({"metric": "f2"}, ValueError, "f2.*accuracy, balanced_accuracy, f1"),
        ({"model": LinearRegression()}, TypeError, "LinearRegression"),
        (
            {"model": Perceptron(), "strategy": "entropy"},
            ValueError,
            "entropy.*predict_proba.*Perceptron.*margin",
        ),
        ({"model": LinearSVC(), "strategy": "least_confidence"}, ValueError, "predict_proba.*LinearSVC"),
        (
            {"strategy": lambda round: round.labeled[: round.batch]},
            ValueError,
            "10 distinct rows of the pool",
        ),
        ({"strategy": lambda round: np.repeat(round.pool[0], round.batch)}, ValueError, "10 distinct rows"),
        ({"strategy": lambda round: round.pool[:3]}, ValueError, "10 distinct rows"),
    ],
)
def test_loop_names_a_bad_setting(iris, change, error, names):
    split = al.split_dataset(iris.y, random_state=0)
    with pytest.raises(error, match=names):
        al.run_loop(iris, **{"split": split, "strategy": "margin"} | change)


def test_loop_rejects_a_seed_set_of_one_class(iris):
    with pytest.raises(ValueError, match=r"one class.*2 are needed"):
        al.run_loop(iris, al.Split(range(5), range(5, 100), range(100, 150)), "margin")


def test_loop_rejects_an_unknown_classifier_and_lists_the_valid_ones(iris):
    with pytest.raises(ValueError, match=r"forest.*logistic_regression.*label_spreading"):
        al.run_loop(iris, al.split_dataset(iris.y, random_state=0), "margin", model="forest")


@pytest.mark.parametrize("at", [0, 3, -1])
def test_stop_at_ends_a_run_at_the_first_round_that_reaches_it_and_changes_nothing_before(iris, at):
    split = al.split_dataset(iris.y, random_state=0)
    whole = al.run_loop(iris, split, "random", batch=2, budget=40, random_state=1)
    goal = np.unique(whole.accuracy)[at]  # equal to it is enough
    stopped = al.run_loop(iris, split, "random", batch=2, budget=40, random_state=1, stop_at=goal)
    rounds = int(np.argmax(whole.accuracy >= goal)) + 1
    assert list(stopped.accuracy) == list(whole.accuracy[:rounds])
    assert list(stopped.n_labels) == list(whole.n_labels[:rounds])
    assert list(stopped.queried) == list(whole.queried[: 2 * (rounds - 1)])


def test_stop_at_that_is_never_reached_spends_the_budget(iris):
    split = al.split_dataset(iris.y, random_state=0)
    history = al.run_loop(iris, split, "margin", batch=4, budget=20, stop_at=1.01)
    assert history.n_labels[-1] == 20


@pytest.mark.parametrize("part", ["seed", "pool", "test"])
def test_loop_names_a_row_beyond_the_data(iris, part):
    split = al.split_dataset(iris.y, random_state=0)
    beyond = dataclasses.replace(split, **{part: np.r_[getattr(split, part), 150]})
    with pytest.raises(ValueError, match=r"row 150.*only 150 rows"):
        al.run_loop(iris, beyond, "random", budget=20)


def test_a_history_cannot_be_changed():
    history = al.History(np.array([2]), np.array([0.5]), np.array([], dtype=int))
    with pytest.raises(dataclasses.FrozenInstanceError):
        history.accuracy = np.array([1.0])


def test_a_rule_that_measures_distances_sees_what_the_last_step_of_a_pipeline_sees(iris):
    seen = []

    def rule(round):
        seen.append((round.X.copy(), type(round.model)))
        return round.pool[: round.batch]

    rule.requirements = ("numeric",)
    split = al.split_dataset(iris.y, random_state=0)
    pipeline = make_pipeline(StandardScaler(), GaussianNB())
    al.run_loop(iris, split, rule, model=pipeline, batch=5, budget=12)
    X, model = seen[0]
    assert model is GaussianNB
    np.testing.assert_allclose(X, StandardScaler().fit(iris.X[split.seed]).transform(iris.X))
    rule.requirements = ()
    al.run_loop(iris, split, rule, model=pipeline, batch=5, budget=12)
    assert np.array_equal(seen[-1][0], iris.X) and seen[-1][1] is type(pipeline)
