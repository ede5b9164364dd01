"""Claims about figures of results."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examples import make_curves

import al_helpers as al
from active_learning.plots.style import COLORS, MARKERS, OTHER_COLORS, color_of

RUNS = {"random": [[0.5, 0.7, 0.8], [0.5, 0.6, 0.7]], "margin": [[0.5, 0.9, 0.9], [0.5, 0.7, 0.9]]}


def test_learning_curves_are_named_at_their_right_ends_and_marked_at_the_median_that_is_interpolated():
    ax = al.plot_learning_curves(make_curves(RUNS), 0.9)
    assert {text.get_text().strip() for text in ax.texts} == {"random", "margin"}
    assert {text.get_position()[0] for text in ax.texts} == {40}
    marks = [line for line in ax.lines if line.get_marker() not in ("None", None)]
    assert [mark.get_xdata()[0] for mark in marks] == [35]  # margin: 30 and 40; random misses the target


def test_spread_draws_every_run_its_mean_and_the_middle_nine_tenths():
    ax = al.plot_spread(make_curves(RUNS), "margin")
    assert [*ax.lines[-1].get_ydata()] == pytest.approx([0.5, 0.8, 0.9]) and len(ax.lines) == 3
    assert [text.get_text().strip() for text in ax.texts] == ["5% of runs below", "mean", "5% of runs above"]
    with pytest.raises(ValueError, match="unknown strategy 'entropy'"):
        al.plot_spread(make_curves(RUNS), "entropy")


def test_savings_by_target_end_where_censoring_leaves_them_open():
    ends = {
        "saving_min": [0.3, 0.4, 0.4],
        "saving_max": [0.3, 0.4, 0.6],
        "saving_low": 0.1,
        "saving_high": 0.7,
    }
    table = pd.DataFrame({"strategy": "margin", "target": [0.8, 0.9, 0.95], **ends})
    line = al.plot_saving_by_target(table).lines[-1]
    assert [*line.get_xdata()] == pytest.approx([80, 90]) and [*line.get_ydata()] == pytest.approx([30, 40])


def test_the_split_has_a_tile_an_image_and_the_size_of_each_part():
    images = np.zeros((40, 8, 8))
    ax = al.plot_split(images, al.Split(np.arange(2), np.arange(2, 37), np.arange(37, 40)))
    assert [text.get_text() for text in ax.texts] == ["seed: 2", "pool: 35", "test: 3"]
    assert [picture.get_array().shape[1] // 8 for picture in ax.images] == [1, 2, 1]  # columns of 30


def test_choices_count_what_the_model_reads_correctly():
    proba = np.array([[0.6, 0.4], [0.1, 0.9], [0.7, 0.3], [0.2, 0.8]])
    figure = al.plot_choices(np.zeros((4, 8, 8)), [0, 1, 1, 0], proba, al.margin)
    assert figure.get_suptitle().strip() == "Margin: the model reads 2 of its first 4 images correctly"


def test_the_plane_frames_what_each_rule_chose():
    chosen = {"margin": [0, 1], "diverse_margin": [2]}
    figure = al.plot_plane(np.eye(3)[:, :2], [0, 0, 1], np.zeros((3, 8, 8)), chosen)
    assert [len(ax.artists) for ax in figure.axes] == [2, 1]


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
