"""Figures of things: scores, digits, steps, points on a plane, costs.

Each takes what it draws and an Axes (None makes a new figure), and returns the Axes. Not here: figures of
results (results), colours and titles (style).
"""

import numpy as np

from active_learning._validation import check_choice
from active_learning.datasets.dataset import row_numbers
from active_learning.plots.style import COLORS, axes_or_new, color_of, ink_of


def plot_score_triangle(score_function, ax=None):
    """Draw a score over all probabilities of three classes: corners are certain, dark is asked for first.

    Parameters
    ----------
    score_function : callable
        Maps class probabilities (n, 3) to scores (n,); its name is the title.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> from active_learning.strategies.base import margin
    >>> plot_score_triangle(margin).get_title()
    'margin'
    """
    ax, step = axes_or_new(ax), np.linspace(0, 1, 61)
    second, third = (grid.ravel() for grid in np.meshgrid(step, step))
    inside = second + third <= 1 + 1e-9
    proba = np.column_stack([1 - second - third, second, third])[inside].clip(0, 1)
    x, y = proba[:, 1] + proba[:, 2] / 2, proba[:, 2] * np.sqrt(3) / 2
    ax.tricontourf(x, y, score_function(proba), levels=12, cmap="Blues")
    for (at_x, at_y), name in zip([(0, -0.08), (1, -0.08), (0.5, 0.91)], "ABC", strict=True):
        ax.text(at_x, at_y, f"surely {name}", ha="center", va="center")
    ax.set(aspect="equal", xlim=(-0.1, 1.1), ylim=(-0.14, 0.98))
    ax.axis("off")
    name = getattr(score_function, "__name__", "score")
    ax.set_title(name, color=ink_of(name), weight="bold")
    return ax


def plot_images(images, captions, axes, names=()):
    """Draw small grey pictures with a caption under each.

    Parameters
    ----------
    images : array of shape (m, height, width)
        Values in [0, 1].
    captions : list of m str
    axes : array of m Axes
        Of any shape.
    names : sequence of str, optional
        Strategy of each row of axes, written beside it.

    Returns
    -------
    array of Axes

    Raises
    ------
    TypeError
        If axes holds something else.

    Examples
    --------
    >>> import numpy as np
    >>> from active_learning.plots.style import new_figure
    >>> plot_images(np.zeros((2, 8, 8)), ["a", "b"], new_figure(1, 2)[1])[1].get_xlabel()
    'b'
    """
    for ax, image, caption in zip(np.ravel([*axes]), images, captions, strict=True):
        if not hasattr(ax, "imshow"):
            raise TypeError(f"axes must be Axes, got {ax!r}")
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.set_xlabel(caption, fontsize=10)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    for row, name in zip(axes, names, strict=False):
        row[0].set_ylabel(name.replace("_", "\n"), color=ink_of(name), weight="bold")
    return axes


def plot_steps(steps, ax=None):
    """Draw the steps of a loop as boxes in a row, with arrows between them and from the last to the second.

    Parameters
    ----------
    steps : list of str
        The first step is done only once.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> plot_steps(["start", "fit", "ask"]).texts[0].get_text()
    'start'
    """
    ax, arrow = axes_or_new(ax), {"arrowstyle": "-|>", "color": "#555555", "lw": 1.5}
    for place, step in enumerate(steps):
        box = {"boxstyle": "round,pad=0.6", "facecolor": "#eef3fb", "edgecolor": ink_of("margin")}
        ax.text(place, 0, step, ha="center", va="center", fontsize=10.5, bbox=box)
        if place:
            ax.annotate("", (place - 0.37, 0), (place - 0.63, 0), arrowprops=arrow)
    back = arrow | {"connectionstyle": "arc3,rad=-0.2"}
    ax.annotate("", (1, -0.5), (len(steps) - 1, -0.5), arrowprops=back)
    ax.text(len(steps) / 2, -1.25, "again, until the budget is spent", ha="center", color="#555555")
    ax.set(xlim=(-0.45, len(steps) - 0.55), ylim=(-1.4, 0.6))
    ax.axis("off")
    return ax


