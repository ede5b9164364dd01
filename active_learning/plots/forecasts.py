"""Figures of forecasts and of scores over rounds; none of them computes a result.

Each takes what `forecast` or a backtest returns and an Axes (None makes a new figure), and returns the Axes.
Not here: figures of studies and of the map (results).
"""

import numpy as np

from active_learning._validation import History
from active_learning.forecast.backtest import as_numbers, labels_held
from active_learning.plots.style import NARROW, axes_or_new, color_of, ink_of, new_figure, spread


def plot_forecast(answer, history=None, ax=None, *, rule="random"):
    """Draw the score to come with its 80 % and 95 % bands, and what the project really scored.

    Parameters
    ----------
    answer : dict
        Result of `forecast`.
    history : History, optional
        Drawn as dots: filled up to the labels at the forecast, then open.
    ax : Axes, optional
    rule : str, default="random"
        Rule with which the project goes on.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        If history is not a History.
    ValueError
        If it was too early for a forecast.

    Examples
    --------
    >>> ends = {"estimate": 0.8, "low": 0.7, "low_80": 0.75, "high_80": 0.85, "high": 0.9}
    >>> later = [ends | {"rule": "random", "labels": 60}]
    >>> answer = {"score_now": ends, "score_after": later, "labels_now": 40, "target": 0.9}
    >>> plot_forecast(answer).get_ylabel()
    'accuracy'
    """
    if answer["score_now"]["estimate"] is None:
        raise ValueError(f"there is no forecast to draw. {answer['verdict']}")
    ax, color = axes_or_new(ax, **NARROW), color_of(rule)
    rows = [answer["score_now"] | {"labels": answer["labels_now"]}]
    rows += [row for row in answer["score_after"] if row["rule"] == rule]
    x = [row["labels"] for row in rows]
    for low, high, alpha in (("low", "high", 0.25), ("low_80", "high_80", 0.45)):
        ax.fill_between(x, [r[low] for r in rows], [r[high] for r in rows], color=color, alpha=alpha, lw=0)
    ax.plot(x, [row["estimate"] for row in rows], color=ink_of(rule), lw=2)
    ax.axvline(answer["labels_now"], color="#555555", lw=1, ls=":")
    if history is not None:
        if not isinstance(history, History):
            raise TypeError(f"history must be a History, got {type(history).__name__}")
        seen = history.n_labels <= answer["labels_now"]
        for rounds, fill in ((seen, "black"), (~seen, "white")):
            ax.plot(history.n_labels[rounds], history.accuracy[rounds], "o", color="black", mfc=fill, ms=5)
    ax.set(xlabel="labels, seed set included", ylabel="accuracy")
    return ax


def plot_forecasts(projects):
    """Draw projects side by side as plot_forecast does, with what was forecast for the end and what came.

    Parameters
    ----------
    projects : dict of str to (History, dict)
        By name, each project and its forecast, which ends where the project does.

    Returns
    -------
    Figure

    Examples
    --------
    >>> plot_forecasts({}) is None
    True
    """
    if not projects:
        return None
    figure, axes = new_figure(1, len(projects), figsize=(7, 3.6), sharey=True, squeeze=False)
    for ax, (name, (run, answer)) in zip(axes[0], projects.items(), strict=True):
        plot_forecast(answer, run, ax).label_outer()
        end = [row["estimate"] for row in answer["score_after"] if row["rule"] == "random"][-1]
        ax.set_title(f"{name}:\nforecast {end:.0%}, came {run.accuracy[-1]:.0%}", size=10)
    return figure


def plot_forecast_truth(replayed, ax=None):
    """Draw one row per project: the 80 % interval of the labels forecast, its middle, and what it took.

    Parameters
    ----------
    replayed : DataFrame
        Table of `backtest_forecasts`. The grey gutter holds what is beyond the projects' end: not reached by
        then, or not forecast to be.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If replayed is another table, or holds no forecast.

    Examples
    --------
    >>> import pandas as pd
    >>> plot_forecast_truth(pd.DataFrame())
    Traceback (most recent call last):
    ...
    ValueError: a table of backtest_forecasts has the column 'labels' once
    """
    ax, table = axes_or_new(ax, **NARROW), as_numbers(replayed).dropna()
    if not len(table):
        raise ValueError(f"there is no forecast among {len(replayed)} projects")
    now, end = table["labels"].min(), table["last"].max()
    if not 0 < now < end < np.inf:
        raise ValueError(f"projects go on from their forecast; here from {now:g} labels to {end:g}")
    table = table.sort_values(["needed", "low_80", "high_80"], ascending=False).reset_index(drop=True)
    beyond, right = 1.08 * end, 1.16 * end
    ax.axvspan(1.02 * end, right, color="#eeeeee", lw=0)
    low, high = table["low_80"].clip(upper=1.03 * end), table["high_80"].clip(upper=right)
    colors = np.where(labels_held(table, 80), "#3f5f8f", "#e42536")
    ax.hlines(table.index, low, high, color=colors, lw=4, alpha=0.4)
    ax.scatter(table["median"].clip(upper=beyond), table.index, color=colors, s=22, zorder=3)
    needed = table["needed"].clip(upper=beyond)
    ax.plot(needed, table.index, ls="", marker="|", color="black", ms=7, mew=2.5, zorder=4)
    ax.text(beyond, len(table) - 0.2, "more", ha="center", color="#555555")
    ax.set(xlim=(now - 0.02 * end, right), ylim=(-0.8, len(table) + 0.9), yticks=[])
    ax.set(xlabel="labels in all", ylabel=f"{len(table)} projects, sorted")
    return ax


def plot_score_history(table, ax=None):
    """Draw what two scores said of a model while a rule chose the rows, and the truth.

    Parameters
    ----------
    table : DataFrame
        One row per round: labels, truth, score with low and high (its 95 % interval), and cross_validation.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> rounds = {"labels": [40, 50], "truth": [0.7, 0.8], "cross_validation": [0.7, 0.6]}
    >>> table = pd.DataFrame(rounds | {"score": [0.7, 0.8], "low": [0.5, 0.6], "high": [0.9, 0.9]})
    >>> [text.get_text().strip() for text in plot_score_history(table).texts]
    ['truth', 'score of audit rows', 'cross-validation']
    """
    ax, x = axes_or_new(ax, **NARROW), table["labels"]
    lines = {"truth": ("truth", "black"), "score": ("score of audit rows", color_of("margin"))}
    lines["cross_validation"] = ("cross-validation", color_of("entropy"))
    ax.fill_between(x, table["low"], table["high"], color=color_of("margin"), alpha=0.25, lw=0)
    heights = spread([table[name].iloc[-1] for name in lines], 0.04)
    for (name, (text, color)), height in zip(lines.items(), heights, strict=True):
        ax.plot(x, table[name], color=color, lw=2, marker="o", ms=4)
        ax.text(x.iloc[-1], height, f"   {text}", color=color, va="center", weight="bold", clip_on=False)
    ax.set(xlabel="labels", ylabel="accuracy")
    return ax
