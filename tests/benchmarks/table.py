"""A million rows: suggest 10 of them from a mixed table and from vectors, and what it costs. Run by hand.

    python tests/benchmarks/table.py [rows]

Limits for a million: the table is read and suggested from in 60 s and 1.5 GiB; vectors of 384 numbers take at
most 1 GiB beyond the file and twice the time of one predict_proba over it, in blocks, measured in the
same process. Memory is the process's own (RssAnon), not the pages of a mapped file; Linux only. Beside each
time on the clock stand the seconds of the processor, which a busy machine does not stretch.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import pandas as pd

WIDTH = 384  # numbers a vector


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


def make_vectors(path, n_rows, dtype, n_labeled=500):
    """Write vectors to a .npy file, and return a frame of file names and labels."""
    rng = np.random.default_rng(0)
    X = np.lib.format.open_memmap(path, "w+", dtype, (n_rows, WIDTH))
    for start in range(0, n_rows, 10_000):
        part = X[start : start + 10_000]
        part[:] = rng.standard_normal(part.shape, dtype=np.float32)
    label = np.full(n_rows, "", dtype=object)
    rows = np.sort(rng.choice(n_rows, n_labeled, replace=False))
    label[rows] = np.where(X[rows].astype(float) @ rng.normal(size=WIDTH) > 0, "yes", "no")
    return pd.DataFrame({"file": [f"{i}.png" for i in range(n_rows)], "label": label})


def anonymous():
    """The process's own memory now, in GiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 2**20


class Cost:
    """Seconds on the clock and of the processor, and the peak of memory, of what is done within."""

    def __enter__(self):
        self.before, self.peak, self.running = anonymous(), 0.0, True
        self.watch = threading.Thread(target=self._look, daemon=True)
        self.watch.start()
        self.clock, self.cpu = time.perf_counter(), time.process_time()
        return self

    def _look(self):
        while self.running:
            self.peak = max(self.peak, anonymous())
            time.sleep(0.01)

    def __exit__(self, *error):
        self.clock, self.cpu = time.perf_counter() - self.clock, time.process_time() - self.cpu
        self.peak, self.running = max(self.peak, anonymous()), False
        self.watch.join()


def from_table(path):
    """Read a table and suggest from it; (seconds, processor seconds, peak in GiB)."""
    from al_helpers import load_table, suggest

    with Cost() as reading:
        table = load_table(path, "label", id_column="id")
    with Cost() as asking:
        suggest(table, 10)
    for name, cost in (("read", reading), ("suggest", asking)):
        print(f"  {name:34} {cost.clock:6.1f} s, processor {cost.cpu:5.1f} s, peak {cost.peak:.2f} GiB")
    return reading.clock + asking.clock, reading.cpu + asking.cpu, max(reading.peak, asking.peak)


def from_vectors(path, frame):
    """Suggest from vectors; (GiB beyond the file, times of one predict_proba over it: clock, processor)."""
    from active_learning.models.registry import default_model
    from al_helpers import load_table, suggest

    X = np.load(path, mmap_mode="r")
    float(sum(X[i : i + 4096].sum(dtype=float) for i in range(0, len(X), 4096)))  # it is in the page cache
    rows = np.flatnonzero(frame["label"] != "")
    few = np.append(rows, np.flatnonzero(frame["label"] == "")[:100])
    suggest(load_table(frame.iloc[few], "label", features=X[few]), 10)  # what is imported only when needed
    model = default_model().fit(X[rows].astype(float), frame["label"].to_numpy()[rows].astype(str))
    with Cost() as once:
        for start in range(0, len(X), 4096):
            model.predict_proba(X[start : start + 4096])
    with Cost() as ours:
        suggest(load_table(frame, "label", features=path), 10)
    beyond, clock, cpu = ours.peak - ours.before, ours.clock / once.clock, ours.cpu / once.cpu
    print(f"  one predict_proba {once.clock:.2f} s (processor {once.cpu:.2f} s)")
    print(f"  read and suggest  {ours.clock:.2f} s (processor {ours.cpu:.2f} s): {clock:.2f} times as long")
    print(f"  on the processor  {cpu:.2f} times as long; {beyond:.2f} GiB beyond the file", flush=True)
    return beyond, clock, cpu


def child(kind, *given):
    """One measurement, in a process of its own."""
    if kind == "table":
        from_table(given[0])
    else:
        from_vectors(given[0], pd.read_pickle(given[1]))


def main(n_rows=1_000_000):
    with tempfile.TemporaryDirectory() as folder:
        table, vectors, labels = (os.path.join(folder, name) for name in ("t.csv", "v.npy", "labels.pkl"))
        make_table(n_rows).to_csv(table, index=False)
        print(f"{n_rows:,} rows x 14 columns, {os.path.getsize(table) / 2**20:.0f} MiB", flush=True)
        subprocess.run([sys.executable, __file__, "table", table], check=True)
        for dtype in ("float32", "float16"):
            make_vectors(vectors, n_rows, np.dtype(dtype)).to_pickle(labels)
            size = os.path.getsize(vectors) / 2**20
            print(f"{n_rows:,} rows x {WIDTH} of {dtype}, {size:.0f} MiB", flush=True)
            subprocess.run([sys.executable, __file__, "vectors", vectors, labels], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        child(*sys.argv[1:])
    else:
        main(*map(int, sys.argv[1:]))
