"""How fast is it? Run by hand: `python tests/benchmarks/speed.py [--only fit pool] [--splits 10] [--figure]`.

What is compared runs in turn, with one linear-algebra thread a process; numbers are medians of --repeats.
Where other programs share the machine, processor time is the fairer of the two.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
os.environ["PYTHONWARNINGS"] = "ignore:lbfgs failed to converge"  # the plain loops stop short; so be it

import argparse
import subprocess
import sys
import tempfile
import time
import tracemalloc
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import joblib
import nbformat
import numpy as np
import pandas as pd
import psutil
from nbclient import NotebookClient
from scipy.optimize import nnls
from sklearn.linear_model import LogisticRegression

import al_helpers as al
from active_learning.models import logistic as newton
from active_learning.models.logistic import NewtonLogisticRegression
from active_learning.models.registry import default_model
from active_learning.strategies.base import Round, smallest_margin

NOTHING = np.array([], dtype=int)


def cpu_seconds():
    """Processor time so far of this process and its workers."""
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in family)


def seconds(run, clock=time.process_time):
    """Seconds that run() takes."""
    start = clock()
    run()
    return clock() - start


def medians(contestants, repeats):
    """Median of what each contestant returns, called in turn; contestants: dict name -> callable."""
    results = {name: [] for name in contestants}
    for _ in range(repeats):
        for name, contestant in contestants.items():
            results[name].append(contestant())
    return {name: np.median(values, axis=0) for name, values in results.items()}


def show(heading, rows, columns):
    """Print rows as a table under a heading; returns the table."""
    table = pd.DataFrame(rows, columns=columns)
    print(f"\n{heading}\n{table.round(3).to_string(index=False)}", flush=True)
    return table


# --- (a) one fit -------------------------------------------------------------------------------------


def one_fit(model, X, y, n, warm):
    """Processor time of one fit on n rows; warm: after a fit, not counted, on the first n - 10."""
    model.set_params(warm_start=warm)
    if warm:
        model.fit(X[: n - 10], y[: n - 10])
    return seconds(lambda: model.fit(X[:n], y[:n]))


def fit(args):
    dataset, rows = al.load_dataset("digits"), []
    split = al.split_dataset(dataset.y, random_state=0)  # its seed set holds every class
    order = np.append(split.seed, np.random.default_rng(0).permutation(split.pool))
    X, y = dataset.X[order], dataset.y[order]
    for n in (30, 100, 200, 300):
        for warm in (False, True):
            theirs = LogisticRegression(solver="newton-cg", tol=1e-8)
            fits = {model: partial(one_fit, model, X, y, n, warm) for model in (theirs, default_model())}
            peer, ours = 1000 * np.array([*medians(fits, 5 * args.repeats).values()])
            rows.append((n, "warm" if warm else "cold", peer, ours, peer / ours))
    columns = ["rows", "start", "newton-cg 1e-8 (ms)", "this project (ms)", "times faster"]
    show(f"(a) one fit on digits, processor time, medians of {5 * args.repeats}", rows, columns)


# --- (b) the whole study -----------------------------------------------------------------------------


def plain_scores(rule, proba):
    if rule == "margin":
        top = np.sort(proba, axis=1)
        return top[:, -1] - top[:, -2]
    return proba.max(axis=1) if rule == "least_confidence" else np.sum(proba * np.log(proba), axis=1)


def plain_loop(dataset, split, rule, seed):
    """The loop as one writes it at first: scikit-learn's defaults and a few lines of numpy."""
    X, y, rng = dataset.X, dataset.y, np.random.default_rng(seed)
    labeled, pool, scores = split.seed, split.pool, []
    while True:
        model = LogisticRegression().fit(X[labeled], y[labeled])
        scores.append(np.mean(model.predict(X[split.test]) == y[split.test]))
        if len(labeled) == 300:
            return scores
        if rule == "random":
            bought = rng.choice(len(pool), 10, replace=False)
        else:
            bought = np.argsort(plain_scores(rule, model.predict_proba(X[pool])))[:10]
        labeled, pool = np.append(labeled, pool[bought]), np.delete(pool, bought)


