"""Figures of results and forecasts; none of them computes a result.

Each takes a table and an Axes (None makes a new figure), and returns the Axes. To add one: a function
plot_<thing>(table, ..., ax=None). Not here: pictures of single rows and steps (illustrations).
"""

import numpy as np
from scipy.stats import quantile_test

from active_learning._validation import History
from active_learning.forecast.backtest import as_numbers, labels_held
from active_learning.forecast.forecast import FARTHEST
from active_learning.plots.style import MARKERS, axes_or_new, color_of, ink_of, label_lines, strategy_rows
from active_learning.report.sentences import format_labels
from active_learning.statistics.curves import bootstrap_interval, by_split, labels_to_target
from active_learning.statistics.savings import paired_saving

NAMES = {"median": "median", "crossing": "crossing of the mean curve"}


def plot_learning_curves(curves, target, ax=None):
    """Draw mean accuracy against labels, a line a strategy, with the 95 % interval of the mean over splits.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`.
    target : float in (0, 1]
        Accuracy of the dashed line; a marker on it shows each strategy's median labels to target, which
        comes from the runs and not from the mean curve, as in the table.
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
    ax, budget, ends = axes_or_new(ax), curves["n_labels"].max(), {}
    needed = by_split(labels_to_target(curves, target))
    ax.axhline(target, color="#555555", lw=1, ls="--")
    for name, runs in curves.groupby("strategy", sort=False):
        scores = runs.pivot(index="n_labels", columns="split", values="accuracy")
        mean, color, median = scores.mean(axis=1), color_of(name), needed[name].median()
        low, high = np.transpose([bootstrap_interval(row) for row in scores.to_numpy()])
        ax.plot(mean.index, mean, color=color, lw=2)
        ax.fill_between(mean.index, low, high, color=color, alpha=0.25, lw=0)
        if np.isfinite(median):
            ax.plot([median, median], [0, target], color=color, lw=1, ls=":")
            ax.plot(median, target, color=color, marker=MARKERS.get(name, "P"), ms=9, mec="white", zorder=5)
        else:
            ends[name] = (mean.index[-1], mean.iloc[-1], f"{name}: {format_labels(median, budget)}")
    lowest = curves.groupby(["strategy", "n_labels"])["accuracy"].mean().min()
    ax.set(xlabel="labels bought, seed set included", ylabel="test accuracy", ylim=(lowest - 0.03, 1))
    ax.set_xlim(curves["n_labels"].min(), budget)
    label_lines(ax, ends)
    label_crossings(ax, needed.median())
    return ax


def label_crossings(ax, labels):
    """Name each strategy beside its median labels to target, a Series by strategy, inf where not reached."""
    crossed = labels[np.isfinite(labels)].sort_values(kind="stable")
    for (name, n), height in zip(crossed.items(), 0.4 - 0.075 * np.arange(len(crossed)), strict=True):
        text = ax.text(n, height, f" {name}: {n:g}", color=ink_of(name), weight="bold", va="center")
        text.set_transform(ax.get_xaxis_transform())
        text.set_bbox({"facecolor": "white", "alpha": 0.85, "lw": 0, "pad": 1})


def dots(ax, values, row, color):
    """Draw every split as a dot around a row's line; the shifts are even, and the same at every run."""
    shift = 0.7 * (np.arange(len(values)) * 0.618034 % 1 - 0.5)
    ax.scatter(values, row + shift, s=16, color=color, alpha=0.5, lw=0)


def bar(ax, ends, middle, row, color):
    """Draw an interval as a thick bar in a row, with a black mark for the estimate."""
    ax.plot(ends, [row, row], color=color, lw=7, solid_capstyle="butt")
    ax.plot(middle, row, marker="|", ms=20, mew=3, color="black")


