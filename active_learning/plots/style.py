"""The look of every figure: one colour a rule, sizes, titles that state the finding, labels kept apart.

To give a rule its own colour: a line in COLORS; its marker follows from its place. Not here: what is drawn
(results, illustrations).
"""

import re
import textwrap
from itertools import cycle
from zlib import crc32

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
KIND_COLORS = {"table": "#3f5f8f", "text": "#c2410c", "image": "#0f8a5f"}  # of data sets
KIND_NAMES = {"table": "tables", "text": "texts", "image": "images and signals"}
PART_COLORS = {"seed": "#c2410c", "pool": "#3f5f8f", "test": "#0f8a5f"}  # of a split
GROUP_COLORS = (
    "#4e79a7",
    "#f28e2b",
    "#e15759",
    "#76b7b2",
    "#59a14f",
    "#edc948",
    "#b07aa1",
    "#ff9da7",
    "#9c755f",
    "#79706e",
)
OTHER_COLORS = ("#a96b59", "#b9ac70", "#92dadd", "#717581")  # for rules without one of their own
MARKERS = dict(zip(COLORS, cycle("os^DvP"), strict=False))
NARROW = {"figsize": (7, 4.1)}  # inches: such a figure is read on a phone, too
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
    """Return the colour of a strategy, the same in every figure: its own, or one of OTHER_COLORS."""
    return COLORS.get(name, OTHER_COLORS[crc32(str(name).encode()) % len(OTHER_COLORS)])


def ink_of(name):
    """Return the colour of a strategy darkened, so that text in it reads well on white: (r, g, b)."""
    return tuple(0.7 * rgb(color_of(name)))


def rgb(color):
    """Return a colour as an array (3,) in [0, 1]."""
    return np.array(import_optional("matplotlib.colors").to_rgb(color))


def new_figure(rows=1, columns=1, **settings):
    """Create a figure in the report's style.

    Parameters
    ----------
    rows, columns : int, default=1
        Number of Axes.
    **settings
        As in `matplotlib.pyplot.subplots`.

    Returns
    -------
    tuple of Figure and Axes (or array of Axes)

    Examples
    --------
    >>> figure, axes = new_figure(1, 3, figsize=(9, 3))
    >>> len(axes)
    3
    """
    plt = import_optional("matplotlib.pyplot")  # here, so that the command and the workers start without it
    with plt.rc_context(PLOT_STYLE):
        return plt.subplots(rows, columns, layout="constrained", **settings)


def title(ax, finding, caption):
    """Put the finding over an Axes or a Figure, and the caption under it.

    Parameters
    ----------
    ax : Axes or Figure
    finding : str
        The result in words.
    caption : str
        What the marks are, and how many splits.

    Returns
    -------
    Axes or Figure

    Examples
    --------
    >>> _, ax = new_figure()
    >>> title(ax, "margin saves 40% [37, 44]", "100 splits").get_title(loc="left").strip()
    'margin saves 40%\\xa0[37,\\xa044]'
    """
    unbroken = re.sub(
        r"\S+ \[.*?\]", lambda interval: interval[0].replace(" ", "\N{NO-BREAK SPACE}"), finding
    )
    widest = ax.get_figwidth() * 85 / 9 if hasattr(ax, "suptitle") else ax.figure.get_figwidth() * 66 / 9
    lines = textwrap.wrap(unbroken, round(widest))
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


def axes_or_new(ax, **settings):
    """Return ax, or the Axes of a new figure with these settings for None."""
    return new_figure(**settings)[1] if ax is None else ax


def spread(positions, gap):
    """Move positions apart, as little as needed, until neighbours are at least gap from one another."""
    order = np.argsort(positions)
    moved = np.asarray(positions, dtype=float)[order]
    for _ in range(500):
        overlap = np.maximum(gap - np.diff(moved), 0)
        moved[:-1] -= overlap / 2
        moved[1:] += overlap / 2
    return moved[np.argsort(order)]


def label_lines(ax, ends, gap=0.06):
    """Write a text at each line's end, in the line's colour, moved apart.

    Parameters
    ----------
    ax : Axes
    ends : dict of str to (x, y, text)
        By strategy, in data units.
    gap : float, default=0.06
        Smallest distance between two texts, as a share of the Axes' height.
    """
    low, high = ax.get_ylim()
    heights = spread([y for _, y, _ in ends.values()], gap * (high - low))
    for (name, (x, _, text)), height in zip(ends.items(), heights, strict=True):
        ax.text(x, height, f"  {text}", color=ink_of(name), va="center", weight="bold", clip_on=False)


def strategy_rows(ax, names, top=-0.5):
    """Name the rows of an Axes, the first one on top."""
    ax.set(yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, top))
