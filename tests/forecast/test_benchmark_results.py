"""Claims about what the replays found: the tables of notebook 5 are whole, and follow from the counts."""

import numpy as np
import pytest

import al_helpers as al
from active_learning.datasets.bundled import DATASETS
from active_learning.forecast import evidence
from active_learning.forecast.backtest import STOP_RULES
from active_learning.forecast.calibration import STAGES


def test_the_counts_are_possible():
    for data, labels, replays, *held, too_early, said, middle in evidence.COVERAGE:
        labels_80, labels_95, score_80, score_95, within = held
        assert labels in STAGES and labels_80 <= labels_95 <= replays and score_80 <= score_95 <= replays
        assert within <= replays and said <= min(labels_80, replays - too_early), (data, labels)
        assert middle is None or middle > 0  # None: not in sight


def test_a_row_of_the_calibration_table_is_its_counts_share():
    data, labels, replays, labels_80, *_, too_early, said, middle = evidence.COVERAGE[0]
    row = al.calibration_table().loc[data, labels]
    assert row["labels 80%"] == pytest.approx(100 * labels_80 / replays)
    assert row["said 80%"] == pytest.approx(100 * said / (replays - too_early))
    assert row["forecast/truth"] == middle


def test_the_table_of_all_data_sets_weighs_every_replay_alike():
    by_data, whole = al.calibration_table(), al.calibration_table(["labels"])
    for labels, row in whole.iterrows():
        part = by_data.xs(labels, level="labels")
        assert row["replays"] == part["replays"].sum()
        assert row["labels 80%"] == pytest.approx(np.average(part["labels 80%"], weights=part["replays"]))


def test_every_stop_rule_stands_in_the_table_once_a_data_set():
    table = al.stop_table()
    assert not table.duplicated(["data", "rule"]).any()
    assert set(table["rule"]) == set(STOP_RULES) and set(table["data"]) == set(DATASETS)
    assert (table.groupby("data").size() == len(STOP_RULES)).all()
    shares = table[["score", "missed", "missed_anyway", "never"]]
    assert shares.min().min() >= 0 and shares.max().max() <= 1
    assert (np.isinf(table["stopped"]) == (table["never"] > 0.5)).all()
