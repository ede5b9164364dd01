"""Ours against what a careful data scientist writes by hand, on every table of a folder. Run by hand.

    python tests/benchmarks/tables.py FOLDER LABELS.csv [--splits 5] [--rules random margin] [--save FILE]

LABELS.csv has one row per table: its `file`, its `label` column and, where there are any, its `id` column and
columns to `drop`, a semicolon between two ("" is one without a name). One line per table: the accuracy with
50, 100 and 300 labels (between two rounds on the line that joins them), ours / by hand and the mean
difference of the splits with its standard error, as percentages; the seconds of both; the peak memory of
ours. Both run on one core in a process of their own, on the same splits, which start from the same rows, test
the same rows and keep copies on one side; random buys the same rows. Seconds are of the processor, from a
table to its curves; ours include reading the file.

Counted, by a rule written before any run: a cell is a table, a rule and COUNTED labels; it is worse if the
mean of the paired differences of its splits is two of their standard errors or more below 0. Of equals chance
makes 6 % of the cells worse with 5 splits and 3 % with 20 (a t with 4 and 19 degrees of freedom), so 4 or 2
of 76. Beside it stands how many are worse when all cells of the run are allowed for (Holm, two-sided t tests,
0.05). --save appends a line of JSON a table, with the differences of every split; all its lines are counted.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import argparse
import json
import multiprocessing
import resource
import sys
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

sys.path.insert(0, str(Path(__file__).parents[2]))
import al_helpers as al
from active_learning._progress import progress

LABELS = (50, 100, 300)
COUNTED = (100, 300)


def features_by_hand(frame, seen):
    """Features (n, d) of a frame of cells as text, learnt from the rows seen, and a classifier to suit.

    Where there is a column of sentences, or of strings without blanks, it is all that is learnt from: TF-IDF
    of words, or of 1 to 4 characters. Otherwise numbers by their medians and scales, and one-hot levels.
    """
    texts = [name for name in frame if is_text(frame[name])]
    strings = [] if texts else [name for name in frame if is_string(frame[name])]
    if texts or strings:
        joined = frame[texts or strings].agg(" ".join, axis=1)
        characters = {"analyzer": "char", "ngram_range": (1, 4), "min_df": 2, "lowercase": False}
        vectors = TfidfVectorizer(sublinear_tf=bool(strings), **(characters if strings else {}))
        return vectors.fit(joined.iloc[seen]).transform(joined), LogisticRegression(C=10, max_iter=1000)
    numbers = frame.apply(lambda column: pd.to_numeric(column.str.replace(",", "."), errors="coerce"))
    numeric = numbers.notna().sum() >= 0.95 * (frame != "").sum()
    levels = frame.columns[~numeric & (frame.nunique() < len(frame) / 2)]
    frame = pd.concat([numbers.loc[:, numeric], frame[levels]], axis=1)
    scale = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    encoder = make_column_transformer((scale, [*numeric.index[numeric]]), (one_hot, [*levels]))
    return encoder.fit(frame.iloc[seen]).transform(frame), LogisticRegression(max_iter=1000)


def is_text(column):
    """Whether most cells differ and the usual one has three words or more."""
    return column.nunique() > len(column) / 2 and column.str.split().str.len().median() >= 3


def is_string(column):
    """Whether most cells differ, are long, hold no blanks and are neither numbers nor dates."""
    filled = column[column != ""]
    if not len(column) / 2 < filled.nunique() or filled.str.len().median() < 8:
        return False
    if (
        filled.str.split().str.len().median() >= 3
        or pd.to_numeric(filled, errors="coerce").notna().mean() > 0.5
    ):
        return False
    return pd.to_datetime(filled.iloc[:50], errors="coerce", format="mixed").notna().mean() < 0.5


def curve_by_hand(X, y, split, model, rule, rng, *, batch, budget):
    """Labels and test accuracy (2, r) of a loop that fits, scores and buys until the budget is spent."""
    labeled, pool, curve = split.seed, split.pool, []
    while True:
        model.fit(X[labeled], y[labeled])
        curve.append((len(labeled), np.mean(model.predict(X[split.test]) == y[split.test])))
        wanted = min(batch, budget - len(labeled), len(pool))
        if wanted == 0:
            return np.transpose(curve)
        bought = BY_HAND[rule](model, X, pool, wanted, rng)
        labeled, pool = np.concatenate([labeled, bought]), np.setdiff1d(pool, bought)


def gaps(model, X, pool):
    """The gap between the two largest probabilities of each row of the pool."""
    best = np.sort(model.predict_proba(X[pool]), axis=1)
    return best[:, -1] - best[:, -2]


def diverse_by_hand(model, X, pool, wanted, rng):
    """The rows nearest to the centres of a weighted k-means over the 10 x wanted rows of smallest gap."""
    gap = gaps(model, X, pool)
    near = np.argsort(gap)[: 10 * wanted]
    A = X[pool[near]]
    clusters = KMeans(wanted, random_state=rng.integers(2**31)).fit(A, sample_weight=1 - gap[near])
    nearest = np.unique(clusters.transform(A).argmin(axis=0))
    others = np.setdiff1d(np.arange(len(near)), nearest)  # two centres may share their nearest row
    return pool[near[np.concatenate([nearest, others])[:wanted]]]


def entropy_by_hand(model, X, pool, wanted, rng):
    proba = model.predict_proba(X[pool])
    return pool[np.argsort(np.sum(proba * np.log(np.maximum(proba, 1e-300)), axis=1))[:wanted]]


BY_HAND = {
    "random": lambda model, X, pool, wanted, rng: rng.choice(pool, wanted, replace=False),
    "least_confidence": lambda model, X, pool, wanted, rng: pool[
        np.argsort(model.predict_proba(X[pool]).max(axis=1))[:wanted]
    ],
    "margin": lambda model, X, pool, wanted, rng: pool[np.argsort(gaps(model, X, pool))[:wanted]],
    "entropy": entropy_by_hand,
    "diverse_margin": diverse_by_hand,
}


def study_by_hand(frame, dataset, rules, n_splits, *, seed_per_class, test_size, batch, budget):
    """Accuracies at LABELS by rule (n_splits, 3), by chance as in run_study: random buys the same rows."""
    y, depend = dataset.y, {"groups": dataset.groups, "times": dataset.times}
    found = {rule: [] for rule in rules}
    for number in progress(range(n_splits), n_splits):
        seed = np.random.SeedSequence([0, number])
        sizes = {"seed_per_class": seed_per_class, "test_size": test_size}
        split = al.split_dataset(y, **sizes, **depend, random_state=seed)
        X, model = features_by_hand(frame, np.sort(np.concatenate([split.seed, split.pool])))
        for rule in rules:
            rng = np.random.default_rng(np.random.SeedSequence([0, number, zlib.crc32(rule.encode())]))
            curve = curve_by_hand(X, y, split, model, rule, rng, batch=batch, budget=budget)
            found[rule].append(at_labels(*curve))
    return {rule: np.array(each) for rule, each in found.items()}


def at_labels(n_labels, accuracy):
    """Accuracies of a curve at LABELS, NaN where it does not reach."""
    return np.interp(LABELS, n_labels, accuracy, left=np.nan, right=np.nan)


def compare(path, label, id_column, drop, rules, n_splits):
    """Both studies of one table: dict of accuracies by rule (n_splits, 3), seconds, MiB and notes."""
    start = time.process_time()
    table = al.load_table(path, label, id_column=id_column, drop=drop)
    dataset, settings, _, sentences = al.plan_study(table, target=0.9)
    histories = al.run_histories(dataset, rules, n_splits=n_splits, n_jobs=1, **settings)
    curves = {key: at_labels(run.n_labels, run.accuracy) for key, run in histories.items()}
    ours = {rule: np.array([curves[rule, number] for number in range(n_splits)]) for rule in rules}
    seconds = [time.process_time() - start]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    rows = table.labeled & np.isin(table.y.astype(str), dataset.y)
    left_out = [label, *drop, *([id_column] if id_column else [])]
    frame = table.frame.drop(columns=left_out)[rows].reset_index(drop=True)
    frame = frame.astype(object).fillna("").astype(str)
    sizes = {name: settings[name] for name in ("seed_per_class", "test_size", "batch", "budget")}
    start = time.process_time()
    by_hand = study_by_hand(frame, dataset, rules, n_splits, **sizes)
    seconds.append(time.process_time() - start)
    found = {"ours": ours, "by_hand": by_hand, "seconds": seconds, "peak": peak, "y": dataset.y}
    return found | {"notes": [*table.notes, *sentences]}


def line_of(found):
    """A table's line: sizes, the accuracies of both and their difference, seconds, memory."""
    cells = [
        accuracy_cell(found["ours"][rule][:, j], found["by_hand"][rule][:, j])
        for rule in found["ours"]
        for j in range(len(LABELS))
    ]
    ours, by_hand = found["seconds"]
    times = f"{ours:6.1f} {by_hand:6.1f} {ours / by_hand:5.2f}"
    sizes = f"{len(found['y']):6} {len(np.unique(found['y'])):3}"
    return f"{sizes}  {'  '.join(cells)} {times} {found['peak']:5.0f}"


