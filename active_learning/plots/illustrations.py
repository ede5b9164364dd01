"""Figures of things: scores, digits, steps, points on a plane, costs.

Each takes what it draws and an Axes (None makes a new figure), and returns the Axes. Not here: figures of
results (results), colours and titles (style).
"""

import numpy as np

from active_learning._validation import check_choice, import_optional
from active_learning.datasets.splits import row_numbers
from active_learning.plots.style import (
    COLORS,
    GROUP_COLORS,
    NARROW,
    PART_COLORS,
    axes_or_new,
    color_of,
    ink_of,
    new_figure,
    rgb,
    title,
)

TILE_ROWS = 30  # pictures below one another in plot_split


def plot_score_triangle(score_function=None, ax=None):
    """Draw a score over all probabilities of three classes: corners are certain, dark is asked for first.

    Parameters
    ----------
    score_function : callable, optional
        Maps class probabilities (n, 3) to scores (n,); its name is the title. Without one all are alike.
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
    if score_function is None:
        ax.fill([0, 1, 0.5], [0, 0, np.sqrt(3) / 2], color="#9fc3e2", lw=0)
        ax.text(0.5, 0.29, "all alike", ha="center", va="center")
    else:
        shades = ax.tricontourf(x, y, score_function(proba), levels=12, cmap="Blues")
        bar = ax.figure.colorbar(shades, ax=ax, orientation="horizontal", shrink=0.7, aspect=16, pad=0.02)
        bar.set_ticks([shades.levels[0], shades.levels[-1]], labels=["asked last", "asked first"])
        bar.outline.set_visible(False)
    for (at_x, at_y), name in zip([(0, -0.09), (1, -0.09), (0.5, 0.93)], "ABC", strict=True):
        ax.text(at_x, at_y, f"surely {name}", ha="center", va="center")
    ax.set(aspect="equal", xlim=(-0.16, 1.16), ylim=(-0.15, 0.99))
    ax.axis("off")
    name = getattr(score_function, "__name__", "random")
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


def plot_split(images, split, ax=None):
    """Draw every image as a tile, in a block for each part of the split, each in a colour of its own.

    Parameters
    ----------
    images : array of shape (n, height, width)
        Values in [0, 1].
    split : Split
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If images are not a stack of pictures.

    Examples
    --------
    >>> import numpy as np
    >>> from active_learning.datasets.splits import Split
    >>> ax = plot_split(np.zeros((4, 8, 8)), Split([0, 1], [2], [3]))
    >>> [text.get_text() for text in ax.texts]
    ['seed: 2', 'pool: 1', 'test: 1']
    """
    images = np.asarray(images, dtype=float)
    if images.ndim != 3:
        raise ValueError(f"images must have shape (n, height, width), got {images.shape}")
    ax, left, width = axes_or_new(ax, **NARROW), 0, images.shape[2]
    for name, rows in {"seed": split.seed, "pool": split.pool, "test": split.test}.items():
        block = _tiles(images[np.sort(rows)], PART_COLORS[name])
        right = left + block.shape[1]
        ax.imshow(block, extent=(left, right, block.shape[0], 0), interpolation="nearest")
        text = f"{name}: {len(rows):,}"
        place = dict(ha="left" if left == 0 else "center", color=PART_COLORS[name], weight="bold")
        ax.text(left if left == 0 else (left + right) / 2, -0.6 * width, text, **place)
        left = right + 3 * width
    ax.set(xlim=(0, left - 3 * width), ylim=(TILE_ROWS * images.shape[1], -2 * width), aspect="equal")
    ax.axis("off")
    return ax


def _tiles(images, color):
    """Images (m, h, w) below one another in columns, ink in a colour on a pale ground: array (H, W, 3)."""
    ink, ground = rgb(color), 1 - 0.16 * (1 - rgb(color))
    m, height, width = images.shape
    columns = -(-m // TILE_ROWS)
    tiles = np.ones((columns * TILE_ROWS, height, width, 3))
    tiles[:m] = ground + (ink - ground) * np.round(2 * images[..., None]) / 2  # few shades: a small file
    tiles = tiles.reshape(columns, TILE_ROWS, height, width, 3)
    return tiles.transpose(1, 2, 0, 3, 4).reshape(TILE_ROWS * height, columns * width, 3)


def plot_guesses(image, proba, axes=None):
    """Draw an image beside a model's probability of each class, the two largest named p1 and p2.

    Parameters
    ----------
    image : array of shape (height, width)
        Values in [0, 1].
    proba : array of shape (k,)
    axes : two Axes, optional

    Returns
    -------
    Figure

    Examples
    --------
    >>> import numpy as np
    >>> figure = plot_guesses(np.zeros((8, 8)), [0.5, 0.125, 0.375])
    >>> [text.get_text() for text in figure.axes[1].texts]
    ['p₁ = 0.50', 'p₂ = 0.38']
    """
    if axes is None:
        axes = new_figure(1, 2, figsize=(7, 2.9), width_ratios=[1, 2.3])[1]
    proba, (left, right) = (
        np.round(np.asarray(proba, dtype=float), 6),
        axes,
    )  # last digits differ between processors
    plot_images([image], [""], [left])
    best = np.argsort(-proba, kind="stable")[:2]
    colors = [ink_of("margin") if k in best else "#b8bcc4" for k in range(len(proba))]
    right.bar(range(len(proba)), proba, color=colors)
    for name, k in zip(("p₁", "p₂"), best, strict=True):
        right.text(
            k, proba[k] + 0.01, f"{name} = {proba[k]:.2f}", ha="center", color=ink_of("margin"), weight="bold"
        )
    right.set(xticks=range(len(proba)), xlabel="digit", ylabel="probability", ylim=(0, 1.18 * proba.max()))
    return left.figure


def plot_choices(images, truth, proba, score=None):
    """Draw where on the triangle of three classes a rule asks, beside the rows that it asked for first.

    The title says how many of them the model reads correctly.

    Parameters
    ----------
    images : array of shape (m, height, width)
        An even number of them.
    truth : array of shape (m,)
        Their classes, from 0 to k - 1.
    proba : array of shape (m, k)
        What the model made of them.
    score : callable, optional
        As in `plot_score_triangle`; its name is the rule's, "random" without one.

    Returns
    -------
    Figure

    Examples
    --------
    >>> import numpy as np
    >>> figure = plot_choices(np.zeros((2, 8, 8)), [1, 0], np.array([[0.6, 0.4], [0.1, 0.9]]))
    >>> figure.axes[1].get_xlabel()
    'a 0\\nmodel: 1 or 0'
    """
    half = len(images) // 2
    figure, axes = new_figure(2, half + 1, figsize=(7, 3.2), width_ratios=[2.3, *[1] * half])
    triangle = figure.add_subplot(axes[0, 0].get_gridspec()[:, 0])
    for ax in axes[:, 0]:
        ax.remove()
    plot_score_triangle(score, triangle).set_title("")
    guesses = np.argsort(-np.asarray(proba), axis=1, kind="stable")[:, :2]
    captions = [f"a {y}\nmodel: {a} or {b}" for y, (a, b) in zip(truth, guesses, strict=True)]
    plot_images(images, captions, axes[:, 1:])
    rule = getattr(score, "__name__", "random").replace("_", " ").capitalize()
    right = (guesses[:, 0] == truth).sum()
    finding = f"{rule}: the model reads {right} of its first {len(images)} images correctly"
    caption = "left: where it asks; right: the true digit, and the model's two best guesses"
    return title(figure, finding, caption)


def plot_plane(points, groups, images, chosen, axes=None):
    """Draw points on a plane in their groups' colours, and the chosen ones as pictures, one panel per rule.

    Parameters
    ----------
    points : array of shape (m, 2)
    groups : array of int of shape (m,)
        Group of each point.
    images : array of shape (m, height, width)
        Values in [0, 1].
    chosen : dict of str to array of int
        Rule -> the positions of its choices among the points.
    axes : array of Axes, optional
        One a rule.

    Returns
    -------
    Figure

    Examples
    --------
    >>> import numpy as np
    >>> figure = plot_plane(np.eye(2), [0, 1], np.zeros((2, 8, 8)), {"margin": [0], "entropy": [1]})
    >>> [ax.get_title() for ax in figure.axes]
    ['margin', 'entropy']
    """
    offsetbox = import_optional("matplotlib.offsetbox")
    if axes is None:
        axes = new_figure(1, len(chosen), figsize=(7, 4.1), squeeze=False)[1].ravel()
    points, groups, colors = np.round(points, 6), np.asarray(groups), [*GROUP_COLORS]  # as in plot_guesses
    for ax, (name, rows) in zip(axes, chosen.items(), strict=True):
        ax.scatter(*points.T, c=[colors[g % len(colors)] for g in groups], s=22, lw=0)
        for row in rows:
            picture = offsetbox.OffsetImage(images[row], zoom=2.4, cmap="gray_r", clim=(0, 1))
            frame = {"edgecolor": colors[groups[row] % len(colors)], "lw": 2.5}
            box = offsetbox.AnnotationBbox(picture, points[row], pad=0.1, bboxprops=frame)
            ax.add_artist(box)
        ax.set_title(name, color=ink_of(name), weight="bold")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
    return axes[0].figure


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
        If rows are not integers.
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
        raise ValueError(f"y must hold one label per row (n, 2) of the plane, got {y.shape}, {plane.shape}")
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
    """Draw milliseconds per query, one row per rule and one mark per pool size.

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
        line = dict(ls="", marker="o", ms=8, color=face, mec="#555555", zorder=3, label=f"pool of {pool:,}")
        ax.plot(marks["ms"], range(len(names)), **line)
    ax.figure.legend(frameon=False, loc="outside right center")
    ax.set(xscale="log", xlabel="milliseconds per query", yticks=range(len(names)), yticklabels=names)
    ax.set_ylim(len(names) - 0.5, -0.5)
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
