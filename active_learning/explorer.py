"""Sliders over curves that are already computed: what would another target, rule or price of a label give?

Nothing is measured again, so every answer comes at once. Not here: figures and tables of the report (plots,
wording), from which the answers are made. ipywidgets is imported only when sliders are asked for.
"""

import io
from itertools import count
from numbers import Real

import numpy as np
import pandas as pd

from active_learning.checks import check_choice, check_target
from active_learning.claims import worth
from active_learning.display import show_figure, show_table
from active_learning.measures import by_split, check_curves, labels_to_target
from active_learning.savings import summarise
from active_learning.style import PLOT_STYLE, color_of, label_lines, new_figure, title
from active_learning.wording import format_cost, format_labels, format_percent, format_saving

VIEW = "application/vnd.jupyter.widget-view+json"
NUMBERS = count()  # of the sliders shown, so that a notebook run anew holds the same bytes


def explore(curves, *, target=0.9, rule=None, price=1.0, folder=None, name="explore"):
    """Show the answer for one target, rule and price as a picture and a table, and sliders to change them.

    Who only reads the page sees the picture and the table.

    curves: table of run_study, `random` among its strategies
    target: accuracy in (0, 1]; rule: a strategy of curves, the last if None; price: of one label, above 0
    folder, name: of the picture, as in show_figure
    raises: ValueError or TypeError, naming the value, for curves without random, an unknown rule, a target or
        price that cannot be
    """
    rules = [*check_curves(curves)["strategy"].unique()]
    check_choice("reference strategy", "random", rules)
    rules.remove("random")
    rule = check_choice("rule", rules[-1] if rule is None and rules else rule, rules)
    target, price = check_target(target), _check_price(price)
    figure, alt = picture(curves, target, rule)
    show_figure(figure, name, alt, folder=folder)
    show_table(answer_table(curves, target, rule, price))
    _show_box(sliders(curves, rules, target, rule, price))


def _check_price(price):
    if isinstance(price, bool) or not isinstance(price, Real):
        raise TypeError(f"price must be a number, got {price!r}")
    if not 0 < price < np.inf:
        raise ValueError(f"price must be above 0 and finite, got {price}")
    return float(price)


def answer_table(curves, target, rule, price):
    """Labels to the target of random and of a rule, and what the rule saves, in labels and in money.

    curves, target, rule, price: as in explore
    returns: DataFrame of strings, two rows
    """
    summary = summarise(curves[curves["strategy"].isin(["random", rule])], target)
    budget, row = curves["n_labels"].max(), next(summary.loc[[rule]].itertuples())
    _, labels, money, _, _ = worth(row, summary["median"]["random"], price, 0, 0)
    return pd.DataFrame(
        {
            "strategy": summary.index,
            f"labels -> {format_percent(target)}": [format_labels(n, budget) for n in summary["median"]],
            "saved vs random": ["-", format_saving(row)],
            "labels saved": ["-", labels],
            f"money at {price:.2f} a label": ["-", money],
            "cost more than random in": ["-", format_cost(row)],
        }
    )


def picture(curves, target, rule):
    """A small figure of two mean learning curves and the labels to target.

    returns: Figure, and what it shows in words
    """
    needed, budget = by_split(labels_to_target(curves, target)).median(), curves["n_labels"].max()
    figure, ax = new_figure(figsize=(7, 3.4))
    ax.axhline(target, color="#555555", lw=1, ls="--")
    means = curves.groupby(["strategy", "n_labels"])["accuracy"].mean()
    texts = {s: f"{s} {format_labels(needed[s], budget)}" for s in ("random", rule)}
    for strategy in texts:
        ax.plot(means[strategy].index, means[strategy], color=color_of(strategy), lw=2)
        if np.isfinite(needed[strategy]):
            ax.plot([needed[strategy]] * 2, [0, target], color=color_of(strategy), lw=1, ls=":")
    ax.set(xlim=(curves["n_labels"].min(), budget), ylim=(means.min() - 0.03, 1))
    label_lines(ax, {s: (budget, means[s].iloc[-1], s) for s in texts}, gap=0.1)
    ax.set(xlabel="labels bought, seed set included", ylabel="mean test accuracy")
    splits = curves["split"].nunique()
    title(ax, f"To {format_percent(target)}: {texts[rule]}, {texts['random']}", f"medians of {splits} splits")
    alt = f"Mean accuracy against labels, to {format_percent(target)}: {texts[rule]}, {texts['random']}."
    return figure, alt


def sliders(curves, rules, target, rule, price):
    """Three sliders, and under them the answer as a table and a picture, which change with them.

    returns: ipywidgets.VBox of the five
    """
    import ipywidgets

    wide = {"style": {"description_width": "7em"}, "layout": {"width": "32em"}}
    low = min(target, round(float(curves["accuracy"].min()), 2))
    moved = [
        ipywidgets.FloatSlider(target, min=max(low, 0.01), max=1.0, step=0.01, description="target", **wide),
        ipywidgets.SelectionSlider(options=rules, value=rule, description="rule", **wide),
        ipywidgets.FloatLogSlider(price, min=-3, max=3, step=0.05, description="price a label", **wide),
    ]
    text, drawn = ipywidgets.HTML(), ipywidgets.Image(width=700)

    def answer(_=None):
        target, rule, price = (slider.value for slider in moved)
        text.value = answer_table(curves, target, rule, price).to_html(index=False, border=0)
        drawn.value, drawn.alt = _png(*picture(curves, target, rule))

    for slider in moved:
        slider.observe(answer, names="value")
    answer()
    return ipywidgets.VBox([*moved, text, drawn], model_id=f"explorer-{next(NUMBERS)}")


def _png(figure, alt):
    """The figure as PNG, closed; and its words."""
    import matplotlib.pyplot as plt

    with plt.rc_context(PLOT_STYLE):
        figure.savefig(png := io.BytesIO(), format="png", dpi=100)
    plt.close(figure)
    return png.getvalue(), alt


def _show_box(box):
    """Show sliders in a notebook that runs; a page that is only read keeps one line of text instead."""
    from IPython.display import display

    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    display({VIEW: view, "text/plain": "Run this cell to move the target, the rule and the price."}, raw=True)
