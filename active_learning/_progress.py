"""How far along the work is, on a terminal or in a notebook and nowhere else. It does not know the work."""

import sys
import time
from contextlib import contextmanager

EVERY = (
    1.0  # seconds between two updates: what reads a notebook's messages late drops those beyond a thousand
)
LARGE = 100_000  # rows from which on reading a table and suggesting from it are worth a bar


def progress(items, total, what="runs", *, rows=LARGE):
    """Yield items, showing how far along they are: on a terminal or in a notebook, and nowhere else.

    The bar ends empty, so that a committed page never shows a frozen one.
    what: what the items are called; rows: of the table at work; nothing is shown for fewer than LARGE
    """
    show, shown = _screen(rows), float("-inf")
    try:
        for done, item in enumerate(items, 1):
            if done == total or time.monotonic() - shown >= EVERY:
                filled, shown = 30 * done // total, time.monotonic()
                show(f"{'█' * filled}{'░' * (30 - filled)} {done}/{total} {what}")
            yield item
    finally:
        show("")


@contextmanager
def showing(text, rows):
    """Show a text while the work lasts, where progress shows its bar; for work that has no steps."""
    show = _screen(rows)
    try:
        show(text)
        yield
    finally:
        show("")


def wipe():
    """Clear the bar off a terminal, for who ends the process without ending the work."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _in_notebook():
    ipython = sys.modules.get("IPython")
    return bool(ipython) and type(ipython.get_ipython()).__name__ == "ZMQInteractiveShell"


def _screen(rows):
    """What shows a line of text in place of its last one, if anybody watches and it takes a while."""
    if rows < LARGE:
        return lambda text: None
    if _in_notebook():
        from IPython.display import HTML, display

        handle = display(HTML(""), display_id=True)
        return lambda text: handle.update(HTML(text))
    if sys.stderr.isatty():
        return lambda text: print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    return lambda text: None
