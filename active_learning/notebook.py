"""What a notebook shows: figures, tables, a bad parameter in one sentence, sliders over computed curves.

The sliders measure nothing again, so every answer comes at once. Not here: what is shown (plots, report).
"""

import io
from itertools import count
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd

from active_learning._text import printable
from active_learning._validation import check_choice, check_integer, check_target, import_optional
from active_learning.plots.style import PLOT_STYLE, color_of, label_lines, new_figure, title
from active_learning.report.analysis import worth
from active_learning.report.sentences import format_cost, format_labels, format_percent, format_saving
from active_learning.statistics.curves import by_split, check_curves, labels_to_target
from active_learning.statistics.savings import summarise


def text_lines(lines):
    """Join lines for a terminal, with the control characters and newlines in each made visible."""
    return "\n".join(map(printable, lines))


def text_table(table):
    """Format a DataFrame of strings as aligned text."""
    columns = [[*map(printable, [name, *cells])] for name, cells in table.items()]
    padded = [[cell.ljust(max(map(len, column))) for cell in column] for column in columns]
    return "\n".join("  ".join(row).rstrip() for row in zip(*padded, strict=True))


def show_table(table):
    """Show a table of strings in a notebook, without its index.

    Parameters
    ----------
    table : DataFrame of str

    Examples
    --------
    >>> import pandas as pd
    >>> show_table(pd.DataFrame({"strategy": ["margin"], "labels": ["70"]}))  # doctest: +ELLIPSIS
    {'text/html': '<table ...', 'text/plain': 'strategy  labels\\nmargin    70'}
    """
    ipython = import_optional("IPython.display")

    html = table.map(printable).rename(columns=printable).to_html(index=False, justify="left")
    for cell in ("th", "td"):
        html = html.replace(f"<{cell}>", f'<{cell} style="text-align: left;">')
    ipython.display({"text/html": html, "text/plain": text_table(table)}, raw=True)


def show_figure(ax, name, alt, *, folder=None):
    """Show a figure in a notebook as the very PNG that is saved, and close it.

    Parameters
    ----------
    ax : Axes or Figure
    name : str
        File name without its ending.
    alt : str
        What the figure shows, in words, for those who cannot see it.
    folder : path, optional
        Where to write name.png and name.svg; None writes nothing.

    Examples
    --------
    >>> from active_learning.plots.style import new_figure
    >>> show_figure(new_figure()[1], "empty", "An empty figure.")
    <IPython.core.display.Image object>
    """
    plt = import_optional("matplotlib.pyplot")
    ipython = import_optional("IPython.display")

    figure = getattr(ax, "figure", ax)
    with plt.rc_context(PLOT_STYLE):
        figure.savefig(png := io.BytesIO(), format="png", metadata={"Software": None})
        if folder is not None:
            Path(folder, f"{name}.png").write_bytes(png.getvalue())
            figure.set_layout_engine("none")  # where things go is known by now
            figure.savefig(Path(folder, f"{name}.svg"), metadata={"Date": None})
    plt.close(figure)
    ipython.display(ipython.Image(png.getvalue(), width=round(figure.get_figwidth() * 100), alt=alt))


def moving_picture(figures, *, pause=0.6, last=3.0):
    """Join figures of one size to an animated PNG, the same bytes at every run, and close them.

    Parameters
    ----------
    figures : iterable of Figure
        The frames in their order, at least one.
    pause : float, default=0.6
        Seconds a frame.
    last : float, default=3.0
        Seconds for the last frame.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If there is no figure, or times are out of range.
    TypeError
        If a frame is no Figure.
    """
    plt = import_optional("matplotlib.pyplot")
    from PIL import Image

    for name, seconds in {"pause": pause, "last": last}.items():
        if not 0 < seconds <= 60:
            raise ValueError(f"{name} must be more than 0 and at most 60 seconds, got {seconds!r}")
    frames = []
    for figure in figures:
        if not hasattr(figure, "savefig"):
            raise TypeError(f"the frames must be Figures, got {figure!r}")
        with plt.rc_context(PLOT_STYLE):
            figure.savefig(shot := io.BytesIO(), format="png", dpi=100)
        plt.close(figure)
        frames.append(Image.open(shot).convert("RGB"))
    if not frames:
        raise ValueError("a moving picture needs at least one figure, got none")
    colors = frames[-1].quantize(64, dither=Image.Dither.NONE)  # of all frames, for a small file
    frames = [frame.quantize(palette=colors, dither=Image.Dither.NONE) for frame in frames]
    times, moving = [round(1000 * pause)] * (len(frames) - 1) + [round(1000 * last)], io.BytesIO()
    frames[0].save(moving, format="PNG", save_all=True, append_images=frames[1:], duration=times, loop=0)
    return moving.getvalue()


def show_moving(figures, name, alt, *, folder=None, **timing):
    """Show figures one after the other, without end, as one animated PNG in a notebook.

    Parameters
    ----------
    figures : iterable of Figure
        The frames in their order, at least one, of one size.
    name, alt, folder
        As in `show_figure`; the file is name.png.
    **timing
        Seconds: pause of a frame (0.6), and last, of the last frame (3.0).

    Raises
    ------
    ValueError
        If there is no figure, or times are out of range.
    TypeError
        If a frame is no Figure.

    Examples
    --------
    >>> from active_learning.plots.style import new_figure
    >>> show_moving([new_figure()[0] for _ in range(2)], "empty", "Two empty figures.", pause=1.0)
    <IPython.core.display.Image object>
    """
    ipython = import_optional("IPython.display")

    png = moving_picture(figures, **timing)
    if folder is not None:
        Path(folder, f"{name}.png").write_bytes(png)
    ipython.display(ipython.Image(png, width=900, alt=alt))


