"""How near were the pinned rules to buying other rows on another machine?

    python tests/integration/tie_audit.py [write]

At each round of a rule that ranks by a score: the gap between the score of the last row bought and that of
the first one not bought; against the noise, the largest difference between the scores of that round under any
two of OpenBLAS's kernels, one thread and two. `write` keeps the result in pins.json.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from pins import FILE, machine

import al_helpers as al
from active_learning.strategies import base as rules
from active_learning.strategies import batch as batch_rules

KERNELS = ["Prescott", "Nehalem", "Sandybridge", "Haswell", "SkylakeX"]
RANKING = ["least_confidence", "margin", "entropy", "power_margin", "committee", "density_margin"]
SETTINGS = {"digits": dict(n_splits=5, budget=150), "synthetic": dict(n_splits=5, budget=150)}


def recorded_scores(name, rule):
    """The scores (rounds, pool) that the rule ranked by, -inf where a row was no longer in the pool."""
    rounds, rows_of_top = [], rules.top_rows

    def recording(scores, rows, batch):
        bought = rows_of_top(scores, rows, batch)
        at = np.full(len(dataset.y), -np.inf)
        at[rows] = scores
        rounds.append(at)
        return bought

    dataset = al.load_dataset(name)
    rules.top_rows = batch_rules.top_rows = recording
    try:
        al.run_histories(dataset, rule, n_jobs=1, **SETTINGS[name])
    finally:
        rules.top_rows = batch_rules.top_rows = rows_of_top
    return np.array(rounds)


def record(path):
    scores = {f"{name}/{rule}": recorded_scores(name, rule) for name in SETTINGS for rule in RANKING}
    np.savez(path, machine=json.dumps(machine()), **scores)


def gaps(scores, batch):
    """The gap (rounds,) between the last score bought and the first not bought."""
    ranked = -np.sort(-scores, axis=1)[:, : batch + 1]
    return ranked[:, -2] - ranked[:, -1]


def audit(runs):
    """Of each data set and rule, the round that was nearest to a tie: its gap, its noise, and their ratio.

    runs: kernel and threads -> its scores
    returns: dict data set -> rule -> numbers; "times the noise" of 1 or less means that a kernel decides
    """
    pairs = {
        name: {rule: [run[f"{name}/{rule}"] for run in runs.values()] for rule in RANKING}
        for name in SETTINGS
    }
    return {name: {rule: nearest(scores) for rule, scores in rules.items()} for name, rules in pairs.items()}


def nearest(scores, batch=10):
    """The nearest round, as audit returns it; scores: a list of arrays (rounds, rows), one a kernel."""
    gap = np.min([gaps(each, batch) for each in scores], axis=0)
    noise = np.ptp(np.where(np.isinf(scores), 0.0, scores), axis=0).max(axis=1)
    noise = np.maximum(noise, np.finfo(float).eps)
    at = int(np.argmin(gap / noise))
    numbers = {"gap": gap[at], "noise": noise[at], "times the noise": gap[at] / noise[at]}
    below = {"rounds": len(gap), "rounds below 10 times": int((gap < 10 * noise).sum())}
    return below | {name: float(f"{number:.2g}") for name, number in numbers.items()}


def main(write):
    runs, seen = {}, []
    with tempfile.TemporaryDirectory() as folder:
        for kernel, threads in [(kernel, threads) for kernel in KERNELS for threads in "12"]:
            path = Path(folder, f"{kernel}{threads}.npz")
            settings = dict(OPENBLAS_CORETYPE=kernel, OMP_NUM_THREADS=threads, OPENBLAS_NUM_THREADS=threads)
            if subprocess.run(
                [sys.executable, __file__, "record", path], env=os.environ | settings
            ).returncode:
                print(f"{kernel}: not on this processor")
                continue
            with np.load(path) as file:
                runs[kernel, threads] = dict(file)
            seen += json.loads(str(runs[kernel, threads].pop("machine")))["kernels"]
    result = {"kernels": sorted(set(seen)), "threads": [1, 2], "rules": audit(runs)}
    if write:
        FILE.write_text(json.dumps(json.loads(FILE.read_text()) | {"ties": result}, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    record(sys.argv[2]) if sys.argv[1:2] == ["record"] else main(sys.argv[1:] == ["write"])