def plot_labels_needed(needed, budget, ax=None):
    """Draw labels to target, a row a strategy: every split as a dot, the median, its 95 % interval.

    Parameters
    ----------
    needed : DataFrame of shape (n_splits, n_strategies)
        Labels to target; inf = more than the budget.
    budget : int
        Runs beyond it stand in the grey gutter at the right.
    ax : Axes, optional

    Returns
    -------
    Axes

    References
    ----------
    Conover (1999), Practical Nonparametric Statistics, section 3.2, for the interval of a median.

    Examples
    --------
    >>> import pandas as pd
    >>> ax = plot_labels_needed(pd.DataFrame({"random": [120, 130], "margin": [70, 80]}), 300)
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['random', 'margin']
    """
    ax, gutter = axes_or_new(ax), 1.07 * budget
    ax.axvspan(1.02 * budget, 1.12 * budget, color="#eeeeee", lw=0)
    for row, name in enumerate(needed):
        values, color = needed[name].to_numpy(), color_of(name)
        dots(ax, np.where(np.isinf(values), gutter, values), row, color)
        interval = quantile_test(values, p=0.5).confidence_interval()
        ends = np.minimum([interval.low, interval.high], gutter)
        bar(ax, ends, min(np.median(values), gutter), row, color)
        beyond = f"{np.isinf(values).sum()} of {len(values)}"
        ax.text(1.14 * budget, row, beyond, va="center", color="#555555")
    ax.text(1.07 * budget, -0.62, f"over {budget}", ha="center", color="#555555")
    strategy_rows(ax, [*needed], top=-0.75)
    ax.set(xlabel="labels to target", xlim=(0, 1.12 * budget))
    return ax


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
    ax = axes_or_new(ax)
    ax.axvline(0, color="black", lw=1)
    for row, name in enumerate(names := [name for name in needed if name != reference]):
        both = needed[np.isfinite(needed[[name, reference]]).any(axis=1)].clip(upper=budget)
        dots(ax, (100 - 100 * both[name] / both[reference]).clip(lower=-100), row, color_of(name))
        saving = paired_saving(needed[name], needed[reference], budget)
        ends = np.clip([100 * saving.low, 100 * saving.high], -100, 100)
        bar(ax, ends, max(100 * saving.estimate, -100), row, color_of(name))
        worse = f"costs more in {100 * (needed[name] > needed[reference]).mean():.0f}%"
        ax.text(1.01, row, worse, va="center", color="#555555", transform=ax.get_yaxis_transform())
    strategy_rows(ax, names)
    ax.set(xlim=(-105, 105), xlabel=f"% of {reference}'s labels saved on the same split  (left of 0: a cost)")
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
    """Draw estimates with their intervals, a row a strategy.

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
    ax = axes_or_new(ax)
    for row, (name, estimate, low, high) in enumerate(table[["estimate", "low", "high"]].itertuples()):
        ax.plot([low, high], [row, row], color=color_of(name), lw=5, solid_capstyle="butt", alpha=0.6)
        ax.plot(estimate, row, marker=MARKERS.get(name, "P"), ms=8, color=color_of(name), mec="white")
    strategy_rows(ax, table.index)
    return ax


def plot_batch_price(table, ax=None, estimate="median"):
    """Draw labels to target against batch size, a line a strategy, with 95 % intervals.

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
    ax, ends = axes_or_new(ax), {}
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
    ax.set(xlabel="labels bought a round (batch size)", ylabel=f"labels to target ({NAMES[estimate]})")
    label_lines(ax, ends)
    return ax


def plot_one_run(history, name, ax=None, band=None):
    """Draw one learning curve with its final accuracy as a dashed line, and a band of other runs behind it.

    Parameters
    ----------
    history : History
    name : str
        Its strategy, for the colour and the text at the line's end.
    ax : Axes, optional
    band : DataFrame with columns low, middle, high, indexed by n_labels, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import numpy as np
    >>> history = History(np.array([20, 30]), np.array([0.5, 0.9]), np.arange(10))
    >>> plot_one_run(history, "margin").texts[0].get_text()
    '  margin: 0.90'
    """
    ax, last = axes_or_new(ax), history.accuracy[-1]
    if band is not None:
        ax.fill_between(band.index, band["low"], band["high"], color=color_of("random"), alpha=0.3, lw=0)
        ax.plot(band.index, band["middle"], color=color_of("random"), lw=2)
    ax.axhline(last, color="#555555", lw=1, ls="--")
    line = dict(color=color_of(name), marker=MARKERS.get(name, "P"), ms=5, lw=2, clip_on=False)
    ax.plot(history.n_labels, history.accuracy, **line)
    ends = {name: (history.n_labels[-1], last, f"{name.replace('_', ' ')}: {last:.2f}")}
    if band is not None:
        ends["random"] = (band.index[-1], band["middle"].iloc[-1], f"random: {band['middle'].iloc[-1]:.2f}")
    label_lines(ax, ends)
    ax.set(xlabel="labels known, first set included", ylabel="test accuracy")
    ax.set_xlim(history.n_labels[[0, -1]])
    ax.set_xticks(history.n_labels[::5])
    return ax


