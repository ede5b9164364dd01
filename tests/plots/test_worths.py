"""The figure of the map: what has no end, and what is not one question."""

import numpy as np
import pandas as pd
import pytest

import al_helpers as al


def test_a_worth_beyond_all_random_labels_is_an_arrow_at_the_right_end():
    worths = {"kind": ["text", "table"], "n": 100, "worth": [1.5, np.inf], "low": 1.0, "high": [2.0, np.inf]}
    ax = al.plot_worths(pd.DataFrame(worths))
    arrow = next(line for line in ax.lines if line.get_marker() == ">" and len(line.get_xdata()))
    assert arrow.get_xdata()[0] == ax.get_xlim()[1] and "100 chosen labels" in ax.get_xlabel()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.iloc[:0], "a row, and has none"),
        (lambda table: table.assign(n=[50, 100]), "one question, and holds several n: '50', '100'"),
        (lambda table: table.assign(rule=["margin", "random"]), "several rule: 'margin', 'random'"),
        (lambda table: table.drop(columns="low"), "with the columns kind, n, worth, low, high"),
        (lambda table: "map.csv", "rows of read_map"),
    ],
)
def test_worths_of_several_questions_or_of_none_are_not_drawn(change, words):
    table = pd.DataFrame({"kind": "text", "n": 100, "worth": [1.5, 2.0], "low": 1.0, "high": 2.0})
    with pytest.raises(ValueError, match=words):
        al.plot_worths(change(table))


@pytest.mark.parametrize("worths", [{"worth": np.inf}, {"low": np.nan, "high": np.nan}])
def test_worths_without_an_end_or_an_interval_are_drawn(worths):
    table = pd.DataFrame({"kind": "text", "n": 100, "worth": [1.5, 2.0], "low": 1.0, "high": 2.0})
    assert np.isfinite(al.plot_worths(table.assign(**worths)).get_xlim()).all()
