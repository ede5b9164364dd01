"""Claims about figures of results."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import al_helpers as al
from active_learning.plots.style import COLORS, MARKERS, OTHER_COLORS, color_of


def bar_of_median(values):
    """Ends of the bar that stands for the interval of the median."""
    ax = al.plot_labels_needed(pd.DataFrame({"margin": values}), 300)
    return list(ax.lines[0].get_xdata())


def test_labels_needed_has_the_interval_of_the_sign_test_around_its_median():
    """Conover's example by hand: of 16 values P(at most 3 below the median) = 0.0106, at most 4: 0.038."""
    values = np.random.default_rng(0).permutation(np.arange(16.0))
    assert bar_of_median(values) == [3, 12]  # the 4th from either end: 1 - 2 * 0.0106
    assert bar_of_median([*np.arange(12.0), *[np.inf] * 4]) == [3, 1.07 * 300]  # in the gutter


def test_fewer_than_six_splits_have_no_interval_of_their_median():
    """All of n values on one side of the median: chance 2 / 2^n, at most 5 % from six values on."""
    assert np.isnan(bar_of_median(np.arange(5.0))).all()
    assert bar_of_median(np.arange(6.0)) == [0, 5]


def test_a_rule_without_a_colour_gets_one_of_the_rest():
    assert color_of("margin") == COLORS["margin"] and set(MARKERS) == set(COLORS)
    assert color_of("mine") in OTHER_COLORS and color_of("mine") == color_of("mine")
    assert not set(OTHER_COLORS) & set(COLORS.values())


def test_a_seventh_colour_breaks_no_plot():
    """As the text says: a line in COLORS, and its marker follows."""
    style = Path(al.__file__).parent / "active_learning" / "plots" / "style.py"
    source = style.read_text().replace("COLORS = {", 'COLORS = {\n    "mine": "#123456",', 1)
    code = f"import sys; exec(compile({source!r}, 'style', 'exec')); print(color_of('mine'), len(MARKERS))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["#123456", "7"]


def test_scores_and_pictures_are_named_in_the_colours_of_their_rules():
    _, axes = al.new_figure(2, 2)
    al.plot_images(np.zeros((4, 8, 8)), list("abcd"), axes, ["margin", "least_confidence"])
    assert [ax.get_ylabel() for ax in axes.ravel()] == ["margin", "", "least\nconfidence", ""]
    assert al.plot_score_triangle(al.margin).title.get_color() == axes[0, 0].yaxis.label.get_color()
