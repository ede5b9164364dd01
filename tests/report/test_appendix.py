"""Claims about the experiments of notebook 4, on few splits."""

import re

import numpy as np
import pytest

from active_learning.report.appendix import Appendix


@pytest.fixture(scope="module")
def more():
    return Appendix(splits=2, map_splits=2)


def test_a_held_target_takes_no_fewer_labels(more):
    table = more.held_table
    once, held = (table[column].str.strip("> ").astype(float) for column in table.columns[1:3])
    assert (held >= once).all()
    assert more.verdicts_kept.endswith(" of 4")


def test_hard_images_are_few_and_random_asks_for_the_fewest_of_them(more):
    shares = next(iter(more.asked_for.values()))
    assert more.hard.mean() < 0.1
    assert shares["estimate"].idxmin() == "random"
    assert (shares["low"] <= shares["estimate"]).all() and (shares["estimate"] <= shares["high"]).all()


def test_annealed_margin_is_compared_on_data_sets_that_both_rules_ran_on(more):
    assert len(more.annealed_lead) > 60
    assert np.isfinite(more.annealed_lead).all()


def test_worths_beyond_the_labels_that_were_run_are_bounds(more):
    table = more.worths("breast_cancer")
    assert table["strategy"].tolist() == ["margin", "random, label_spreading", "random, extra_trees"]
    assert table["100 labels are worth"].str.fullmatch(r"\d+\+? \[\d+\+?, \d+\+?\]").all()


def test_other_questions_to_the_map_have_a_row_a_rule_and_batches_of_one_are_paired(more):
    table = more.asked_besides
    assert {*table["case"]} == {"one at a time", "400 labels", "extra trees"}
    assert table["100 labels are worth"].str.fullmatch(r"all|\d+").all()
    assert table["better / worse on"].str.fullmatch(r"\d+ / \d+ of \d+").all()
    margin, diverse = map(float, re.findall(r"margin ([\d.]+) \[", more.one_over_ten))
    assert margin > diverse
    assert 44 < float(more.flat_late.strip("%")) <= 100  # more than at 100 labels
