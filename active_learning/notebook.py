"""What a notebook shows: figures, tables, a bad parameter in one sentence.

Not here: what is shown (plots, report), how a notebook starts (pages).
"""

import io
from numbers import Real
from pathlib import Path

from active_learning._text import printable
from active_learning._validation import check_integer, check_target, import_optional
from active_learning.plots.style import PLOT_STYLE


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


def show_text(text):
    """Show a text in Markdown in a notebook.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> show_text("**half** the labels")
    <IPython.core.display.Markdown object>
    """
    ipython = import_optional("IPython.display")

    ipython.display(ipython.Markdown(text))


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
            _fix_places(figure)
            figure.savefig(Path(folder, f"{name}.svg"), metadata={"Date": None})
    plt.close(figure)
    ipython.display(ipython.Image(png.getvalue(), width=round(figure.get_figwidth() * 100), alt=alt))


def _fix_places(figure):
    """Keep the places that the layout has found, for the SVG.

    Those of logarithmic Axes are rounded: the last digit of a logarithm is another on another processor, and
    Matplotlib names parts of an SVG by all digits of a place.
    """
    figure.set_layout_engine("none")
    for ax in figure.axes:
        if "log" in (ax.get_xscale(), ax.get_yscale()):
            place = ax.get_position().bounds
            ax.set_position([round(side, 9) for side in place])


def moving_picture(figures, *, pause=0.6, last=3.0):
    """Join figures of one size to an animated PNG, the same bytes at every run, and close them.

    It opens with the last one, which is what a page in print shows.

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
        If a frame is not a Figure.
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
    frames = [frames[-1], *frames[:-1]]
    times, moving = [round(1000 * last)] + [round(1000 * pause)] * (len(frames) - 1), io.BytesIO()
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
        If a frame is not a Figure.

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


def words_of(ax):
    """The title and the caption over an Axes or a Figure, as one line."""
    heading = ax.get_suptitle() if hasattr(ax, "suptitle") else ax.get_title(loc="left")
    caption = ax.texts[-1].get_text() if ax.texts else ""
    return f"{' '.join(heading.split())}. In the figure: {caption}."


def _check_amount(name, value):
    """Return value as a float; TypeError or ValueError unless it is a finite number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a number from 0 on, got {value}")
    return float(value)
