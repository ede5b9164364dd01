"""The labelling cell without a browser: what it shows, what keys and clicks do, and that texts stay texts."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from active_learning import labelling_cell
from active_learning.labelling.session import Session
from active_learning.labelling.showing import class_keys, matches, pixels, split_cells, text_lines_of
from active_learning.labelling_cell import Cell, image_address, label, review_lines, widget

HOSTILE = "<script>alert(1)</script>\n\x1b[31mred\u202eevil"
RNG = np.random.default_rng(0)
ROWS = pd.DataFrame({"text": [f"word{i % 7} {HOSTILE}" for i in range(60)], "n": RNG.normal(size=60)})
ROWS["y"] = np.where(np.arange(60) < 6, np.where(ROWS["n"] > 0, "yes", "<b>no</b>"), "")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(labelling_cell, "PAUSE", 0)


@pytest.fixture
def cell(tmp_path):
    ROWS.to_csv(tmp_path / "my.csv", index=False)
    return Cell(Session(tmp_path / "my.csv", n=3, label_column="y"))


def do(cell, what, **more):
    cell.act({"token": cell.state()["token"], "do": what, **more})
    return cell.state()


def test_a_row_is_shown_with_its_texts_in_full_and_its_numbers_as_a_table(cell):
    state = cell.state()
    (text,) = state["texts"]
    assert text["text"].splitlines()[1] == r"\x1b[31mred\u202eevil" and text["text"].startswith("word")
    assert [name for name, _ in state["numbers"]] == ["n"]
    assert state["line"] == "Row 1 of 3, 0 saved: which y?"
    assert [(one["name"], one["key"]) for one in state["classes"]] == [("<b>no</b>", "1"), ("yes", "2")]
    assert "audit" not in json.dumps(state).lower() and state["guesses"] == ""


def test_presses_are_saved_and_a_second_press_on_the_same_row_is_not(cell):
    token = cell.state()["token"]
    for _ in range(2):
        cell.act({"token": token, "do": "answer", "index": 1})
    assert cell.session.log.labels()["label"].tolist() == ["yes"]
    assert do(cell, "back")["given"] == "yes"
    assert do(cell, "answer", index=0)["line"].startswith("Row 2 of 3, 1 saved")
    assert cell.session.log.labels()["label"].tolist() == ["<b>no</b>"]
    do(cell, "undo")
    assert cell.session.log.labels().empty


@pytest.mark.parametrize(
    "what, more", [("undo", {}), ("back", {}), ("answer", {"index": 99}), ("add", {"name": " "})]
)
def test_what_cannot_be_is_a_line_in_the_cell(cell, what, more):
    assert do(cell, what, **more)["error"] != "" and cell.session.at == 0


def test_messages_that_are_none_do_nothing(cell):
    for message in (None, {}, {"do": "answer"}, {"token": 0}, [1]):
        cell.act(message)
    assert cell.session.at == 0


def test_a_new_class_is_asked_about_when_it_nearly_equals_one(cell):
    assert do(cell, "add", name="Yes")["near"] == {"name": "Yes", "like": "yes"}
    state = do(cell, "add", name="Yes", sure=True)
    assert state["near"] is None and [one["name"] for one in state["classes"]][-1] == "Yes"


def test_after_a_batch_come_the_score_and_the_next_rows(cell):
    for what in ("skip", "unsure", "skip"):
        state = do(cell, what)
    assert state["done"] and [name for _, name, _ in state["actions"]] == ["undo", "back", "next rows"]
    cell.wait()
    assert any("score" in line for line in cell.state()["review"])
    do(cell, "next")
    cell.wait()
    state = cell.state()
    assert not state["done"] and state["line"].startswith("Row 1 of 3")
    assert any("score" in line for line in state["review"])


def test_who_goes_on_at_once_is_given_the_next_rows_before_the_score(cell, monkeypatch):
    monkeypatch.setattr(labelling_cell, "PAUSE", 0.2)
    order, real = [], review_lines
    monkeypatch.setattr(
        labelling_cell,
        "review_lines",
        lambda session, target, ready: real(session, target, lambda: (ready(), order.append("score"))),
    )
    draw = type(cell.session).next_batch
    monkeypatch.setattr(
        type(cell.session),
        "next_batch",
        lambda session: (time.sleep(0.5), draw(session), order.append("rows")),
    )
    for what in ("skip", "skip", "skip", "next"):
        do(cell, what)
    cell.wait()
    state = cell.state()
    assert order == ["rows", "score", "score"] and state["line"].startswith("Row 1 of 3")
    assert "being computed" not in state["review"][0] and any("score" in line for line in state["review"])


def test_guesses_are_shown_only_when_asked_for(cell):
    assert "%" in do(cell, "guesses")["guesses"]
    assert do(cell, "skip")["guesses"] == ""


def test_the_cell_says_stop_where_the_score_does(cell, monkeypatch):
    from active_learning.labelling.score import Score

    found = [Score("new rows", 0.95, 0.9, 0.99, 40, 0)]
    monkeypatch.setattr(labelling_cell, "audit_evidence", lambda *_: None)
    monkeypatch.setattr(labelling_cell, "scores_of", lambda _: found)
    monkeypatch.setattr(labelling_cell, "majority_of", lambda _: {"class": "yes", "score": 0.5})
    table = cell.session.table
    monkeypatch.setattr(type(table), "audit", table.labeled)
    assert review_lines(cell.session, 0.85)[0].startswith("Stop here")
    assert not review_lines(cell.session, 0.92)[0].startswith("Stop here")


def test_the_widget_renders_without_a_person_and_invents_no_label(cell):
    pytest.importorskip("anywidget")
    shown = widget(cell, "x")
    assert shown.state["line"].startswith("Row 1 of 3") and (cell.session.log.labels()).empty
    shown._handle_custom_msg({"token": 0, "do": "answer", "index": 1}, [])
    assert shown.state["line"].startswith("Row 2 of 3")


def test_a_note_of_reading_is_shown_until_the_first_answer_and_then_never_again(tmp_path):
    ROWS.assign(y=ROWS["y"].replace("yes", "yes ").mask(ROWS.index == 1, "Yes")).to_csv(
        tmp_path / "my.csv", index=False
    )
    cell = Cell(Session(tmp_path / "my.csv", n=2, label_column="y"))
    assert len(cell.state()["notes"]) == len({*cell.state()["notes"]}) > 0
    for what in ("skip", "skip", "next"):
        do(cell, what)
    cell.wait()
    assert cell.state()["line"].startswith("Row 1 of 2") and cell.state()["notes"] == []


@pytest.mark.parametrize(
    "settings, line",
    [
        ({"label_column": "z"}, "ValueError: no column 'z'.*declare the classes"),
        ({"label_column": "y", "target_acc": 90}, "ValueError: target must be an accuracy in"),
        ({"label_column": "y", "n": "ten"}, "(Type|Value)Error: n must be"),
        ({}, "ValueError: label_column is missing"),
    ],
)
def test_bad_input_is_one_line_in_a_notebook(tmp_path, settings, line):
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    ROWS.to_csv(tmp_path / "my.csv", index=False)
    with pytest.raises((ValueError, TypeError)) as caught:
        label(tmp_path / "my.csv", **settings)
    shown = []
    shell._showtraceback = lambda kind, error, lines: shown.extend(lines)
    shell.showtraceback((caught.type, caught.value, caught.tb))
    assert len(shown) == 1 and re.match(line, shown[0]) and "\n" not in shown[0]


def test_a_log_that_is_gone_is_said_with_the_first_answer_after(cell):
    do(cell, "answer", index=0)
    cell.session.log.path.unlink()
    assert "my.csv.labels.csv is gone" in do(cell, "answer", index=1)["notes"][0]
    assert do(cell, "back")["notes"] != [] and do(cell, "answer", index=0)["notes"] == []


def test_a_table_that_is_gone_is_one_line_and_no_score_is_waited_for(cell):
    cell.session.job = replace(cell.session.job, path=f"{cell.session.job.path}.gone")
    for what in ("skip", "skip", "skip"):
        do(cell, what)
    cell.wait()
    state = cell.state()
    assert state["error"].startswith("No such file or directory: /") and state["review"] == []


def test_label_shows_a_line_where_nothing_can_be_pressed(tmp_path, capsys):
    pytest.importorskip("anywidget")
    ROWS.to_csv(tmp_path / "my.csv", index=False)
    label(tmp_path / "my.csv", label_column="y")
    assert "Run this cell to label rows of my.csv here." in capsys.readouterr().out


def test_digits_are_pictures_and_other_numbers_are_not():
    digits = {f"pixel{i}": str(i % 16) for i in range(64)}
    assert pixels({"id": "7", **digits}).shape == (8, 8)
    assert pixels({"id": "7", **digits}).max() == 1
    assert pixels({f"x{i}": "1" for i in range(9)}) is None
    assert pixels({f"x{i}": "a" for i in range(16)}) is None


def test_a_path_of_a_picture_is_shown_as_one(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    assert image_address(tmp_path, "a.png").startswith("data:image/png;base64,")
    assert image_address(tmp_path, "b.png") is image_address(tmp_path, "a\0.png") is None
    assert image_address(tmp_path, "no path, but a text") is None


def test_keys_are_digits_then_letters_and_none_is_an_action():
    keys = class_keys([f"c{i}" for i in range(30)])
    assert [*keys] == [*"123456789cde"]


def test_a_class_is_found_by_what_it_holds_first_those_that_begin_so():
    assert matches(["dark red", "Red", "blue"], "red") == ["Red", "dark red"]


def test_cells_are_split_into_numbers_and_texts():
    assert split_cells({"a": "1.5", "b": "", "c": "one"}) == ({"a": "1.5", "b": ""}, {"c": "one"})
    assert text_lines_of("a\r\n\tb\x07") == ["a", "    b\\x07"]


def luminance(colour):
    """Of #rrggbb or #rgb, as WCAG 2 defines it."""
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    parts = np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_every_colour_of_a_text_has_a_contrast_of_four_and_a_half_to_every_background():
    style = Path(labelling_cell.__file__).with_suffix(".js").read_text().split("`")[1]
    texts = {*re.findall(r"(?<![-\w])color: (#\w+)", style)}
    grounds = {*re.findall(r"background: (#\w+)", style)}
    assert len(texts) >= 3 and len(grounds) >= 3
    assert contrast("#000000", "#fff") == pytest.approx(21) and contrast("#777", "#ffffff") < 4.5
    assert min(contrast(text, ground) for text in texts for ground in grounds) >= 4.5
    edges = {*re.findall(r"(?:border|outline)[-\w]*: \d+px \w+ (#\w+)", style)}
    assert min(contrast(edge, "#ffffff") for edge in edges) >= 3  # what is not text
    assert ":focus-visible" in style and "outline: none" not in style
