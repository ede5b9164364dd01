"""Keep the finished runs of a study in one SQLite file, so that a study that was killed can continue.

A run is in the file whole or not at all, whenever the process is killed, and several processes may write to
one file. The file also holds facts, texts about data, settings, versions, code and rules: it serves only a
study with the same ones, which may have more splits and rules. No pickle is ever read.
"""

import ast
import hashlib
import inspect
import json
import os
import platform
import sqlite3
import sys
import textwrap
import threading
import uuid
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from urllib.parse import quote

import numpy as np
import pandas as pd
import scipy
import sklearn
from joblib.hashing import NumpyHasher

from active_learning._validation import History, last_step
from active_learning.models.registry import make_model

RULE = "strategy "  # begins the name of the fact about a rule
PLAIN = (str, int, float, bool, type(None), np.generic)
APPLICATION = 0x616C6332  # SQLite's application_id of these files: "alc2"
SCHEMA = f"""
PRAGMA application_id = {APPLICATION};
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (strategy TEXT, split INTEGER, history TEXT, checksum TEXT, PRIMARY KEY (strategy, split));
"""
# A fault of the machine or the disk; any other error of SQLite on such a file means that it is damaged.
NOT_DAMAGED = ["PERM", "BUSY", "LOCKED", "NOMEM", "READONLY", "IOERR", "FULL", "CANTOPEN"]


def study_facts(dataset, strategies, *, model, **settings):
    """All that runs depend on, as texts by name: data, settings, rules, versions, our code."""
    values = {"data": dataset.X, "labels": dataset.y, "model": (model := make_model(model))} | settings
    values |= {name: getattr(dataset, name) for name in ("clean_labels", "groups", "times")}
    values |= {f"{RULE}{name!r}": rule for name, rule in strategies.items()}
    libraries = {np, scipy, sklearn, sys.modules.get(type(last_step(model)).__module__.partition(".")[0])}
    versions = {library.__name__: getattr(library, "__version__", "") for library in libraries - {None}}
    versions |= {"python": platform.python_version(), "active_learning": _code_of_package()}
    return {name: fingerprint(value) for name, value in values.items()} | versions


@cache
def _code_of_package(folder=Path(__file__).parents[1]):
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*.py")}
    return _checksum([(name, _code(files[name].read_text("utf-8"))) for name in sorted(files)])


@cache
def _code(source):
    """What a source does: its syntax tree without docstrings, or the text if it is not a whole statement."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except SyntaxError:
        return source
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = node.body[ast.get_docstring(node) is not None :]
    return ast.dump(tree)


def fingerprint(value):
    """A text that tells a value from others in every process: a setting, data, a model or a rule."""
    if isinstance(value, PLAIN):
        return repr(value.item() if isinstance(value, np.generic) else value)
    name = getattr(value, "__qualname__", type(value).__qualname__)
    if hasattr(value, "shape"):
        name = f"{' x '.join(map(str, value.shape))} {getattr(value, 'dtype', 'table')}"
        if hasattr(value, "iloc"):
            columns = pd.DataFrame(value).items()
            value = [(label, str(column.dtype), column.to_numpy()) for label, column in columns]
        elif hasattr(value, "tocsr"):
            value = [(value := value.tocsr()).data, value.indices, value.indptr]
        else:
            value = np.ascontiguousarray(value)
    return f"{name} {_Hasher('md5').hash(value)[:16]}"


class _Hasher(NumpyHasher):
    """joblib's checksum of a value, in which functions and classes stand for their source."""

    def save(self, value):
        if isinstance(value, FunctionType):
            value = self._parts_of(value)
        elif isinstance(value, CodeType):
            value = [value.co_names, value.co_consts, value.co_code]
        elif isinstance(value, ModuleType):
            value = value.__name__
        elif isinstance(value, type):
            value = [value.__module__, value.__qualname__, _source(value)]
        super().save(set(value) if isinstance(value, frozenset) else value)

    def _parts_of(self, function):
        """Its source, what is bound to it, and the functions, plain values and arrays that its code names."""
        if function in (seen := self.__dict__.setdefault("functions", [])):  # functions may call each other
            return function.__qualname__
        seen.append(function)
        source, bound = _source(function), [function.__defaults__, function.__kwdefaults__, vars(function)]
        for cell in function.__closure__ or ():
            with suppress(ValueError):  # not bound yet
                bound.append(cell.cell_contents)
        kinds = (*PLAIN, np.ndarray, FunctionType) if source else ()  # a package has a version instead
        found = {name: function.__globals__.get(name) for name in _names(function.__code__)}
        named = {name: value for name, value in found.items() if isinstance(value, kinds)}
        return [function.__qualname__, source or function.__module__, bound, named]


def _names(code):
    return {*code.co_names}.union(*(_names(part) for part in code.co_consts if isinstance(part, CodeType)))


