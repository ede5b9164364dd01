"""The label log: a CSV file beside a user's table, to which every suggestion and every answer is appended.

A line is never changed once it is written; what a row's label is follows from its last events. An answer
counts as saved when `append` returns: it is then on the disk. Not here: which row of a table an event is
about (logged).
"""

import csv
import io
import os
import re
import time
import warnings
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from active_learning._validation import some
from active_learning.tables.csv_file import CsvText, column, cut, quote
from active_learning.tables.row_states import row_states, votes_of

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

COLUMNS = ["event", "id", "row_hash", "label", "drawn", "rule", "round", "time", "who"]
EVENTS = ("suggested", "labelled", "skipped", "unsure", "undone")
DRAWN = ("rule", "random", "audit")  # by the rule; at random, shown to the rule; at random, kept from it
HEADER = ",".join(COLUMNS).encode()
LONGEST = 100_000  # characters of a cell
WAIT = 10  # seconds that a file locked by another program is waited for
IS_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)").fullmatch


class LabelLog:
    """The suggestions and answers of one labelling job, in a CSV file that is only appended to.

    Parameters
    ----------
    path : str or path
        The log, `my.csv.labels.csv` beside the table `my.csv`; it need not exist yet.

    Raises
    ------
    ValueError
        By every method, if the file exists and is not a label log.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> log = LabelLog(pathlib.Path(tempfile.mkdtemp()) / "my.csv.labels.csv")
    >>> log.append([{"event": "suggested", "id": "7", "drawn": "audit"}])
    >>> log.append([{"event": "labelled", "id": "7", "label": "spam"}])
    >>> log.labels()["label"].to_dict(), len(log.audit_rows())
    ({'7': 'spam'}, 1)
    """

    def __init__(self, path):
        self.path = Path(path)

    @property
    def pending(self):
        """Where answers go while another program holds the log open."""
        return self.path.with_name(f"{self.path.name.removesuffix('.csv')}.pending.csv")

    def append(self, events):
        """Append events, all or none; on return they are on the disk.

        Parameters
        ----------
        events : DataFrame or iterable of dict
            With `event` (suggested, labelled, skipped, unsure or undone) and `id`, and as needed `row_hash`,
            `label`, `drawn` (rule, random or audit; of a suggestion only), `rule`, `round`, `who`; `time` is
            now, in UTC, unless given.

        Raises
        ------
        ValueError
            For an event that cannot be, naming it.
        OSError
            If nothing could be written; the log is then as it was.
        """
        events = events.to_dict("records") if isinstance(events, pd.DataFrame) else [*events]
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines = "".join(_line(event, now) for event in events).encode()
        if not lines:
            return
        try:
            _check_not_open(self.path)
            with _appending(self.path) as (file, content):
                moved = _body(self.pending, content)
                _write(file, content, moved + lines)
            self.pending.unlink(missing_ok=True)
        except PermissionError:
            with _appending(self.pending, shown=self.path) as (file, content):
                _write(file, content, lines)
            held = f"{self.path.name} is held open by another program: the answers are in {self.pending.name}"
            warnings.warn(f"{held}, and count; they move when it is closed", UserWarning, stacklevel=2)

    def events(self):
        """All events in order, as text.

        Returns
        -------
        DataFrame
            With the log's columns; its attrs hold `notes`, a line for each line of the log that was left out.
        """
        content = _read(self.path)
        parts = [_events(content, self.path.name)]
        if more := _body(self.pending, content):
            parts.append(_events(HEADER + b"\n" + more, self.pending.name))
        events = pd.concat([part for part, _ in parts], ignore_index=True)
        events.attrs["notes"] = [note for _, notes in parts for note in notes]
        return events

    def labels(self, by=None):
        """The labels that stand: a row's last answer, undone ones apart.

        Parameters
        ----------
        by : str, optional
            "majority", or the name of a person, to settle rows on which people disagree; without it such rows
            have no label.

        Returns
        -------
        DataFrame
            Indexed by id: label, row_hash, drawn, rule, round, time, who.
        """
        rows = row_states(self.events(), by=by)
        kept = ["label", "row_hash", "drawn", "rule", "round", "time", "who"]
        return rows.loc[rows["status"] == "labelled", kept]

    def audit_rows(self):
        """The rows that were drawn at random and are kept from the rule's model.

        Returns
        -------
        DataFrame
            Indexed by id: status ("open" where no answer came), label, row_hash, round.
        """
        rows = row_states(self.events())
        return rows.loc[rows["drawn"] == "audit", ["status", "label", "row_hash", "round"]]

    def disagreements(self):
        """The answers to rows that people label differently.

        Returns
        -------
        DataFrame
            One row per answer: id, who, label.
        """
        events = self.events()
        votes, _ = votes_of(events, pd.factorize(events["id"])[0])
        disputed = votes["place"][votes["classes"] > 1]
        return events.loc[disputed, ["id", "who", "label"]].reset_index(drop=True)


