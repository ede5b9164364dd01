"""Rounds of a job: the share of audit rows, what the rule sees, and that nothing shows how one was drawn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import al_helpers as al
from active_learning.labelling import draw
from active_learning.labelling.draw import audit_rows_due, hide_audit_rows, log_given_at_random
from active_learning.tables.answers import read_answers
from active_learning.tables.label_log import COLUMNS

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal(size=(160, 3)), columns=list("abc")).assign(id=[f"r{i}" for i in range(160)])
TRUTH = pd.Series(np.where(ROWS["a"] > 0, "yes", "no"), index=ROWS["id"])


@pytest.fixture
def job(tmp_path):
    """A function that loads the table with its log as it is now; the labels given are of the first rows."""

    log = al.LabelLog(tmp_path / "l.csv")

    def load(n_given=0):
        given = TRUTH.where(np.arange(len(TRUTH)) < n_given).to_numpy()
        return al.load_table(ROWS.assign(y=given), "y", id_column="id", log=log)

    return load


def answer(table, rows, keep=None):
    """Fill in the rows, all or the first ones, and append the answers."""
    filled = rows.assign(y=TRUTH[rows["id"]].to_numpy())[:keep]
    table.log.append(read_answers(table, filled).events)


def test_two_of_ten_are_audit_rows_and_nothing_in_the_rows_shows_which(job):
    table = job()
    rows, again = al.suggest(table, 10), job()
    assert [*rows.columns] == ["id", "a", "b", "c", "y"] and (rows["y"] == "").all()
    assert len(table.log.audit_rows()) == 2
    places = np.concatenate(
        [np.flatnonzero(al.suggest(again, 10, random_state=seed)["id"].isin(table.log.audit_rows().index))
         for seed in range(25)]
    )  # fmt: skip
    assert set(places) == set(range(10))  # they stand anywhere


def test_a_column_named_id_that_is_no_id_keeps_its_name(tmp_path):
    table = al.load_table(
        ROWS.assign(id=1.5, y=""), "y", log=al.LabelLog(tmp_path / "l.csv"), classes=["no", "yes"]
    )
    rows = al.suggest(table, 4)
    assert [*rows.columns] == ["row", "a", "b", "c", "id", "y"]
    assert len(read_answers(table, rows.assign(y="yes")).events) == 4


@pytest.mark.parametrize("n", [1, 3, 7, 10])
def test_audit_rows_are_the_share_of_all_rows_so_far_rounded_down(job, n):
    for done in range(n, 5 * n + 1, n):
        rows, table = al.suggest(job(), n, strategy="margin"), job()
        answer(table, rows)
        ever = table.log.events().query("drawn == 'audit'")["id"].nunique()
        assert ever == done // 5 and len(table.log.labels()) == done


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 12), max_size=8), st.sampled_from([0.0, 0.1, 0.2, 0.29, 0.5, 1.0]))
def test_the_share_holds_with_any_sizes_of_rounds(sizes, share):
    events, total, audits = [], 0, 0
    for size in sizes:
        frame = pd.DataFrame(events, columns=COLUMNS, dtype="str").fillna("")
        due = audit_rows_due(frame, size, share)
        for i in range(size):
            row = {"id": str(total + i), "rule": "margin"}
            events.append(row | {"event": "suggested", "drawn": "audit" if i < due else "rule"})
            events.append(row | {"event": "labelled", "label": "a", "rule": ""})
        total, audits = total + size, audits + due
        assert audits == int(np.floor(share * total + 1e-9))


def test_audit_rows_without_an_answer_are_asked_for_again(job):
    al.suggest(job(), 10)
    table = job()
    audit = set(table.log.audit_rows().index)
    again = al.suggest(table, 10)
    assert audit <= set(again["id"]) and set(table.log.audit_rows().index) == audit
    one = al.suggest(job(), 1)
    assert set(one["id"]) <= audit


def test_the_rule_sees_audit_rows_as_rows_without_a_label(job):
    for _ in range(3):
        answer(job(), al.suggest(job(), 10))
    table = job()
    seen = hide_audit_rows(table)
    assert table.audit.sum() == 6 and not seen.labeled[table.audit].any() and seen.pool[table.audit].all()
    assert seen.labeled.sum() == 24


def test_what_the_rule_chooses_does_not_depend_on_an_audit_rows_label(job, monkeypatch):
    for _ in range(3):
        answer(job(), al.suggest(job(), 10))
    table = job()
    first = draw.chosen_by_rule(hide_audit_rows(table), 8)["id"].tolist()
    table.y[table.audit] = "other"
    assert draw.chosen_by_rule(hide_audit_rows(table), 8)["id"].tolist() == first


def test_an_audit_row_that_the_rule_chooses_costs_nothing_and_is_none_any_more(job, monkeypatch):
    for _ in range(3):
        answer(job(), al.suggest(job(), 10))
    table = job()
    audit = table.frame.index[table.audit & table.labeled][0]
    before, picked, real = {*table.log.audit_rows().index}, set(), draw.chosen_by_rule

    def choose(table, n, **how):
        found = real(table, n, **how)
        if table.pool[table.frame.index.get_loc(audit)]:
            found.loc[0, "id"] = audit
        picked.update(found["id"])
        return found

    monkeypatch.setattr(draw, "chosen_by_rule", choose)
    rows = al.suggest(table, 10)
    assert len(rows) == 10 and audit not in set(rows["id"])
    after = {*table.log.audit_rows().index}
    assert audit in picked and before & after == before - picked and len(after - before) == 2
    assert table.log.labels().loc[audit, "drawn"] == "rule"


def test_the_start_is_random_until_the_rule_sees_twenty_labels_of_two_classes(job):
    for _ in range(4):
        answer(job(), al.suggest(job(), 10))
    drawn = job().log.events().query("drawn != ''").drop_duplicates("id")["drawn"].value_counts()
    assert drawn.to_dict() == {"random": 20, "rule": 12, "audit": 8}


def test_only_audit_rows_are_drawn_if_asked_for(job):
    table = job(20)
    rows = al.suggest(table, 15, only_audit=True)
    assert set(table.log.audit_rows().index) == set(rows["id"]) and len(rows) == 15


def test_no_audit_rows_are_drawn_if_their_share_is_zero(job):
    answer(job(20), al.suggest(job(20), 10, audit_share=0))
    assert len(job(20).log.audit_rows()) == 0


@pytest.mark.parametrize("share", [-0.1, 1.5, True, "0.2"])
def test_a_share_that_cannot_be_is_refused(job, share):
    with pytest.raises(ValueError, match="from 0 to 1, got"):
        al.suggest(job(), 5, audit_share=share)


def test_audit_rows_need_a_log():
    with pytest.raises(ValueError, match="load the table with log="):
        al.suggest(al.load_table(ROWS.assign(y=TRUTH.to_numpy()).assign(y=""), "y"), 5, audit_share=0.2)


def test_every_row_can_be_asked_for(job):
    while (table := job()).pool.any():
        answer(job(), al.suggest(table, 45))
    assert len(table.log.labels()) == 160 and len(table.log.events().query("drawn == 'audit'")) <= 32
    with pytest.raises(ValueError, match="nothing to suggest"):
        al.suggest(table, 1)


def test_labels_given_at_random_are_audit_rows_but_for_the_first_ten_and_the_first_of_each_class(job):
    log_given_at_random(job(30))
    table = job(30)
    assert table.audit.sum() == 20 and not table.audit[:10].any()
    log_given_at_random(table)
    assert len(table.log.events()) == 30
    assert al.score(table)[0].n_audit == 20
    answer(table, al.suggest(job(30), 10))
    assert job(30).audit.sum() in (21, 22) or (job(30).states["drawn"] == "rule").sum() > 8


@pytest.mark.slow
def test_audit_rows_and_rows_without_a_label_are_alike():
    """After rounds of margin their shares of a class are equal in the mean, as the score supposes."""
    gaps = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(rng.normal(size=(200, 2)), columns=["a", "b"])
        truth = np.where(frame["a"] + 0.5 * rng.normal(size=200) > 0.8, "yes", "no")
        drawn = play(frame, truth, seed)
        left = np.setdiff1d(np.arange(200), [int(row) for row in drawn.index])
        audit = [int(row) for row in drawn.index[drawn == "audit"]]
        gaps.append((truth[audit] == "yes").mean() - (truth[left] == "yes").mean())
    assert abs(np.mean(gaps)) < 2.5 * np.std(gaps) / np.sqrt(60)


def play(frame, truth, seed):
    """How each row was drawn at last, after six rounds."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        log = al.LabelLog(Path(folder) / "l.csv")
        for _ in range(6):
            table = al.load_table(frame.assign(y=""), "y", log=log)
            rows = al.suggest(table, 10, random_state=seed)
            filled = rows.rename(columns={"id": "row"}).assign(y=truth[rows["id"].astype(int)])
            log.append(read_answers(table, filled).events)
        return (
            log.events()
            .query("event == 'suggested'")
            .drop_duplicates("id", keep="last")
            .set_index("id")["drawn"]
        )
