"""What a study has finished, kept in one SQLite file, so that a study that was killed goes on where it stood.

SQLite, with its rollback journal: a run is in the file whole or not at all, whenever the process is killed,
and two processes can write to one file. A run costs a flush to disk. Arrays are kept in numpy's own format,
with a checksum; no pickle is read.
"""

import hashlib
import io
import os
import sqlite3
import threading
import uuid
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import numpy as np

from active_learning.checks import some
from active_learning.fingerprints import RULE
from active_learning.loop import History

OURS = 0x616C6370  # SQLite's application_id, at byte 68: "alcp"
SCHEMA = f"""
PRAGMA application_id = {OURS};
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (strategy TEXT, split INTEGER, n_labels BLOB NOT NULL, accuracy BLOB NOT NULL,
    queried BLOB NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (strategy, split));
"""
# The machine's fault or the disk's; any other error of SQLite's on a file of ours means that it is damaged.
NOT_DAMAGED = ("PERM", "BUSY", "LOCKED", "NOMEM", "READONLY", "IOERR", "FULL", "CANTOPEN")
NOT_DAMAGED = {getattr(sqlite3, f"SQLITE_{name}") for name in NOT_DAMAGED}
PATIENCE = 60  # seconds that one process waits for another to finish writing


class Checkpoint:
    """The finished runs of a study in a file: kept[strategy, split] = history, and back, and `in kept`.

    path: str or path of the file, which is made if there is none
    facts: dict name -> text of all that the runs depend on, from fingerprints.study_facts
    raises: ValueError, and writes nothing, if the file is of another study, damaged or not a checkpoint;
        OSError if it cannot be read or written; TypeError if path is not a path
    """

    def __init__(self, path, facts):
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"checkpoint must be the path of a file, got {path!r}")
        self.path, self.facts, self.lock = Path(path), facts, threading.Lock()
        if not self.path.exists():
            _create(self.path)
        _check_header(self.path)
        where = f"file:{quote(os.fsencode(self.path.absolute()))}?mode=rw"  # which never makes a file
        settings = dict(uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        with self._plain_errors():
            self.file = sqlite3.connect(where, **settings)
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def _check(self):
        """Raise unless every page and every run is whole, and the runs are of this study."""
        ((verdict,),) = self._execute("PRAGMA integrity_check(1)")
        if verdict != "ok":
            raise ValueError(self._damaged(verdict))
        facts, keys = self._facts(), self._execute("SELECT strategy, split FROM runs")
        if keys and not facts:
            raise ValueError(self._damaged("nothing says of what study its runs are"))
        _check_facts(self.path, facts, self.facts)
        for key in keys:
            self[key]

    def _facts(self):
        facts = self._execute("SELECT name, value FROM facts")
        if not all(isinstance(text, str) for fact in facts for text in fact):
            raise ValueError(self._damaged("what it says of its study is no text"))
        return dict(facts)

    def __contains__(self, key):
        with suppress(OSError):  # joblib asks where nobody would see it; it is raised when a run is kept
            return bool(self._execute("SELECT 1 FROM runs WHERE strategy = ? AND split = ?", key))
        return False

    def __getitem__(self, key):
        found = self._execute("SELECT * FROM runs WHERE strategy = ? AND split = ?", key)
        if not found:
            raise KeyError(key)
        *key, n_labels, accuracy, queried, checksum = found[0]
        if not all(
            isinstance(blob, bytes) for blob in (n_labels, accuracy, queried)
        ) or checksum != _checksum(key, n_labels, accuracy, queried):
            raise ValueError(self._damaged(f"the run of {key[0]!r} on split {key[1]} has changed"))
        return History(*map(_unpacked, (n_labels, accuracy, queried)))

    def __setitem__(self, key, history):
        """Keep a run, at once and for good; the first stays if another process was faster.

        The facts come in with the first run, so that a study that failed before it binds nobody.
        """
        arrays = [_packed(array) for array in (history.n_labels, history.accuracy, history.queried)]
        facts = {name: text for name, text in self.facts.items() if not _of_other_rule(name, key[0])}
        with self._plain_errors(), self.lock, self.file:  # one transaction
            self.file.execute("BEGIN IMMEDIATE")
            _check_facts(self.path, dict(self.file.execute("SELECT name, value FROM facts")), self.facts)
            self.file.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", facts.items())
            values = (*key, *arrays, _checksum(key, *arrays))
            self.file.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?)", values)

    def _execute(self, statement, values=()):
        with self._plain_errors(), self.lock:
            return self.file.execute(statement, values).fetchall()

    def close(self):
        self.file.close()

    @contextmanager
    def _plain_errors(self):
        """Turn SQLite's errors into those that the rest of the house raises."""
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", -1) & 0xFF in NOT_DAMAGED:
                raise OSError(f"checkpoint {str(self.path)!r} cannot be used: {error}") from error
            raise ValueError(self._damaged(error)) from error

    def _damaged(self, why):
        return f"checkpoint {str(self.path)!r} is damaged ({why}); it is left as it is, give another file"


def _create(path):
    """Write an empty checkpoint beside path and link it there, so that no half of one is ever found."""
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.executescript(SCHEMA)
        empty = memory.serialize()
    beside = path.with_name(f".{uuid.uuid4().hex}.sqlite")
    try:
        beside.write_bytes(empty)
        with suppress(FileExistsError):  # another process was faster
            os.link(beside, path)
    except OSError as error:  # the name beside would mean nothing
        raise OSError(error.errno, f"no checkpoint can be written: {error.strerror}", str(path)) from None
    finally:
        beside.unlink(missing_ok=True)


def _check_header(path):
    """Raise unless the file is one of ours, without opening it for writing."""
    if not path.is_file():
        raise ValueError(f"checkpoint {str(path)!r} is not a file")
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or header[:16] != b"SQLite format 3\0" or header[68:72] != OURS.to_bytes(4, "big"):
        what = "is empty" if not header else "is not a checkpoint of a study, or a damaged one"
        raise ValueError(f"checkpoint {str(path)!r} {what}; it is left as it is, give another file")


def _check_facts(path, kept, facts):
    """Raise ValueError, naming what differs, if a file that has facts has other ones than this study."""
    both = [name for name in facts | kept if not name.startswith(RULE) or name in facts.keys() & kept]
    other = [name for name in both if kept.get(name) != facts.get(name)] if kept else []
    if other:
        name, more = other[0], f"; {some(other[1:])} differ too" if len(other) > 1 else ""
        differs = f"{name} was {_short(kept.get(name))} there and is {_short(facts.get(name))} here"
        raise ValueError(f"checkpoint {str(path)!r} is of another study: {differs}{more}; give another file")


def _of_other_rule(name, strategy):
    return name.startswith(RULE) and name != f"{RULE}{strategy!r}"


def _short(text):
    return "not set" if text is None else text if len(text) <= 60 else f"{text[:45]}…{text[-12:]}"


def _packed(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _unpacked(blob):
    return np.load(io.BytesIO(blob), allow_pickle=False)


def _checksum(key, *blobs):
    return hashlib.sha256(b"\0".join([repr(tuple(key)).encode(), *blobs])).hexdigest()
