"""Figures of forecasts: the fan of scores to come beside what came, and forecasts against the truth.

Each takes what forecast returns, or a table, and an Axes, and returns the Axes; none of them computes a
result.
"""

import numpy as np

from active_learning.forecast import FARTHEST
from active_learning.loop import History
from active_learning.replays import hit, numbers
from active_learning.style import axes_or_new, color_of, ink_of


def plot_forecast(answer, truth=None, ax=None, *, rule="random"):
    """The score to come with its 80 % and 95 % bands, the target, and what the project really scored.

    answer: dict of forecast; rule: the rule that goes on
    truth: History or None, drawn as dots: filled up to the labels at the forecast, then open
    raises: TypeError for a truth that is neither; ValueError where it was too early for a forecast
    """
    if answer["score_now"]["estimate"] is None:
        raise ValueError(f"there is no forecast to draw. {answer['verdict']}")
    ax, color = axes_or_new(ax), color_of(rule)
    rows = [answer["score_now"] | {"labels": answer["labels_now"]}]
    rows += [row for row in answer["score_after"] if row["rule"] == rule]
    x = [row["labels"] for row in rows]
    for low, high, alpha in (("low", "high", 0.25), ("low_80", "high_80", 0.45)):
        ax.fill_between(x, [r[low] for r in rows], [r[high] for r in rows], color=color, alpha=alpha, lw=0)
    ax.plot(x, [row["estimate"] for row in rows], color=ink_of(rule), lw=2)
    ax.axhline(answer["target"], color="#555555", lw=1, ls="--")
    ax.axvline(answer["labels_now"], color="#555555", lw=1, ls=":")
    if truth is not None:
        if not isinstance(truth, History):
            raise TypeError(f"truth must be a History, got {type(truth).__name__}")
        known = truth.n_labels <= answer["labels_now"]
        ax.plot(truth.n_labels[known], truth.accuracy[known], "o", color="black", ms=5)
        ax.plot(truth.n_labels[~known], truth.accuracy[~known], "o", color="black", mfc="white", ms=5)
    ax.set(xlabel="labels, seed set included", ylabel="accuracy")
    return ax


def plot_forecast_truth(judged, ax=None):
    """Labels forecast against labels needed, a mark a project; dark and filled where the 80 % interval held.

    judged: table of replay_forecasts; what is not in sight, or not reached by the end, is in the grey gutters
    raises: ValueError for another table, or one without a forecast
    """
    ax, told = axes_or_new(ax), numbers(judged).dropna()
    if not len(told):
        raise ValueError(f"there is no forecast among {len(judged)} projects")
    now, end = told["labels"].min(), told["last"].max()
    if not 0 < now < end < np.inf:
        raise ValueError(f"projects go on from their forecast; here from {now:g} labels to {end:g}")
    most, gutter, late = FARTHEST * now, 1.4 * FARTHEST * now, 1.15 * end
    ax.axhspan(1.1 * most, 1.8 * most, color="#eeeeee", lw=0)
    ax.axvspan(1.06 * end, 1.25 * end, color="#eeeeee", lw=0)
    ax.plot([now, end], [now, end], color="#555555", lw=1, ls="--")
    held = hit(told, 80)
    for rows, color, fill in ((told[held], "#3f5f8f", "#3f5f8f"), (told[~held], "#e42536", "white")):
        x, middle, low, high = (rows[key] for key in ("needed", "median", "low_80", "high_80"))
        x = x.clip(upper=late)
        ax.vlines(x, low.clip(upper=gutter), high.clip(upper=gutter), color=color, lw=1, alpha=0.5)
        ax.plot(x, middle.clip(upper=gutter), "o", color=color, mfc=fill, ms=5)
    ax.set(xscale="log", yscale="log", xlim=(0.9 * now, 1.25 * end), ylim=(0.8 * now, 1.8 * most))
    ax.set(xlabel="labels needed", ylabel="labels forecast")
    for axis, ends in ((ax.xaxis, (now, end)), (ax.yaxis, (now, most))):
        axis.set_ticks(np.geomspace(*ends, 4).round(-1), minor=False)
        axis.set_major_formatter("{x:.0f}")
        axis.set_minor_formatter("")
    return ax
