"""Show how far along the work is: on a terminal or in a notebook, and nowhere else."""

import sys
import time
from contextlib import contextmanager

EVERY = 1.0  # seconds between updates: a client that reads late drops a notebook's messages beyond 1,000
LARGE = 100_000  # rows from which on reading a table and suggesting from it are worth a bar


def progress(items, total, what="runs", *, rows=LARGE):
    """Yield items, and show a bar of how many of the total are done; it ends empty.

    Parameters
    ----------
    items : iterable
    total : int
        How many items there will be.
    what : str
        What the items are called.
    rows : int
        Rows of the table at work; for fewer than LARGE nothing is shown.

    Yields
    ------
    object
        Each item.
    """
    show, updated = _screen(rows), float("-inf")
    try:
        for done, item in enumerate(items, 1):
            if done == total or time.monotonic() - updated >= EVERY:
                filled, updated = 30 * done // total, time.monotonic()
                show(f"{'█' * filled}{'░' * (30 - filled)} {done}/{total} {what}")
            yield item
    finally:
        show("")


@contextmanager
def showing(text, rows):
    """Show a text where progress shows its bar, for as long as work without steps lasts."""
    show = _screen(rows)
    try:
        show(text)
        yield
    finally:
        show("")


def wipe():
    """Clear the bar off a terminal before the process ends in the middle of the work."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _in_notebook():
    ipython = sys.modules.get("IPython")
    return bool(ipython) and type(ipython.get_ipython()).__name__ == "ZMQInteractiveShell"


HANDLE = {}  # the cell that runs -> its place for bars: each place leaves a blank line


def _cell():
    """What tells the cell that runs from any other: the message that asked for it, or None."""
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)  # the number of a cell stands still under nbval
    return kernel and kernel.get_parent()["header"]["msg_id"]


def _handle_of_cell():
    """The one display handle of the cell that runs, whatever the number of its studies."""
    from IPython.display import HTML, display

    if (cell := _cell()) is None or cell not in HANDLE:
        HANDLE.clear()
        HANDLE[cell] = display(HTML(""), display_id=True)
    return HANDLE[cell]


def _screen(rows):
    """Return a function that shows a line of text in place of the last one, or nothing where nobody looks."""
    if rows < LARGE:
        return lambda text: None
    if _in_notebook():
        from IPython.display import HTML

        handle = _handle_of_cell()
        return lambda text: handle.update(HTML(text))
    if sys.stderr.isatty():
        return lambda text: print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    return lambda text: None
