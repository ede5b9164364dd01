"""What a study has finished, kept in one SQLite file, so that a study that was killed goes on where it stood.

SQLite, with its rollback journal: a run is in the file whole or not at all, whenever the process is killed,
and two processes can write to one file. A run costs a flush to disk. Arrays are kept in numpy's own format,
with a checksum; no pickle is read.

What a study was made of, in words and checksums that are the same in every process.

A checkpoint holds them, to go on only with the same data, settings, rules and versions. Not here: the file.
"""

import dis
import hashlib
import inspect
import io
import os
import platform
import sqlite3
import sys
import threading
import uuid
from contextlib import closing, contextmanager, suppress
from functools import partial
from importlib.resources import files
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from urllib.parse import quote

import joblib
import numpy as np
import pandas as pd
import scipy
import sklearn
from scipy import sparse

from active_learning import __version__
from active_learning._validation import History, some
from active_learning.models.registry import make_model
from active_learning.study.loop import run_loop

under_way = []  # functions whose fingerprints are being taken
RULE = "strategy "  # begins the name of the fact about a rule
PLAIN = (str, int, float, bool, type(None), np.generic)
# fmt: off
ROOMS = [  # whose code decides what a run buys
    "_validation", "_arrays", "datasets/dataset", "strategies/base", "strategies/_clustering",
    "strategies/batch",
    "strategies/registry", "models/logistic", "models/label_spreading", "models/registry", "study/loop",
]
# fmt: on


def study_facts(dataset, strategies, *, model, **settings):
    """All that the runs of a study depend on.

    strategies: dict name -> callable; each rule has a fact of its own, as a study may get more of them
    settings: of the splits and of run_loop, whose defaults count as if they were given
    returns: dict name -> text
    """
    model, parameters = make_model(model), inspect.signature(run_loop).parameters.values()
    settings = {p.name: p.default for p in parameters if p.default is not p.empty} | settings
    settings = {name: fingerprint(value) for name, value in (settings | {"model": model}).items()}
    data = {
        "data": fingerprint(dataset.X),
        "labels": _checksum(repr((dataset.y.tolist(), dataset.judge.tolist())).encode()),
    }
    if dataset.truth is not None:
        data["truth"] = _checksum(repr(np.asarray(dataset.truth).tolist()).encode())
    rules = {f"{RULE}{name!r}": fingerprint(rule) for name, rule in strategies.items()}
    return data | settings | _versions(model) | rules


def _versions(model):
    """The versions of what computes the runs: Python, the libraries, the model's own one, and our code."""
    versions = {module.__name__: module.__version__ for module in (np, scipy, sklearn)}
    home = type(model).__module__.partition(".")[0]
    version = getattr(sys.modules.get(home), "__version__", None)
    code = b"".join(files("active_learning").joinpath(f"{room}.py").read_bytes() for room in ROOMS)
    own = {"active_learning": f"{__version__} ({_checksum(code)})", "python": platform.python_version()}
    return versions | ({home: str(version)} if version else {}) | own


def fingerprint(value):
    """A text that tells a value from others, in whichever process: no address, no order of chance, no pickle.

    value: a setting, a matrix of data, an estimator with its parameters, or a rule with its code
    """
    if isinstance(value, PLAIN):
        return repr(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, (set, frozenset)):
        return f"set {fingerprint(sorted(value, key=repr))}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(fingerprint, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{fingerprint(k)}: {fingerprint(v)}' for k, v in value.items())}}}"
    if isinstance(value, np.ndarray) or hasattr(value, "iloc") or sparse.issparse(value):
        return _matrix(value)
    if hasattr(value, "get_params") and not isinstance(value, type):
        return f"{type(value).__qualname__}({fingerprint(value.get_params(deep=False))[1:-1]})"
    return _callable(value)


