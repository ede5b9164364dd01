"""Figures of studies; none of them computes a result.

Each takes a table and an Axes (None makes a new figure), and returns the Axes. To add one: a function
plot_<thing>(table, ..., ax=None). Not here: the map (worths), forecasts (forecasts), single rows and steps
(illustrations).
"""

import numpy as np

from active_learning._validation import check_choice
from active_learning.plots.style import (
    MARKERS,
    NARROW,
    axes_or_new,
    color_of,
    ink_of,
    label_lines,
    spread,
    strategy_rows,
)
from active_learning.statistics.curves import bootstrap_interval, by_split, labels_to_target
from active_learning.statistics.savings import paired_saving

NAMES = {"median": "median", "crossing": "mean curve"}


def plot_learning_curves(curves, target, ax=None):
    """Draw mean accuracy against labels, one line per strategy, with 95 % intervals of the mean over splits.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    target : float in (0, 1]
        Accuracy of the dashed line; a marker on it shows each strategy's median labels to target, which
        comes from the runs, interpolated between rounds, and not from the mean curve.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> rounds = {"split": [0, 0], "n_labels": [20, 30], "accuracy": [0.5, 0.9]}
    >>> curves = pd.DataFrame({"strategy": "margin", **rounds})
    >>> plot_learning_curves(curves, 0.9).get_ylabel()
    'test accuracy'
    """
    ax, budget, ends, heights = axes_or_new(ax, **NARROW), curves["n_labels"].max(), {}, []
    needed = by_split(labels_to_target(curves, target, interpolate=True)).median()
    ax.axhline(target, color="#555555", lw=1, ls="--")
    for name, runs in curves.groupby("strategy", sort=False):
        scores = runs.pivot(index="n_labels", columns="split", values="accuracy")
        mean, color = scores.mean(axis=1), color_of(name)
        low, high = np.transpose([bootstrap_interval(row) for row in scores.to_numpy()])
        ax.plot(mean.index, mean, color=color, lw=2)
        ax.fill_between(mean.index, low, high, color=color, alpha=0.25, lw=0)
        if np.isfinite(needed[name]):
            ax.plot([needed[name]] * 2, [0, target], color=color, lw=1, ls=":")
            ax.plot(
                needed[name], target, color=color, marker=MARKERS.get(name, "P"), ms=9, mec="white", zorder=5
            )
        ends[name] = (mean.index[-1], mean.iloc[-1], name)
        heights += [mean.min(), mean.max()]
    ax.set(xlabel="labels, seed set included", ylabel="test accuracy")
    ax.set(xlim=(curves["n_labels"].min(), budget), ylim=(min(heights) - 0.03, max(*heights, target) + 0.03))
    label_lines(ax, ends)
    return ax


def plot_spread(curves, name, ax=None):
    """Draw one strategy's runs as thin lines, their mean, and where nine in ten of them lie.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    name : str
        Its strategy.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If no run is of that strategy.

    Examples
    --------
    >>> import pandas as pd
    >>> rounds = {"split": [0, 0], "n_labels": [20, 30], "accuracy": [0.5, 0.9]}
    >>> len(plot_spread(pd.DataFrame({"strategy": "random", **rounds}), "random").lines)
    2
    """
    check_choice("strategy", name, [*curves["strategy"].unique()])
    ax, runs = axes_or_new(ax, **NARROW), curves[curves["strategy"] == name]
    scores, color = runs.pivot(index="n_labels", columns="split", values="accuracy"), color_of(name)
    ax.plot(scores.index, scores, color=color, lw=0.5, alpha=0.4)
    low, high = scores.quantile(0.05, axis=1), scores.quantile(0.95, axis=1)
    ax.fill_between(scores.index, low, high, color=color, alpha=0.3, lw=0)
    ax.plot(scores.index, scores.mean(axis=1), color="black", lw=2.5)
    ax.set(xlabel="labels, seed set included", ylabel="test accuracy", xlim=scores.index[[0, -1]])
    ends = {"5% of runs below": low.iloc[-1], "mean": scores.mean(axis=1).iloc[-1]}
    ends["5% of runs above"] = high.iloc[-1]
    heights = spread([*ends.values()], 0.06 * np.ptp(ax.get_ylim()))
    for text, height in zip(ends, heights, strict=True):
        ax.text(scores.index[-1], height, f"  {text}", va="center", color="#555555")
    return ax


def dots(ax, values, row, color):
    """Draw every split as a dot around a row's line; the shifts are even, and the same at every run."""
    shift = 0.7 * (np.arange(len(values)) * 0.618034 % 1 - 0.5)
    ax.scatter(values, row + shift, s=16, color=color, alpha=0.5, lw=0)


def bar(ax, ends, middle, row, color):
    """Draw an interval as a thick bar in a row, with a black mark for the estimate."""
    ax.plot(ends, [row, row], color=color, lw=7, solid_capstyle="butt")
    ax.plot(middle, row, marker="|", ms=20, mew=3, color="black")


