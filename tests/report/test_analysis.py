"""Claims about published numbers beside ours, money, and contrasts."""

import numpy as np
import pytest
from examples import make_curves, needing

import al_helpers as al
from active_learning.report.analysis import verdict


@pytest.mark.parametrize(
    ("published", "average", "expected"),
    [
        (0.3, (0.2, 0.4), "inside what one split shows"),
        (0.9, (0.2, 0.4), "outside what one split shows"),
        (-0.05, (0.2, 0.4), "inside what one split shows, opposite sign of the average"),
        (-0.05, (-0.1, 0.4), "inside what one split shows"),  # the average has no sign
    ],
)
def test_verdict_sets_one_run_against_what_one_run_shows(published, average, expected):
    assert verdict(published, average, (-0.1, 0.6)) == expected


def test_worth_scales_the_saving_and_claims_no_price_where_none_is_shown():
    n = np.array([40, 50, 60, 40] * 5)
    summary = al.summarise(needing(random=n, margin=n * 0 + 20, same=n), 0.9)
    margin, same = al.worth(summary, 0.5, 60, 500).to_dict("records")
    saved = summary.loc["random", "median"] * summary.loc["margin", "saving"]
    assert margin["strategy"] == "margin" and margin["labels saved"].startswith(f"{saved:.0f} [")
    assert margin["money saved"].startswith(f"{saved / 2:.2f} [")
    assert margin["break-even price of a label"] == f"{500 / saved:.2f}"
    assert same["break-even price of a label"] == "no saving shown"


def check_saving(published, runs):
    (line,) = al.check_claims(needing(**runs), 0.9, {"margin": published}, {}).itertuples(index=False)
    return tuple(line)


def test_a_claim_stands_beside_the_saving_found_here_and_where_single_runs_lie():
    runs = dict(random=[50] * 40, margin=[30, 40] * 20)  # savings of 40 and 20 %: 1 - (0.6 * 0.8) ** 0.5
    claim, published, here, single, judgement = check_saving(0.35, runs)
    assert (claim, published) == ("margin: labels saved", "+35%")
    assert here.startswith("31% [") and single == "[20, 40]" and judgement == "inside what one split shows"
    assert check_saving(0.41, runs)[-1] == "outside what one split shows"
    at_times = dict(random=[50] * 40, margin=[30] * 38 + [60] * 2)  # a cost in one run of twenty
    assert check_saving(-0.1, at_times)[-1] == "inside what one split shows, opposite sign of the average"
    assert check_saving(-0.9, at_times)[-1] == "outside what one split shows, opposite sign of the average"


def check_area(published, gains):
    """The line of a claim about areas, where split by split margin's is ahead of random's by gains."""
    random = np.random.default_rng(0).random(len(gains)) / 2
    runs = {"random": [[area] for area in random], "margin": [[area] for area in random + gains]}
    (line,) = al.check_claims(make_curves(runs), 0.9, {}, {"margin": published}).itertuples(index=False)
    return tuple(line)


def test_a_published_gain_is_set_against_the_differences_from_random_split_by_split():
    gains = np.arange(-9, 30) / 100
    claim, published, here, ends, judgement = check_area(0.25, gains)
    assert (claim, published) == ("margin: AUC above random", "+0.250")
    assert here.startswith("+0.100 [") and ends == "[-0.090, +0.290]"  # of 39 the 1st and last: 2.5 % each
    low, high = (float(end) for end in here[8:-1].split(", "))
    assert 0.06 < low < 0.075 and 0.125 < high < 0.14  # 0.1 and 1.96 standard errors of 0.018
    assert judgement == "inside what one split shows"
    assert check_area(-0.2, gains)[-1].startswith("outside what one split shows, opp")


def test_one_split_confirms_nothing():
    line = check_saving(0.3, dict(random=[50], margin=[30]))
    assert line == ("margin: labels saved", "+30%", "40%", "-", "not known from one split")
    assert check_area(0.1, np.array([0.1]))[3:] == ("-", "not known from one split")
