"""Sliders over curves: what they answer, tested without a browser."""

import re
import time

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import al_helpers as al
from active_learning import notebook as explorer


@pytest.fixture(scope="module")
def curves(small_study):
    return small_study[1]


@pytest.fixture
def shown(monkeypatch):
    """The bundles that a notebook would show."""
    bundles = []
    monkeypatch.setattr("IPython.display.display", lambda shown, **_: bundles.append(shown))
    return bundles


def test_answers_are_those_of_the_report(curves):
    table = explorer.answer_table(curves, 0.9, "margin", 0.5).set_index("strategy").loc["margin"]
    report = al.results_table(curves, 0.9).set_index("strategy").loc["margin"]
    assert {name: table[name] for name in report.index if name in table} == {
        name: report[name] for name in report.index if name in table
    }
    assert {"labels -> 90%", "saved vs random", "cost more than random in"} <= set(table.index)


def test_money_is_labels_times_price(curves):
    def first(text):
        return float(re.match(r"-?[\d.]+", text)[0])

    cheap, dear = (explorer.answer_table(curves, 0.9, "margin", price).iloc[1] for price in (1, 20))
    assert first(dear["money at 20.00 a label"]) == pytest.approx(
        20 * first(cheap["money at 1.00 a label"]), abs=0.2
    )
    assert cheap["labels saved"] == dear["labels saved"]


RULES = ["least_confidence", "margin", "entropy"]


def test_moving_a_slider_changes_the_answer_at_once(curves):
    target, rule, price, text, drawn = explorer.sliders(curves, RULES, 0.9, "margin", 1).children
    before = text.value, drawn.value
    started = time.perf_counter()
    target.value = 0.95
    assert time.perf_counter() - started < 1
    assert "95%" in text.value and "95%" in drawn.alt and drawn.value != before[1]
    rule.value = "entropy"
    price.value = 10
    assert "entropy" in text.value and "money at 10.00 a label" in text.value
    assert drawn.value[:4] == b"\x89PNG"


@pytest.mark.parametrize("target", [0.05, 0.999, 1.0])
def test_a_target_that_all_or_none_reach_has_an_answer(curves, target):
    *_, text, drawn = explorer.sliders(curves, RULES, target, "entropy", 1).children
    assert "nan" not in text.value.lower() and "inf" not in text.value.lower()
    assert "nan" not in drawn.alt and drawn.value[:4] == b"\x89PNG"


def test_curves_of_random_and_one_rule_are_enough(curves, shown):
    two = curves[curves["strategy"].isin(["random", "entropy"])]
    al.explore(two)
    assert "entropy" in shown[1]["text/plain"] and len(shown) == 3


@pytest.mark.parametrize(
    ("settings", "error", "named"),
    [
        ({"rule": "magic"}, ValueError, "unknown rule 'magic'; valid: least_confidence"),
        ({"rule": "random"}, ValueError, "unknown rule 'random'"),
        ({"target": 90}, ValueError, "90"),
        ({"target": "high"}, TypeError, "high"),
        ({"price": 0}, ValueError, "above 0 and finite, got 0"),
        ({"price": np.nan}, ValueError, "price must be a number from 0 on, got nan"),
        ({"price": "1"}, TypeError, "price must be a number, got '1'"),
    ],
)
def test_explore_names_a_bad_setting_before_it_shows_anything(curves, shown, settings, error, named):
    with pytest.raises(error, match=named):
        al.explore(curves, **settings)
    assert shown == []


@pytest.mark.parametrize("kept", [["margin"], ["random"]])
def test_explore_needs_random_and_a_rule(curves, shown, kept):
    with pytest.raises(ValueError, match=r"unknown (reference strategy 'random'|rule None); valid"):
        al.explore(curves[curves["strategy"].isin(kept)])


def test_a_page_that_is_only_read_keeps_a_picture_a_table_and_one_line(tmp_path):
    code = [
        "import al_helpers as al",
        "iris = al.load_dataset('iris')",
        "curves = al.run_study(iris, ['random', 'margin'], n_splits=3, budget=20, n_jobs=1)",
        f"al.explore(curves, folder={str(tmp_path)!r}, name='explore')",
    ]

    def run():
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(line) for line in code])
        NotebookClient(book, kernel_name="python3", store_widget_state=False).execute()
        return book

    books = [run(), run()]
    assert "widgets" not in books[0].metadata
    outputs = books[0].cells[-1].outputs
    picture, table, sliders = (output.data for output in outputs)
    assert "image/png" in picture and "margin" in table["text/plain"]
    assert sliders["text/plain"].startswith("Run this cell to move")
    assert (tmp_path / "explore.png").exists() and (tmp_path / "explore.svg").exists()
    assert outputs == books[1].cells[-1].outputs  # the same bytes at every run
