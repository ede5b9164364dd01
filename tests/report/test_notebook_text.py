"""Claims about the sentences of the report: true and whole at every outcome, not only at today's."""

import numpy as np
import pandas as pd
import pytest
from examples import needing

import al_helpers as al
from active_learning.report import notebook_text
from active_learning.report.notebook_text import code


def summary_of(saving, low, high, random=100.0):
    """A row of summarise for one rule beside random."""
    rows = {
        "random": dict(median=random, saving=0.0, saving_low=0.0, saving_high=0.0),
        "margin": dict(median=random * (1 - saving), saving=saving, saving_low=low, saving_high=high),
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("strategy")
    table["saving_min"] = table["saving_max"] = table["saving"]
    return table.assign(single_low=-0.1, single_high=0.6)


@pytest.mark.parametrize(
    ("shift", "expected"),
    [(-10, "margin saves 2"), (10, "margin costs 2"), (0, "margin is not shown to differ")],
)
def test_answer_says_what_the_interval_says_and_what_one_split_may_show(shift, expected):
    n = np.r_[np.full(10, 40), np.full(10, 50)]
    text = al.answer(needing(random=n, margin=n + shift), 0.9)
    first, second = text.split("\n")
    assert first.startswith("- **On handwritten digits.** margin ") and expected in first
    assert second.startswith("- **One run proves little.**") and "`margin`" in second


@pytest.mark.parametrize("n", [[30], [20] * 12])
def test_answer_claims_no_spread_from_one_split_or_where_the_seed_set_meets_the_target(n):
    text = al.answer(needing(random=n, margin=n), 0.9)
    assert "One run proves little" not in text and "nan" not in text
    assert ("On this one split" in text) == (len(n) == 1) and ("seed set" in text) == (len(n) > 1)


@pytest.mark.parametrize("share", [-0.2, np.nan, 0.0])
def test_bill_of_a_rule_that_saves_nothing_names_no_price(share):
    text = al.bill(summary_of(share, -0.3, 0.1), "margin", {"seed": 20, "test": 540}, 0.5, 500)
    assert "no price" in text


def test_bill_does_not_deny_a_saving_whose_size_is_not_known():
    summary = summary_of(0.5, 0.4, 1.0).assign(saving=[0.0, np.nan])
    text = al.bill(summary, "margin", {"seed": 20, "test": 540}, 0.5, 500)
    assert "no known size" in text and "No saving" not in text


def test_bill_matches_a_hand_worked_case():
    text = al.bill(summary_of(0.4, 0.3, 0.5), "margin", {"seed": 20, "test": 100}, 0.5, 500)
    assert "20%: 20.00 at 0.50" in text  # 40 of 100 + 100 labels
    assert "about 2,500 labels" in text and "more than 12.50" in text  # 500 / (0.5 x 0.4), 500 / 40


@pytest.mark.parametrize("last", [np.inf, 130.0, 90.0])
def test_batch_sentences_hold_whether_a_rule_gets_there_or_not(last):
    crossings = pd.DataFrame(
        {"random": [120.0, 125.0], "margin": [70.0, 110.0], "entropy": [110.0, last]}, [1, 50]
    )
    each = {1: summary_of(0.4, 0.3, 0.5), 50: summary_of(0.1, -0.1, 0.2)}
    text = al.describe_batches(crossings, each)
    assert ("never gets there" in text) == np.isinf(last) and "nan" not in text and "inf" not in text


def test_batch_sentences_know_no_chance_where_random_misses_the_target():
    crossings = pd.DataFrame({"random": [120.0, np.inf], "margin": [70.0, np.inf]}, [1, 50])
    text = al.describe_batches(crossings, {n: summary_of(0.1, -0.1, 0.2) for n in (1, 50)})
    assert "what chance does here is not known." in text and "The rules" not in text
    assert "`random` and `margin` never get there" in text


def test_describe_ranking_names_the_rule_that_is_first_most_often():
    needed = pd.DataFrame(
        {"random": [100.0] * 4, "margin": [50.0, 60, 70, 120], "entropy": [90.0, 80, 75, 100]}
    )
    text = al.describe_ranking(needed)
    assert text.count("margin") == 1 and "75%" in text


def test_nothing_is_expected_of_single_runs_that_all_miss_the_target():
    curves = needing(random=[np.inf] * 8, margin=[np.inf] * 8)
    assert "One run proves little" not in al.answer(curves, 0.9)
    needed = pd.DataFrame({"random": [np.inf] * 8, "margin": [np.inf] * 8})
    assert al.describe_ranking(needed).startswith("Too few of the 8 runs reach the target")


def test_names_in_sentences_are_code():
    assert code("margin") == "`margin`"


@pytest.fixture
def describe_power(monkeypatch):
    """Describe this smallest saving of a study, and the splits that others take."""

    def describe(smallest, n_splits, splits):
        monkeypatch.setattr(notebook_text, "smallest_saving_shown", lambda *_: smallest)
        monkeypatch.setattr(notebook_text, "splits_to_show", lambda saving, *_: splits[saving])
        return al.describe_power([50.0] * n_splits, [50.0] * n_splits, 300, tuple(splits))

    return describe


@pytest.mark.parametrize(("smallest", "expected"), [(0.1, "a saving of 10%"), (np.nan, "not known")])
def test_describe_power_says_what_is_known(describe_power, smallest, expected):
    text = describe_power(smallest, 16, {0.2: smallest * 240, 0.05: smallest * 4000})
    assert expected in text and "nan" not in text
    assert text.endswith("20% takes 24 splits; 5% takes 400 splits") != np.isnan(smallest)


def test_a_crossing_that_the_smallest_batch_does_not_reach_has_no_change():
    summary = al.summarise(needing(random=[40, 50] * 5, m=[40, 50] * 5), 0.9)
    crossings = pd.DataFrame({"random": [np.inf, 100.0], "m": [np.inf, 50.0]}, index=[10, 20])
    assert "-100%" not in al.describe_batches(crossings, {10: summary, 20: summary})


def test_power_that_says_nothing_is_not_named_and_neither_are_endless_splits(describe_power):
    assert "100%" not in describe_power(0.999, 2, {0.1: np.inf})
    assert describe_power(0.3, 9, {0.1: np.inf, 0.2: 30}).endswith("saving of 30%; 20% takes 30 splits")


def test_a_ranking_of_random_alone_is_too_few():
    assert al.describe_ranking(pd.DataFrame({"random": [50.0] * 5})).startswith("Too few")


def test_describe_power_names_what_would_be_shown_and_the_splits_that_others_take():
    rng = np.random.default_rng(0)
    needed, reference = rng.lognormal(4.8, 0.25, (2, 40))
    text = al.describe_power(needed, reference, 300, (0.2, 0.05))
    assert text.startswith("with these 40 splits, four out of five such studies would show a saving of 1")
    assert text.count("% takes ") == 2 and text.endswith(" splits")
    assert "differ not at all" in al.describe_power([100.0] * 8, [100.0] * 8, 300)
    assert "runs of random miss the target" in al.describe_power([np.inf] * 8, [np.inf] * 8, 300)
