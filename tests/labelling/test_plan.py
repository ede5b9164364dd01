"""Claims about suggesting rows of a table to label, and planning a study of it."""

import numpy as np
import pandas as pd
import pytest
from examples import MIXED, mixed_table, run
from sklearn.base import clone

import al_helpers as al
from active_learning.labelling.plan import better_classifier, study_sizes, table_model
from active_learning.models.label_spreading import GraphSpreading
from active_learning.models.registry import fit
from active_learning.strategies.base import requires
from al_helpers import load_table, plan_study, suggest


@pytest.mark.parametrize(
    "labels, message",
    [([None] * 40, "no labelled rows"), (["a"] * 20 + [None] * 20, "one class 'a' in 20 labels")],
)
def test_a_study_is_refused_with_too_few_classes(labels, message):
    table = load_table(mixed_table().assign(label=labels), "label")
    with pytest.raises(ValueError, match=message):
        plan_study(table)


def test_suggest_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match=r"unknown strategy 'best'.*margin"):
        suggest(load_table(mixed_table(), "label"), 3, strategy="best")
    with pytest.raises(ValueError, match="at least 1, got 0"):
        suggest(load_table(mixed_table(), "label"), 0)
    with pytest.raises(ValueError, match="nothing to suggest"):
        suggest(load_table(mixed_table(n_labeled=40), "label"), 3)


def test_suggest_asks_for_the_smallest_margins_of_the_pool():
    table = load_table(mixed_table(), "label", id_column="id")
    all_rows = suggest(table, 999, strategy="margin")
    assert sorted(all_rows["id"]) == sorted(MIXED["id"][20:])  # n is cut to the pool
    assert all_rows["score"].is_monotonic_decreasing
    np.testing.assert_allclose(all_rows["score"], all_rows["p_2"] - all_rows["p_1"])
    assert suggest(table, 4, strategy="margin")["id"].tolist() == all_rows["id"].tolist()[:4]


def test_suggest_names_rows_by_index_when_there_is_no_id_column():
    frame = mixed_table().set_index("id")
    named = suggest(load_table(frame, "label"), 5)["id"]
    assert frame.loc[named, "label"].isna().all()


def test_suggestions_do_not_depend_on_the_order_of_the_rows():
    frame = mixed_table().assign(size=lambda f: f["size"] + np.linspace(0, 0.1, 40))
    order = np.random.default_rng(3).permutation(40)
    table, shuffled = (load_table(f, "label", id_column="id") for f in (frame, frame.iloc[order]))
    np.testing.assert_array_equal(table.X[order], shuffled.X)
    one, other = (suggest(each, 5, strategy="margin")["id"].tolist() for each in (table, shuffled))
    assert one == other


def test_an_extreme_cell_of_a_pool_row_changes_few_other_predictions():
    """Scales and levels come from all rows, but one cell typed wrong moves no scale by much."""
    frame = mixed_table()
    changed = frame.copy()
    changed.loc[39, ["size", "colour"]] = [1e6, "ultraviolet"]
    scores, after = (
        suggest(load_table(f, "label", id_column="id"), 20, strategy="margin")
        .set_index("id")
        .drop("0039")
        .sort_index()
        for f in (frame, changed)
    )
    assert (scores["guess_1"] == after["guess_1"]).mean() > 0.9


def test_a_pool_label_changes_no_query_of_the_study():
    """The representation learns from features alone: a pool label changes nothing before it is queried."""
    table = load_table(mixed_table(n_labeled=40), "label", id_column="id")
    dataset, settings, _, _ = plan_study(table, target=0.9)
    split = al.split_dataset(dataset.y, random_state=1)
    runs = [
        al.run_loop(al.Dataset("t", dataset.X, y), split, rule, model=settings["model"], budget=8, batch=4)
        for y in (dataset.y, np.where(np.isin(np.arange(40), split.pool), dataset.y[::-1], dataset.y))
        for rule in ("margin", "entropy")
    ]
    assert runs[0].queried.tolist() == runs[2].queried.tolist()
    assert runs[1].queried.tolist() == runs[3].queried.tolist()


