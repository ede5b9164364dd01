"""What every machine must find: python tests/integration/pins.py prints it.

With `write`, it is kept in pins.json.

The safety of these rows, and the entry "ties", come from tie_audit.
"""

import json
import platform
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import sklearn
from numpy._core import _multiarray_umath as built
from threadpoolctl import threadpool_info

import al_helpers as al
from active_learning.statistics.curves import areas

FILE = Path(__file__).with_name("pins.json")
SETTINGS = {"digits": dict(n_splits=2, budget=80), "synthetic": dict(n_splits=3, budget=100)}


def found(n_jobs=1):
    """The rows that each of the rules bought, as checksums, and the numbers of the table."""
    pins = {}
    for name, settings in SETTINGS.items():
        histories = al.run_histories(al.load_dataset(name), list(al.STRATEGIES), n_jobs=n_jobs, **settings)
        curves = al.curves_of(histories)
        runs = {rule: {k: run for k, run in histories.items() if k[0] == rule} for rule in al.STRATEGIES}
        rules = {rule: al.checksum(its) for rule, its in runs.items()}
        table = al.labels_to_target(curves, 0.8).groupby("strategy")["n_labels"].agg(list)
        table = {rule: [None if np.isinf(n) else float(n) for n in needs] for rule, needs in table.items()}
        finals = {rule: round(mean, 9) for rule, mean in areas(curves).mean().items()}
        pins[name] = {"bought": rules, "labels to 80 %": table, "area": finals}
    return pins


def versions():
    libraries = {library.__name__: library.__version__ for library in (np, scipy, pd, sklearn)}
    return {"python": platform.python_version(), **libraries}


def machine():
    """What the linear algebra really runs on here: OpenBLAS's kernels, its threads, numpy's instructions."""
    blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return {
        "kernels": sorted({library["architecture"] for library in blas}),
        "threads": sorted({library["num_threads"] for library in blas}),
        "instructions": [name for name in built.__cpu_dispatch__ if built.__cpu_features__[name]],
    }


if __name__ == "__main__":
    here = machine()  # before any limit on threads
    pins = found(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    if sys.argv[1:2] == ["write"]:
        before = json.loads(FILE.read_text())
        FILE.write_text(json.dumps(before | {"versions": versions()} | pins, indent=1) + "\n")
    print(json.dumps(pins | {"machine": here}))
