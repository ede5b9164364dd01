"""Claims about published numbers beside ours, money, and contrasts."""

import numpy as np
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
