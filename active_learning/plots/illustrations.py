"""Figures of things: scores, digits, steps, points on a plane, costs; they take an Axes and return it.

ax: where to draw; None makes a new figure.
"""

import numpy as np

from active_learning._validation import check_choice
from active_learning.datasets.dataset import row_numbers
from active_learning.plots.style import COLORS, axes_or_new, color_of, ink_of


def plot_score_triangle(score_function, ax=None):
    """A score over all probabilities of three classes: corners are certain, dark is asked for first.

    score_function: maps class probabilities (n, 3) to scores (n,)
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
    return ax


def plot_images(images, captions, axes):
    """Small grey pictures with a caption under each.

    images: array (m, h, w) of values in [0, 1]; captions: m strings; axes: m matplotlib Axes
    raises: TypeError for axes that are none
    """
    for ax, image, caption in zip(axes, images, captions, strict=True):
        if not hasattr(ax, "imshow"):
            raise TypeError(f"axes must be Axes, got {ax!r}")
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.set_xlabel(caption, fontsize=10)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    return axes


def plot_steps(steps, ax=None):
    """The steps of a loop as boxes in a row, an arrow from each to the next and from the last back.

    steps: list of strings; the way back leads to the second, as the first is done only once
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
    """A fitted classifier's border on a plane, over the points; ringed: its labels, the first ones thickly.

    model: classifier of two classes, fitted on rows of plane, with a decision_function
    plane: array (n, 2); y: array (n,) of labels
    labeled, queried: int arrays, rows of the plane: the first labels, and those asked for since
    raises: TypeError for rows that are no integers, ValueError for another number of labels than of rows
    """
    from sklearn.inspection import DecisionBoundaryDisplay

    plane, y = np.asarray(plane), np.asarray(y)
    if plane.shape != (y.size, 2) or y.ndim != 1:
        raise ValueError(f"y must hold a label a row (n, 2) of the plane, got {y.shape} and {plane.shape}")
    labeled, queried = row_numbers("labeled", labeled), row_numbers("queried", queried)
    ax, colors = axes_or_new(ax), [color_of("margin"), color_of("least_confidence")]
    settings = dict(response_method="decision_function", grid_resolution=160, ax=ax, eps=0.3)
    DecisionBoundaryDisplay.from_estimator(
        model, plane, plot_method="contourf", levels=[-1e9, 0, 1e9], colors=colors, alpha=0.22, **settings
    )
    DecisionBoundaryDisplay.from_estimator(
        model, plane, plot_method="contour", levels=[0], colors="black", linewidths=1.6, **settings
    )
    for label, color, marker in zip(np.unique(y), colors, "os", strict=True):
        known = {"facecolor": color, "marker": marker, "zorder": 3}
        ax.scatter(*plane[y == label].T, s=5, color=color, alpha=0.35, lw=0, marker=marker, rasterized=True)
        ax.scatter(*plane[labeled[y[labeled] == label]].T, s=75, edgecolor="black", lw=2.2, **known)
        ax.scatter(*plane[queried[y[queried] == label]].T, s=42, edgecolor="black", lw=0.9, **known)
    ax.set(xticks=[], yticks=[], xlabel="", ylabel="", aspect="equal")
    ax.spines[:].set_visible(False)
    return ax


def plot_query_cost(costs, ax=None):
    """Milliseconds per query, a row a rule and a mark a pool size: costs has columns strategy, pool, ms."""
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
    """Time of the same work by several programs: a bar each, slowest on top, ratios to ours as text.

    seconds: Series of seconds, indexed by program; ours: the one whose bar is coloured
    raises: ValueError for a program that is not there
    """
    ax = axes_or_new(ax)
    check_choice("program", ours, [*seconds.index])
    seconds = seconds.sort_values(ascending=False)
    colors = [COLORS["margin" if name == ours else "random"] for name in seconds.index]
    ax.barh(seconds.index, seconds, color=colors, height=0.7)
    for row, (name, time_) in enumerate(seconds.items()):
        ratio = "" if name == ours else f"  ({time_ / seconds[ours]:.1f} x)"
        ax.text(time_, row, f" {time_:.0f} s{ratio}", va="center", weight="bold" if name == ours else None)
    ax.set(xlabel="seconds", xlim=(0, 1.15 * seconds.max()))
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    return ax
