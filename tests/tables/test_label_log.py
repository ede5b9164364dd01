"""The label log: what is saved stays, what is cut is left out and told, states follow from events."""

import csv
import multiprocessing
import os
import time
import warnings

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import al_helpers as al
from active_learning.tables import label_log
from active_learning.tables.label_log import COLUMNS

HOSTILE = ['a,b', '"', 'two\nlines', "\r", "=1+1", "'x", "NA", "\u2028", "\ufeffx", ";", "é語", ' ', "\t",
           'x\nlabelled,9,,evil,,,,2026-01-01T00:00:00Z,']  # fmt: skip


@pytest.fixture
def log(tmp_path):
    return al.LabelLog(tmp_path / "my.csv.labels.csv")


def labelled(row, label, who=""):
    return {"event": "labelled", "id": row, "label": label, "who": who}


def suggested(row, drawn="rule", **more):
    return {"event": "suggested", "id": row, "drawn": drawn, **more}


def test_the_first_line_names_the_columns_and_pandas_reads_the_file(log):
    log.append([suggested("p", "audit", rule="margin", round=1, row_hash="ab")])
    log.append([labelled("p", "spam")])
    frame = pd.read_csv(log.path, keep_default_na=False, dtype=str)
    assert [*frame.columns] == COLUMNS
    assert frame.loc[0].tolist()[:7] == ["suggested", "p", "ab", "", "audit", "margin", "1"]
    assert frame["time"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()


def test_the_last_answer_stands_and_an_undone_one_does_not(log):
    log.append([labelled("p", "a"), labelled("q", "a"), labelled("p", "b"), labelled("r", "c")])
    log.append([{"event": "undone", "id": "q"}, {"event": "skipped", "id": "r"}])
    assert log.labels()["label"].to_dict() == {"p": "b"}


def test_a_suggestion_after_an_answer_leaves_the_answer(log):
    """As when the rule chooses an audit row, which then is none any more."""
    log.append([suggested("p", "audit"), suggested("q", "audit"), labelled("p", "a")])
    log.append([suggested("p", "rule")])
    assert log.labels()["label"].to_dict() == {"p": "a"}
    assert log.audit_rows()["status"].to_dict() == {"q": "open"}


def test_of_two_peoples_answers_the_newer_does_not_silently_win(log):
    log.append([labelled("p", "a", "ann"), labelled("p", "b", "bob"), labelled("q", "a", "ann")])
    assert log.labels()["label"].to_dict() == {"q": "a"}
    assert log.disagreements().to_numpy().tolist() == [["p", "ann", "a"], ["p", "bob", "b"]]
    assert log.labels(by="ann")["label"].to_dict() == {"p": "a", "q": "a"}
    assert log.labels(by="majority")["label"].to_dict() == {"q": "a"}
    log.append([labelled("p", "b", "cleo")])
    assert log.labels(by="majority")["label"].to_dict() == {"p": "b", "q": "a"}
    with pytest.raises(ValueError, match="unknown person 'dan'; valid: majority, ann, bob, cleo"):
        log.labels(by="dan")


def test_two_spellings_of_one_class_are_no_disagreement(log):
    log.append([labelled("p", "1", "ann"), labelled("p", "1.0", "bob")])
    assert log.labels()["label"].to_dict() == {"p": "1.0"}


@pytest.mark.parametrize(
    "event, said",
    [
        ({"event": "labeled", "id": "p", "label": "a"}, "unknown event 'labeled'; valid: suggested"),
        ({"event": "labelled", "id": "p"}, "'p' with the label ''"),
        ({"event": "labelled", "label": "a"}, "without the id"),
        ({"event": "suggested", "id": "p", "drawn": "chance"}, "'chance'; valid: rule, random, audit"),
        ({"event": "labelled", "id": "p", "label": "a", "drawn": "audit"}, "only its suggestion does"),
        ({"event": "labelled", "id": "p", "label": "a", "time": "noon"}, "'noon'"),
        ({"event": "labelled", "id": "p", "label": "a\0"}, "no file can hold"),
        ({"event": "labelled", "id": "p", "label": "\ud800"}, "no file can hold"),
        ({"event": "labelled", "id": "p", "label": "a", "colour": "red"}, "no 'colour'"),
        ({"event": "suggested", "id": "p", "drawn": "rule", "round": "one"}, "'one'"),
    ],
)
def test_an_event_that_cannot_be_is_refused_by_name_and_nothing_is_written(log, event, said):
    with pytest.raises(ValueError, match=said):
        log.append([labelled("q", "fine"), event])
    assert not log.path.exists()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE)), min_size=1, max_size=6))