def test_a_rule_that_measures_distances_sees_features_as_the_classifier_does():
    table = load_table(mixed_table().assign(huge=np.arange(40) % 7 * 1e9), "label", id_column="id")
    seen = {}

    @requires("numeric")
    def spy(round):
        seen["X"], seen["model"] = round.X, round.model
        return round.pool[: round.batch]

    assert suggest(table, 2, strategy=spy)["id"].tolist() == ["0020", "0021"]
    assert np.abs(seen["X"]).max() < 10 and seen["X"].shape[0] == 40
    seen["model"].predict_proba(seen["X"])
    assert len(suggest(table, 5, strategy="diverse_margin")["id"].unique()) == 5


def test_label_spreading_sees_the_pools_preprocessed_features_and_no_hidden_label():
    table = load_table(mixed_table(n_labeled=30), "label", id_column="id")
    codes = np.unique(table.y.astype(str), return_inverse=True)[1]
    model, known = table_model(table, "label_spreading"), np.arange(6)
    fit(model, table.X, codes, known, np.arange(6, 40))
    features = clone(table.preprocessor).fit_transform(table.X)
    by_hand = GraphSpreading().fit(features, np.where(np.arange(40) < 6, codes, -1))
    np.testing.assert_array_equal(model[-1].distributions_, by_hand.distributions_)


def test_label_spreading_suggests_from_a_table_and_can_be_measured_on_it():
    table = load_table(mixed_table(), "label", id_column="id")
    suggestions = suggest(table, 5, strategy="margin", model="label_spreading")
    assert suggestions["score"].is_monotonic_decreasing and set(suggestions["guess_1"]) <= {"yes", "no"}
    dataset, settings, target, _ = plan_study(table, model="label_spreading")
    curves = al.run_study(dataset, ["random", "margin"], n_splits=2, n_jobs=1, **settings)
    assert 0 < target <= 1 and curves["accuracy"].between(0, 1).all()


def test_suggest_names_the_classifiers_that_give_probabilities():
    with pytest.raises(ValueError, match="SVC gives none; classifiers that do: logistic_regression, knn"):
        suggest(load_table(mixed_table(), "label"), 3, model="svm")


@pytest.mark.parametrize("n, k", [(6, 2), (12, 3), (150, 3), (199, 50), (300, 100), (1000, 2), (10000, 10)])
def test_study_sizes_fit_every_table(n, k):
    y = np.arange(n) % k
    sizes, sentence = study_sizes(y)
    splitting = {name: sizes[name] for name in ("seed_per_class", "test_size")}
    split = al.split_dataset(y, random_state=0, **splitting)
    assert len(split.seed) <= sizes["budget"] <= len(split.seed) + len(split.pool)
    assert set(y[split.test]) <= set(y[split.seed])
    assert f"tests on {len(split.test)} " in sentence and f"up to {sizes['budget']} of" in sentence


def test_plan_study_keeps_to_labelled_rows_and_given_sizes():
    table = load_table(mixed_table(n_labeled=30), "label", id_column="id", keep=["size"])
    dataset, settings, target, sentences = plan_study(table, target=0.8, batch=3, budget=9)
    assert len(dataset.y) == len(dataset.X) == 30
    assert (settings["batch"], settings["budget"], target, len(sentences)) == (3, 9, 0.8, 2)
    assert np.isnan(dataset.X).any()  # imputed in the loop, from what may be seen
    curves = al.run_study(dataset, "random", n_splits=2, n_jobs=1, **settings)
    assert curves["n_labels"].max() == 9


def test_derived_target_is_what_random_labels_reach_less_one_standard_error():
    far = np.r_[np.arange(50.0) % 9, 100 + np.arange(50.0) % 7]
    table = load_table(pd.DataFrame({"x": far, "label": ["a"] * 50 + ["b"] * 50}), "label")
    _, _, target, sentences = plan_study(table, metric="balanced_accuracy")
    assert target == 1.0
    assert "reach 100.0% (mean of 10 splits), less one standard deviation" in sentences[1]


def test_a_class_too_small_to_be_split_is_left_out_of_the_study_and_named():
    frame = mixed_table()
    frame.loc[0, "label"] = "rare"
    dataset, _, _, sentences = plan_study(load_table(frame, "label"), target=0.9)
    assert len(dataset.y) == 19 and "rare" not in dataset.y and "'rare (1)'" in sentences[0]
    frame.loc[:18, "label"] = [f"own {i}" for i in range(19)]
    with pytest.raises(ValueError, match="2 classes with at least 2 labelled rows each"):
        plan_study(load_table(frame, "label"))


