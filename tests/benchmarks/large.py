"""A study of 50,000 rows and 50 classes, a query of 5,000,000 rows. Run by hand.

    python tests/benchmarks/large.py [study] [query] [growth]

Each part runs in a process of its own, with one linear-algebra thread; what is compared runs in the same one.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from sklearn.linear_model import LogisticRegression

import al_helpers as al
from active_learning.models.logistic import NewtonLogisticRegression
from active_learning.strategies.base import Round, smallest_margin

ROWS, COLUMNS, CLASSES, BATCH, BUDGET, SPLITS = 50_000, 100, 50, 50, 2_000, 5
RULES = ("random", "margin")
warnings.filterwarnings("ignore", "lbfgs failed to converge")  # the plain loop stops short; so be it
POOL, WIDTH = 5_000_000, 64
# scikit-learn's default stops after 100 iterations, where probabilities are still up to 0.2 off; the other
# goes as far as lbfgs gets, to within 1e-5; ours ends within 1e-7.
PLAIN = {"plain loop": (4, {}), "plain loop that has converged": (8, dict(tol=1e-8, max_iter=10_000))}
NOTHING = np.array([], dtype=int)
GIB, MIB = 2**30, 2**20


def large_dataset(rows=ROWS):
    settings = dict(n_samples=rows, n_features=COLUMNS, n_informative=40, n_classes=CLASSES)
    return al.load_dataset("synthetic", **settings)


def timed(run):
    """(seconds of this process's time on a processor, what run() returned): others count less in it."""
    start = time.process_time()
    result = run()
    return time.process_time() - start, result


def processor_seconds(run):
    return timed(run)[0]


class Watch:
    """The largest memory, in bytes, of one process of this family: {"rss": ..., "anonymous": ...}."""

    def __init__(self, pause=0.05):
        self.pause = pause  # seconds between two looks, each of which goes through all processes

    def __enter__(self):
        self.peak, self.done = {"rss": 0, "anonymous": 0}, threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def _look(self):
        while not self.done.wait(self.pause):
            for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
                for name, size in memory(process.pid).items():
                    self.peak[name] = max(self.peak[name], size)

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


def memory(pid):
    """Memory now, in bytes: all of it, and what is not a file's."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}  # it ended just now
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "RssAnon"))}
    return {"rss": 1024 * int(sizes.get("VmRSS", 0)), "anonymous": 1024 * int(sizes.get("RssAnon", 0))}


# --- (a) a study ----------------------------------------------------------------------------------------


def plain_round(dataset, split, labeled, rule, **settings):
    """A round of the loop as one writes it at first: scikit-learn and a few lines of numpy."""
    X, y = dataset.X, dataset.y
    pool = np.setdiff1d(split.pool, labeled)
    model = LogisticRegression(**settings).fit(X[labeled], y[labeled])
    score = np.mean(model.predict(X[split.test]) == y[split.test])
    if rule == "random":
        return score, np.random.default_rng(0).choice(pool, BATCH, replace=False)
    top = np.sort(model.predict_proba(X[pool]), axis=1)
    return score, pool[np.argsort(top[:, -1] - top[:, -2])[:BATCH]]


def plain_seconds(dataset, split, histories, every, **settings):
    """Processor time of a plain loop on a split: that of some of its rounds, scaled up to all.

    every: one in so many rounds is measured, on the rows that our loop had labelled by then
    """
    seconds, rounds = [], 0
    for rule in RULES:
        run = histories[rule, 0]
        for n in run.n_labels[::every].tolist():
            labeled = np.concatenate([split.seed, run.queried[: n - len(split.seed)]])
            part, (score, _) = timed(partial(plain_round, dataset, split, labeled, rule, **settings))
            seconds.append(part)
        rounds += len(run.n_labels)
        print(f"  {rule}: accuracy {run.accuracy[run.n_labels == n][0]:.3f} at {n} labels, plain {score:.3f}")
    return np.mean(seconds) * rounds


def study():
    """Our study and the plain loops, split by split in turn on one processor: its speed wanders."""
    dataset, spent = large_dataset(), {}
    print(f"(a) {ROWS:,} x {COLUMNS}, {CLASSES} classes, batch {BATCH}, budget {BUDGET:,}, {SPLITS} splits")
    with Watch(pause=0.5) as watch:
        for i in range(SPLITS):
            split = al.split_dataset(dataset.y, random_state=np.random.SeedSequence([i, 0]))
            ours = partial(al.run_histories, dataset, RULES, n_splits=1, batch=BATCH, budget=BUDGET, n_jobs=1)
            seconds, histories = timed(partial(ours, random_state=i))
            spent.setdefault("ours", []).append(seconds)
            for name, (every, how) in PLAIN.items():
                spent.setdefault(name, []).append(plain_seconds(dataset, split, histories, every, **how))
    for name, seconds in spent.items():
        ratio, ratios = sum(seconds) / sum(spent["ours"]), np.divide(seconds, spent["ours"])
        print(f"{name}: {sum(seconds):.1f} s of processor time, {ratio:.1f} times ours (wanted: 5)")
        print(f"  {ratios.min():.1f} to {ratios.max():.1f} from split to split")
    print(f"largest process: {watch.peak['rss'] / GIB:.2f} GiB (limit 2)")
    assert watch.peak["rss"] <= 2 * GIB


# --- (b) a query of a file ------------------------------------------------------------------------------


def write_pool(path, rows):
    """Write rows x WIDTH numbers of 32 bits, a part at a time."""
    rng = np.random.default_rng(0)
    with open(path, "wb") as file:
        for start in range(0, rows, 100_000):
            rng.random((min(100_000, rows - start), WIDTH), dtype=np.float32).tofile(file)
        file.flush()
        os.fsync(file.fileno())  # so that nothing is written while the queries are timed


def fitted(X, classes=10):
    """Two models with the same weights: ours, and scikit-learn's."""
    y = np.random.default_rng(0).integers(classes, size=500)
    ours = NewtonLogisticRegression(C=0.01).fit(np.asarray(X[:500], dtype=float), y)
    theirs = LogisticRegression()
    theirs.classes_, theirs.coef_, theirs.intercept_ = ours.classes_, ours.coef_, ours.intercept_
    theirs.n_features_in_ = X.shape[1]
    return ours, theirs


def one_pass(model, X, size=4096):
    """predict_proba of every row of X, a part at a time, and nothing else."""
    for start in range(0, len(X), size):
        model.predict_proba(X[start : start + size])


def margin_query(model, X):
    state = Round(model, X, NOTHING, NOTHING, np.arange(len(X)), 10, np.random.default_rng(0))
    return smallest_margin(state)


def with_file(rows, work):
    """work(X) on a new file of rows, as a memmap; the file is removed whatever happens."""
    size = 4 * WIDTH * rows
    assert shutil.disk_usage(tempfile.gettempdir()).free > 2 * size, "too little room for the file"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pool.dat")
        write_pool(path, rows)
        return work(np.memmap(path, np.float32, "r").reshape(rows, WIDTH))


def query():
    with_file(POOL, query_file)


def query_file(X):
    ours, theirs = fitted(X)
    one_pass(theirs, X)  # the file is in the system's cache from here on, for each
    works = {"query": partial(margin_query, ours, X), "ours": partial(one_pass, ours, X)}
    works |= {"scikit-learn's": partial(one_pass, theirs, X)}
    spent = {name: [] for name in works}
    for _ in range(3):
        for name, work in works.items():
            spent[name].append(processor_seconds(work))
    spent, before = {name: np.median(each) for name, each in spent.items()}, memory(os.getpid())["anonymous"]
    with Watch() as watch:
        rows = margin_query(ours, X)
    beyond = watch.peak["anonymous"] - before
    print(f"(b) a margin query: 10 of {len(X):,} x {WIDTH} float32 rows, a file of {X.nbytes / GIB:.2f} GiB")
    for name in ("ours", "scikit-learn's"):
        times = spent["query"] / spent[name]
        print(f"query {spent['query']:.2f} s, predict_proba of {name} {spent[name]:.2f} s: {times:.2f} times")
    print(f"memory beyond the file: {beyond / MIB:.0f} MiB (limit 200); rows {rows[:3]} ...")
    assert spent["query"] <= 2 * spent["ours"] and beyond <= 200 * MIB


# --- (c) growth -----------------------------------------------------------------------------------------


def growth():
    """Processor seconds at three sizes, and the power of the rows that they grow with: 1 is linear."""
    print("(c) growth with the rows")
    report_growth("query of a file", POOL // 16, lambda rows: with_file(rows, query_seconds))
    report_growth("study, 2 splits, budget 300", ROWS // 4, study_seconds)


def query_seconds(X):
    model, _ = fitted(X)
    margin_query(model, X)
    return min(processor_seconds(partial(margin_query, model, X)) for _ in range(5))


def study_seconds(rows):
    dataset, settings = large_dataset(rows), dict(n_splits=2, batch=BATCH, budget=300, n_jobs=1)
    return min(processor_seconds(partial(al.run_histories, dataset, RULES, **settings)) for _ in range(2))


def report_growth(name, first, measure):
    sizes = first * np.array([1, 2, 4])
    spent = np.array([measure(rows) for rows in sizes.tolist()])
    power = np.polyfit(np.log(sizes), np.log(spent), 1)[0]
    steps = ", ".join(f"{rows:,} rows {each:.2f} s" for rows, each in zip(sizes, spent, strict=True))
    print(f"{name}: {steps}; grows with rows ** {power:.2f}")
    assert power < 1.15


PARTS = {"study": study, "query": query, "growth": growth}


def main(names):
    if len(names) == 1:
        return PARTS[names[0]]()
    for name in names or PARTS:
        subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
