"""The figure of the map: what labels are worth on each data set. Not here: figures of studies (results)."""

import numpy as np
import pandas as pd

from active_learning._validation import some
from active_learning.plots.style import KIND_COLORS, KIND_NAMES, NARROW, axes_or_new, color_of


def plot_worths(table, ax=None):
    """Draw what 100 labels are worth on each data set, sorted, on a log axis; random labels are worth 100.

    Parameters
    ----------
    table : DataFrame
        Rows of `read_map` of one question: columns kind, n, worth, low, high. A worth beyond all random
        labels is an arrow at the right end.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        For what holds no such rows, or rows of several questions.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"kind": ["text"], "n": 100, "worth": 1.7, "low": 1.2, "high": 2.1})
    >>> plot_worths(table).get_xscale()
    'log'
    """
    n = _one_question(table)
    ax, table = axes_or_new(ax, **NARROW), table.sort_values(["worth", "low"]).reset_index(drop=True)
    finite = np.isfinite(table["worth"])
    right = 1.3 * np.nanmax([2, *table["worth"][finite]])
    left = np.nanmin([1, *table["low"].clip(lower=0.2)]) / 1.1
    ax.axvline(n, color=color_of("random"), lw=2.5)
    for kind, rows in table.groupby("kind"):
        color, ends = KIND_COLORS.get(kind, "#555555"), n * rows[["low", "high"]].clip(left, right)
        ax.hlines(rows.index, ends["low"], ends["high"], color=color, lw=1, alpha=0.45)
        inside = rows[finite[rows.index]]
        ax.plot(n * inside["worth"], inside.index, "o", ms=5, color=color, label=KIND_NAMES.get(kind, kind))
        beyond = rows.index[~finite[rows.index]]
        ax.plot(np.full(len(beyond), n * right), beyond, ">", ms=6, color=color, clip_on=False)
    ax.set(xscale="log", xlim=(n * left, n * right), ylim=(-1, len(table)), yticks=[])
    ticks = [tick for tick in (0.25, 0.5, 1, 2, 4, 8, 16) if left <= tick <= right]
    ax.set_xticks([n * tick for tick in ticks], [f"{n * tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel=f"random labels that {n} chosen labels are worth", ylabel=f"{len(table)} data sets, sorted")
    ax.legend(frameon=False, loc="lower right")
    return ax


def _one_question(table):
    """The number of labels that rows of the map are about; ValueError if they are not of one question."""
    columns = ("kind", "n", "worth", "low", "high")
    if not isinstance(table, pd.DataFrame) or not {*columns} <= {*table}:
        raise ValueError(f"table must hold rows of read_map, with the columns {', '.join(columns)}")
    if table.empty:
        raise ValueError("table must hold a row, and has none")
    for name in ("n", "rule", "batch", "classifier"):
        if name in table and len(values := table[name].unique()) > 1:
            raise ValueError(f"table must hold one question, and holds several {name}: {some(values)}")
    return table["n"].iloc[0]