def plot_paired_savings(needed, budget, ax=None, reference="random"):
    """Draw the share of labels saved: splits as dots, the paired saving, its 95 % interval.

    Parameters
    ----------
    needed : DataFrame of shape (n_splits, n_strategies)
        Labels to target, interpolated as the saving is; inf = more than the budget.
    budget : int
        Labels at which runs were stopped; they count as the budget here, so that such a dot is a bound.
        Splits that neither run finished are left out.
    ax : Axes, optional
    reference : str, default="random"
        Strategy that savings are against.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> ax = plot_paired_savings(pd.DataFrame({"random": [120, 130], "margin": [70, 80]}), 300)
    >>> ax.get_yticklabels()[0].get_text()
    'margin'
    """
    ax = axes_or_new(ax, **NARROW)
    ax.axvline(0, color="black", lw=1)
    for row, name in enumerate(names := [name for name in needed if name != reference]):
        both = needed[np.isfinite(needed[[name, reference]]).any(axis=1)].clip(upper=budget)
        dots(ax, (100 - 100 * both[name] / both[reference]).clip(lower=-100), row, color_of(name))
        saving = paired_saving(needed[name], needed[reference], budget)
        ends = np.clip([100 * saving.low, 100 * saving.high], -100, 100)
        bar(ax, ends, max(100 * saving.estimate, -100), row, color_of(name))
    strategy_rows(ax, names)
    ax.set(xlim=(-105, 105), xlabel=f"% of {reference}'s labels saved on the same split")
    return ax


