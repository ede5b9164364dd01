"""What a study was made of, in words and checksums that are the same in every process.

A checkpoint holds them, to go on only with the same data, settings, rules and versions. Not here: the file.
"""

import dis
import hashlib
import inspect
import platform
import sys
from contextlib import suppress
from functools import partial
from importlib.resources import files
from types import CodeType, FunctionType, MethodType

import joblib
import numpy as np
import pandas as pd
import scipy
import sklearn
from scipy import sparse

from active_learning import __version__
from active_learning.classifiers import make_model
from active_learning.loop import run_loop

under_way = []  # functions whose fingerprints are being taken
RULE = "strategy "  # begins the name of the fact about a rule
PLAIN = (str, int, float, bool, type(None), np.generic)
# fmt: off
ROOMS = [  # whose code decides what a run buys
    "checks", "matrices", "data", "rules", "clusters", "batch_rules", "strategies", "newton", "graph",
    "classifiers", "loop",
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
