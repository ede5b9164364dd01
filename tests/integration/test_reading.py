"""Claims about how long the report takes to read, and how many numbers it asks a reader to take in."""

import json
from pathlib import Path

import pytest
from reading_time import cut, main, measure, shown

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
REPORT = next(path for path in NOTEBOOKS if path.name.startswith("2_"))
MOST = {  # of notebook 2
    "minutes": 25,
    "without_code": 14,
    "tables": 6,
    "numbers": 60,
    "most_in_a_table": 40,
    "mean_lines": 4,
    "most_lines": 12,
}


MINUTES = {"1_": 15, "3_": 15, "4_": 10, "5_": 8}  # of the other notebooks, code included


@pytest.mark.parametrize("start", MINUTES)
def test_other_notebooks_ask_no_more_of_their_reader(start):
    asked = measure(next(path for path in NOTEBOOKS if path.name.startswith(start)))
    most = MOST | {"minutes": MINUTES[start]}
    assert {name: asked[name] for name in most if asked[name] > most[name]} == {}


@pytest.mark.parametrize("name", MOST)
def test_the_report_asks_no_more_of_its_reader(name):
    assert measure(REPORT)[name] <= MOST[name]


def test_the_report_computes_in_one_cell_of_eight_lines():
    cells = json.loads(REPORT.read_text(encoding="utf-8"))["cells"]
    first = "".join(next(cell["source"] for cell in cells if cell["cell_type"] == "code"))
    assert len([line for line in first.splitlines() if line.strip()]) <= 8
    assert "import al_helpers" in first and "al.study_digits(" in first


@pytest.fixture
def notebook(tmp_path):
    """Ten words, a table of two numbers, a figure, three lines of code, and two numbers outside tables."""
    markdown = {
        "cell_type": "markdown",
        "source": ["# Four words stand here\n", "\n", "| a |\n|---|\n| 7 |\n"],
    }
    text = {"data": {"text/markdown": ["**Saved**: 54% of 118\n\n| x | y |\n|---|---|\n| 1 | 2.5 |\n"]}}
    figure = {"data": {"image/png": "", "text/plain": "<Figure>"}}
    code = {"cell_type": "code", "source": ["a = 1\n", "\n", "b = 2\n", "a"], "outputs": [text, figure]}
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [markdown, code]}))
    return tmp_path / "n.ipynb"


def test_a_notebook_is_measured_as_by_hand(notebook):
    found = measure(notebook)
    assert (found["words"], found["figures"], found["tables"], found["code_lines"]) == (9, 1, 2, 3)
    assert (found["numbers"], found["most_in_a_table"]) == (2, 2)
    assert found["without_code"] == pytest.approx(9 / 220 + 1 / 3 + 2 / 2)
    assert found["minutes"] == pytest.approx(found["without_code"] + 3 * 8 / 60)


def test_tables_are_cut_out_of_a_text():
    text, tables = cut("before\n| a |\n|---|\nbetween\n\n| b |\n|---|\n")
    assert text.split() == ["before", "between"] and len(tables) == 2
    assert shown({"data": {"text/html": ["<table><td>1</td>"]}}) == ("table", "  1 ")


def test_the_script_reports_all_notebooks(capsys):
    main([])
    lines = capsys.readouterr().out
    assert all(path.stem in lines for path in NOTEBOOKS) and lines.count("without code") == len(NOTEBOOKS)