def plot_reached_share(needed, budget, ax=None):
    """Draw the share of splits that have reached the target, against labels; no run is dropped.

    Parameters
    ----------
    needed : DataFrame of shape (n_splits, n_strategies)
        Labels to target; inf = more than the budget.
    budget : int
        Labels at which runs were stopped.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the budget is not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> plot_reached_share(pd.DataFrame({"random": [20, 40], "margin": [20, 30]}), 50).get_ylabel()
    'share of splits at target'
    """
    if not budget > 0:
        raise ValueError(f"budget must be a positive number of labels, got {budget}")
    ax, grid = axes_or_new(ax), np.arange(budget + 1)
    names = needed.median().sort_values(kind="stable").index  # from the left to the right
    for place, (name, height) in enumerate(zip(names, np.linspace(0.9, 0.15, len(names)), strict=True)):
        share = (needed[name].to_numpy()[:, None] <= grid).mean(axis=0)
        ax.step(grid, share, where="post", color=color_of(name), lw=2)
        x, side = grid[share >= min(height, share[-1])][0], "right" if place < len(names) / 2 else "left"
        text = ax.text(x, height, f" {name} ", color=ink_of(name), weight="bold", ha=side, va="center")
        text.set_bbox({"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1})
    ax.set(xlabel="labels bought, seed set included", ylabel="share of splits at target", ylim=(0, 1.02))
    ax.set_xlim(0, budget)
    return ax


def plot_intervals(table, ax=None):
    """Draw estimates with their intervals, one row per strategy.

    Parameters
    ----------
    table : DataFrame with columns estimate, low, high, indexed by strategy
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"estimate": 0.2, "low": 0.1, "high": 0.3}, index=["margin"])
    >>> len(plot_intervals(table).lines)
    2
    """
    ax = axes_or_new(ax, **NARROW)
    for row, (name, estimate, low, high) in enumerate(table[["estimate", "low", "high"]].itertuples()):
        ax.plot([low, high], [row, row], color=color_of(name), lw=5, solid_capstyle="butt", alpha=0.6)
        ax.plot(estimate, row, marker=MARKERS.get(name, "P"), ms=8, color=color_of(name), mec="white")
    strategy_rows(ax, table.index)
    return ax


def plot_batch_price(table, ax=None, estimate="median"):
    """Draw labels to target against batch size, one line per strategy, with 95 % intervals.

    Parameters
    ----------
    table : DataFrame with columns strategy, batch, low, high and the estimate
        inf is drawn as a gap.
    ax : Axes, optional
    estimate : {"median", "crossing"}, default="median"
        Column of the estimate, "crossing" that of `mean_curve_crossings`.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> ends = {"low": 50, "high": 80}
    >>> table = pd.DataFrame({"strategy": "margin", "batch": [1, 10], "median": [60, 70], **ends})
    >>> plot_batch_price(table).get_ylabel()
    'labels to target (median)'
    """
    ax, ends = axes_or_new(ax, **NARROW), {}
    table = table.replace(np.inf, np.nan).sort_values("batch", kind="stable")
    for name, line in table.groupby("strategy", sort=False):
        ax.fill_between(line["batch"], line["low"], line["high"], color=color_of(name), alpha=0.2, lw=0)
        ax.plot(line["batch"], line[estimate], color=color_of(name), marker=MARKERS.get(name, "P"), lw=2)
        if len(drawn := line.dropna(subset=estimate)):
            ends[name] = (drawn["batch"].iloc[-1], drawn[estimate].iloc[-1], name)
    batches = table["batch"].unique()
    ax.set_xscale("log")
    ax.set_xticks(batches, [str(batch) for batch in batches])
    ax.minorticks_off()
    ax.set(xlabel="labels in a batch", ylabel=f"labels to target ({NAMES[estimate]})")
    label_lines(ax, ends)
    return ax


def plot_one_run(history, name, ax=None, band=None, other=None, named="solver finished"):
    """Draw one learning curve with its final accuracy as a dashed line, and a band of other runs behind it.

    Parameters
    ----------
    history : History
    name : str
        Its strategy, for the colour and the text at the line's end.
    ax : Axes, optional
    band : DataFrame with columns low, middle, high, indexed by n_labels, optional
    other : History, optional
        A second run, drawn dashed.
    named : str, optional
        Its name.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import numpy as np
    >>> from al_helpers import History
    >>> history = History(np.array([20, 30]), np.array([0.5, 0.9]), np.arange(10))
    >>> plot_one_run(history, "margin").texts[0].get_text()
    '  margin: 0.90'
    """
    ax, last = axes_or_new(ax, **NARROW), history.accuracy[-1]
    if band is not None:
        ax.fill_between(band.index, band["low"], band["high"], color=color_of("random"), alpha=0.3, lw=0)
        ax.plot(band.index, band["middle"], color=color_of("random"), lw=2)
    ax.axhline(last, color="#555555", lw=1, ls="--")
    line = dict(color=color_of(name), marker=MARKERS.get(name, "P"), ms=5, lw=2, clip_on=False)
    ax.plot(history.n_labels, history.accuracy, **line)
    ends = {name: (history.n_labels[-1], last, f"{name.replace('_', ' ')}: {last:.2f}")}
    if band is not None:
        ends["random"] = (band.index[-1], band["middle"].iloc[-1], f"random: {band['middle'].iloc[-1]:.2f}")
    if other is not None:
        end = other.accuracy[-1]
        ax.plot(other.n_labels, other.accuracy, color=ink_of(named), lw=2, ls="--", clip_on=False)
        ends[named] = (other.n_labels[-1], end, f"{named}: {end:.2f}")
    label_lines(ax, ends)
    ax.set(xlabel="labels known, first set included", ylabel="test accuracy")
    ax.set_xlim(history.n_labels[[0, -1]])
    ax.set_xticks(history.n_labels[::5])
    return ax


def plot_dots(rows, ax=None, *, promise=None):
    """Draw every repeat as a dot, one row per comparison, with the mean and its 95 % interval.

    Parameters
    ----------
    rows : dict of (str, str) to array of shape (n_repeats,)
        Label and strategy (for the colour) of each row, and its values.
    ax : Axes, optional
    promise : float, optional
        Where to draw a dashed line, instead of the one at 0.

    Returns
    -------
    Axes

    Examples
    --------
    >>> plot_dots({("on digits", "margin"): [1.0, 2.0, 3.0]}).get_yticklabels()[0].get_text()
    'on digits'
    """
    ax = axes_or_new(ax, **NARROW)
    ax.axvline(promise or 0, color="black", lw=1, ls="--" if promise else "-")
    for row, ((_, name), values) in enumerate(rows.items()):
        dots(ax, values, row, color_of(name))
        bar(ax, bootstrap_interval(values), np.mean(values), row, ink_of(name))
    strategy_rows(ax, [label for label, _ in rows])
    return ax


def plot_saving_by_target(table, ax=None):
    """Draw the share of labels saved against the target, one line per strategy, with 95 % intervals.

    Parameters
    ----------
    table : DataFrame with columns strategy, target, saving_min, saving_max, saving_low, saving_high
        Rows of `summarise`. Where runs that miss a target leave the saving open, the line ends.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> ends = {"saving_min": 0.3, "saving_max": 0.3, "saving_low": 0.2, "saving_high": 0.4}
    >>> plot_saving_by_target(pd.DataFrame({"strategy": "margin", "target": [0.8, 0.9], **ends})).get_ylabel()
    "% of random's labels saved"
    """
    ax, ends = axes_or_new(ax, **NARROW), {}
    ax.axhline(0, color=color_of("random"), lw=2.5)
    for name, line in table.groupby("strategy", sort=False):
        line = line[line["saving_max"] - line["saving_min"] < 0.05]
        target, color = 100 * line["target"], color_of(name)
        low, high = 100 * line["saving_low"].clip(lower=-1), 100 * line["saving_high"].clip(lower=-1)
        ax.fill_between(target, low, high, color=color, alpha=0.2, lw=0)
        middle = 50 * (line["saving_min"] + line["saving_max"])
        ax.plot(target, middle, color=color, lw=2, marker=MARKERS.get(name, "P"), ms=5)
        if len(line):
            ends[name] = (target.iloc[-1], middle.iloc[-1], name)
    ax.set(xlabel="target: test accuracy (%)", ylabel="% of random's labels saved")
    ax.set_xlim(100 * table["target"].min(), 100 * table["target"].max())
    label_lines(ax, ends)
    return ax