def skactiveml_loop(dataset, split, rule, seed):
    """The same loop with scikit-activeml's own classifier wrapper and query strategies."""
    from skactiveml.classifier import SklearnClassifier
    from skactiveml.pool import RandomSampling, UncertaintySampling

    rows = np.append(split.seed, split.pool)
    X, y = dataset.X[rows], dataset.y[rows]
    known = np.where(np.arange(len(rows)) < len(split.seed), y, np.nan)
    model = SklearnClassifier(LogisticRegression(), classes=np.unique(y), random_state=seed)
    if rule == "random":
        query = partial(RandomSampling(random_state=seed).query, X)
    else:
        method = {"margin": "margin_sampling", "least_confidence": "least_confident"}.get(rule, rule)
        query = UncertaintySampling(method, random_state=seed).query
        query = partial(query, X, clf=model, fit_clf=False)
    scores = []
    for _ in range(29):
        model.fit(X, known)
        scores.append(np.mean(model.predict(dataset.X[split.test]) == dataset.y[split.test]))
        if len(scores) < 29:
            bought = query(y=known, batch_size=10)
            known[bought] = y[bought]
    return scores


def peer_study(loop, dataset, n_splits):
    """One of the loops above on every split and rule, on 2 processes."""
    splits = [al.split_dataset(dataset.y, random_state=split) for split in range(n_splits)]
    jobs = [(split, rule, seed) for seed, split in enumerate(splits) for rule in al.CLASSIC]
    joblib.Parallel(2)(joblib.delayed(loop)(dataset, *job) for job in jobs)


def wall_and_cpu(run):
    start = time.perf_counter(), cpu_seconds()
    run()
    return time.perf_counter() - start[0], cpu_seconds() - start[1]


def study(args):
    """The study of 100 splits x 4 rules x 29 rounds by this project and by others, on 2 processes."""
    dataset, scale = al.load_dataset("digits"), 100 / args.splits
    studies = {
        "this project": partial(al.run_histories, dataset, n_splits=args.splits, n_jobs=2),
        "plain loop": partial(peer_study, plain_loop, dataset, args.splits),
    }
    if find_spec("skactiveml"):
        name = f"scikit-activeml {version('scikit-activeml')}"
        studies[name] = partial(peer_study, skactiveml_loop, dataset, args.splits)
    else:
        print("\nscikit-activeml is not installed: skipped")
    start_up = seconds(partial(peer_study, plain_loop, dataset, 1), time.perf_counter)
    timed = medians({name: partial(wall_and_cpu, run) for name, run in studies.items()}, args.repeats)
    timed["matrix products only"] = (scale_free := products_floor(dataset) * 4 * args.splits) / 2, scale_free
    ours, note = timed["this project"], "" if args.splits == 100 else f", scaled up from {args.splits} splits"
    rows = [
        (name, scale * wall, scale * cpu, wall / ours[0], cpu / ours[1])
        for name, (wall, cpu) in timed.items()
    ]
    columns = ["study", "wall clock (s)", "processor (s)", "times ours, wall", "times ours, processor"]
    heading = f"(b) 100 splits x 4 rules x 29 rounds, 2 processes, medians of {args.repeats}{note}"
    table = show(heading, rows, columns)
    print(f"first use of 2 processes, paid once by each and not in the table: {start_up:.1f} s")
    return table