def _source(thing):
    """What a function or class does; nothing for those of a package that has a version, as this one."""
    if hasattr(sys.modules.get(str(thing.__module__).partition(".")[0]), "__version__"):
        return ""
    try:
        return _code(inspect.getsource(thing))
    except (OSError, TypeError):  # typed into an interpreter, or built in
        return getattr(thing, "__code__", thing.__qualname__)


class Checkpoint:
    """The finished runs of a study in a file: runs[strategy, split] = history, and back, and `in runs`.

    The file is made if there is none. One of another study, or damaged, or no checkpoint, raises ValueError
    and is left as it is; OSError if it cannot be read or written; TypeError if path is not a path.
    """

    def __init__(self, path, facts):
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"checkpoint must be the path of a file, got {path!r}")
        self.path, self.facts, self.lock = Path(path), facts, threading.Lock()
        if not self.path.exists():
            _create(self.path)
        if not self.path.is_file():
            raise self._refusal("is not a file")
        uri = f"file:{quote(os.fsencode(self.path.absolute()))}?mode=rw"  # which never makes a file
        options = dict(uri=True, timeout=60, isolation_level="IMMEDIATE", check_same_thread=False)
        with self._plain_errors(), ExitStack() as closed_unless_right:
            self.connection = closed_unless_right.enter_context(closing(sqlite3.connect(uri, **options)))
            self._check()
            self.close = closed_unless_right.pop_all().close

    def _check(self):
        """Raise unless the file is a checkpoint of this study, and every page and run is whole."""
        if self._execute("PRAGMA application_id") != [(APPLICATION,)]:
            raise self._refusal("is not a checkpoint of a study")
        ((verdict,),) = self._execute("PRAGMA integrity_check(1)")
        facts = dict(self._execute("SELECT CAST(name AS TEXT), CAST(value AS TEXT) FROM facts"))
        keys = self._execute("SELECT strategy, split FROM runs")
        if verdict != "ok" or (keys and not facts):
            raise self._refusal(f"is damaged ({verdict})")
        self._check_facts(facts)
        for key in keys:
            self[key]

    def _check_facts(self, kept):
        """Raise ValueError, naming what differs, if the file has facts, and other ones than this study."""
        there = {name: kept.get(name, "not set") for name in self.facts if RULE not in name or name in kept}
        both = [(name, was, self.facts[name]) for name, was in there.items()]
        other = [f"{name} was {was} there and is {here} here" for name, was, here in both if was != here]
        if kept and other:
            raise self._refusal(f"is of another study: {'; '.join(other)}")

    def __contains__(self, key):
        with suppress(OSError):  # joblib asks where nobody would see it; it is raised when a run is kept
            return bool(self._execute("SELECT 1 FROM runs WHERE strategy = ? AND split = ?", key))
        return False

    def __getitem__(self, key):
        statement = "SELECT history, checksum FROM runs WHERE strategy = ? AND split = ?"
        ((history, checksum),) = self._execute(statement, key)
        if checksum != _checksum([*key, history]):
            raise self._refusal(f"is damaged (the run of {key[0]!r} on split {key[1]} has changed)")
        return History(*map(np.array, json.loads(history), (int, float, int)))

    def __setitem__(self, key, history):
        """Keep a run, at once and for good; the first stays if another process was faster.

        The facts come in with the first run, so that a study that failed before it binds nobody.
        """
        text = json.dumps([field.tolist() for field in (history.n_labels, history.accuracy, history.queried)])
        rule = f"{RULE}{key[0]!r}"
        facts = [fact for fact in self.facts.items() if RULE not in fact[0] or fact[0] == rule]
        with self._plain_errors(), self.lock, self.connection as connection:  # one transaction
            connection.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", facts)
            self._check_facts(dict(connection.execute("SELECT name, value FROM facts")))
            run = (*key, text, _checksum([*key, text]))
            connection.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?)", run)

    def _execute(self, statement, values=()):
        with self._plain_errors(), self.lock:
            return self.connection.execute(statement, values).fetchall()

    @contextmanager
    def _plain_errors(self):
        """Turn SQLite's errors into OSError, or ValueError where the file is damaged."""
        try:
            yield
        except sqlite3.Error as error:
            if any(name in getattr(error, "sqlite_errorname", "") for name in NOT_DAMAGED):
                raise OSError(f"checkpoint {str(self.path)!r} cannot be used: {error}") from error
            raise self._refusal(f"is not a checkpoint, or is damaged ({error})") from error

    def _refusal(self, why):
        return ValueError(f"checkpoint {str(self.path)!r} {why}; it is left as it is, give another file")


def _create(path):
    """Write an empty checkpoint beside path and link it there, so that half a file is never found."""
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


def _checksum(value):
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]
