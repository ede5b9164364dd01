"""One person's labelling of a table, row by row, whatever shows the rows: a notebook, a terminal.

An answer is in the log, on the disk, before the next row is current; so one that ends anyhow goes on from the
log. Nothing in it tells which rows are audit rows. Not here: how rows and keys are shown.
"""

import difflib
import os
import threading
import warnings
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd

from active_learning._arrays import on_one_thread, take
from active_learning._validation import check_integer
from active_learning.features.preprocessing import load_table
from active_learning.labelling.classifier import choose_classifier, stage_of
from active_learning.labelling.draw import hide_audit_rows, suggest
from active_learning.labelling.plan import labeled_rows, table_model
from active_learning.models.registry import fit, represent_all
from active_learning.tables.job import open_job
from active_learning.tables.label_log import LabelLog
from active_learning.tables.labels import are_values, as_text, check_class_name, spelling
from active_learning.tables.logged import row_hashes, with_log
from active_learning.tables.table import id_text

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

HELD = pd.Timedelta(hours=1)  # how long rows that were suggested to one person are suggested to no other
TYPO = 0.8  # likeness of two class names, from which on one may be the other mistyped
LONGEST_CLASS = 200  # characters of a class's name
NO_POOL = "nothing to label: every row of {} has an answer, or is on somebody's screen"
NAMELESS = "{} is open for labelling elsewhere too, without a name as here: two people must each give who"
LOG_GONE = "{} is gone: a new one begins here; what was saved before is in no log, so bring the old one back"
OPEN = {}  # tables that this process labels without a name: path -> file, locked while the process lives


class PersonalLog(LabelLog):
    """A label log whose events are one person's."""

    def __init__(self, path, who):
        super().__init__(path)
        self.who = who

    def append(self, events):
        """Append events (iterable of dict) as this person's; LabelLog.append says more."""
        super().append([{"who": self.who, **event} for event in events])


