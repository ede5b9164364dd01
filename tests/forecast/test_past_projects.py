"""Claims about the experiments of notebook 5."""

import pytest

from active_learning.forecast.backtest import calibration_table
from active_learning.forecast.past_projects import PastProjects


@pytest.fixture(scope="module")
def past():
    return PastProjects(labels_now=40, labels_then=70, n_projects=2, data="iris")


def test_the_headline_leaves_out_forecasts_that_say_too_early(past):
    stages = calibration_table(["labels"])
    least, most = past.held_in.removesuffix("%").split(" to ")
    assert float(least) == round(stages["said 80%"].min()) < round(stages["labels 80%"].min())
    assert float(most) == round(stages["said 80%"].max())
    assert past.too_early.endswith(" of 10")


def test_the_worst_data_sets_are_named_with_their_share(past):
    first, second = (float(part.split()[1].strip("%")) for part in past.worst.split(" and "))
    assert first <= second < 80
    assert past.held.mean(axis=1).min() == pytest.approx(first, abs=0.5)


def test_a_forecast_sees_the_first_labels_alone(past):
    run, answer = past.forecast_one("iris")
    assert answer["labels_now"] == 40
    assert answer["score_after"][5]["labels"] == run.n_labels[-1] == 70


def test_projects_are_replayed_to_the_same_target(past):
    assert len(past.replayed) == 2
    assert past.replayed["target"].nunique() == 1


def test_stop_rules_have_a_row_each(past):
    assert past.stop_rules.shape == (4, 4)