def products_floor(dataset):
    """Processor time of the bare matrix products of one run: nothing else of the loop is done."""
    split, calls, newton_step = al.split_dataset(dataset.y, random_state=0), [], newton.newton_step

    def recorded(A, P, *others):
        step, products = newton_step(A, P, *others)
        calls.append((A, len(P), products + 1))  # and one for the gradient at the step's end
        return step, products

    newton.newton_step = recorded
    al.run_loop(dataset, split, "margin")
    newton.newton_step = newton_step
    rows, weights = dataset.X[np.append(split.pool, split.test)], np.ones((10, 64))

    def products():
        for A, k, times in calls:
            V, T = np.ones((k, A.shape[1]), A.dtype), np.ones((k, A.shape[0]), A.dtype)
            for _ in range(times):
                V @ A.T, T @ A
        for _ in range(29):
            weights @ rows.T

    return np.median([seconds(products) for _ in range(5)])


# --- (c), (d) the loop outside fit and predict; the gain from a second process ----------------------


class Timed(NewtonLogisticRegression):
    """The report's classifier, adding up the time spent in it."""

    spent = 0.0

    def fit(self, X, y):
        return self.timed(super().fit, X, y)

    def predict(self, X):
        return self.timed(super().predict, X)

    def predict_proba(self, X):
        return self.timed(super().predict_proba, X)

    @staticmethod
    def timed(method, *args):
        start = time.process_time()
        result = method(*args)
        Timed.spent += time.process_time() - start
        return result


def share_outside(dataset, split, rule):
    Timed.spent = 0.0
    whole = seconds(lambda: al.run_loop(dataset, split, rule, model=Timed(warm_start=True)))
    return whole, 1 - Timed.spent / whole


def outside(args):
    dataset = al.load_dataset("digits")
    split = al.split_dataset(dataset.y, random_state=0)
    runs = {rule: partial(share_outside, dataset, split, rule) for rule in al.CLASSIC}
    rows = [(rule, 1000 * whole, share) for rule, (whole, share) in medians(runs, 3 * args.repeats).items()]
    rows.append(("all", *np.mean([row[1:] for row in rows], axis=0)))
    show("(c) the loop outside fit and predict", rows, ["rule", "one run (ms)", "share outside"])


def jobs(args):
    dataset, n_splits = al.load_dataset("digits"), args.splits
    al.run_histories(dataset, n_splits=2, n_jobs=2)  # the processes start here
    run = partial(al.run_histories, dataset, n_splits=n_splits)
    timed = medians({n: partial(wall_and_cpu, partial(run, n_jobs=n)) for n in (1, 2)}, args.repeats)
    rows = [(n, wall, cpu, timed[1][0] / wall) for n, (wall, cpu) in timed.items()]
    show(
        f"(d) {n_splits} splits by processes",
        rows,
        ["jobs", "wall clock (s)", "processor (s)", "times faster"],
    )


# --- (e) large pools ---------------------------------------------------------------------------------


