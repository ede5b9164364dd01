"""The look of every figure: one colour a rule, sizes, titles that state the finding, labels kept apart.

To add a rule's colour: a line in COLORS; its marker follows from its place.
"""

import re
import textwrap
from itertools import cycle

import numpy as np

from active_learning._validation import import_optional

COLORS = {
    "random": "#9c9ca1",
    "least_confidence": "#f89c20",
    "margin": "#5790fc",
    "entropy": "#e42536",
    "diverse_margin": "#7a21dd",
    "annealed_margin": "#964a8b",
}
MARKERS = dict(zip(COLORS, cycle("os^DvPX*"), strict=False))
PLOT_STYLE = {
    "figure.facecolor": "white",
    "figure.figsize": (9, 4.5),
    "figure.dpi": 144,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "al_helpers",  # the same bytes at every run
}


def color_of(name):
    """The one colour of a strategy in every figure; dark grey for a name without its own."""
    return COLORS.get(name, "#555555")


def ink_of(name):
    """The colour of a strategy's name, darkened so that text in it reads well on white: (r, g, b)."""
    to_rgb = import_optional("matplotlib.colors").to_rgb
    return tuple(0.7 * channel for channel in to_rgb(color_of(name)))


def new_figure(rows=1, columns=1, **settings):
    """A figure in the report's style, and its Axes.

    rows, columns: of Axes; settings: as in matplotlib.pyplot.subplots
    """
    plt = import_optional("matplotlib.pyplot")  # here, so that the command and the workers start without it
    with plt.rc_context(PLOT_STYLE):
        return plt.subplots(rows, columns, layout="constrained", **settings)


def title(ax, finding, caption):
    """Put the finding over an Axes (or a Figure), and under it the caption.

    finding: the result in words; caption: what the marks are, and how many splits
    """
    whole = re.sub(r"\S+ \[.*?\]", lambda interval: interval[0].replace(" ", "\N{NO-BREAK SPACE}"), finding)
    lines = textwrap.wrap(whole, 85 if hasattr(ax, "suptitle") else 66)
    text = "\n".join([*lines, ""])  # the last line stays free for the caption
    if hasattr(ax, "suptitle"):
        ax.suptitle(text, x=0.01, ha="left", weight="bold", size=13)
        drop = 0.235 * len(lines) / ax.get_figheight()  # a line of 13 points, as a share of the height
        note = ax.text(0.01, 0.98 - drop, caption, ha="left", va="top", color="#555555", size=10)
    else:
        ax.set_title(text, loc="left", weight="bold", size=13)
        note = ax.text(0, 1.02, caption, transform=ax.transAxes, color="#555555", size=10)
    note.set_in_layout(False)  # a long caption must not squeeze the Axes
    return ax


def axes_or_new(ax):
    return new_figure()[1] if ax is None else ax


def spread(positions, gap):
    """Move positions apart, as little as needed, until neighbours are at least gap from one another."""
    order = np.argsort(positions)
    moved = np.asarray(positions, dtype=float)[order]
    for _ in range(500):
        overlap = np.maximum(gap - np.diff(moved), 0)
        moved[:-1] -= overlap / 2
        moved[1:] += overlap / 2
    result = np.empty_like(moved)
    result[order] = moved
    return result


def label_lines(ax, ends, gap=0.06):
    """Write a text at each line's end, in the line's colour, nudged apart.

    ends: dict name -> (x, y, text), in data units
    gap: smallest distance between two texts, as a share of the Axes' height
    """
    low, high = ax.get_ylim()
    heights = spread([y for _, y, _ in ends.values()], gap * (high - low))
    for (name, (x, _, text)), height in zip(ends.items(), heights, strict=True):
        ax.text(x, height, f"  {text}", color=ink_of(name), va="center", weight="bold", clip_on=False)