def accuracy_cell(ours, by_hand):
    """Accuracies of the splits (n,) as `ours/by hand difference±its standard error`, in percent."""
    differences = 100 * (ours - by_hand)
    if np.isnan(differences).any():
        return f"{'-':<19}"
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    both = f"{100 * ours.mean():.1f}/{100 * by_hand.mean():.1f}"
    return f"{both:<9} {differences.mean():+5.1f}±{error:3.1f}"


def cells_of(path, found):
    """The cells of a table that are counted: dict of `table rule labels` to differences in points."""
    points = {rule: 100 * (found["ours"][rule] - found["by_hand"][rule]) for rule in found["ours"]}
    return {
        f"{path.name} {rule} {n}": points[rule][:, LABELS.index(n)].tolist()
        for rule in points
        for n in COUNTED
        if not np.isnan(points[rule][:, LABELS.index(n)]).any()
    }


def counted(cells):
    """Lines on the cells (dict of differences) that are worse, and how many are when all are allowed for."""
    worse, p_values = [], {}
    for name, differences in cells.items():
        mean, error = np.mean(differences), stats.sem(differences)
        p_values[name] = stats.ttest_1samp(differences, 0).pvalue if error > 0 else float(mean == 0)
        if mean < 0 and mean <= -2 * error:
            worse.append(
                f"{name}: {mean:+.2f} ± {error:.2f} ({len(differences)} splits, p = {p_values[name]:.2g})"
            )
    still = [name for name, p in holm(p_values).items() if p <= 0.05 and np.mean(cells[name]) < 0]
    return [
        f"worse: {len(worse)} of {len(cells)} cells; after Holm {len(still)} {still or ''}".rstrip(),
        *worse,
    ]