class Session:
    """The rows that one person is asked to label, their answers, and what may be done with them.

    Parameters
    ----------
    path : str or path
        The table; its log and settings lie beside it.
    n : int
        Rows a batch.
    who : str
        Whose answers these are; several people on one table need a name each.
    random_state : int
        Seed of the draws.
    by : str, optional
        As in LabelLog.labels.
    **settings
        Of the job, as in its .job.json: label_column, id_column, classes, drop, ...; said once.

    Attributes
    ----------
    rows : list of int
        The batch, as row numbers in the order to label; those answered before stand first.
    at : int
        The place of the current row in `rows`; len(rows) when the batch is done.
    given : dict
        Row -> the person's answer: (event, label).
    notes : list of str
        What the person should know.

    Raises
    ------
    ValueError
        If the table cannot be read, or has no row to ask for.
    OSError
        If the table or the log cannot be opened; nothing is shown then that could not be saved.
    """

    def __init__(self, path, *, n=10, who="", random_state=0, by=None, **settings):
        self.n, self.who = check_integer("n", n, 1), check_who(who)
        self.random_state = check_integer("random_state", random_state, 0)
        self.job = open_job(path).with_settings(**settings)
        if self.job["label_column"] is None:
            raise ValueError("label_column is missing, the column of the labels; it is remembered")
        self.log = PersonalLog(self.job.log.path, self.who)
        self.by, self.rows, self.at, self.given, self.notes = by, [], 0, {}, []
        self._base = self._stamp = None
        self._read_notes = set()
        self._writing = threading.RLock()
        self.table = self.read()
        if not self._resume():
            self.next_batch()
        if not self.who and open_elsewhere(path):
            self.notes.append(NAMELESS.format(self.table.name))

    # The table

    def read(self):
        """The table with its log as it is now; its file is read anew only if it has changed."""
        stamp = _stamp(self.job.path)
        if stamp != self._stamp:
            self._base, self._stamp = self._load(), stamp
        return with_log(self._base, self.log, columns=self.job["columns"], by=self.by)

    def _load(self):
        names = ("id_column", "unlabeled", "skip", "classes", "drop", "keep", "features", "quoting")
        names += ("group_column", "time_column")
        how = {name: self.job[name] for name in names} | {"header": not self.job["no_header"]}
        try:
            with warnings.catch_warnings():  # they are among the notes
                warnings.simplefilter("ignore", UserWarning)
                return load_table(self.job.path, self.job["label_column"], **how)
        except ValueError as error:
            hint = "; if no row has a label yet, declare the classes: classes a,b,c"
            missing = str(error).startswith(f"no column {self.job['label_column']!r}")
            raise ValueError(f"{error}{hint * (missing and not self.job['classes'])}") from None

    @property
    def changed(self):
        """Whether the table's file has changed since it was read."""
        return _stamp(self.job.path) != self._stamp

    @property
    def classes(self):
        """The names of the classes: those declared, and those that stand in the table and the log."""
        found = [*self.job["classes"], *sorted({str(label) for label in self.table.y[self.table.labeled]})]
        names = {}
        for label in found:
            names.setdefault(spelling(label), label)
        return [*names.values()]

    def classifier(self, table):
        """The classifier in use; "auto" chooses it at 50 and at 200 labels, and remembers it."""
        if self.job["classifier"] != "auto":
            return self.job["classifier"]
        chosen, stage = self.job["chosen"] or {"at": 0}, stage_of(table)
        if chosen["at"] == stage and stage:
            return chosen["classifier"]
        name, _ = choose_classifier(table, self.random_state)
        if stage:
            with self._writing:
                self.job = self.job.with_settings(chosen={"at": stage, "classifier": name})
        return name

    # The batch

    def next_batch(self):
        """Suggest the next rows; those on other people's screens are left out.

        Raises
        ------
        ValueError
            If there is no row to ask for; the batch is then as it was.
        """
        table = self.read()
        if self.job["columns"] is None:
            names = [name for name in table.frame if name != table.label_column]
            self.job = self.job.with_settings(columns=names)
        for _ in range(5):  # who was given a row first keeps it
            if rows := self._suggested(table):
                break
        else:
            raise ValueError(NO_POOL.format(table.name))
        with self._writing:
            self.table, self.rows, self.at, self.given = table, rows, 0, {}
            self._note_once(table)
        self._save_settings()

    def _suggested(self, table):
        """Rows that the rule and chance suggest, logged as this person's, without those others have."""
        before, ids = self.log.events(), id_text(table.frame)
        held = np.isin(ids, self._held_by_others(before))
        free = replace(table, skipped=table.skipped | held)
        if not free.pool.any():
            raise ValueError(NO_POOL.format(table.name))
        seen = {"model": self.classifier(table), "random_state": self.random_state}
        found = as_text(suggest(free, self.n, audit_share=self.job["audit_share"], **seen).iloc[:, 0])
        lost = self._given_back(len(before))
        return [int(row) for row, name in zip(ids.get_indexer(found), found, strict=True) if name not in lost]

    def _held_by_others(self, events):
        """The ids that were suggested to others within the hour, and are still open."""
        recent = pd.to_datetime(events["time"], utc=True, format="ISO8601") > pd.Timestamp.now("UTC") - HELD
        theirs = events[(events["event"] == "suggested") & (events["who"] != self.who) & recent]
        return theirs["id"].unique()

    def _given_back(self, start):
        """The ids that another person was given between our look at the log and our own events.

        Their suggestion is logged again, so that the row's last one says how it was drawn for them.
        """
        new = self.log.events()[start:]
        new = new[new["event"] == "suggested"]
        mine = new["who"] == self.who
        first = new.drop_duplicates("id")
        lost = first[(first["who"] != self.who) & first["id"].isin(new.loc[mine, "id"])]
        names = ["event", "id", "row_hash", "drawn", "rule", "round", "who"]
        self.log.append(lost[names].to_dict("records"))
        return set(lost["id"])

    def _resume(self):
        """Take up this person's last batch, if one was suggested within the hour and is not done."""
        events = self.log.events().reset_index(drop=True)
        asked = events[(events["event"] == "suggested") & (events["who"] == self.who)]
        asked = asked[asked["round"] != ""]
        if asked.empty or pd.Timestamp(asked["time"].iloc[-1]) < pd.Timestamp.now("UTC") - HELD:
            return False
        start = asked.index[asked["round"] == asked["round"].iloc[-1]][0]
        batch = self._placed(asked.loc[start:].drop_duplicates("id"))
        last = events[start:][lambda new: (new["who"] == self.who) & (new["event"] != "suggested")]
        last = last.drop_duplicates("id", keep="last")
        last = last[(last["event"] != "undone") & last["id"].isin(batch.keys())]
        given = {batch[new.id]: (new.event, new.label) for new in last.itertuples()}
        waiting = [row for row in batch.values() if row not in given and self.table.pool[row]]
        waiting = np.random.default_rng(len(events)).permutation(waiting)  # the log's order would tell
        self.rows, self.at, self.given = [*given, *map(int, waiting)], len(given), given
        if waiting.size:
            self._note_once(self.table)
        return waiting.size > 0

    def _note_once(self, table):
        """Have the notes of reading that were not among those of an earlier reading."""
        found = [*table.label_warnings, *table.notes]
        self.notes = [note for note in found if note not in self._read_notes]
        self._read_notes.update(found)

    def _placed(self, batch):
        """The rows that some events are about, if they are as they were: dict of id -> row number."""
        places = id_text(self.table.frame).get_indexer(batch["id"])
        batch, places = batch[places >= 0], places[places >= 0]
        same = np.array(row_hashes(self.table, places, self.table.columns), dtype=object) == batch["row_hash"]
        return {name: int(row) for name, row, kept in zip(batch["id"], places, same, strict=True) if kept}

    def _save_settings(self):
        try:
            with self._writing:
                there = open_job(self.job.path)  # another person may have added a class
                classes = [*dict.fromkeys([*there["classes"], *self.job["classes"]])] or None
                self.job = there.with_settings(**self.job.settings).with_settings(classes=classes)
                self.job.save()
        except OSError as error:
            self.notes.append(f"the settings could not be saved, say them again next time: {error}")

    # The answers

    @property
    def current(self):
        """The current row's number; None when the batch is done."""
        return self.rows[self.at] if self.at < len(self.rows) else None

    def cells(self, row):
        """What is shown of a row: dict of column -> text, without its label."""
        table = self.table
        frame = table.frame.iloc[[row]].drop(columns=table.label_column)
        return {str(name): as_text(frame[name]).iloc[0] for name in frame}

    def answer(self, label):
        """Save a label for the current row, then go on to the next; it must be one of the classes."""
        known = {spelling(name): name for name in self.classes}
        if spelling(str(label)) not in known:
            raise ValueError(f"no class {label!r}: add it first, or take one of {', '.join(known.values())}")
        self._save("labelled", known[spelling(str(label))])

    def skip(self):
        """Save that the current row is left out, and go on."""
        self._save("skipped")

    def unsure(self):
        """Save that this person cannot tell, and go on."""
        self._save("unsure")

    def _save(self, event, label=""):
        with self._writing:
            row = self._open_row()
            self._append(row, event, label)
            self.given.pop(row, None)
            self.given[row] = (event, label)
            self.at += 1

    def undo(self):
        """Take this person's last answer back, and make its row the current one."""
        with self._writing:
            if not self.given:
                raise ValueError("there is no answer to undo in this batch")
            row = [*self.given][-1]
            self._append(row, "undone")
            del self.given[row]
            self.at = self.rows.index(row)

    def back(self):
        """Make the row before the current one; its answer stands until another is given."""
        if self.at == 0:
            raise ValueError("this is the first row of the batch")
        self.at -= 1

    def forward(self):
        """Make the row after the current one, if the current one has an answer."""
        if self.current is None or self.current not in self.given:
            raise ValueError("this row has no answer yet: skip it, or give one")
        self.at += 1

    def _open_row(self):
        if self.current is None:
            raise ValueError("every row of the batch has an answer")
        return self.current

    def _append(self, row, event, label=""):
        """Have an event on the disk; what the log warns of is noted, and earlier notes have been read."""
        (row_hash,) = row_hashes(self.table, [row], self.table.columns)
        gone = not (self.log.path.exists() or self.log.pending.exists())
        about = {"event": event, "id": id_text(self.table.frame.iloc[[row]])[0], "row_hash": row_hash}
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            self.log.append([about | {"label": label}])
        self.notes = [str(one.message) for one in said] + [LOG_GONE.format(self.log.path.name)] * gone

    def add_class(self, name, sure=False):
        """Add a class.

        Parameters
        ----------
        name : str
        sure : bool
            Whether it is meant although it nearly equals another.

        Returns
        -------
        str
            "" if it was added; else the class that it nearly equals, and nothing was added.

        Raises
        ------
        ValueError
            If it is empty, or there already, or no label.
        """
        name, keys = check_class(name), {spelling(label): label for label in self.classes}
        if spelling(name) in keys:
            raise ValueError(f"there is a class {keys[spelling(name)]!r} already")
        if are_values([name], [*self.job["unlabeled"], *self.job["skip"]])[0]:
            raise ValueError(f"{name!r} means that a row has no label in this table")
        check_class_name(name, self.table.label_column, self.classes)
        loose = {key.casefold(): label for key, label in keys.items()}
        close = difflib.get_close_matches(spelling(name).casefold(), loose, n=1, cutoff=TYPO)
        if close and not sure:
            return loose[close[0]]
        with self._writing:
            self.job = self.job.with_settings(classes=[*self.classes, name])
        self._save_settings()
        return ""

    # What the batch has brought

    @property
    def progress(self):
        """(answered, all) rows of the batch."""
        return len(self.given), len(self.rows)

    def guesses(self):
        """The model's two likeliest classes of the current row, with their probabilities; [] without one."""
        found = guesses_of(self.table, [self._open_row()], self.classifier(self.table))
        return found[0] if found else []


