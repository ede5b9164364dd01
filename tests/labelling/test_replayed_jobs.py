"""What replayed jobs show of the score, as replay_jobs.py counted it, and the numbers the product says."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from active_learning.cli.parser import command_parser
from active_learning.labelling.score_wording import ONE_LOOK

FOLDER = Path(__file__).parents[1] / "benchmarks"
TABLE = pd.read_csv(FOLDER / "replayed_jobs.csv")


def mean(column):
    """The mean over jobs."""
    return np.average(TABLE[column], weights=TABLE["jobs"])


@pytest.mark.parametrize("question", ["new_rows", "pool"])
def test_intervals_hold_in_94_percent_of_jobs_and_on_no_set_below_93_is_shown(question):
    assert len(TABLE) >= 10 and (TABLE["jobs"] >= 200).all()
    assert TABLE[question].sum() / TABLE["jobs"].sum() >= 0.94
    pairs = zip(TABLE[question], TABLE["jobs"], strict=True)
    p = [binomtest(int(k), int(n), 0.93, alternative="less").pvalue for k, n in pairs]
    assert min(p) * len(p) > 0.05  # Holm's first


def test_intervals_are_as_narrow_as_those_of_as_many_fresh_rows():
    assert mean("half_width") <= 1.2 * mean("of_fresh_rows")


def test_the_score_is_right_in_the_mean_where_cross_validation_is_not():
    assert abs(mean("error")) < 0.01 < -mean("error_of_all_labels")


def test_the_score_says_how_often_all_of_ten_looks_held():
    said = re.search(r"Of (\d+) replayed jobs .* held in (\d+)", ONE_LOOK.replace(",", ""))
    assert (int(said[1]), int(said[2])) == (TABLE["looked_at"].sum(), TABLE["all_ten"].sum())


def test_the_help_says_what_audit_rows_cost():
    price = 100 * np.average(TABLE["price"], weights=TABLE["price_jobs"])
    low, high = 100 * TABLE["price"].min(), 100 * TABLE["price"].max()
    text = " ".join(command_parser("suggest").format_help().split())
    assert len(TABLE) == 10
    said = f"costs {price:.1f} points of accuracy at 100 labels on average over ten data sets "
    assert said + f"(from {low:.1f} to {high:.1f})" in text


def test_another_way_to_draw_audit_rows_is_no_cheaper_on_other_data_sets():
    price = pd.read_csv(FOLDER / "audit_price.csv").query("half == 1").set_index("way")["price"]
    assert price["fewer"] >= price["present"]