def report(args):
    """Notebooks from top to bottom, against a plain loop for the main study alone, before and after them."""
    dataset, folder = al.load_dataset("digits"), Path(__file__).parents[2] / "notebooks"
    plain = partial(seconds, partial(peer_study, plain_loop, dataset, args.splits), time.perf_counter)
    before, rows = plain(), []
    for path in sorted(folder.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        client = NotebookClient(
            notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": folder}}
        )
        rows.append((path.stem, seconds(client.execute, time.perf_counter)))
    loop = 100 / args.splits * (before + plain()) / 2
    rows.append(("1 to 3 together", sum(taken for _, taken in rows[:3])))
    rows.append((f"plain loop, {args.splits} splits scaled up to 100", loop))
    rows = [(name, taken, taken / loop) for name, taken in rows]
    show("(g) the report, one thread a process", rows, ["notebook", "seconds", "of the plain loop"])


def fitted(X, n=2000):
    """The report's classifier and scikit-learn's with the same weights, 10 classes."""
    y = np.random.default_rng(0).integers(10, size=n)
    ours = NewtonLogisticRegression(C=0.01).fit(X[:n], y)
    theirs = LogisticRegression()
    theirs.classes_, theirs.coef_, theirs.intercept_ = ours.classes_, ours.coef_, ours.intercept_
    theirs.n_features_in_ = X.shape[1]
    return ours, theirs


def margin_query(model, X):
    """A callable that picks ten rows by the margin rule out of all rows of X."""
    state = Round(model, X, NOTHING, NOTHING, np.arange(len(X)), 10, np.random.default_rng(0))
    return partial(smallest_margin, state)


def plain_query(model, X):
    proba = np.partition(model.predict_proba(X), -2, axis=1)
    return np.argpartition(proba[:, -1] - proba[:, -2], 10)[:10]


def peak_mib(run):
    """Largest memory, in MiB, that numpy and Python held at a time during run()."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def pool(args):
    rows, X = [], np.random.default_rng(0).random((1_000_000, 64))
    model, peer = fitted(X)
    for n in (10_000, 100_000, 1_000_000):
        ours, theirs = margin_query(model, X[:n]), partial(plain_query, peer, X[:n])
        timed = medians({run: partial(seconds, run) for run in (ours, theirs)}, args.repeats)
        same = set(ours()) == set(theirs())
        rows.append((n, timed[theirs], timed[ours], timed[ours] / timed[theirs], peak_mib(theirs)))
        rows[-1] += (peak_mib(ours), "yes" if same else "NO")
    columns = ["pool", "plain numpy (s)", "this project (s)", "ratio", "plain peak (MiB)", "our peak (MiB)"]
    show("(e) one margin query of 10 rows, 64 columns, 10 classes", rows, [*columns, "same rows"])
    memmap_query(X, margin_query(model, X)())


CAPPED = """
import resource, sys, numpy as np, psutil, speed
X = np.memmap(sys.argv[1], dtype=np.float64, mode="r").reshape(-1, 64)
model, _ = speed.fitted(X)
cap = psutil.Process().memory_info().data + 2**20 * int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_DATA, (cap, cap))
print(*speed.margin_query(model, X)())
"""


def memmap_query(X, expected, cap=64):
    """The same query on a file several times larger than the memory that its process may still take."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pool.dat")
        X.tofile(path)
        command = [sys.executable, "-c", CAPPED, path, str(cap)]
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=300
        )
    same = [int(row) for row in done.stdout.split()] == list(expected)
    print(f"numpy.memmap of {X.nbytes / 2**20:.0f} MiB with {cap} MiB of memory left: same rows: {same}")


# --- (f) growth --------------------------------------------------------------------------------------


def growth(args):
    """Seconds of studies that vary one thing at a time, and a model of three constants behind them."""
    base = dict(pool=2000, budget=300, classes=10, splits=4, jobs=1)
    changes = [dict(pool=n) for n in (1000, 8000)] + [dict(budget=n) for n in (100, 600)]
    changes += [dict(classes=5), dict(splits=12), dict(splits=12, jobs=2)]
    works = [base, *(base | change for change in changes)]
    growth_run(**works[-1])  # the processes start here
    timed = medians({i: partial(growth_run, **work) for i, work in enumerate(works)}, args.repeats)
    features, measured = np.array([model_terms(**work) for work in works]), np.array([*timed.values()])
    constants, _ = nnls(features / measured[:, None], np.ones(len(works)))  # relative errors count
    rows = [(*work.values(), t, p) for work, t, p in zip(works, measured, features @ constants, strict=True)]
    show(
        f"(f) margin on 64 columns, wall clock, medians of {args.repeats}",
        rows,
        [*base, "seconds", "model (s)"],
    )
    a, b, c = constants
    print(f"model: seconds = rounds / jobs x ({1e3 * a:.2f} ms + {1e9 * b:.2f} ns x mean labels x weights")
    print(f"       + {1e9 * c:.2f} ns x mean pool rows x weights), weights = classes x 65")


def growth_run(pool, budget, classes, splits, jobs):
    """Wall-clock seconds of one study of the margin rule."""
    settings = dict(n_samples=pool + 1000, n_features=64, n_informative=20, n_classes=classes)
    dataset = al.load_dataset("synthetic", **settings)
    run = partial(al.run_histories, dataset, "margin", n_splits=splits, budget=budget, n_jobs=jobs)
    return seconds(partial(run, test_size=1000), time.perf_counter)


