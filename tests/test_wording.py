"""Claims about the results table and the sentences made from its numbers."""

import re

import numpy as np
import pandas as pd
import pytest
from examples import INF, needing

import al_helpers as al


def test_a_target_that_nobody_reaches_is_a_result():
    curves = needing(random=[INF] * 3, margin=[INF] * 3)
    table = al.results_table(curves, 0.95)
    assert list(table["labels -> 95%"]) == ["> 60", "> 60"]
    assert "no difference shown for margin" in al.describe(curves, 0.95)


def test_results_table_puts_random_first_with_no_saving_of_its_own():
    table = al.results_table(needing(margin=[20, 30, 30], random=[40, 50, 50]), 0.9)
    assert list(table["strategy"]) == ["random", "margin"]
    assert list(table["saved vs random"]) == ["-", "40% [40, 50]"]
    assert list(table["cost more than random in"]) == ["-", "0% (ties 0%)"]


def test_describe_says_who_saves_who_costs_and_what_is_not_shown():
    n = np.array([30, 40, 40, 30, 40, 50, 40, 40, 30, 40])
    curves = needing(random=n, better=n - 10, worse=n + 10, same=n[::-1])
    _, better, worse, same = al.describe(curves, 0.9).split("; ")
    assert better.startswith("better saves 25% [")
    assert worse.startswith("worse costs 25% more [")
    assert same.startswith("no difference shown for same")


def test_one_split_has_an_estimate_and_no_interval():
    curves = needing(random=[50], margin=[30])
    assert al.results_table(curves, 0.9)["saved vs random"].iloc[1] == "40%"
    assert np.isnan(
        al.summarise(curves, 0.9).loc["margin", ["saving_low", "saving_high"]].astype(float)
    ).all()


def curves_that_need(**needed):
    """A study in which each strategy reaches 90 % at the given labels, one number a split (inf: never)."""
    rows = [
        (name, split, labels, 0.95 if labels >= needs else 0.5)
        for name, splits in needed.items()
        for split, needs in enumerate(splits)
        for labels in range(10, 101, 10)
    ]
    return pd.DataFrame(rows, columns=["strategy", "split", "n_labels", "accuracy"])


@pytest.mark.parametrize(
    "random, margin, said",
    [
        ([50, 60, 50, 60] * 5, [20, 20, 30, 20] * 5, "Recommended: margin"),
        ([50, 60, 50, 60] * 5, [60, 50, 40, 70] * 5, "No rule is recommended.*no difference shown"),
        ([20, 20, 20, 30] * 5, [60, 50, 40, 70] * 5, "No rule is recommended.*it costs more"),
        ([np.inf] * 20, [np.inf] * 20, "most runs miss the target"),
        ([50], [20], "Nothing can be recommended from one split"),
    ],
)
def test_recommendation_says_how_sure_it_is(random, margin, said):
    assert re.search(said, al.recommend(curves_that_need(random=random, margin=margin), 0.9))
