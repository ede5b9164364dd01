"""Does the interval for other rows of the same kind hold other rows of the same kind? Prints its coverage.

    python tests/bench_new_rows.py [--data-sets 80] [--splits 50] [--generators quantiles unbalanced curved]

Each generator makes any number of data sets of fresh rows. On each we do what the report does: a study, its
parts, the interval for new rows; then we look up what the same study showed on every other data set of the
generator. None of them served to design the interval; `synthetic` is the report's own.
Takes about 4 s a data set.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import make_classification, make_gaussian_quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))
import al_helpers as al

ROWS = 1000
TARGETS = dict.fromkeys(["quantiles", "unbalanced", "curved", "synthetic"], 0.85)
STUDY = dict(batch=10, budget=300)


def make_rows(generator, n, random_state):
    """n fresh rows (X, y) of one of TARGETS, all of one population."""
    if generator == "quantiles":  # three shells around the origin, told apart by squares
        X, y = make_gaussian_quantiles(
            n_samples=n, n_features=4, n_classes=3, shuffle=True, random_state=random_state
        )
        return np.hstack([X, X**2]), y
    if generator == "synthetic":
        dataset = al.load_dataset("synthetic", n_samples=n, random_state=random_state)
        return dataset.X, dataset.y
    if generator == "unbalanced":  # five classes, the rarest 5 % of the rows
        return make_classification(
            n_samples=n,
            n_features=16,
            n_informative=8,
            n_redundant=4,
            n_classes=5,
            n_clusters_per_class=1,
            weights=[0.4, 0.25, 0.2, 0.1, 0.05],
            flip_y=0.02,
            class_sep=1.6,
            random_state=random_state,
        )
    rng = np.random.default_rng(random_state)  # two classes either side of a wave, with noise columns
    X = rng.uniform(-2, 2, size=(n, 6))
    y = X[:, 1] + rng.normal(scale=0.35, size=n) > np.sin(2 * X[:, 0])
    return np.hstack([X, np.sin(2 * X)]), y.astype(int)


def one_data_set(X, y, target, n_splits, random_state):
    """The saving of margin with its two intervals: a row of summarise."""
    dataset = al.Dataset("fresh rows", X, y)
    settings = STUDY | dict(n_splits=n_splits, random_state=random_state, n_jobs=1, stop_at=target)
    curves = al.run_study(dataset, ["random", "margin"], **settings)
    parts = al.run_parts(dataset, ["random", "margin"], **settings)
    return al.summarise(curves, target, parts=parts).loc["margin"]


def coverage(rows, low, high):
    """Share of pairs of data sets in which the interval of one holds the saving of the other, both known."""
    table = np.array([[row["saving"], row[low], row[high]] for row in rows])
    table = table[np.isfinite(table).all(axis=1)]
    held = (table[:, [1]] <= table[:, 0]) & (table[:, 0] <= table[:, [2]])
    np.fill_diagonal(held, False)
    return held.sum() / (len(table) * (len(table) - 1)), len(table), np.median(table[:, 2] - table[:, 1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-sets", type=int, default=80)
    parser.add_argument("--splits", type=int, default=50)
    parser.add_argument("--generators", nargs="+", choices=TARGETS, default=list(TARGETS))
    args = parser.parse_args()
    print("generator   data sets  median saving  interval    coverage  width", flush=True)
    for generator in args.generators:
        X, y = make_rows(generator, ROWS * args.data_sets, random_state=2026)
        rows = [
            one_data_set(X[part], y[part], TARGETS[generator], args.splits, random_state=part.start)
            for part in (slice(i * ROWS, (i + 1) * ROWS) for i in range(args.data_sets))
        ]
        for what, name in (("other splits", "saving"), ("new rows", "new_rows")):
            held, n, width = coverage(rows, f"{name}_low", f"{name}_high")
            middle = np.median([row["saving"] for row in rows])
            print(f"{generator:11} {n:9} {middle:14.0%}  {what:12} {held:7.1%}  {width:5.2f}", flush=True)


if __name__ == "__main__":
    main()
