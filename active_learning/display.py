"""Show a figure, a table or a bad parameter in a notebook; a table as text for a terminal."""

import io
from numbers import Real
from pathlib import Path

from active_learning.checks import check_integer, check_target
from active_learning.escapes import printable
from active_learning.style import PLOT_STYLE


def text_lines(lines):
    """Join lines for a terminal, each with its control characters and newlines made visible."""
    return "\n".join(map(printable, lines))


def text_table(table):
    """A table of strings as aligned text."""
    columns = [[*map(printable, [name, *cells])] for name, cells in table.items()]
    padded = [[cell.ljust(max(map(len, column))) for cell in column] for column in columns]
    return "\n".join("  ".join(row).rstrip() for row in zip(*padded, strict=True))


def show_table(table):
    """Show a table of strings in a notebook, without its index, its cells to the left as in the text."""
    from IPython.display import display

    html = table.map(printable).rename(columns=printable).to_html(index=False, justify="left")
    for cell in ("th", "td"):
        html = html.replace(f"<{cell}>", f'<{cell} style="text-align: left;">')
    display({"text/html": html, "text/plain": text_table(table)}, raw=True)


def show_figure(ax, name, alt, *, folder=None):
    """Show the figure of an Axes in a notebook as the very PNG that is saved, and close it.

    ax: Axes (or the Figure itself)
    name: file name without ending
    alt: what the figure shows, in words, for who cannot see it
    folder: where to write name.png and name.svg; None writes nothing
    """
    import matplotlib.pyplot as plt
    from IPython.display import Image, display

    figure = getattr(ax, "figure", ax)
    with plt.rc_context(PLOT_STYLE):
        figure.savefig(png := io.BytesIO(), format="png", metadata={"Software": None})
        if folder is not None:
            Path(folder, f"{name}.png").write_bytes(png.getvalue())
            figure.set_layout_engine("none")  # where things go is known by now
            figure.savefig(Path(folder, f"{name}.svg"), metadata={"Date": None})
    plt.close(figure)
    display(Image(png.getvalue(), width=round(figure.get_figwidth() * 100), alt=alt))


def moving_picture(figures, *, pause=0.6, last=3.0):
    """Figures of one size as the frames of an animated PNG: the same bytes at every run; closes the figures.

    figures: Figures in their order, at least one; pause: seconds a frame; last: seconds for the last one
    returns: bytes
    raises: ValueError without a figure or for times out of range, TypeError for a frame that is none
    """
    import matplotlib.pyplot as plt
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
    colors = frames[-1].quantize(64, dither=Image.Dither.NONE)  # of all frames, so that what rests is small
    frames = [frame.quantize(palette=colors, dither=Image.Dither.NONE) for frame in frames]
    times, moving = [round(1000 * pause)] * (len(frames) - 1) + [round(1000 * last)], io.BytesIO()
    frames[0].save(moving, format="PNG", save_all=True, append_images=frames[1:], duration=times, loop=0)
    return moving.getvalue()


def show_moving(figures, name, alt, *, folder=None, **timing):
    """Show figures one after the other, for ever, as one animated PNG in a notebook.

    figures: as in moving_picture, and so is timing
    name, alt, folder: as in show_figure; the file is folder/name.png
    """
    from IPython.display import Image, display

    png = moving_picture(figures, **timing)
    if folder is not None:
        Path(folder, f"{name}.png").write_bytes(png)
    display(Image(png, width=900, alt=alt))


def show_saved(path, alt):
    """Show a PNG of 900 pixels that was made elsewhere, such as a benchmark's, in a notebook.

    path: of the file; alt: what it shows, in words
    """
    from IPython.display import Image, display

    display(Image(Path(path).read_bytes(), width=900, alt=alt))


class ParameterError(ValueError):
    """A parameter of a notebook is out of range; the page shows this sentence, and no traceback."""

    def _render_traceback_(self):
        return [f"{type(self).__name__}: {self}"]


def check_parameters(*, lows=None, **parameters):
    """Check the parameters of a notebook before anything runs.

    parameters: by name; target is an accuracy; price..., seconds... and setup... are numbers from 0 on; seed
        is an integer from 0 on, any other an integer from 1 on
    lows: dict name -> the least value of an integer, where it is not 1
    raises: ParameterError, naming the value and what is valid
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
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a number from 0 on, got {value}")
