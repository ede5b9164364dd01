"""Does the interval of the saving hold what it promises? Prints its coverage, A/A alarms and width.

    python tests/benchmarks/coverage.py [--splits 2000] [--cache FOLDER]

A large population of splits stands for the truth; thousands of studies of 20, 50 and 100 splits are drawn
from it, with replacement, so that each is a fair sample. Takes some minutes for each population.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))
import al_helpers as al
from active_learning.statistics.curves import by_split
from active_learning.statistics.savings import saving_of
from active_learning.strategies.base import random_rows

TARGETS = {"digits": 0.9, "synthetic": 0.85}
RULES = {"digits": ("margin", "least_confidence", "entropy"), "synthetic": ("margin", "core_set")}


def population(name, batch, n_splits, folder=None):
    """Interpolated labels to target of n_splits splits: two runs of random, and the rules."""
    file = folder and Path(folder) / f"{name}_{batch}_{n_splits}.parquet"
    if file and file.exists():
        curves = pd.read_parquet(file)
    else:
        rules = {"random": random_rows, "again": random_rows}
        rules |= {rule: al.STRATEGIES[rule] for rule in RULES[name]}
        settings = dict(n_splits=n_splits, batch=batch, budget=600, stop_at=TARGETS[name])
        curves = al.run_study(al.load_dataset(name), rules, **settings)
        if file:
            curves.to_parquet(file)
    return by_split(al.labels_to_target(curves, TARGETS[name], interpolate=True))


def coverage(needed, rule, n, *, censored=0.0, n_studies=1000, seed=0):
    """(coverage, share of intervals that exclude 0, median width) over studies of n splits.

    needed: table of population; rule: its column, against random; censored: share of all runs cut off
    """
    rng = np.random.default_rng(seed)
    pair = needed[[rule, "random"]].to_numpy()
    if rule == "again":  # no difference exists: each pair in both orders
        pair = np.vstack([pair, pair[:, ::-1]])
    budget = np.quantile(pair, 1 - censored)
    truth = saving_of(*[np.log(pair[:, 0]) - np.log(pair[:, 1])] * 2).estimate
    seen = np.where(pair > budget, np.inf, pair)
    studies = (seen[rng.integers(len(seen), size=n)] for _ in range(n_studies))
    found = [al.paired_saving(*study.T, budget) for study in studies]
    held = np.mean([saving.low <= truth <= saving.high for saving in found])
    shown = np.mean([not saving.low <= 0 <= saving.high for saving in found])
    return held, shown, np.median([saving.high - saving.low for saving in found])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--splits", type=int, default=2000)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--batches", type=int, nargs="+", default=[10, 2, 1])
    parser.add_argument("--names", nargs="+", default=list(TARGETS))
    parser.add_argument("--cache")
    args = parser.parse_args()
    print("population           n    censored  against random     coverage  excludes 0  width", flush=True)
    for name in args.names:
        for batch in args.batches:
            needed = population(name, batch, args.splits, args.cache)
            for rule in ("again", *RULES[name]):
                for n, censored in ((20, 0), (50, 0), (100, 0), (100, 1 / 3)):
                    cell = coverage(needed, rule, n, censored=censored, n_studies=args.studies)
                    numbers = f"{cell[0]:8.1%}  {cell[1]:10.1%}  {cell[2]:5.3f}"
                    where = f"{name}, batch {batch}"
                    print(f"{where:20} {n:4} {censored:9.0%}  {rule:17} {numbers}", flush=True)


if __name__ == "__main__":
    main()