def plot_border(model, plane, y, labeled, queried, ax=None):
    """Draw a fitted classifier's border on a plane, with the labelled points ringed, the first ones thickly.

    Parameters
    ----------
    model : classifier
        Of two classes, fitted on rows of plane, with a decision_function.
    plane : array of shape (n, 2)
        Points.
    y : array of shape (n,)
        Labels.
    labeled, queried : arrays of int
        Rows of the plane: the seed set, and the rows queried since.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If rows are no integers.
    ValueError
        If there are not as many labels as points.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.svm import SVC
    >>> plane, y = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]]), np.array([0, 1, 0, 1])
    >>> len(plot_border(SVC().fit(plane, y), plane, y, [0, 1], [3]).collections)
    8
    """
    from sklearn.inspection import DecisionBoundaryDisplay

    plane, y = np.asarray(plane), np.asarray(y)
    if plane.shape != (y.size, 2) or y.ndim != 1:
        raise ValueError(f"y must hold a label a row (n, 2) of the plane, got {y.shape} and {plane.shape}")
    labeled, queried = row_numbers("labeled", labeled), row_numbers("queried", queried)
    ax, colors = axes_or_new(ax), [color_of("margin"), color_of("least_confidence")]
    settings = dict(response_method="decision_function", grid_resolution=160, ax=ax, eps=0.3)
    sides = dict(plot_method="contourf", levels=[-1e9, 0, 1e9], colors=colors, alpha=0.22)
    line = dict(plot_method="contour", levels=[0], colors="black", linewidths=1.6)
    for layer in (sides, line):
        DecisionBoundaryDisplay.from_estimator(model, plane, **layer, **settings)
    for label, color, marker in zip(np.unique(y), colors, "os", strict=True):
        ax.scatter(*plane[y == label].T, s=5, color=color, alpha=0.35, lw=0, marker=marker, rasterized=True)
        for rows, size, width in ((labeled, 75, 2.2), (queried, 42, 0.9)):
            ring = {"facecolor": color, "edgecolor": "black", "marker": marker, "lw": width, "zorder": 3}
            ax.scatter(*plane[rows[y[rows] == label]].T, s=size, **ring)
    ax.set(xticks=[], yticks=[], xlabel="", ylabel="", aspect="equal")
    ax.spines[:].set_visible(False)
    return ax


def plot_query_cost(costs, ax=None):
    """Draw milliseconds per query, a row a rule and a mark a pool size.

    Parameters
    ----------
    costs : DataFrame with columns strategy, pool, ms
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> costs = pd.DataFrame({"strategy": ["margin"] * 2, "pool": [100, 1000], "ms": [0.1, 0.3]})
    >>> len(plot_query_cost(costs).lines)
    2
    """
    ax = axes_or_new(ax)
    names = costs["strategy"].unique()
    for (pool, marks), face in zip(costs.groupby("pool"), ("white", "#555555"), strict=False):
        ax.plot(marks["ms"], range(len(names)), ls="", marker="o", ms=8, color=face, mec="#555555", zorder=3)
        place = marks["ms"].iloc[-1], len(names) - 0.65
        ax.text(*place, f"pool of {pool:,}", ha="center", va="top", color="#555555")
    ax.set(xscale="log", xlabel="milliseconds per query", yticks=range(len(names)), yticklabels=names)
    ax.set_ylim(len(names) + 0.2, -0.5)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.grid(axis="x", color="#e5e5e5")
    return ax


def plot_speed(seconds, ours, ax=None):
    """Draw the time of the same work by several programs: a bar each, slowest on top, with ratios to ours.

    Parameters
    ----------
    seconds : Series
        Seconds, indexed by program.
    ours : str
        Program whose bar is coloured.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If seconds do not hold ours.

    Examples
    --------
    >>> import pandas as pd
    >>> plot_speed(pd.Series({"ours": 2.0, "theirs": 9.0}), "ours").texts[0].get_text()
    ' 9 s  (4.5 x)'
    """
    ax = axes_or_new(ax)
    check_choice("program", ours, [*seconds.index])
    seconds = seconds.sort_values(ascending=False)
    colors = [COLORS["margin" if name == ours else "random"] for name in seconds.index]
    ax.barh(seconds.index, seconds, color=colors, height=0.7)
    for row, (name, duration) in enumerate(seconds.items()):
        ratio = "" if name == ours else f"  ({duration / seconds[ours]:.1f} x)"
        weight = "bold" if name == ours else None
        ax.text(duration, row, f" {duration:.0f} s{ratio}", va="center", weight=weight)
    ax.set(xlabel="seconds", xlim=(0, 1.15 * seconds.max()))
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    return ax
