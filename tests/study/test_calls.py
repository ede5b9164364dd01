"""Claims about calls: keywords, rules in any form, what a rule returns and may write to, small studies."""

import os
from inspect import Parameter, signature

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.svm import LinearSVC

import al_helpers as al
from active_learning.study import parallel
from active_learning.study.study import run_parts

SMALL = dict(n_splits=2, batch=5, budget=16, n_jobs=1)
STUDIES = [al.run_study, al.run_histories, run_parts]


def first_rows(round):
    return round.pool[: round.batch]


@pytest.fixture
def split(iris):
    return al.split_dataset(iris.y, random_state=0)


@pytest.mark.parametrize("function", [*STUDIES, al.run_loop], ids=lambda function: function.__name__)
def test_every_keyword_of_a_study_is_named_in_its_signature(function):
    assert all(p.kind is not Parameter.VAR_KEYWORD for p in signature(function).parameters.values())


def test_a_keyword_has_the_same_default_in_every_function_of_the_study():
    defaults = {}
    for function in (al.run_histories, al.run_study, run_parts, al.run_loop, al.split_dataset):
        for name, parameter in signature(function).parameters.items():
            if parameter.default is not Parameter.empty:
                defaults.setdefault(name, set()).add(parameter.default)
    assert {name: given for name, given in defaults.items() if len(given) > 1} == {}
    assert defaults["n_jobs"] == {-1} and defaults["batch"] == {10} and defaults["test_size"] == {0.3}


@pytest.mark.parametrize("function", STUDIES, ids=lambda function: function.__name__)
@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("splits", "n_splits"),
        ("seed", "random_state"),
        ("target", "stop_at"),
        ("jobs", "n_jobs"),
        ("batchsize", "batch"),
    ],
)
def test_an_unknown_keyword_is_refused_at_once_with_the_nearest_name(iris, function, name, nearest):
    with pytest.raises(
        TypeError, match=rf"{function.__name__}\(\) got .* '{name}'; did you mean {nearest}\?"
    ):
        function(iris, "random", **{name: 5})


def test_an_unknown_keyword_that_is_like_no_other_is_answered_with_the_valid_ones(iris, split):
    with pytest.raises(TypeError, match="'wibble'; valid: dataset, split, strategy, model"):
        al.run_loop(iris, split, "margin", wibble=1)


@pytest.mark.parametrize(
    ("strategies", "names"),
    [
        (["margin", first_rows, al.STRATEGIES["entropy"]], ["margin", "first_rows", "entropy"]),
        ({"a": "margin", "b": first_rows}, ["a", "b"]),
        (first_rows, ["first_rows"]),
        ((al.STRATEGIES["random"], "margin"), ["random", "margin"]),
    ],
)
def test_rules_come_by_name_or_as_functions_in_any_mixture(iris, strategies, names):
    curves = al.run_study(iris, strategies, **SMALL)
    assert curves["strategy"].unique().tolist() == names


def test_a_rule_of_the_registry_draws_the_same_rows_by_name_and_as_a_function(iris):
    runs = [al.run_histories(iris, rule, **SMALL) for rule in ("random", al.STRATEGIES["random"])]
    assert al.checksum(runs[0]) == al.checksum(runs[1])


def test_two_functions_of_one_name_are_not_taken_for_one(iris):
    with pytest.raises(ValueError, match=r"two strategies are called '<lambda>'"):
        al.run_study(iris, [lambda round: round.pool[:5], lambda round: round.pool[-5:]], **SMALL)


@pytest.mark.parametrize("score", [al.margin, al.entropy, al.least_confidence])
@pytest.mark.parametrize("wrapped", [lambda s: s, lambda s: ["random", s], lambda s: {"mine": s}])
def test_a_score_where_a_rule_is_wanted_is_refused_with_the_rule_to_use(iris, score, wrapped):
    name = score.__name__
    with pytest.raises(TypeError, match=f"{name} is a score .* use its name, '{name}'"):
        al.run_study(iris, wrapped(score), **SMALL)