def test_plan_study_advises_another_metric_above_80_percent():
    frame = pd.DataFrame({"x": np.arange(100.0) ** 2 % 7, "label": ["a"] * 80 + ["b"] * 20})
    assert len(plan_study(load_table(frame, "label"), target=0.9)[3]) == 2
    frame.loc[80:84, "label"] = "a"
    said = plan_study(load_table(frame, "label"), target=0.9)[3]
    assert "always saying 'a' is right in 85% of the labelled rows" in said[1]
    assert len(plan_study(load_table(frame, "label"), target=0.9, metric="balanced_accuracy")[3]) == 2


def test_a_plan_sets_the_target_beside_what_always_saying_one_class_scores():
    frame = pd.DataFrame({"x": np.arange(100.0) ** 2 % 7, "label": ["a"] * 70 + ["b"] * 30})
    table = load_table(frame, "label")
    assert plan_study(table, target=0.9)[3][-1] == "Always saying 'a' scores 70.0%."
    no_higher = "Always saying 'a' scores 70.0%, and the target is no higher: reaching it shows nothing."
    assert plan_study(table, target=0.7)[3][-1] == no_higher
    assert "'a' scores 50.0%." in plan_study(table, target=0.7, metric="balanced_accuracy")[3][-1]
    assert "'a' scores 41.2%." in plan_study(table, target=0.7, metric="f1")[3][-1]  # (2 * .7 / 1.7 + 0) / 2


def left_table(n=300):
    """Who left a firm: those with too few projects, too many, and five; as no plane and no ball can say."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"projects": rng.integers(2, 8, n), "years": rng.integers(1, 9, n)})
    frame = frame.assign(hours=rng.integers(100, 300, n), score=rng.uniform(size=n))
    return frame.assign(left=np.where(frame["projects"].isin([2, 5, 7]), "yes", "no"))


def better_on(frame, label, current="logistic_regression"):
    table = load_table(frame, label, keep=[name for name in frame if name == "projects"])
    dataset, settings, _, _ = plan_study(table, target=0.9, model=current, budget=120)
    return better_classifier(table, dataset, settings, current, n_splits=3, n_jobs=1)


def test_a_better_classifier_is_named_where_trees_win_by_more_than_two_standard_errors():
    sentence = better_on(left_table(), "left")
    assert "the same 120 random labels: extra_trees scores 9" in sentence
    assert "logistic_regression" in sentence and sentence.endswith("try --classifier extra_trees.")
    assert better_on(left_table(), "left", "extra_trees") == ""


def test_no_better_classifier_is_named_where_a_plane_is_the_truth_or_nothing_is():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc"))
    plane = X.assign(y=np.where(X.sum(axis=1) > 0, "yes", "no"))
    chance = X.assign(y=rng.choice(["yes", "no"], 300))
    assert better_on(plane, "y") == "" == better_on(chance, "y")


def test_the_command_names_the_better_classifier(tmp_path, capsys):
    left_table().to_csv(tmp_path / "staff.csv", index=False)
    own = ["study", tmp_path / "staff.csv", "--label-column", "left", "--strategies", "random"]
    own += ["--keep", "projects"]
    own += ["--classifier", "logistic_regression"]
    code, out, _ = run(capsys, *own, "--splits", "2", "--budget", "60", "--jobs", "1")
    assert code == 0 and "try --classifier extra_trees." in " ".join(out.split())


def test_two_hundred_rows_are_tested_on_three_in_ten_and_fewer_on_a_half():
    assert [study_sizes(np.arange(n) % 2)[0]["test_size"] for n in (199, 200)] == [0.5, 0.3]


def test_a_study_queries_in_twenty_rounds_where_ten_rows_a_round_are_enough():
    sizes, _ = study_sizes(np.arange(1000) % 2, budget=204)
    assert sizes["batch"] == 10 == (204 - 4) // 20
    assert study_sizes(np.arange(1000) % 2, budget=203)[0]["batch"] == 9
    assert study_sizes(np.arange(1000) % 2, budget=600)[0]["batch"] == 10