def test_any_text_comes_back_as_it_was_typed(tmp_path_factory, pairs):
    log = al.LabelLog(tmp_path_factory.mktemp("log") / "l.csv")
    pairs = [(row, label) for row, label in pairs if label.strip()]
    for row, label in pairs:
        log.append([labelled(row, label)])
    events = log.events()
    assert [*zip(events["id"], events["label"], strict=True)] == pairs and events.attrs["notes"] == []
    if pairs:
        with open(log.path, encoding="utf-8", newline="") as file:
            assert [(row[1], row[3]) for row in [*csv.reader(file, strict=True)][1:]] == pairs


@pytest.mark.parametrize("label", ["plain", 'with "quotes", commas\nand lines'])
def test_a_line_cut_anywhere_costs_only_itself(log, label):
    log.append([labelled("p", "kept")])
    whole = log.path.read_bytes()
    log.append([labelled("q", label)])
    full = log.path.read_bytes()
    for end in range(len(whole), len(full), 3):
        log.path.write_bytes(full[:end])
        assert "p" in log.labels().index
        log.append([labelled("r", label), labelled("s", "after")])
        assert log.path.read_bytes().startswith(full[:end])  # nothing that stood there was changed
        labels = log.labels()["label"].to_dict()
        assert labels.pop("q", label) == label
        assert labels == {"p": "kept", "r": label, "s": "after"}
        frame = pd.read_csv(log.path, keep_default_na=False, dtype=str)
        assert (frame["id"] == "r").sum() == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("labelled,q,,b", "labelled,q,,"),
        lambda text: text.replace("labelled,q,,b", 'labelled,q,,"b'),
        lambda text: text.replace("labelled,q,,b", "nonsense"),
        lambda text: text.replace("labelled,q,,b", "labeled,q,,b"),
        lambda text: text.replace("labelled,q,,b", "labelled,,q,b"),
        lambda text: text.replace("labelled,q,,b", "labelled,q,,b,too,many"),
        lambda text: text.replace("labelled,q,,b", "labelled,q,,\udcff").encode("utf-8", "surrogateescape"),
    ],
)
def test_a_line_that_was_edited_is_left_out_and_told(log, damage):
    log.append([labelled("p", "a"), labelled("q", "b"), labelled("r", "c")])
    text = damage(log.path.read_text())
    log.path.write_bytes(text if isinstance(text, bytes) else text.encode())
    labels, notes = log.labels()["label"].to_dict(), log.events().attrs["notes"]
    if labels.get("q") == "\ufffd":  # of another encoding: the row has a label, though a strange one
        return
    assert labels == {"p": "a", "r": "c"}
    assert notes == ["line 3 of my.csv.labels.csv cannot be read, and is left out"]
    log.append([labelled("s", "d")])
    assert log.labels()["label"].to_dict() == {"p": "a", "r": "c", "s": "d"}


@pytest.mark.parametrize(
    "how", [lambda b: b.replace(b"\n", b"\r\n"), lambda b: b"\xef\xbb\xbf" + b, bytes.rstrip]
)
def test_a_log_that_an_editor_saved_goes_on(log, how):
    log.append([labelled("p", "a"), labelled("q", "b")])
    log.path.write_bytes(how(log.path.read_bytes()))
    log.append([labelled("r", "c")])
    assert log.labels()["label"].to_dict() == {"p": "a", "q": "b", "r": "c"}


