"""Whole groups: the rule never meets a group of an audit row, and groups count, not rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import al_helpers as al
from active_learning.labelling.draw import log_given_at_random
from active_learning.labelling.groups import effective_rows
from active_learning.labelling.score import clopper_pearson, share_of_groups
from active_learning.tables.answers import read_answers

PATIENTS, VISITS = 24, 6


@pytest.fixture
def job(tmp_path):
    """A function that loads a table of patients whose labels are coins, with its log; and the truth."""
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(PATIENTS), VISITS)
    cells = rng.normal(size=(PATIENTS, 4))[patient] + 0.1 * rng.normal(size=(len(patient), 4))
    frame = pd.DataFrame(cells, columns=list("abcd")).assign(patient=[f"p{i}" for i in patient])
    frame = frame.assign(id=[f"r{i}" for i in range(len(frame))])
    truth = pd.Series(np.where(rng.random(PATIENTS) < 0.5, "yes", "no")[patient], index=frame["id"])
    frame, log = frame.sample(frac=1, random_state=0).reset_index(drop=True), al.LabelLog(tmp_path / "l.csv")

    def load(given=()):
        labels = frame["id"].map(truth).where(frame["patient"].isin(given), "")
        how = {"id_column": "id", "classes": ["yes", "no"], "log": log, "group_column": "patient"}
        return al.load_table(frame.assign(y=labels), "y", **how)

    load.truth, load.patients = truth, frame.set_index("id")["patient"]
    return load


def label(job, rounds=8, **how):
    for _ in range(rounds):
        table = job()
        rows = al.suggest(table, 10, **how)
        rows["y"] = rows["id"].map(job.truth)
        table.log.append(read_answers(table, rows).events)
    return job()


@pytest.fixture(scope="module")
def eight_rounds():
    """The log of eight rounds, once it is made."""
    return {}


@pytest.fixture
def labelled(job, eight_rounds):
    """The table after eight rounds."""
    path = job().log.path
    if "log" in eight_rounds:
        path.write_bytes(eight_rounds["log"])
        return job()
    table = label(job)
    eight_rounds["log"] = path.read_bytes()
    return table


def sides(job):
    """The patients that have audit rows, and those that the rule has met."""
    asked = job().log.events().query("event == 'suggested'")
    patients = asked["id"].map(job.patients)
    return {*patients[asked["drawn"] == "audit"]}, {*patients[asked["drawn"] != "audit"]}


def test_no_group_of_an_audit_row_is_met_by_the_rule(job, labelled):
    audit, met = sides(job)
    assert audit and met and not audit & met
    assert labelled.audit.sum() == 16 and len(audit) == 8  # a third of the groups, two rows of each


def test_audit_rows_alone_are_of_groups_that_the_rule_has_not_met(job):
    label(job, rounds=1, audit_share=0)
    label(job, rounds=2, only_audit=True)
    audit, met = sides(job)
    assert audit and not audit & met


def test_where_the_rule_has_met_every_group_no_audit_row_is_drawn(job):
    label(job, rounds=10, audit_share=0)
    rows = al.suggest(job(), 10)
    assert any("too few audit rows" in note for note in rows.attrs["notes"])
    assert not len(job().log.audit_rows())
    with pytest.raises(ValueError, match="the rule has met every group"):
        al.suggest(job(), 10, only_audit=True)


def test_every_row_is_asked_for_in_the_end(job):
    assert not label(job, rounds=15).pool.any()


def test_an_audit_row_whose_group_the_rule_meets_later_is_none_any_more(job, labelled):
    table = labelled
    patient = job.patients[table.frame.index[table.audit][0]]
    other = next(
        row for row in job.patients.index[job.patients == patient] if not table.labeled[_at(table, row)]
    )
    table.log.append([{"event": "suggested", "id": other, "drawn": "rule"}])
    table.log.append([{"event": "labelled", "id": other, "label": "yes"}])
    assert job().audit.sum() == table.audit.sum() - 2


def _at(table, row):
    return table.frame.index.get_loc(row)


def test_of_groups_given_at_random_whole_ones_are_audit_rows(job):
    table = job([f"p{i}" for i in range(12)])
    log_given_at_random(table)
    audit, met = sides(job)
    assert audit and met and not audit & met and len(audit | met) == 12
    assert job([f"p{i}" for i in range(12)]).audit.sum() == VISITS * len(audit)


def test_the_score_of_coins_of_patients_holds_the_coin_and_is_of_new_rows_alone(labelled):
    (score,) = al.score(labelled)
    assert score.on == "new rows" and score.low <= 0.5 <= score.high
    assert score.high - score.low > 0.5  # 8 patients


def test_a_model_that_knows_the_patients_is_not_scored_on_them(job):
    """All but two patients are labelled, at random: with rows on both sides all would be guessed right."""
    given = [f"p{i}" for i in range(PATIENTS - 2)]
    log_given_at_random(job(given))
    (score,) = al.score(job(given))
    assert score.estimate < 0.85 and score.low <= 0.5 <= score.high


def test_labels_of_one_group_alone_score_nothing_right(job):
    other = next(name for name in job.patients if _class(job, name) != _class(job, "p0"))
    log_given_at_random(job(["p0", other]))
    table = job(["p0", other])
    table.states["drawn"] = np.where(table.labeled, "audit", "")
    table.dependence.groups[table.labeled] = 0
    assert al.score(table)[0].estimate == 0


def _class(job, patient):
    return job.truth[job.patients.index[job.patients == patient][0]]


def test_groups_of_one_row_count_as_rows():
    right = np.array([1.0, 1, 0, 1])
    assert effective_rows(right, np.arange(4)) == 4
    assert share_of_groups(right, np.arange(4)) == share_of_groups(right)


def test_few_groups_count_as_one_row_each_matching_a_hand_worked_case():
    """Sizes 4, 2, 2: 8**2 / (16 + 4 + 4)."""
    groups = np.repeat([0, 1, 2], [4, 2, 2])
    assert effective_rows(np.repeat([1.0, 0.0], 4), groups) == pytest.approx(64 / 24)


def test_groups_all_right_or_all_wrong_count_as_one_row_each():
    right = np.repeat([1.0, 0.0], 40)
    assert effective_rows(right, np.repeat(np.arange(20), 4)) == pytest.approx(20)


def test_groups_that_share_nothing_count_nearly_as_their_rows():
    rng = np.random.default_rng(0)
    counts = [effective_rows((rng.random(200) < 0.6) * 1.0, np.repeat(np.arange(40), 5)) for _ in range(50)]
    assert 120 < np.mean(counts) < 200


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=60))
def test_rows_in_groups_never_count_more_than_rows(rows):
    groups, right = np.array([g for g, _ in rows]), np.array([float(ok) for _, ok in rows])
    assert 1 - 1e-9 <= effective_rows(right, groups) <= len(rows)


@pytest.mark.parametrize("p, alike", [(0.5, 1), (0.5, 0.3), (0.8, 0.3), (0.9, 0)])
@pytest.mark.parametrize("k", [6, 30])
def test_the_interval_holds_the_share_in_95_of_100(p, alike, k):
    rng, held = np.random.default_rng(0), 0
    for _ in range(400):
        share = rng.random(k) < p if alike == 1 else np.full(k, p)
        if 0 < alike < 1:
            share = rng.beta(p * (1 - alike) / alike, (1 - p) * (1 - alike) / alike, k)
        groups = np.repeat(np.arange(k), rng.geometric(0.2, k))
        right = (rng.random(len(groups)) < share[groups]) * 1.0
        _, low, high = share_of_groups(right, groups)
        held += low <= p <= high
    assert held >= 0.95 * 400 - 2 * np.sqrt(400 * 0.95 * 0.05)


def test_the_interval_of_groups_is_that_of_their_number():
    right, groups = np.repeat([1.0, 0.0, 1.0], 4), np.repeat([0, 1, 2], 4)
    assert share_of_groups(right, groups)[1:] == pytest.approx(clopper_pearson(2, 3))
