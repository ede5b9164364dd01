"""Figures of forecasts: the fan of scores to come beside what came, and forecasts against the truth.

Each takes what forecast returns, or a table, and an Axes, and returns the Axes; none of them computes a
result.
"""

import numpy as np

from active_learning.loop import History
from active_learning.style import axes_or_new, color_of, ink_of


def plot_forecast(answer, truth=None, ax=None, *, rule="random"):
    """The score to come with its 80 % and 95 % bands, the target, and what the project really scored.

    answer: dict of forecast; rule: the rule that goes on
    truth: History or None, drawn as dots: filled up to the labels at the forecast, then open
    raises: TypeError for a truth that is neither
    """
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
    ax.set(xlabel="labels, seed set included", ylabel="score")
    return ax


def plot_forecast_truth(judged, ax=None):
    """Labels forecast against labels needed, a mark a replay; forecasts out of sight stand in the grey
    gutter.

    judged: DataFrame with columns data, needed, median, low_80 and high_80; labels, inf = not reached or
        not in
        sight
    """
    ax, kinds = axes_or_new(ax), list(judged["data"].unique())
    seen = judged[["needed", "median"]].replace(np.inf, np.nan)
    least, most = seen.min().min(), seen.max().max()
    gutter = 1.5 * most
    ax.axhspan(1.2 * most, 1.9 * most, color="#eeeeee", lw=0)
    ax.plot([least, most], [least, most], color="#555555", lw=1, ls="--")
    for place, name in enumerate(kinds):
        one, color = judged[judged["data"] == name], list(_COLORS)[place % len(_COLORS)]
        middle, low, high = (one[key].clip(upper=gutter) for key in ("median", "low_80", "high_80"))
        ax.vlines(one["needed"], low, high, color=color, lw=0.8, alpha=0.35)
        ax.plot(
            one["needed"], middle, "osD^vPX<>"[place % 9], color=color, ms=4, mew=0, alpha=0.8, label=name
        )
    ax.set(xscale="log", yscale="log", xlabel="labels needed", ylabel="labels forecast, with 80 % interval")
    ax.set_ylim(0.8 * least, 1.9 * most)
    ax.legend(frameon=False, ncols=2, fontsize=9, loc="upper left")
    return ax


_COLORS = ("#f89c20", "#5790fc", "#e42536", "#7a21dd", "#964a8b", "#2f7d4f")
