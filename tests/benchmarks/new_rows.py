"""Does the interval for other rows of the same kind hold other rows of the same kind? Prints its coverage.

    python tests/benchmarks/new_rows.py [--data-sets 100] [--splits 50] [--seed 2026]
        [--generators synthetic ...]

Each generator is a population, of which each data set is a thousand fresh rows. On each we do what the report
does: a study, its parts, the interval for new rows; then we look up what the same study showed on every other
data set. The target is what most runs of random reach with 70 labels on rows that are then left out. By the
first four it was chosen how much of the parts' noise is taken off (savings.NOISE), not by the other two.
Takes about 2 s a data set.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import make_classification, make_gaussian_quantiles

sys.path.insert(0, str(Path(__file__).parents[2]))
import al_helpers as al
from active_learning.study.study import run_parts

ROWS, MOST = 1000, 150  # of a data set; data sets of a population
GENERATORS = ("synthetic", "unbalanced", "quantiles", "curved", "blobs", "heavy_tails")
STUDY = dict(batch=10, budget=300)


def make_rows(generator, n, random_state):
    """n fresh rows (X, y) of one of GENERATORS, all of one population."""
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
    rng = np.random.default_rng(random_state)
    if generator == "blobs":  # four classes in 60 columns, of which each says a little
        y = rng.integers(4, size=n)
        return 0.45 * rng.normal(size=(4, 60))[y] + rng.normal(size=(n, 60)), y
    if generator == "heavy_tails":  # a rarer class, half of it easy to tell, and outliers
        y = (rng.random(n) < 0.3).astype(int)
        X = rng.standard_t(3, size=(n, 8))
        X[:, 0] += 2 * y
        X[:, 1] -= 1.5 * y * (rng.random(n) < 0.5)
        return X, y
    # two classes either side of a wave, with noise columns
    X = rng.uniform(-2, 2, size=(n, 6))
    y = X[:, 1] + rng.normal(scale=0.35, size=n) > np.sin(2 * X[:, 0])
    return np.hstack([X, np.sin(2 * X)]), y.astype(int)


def one_data_set(X, y, target, n_splits, random_state):
    """The saving of margin with its two intervals: a row of summarise."""
    dataset = al.Dataset("fresh rows", X, y)
    settings = STUDY | dict(n_splits=n_splits, random_state=random_state, n_jobs=1, stop_at=target)
    curves = al.run_study(dataset, ["random", "margin"], **settings)
    parts = run_parts(dataset, ["random", "margin"], **settings)
    return al.summarise(curves, target, parts=parts).loc["margin"]


def measured(generator, n_data_sets, n_splits, seed=2026):
    """one_data_set of so many data sets, MOST at the most, of one population, which the seed picks."""
    X, y = make_rows(generator, ROWS * (MOST + 1), random_state=seed)
    *parts, first = [slice(start, start + ROWS) for start in range(0, len(y), ROWS)]
    target = usual_target(al.Dataset("rows left out", X[first], y[first]))
    return [one_data_set(X[p], y[p], target, n_splits, random_state=p.start) for p in parts[:n_data_sets]]


def usual_target(dataset):
    """What most runs of random reach with 70 labels, in whole percents."""
    curves = al.run_study(dataset, "random", n_splits=20, batch=10, budget=70, n_jobs=1)
    scores = curves[curves["n_labels"] == curves["n_labels"].max()]["accuracy"]
    return round(scores.mean() - scores.std(), 2)


def coverage(rows, low, high):
    """Share of pairs of data sets in which the interval of one holds the saving of the other, its standard
    error, how many data sets have both, and the usual width.

    A share over pairs errs by how intervals differ and by how what they are to hold differs.
    """
    table = np.array([[row["saving"], row[low], row[high]] for row in rows])
    table = table[np.isfinite(table).all(axis=1)]
    held = ((table[:, [1]] <= table[:, 0]) & (table[:, 0] <= table[:, [2]])).astype(float)
    n = len(held)
    np.fill_diagonal(held, 0)
    error = np.sqrt(sum(np.var(held.sum(axis) / (n - 1)) for axis in (0, 1)) / n)
    return held.sum() / (n * (n - 1)), error, n, np.median(table[:, 2] - table[:, 1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-sets", type=int, default=100)
    parser.add_argument("--splits", type=int, default=50)
    parser.add_argument("--generators", nargs="+", choices=GENERATORS, default=GENERATORS)
    parser.add_argument("--seed", type=int, default=2026, help="of the population")
    args = parser.parse_args()
    print("generator   data sets  median saving  interval      coverage      width", flush=True)
    for generator in args.generators:
        rows = measured(generator, args.data_sets, args.splits, args.seed)
        for what, name in (("other splits", "saving"), ("new rows", "new_rows")):
            held, error, n, width = coverage(rows, f"{name}_low", f"{name}_high")
            middle = np.median([row["saving"] for row in rows])
            print(
                f"{generator:11} {n:9} {middle:14.0%}  {what:12} {held:7.1%} ± {error:.1%}  {width:5.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
