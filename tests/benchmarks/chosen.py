"""How often random labels are taken for rows that a rule chose, and how often a rule's are found.

    python tests/benchmarks/chosen.py OUTPUT.csv [--sets digits wine ...] [--tables FOLDER] [--jobs 20]

Of each data set 150 rows are labelled: at random, or 30 at random and 120 by a rule in rounds of ten. A row
of OUTPUT.csv is a set of labels, and the p-value that its margins have.
"""

import argparse
import sys
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from replay_score import BUNDLED, load

import al_helpers as al
from active_learning.labelling.chosen import LEVEL, chance_of_margins
from active_learning.models.registry import fit, make_model
from active_learning.strategies.base import Round

RULES = ("random", "margin", "least_confidence", al.RECOMMENDED)


def labelled(X, y, rule, rng, start=30, rounds=12, batch=10):
    """The rows that a job has labelled."""
    rows = rng.choice(len(y), start + rounds * batch * (rule == "random"), replace=False)
    while len(rows) < start + rounds * batch:
        pool = np.setdiff1d(np.arange(len(y)), rows)
        model = fit(make_model(None), X, y, rows, pool)
        picked = al.STRATEGIES[rule](Round(model, X, rows, y[rows], pool, batch, rng))
        rows = np.append(rows, picked)
    return np.sort(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--sets", nargs="+", default=[*BUNDLED])
    parser.add_argument("--tables")
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--rules", nargs="+", default=[*RULES])
    args = parser.parse_args()
    for name in args.sets:
        X, y = load(name, args.tables)
        for rule in args.rules:
            for i in range(args.jobs):
                rng = np.random.default_rng((zlib.crc32(name.encode()), i))
                rows = labelled(X, y, rule, rng)
                pool = np.setdiff1d(np.arange(len(y)), rows)
                p = chance_of_margins(make_model(None), X, y, rows, pool, rng)
                row = pd.DataFrame([{"data": name, "rule": rule, "job": i, "p": round(p, 5)}])
                row.to_csv(args.output, mode="a", index=False, header=not args.output.exists())
    found = pd.read_csv(args.output)
    found["found"] = 100.0 * (found["p"] <= LEVEL)
    print(found.pivot_table(index="data", columns="rule", values="found", margins=True).round(0).to_string())


if __name__ == "__main__":
    sys.exit(main())
