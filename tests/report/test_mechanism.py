"""Claims about what a rule bought: hand-worked batches, and an independent count."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold

import al_helpers as al

X = np.array([[0.0, 0], [3, 4], [0, 1], [10, 0], [10, 2], [50, 50]])
LINE = al.Dataset("by hand", X, np.array([0, 0, 1, 1, 2, 2]))
HARD = np.array([True, False, False, True, True, False])


def bought(*rows):
    return al.History(np.array([2]), np.array([0.5]), np.array(rows))


def test_bought_facts_match_a_case_worked_by_hand():
    """Batches of two: (0, 1) is 5 apart and of one class, (3, 4) 2 apart and of two; row 5 fills no batch."""
    facts = al.bought_facts({("margin", 7): bought(0, 1, 3, 4, 5)}, LINE, HARD, batch=2)
    assert facts.to_dict("records") == [
        {"strategy": "margin", "split": 7, "hard": 3 / 4, "classes": 1.5, "distance": 3.5}
    ]


def test_bought_facts_look_at_the_first_rounds_alone():
    facts = al.bought_facts({("margin", 0): bought(0, 1, 3, 4)}, LINE, HARD, batch=2, rounds=1)
    assert facts.loc[0, ["hard", "classes", "distance"]].tolist() == [0.5, 1, 5]


def test_distance_is_to_the_nearest_other_row_of_the_batch():
    facts = al.bought_facts({("a", 0): bought(0, 2, 3)}, LINE, HARD, batch=3)
    assert facts["distance"].item() == pytest.approx((1 + 1 + 10) / 3)


def test_contrast_is_paired_by_split_and_matches_its_means():
    rows = [("a", split, 2.0 + split) for split in range(4)] + [
        ("b", split, 1.0 + split) for split in (3, 2, 1, 0)
    ]
    column, pair, difference, ratio = al.contrast(
        pd.DataFrame(rows, columns=["strategy", "split", "x"]), "x", "a", "b"
    )
    assert (column, pair) == ("x", "a - b")
    assert difference == "+1.000 [+1.000, +1.000]"  # the same on every split: no spread at all
    assert ratio == "140%"


def test_means_by_strategy_bracket_the_mean_and_keep_the_order():
    rng = np.random.default_rng(0)
    rows = [(name, split, rng.normal(at)) for name, at in [("z", 5), ("a", 1)] for split in range(50)]
    means = al.means_by_strategy(pd.DataFrame(rows, columns=["strategy", "split", "x"]), "x")
    assert list(means.index) == ["z", "a"] and list(means.columns) == ["estimate", "low", "high"]
    assert (means["low"] < means["estimate"]).all() and (means["estimate"] < means["high"]).all()
    assert means.loc["z", "estimate"] == pytest.approx(np.mean([x for name, _, x in rows if name == "z"]))
    assert np.allclose(means["high"] - means["low"], 2 * 1.96 / 50**0.5, rtol=0.3)


def test_hard_rows_are_those_that_ten_folds_get_wrong(iris):
    wrong = np.zeros(len(iris.y), dtype=bool)
    for train, test in StratifiedKFold(10).split(iris.X, iris.y):
        wrong[test] = (
            al.default_model().fit(iris.X[train], iris.y[train]).predict(iris.X[test]) != iris.y[test]
        )
    assert np.array_equal(al.hard_rows(iris), wrong) and 0 < wrong.sum() < 20