def _line(event, now):
    """An event as a line of the log; ValueError if it cannot be one."""
    if strange := [name for name in event if name not in COLUMNS]:
        raise ValueError(f"an event has no {some(strange)}; it has {', '.join(COLUMNS)}")
    cells = {name: _cell(event.get(name)) for name in COLUMNS}
    cells["time"] = cells["time"] or now
    if fault := _fault(cells):
        raise ValueError(f"no event of a label log: {fault}")
    return ",".join(quote(cells[name], ",") for name in COLUMNS) + "\n"


def _cell(value):
    return "" if value is None or (np.isscalar(value) and pd.isna(value)) else str(value)


def _fault(cells):
    """What is wrong with an event, or ""."""
    event, text = cells["event"], "".join(cells.values())
    if event not in EVENTS:
        return f"unknown event {event!r}; valid: {', '.join(EVENTS)}"
    if not cells["id"]:
        return f"{event} without the id of a row"
    if (event == "labelled") != (cells["label"].strip() != ""):
        return f"{event} {cells['id']!r} with the label {cells['label']!r}"
    if event == "suggested" and cells["drawn"] not in DRAWN:
        return f"drawn is {cells['drawn']!r}; valid: {', '.join(DRAWN)}"
    if event != "suggested" and cells["drawn"]:
        return f"{event} {cells['id']!r} says how the row was drawn; only its suggestion does"
    if cells["round"] and not (cells["round"].isascii() and cells["round"].isdigit()):
        return f"round is {cells['round']!r}, and no whole number"
    if not IS_TIME(cells["time"]):
        return f"time is {cells['time']!r}; valid: UTC, such as 2026-01-31T12:00:00Z"
    if "\0" in text or (not text.isprintable() and re.search("[\ud800-\udfff]", text)):
        return f"{cells['label'] or cells['id']!r} holds characters that no file can hold"
    long = max(map(len, cells.values()))
    return f"a cell of {long} characters; there may be {LONGEST}" if long > LONGEST else ""


def _read(path):
    """The bytes of a log, b"" where there is none; ValueError if it is not a label log."""
    try:
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError:
        return b""
    _check_header(content, path.name)
    return content


def _check_header(content, name):
    if content and content.split(b"\n", 1)[0].rstrip(b"\r") != HEADER:
        first = content.split(b"\n", 1)[0][:60].decode("utf-8", "replace")
        fault = f"{name} is not a label log (a spreadsheet may have saved it in its own way)"
        raise ValueError(f"{fault}: its first line is {first!r} instead of {HEADER.decode()}")


def _body(path, known):
    """The lines of the pending file, unless the log has them already."""
    content = _read(path)
    body = content[len(HEADER) :].lstrip(b"\r\n") + _closing(content) if content else b""
    return b"" if body in known else body


def _events(content, name):
    """The events in a log's bytes as a frame of text, and a note on the lines that are none."""
    if not content:
        return pd.DataFrame(columns=COLUMNS, dtype="str"), []
    with suppress(ValueError):  # read at once, unless something is wrong with it
        content.decode()
        text = CsvText(content, "utf-8", b"", ",", True, *cut(content, 0, ","))
        events = pd.DataFrame({column_name: column(text, j) for j, column_name in enumerate(COLUMNS)})
        if _are_events(events).all():
            return events, []
    found = [*_scan(content)]
    faults = [line for line, row in found if row is None]
    note = f"line {_numbers(faults)} of {name} cannot be read, and is left out"
    events = pd.DataFrame([row for _, row in found if row is not None], columns=COLUMNS, dtype="str")
    return events, [note] if faults else []


