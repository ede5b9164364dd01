"""Compute what one can see with the first 50 random labels of each data set of the map.

    python tests/benchmarks/map_early.py --data FOLDER

It writes active_learning/forecast/early.csv: one row per data set and user, who has labelled 2 rows of each
class and others at random, 50 in all. Nothing but these labels, the other rows without theirs, and the
default classifier is looked at. Sets with more than 12 classes are left out: the seed set takes half of the
labels.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from map import LOGISTIC, with_classifier
from map_sources import load_source, read_sources

import al_helpers as al
from active_learning._arrays import take
from active_learning.forecast.outlook import EARLY, LABELS, MOST, seen_with
from active_learning.models.registry import represented

USERS = 10


def seen_by(dataset, model, user):
    """What a user sees with LABELS labels: a dict of numbers."""
    split = al.split_dataset(dataset.y, random_state=np.random.SeedSequence([0, user]))
    classifier, X = represented(model, dataset.X, split)
    chosen = np.random.default_rng([LABELS, user]).permutation(split.pool)
    rows = np.concatenate([split.seed, chosen])[:LABELS]
    return seen_with(classifier, take(X, rows), dataset.y[rows], take(X, np.sort(split.pool)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of owner/repository/path")
    folder, rows = parser.parse_args().data, []
    sources = read_sources()
    for row in sources[sources["held_out"] == 0].itertuples(index=False):
        dataset, model = load_source(row, folder)
        if len(np.unique(dataset.y)) > MOST:
            continue
        model, started = with_classifier(model, LOGISTIC), time.process_time()
        rows += [dict(data_set=row.name, user=user) | seen_by(dataset, model, user) for user in range(USERS)]
        print(f"{row.name}: {time.process_time() - started:.0f} s", flush=True)
    pd.DataFrame(rows).round(4).to_csv(EARLY, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