@on_one_thread
def guesses_of(table, rows, classifier):
    """The two likeliest classes of some rows (m,), by the model that the rule has.

    Returns
    -------
    list of list of (str, float)
        A row each, the likeliest class first; [] where there are not labels of two classes.
    """
    seen = hide_audit_rows(table)
    try:
        labeled, labels = labeled_rows(seen)
    except ValueError:
        return []
    classes, y = np.unique(labels, return_inverse=True)
    codes = np.full(len(seen.y), -1)
    codes[labeled] = y
    model, X = represent_all(table_model(seen, classifier), seen.X, labeled)
    fit(model, X, codes, labeled, np.flatnonzero(seen.pool))
    proba = model.predict_proba(take(X, np.array(rows)))
    best = np.argsort(-proba, axis=1, kind="stable")[:, :2]
    return [[(str(classes[k]), float(p[k])) for k in top] for p, top in zip(proba, best, strict=True)]


def check_who(who):
    """A person's name; ValueError if it can be none."""
    if not isinstance(who, str) or not who.isprintable() or len(who) > LONGEST_CLASS:
        raise ValueError(f"who is a name of at most {LONGEST_CLASS} letters, got {who!r}")
    return who.strip()


def check_class(name):
    """A class's name without outer spaces; ValueError if it is empty, or too long."""
    name = str(name).strip()
    if not spelling(name).strip():
        raise ValueError("a class needs a name")
    if len(name) > LONGEST_CLASS or any(ord(c) < 32 for c in name):
        raise ValueError(f"a class's name is one line of at most {LONGEST_CLASS} letters, got {name[:50]!r}")
    return name


def open_elsewhere(path):
    """Whether another process labels the table without a name; if not, this one does so from now on.

    Where files cannot be locked nothing is known, and it says no.
    """
    path = os.path.realpath(path)
    if fcntl is None or path in OPEN:
        return False
    with suppress(OSError):
        file = open(path, "rb")  # noqa: SIM115, open as long as the process is
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return True
        OPEN[path] = file
    return False


def _stamp(path):
    """What changes when a file is written."""
    found = os.stat(path)
    return found.st_mtime_ns, found.st_size