def _are_events(events):
    """Which rows of a frame of text could be events, bool (n,)."""
    named = events["event"].isin(EVENTS) & (events["id"] != "") & events["drawn"].isin(["", *DRAWN])
    labelled = (events["event"] == "labelled") == (events["label"] != "")
    times = [time for time in events["time"].unique() if IS_TIME(time)]
    return named & labelled & events["time"].isin(times)


def _scan(content):
    """Yield (line, row) of each record after the header; the row is None where it is none of a log.

    After a quote that cannot be, only the line is left out in which its record began.
    """
    lines = [*io.StringIO(content.decode("utf-8", "replace"), newline="")]
    at = 1
    while at < len(lines):
        reader, start = csv.reader(lines[at:], strict=True), at
        try:
            for row in reader:
                yield start + 1, row if _is_record(row) else None
                start = at + reader.line_num
            return
        except csv.Error:
            yield start + 1, None
            at = start + 1


def _numbers(numbers, most=5):
    """A few numbers: 3, 8 and 2 more."""
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return ", ".join(map(str, numbers[:most])) + more


def _is_record(row):
    return (
        len(row) == len(COLUMNS)
        and row[0] in EVENTS
        and row[1] != ""
        and (row[0] == "labelled") == (row[3] != "")
        and row[4] in ("", *DRAWN)
        and IS_TIME(row[7]) is not None
    )


def _check_not_open(path):
    """Raise PermissionError if LibreOffice has the file open: it would write over what is appended."""
    if path.with_name(f".~lock.{path.name}#").exists():
        raise PermissionError(f"{path.name} is open in a spreadsheet")


@contextmanager
def _appending(path, shown=None):
    """The file, open and locked, and the bytes that it holds."""
    try:
        with _locked(path) as file:
            file.seek(0)
            content = file.read()
            _check_header(content.removeprefix(b"\xef\xbb\xbf"), path.name)
            yield file, content
    except OSError as error:
        reason = error.strerror or str(error)
        raise type(error)(error.errno, f"nothing was saved: {reason}", os.fspath(shown or path)) from None


@contextmanager
def _locked(path):
    """The file, open for appending, when no other program has it locked."""
    until = time.monotonic() + WAIT
    while True:
        file = open(path, "ab+", buffering=0)  # noqa: SIM115, closed below
        try:
            _lock(file)
            if os.path.exists(path) and os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                break  # and no other file has taken the name meanwhile
        except BlockingIOError:
            if time.monotonic() > until:
                file.close()
                raise PermissionError(f"{path.name} is locked by another program") from None
            time.sleep(0.02)
        file.close()
    with file:
        yield file


def _lock(file):
    """Lock a file until it is closed; BlockingIOError if another program has it."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    file.seek(0)
    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError:
        raise BlockingIOError from None


def _closing(content):
    """What ends a line that was cut: nothing, a line end, or a quote and a line end."""
    if content.count(b'"') % 2 and _cut_inside_quotes(content):
        return b'"\n'
    return b"" if content.endswith(b"\n") or not content else b"\n"


def _cut_inside_quotes(content):
    """Whether the last record ends inside a quoted cell, and none that can be read begins in it."""
    faults = 0
    for _, row in reversed([*_scan(content)]):
        if row is not None:
            break
        faults += 1
    tail = content.splitlines(keepends=True)[-faults:] if faults else []
    return b"".join(tail).count(b'"') % 2 == 1


def _write(file, content, lines):
    """Append lines and have them on the disk, or leave the file as it was."""
    head = b"" if content else HEADER + b"\n"
    rest = memoryview(_closing(content) + head + lines)
    try:
        while len(rest):
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            file.truncate(len(content))
            if not content:
                os.unlink(file.name)
        raise
    if head:
        _sync(Path(file.name).parent)


def _sync(folder):
    """Have the folder's entries on the disk too, where folders can be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
