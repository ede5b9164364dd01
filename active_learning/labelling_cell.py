"""The labelling cell of a notebook: one row at a time, a button and a key for each class.

It is drawn by anywidget, as the buttons of ipywidgets take no keys and cannot be read out; its JavaScript
shows what `Cell.state` says and holds no answers. Not here: what an answer does (labelling.session).
"""

import base64
import threading
import time
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

from active_learning._text import printable
from active_learning._validation import check_target, import_optional
from active_learning.forecast.forecast import forecast
from active_learning.forecast.wording import forecast_lines
from active_learning.labelling.score import audit_evidence, majority_of, scores_of
from active_learning.labelling.score_wording import no_score_reason, score_lines
from active_learning.labelling.session import Session
from active_learning.labelling.showing import (
    ACTIONS,
    MOST_KEYS,
    class_keys,
    fault_line,
    pixels,
    split_cells,
    text_lines_of,
)

VIEW = "application/vnd.jupyter.widget-view+json"
FALLBACK = "Run this cell to label rows of {} here."
NUMBERS = count()  # of the cells shown, so that a notebook run anew holds the same bytes
IMAGES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif", ".webp": "webp"}
LARGEST_IMAGE = 10_000_000  # bytes
PAUSE = 1  # seconds after a batch, in which a person who goes on is given the next rows before the score
WHILE = ("skip", "unsure", "undo", "back", "add class", "guesses")  # actions while there are rows
SHORT = {"add class": "add", "next rows": "next"}


def label(path, *, label_column=None, n=10, who="", target_acc=None, **settings):
    """Label rows of a table in a notebook: one at a time, by key or click.

    Each answer is in the label log beside the table, on the disk, before the next row shows; run again after
    anything that ended it, the cell goes on from there. The model's guesses show only if asked for, as people
    tend to follow what they are shown.

    Parameters
    ----------
    path : str or path
        Of the table, CSV or Parquet; it is never written to.
    label_column : str, optional
        The column of labels; remembered from then on, as are the settings.
    n : int
        Rows a batch.
    who : str
        Whose answers these are; several people on one table need a name each, and are shown different rows.
    target_acc : float, optional
        The accuracy, in (0, 1], at which you would stop.
    **settings
        As in the job's settings: id_column, classes, drop, features, unlabeled, skip, classifier, ...

    Raises
    ------
    ValueError
        If the table cannot be read, or has no row to ask for.
    OSError
        If the table or its log cannot be opened.
    ImportError
        Without the extra [notebook].

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "my.csv"
    >>> _ = path.write_text("size,y\\n1.5,small\\n2.5,small\\n9.5,large\\n8.5,\\n")
    >>> label(path, label_column="y")  # doctest: +ELLIPSIS
    {...Run this cell to label rows of my.csv here...}
    """
    ipython = import_optional("IPython.display")
    with _told_in_a_line():
        target = None if target_acc is None else check_target(target_acc)
        cell = Cell(Session(path, n=n, who=who, label_column=label_column, **settings), target)
    shown = widget(cell, f"labelling-cell-{next(NUMBERS)}")
    view = {"version_major": 2, "version_minor": 0, "model_id": shown.model_id}
    ipython.display({VIEW: view, "text/plain": FALLBACK.format(printable(cell.session.table.name))}, raw=True)


@contextmanager
def _told_in_a_line():
    """Have a notebook show an error as its sentence, and not where it was raised."""
    try:
        yield
    except (ValueError, TypeError, OSError) as error:
        line = f"{type(error).__name__}: {fault_line(error)}"
        error._render_traceback_ = lambda: [line]  # which IPython asks for
        raise


@cache
def _widget_class():
    """The widget, without which this module can be imported too."""
    anywidget, traitlets = import_optional("anywidget"), import_optional("traitlets")

    class LabellingCell(anywidget.AnyWidget):
        """A view of a Cell."""

        _esm = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
        state = traitlets.Dict().tag(sync=True)

    return LabellingCell


def widget(cell, model_id):
    """The widget of a Cell: it sends what the person does, and shows the state that follows."""
    shown = _widget_class()(state=cell.state(), model_id=model_id)

    def show():
        shown.state = cell.state()

    cell.changed = show
    shown.on_msg(lambda _, message, __: cell.act(message))
    return shown


