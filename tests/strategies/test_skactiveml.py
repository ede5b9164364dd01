"""Rules of scikit-activeml in our loop: those that both have choose the same rows."""

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.strategies.skactiveml import from_skactiveml

pool = pytest.importorskip("skactiveml.pool", exc_type=ImportError)

SAME = {"least_confidence": "least_confident", "margin": "margin_sampling", "entropy": "entropy"}


@pytest.mark.parametrize("dataset", ["iris", "wine", "breast_cancer"])
@pytest.mark.parametrize("name", SAME)
def test_rules_that_both_have_choose_the_same_rows(dataset, name):
    data = al.load_dataset(dataset)
    split = al.split_dataset(data.y, random_state=0)
    how = dict(batch=5, budget=40, random_state=0)
    ours = al.run_loop(data, split, name, **how)
    theirs = al.run_loop(data, split, from_skactiveml(pool.UncertaintySampling(SAME[name])), **how)
    assert len(ours.queried) == len(theirs.queried) > 30
    for start in range(0, len(ours.queried), 5):  # in a batch the order may differ
        assert {*ours.queried[start : start + 5]} == {*theirs.queried[start : start + 5]}


def test_a_rule_without_a_classifier_runs_in_a_study_and_repeats_itself():
    rules = {"random": al.STRATEGIES["random"], "core": from_skactiveml(pool.CoreSet())}
    runs = [al.run_study(al.load_dataset("iris"), rules, n_splits=2, budget=26, n_jobs=1) for _ in range(2)]
    assert runs[0].equals(runs[1]) and set(runs[0]["strategy"]) == {"random", "core"}


def test_a_rule_that_draws_at_random_draws_from_the_stream_of_the_run():
    data, rule = al.load_dataset("iris"), from_skactiveml(pool.RandomSampling())
    split, how = al.split_dataset(data.y, random_state=0), dict(batch=5, budget=11)
    rows = [al.run_loop(data, split, rule, random_state=seed, **how).queried.tolist() for seed in (0, 0, 1)]
    assert rows[0] == rows[1] != rows[2]


def test_the_rules_name_is_that_of_its_class_and_two_can_stand_in_a_study():
    rules = ["random", al.from_skactiveml(pool.CoreSet()), al.from_skactiveml(pool.MaxHerding())]
    curves = al.run_study(al.load_dataset("iris"), rules, n_splits=1, budget=16, n_jobs=1)
    assert [*curves["strategy"].unique()] == ["random", "skactiveml:CoreSet", "skactiveml:MaxHerding"]


def test_a_classifier_of_the_users_takes_the_place_of_the_studys():
    from skactiveml.classifier import MixtureModelClassifier

    iris = al.load_dataset("iris")
    how = dict(n_splits=1, budget=16, n_jobs=1)
    with pytest.raises(TypeError, match=r"skactiveml:FourDs: .*clf=\.\.\."):
        al.run_study(iris, ["random", al.from_skactiveml(pool.FourDs())], **how)
    wrong = al.from_skactiveml(pool.CoreSet(metric="none"))
    with pytest.raises(
        (TypeError, ValueError), match=r"skactiveml:CoreSet: (?!.*another classifier)"
    ):  # it takes none
        al.run_study(iris, ["random", wrong], **how)
    rule = al.from_skactiveml(pool.FourDs(), clf=MixtureModelClassifier(classes=[0, 1, 2]))
    assert len(al.run_study(iris, ["random", rule], **how)) == 4


def test_rules_that_pass_weights_to_fit_run_with_the_default_classifier():
    iris = al.load_dataset("iris")
    few = al.Dataset("few", iris.X[::4], iris.y[::4])
    rules = ["random", al.from_skactiveml(pool.MonteCarloEER())]
    assert len(al.run_study(few, rules, n_splits=1, budget=7, batch=1, n_jobs=1)) == 4


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: al.from_skactiveml(pool.MaxHerding), "must be a pool rule of scikit-activeml"),
        (lambda: al.from_skactiveml("margin"), "must be a pool rule of scikit-activeml"),
        (lambda: al.from_skactiveml(pool.QueryByCommittee()), "needs ensemble: .*ensemble=[.]"),
        (lambda: al.from_skactiveml(pool.RegressionTreeBasedAL()), "a rule for regression"),
        (lambda: al.from_skactiveml(pool.MaxHerding(), batch_size=3), "batch_size cannot be set"),
        (lambda: al.from_skactiveml(pool.MaxHerding(), clf=3), "takes no 'clf'"),
        (lambda: al.run_study(al.load_dataset("iris"), ["random", pool.MaxHerding()]), "al.from_skactiveml"),
        (lambda: al.run_study(al.load_dataset("iris"), "skactiveml:MaxHerding"), "al.from_skactiveml"),
    ],
)
def test_what_cannot_run_is_refused_before_the_first_round(make, words):
    with pytest.raises(TypeError, match=words):
        make()


def test_labels_may_be_texts():
    iris = al.load_dataset("iris")
    named = al.Dataset("iris", iris.X, np.array(["a", "b", "c"])[iris.y])
    rule = from_skactiveml(pool.UncertaintySampling("margin_sampling"))
    how = dict(n_splits=1, budget=26, n_jobs=1)
    assert al.run_study(named, {"random": rule}, **how).equals(al.run_study(iris, {"random": rule}, **how))


def test_a_rule_sees_the_columns_of_a_users_table_as_numbers():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=80), "colour": rng.choice(["red", "blue"], 80)})
    table = al.load_table(frame.assign(y=np.where(frame["size"] > 0, "yes", "no")), "y")
    dataset, settings, *_ = al.plan_study(table, target=0.8)
    rules = {"random": al.STRATEGIES["random"], "cover": from_skactiveml(pool.ProbCover())}
    how = dict(model=settings["model"], n_splits=1, budget=24, n_jobs=1)
    assert {*al.run_study(dataset, rules, **how)["strategy"]} == {*rules}