def model_terms(pool, budget, classes, splits, jobs):
    """What the model's three constants are multiplied by."""
    rounds, weights = splits * (budget - 2 * classes) / 10 / jobs, 65 * classes
    return rounds, rounds * budget / 2 * weights, rounds * (pool - budget / 2) * weights


# --- the figure --------------------------------------------------------------------------------------


def figure(table, n_splits):
    """Write figures/speed.png and .svg from the table of (b)."""
    took = table.set_index("study")["processor (s)"] / 2
    _, ax = al.new_figure(figsize=(9, 3.2))
    al.plot_speed(took, "this project", ax)
    times = took["plain loop"] / took["this project"]
    finding = f"The study takes {took['this project']:.0f} s, a plain loop {times:.1f} times as long"
    measured = "" if n_splits == 100 else f", scaled up from {n_splits} splits"
    caption = f"digits, 100 splits x 4 rules x 29 rounds, processor seconds, 2 processes{measured}"
    al.title(ax, finding, caption)
    alt = f"{finding}; a bar of seconds for each program"
    al.show_figure(ax, "speed", alt, folder=Path(__file__).parents[2] / "figures")


def rules_figure(costs):
    """Write figures/4_query_cost.png and .svg, which the appendix shows."""
    _, ax = al.new_figure(figsize=(9, 4.6))
    al.plot_query_cost(costs, ax)
    slowest = costs.loc[costs["ms"].idxmax()]
    limit = np.ceil(slowest["ms"] / 100) / 10
    finding = f"Every query takes less than {limit:.1f} s, even in a pool of {slowest['pool']:,}"
    al.title(
        ax, finding, "median time of one query of 10 rows, 64 columns, 10 classes, one thread, one machine"
    )
    al.show_figure(ax, "4_query_cost", finding, folder=Path(__file__).parents[2] / "figures")


def rules(args):
    """Milliseconds per query of every rule, batch 10: the report's pool, and one of 20,000 rows."""
    rows = [*query_times(1237, 60, args.repeats), *query_times(20_000, 300, args.repeats)]
    return show("One query of 10 rows", rows, ["strategy", "pool", "ms"])


def query_times(pool, labeled, repeats):
    """(strategy, pool, ms) of every rule on digits-like rows, drawn with noise from digits."""
    digits, rng = al.load_dataset("digits"), np.random.default_rng(0)
    rows = rng.integers(len(digits.y), size=pool + labeled)
    X, y = digits.X[rows] + rng.normal(scale=0.05, size=(len(rows), 64)), digits.y[rows]
    known = np.arange(labeled)
    model = default_model().fit(X[known], y[known])

    def query(rule):
        seen = Round(model, X, known, y[known], np.arange(labeled, len(rows)), 10, np.random.default_rng(0))
        return seconds(lambda: rule(seen))

    times = medians({name: partial(query, rule) for name, rule in al.STRATEGIES.items()}, repeats)
    return [(name, pool, 1e3 * spent) for name, spent in times.items()]


SECTIONS = {
    "rules": rules,
    "fit": fit,
    "study": study,
    "outside": outside,
    "jobs": jobs,
    "pool": pool,
    "growth": growth,
    "report": report,
}


def main():
    parser = argparse.ArgumentParser(description="How fast is it?")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--splits", type=int, default=100, help="of the study; fewer are scaled up to 100")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--figure", action="store_true", help="write the figures of what was measured")
    args = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, numpy {np.__version__}", flush=True)
    tables = {name: SECTIONS[name](args) for name in args.only}
    if args.figure and "study" in tables:
        figure(tables["study"], args.splits)
    if args.figure and "rules" in tables:
        rules_figure(tables["rules"])


if __name__ == "__main__":
    main()
