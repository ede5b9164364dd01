"""A million rows: read a mixed table and suggest 10 rows, within 60 s and 2 GiB. Run by hand."""

import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd

CHILD = """
import sys, time
t0 = time.perf_counter()
from al_helpers import load_table, suggest, write_table
t1 = time.perf_counter()
table = load_table(sys.argv[1], "label", id_column="id")
t2 = time.perf_counter()
frame = suggest(table, 10)
t3 = time.perf_counter()
write_table(table, sys.argv[1] + ".next.csv", ids=frame["id"])
t4 = time.perf_counter()
print(f"import {t1 - t0:.1f} s, read {t2 - t1:.1f} s, suggest {t3 - t2:.1f} s, write {t4 - t3:.1f} s")
"""


def make_table(n_rows, n_labeled=500):
    """Return a mixed frame: 6 numbers, 2 integers, 4 categories, a boolean, free text, an id and a label."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n_rows, 6)).round(6), columns=[f"x{j}" for j in range(6)])
    frame = frame.mask(rng.random(frame.shape) < 0.03)
    for j, levels in enumerate([3, 12, 50, 5000]):
        frame[f"category{j}"] = np.array([f"level {i}" for i in range(levels)])[
            rng.integers(0, levels, n_rows)
        ]
    frame["age"] = rng.integers(18, 99, n_rows)
    frame["visits"] = rng.poisson(3, n_rows)
    frame["member"] = rng.random(n_rows) < 0.4
    frame["remark"] = [f"remark {i}, free text" for i in rng.permutation(n_rows)]
    frame.insert(0, "id", [f"row-{i:07d}" for i in range(n_rows)])
    label = np.where(
        frame["x0"].fillna(0) + (frame["category0"] == "level 1") + rng.normal(size=n_rows) > 0.5, "yes", "no"
    )
    frame["label"] = np.where(rng.permutation(n_rows) < n_labeled, label, "")
    return frame


def main(n_rows=1_000_000):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "million.csv")
        make_table(n_rows).to_csv(path, index=False)
        print(f"{n_rows:,} rows, {os.path.getsize(path) / 2**20:.0f} MiB")
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", CHILD, path], check=True)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        print(f"{seconds:.1f} s (limit 60), peak {peak:.2f} GiB (limit 2)")
        assert seconds < 60 and peak < 2


if __name__ == "__main__":
    main()