class ParameterError(ValueError):
    """A parameter of a notebook is out of range; the page shows this sentence, and no traceback."""

    def _render_traceback_(self):
        return [f"{type(self).__name__}: {self}"]


def check_parameters(*, lows=None, **parameters):
    """Check the parameters of a notebook before anything runs.

    Parameters
    ----------
    lows : dict of str to int, optional
        Least value of an integer, where it is not 1.
    **parameters
        Values by name: target is an accuracy; price..., seconds... and setup... are numbers from 0 on; seed
        is an integer from 0 on, and any other an integer from 1 on.

    Raises
    ------
    ParameterError
        A ValueError that names the value and what is valid, and is shown without a traceback.

    Examples
    --------
    >>> check_parameters(target=0.9, splits=1, lows={"splits": 2})
    Traceback (most recent call last):
    ...
    active_learning.notebook.ParameterError: splits must be at least 2, got 1
    """
    lows = {"seed": 0} | (lows or {})
    for name, value in parameters.items():
        try:
            if name == "target":
                check_target(value)
            elif name.startswith(("price", "seconds", "setup")):
                _check_amount(name, value)
            else:
                check_integer(name, value, lows.get(name, 1))
        except (TypeError, ValueError) as error:
            raise ParameterError(str(error)) from None


def _check_amount(name, value):
    """Return value as a float; TypeError or ValueError unless it is a finite number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a number from 0 on, got {value}")
    return float(value)


VIEW = "application/vnd.jupyter.widget-view+json"
NUMBERS = count()  # of the sliders shown, so that a notebook run anew holds the same bytes


def explore(curves, *, target=0.9, rule=None, price=1.0, folder=None, name="explore"):
    """Show the answer for one target, rule and price as a picture and a table, and sliders to change them.

    A page that is only read keeps the picture and the table.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`, random among its strategies.
    target : float in (0, 1], default=0.9
        Accuracy to reach.
    rule : str, optional
        A strategy of curves; the last one if None.
    price : float, default=1.0
        Price of one label, above 0.
    folder, name
        Of the picture, as in `show_figure`.

    Raises
    ------
    ValueError, TypeError
        If curves lack random, or the rule, target or price is not valid.

    Examples
    --------
    >>> import pandas as pd
    >>> explore(pd.DataFrame())
    Traceback (most recent call last):
    ...
    ValueError: curves must have the columns strategy, split, n_labels, accuracy, and lack strategy, split, \
n_labels, accuracy
    """
    rules = [*check_curves(curves)["strategy"].unique()]
    check_choice("reference strategy", "random", rules)
    rules.remove("random")
    rule = check_choice("rule", rules[-1] if rule is None and rules else rule, rules)
    target, price = check_target(target), _check_amount("price", price)
    if price == 0:
        raise ValueError("price must be above 0 and finite, got 0")
    figure, alt = picture(curves, target, rule)
    show_figure(figure, name, alt, folder=folder)
    show_table(answer_table(curves, target, rule, price))
    _show_box(sliders(curves, rules, target, rule, price))


def answer_table(curves, target, rule, price):
    """What a rule saves, in labels and in money: two rows of strings, random first."""
    summary = summarise(curves[curves["strategy"].isin(["random", rule])], target)
    budget, row = curves["n_labels"].max(), next(summary.loc[[rule]].itertuples())
    saved = worth(summary, price, 0, 0).iloc[0]
    return pd.DataFrame(
        {
            "strategy": summary.index,
            f"labels -> {format_percent(target)}": [format_labels(n, budget) for n in summary["median"]],
            "saved vs random": ["-", format_saving(row)],
            "labels saved": ["-", saved["labels saved"]],
            f"money at {price:.2f} a label": ["-", saved["money saved"]],
            "cost more than random in": ["-", format_cost(row)],
        }
    )


def picture(curves, target, rule):
    """A small Figure of two mean learning curves and the labels to target, and what it shows in words."""
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
    """An ipywidgets.VBox of three sliders, and under them the answer as a table and a picture."""
    ipywidgets = import_optional("ipywidgets")

    wide = {"style": {"description_width": "7em"}, "layout": {"width": "32em"}}
    low = min(target, round(float(curves["accuracy"].min()), 2))
    controls = [
        ipywidgets.FloatSlider(target, min=max(low, 0.01), max=1.0, step=0.01, description="target", **wide),
        ipywidgets.SelectionSlider(options=rules, value=rule, description="rule", **wide),
        ipywidgets.FloatLogSlider(price, min=-3, max=3, step=0.05, description="price a label", **wide),
    ]
    text, drawn = ipywidgets.HTML(), ipywidgets.Image(width=700)

    def answer(_=None):
        target, rule, price = (slider.value for slider in controls)
        text.value = answer_table(curves, target, rule, price).to_html(index=False, border=0)
        drawn.value, drawn.alt = _png(*picture(curves, target, rule))

    for slider in controls:
        slider.observe(answer, names="value")
    answer()
    return ipywidgets.VBox([*controls, text, drawn], model_id=f"explorer-{next(NUMBERS)}")


def _png(figure, alt):
    """The figure as PNG, closed, and its words."""
    plt = import_optional("matplotlib.pyplot")

    with plt.rc_context(PLOT_STYLE):
        figure.savefig(png := io.BytesIO(), format="png", dpi=100)
    plt.close(figure)
    return png.getvalue(), alt


def _show_box(box):
    """Show sliders in a notebook that runs; a page that is only read keeps one line of text instead."""
    ipython = import_optional("IPython.display")

    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    ipython.display(
        {VIEW: view, "text/plain": "Run this cell to move the target, the rule and the price."}, raw=True
    )
