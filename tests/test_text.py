"""Claims about the text of others: shown as text, on a terminal, in Markdown and in HTML; exact in JSON."""

import html
import json
import os
import re
import subprocess
import sys
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from examples import run
from hypothesis import example, given, settings
from hypothesis import strategies as st

import al_helpers as al
from active_learning._text import printable
from active_learning.notebook import text_table

ROOT = Path(__file__).parents[1]
ENV = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
BAD = "a\x1b[31m\x07\u202eb\nmargin  5\r\u2028c\x9b\ud800<script>|**x**"


@given(st.text(st.characters(exclude_categories=[])))
@example(BAD)
def test_printable_text_has_one_line_and_no_character_that_acts(text):
    shown = printable(text)
    assert not {unicodedata.category(c) for c in shown if c not in "\u200c\u200d"} & UNSEEN
    assert len(shown.splitlines()) <= 1
    assert printable(shown) == shown  # nothing is escaped twice


@pytest.mark.parametrize(
    "text", ["plain", "naïve café", "日本語", "می\u200cخواهم", "👩\u200d🔬", "a\\b", "-", ""]
)
def test_printable_leaves_readable_text_as_it_is(text):
    assert printable(text) == text


def test_printable_shows_the_codes():
    assert printable("a\x1b[1mb\n\u202e\t") == r"a\x1b[1mb\n\u202e\t"


class Shown(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


MARKUP = st.text(st.sampled_from("ab1 .<>&\"'`*_[]()#+-!|~$^:/@\\{}=\n\x1b\u202e"), max_size=30)


@settings(deadline=None)
@given(MARKUP)
@example("<script>alert(1)</script>")
@example("[x](javascript:alert(1)) ![](x) http://x.y www.x.y a@b.c")
@example("1. a")
@example("12) a")
@example(r"\(x\) &lt;")
def test_markdown_text_comes_out_of_a_notebook_as_the_text_it_was(text):
    mistune = pytest.importorskip("nbconvert.filters.markdown_mistune")
    page = Shown(mistune.markdown2html_mistune(f"so: {al.markdown_text(text)}"))
    assert page.tags == ["p"]
    assert page.text.split() == ["so:", *printable(text).split()]
    alone = Shown(mistune.markdown2html_mistune(al.markdown_text(text)))
    assert set(alone.tags) <= {"p"}


def test_text_table_keeps_one_line_a_row():
    table = pd.DataFrame({"strategy": [BAD.replace("\ud800", ""), "margin"], "n\n": ["1", "2"]})
    lines = text_table(table).split("\n")
    assert len(lines) == 3 and not re.search(r"[\x00-\x1f\x7f-\x9f\u202e\u2028]", "".join(lines))


def test_table_in_a_notebook_shows_cells_and_columns_as_text(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: shown.append(data))
    al.show_table(pd.DataFrame({"<b>col\x1b</b>": ["<script>x</script>\u202e", 3]}))
    page = Shown(shown[0]["text/html"])
    assert not {"script", "b"} & set(page.tags)
    assert "<script>x</script>\\u202e" in page.text and "<b>col\\x1b</b>" in page.text
    assert "\u202e" not in html.unescape(shown[0]["text/html"])


def acts(text):
    return re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2066-\u2069]", text)


@pytest.fixture
def table(tmp_path):
    """A table whose file name, columns, classes and ids would act on a terminal."""
    rows = [
        (f"id\x1b]0;{i}\x07\u202e", i % 7, i % 2 + i / 99, ("no\x1b[31m", "yes\nmargin  1")[i % 2])
        for i in range(60)
    ]
    frame = pd.DataFrame(rows, columns=["id", "x\u202e", "z", "label\x1b[2J"])
    frame.loc[40:, "label\x1b[2J"] = ""
    path = tmp_path / "fi\x1ble\u202e.csv"
    frame.to_csv(path, index=False)
    return str(path), frame


def test_command_shows_names_classes_and_ids_as_text_and_exact_in_json(capsys, table):
    path, frame = table
    options = ["suggest", path, "--label-column", frame.columns[3], "--id-column", "id", "-n", "3"]
    code, shown, err = run(capsys, *options)
    assert (code, err) == (0, "")
    assert not acts(shown) and r"\x1b" in shown and r"\u202e" in shown
    rows = [line for line in shown.splitlines() if line.startswith("id")]
    assert len(rows) == 4
    exact = json.loads(run(capsys, *options, "--json")[1])
    assert {row["id"] for row in exact["suggestions"]} <= set(frame["id"])


@pytest.mark.parametrize(
    "options",
    [
        ["study", "none\x1b[31m\u202e.csv", "--label-column", "y"],
        ["--strategies", "mar\x1bgin\u202e"],
        ["--dataset", "\x07"],
        ["\x1b[31m"],
        ["--batch", "\x1b"],
        ["--checkpoint", "/none\x1b/\u202e"],
    ],
)
def test_errors_show_what_was_typed_as_text(capsys, options):
    code, out, err = run(capsys, *options, "--splits", "1", "--budget", "30")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and not acts(err)


def test_terminal_that_lacks_letters_gets_their_codes(table):
    path, frame = table
    options = ["suggest", path, "--label-column", frame.columns[3], "-n", "3"]
    code = "from active_learning.cli.main import command; command()"
    done = subprocess.run(
        [sys.executable, "-c", code, *options], env=ENV | {"PYTHONIOENCODING": "ascii"}, capture_output=True
    )
    assert done.returncode == 0 and done.stderr == b""