BAD = [
    (lambda round: None, TypeError, "got None"),
    (lambda round: {*round.pool[: round.batch].tolist()}, TypeError, "of type set"),
    (lambda round: round.pool[: round.batch] / 1, TypeError, "array.* of type ndarray"),
    (lambda round: np.arange(round.batch) + 10**6, ValueError, r"got row 1000000; if these are positions"),
    (lambda round: round.pool[np.zeros(round.batch, int)], ValueError, "rows of which only 1 differ"),
    (lambda round: round.labeled[: round.batch], ValueError, "got row"),
    (lambda round: round.pool[:1], ValueError, "got 1$"),
]


@pytest.mark.parametrize(("rule", "error", "message"), BAD)
def test_what_a_rule_returns_is_refused_by_what_it_is(iris, split, rule, error, message):
    with pytest.raises(error, match=f"must return 4 distinct rows of the pool.*{message}"):
        al.run_loop(iris, split, rule, batch=4)
    frame = pd.DataFrame(iris.X).assign(label=np.where(np.arange(150) % 3, "", iris.y.astype(str)))
    with pytest.raises(error, match=f"must return 4 distinct rows of the pool.*{message}"):
        al.suggest(al.load_table(frame, "label"), 4, strategy=rule)


def test_a_rule_that_the_classifier_cannot_serve_is_refused_before_any_rule_runs(iris):
    asked = []
    rules = {"mine": lambda round: asked.append(1) or round.pool[: round.batch], "entropy": "entropy"}
    with pytest.raises(ValueError, match="strategy 'entropy' needs predict_proba"):
        al.run_study(iris, rules, **SMALL | {"model": LinearSVC()})
    assert not asked


def write(values):
    try:
        values[:] = 7
    except (ValueError, TypeError):
        return


def vandal(round):
    """A rule that writes to all that it is shown, as far as it can."""
    for array in (round.labeled, round.y, round.pool):
        write(array)
    for part in ("data", "indices", "indptr") if sparse.issparse(round.X) else ():
        write(getattr(round.X, part))
    write(round.X.iloc if hasattr(round.X, "iloc") else round.X)
    return round.pool[: round.batch]


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, sparse.csr_matrix, sparse.csr_array])
def test_no_rule_can_change_the_callers_data(iris, split, kind):
    dataset = al.Dataset("mine", kind(iris.X), iris.y.copy())
    history = al.run_loop(dataset, split, vandal, batch=5, budget=16)
    X = dataset.X.toarray() if sparse.issparse(dataset.X) else np.asarray(dataset.X)
    assert np.array_equal(X, iris.X) and np.array_equal(dataset.y, iris.y)
    assert history.queried.tolist() == split.pool[:10].tolist()


def who(round):
    pids.append(os.getpid())
    return first_rows(round)


pids = []


def test_a_study_shorter_than_the_start_of_workers_runs_here_with_the_same_result(iris):
    pids.clear()
    here = al.run_histories(iris, {"who": who, "random": "random"}, **SMALL | {"n_jobs": 2})
    assert set(pids) == {os.getpid()} and len(pids) == 2 * 2
    alone = al.run_histories(iris, {"who": who, "random": "random"}, **SMALL)
    assert list(here) == list(alone) and al.checksum(here) == al.checksum(alone)


@pytest.mark.parametrize("n_splits", [3, 10])
def test_a_study_goes_to_workers_once_it_seems_long_with_the_same_result(iris, monkeypatch, n_splits):
    settings = SMALL | dict(n_splits=n_splits)
    alone = al.run_histories(iris, ["random", "margin"], **settings)
    for seconds in (0.0, 0.02):
        monkeypatch.setattr(parallel, "START", seconds)
        pids.clear()
        split = al.run_histories(iris, ["random", "margin"], **settings | {"n_jobs": 2})
        assert list(split) == list(alone) and al.checksum(split) == al.checksum(alone)
