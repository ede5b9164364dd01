"""How a row and its classes are shown to the person who labels: as text, with a key for each class.

What a table holds is shown as text and does nothing: control characters and bidi marks become visible. Not
here: what an answer does (session), what draws the rows (labelling_cell, cli).
"""

import re
from math import isqrt

import numpy as np

from active_learning._text import printable
from active_learning.tables.numbers import is_number

ACTIONS = {
    "s": "skip",
    "u": "unsure",
    "z": "undo",
    "b": "back",
    "f": "forward",
    "a": "add class",
    "g": "guesses",
    "n": "next rows",
    "q": "quit",
}
KEYS = [*"123456789", *(letter for letter in "cdehijklmoprtvwxy" if letter not in ACTIONS)]
MOST_KEYS = 12  # classes with a key; beyond, a class is searched by name
LEAST_PIXELS = 16


def class_keys(classes):
    """The key of each of the first classes: dict of key -> class."""
    return dict(zip(KEYS[:MOST_KEYS], classes, strict=False))


def matches(classes, typed):
    """The classes that hold what was typed, those that begin with it first."""
    typed = typed.strip().casefold()
    found = [name for name in classes if typed in name.casefold()]
    return sorted(found, key=lambda name: not name.casefold().startswith(typed))


def text_lines_of(cell):
    """A cell's text in lines, each safe to show."""
    return [printable(line.replace("\t", "    ")) for line in re.split(r"\r\n|\r|\n", cell)]


def fault_line(error):
    """An error as one line that is safe to show; that of a file without the system's number."""
    text = f"{error.strerror}: {error.filename}" if getattr(error, "filename", None) else str(error)
    return printable(" ".join(text.split()))


def split_cells(cells):
    """The cells that are short, for a small table, and the others, to be read as text: two dicts."""
    short = {name: cell for name, cell in cells.items() if is_number(cell.strip()) or cell.strip() == ""}
    return short, {name: cell for name, cell in cells.items() if name not in short}


def pixels(cells):
    """A row's numbers as a picture, in [0, 1], if they are one: ndarray of shape (side, side), or None.

    They are if their columns are numbered, as pixel0, pixel1, ..., and as many as a square has pixels.
    """
    stems = {}
    for name, cell in cells.items():
        if re.search(r"\d", name):
            stems.setdefault(re.sub(r"\d+", "#", name), []).append(cell)
    values = max(stems.values(), key=len, default=[])
    side = isqrt(len(values))
    if len(values) < LEAST_PIXELS or side**2 != len(values):
        return None
    try:
        found = np.array(values, dtype=float)
    except ValueError:
        return None
    if not np.isfinite(found).all() or found.min() < 0:
        return None
    return (found / max(found.max(), 1e-12)).reshape(side, side)