def _callable(value):
    """A function by its code and what is bound to it; any other object by its class and what it holds."""
    if isinstance(value, partial):
        return f"partial{fingerprint([value.func, value.args, value.keywords])}"
    if isinstance(value, MethodType):
        return f"{fingerprint(value.__self__)}.{fingerprint(value.__func__)}"
    if isinstance(value, FunctionType):
        if value in under_way:  # functions that call each other
            return value.__qualname__
        bound = [value.__defaults__, value.__kwdefaults__, *_enclosed(value), *_named(value)]
        under_way.append(value)
        try:
            code = _checksum(repr([_code(value.__code__), fingerprint(bound)]).encode())
        finally:
            under_way.pop()
        return f"{value.__qualname__} {code}"
    try:
        held = joblib.hash(value)
    except Exception:  # whatever a class raises that cannot be pickled, as a generator's
        held = "?"
    return f"{getattr(value, '__qualname__', type(value).__qualname__)} {held}"


def _enclosed(function):
    """What a function refers to in those around it, but itself."""
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # not bound yet
            if cell.cell_contents is not function:
                yield cell.cell_contents


def _named(function):
    """What a function has as attributes, and looks up in its module: its functions, plain values and arrays.

    Of a package that has a version, as ours, the version tells instead.
    """
    home = sys.modules.get(str(function.__module__).split(".")[0])
    if hasattr(home, "__version__"):
        return
    yield from sorted(vars(function).items())
    for name in sorted(_globals(function.__code__)):
        value = function.__globals__.get(name)
        own = isinstance(value, FunctionType) and value.__module__ == function.__module__
        if own or isinstance(value, (*PLAIN, np.ndarray)):
            yield name, value


def _globals(code):
    """The names of what code looks up in its module, that of the functions in it too."""
    names = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    return names.union(*(_globals(inner) for inner in code.co_consts if isinstance(inner, CodeType)))


def _code(code):
    """What a function does: its instructions, names and constants, those of the functions in it too."""
    if isinstance(code, frozenset):
        return sorted(map(repr, code))  # as in `x in {1, 2}`
    if not isinstance(code, CodeType):
        return repr(code)
    return [code.co_code.hex(), code.co_names, [_code(constant) for constant in code.co_consts]]


def _matrix(X):
    """Shape, kind and a checksum of the values of an array, a frame or a sparse matrix."""
    if sparse.issparse(X):
        X = X.tocsr()
        return f"sparse {X.shape} {X.dtype} {_checksum(X.data, X.indices, X.indptr)}"
    size = " x ".join(map(str, X.shape))
    if hasattr(X, "iloc"):
        frame = pd.DataFrame(X)
        names = repr([*zip(map(repr, frame.columns), map(str, frame.dtypes), strict=True)]).encode()
        return f"table {size} {_checksum(names, *_values_of(frame))}"
    if X.dtype.hasobject:
        return f"{size} objects {_checksum(repr(X.tolist()).encode())}"
    rows = (
        max(1, 2**24 // max(1, X[:1].nbytes)) if X.ndim else 1
    )  # 16 MB at a time of a file mapped to memory
    blocks = (X[start : start + rows] for start in range(0, len(X), rows)) if X.ndim else [X]
    return f"{size} {X.dtype} {_checksum(*blocks)}"


def _values_of(frame):
    try:
        return [pd.util.hash_pandas_object(frame, index=False)]
    except TypeError:  # cells that cannot be hashed, such as lists
        return [repr(frame.to_numpy().tolist()).encode()]


def _checksum(*parts):
    """16 hexadecimal digits of SHA-256, of bytes or of arrays' values in C order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else np.asarray(part).tobytes())
    return digest.hexdigest()[:16]


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
        ) or checksum != _run_checksum(key, n_labels, accuracy, queried):
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
            values = (*key, *arrays, _run_checksum(key, *arrays))
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


def _run_checksum(key, *blobs):
    return hashlib.sha256(b"\0".join([repr(tuple(key)).encode(), *blobs])).hexdigest()
