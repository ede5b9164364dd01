"""Labelled rows that a rule chose are told from random ones, by their margins."""

import time

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.cli.main import main
from active_learning.labelling.chosen import LEVEL, chance_of_margins
from active_learning.labelling.plan import chance_if_random
from active_learning.models.registry import make_model


class Sure:
    """A classifier of two classes that is as sure of a row as its one number says."""

    def __init__(self, more=0):
        self.more = more

    def get_params(self, deep=True):
        return {"more": self.more}

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X):
        return np.hstack([X, 1 - X])


def chance(own, pool, groups=None):
    X = np.concatenate([own, pool])[:, None]
    rows = np.arange(len(X))
    return chance_of_margins(
        Sure(), X, rows % 2, rows[: len(own)], rows[len(own) :], np.random.default_rng(0), groups
    )


def test_equal_margins_are_as_good_as_chance_can_be():
    assert chance(np.full(40, 0.7), np.full(100, 0.7)) == pytest.approx(0.5)


def test_margins_below_all_of_the_pools_match_a_hand_worked_case():
    """Each has the place 0: z = -.5 / sqrt((1 / 40 + 1 / 60) / 12) = -8.5."""
    assert 1e-18 < chance(np.full(40, 0.6), np.full(60, 0.9)) < 1e-16


def test_margins_above_the_pools_do_not_look_chosen():
    assert chance(np.full(40, 0.9), np.full(60, 0.6)) > 0.99


def test_few_rows_tell_nothing():
    assert np.isnan(chance(np.full(29, 0.6), np.full(60, 0.9)))
    assert np.isnan(chance(np.full(40, 0.6), np.full(19, 0.9)))


def test_groups_count_as_rows():
    groups = np.append(np.repeat(np.arange(30), 4), 100 + np.arange(60))
    by_rows, by_groups = (
        chance(np.full(120, 0.6), np.full(60, 0.9)),
        chance(np.full(120, 0.6), np.full(60, 0.9), groups),
    )
    assert by_rows < by_groups < 1e-10


def data(seed, n=400):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    return X, (X[:, 0] + 0.5 * rng.normal(size=n) > 0).astype(int), rng


def test_random_labels_are_taken_for_chosen_ones_in_at_most_5_of_100():
    alarms = 0
    for seed in range(100):
        X, y, rng = data(seed)
        rows = rng.permutation(len(y))
        alarms += chance_of_margins(make_model(None), X, y, rows[:60], rows[60:], rng) <= LEVEL
    assert alarms <= 10  # 5 and two standard errors


def chosen_by_margin(seed=0, start=30, rounds=6):
    """A frame whose labelled rows were chosen by a rule, and one with as many at random."""
    X, y, rng = data(seed)
    rows = rng.choice(len(y), start, replace=False)
    labels = np.where(y, "yes", "no")
    frame = pd.DataFrame(X, columns=[*"abcde"])
    for number in range(rounds):
        label = pd.Series(labels).where(np.isin(np.arange(len(y)), rows))
        found = al.suggest(
            al.load_table(frame.assign(y=label), "y"), 10, strategy="margin", random_state=number
        )
        rows = np.append(rows, found["id"].to_numpy())
    other = rng.choice(len(y), len(rows), replace=False)
    return [frame.assign(y=np.where(np.isin(np.arange(len(y)), part), labels, "")) for part in (rows, other)]


@pytest.fixture(scope="module")
def frames():
    return chosen_by_margin()


@pytest.mark.usefixtures("few_trees")
def test_a_study_of_rows_that_look_chosen_is_refused_unless_random_is_said(frames, tmp_path, capsys):
    frames[0].to_csv(tmp_path / "my.csv", index=False)
    with pytest.raises(SystemExit, match="2"):
        study(tmp_path)
    (line,) = capsys.readouterr().err.splitlines()
    assert "look chosen by a rule" in line and "--given random" in line
    assert [*tmp_path.iterdir()] == [tmp_path / "my.csv"]
    assert study(tmp_path, "--given", "random") in (0, None)


def study(folder, *more):
    few = ["--splits", "2", "--budget", "20", "--jobs", "1"]
    return main(["study", str(folder / "my.csv"), "--label-column", "y", *few, *more])


@pytest.mark.usefixtures("few_trees")
def test_a_study_of_random_rows_goes_on(frames, tmp_path, capsys):
    frames[1].to_csv(tmp_path / "my.csv", index=False)
    assert study(tmp_path) in (0, None)


@pytest.mark.usefixtures("few_trees")
def test_without_a_pool_it_is_said_that_none_can_tell(frames, tmp_path, capsys):
    full = frames[1][frames[1]["y"] != ""]
    full.to_csv(tmp_path / "my.csv", index=False)
    assert study(tmp_path, "--verbose") in (0, None)
    assert "nothing tells whether a rule chose them" in " ".join(capsys.readouterr().out.split())


def test_a_forecast_takes_such_rows_for_a_rules_and_says_so(frames):
    chosen, other = (al.forecast(al.load_table(frame, "y"), 0.9, quiet=True) for frame in frames)
    assert (chosen["labelled_by"], other["labelled_by"]) == ("rule", "random")


def test_a_plan_of_such_rows_says_so(frames):
    said = [al.plan_study(al.load_table(frame, "y"), target=0.9)[3] for frame in frames]
    assert ["look chosen" in " ".join(sentences) for sentences in said] == [True, False]


def test_a_table_of_a_thousand_rows_takes_less_than_a_second():
    X, y, rng = data(0, 1000)
    frame = pd.DataFrame(X).rename(columns="x{}".format)
    frame["y"] = np.where(rng.random(1000) < 0.3, np.where(y, "yes", "no"), "")
    table, start = al.load_table(frame, "y"), time.process_time()
    assert not np.isnan(chance_if_random(table)) and time.process_time() - start < 1
