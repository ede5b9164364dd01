"""Claims about many data sets side by side: targets, verdicts, and what is expected of another data set."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import al_helpers as al
from active_learning.report.benchmark import GROUPS, atlas, decide, expected, goals_of, wins_and_losses


def curves_of(needed, budget=100):
    """Curves of steps: a run is at 0.5 until it has `needed` labels, and at 0.9 from then on."""
    rounds = np.arange(10, budget + 1, 10)
    rows = [
        (rule, split, n, 0.9 if n >= labels else 0.5)
        for rule, runs in needed.items()
        for split, labels in enumerate(runs)
        for n in rounds
    ]
    return pd.DataFrame(rows, columns=["strategy", "split", "n_labels", "accuracy"])


def rising(n=4):
    """Random runs whose accuracy rises by 0.001 a label from 0.5 at 20 labels to 0.58 at 100."""
    rounds = np.arange(20, 101, 20)
    rows = [("random", split, labels, 0.5 + 0.001 * (labels - 20)) for split in range(n) for labels in rounds]
    return pd.DataFrame(rows, columns=["strategy", "split", "n_labels", "accuracy"])


def test_goals_are_what_random_reaches_with_a_quarter_and_a_half_of_the_labels_to_buy():
    assert goals_of(rising()) == pytest.approx({"seed": 0.5, "near": 0.52, "far": 0.54})


GOALS = {"near": 0.7, "far": 0.8}


def small_atlas():
    """One data set on which `good` halves the labels and `bad` doubles them, in each of 16 splits."""
    curves = curves_of({"random": [40] * 16, "good": [20] * 16, "bad": [80] * 16, "same": [30, 50] * 8})
    return atlas({("one", 10): curves}, {"one": GOALS}).assign(classes=2)


def test_atlas_says_win_loss_and_tie_where_they_are():
    far = small_atlas().query("reach == 'far'").set_index("strategy")
    assert far["verdict"].to_dict() == {"good": "win", "bad": "loss", "same": "tie"}
    assert far.loc["good", "estimate"] == pytest.approx(1 - 17.5 / 37.5)  # crossings between 10 labels apart
    assert (far["p_holm"] >= far["p_value"]).all()


def test_wins_and_losses_count_every_data_set_once():
    counts = wins_and_losses(small_atlas())
    assert counts.loc["far", 10].to_dict("index") == {
        "good": {"win": 1, "tie": 0, "loss": 0},
        "bad": {"win": 0, "tie": 0, "loss": 1},
        "same": {"win": 0, "tie": 1, "loss": 0},
    }


def test_atlas_cells_hold_a_row_a_data_set_and_mark_what_is_not_shown():
    values, texts = al.atlas_cells(small_atlas(), "far")
    assert list(values.index) == ["one"] and values.shape == (1, 3)
    assert [" = " in text or "=" in text for text in texts.iloc[0]] == [False, False, True]


def test_expected_saving_is_the_mean_log_ratio_with_students_interval():
    savings = np.array([0.5, 0.4, 0.2])
    table = pd.DataFrame({"estimate": savings, "lowest": savings})
    estimate, low, high, n = expected(table)
    gains = np.log(1 - savings)
    ends = stats.t.interval(0.95, 2, loc=gains.mean(), scale=stats.sem(gains))
    assert (estimate, low, high, n) == pytest.approx(
        (1 - np.exp(gains.mean()), 1 - np.exp(ends[1]), 1 - np.exp(ends[0]), 3)
    )


def test_expected_saving_counts_only_data_sets_whose_saving_is_known():
    table = pd.DataFrame({"estimate": [np.nan, 0.5, np.nan], "lowest": [-np.inf, 0.5, 0.1]})
    assert expected(table)[3] == 2
    assert np.isnan(expected(table.iloc[:2])[0]) and expected(table.iloc[:2])[3] == 1


def many(saving, names="abcdef"):
    """An atlas of one rule that saves about `saving` on every data set."""
    rows = [
        dict(
            study=name,
            batch=10,
            reach=reach,
            strategy="rule",
            estimate=saving + 0.01 * place,
            low=saving - 0.1,
        )
        | dict(high=saving + 0.1, lowest=saving + 0.01 * place, highest=saving, p_value=0.01, p_holm=0.02)
        | dict(verdict="win")
        for place, name in enumerate(names)
        for reach in ("near", "far")
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("saving", "rule"), [(0.3, "rule"), (-0.3, "random"), (0.0, "random")])
def test_decision_names_a_rule_only_where_its_interval_is_above_nothing(saving, rule):
    table = many(saving - 0.025).assign(classes=2)
    decisions = decide(table)
    assert set(decisions["strategy"]) == {rule} and set(decisions["n_sets"]) == {6}
    text = al.decision_table(table).to_string()
    assert ("no rule is shown to save" in text) == (rule == "random")


def test_every_number_of_classes_belongs_to_exactly_one_group():
    for k in (2, 3, 9, 10, 77, 1000):
        assert sum(low <= k <= high for low, high in GROUPS.values()) == 1


def test_run_atlas_ends_runs_at_their_far_target_and_pairs_the_rules(iris):
    table, studies = al.run_atlas({"iris": iris}, ["random", "margin"], batches=(10,), n_splits=3, n_jobs=1)
    far = goals_of(al.run_study(iris, "random", batch=10, n_splits=3, budget=75, n_jobs=1))["far"]
    curves = studies["iris", 10]
    assert set(curves["strategy"]) == {"random", "margin"} and curves["split"].nunique() == 3
    for _, run in curves.groupby(["strategy", "split"]):
        assert (run["accuracy"].iloc[:-1] < far).all()
    assert set(table["classes"]) == {3}
    assert table["verdict"].isin(["win", "tie", "loss"]).all()


def test_a_rule_is_not_picked_by_luck_among_four():
    picked = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = [
            dict(study=name, batch=batch, reach=reach, strategy=rule, estimate=1 - np.exp(rng.normal(0, 0.2)))
            for name in range(12)
            for batch in (1, 10, 20)
            for reach in ("near", "far")
            for rule in "abcd"
        ]
        table = pd.DataFrame(rows).assign(lowest=lambda t: t["estimate"])
        table["classes"] = np.where(table["study"] < 6, 5, 20)
        picked += (decide(table)["strategy"] != "random").mean()
    assert picked / 20 <= 0.05


def test_a_data_set_on_which_a_rule_surely_costs_is_counted():
    """It misses the target, and so has no estimate: that is no reason to leave it out."""
    table = pd.DataFrame({"estimate": [0.2, np.nan], "lowest": [0.2, -np.inf], "highest": [0.2, -2.0]})
    mean, _, _, n = expected(table)
    assert n == 2 and mean == pytest.approx(1 - np.sqrt(0.8 * 3))


def test_classifiers_are_compared_with_the_first_one_under_random(iris):
    models = {"knn": "knn", "svm": "svm"}
    few = dict(batches=(10,), n_splits=2, budget=40, n_jobs=1)
    table, _ = al.run_atlas({"iris": iris}, ["random", "margin"], models=models, **few)
    assert set(table["strategy"]) == {"knn: margin", "svm: random", "svm: margin"}
    finding, text = al.describe_levers(table)
    assert finding.startswith("Where changing the classifier saves more than margin does: svm on")
    assert "`svm` with random labels" in text
