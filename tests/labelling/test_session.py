"""A person's session: what is saved, what is shown again, and what two people are shown."""

import multiprocessing
import os
import signal

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.labelling.session import OPEN, Session

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal(size=(80, 3)), columns=list("abc")).assign(id=[f"r{i}" for i in range(80)])
ROWS["y"] = np.where(np.arange(80) < 6, np.where(ROWS["a"] > 0, "yes", "no"), "")
SAID = {"label_column": "y", "id_column": "id"}
fork = multiprocessing.get_context("fork") if os.name == "posix" else None


@pytest.fixture
def path(tmp_path):
    ROWS.to_csv(tmp_path / "my.csv", index=False)
    return tmp_path / "my.csv"


def ids(session):
    return [session.cells(row)["id"] for row in session.rows]


def test_an_answer_is_in_the_log_before_the_next_row_is_current(path, monkeypatch):
    session = Session(path, n=3, **SAID)
    before, places = session.at, []
    append = type(session.log).append
    monkeypatch.setattr(
        type(session.log), "append", lambda log, events: (places.append(session.at), append(log, events))
    )
    session.answer("yes")
    assert places == [before] and session.at == 1
    assert session.log.labels()["label"].to_dict() == {ids(session)[0]: "yes"}


def test_answers_are_skipped_unsure_undone_and_changed(path):
    session = Session(path, n=4, **SAID)
    session.answer("yes")
    session.skip()
    session.unsure()
    session.undo()
    assert (session.at, session.progress) == (2, (2, 4))
    session.back()
    session.back()
    session.answer("no")
    session.forward()
    session.answer("no")
    found = session.log.events().query("event != 'suggested'")
    assert found["event"].tolist() == ["labelled", "skipped", "unsure", "undone", "labelled", "labelled"]
    assert session.log.labels()["label"].to_dict() == dict.fromkeys([ids(session)[0], ids(session)[2]], "no")


def test_what_cannot_be_is_one_sentence_and_changes_nothing(path):
    session = Session(path, n=2, **SAID)
    for act in (session.undo, session.back, session.forward, lambda: session.answer("maybe")):
        with pytest.raises(ValueError, match=r"\w"):
            act()
    assert session.at == 0 and (session.log.events()["event"] == "suggested").all()


@pytest.mark.parametrize("name", ["", " ", "\u200b", "yes", "yes\u200b", "a\nb", "x" * 201])
def test_a_class_that_is_empty_or_exists_is_refused(path, name):
    session = Session(path, **SAID)
    with pytest.raises(ValueError, match="class"):
        session.add_class(name)
    assert session.classes == ["no", "yes"]


def test_a_class_that_nearly_equals_another_is_added_only_if_sure(path):
    session = Session(path, **SAID)
    assert session.add_class("Yes") == "yes" and session.classes == ["no", "yes"]
    assert session.add_class("Yes", sure=True) == session.add_class("perhaps") == ""
    session.answer("perhaps")
    assert Session(path).classes == ["no", "yes", "Yes", "perhaps"]


@pytest.mark.parametrize("name, why", [("[0 1]", "several"), ("yes|no", "several"), ("-1", "means no label")])
def test_a_class_that_is_several_or_a_mark_is_refused(path, name, why):
    with pytest.raises(ValueError, match=why):
        Session(path, **SAID).add_class(name)


def test_a_class_that_means_no_label_is_refused(path):
    with pytest.raises(ValueError, match="no label"):
        Session(path, unlabeled=["NA"], **SAID).add_class("NA")


def test_a_new_session_goes_on_where_the_last_one_ended(path):
    first = Session(path, n=5, **SAID)
    first.answer("yes")
    first.skip()
    second = Session(path)
    assert ids(second)[:2] == ids(first)[:2] and set(ids(second)) == set(ids(first))
    assert second.progress == (2, 5) and second.at == 2
    second.undo()
    assert second.log.events()["event"].iloc[-1] == "undone" and second.at == 1


def test_a_batch_that_is_done_is_followed_by_other_rows(path):
    session = Session(path, n=3, **SAID)
    shown = ids(session)
    for _ in range(3):
        session.answer("no")
    assert session.current is None
    session.next_batch()
    assert session.progress == (0, 3) and not set(ids(session)) & set(shown)


def test_rows_on_one_screen_are_suggested_to_no_other(path):
    sessions = [Session(path, n=8, who=who, **SAID) for who in ("ann", "bob", "cy")]
    shown = [row for session in sessions for row in ids(session)]
    assert len(set(shown)) == len(shown) == 24
    sessions[0].answer("yes")
    assert set(ids(Session(path, who="ann"))) == set(ids(sessions[0]))
    assert sessions[0].log.events().query("event == 'labelled'")["who"].tolist() == ["ann"]


def test_rows_are_free_again_after_an_hour(path):
    Session(path, n=74, who="ann", **SAID)
    with pytest.raises(ValueError, match="somebody's screen"):
        Session(path, who="bob")
    log = path.with_name("my.csv.labels.csv")
    events = pd.read_csv(log, dtype=str, keep_default_na=False)
    events.assign(time="2026-01-01T00:00:00Z").to_csv(log, index=False)
    assert len(Session(path, n=74, who="bob").rows) == 74


