"""Claims about published numbers beside ours, money, and contrasts."""

import numpy as np
import pandas as pd
import pytest
from examples import INF, needing

import al_helpers as al


@pytest.mark.parametrize(
    ("published", "average", "said"),
    [
        (0.3, (0.2, 0.4), "inside what one split shows"),
        (0.9, (0.2, 0.4), "outside what one split shows"),
        (-0.05, (0.2, 0.4), "inside what one split shows, opposite sign of the average"),
        (-0.05, (-0.1, 0.4), "inside what one split shows"),  # the average has no sign
    ],
)
def test_verdict_sets_one_run_against_what_one_run_shows(published, average, said):
    assert al.verdict(published, average, (-0.1, 0.6)) == said


def test_worth_scales_the_saving_and_claims_no_price_where_none_is_shown():
    n = np.array([40, 50, 60, 40] * 5)
    summary = al.summarise(needing(random=n, margin=n * 0 + 20, same=n), 0.9)
    margin, same = summary.drop("random").itertuples()
    name, labels, money, _, price = al.worth(margin, 100, 0.5, 60, 500)
    saved = 100 * summary.loc["margin", "saving"]
    assert name == "margin" and labels.startswith(f"{saved:.0f} [") and money.startswith(f"{saved / 2:.2f} [")
    assert price == f"{500 / saved:.2f}"
    assert al.worth(same, 100, 0.5, 60, 500)[-1] == "no saving shown"


def test_contrast_counts_labels_and_stays_a_bound_under_censoring():
    curves = needing(random=[50] * 8, margin=[30] * 8, never=[INF] * 8)
    assert al.contrast_labels(curves, 0.9, "random", "margin") == "20 [20, 20]"
    assert al.contrast_labels(curves, 0.9, "never", "margin") == "> 30"


@pytest.mark.parametrize("pair", [("margin", "entropy"), ("entropy", "margin")])
def test_contrast_names_a_strategy_that_was_not_run(pair):
    with pytest.raises(ValueError, match="entropy"):
        al.contrast_labels(needing(random=[50] * 8, margin=[40] * 8), 0.9, *pair)


def test_a_claim_stands_beside_the_saving_found_here_and_where_single_runs_lie():
    runs = dict(random=[50] * 40, margin=[30, 40] * 20)  # savings of 40 and 20 %: 1 - (0.6 * 0.8) ** 0.5
    (row,) = al.summarise(needing(**runs), 0.9).drop("random").itertuples()
    claim, published, here, single, said = al.check_claim("as printed", 0.35, row)
    assert (claim, published) == ("as printed", "+35%")
    assert here.startswith("31% [") and single == "[20, 40]" and said == "inside what one split shows"
    assert al.check_claim("", 0.41, row)[-1] == "outside what one split shows"
    at_times = needing(random=[50] * 40, margin=[30] * 38 + [60] * 2)  # a cost in one run of twenty
    (row,) = al.summarise(at_times, 0.9).drop("random").itertuples()
    assert al.check_claim("", -0.1, row)[-1] == "inside what one split shows, opposite sign of the average"
    assert al.check_claim("", -0.9, row)[-1] == "outside what one split shows, opposite sign of the average"


def test_a_published_gain_is_set_against_the_differences_from_random_split_by_split():
    rng = np.random.default_rng(0)
    random = rng.random(39)
    table = pd.DataFrame({"random": random, "margin": random + np.arange(-9, 30) / 100})
    ((claim, published, found, ends, said),) = al.check_gains("area", {"margin": 0.25}, table)
    assert (claim, published) == ("margin: area", "+0.250")
    assert found.startswith("+0.100 [") and ends == "[-0.090, +0.290]"  # of 39 the 1st and last: 2.5 % each
    low, high = (float(end) for end in found[8:-1].split(", "))
    assert 0.06 < low < 0.075 and 0.125 < high < 0.14  # 0.1 and 1.96 standard errors of 0.018
    assert said == "inside what one split shows"
    assert al.check_gains("", {"margin": -0.2}, table)[0][-1].startswith("outside what one split shows, opp")


def test_one_split_confirms_nothing():
    curves = needing(random=[50], margin=[30])
    line = al.check_claim("x", 0.3, al.summarise(curves, 0.9).loc["margin"])
    assert line == ("x", "+30%", "40%", "-", "not known from one split")
    assert al.check_gains("AUC", {"margin": 0.1}, al.areas(curves))[0][3:] == (
        "-",
        "not known from one split",
    )
    assert al.contrast_labels(curves, 0.9, "random", "margin") == "20 on one split"