def holm(p_values):
    """p values by name, allowing for all of them (Holm 1979)."""
    names = sorted(p_values, key=p_values.get)
    raised = np.array([p_values[name] for name in names]) * np.arange(len(names), 0, -1)
    return dict(zip(names, np.minimum(np.maximum.accumulate(raised), 1), strict=True))


def read_labels_file(path, folder):
    """Rows (path, label, id column or None, columns to drop) of LABELS.csv; ValueError if it names none."""
    known = pd.read_csv(path, dtype=str, keep_default_na=False).rename(columns=str.strip)
    if lacking := {"file", "label"} - {*known}:
        raise ValueError(f"{path} needs the columns file and label; it lacks {', '.join(sorted(lacking))}")
    if known.empty:
        raise ValueError(f"{path} names no table")
    known = known.reindex(columns=["file", "label", "id", "drop"], fill_value="")
    return [
        (
            Path(folder, row.file.strip()),
            row.label,
            row.id or None,
            ["" if n == '""' else n for n in row.drop.split(";") if n],
        )
        for row in known.itertuples(index=False)
    ]


def compare_all(jobs, rules, n_splits):
    """Yield (path, what compare found or the exception) of every table, each in a process of its own."""
    forks = "forkserver" in multiprocessing.get_all_start_methods()  # which has imported what each needs
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    context.set_forkserver_preload([__name__])
    fresh = dict(max_workers=1, mp_context=context)
    for number, (path, *how) in enumerate(jobs, 1):
        print(f"{number}/{len(jobs)} {path.name} ...", file=sys.stderr, flush=True)
        with ProcessPoolExecutor(**fresh) as pool:  # a table that kills its process is a line too
            try:
                yield path, pool.submit(compare, path, *how, rules, n_splits).result()
            except Exception as error:  # whatever it is, the other tables are measured
                yield path, error


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", help="of CSV or Parquet files")
    parser.add_argument("labels", help="CSV with the columns file, label, and perhaps id and drop")
    parser.add_argument("--splits", type=int, default=5, help="how many, 2 or more (5)")
    parser.add_argument("--rules", nargs="+", choices=BY_HAND, default=["random", "margin"], metavar="RULE")
    parser.add_argument("--notes", action="store_true", help="also what was decided on each table")
    parser.add_argument("--save", type=Path, help="a file that a line of JSON a table is appended to")
    args = parser.parse_args(argv)
    if args.splits < 2:
        parser.error(f"--splits must be at least 2 for a standard error, got {args.splits}")
    if not Path(args.folder).is_dir():
        parser.error(f"{args.folder} is not a folder")
    try:
        jobs = read_labels_file(args.labels, args.folder)
    except (OSError, ValueError) as error:
        parser.error(" ".join(str(error).split()))
    header = "  ".join(f"{f'{rule} {n}':<19}" for rule in args.rules for n in LABELS)
    print(f"{'table':24}  rows   k  {header} s ours  hand ratio   MiB", flush=True)
    cells = {}
    for path, found in compare_all(jobs, args.rules, args.splits):
        failed = isinstance(found, Exception)
        said = f"failed: {' '.join(str(found).split()) or type(found).__name__}" if failed else line_of(found)
        print(f"{path.name:24}{said}", flush=True)
        for note in found["notes"] if args.notes and not failed else ():
            print(f"    {note}", flush=True)
        cells |= {} if failed else cells_of(path, found)
        if args.save and not failed:
            with args.save.open("a") as file:
                file.write(json.dumps(cells_of(path, found)) + "\n")
    if args.save and args.save.exists():
        cells = {name: each for line in args.save.open() for name, each in json.loads(line).items()} | cells
    print("\n".join(counted(cells)))


if __name__ == "__main__":
    main()