class Cell:
    """What the labelling cell shows, and what the person's keys and clicks do.

    Parameters
    ----------
    session : Session
    target : float, optional
        The accuracy at which the person would stop.
    """

    def __init__(self, session, target=None):
        self.session, self.target = session, target
        self.changed = lambda: None  # called when there is something new to show
        self.error, self.near, self.guesses, self.review, self.busy = "", None, "", [], False
        self._threads, self._turn, self._acting = [], 0, threading.RLock()
        self._idle = threading.Event()  # no rows are being looked for
        self._idle.set()

    def act(self, message):
        """Do what a message of the page asks for; one that is about a row no longer shown does nothing."""
        with self._acting:
            if not isinstance(message, dict) or message.get("token") != self._turn or self.busy:
                return
            self._turn += 1
            self.error, self.near, self.guesses = "", None, ""
            with self._told():
                self._do(message)
            if self.session.current is None and message.get("do") in ("answer", "skip", "unsure"):
                self._start(self._review)
        self.changed()

    def _do(self, message):
        session, what = self.session, message.get("do")
        if what == "answer":
            session.answer(session.classes[message["index"]])
        elif what in ("skip", "unsure", "undo", "back", "forward"):
            getattr(session, what)()
        elif what == "add" and (like := session.add_class(message["name"], bool(message.get("sure")))):
            self.near = {"name": printable(message["name"].strip()), "like": printable(like)}
        elif what == "guesses":
            found = [f"{printable(name)} {p:.0%}" for name, p in session.guesses()]
            self.guesses = "the model guesses " + " or ".join(found) if found else "there is no model yet"
        elif what == "next" and session.current is None:
            self.busy = True
            self._idle.clear()
            self._start(self._next)

    @contextmanager
    def _told(self):
        """Turn an error into a line that is shown."""
        try:
            yield
        except (ValueError, TypeError, KeyError, IndexError, OSError, RuntimeError) as error:
            self.error = fault_line(error)

    def _start(self, work):
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _next(self):
        """Draw the next rows, while the page stays alive."""
        with self._told():
            self.session.next_batch()
        self.busy = False
        self._idle.set()
        self.changed()

    def _review(self):
        """Score and forecast after a batch, and show what they say when it is ready, beside the next rows."""
        mine = self.review = ["the score is being computed; the next rows need not wait for it"]
        lines = []
        time.sleep(PAUSE)
        with self._told():
            lines = review_lines(self.session, self.target, self._idle.wait)
        if self.review is mine:  # there is no later one
            self.review = [*map(printable, lines)]
        self.changed()

    def wait(self):
        """Wait for what is being computed."""
        for thread in [*self._threads]:
            thread.join()

    def state(self):
        """What the page shows, as JSON-ready dict; nothing in it tells an audit row."""
        session = self.session
        row, name = session.current, printable(session.table.name)
        state = {"token": self._turn, "title": f"label rows of {name}", "error": self.error}
        state |= {"near": self.near, "guesses": self.guesses, "review": self.review, "most": MOST_KEYS}
        state |= {"done": row is None, "line": self._line(), "notes": self._notes()}
        state |= {"actions": self._actions(), "classes": self._classes(), "given": self._given()}
        return state | ({"texts": [], "numbers": [], "pixels": None} if row is None else self._row(row))

    def _line(self):
        session, (done, n) = self.session, self.session.progress
        if self.busy:
            return "looking for the next rows ..."
        if session.current is None:
            return (
                f"{done} of {n} rows are done, and saved. Press n or Enter for the next rows, or stop here."
            )
        given = f"; you said {self._given()}" if self._given() else ""
        asked = printable(session.table.label_column)
        return f"Row {session.at + 1} of {n}, {done} saved: which {asked}?{given}"

    def _given(self):
        event, label = self.session.given.get(self.session.current, ("", ""))
        return printable(label or event)

    def _notes(self):
        notes = [*self.session.notes]
        with self._told():
            if self.session.changed:
                notes.append("the table's file has changed; the next batch is read from it anew")
        return [*map(printable, notes)]

    def _actions(self):
        if self.busy:
            return []
        names = ("undo", "back", "next rows") if self.session.current is None else WHILE
        names = [*names, *["forward"] * (self.session.current in self.session.given)]
        return [[key, name, SHORT.get(name, name)] for key, name in ACTIONS.items() if name in names]

    def _classes(self):
        classes = self.session.classes
        keys = {name: key for key, name in class_keys(classes).items()}
        return [
            {"name": printable(name), "index": i, "key": keys.get(name, "")} for i, name in enumerate(classes)
        ]

    def _row(self, row):
        cells = self.session.cells(row)
        short, long = split_cells(cells)
        found = pixels(cells)
        return {
            "texts": [self._text(name, cell) for name, cell in long.items()],
            "numbers": [[printable(name), printable(cell)] for name, cell in short.items()],
            "pixels": None if found is None else found.round(3).tolist(),
        }

    def _text(self, name, cell):
        image = image_address(Path(self.session.job.path).parent, cell)
        return {"name": printable(name), "text": "\n".join(text_lines_of(cell)), "image": image}


def image_address(folder, cell):
    """The picture that a cell is a path of, seen from the table's folder, as a data address; or None."""
    cell = cell.strip()
    kind = IMAGES.get(cell[cell.rfind(".") :].lower()) if len(cell) < 1000 and "\n" not in cell else None
    try:
        path = Path(folder, cell)
        if kind is None or not path.is_file() or path.stat().st_size > LARGEST_IMAGE:
            return None
        return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    except (OSError, ValueError):
        return None


def review_lines(session, target=None, ready=lambda: None):
    """What the labels have brought: the honest score, whether to stop, and the forecast; a line each.

    Parameters
    ----------
    session : Session
    target : float, optional
        The accuracy at which the person would stop.
    ready : callable
        Called before each step, which it may delay.

    Returns
    -------
    list of str
    """
    ready()
    table = session.read()
    classifier = session.classifier(table)
    scores = []
    if (table.audit & table.labeled).any():
        try:
            scores = scores_of(audit_evidence(table, classifier, session.random_state))
        except ValueError as error:  # one class so far
            return [f"no score yet: {error}"]
    lines = score_lines(scores, majority_of(table), None if scores else no_score_reason(table, table.name))
    if target is not None and scores and scores[0].low >= target:
        lines.insert(0, f"Stop here: the whole interval of the score lies above your {target:.0%}.")
    ready()
    try:
        return [*lines, "", *forecast_lines(forecast(table, target, model=classifier))]
    except ValueError as error:
        return [*lines, "", f"no forecast yet: {error}"]
