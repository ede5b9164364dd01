"""Claims about what a page shows: tables, and a bad parameter in one sentence."""

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import al_helpers as al
from active_learning.notebook import ParameterError, check_parameters, words_of

GOOD = dict(target=0.9, batch=10, splits=2, price_per_label=0.5, seconds_per_label=20, setup_cost=0, seed=0)


def test_good_parameters_pass():
    check_parameters(**GOOD, lows={"splits": 2})


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"target": 90}, r"accuracy in \(0, 1\], got 90 \(did you mean 0.9\?\)"),
        ({"target": "high"}, "target must be a number, got 'high'"),
        ({"batch": 0}, "batch must be at least 1, got 0"),
        ({"batch": 2.5}, "batch must be an integer, got 2.5"),
        ({"splits": 1}, "splits must be at least 2, got 1"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"price_per_label": -1}, "price_per_label must be a number from 0 on, got -1"),
        ({"setup_cost": float("nan")}, "setup_cost must be a number from 0 on, got nan"),
        ({"seconds_per_label": None}, "seconds_per_label must be a number, got None"),
    ],
)
def test_a_parameter_out_of_range_is_named(change, names):
    with pytest.raises(ValueError, match=names):
        check_parameters(**GOOD | change, lows={"splits": 2})


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"target": 90}, "did you mean 0.9"),
        ({"splits": 1}, "splits must be at least 2, got 1"),
        ({"budget": 20}, "budget must be at least 50, got 20"),
        ({"batch": 0}, "batch must be at least 1, got 0"),
    ],
)
def test_the_study_of_digits_refuses_a_parameter_before_any_work(change, names):
    with pytest.raises(ParameterError, match=names):
        al.study_digits(**change)


def test_the_words_of_a_figure_are_its_title_and_caption():
    for ax in al.new_figure()[::-1]:
        al.title(ax, "Margin saves labels", "100 splits")
        assert words_of(ax) == "Margin saves labels. In the figure: 100 splits."


def test_a_figure_with_a_log_axis_is_the_same_where_logarithms_end_in_another_digit(tmp_path, monkeypatch):
    ends = {"kind": "text", "n": 100, "low": [0.5, 0.7], "high": [1.0, 9.0]}
    table, log10, files = pd.DataFrame({"worth": [0.7, 3.3], **ends}), np.log10, []
    for last in (lambda values: values, lambda values: np.nextafter(values, 9)):
        monkeypatch.setattr(np, "log10", lambda values, last=last: last(log10(values)))
        al.show_figure(al.plot_worths(table), "log", "A figure.", folder=tmp_path)
        files.append((tmp_path / "log.svg").read_bytes())
    assert files[0] == files[1]


def test_a_notebook_shows_a_bad_parameter_as_one_sentence():
    cell = nbformat.v4.new_code_cell("import al_helpers as al\nal.study_digits(target=90)")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    [error] = [output for output in cell.outputs if output["output_type"] == "error"]
    sentence = "ParameterError: target must be an accuracy in (0, 1], got 90 (did you mean 0.9?)"
    assert error["traceback"] == [sentence]


NOTEBOOKS = sorted((Path(al.__file__).parent / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_outside_a_checkout_says_so_in_a_sentence(path, tmp_path, monkeypatch):
    cells = nbformat.read(path, as_version=4).cells
    (cell,) = [cell.source for cell in cells if cell.cell_type == "code" and "root = " in cell.source]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImportError, match="open this notebook inside a checkout"):
        exec(cell, {})