def plot_dots(rows, ax=None):
    """Draw every repeat as a dot, a row a comparison, with the mean and its 95 % interval.

    Parameters
    ----------
    rows : dict of (str, str) to array of shape (n_repeats,)
        Label and strategy (for the colour) of each row, and its values.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> plot_dots({("on digits", "margin"): [1.0, 2.0, 3.0]}).get_yticklabels()[0].get_text()
    'on digits'
    """
    ax = axes_or_new(ax)
    ax.axvline(0, color="black", lw=1)
    for row, ((_, name), values) in enumerate(rows.items()):
        dots(ax, values, row, color_of(name))
        bar(ax, bootstrap_interval(values), np.mean(values), row, ink_of(name))
    strategy_rows(ax, [label for label, _ in rows])
    return ax


def plot_forecast(answer, history=None, ax=None, *, rule="random"):
    """Draw the score to come with its 80 % and 95 % bands, the target, and what the project really scored.

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
        If history is no History.
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
    ax, color = axes_or_new(ax), color_of(rule)
    rows = [answer["score_now"] | {"labels": answer["labels_now"]}]
    rows += [row for row in answer["score_after"] if row["rule"] == rule]
    x = [row["labels"] for row in rows]
    for low, high, alpha in (("low", "high", 0.25), ("low_80", "high_80", 0.45)):
        ax.fill_between(x, [r[low] for r in rows], [r[high] for r in rows], color=color, alpha=alpha, lw=0)
    ax.plot(x, [row["estimate"] for row in rows], color=ink_of(rule), lw=2)
    ax.axhline(answer["target"], color="#555555", lw=1, ls="--")
    ax.axvline(answer["labels_now"], color="#555555", lw=1, ls=":")
    if history is not None:
        if not isinstance(history, History):
            raise TypeError(f"history must be a History, got {type(history).__name__}")
        seen = history.n_labels <= answer["labels_now"]
        for rounds, fill in ((seen, "black"), (~seen, "white")):
            ax.plot(history.n_labels[rounds], history.accuracy[rounds], "o", color="black", mfc=fill, ms=5)
    ax.set(xlabel="labels, seed set included", ylabel="accuracy")
    return ax


def plot_forecast_truth(replayed, ax=None):
    """Draw labels forecast against labels needed, a mark a project; filled where the 80 % interval held.

    Parameters
    ----------
    replayed : DataFrame
        Table of `backtest_forecasts`; what is not in sight, or not reached, is in the grey gutters.
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
    ax, table = axes_or_new(ax), as_numbers(replayed).dropna()
    if not len(table):
        raise ValueError(f"there is no forecast among {len(replayed)} projects")
    now, end = table["labels"].min(), table["last"].max()
    if not 0 < now < end < np.inf:
        raise ValueError(f"projects go on from their forecast; here from {now:g} labels to {end:g}")
    most, gutter, late = FARTHEST * now, 1.4 * FARTHEST * now, 1.15 * end
    ax.axhspan(1.1 * most, 1.8 * most, color="#eeeeee", lw=0)
    ax.axvspan(1.06 * end, 1.25 * end, color="#eeeeee", lw=0)
    ax.plot([now, end], [now, end], color="#555555", lw=1, ls="--")
    inside = labels_held(table, 80)
    for rows, color, fill in ((table[inside], "#3f5f8f", "#3f5f8f"), (table[~inside], "#e42536", "white")):
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


def plot_worths(table, ax=None):
    """Draw what a label is worth on each data set, sorted, on a log axis; random labels are worth 1.

    Parameters
    ----------
    table : DataFrame
        Rows of `read_map` of one question: columns rule, worth, low, high. A worth beyond all random labels
        is an arrow at the right end.
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"rule": ["margin"], "worth": 1.7, "low": 1.2, "high": 2.1})
    >>> plot_worths(table).get_xscale()
    'log'
    """
    ax, table = axes_or_new(ax), table.sort_values(["worth", "low"]).reset_index(drop=True)
    right = 1.3 * max(table["worth"].where(np.isfinite(table["worth"])).max(), 2)
    left = table["low"].clip(lower=0.2).min() / 1.1
    ends = table[["low", "high"]].clip(left, right)
    color = color_of(table["rule"].iloc[0])
    ax.axvline(1, color=color_of("random"), lw=1.5)
    ax.hlines(table.index, ends["low"], ends["high"], color=color, lw=1, alpha=0.5)
    finite = np.isfinite(table["worth"])
    ax.plot(table["worth"][finite], table.index[finite], "o", ms=4, color=color)
    ax.plot(np.full((~finite).sum(), right), table.index[~finite], ">", ms=5, color=color, clip_on=False)
    ax.set(xscale="log", xlim=(left, right), ylim=(-1, len(table)), yticks=[])
    ticks = [tick for tick in (0.25, 0.5, 1, 2, 4, 8, 16) if left <= tick <= right]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="random labels that a label is worth", ylabel=f"{len(table)} data sets, sorted")
    return ax