@pytest.mark.parametrize(
    "content", [b"id,y\np,a\n", b"event;id;row_hash;label;drawn;rule;round;time;who\n", b"\x89PNG"]
)
def test_a_file_that_is_no_log_is_refused_and_left_as_it_is(log, content):
    log.path.write_bytes(content)
    for use in (log.labels, lambda: log.append([labelled("p", "a")])):
        with pytest.raises(ValueError, match="is not a label log"):
            use()
    assert log.path.read_bytes() == content


def test_answers_go_to_a_pending_file_while_a_spreadsheet_holds_the_log_open(log, tmp_path):
    log.append([labelled("p", "a")])
    held, before = tmp_path / ".~lock.my.csv.labels.csv#", log.path.read_bytes()
    held.touch()
    with pytest.warns(UserWarning, match=r"held open .* the answers are in my.csv.labels.pending.csv"):
        log.append([labelled("q", "b")])
    assert log.path.read_bytes() == before and log.pending.exists()
    assert log.labels()["label"].to_dict() == {"p": "a", "q": "b"}
    held.unlink()
    log.append([labelled("q", "c")])
    assert not log.pending.exists()
    assert log.events()["label"].tolist() == ["a", "b", "c"]


def test_pending_answers_that_the_log_has_already_are_not_taken_twice(log):
    """As after a kill between the two steps."""
    log.append([labelled("p", "a")])
    log.pending.write_bytes(log.path.read_bytes())
    log.append([labelled("p", "b")])
    assert log.labels()["label"].to_dict() == {"p": "b"} and not log.pending.exists()


def test_a_full_disk_leaves_the_log_as_it_was(log, monkeypatch):
    log.append([labelled("p", "a")])
    before = log.path.read_bytes()

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(label_log.os, "fsync", fail)
    with pytest.raises(OSError, match="nothing was saved: No space left on device"):
        log.append([labelled("q", "b")])
    assert log.path.read_bytes() == before


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_one_clear_line(log, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="nothing was saved"):
        log.append([labelled("p", "a")])
    tmp_path.chmod(0o700)


def write_many(path, name, n):
    log = al.LabelLog(path)
    for i in range(n):
        log.append([labelled(f"{name}{i}", 'a "label"\nof two lines'), labelled(f"{name}{i}b", "x")])


def test_two_processes_at_once_lose_nothing(log):
    start = multiprocessing.get_context("fork")
    writers = [start.Process(target=write_many, args=(log.path, name, 20)) for name in "pqr"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert len(log.labels()) == 120 and log.events().attrs["notes"] == []


def test_a_log_that_another_program_locks_for_long_is_not_waited_for_for_ever(log, monkeypatch):
    monkeypatch.setattr(label_log, "WAIT", 0.1)
    log.append([labelled("p", "a")])
    with label_log._locked(log.path), pytest.warns(UserWarning, match="held open"):
        log.append([labelled("q", "b")])
    assert log.labels()["label"].to_dict() == {"p": "a", "q": "b"}


@pytest.mark.skipif(pd.__version__ < "3", reason="texts of older pandas are Python objects: 1.3 s")
def test_a_hundred_thousand_answers_are_read_in_a_second(log):
    row = "{},{},ab12cd34ef56ab12,{},{},margin,{},2026-01-01T00:00:00Z,\n".format
    lines = [row("suggested", i, "", "audit" if i % 5 == 0 else "rule", i // 10) for i in range(100_000)]
    lines += [row("labelled", i, f"class {i % 7}", "", "") for i in range(100_000)]
    log.path.write_text(",".join(COLUMNS) + "\n" + "".join(lines))
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        assert len(log.labels()) == 100_000
        best = min(best, time.process_time() - start)
    assert best < 1


def test_an_empty_append_creates_nothing(log):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log.append([])
    assert not log.path.exists() and len(log.labels()) == 0 and len(log.audit_rows()) == 0