def test_a_row_given_to_two_at_once_stays_with_the_first(path, monkeypatch):
    ann = Session(path, n=5, who="ann", **SAID)
    bob = Session(path, n=5, who="bob", **SAID)
    start = len(ann.log.events())
    both = {"event": "suggested", "id": "r50", "round": "9"}
    ann.log.append([both | {"drawn": "audit"}])
    bob.log.append([both | {"drawn": "rule"}])
    assert ann._given_back(start) == set()
    assert bob._given_back(start) == {"r50"}
    assert tuple(bob.log.events()[["who", "drawn"]].iloc[-1]) == ("ann", "audit")


def test_what_a_session_shows_tells_nothing_of_how_rows_were_drawn(path):
    session = Session(path, n=10, **SAID)
    shown = str([session.cells(row) for row in session.rows]) + str(vars(session)["notes"])
    assert "audit" not in shown.lower() and len(session.log.audit_rows()) == 2
    places = []
    for _ in range(8):
        places += np.flatnonzero(np.isin(ids(session), session.log.audit_rows().index)).tolist()
        for _ in session.rows[:7]:
            session.answer("yes")
        session.next_batch()
    assert len(set(places)) > 4


def test_a_table_that_changes_meanwhile_loses_no_answer(path):
    session = Session(path, n=2, **SAID)
    row = ids(session)[0]
    ROWS[::-1].to_csv(path, index=False)
    assert session.changed
    session.answer("yes")
    session.skip()
    session.next_batch()
    table = session.read()
    assert table.y[table.frame.index.get_loc(row)] == "yes"


def test_a_log_that_cannot_be_written_keeps_the_row(path, monkeypatch):
    session = Session(path, n=2, **SAID)

    def full(log, events):
        raise OSError(28, "nothing was saved: No space left on device", "my.csv.labels.csv")

    monkeypatch.setattr(type(session.log), "append", full)
    with pytest.raises(OSError, match="nothing was saved"):
        session.answer("yes")
    assert session.at == 0 and session.given == {}


@pytest.mark.parametrize("labels", [["a", "b"] * 40])
def test_a_table_without_a_pool_is_one_sentence(path, labels):
    ROWS.assign(y=labels).to_csv(path, index=False)
    with pytest.raises(ValueError, match="nothing to label"):
        Session(path, **SAID)


def test_guesses_come_from_the_labels_and_only_when_asked(path):
    session = Session(path, n=2, **SAID)
    (best, p), (second, q) = session.guesses()
    assert {best, second} == {"no", "yes"} and p >= q and p + q == pytest.approx(1)
    assert Session(path, who="x", classes=["a"]).guesses() != []


def label_for_ever(path, said):
    """Label rows, a batch after the other, and say each answer that is saved."""
    session = Session(path, n=4)
    while True:
        if session.current is None:
            session.next_batch()
        row = ids(session)[session.at]
        session.answer("yes")
        said.send(row)


@pytest.mark.skipif(fork is None, reason="needs fork")
def test_twenty_kills_lose_no_answer_that_was_shown_as_saved(tmp_path):
    path, rng, saved = tmp_path / "my.csv", np.random.default_rng(1), set()
    n = 600
    frame = pd.DataFrame({"id": range(n), "a": rng.normal(size=n), "y": ["yes", "no"] + [""] * (n - 2)})
    frame.to_csv(path, index=False)
    Session(path, n=4, **SAID)
    for _ in range(20):
        hear, said = fork.Pipe(duplex=False)
        process = fork.Process(target=label_for_ever, args=(path, said))
        process.start()
        said.close()
        assert hear.poll(60)
        process.join(rng.uniform(0.0, 0.15))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        try:
            while True:
                saved.add(hear.recv())
        except EOFError:
            pass
        assert saved <= set(al.LabelLog(f"{path}.labels.csv").labels().index)
    assert len(saved) > 20


def test_a_class_that_another_person_added_meanwhile_stays(path):
    ann, bob = Session(path, n=2, who="ann", **SAID), Session(path, n=2, who="bob", **SAID)
    ann.add_class("perhaps")
    bob.add_class("never")
    assert Session(path, who="cy").classes == ["no", "yes", "perhaps", "never"]


def open_in_another_process(path, who, said):
    """The notes of a session in a process that shares no open file with this one."""
    OPEN.clear()
    said.send(Session(path, who=who).notes)


@pytest.mark.skipif(fork is None, reason="needs fork")
def test_two_processes_without_a_name_are_told_and_two_sessions_of_one_are_not(path):
    first = Session(path, n=3, **SAID)
    assert Session(path).notes == [] == first.notes
    for who, told in (("", True), ("ann", False)):
        hear, said = fork.Pipe(duplex=False)
        process = fork.Process(target=open_in_another_process, args=(path, who, said))
        process.start()
        assert hear.poll(60) and any("two people must each give who" in note for note in hear.recv()) == told
        process.join()
