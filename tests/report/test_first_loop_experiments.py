"""Claims about the experiments beside the published run of notebook 1."""

import pytest

from active_learning.report.first_loop import FirstLoop, Moons


@pytest.fixture(scope="module")
def loop():
    return FirstLoop(n_draws=5, n_splits=2, n_problems=2)


def test_published_gain_is_lost_when_the_solver_finishes(loop):
    table = loop.by_tolerance("1e-4", "1e-8")
    assert table["queries in common"].tolist() == ["20", "6"]
    assert table["accuracy at the end"].tolist() == ["0.91", "0.87"]
    assert (loop.gain(loop.history), loop.gain(loop.finished)) == (3, -1)


def test_changed_answers_add_up_to_the_gain_of_the_run(loop):
    assert loop.changed_answers().sum() == loop.gain(loop.history)


def test_random_runs_share_the_start_and_differ_at_the_end(loop):
    runs = loop.random_runs
    assert [*runs.columns] == [90, 95, 100, 105, 110] and len(runs) == 5
    assert runs[90].nunique() == 1 < runs[110].nunique()
    assert loop.beaten(loop.history) >= loop.beaten(loop.finished)


def test_gains_of_both_rules_come_from_the_same_splits(loop):
    gains = loop.gains_on(loop.dataset, 100, n_splits=2)
    again = loop.gains_on(loop.dataset, 100, n_splits=1)
    assert gains.columns.tolist() == ["random", "least_confidence"]
    assert gains.iloc[0].tolist() == again.iloc[0].tolist()


def test_new_data_sets_differ_from_one_another(loop):
    assert loop.gains["new data"].drop_duplicates().shape == (2, 2)
    assert loop.lead_table["chosen minus random"].tolist() == ["same points", "new data"]
    assert len(loop.gain_rows) == 4


def test_luck_is_the_share_of_splits_in_which_random_labels_gain_as_much(loop):
    reached = loop.gains["same points"]["random"] >= 3
    assert loop.lucky == 100 * reached.mean()


def test_moons_know_the_seed_and_what_was_asked_for():
    moons = Moons(n_queries=4)
    assert moons.known("random", 3).tolist() == [*moons.start.seed, *moons.runs["random"].queried[:3]]
    ends = [run.accuracy[-1] for run in moons.runs.values()]
    assert moons.gap == pytest.approx(100 * (ends[0] - ends[1]))
    assert len(moons.other_gaps(2)) == 2
