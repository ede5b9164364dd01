"""Labelling jobs replayed with audit rows: does the score's interval hold the truth, and what do they cost?

    python tests/benchmarks/replay_score.py OUTPUT.csv [--jobs 200] [--rounds 10] [--sets digits wine ...]
        [--tables FOLDER]

A job starts from nothing and follows the product's advice: random rows at first, then the recommended rule; 2
of 10 rows are audit rows, which its model does not see. A row of OUTPUT.csv is a job: each score and its
truth, a score on all labelled rows (cross-validation), and the accuracy of the same job without audit rows.
Rows are appended: a run that was stopped goes on.
"""

import argparse
import sys
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone

import al_helpers as al
from active_learning._arrays import take
from active_learning.labelling import score as scoring
from active_learning.labelling.draw import START
from active_learning.labelling.plan import table_model
from active_learning.models.registry import fit, make_model
from active_learning.strategies.base import Round

BATCH, SHARE, MOST = 10, 0.2, 2500  # rows a round; audit rows among them; rows of a data set at the most
BUNDLED = ("digits", "breast_cancer", "wine", "synthetic", "unbalanced", "docstrings")
TABLES = {
    "sms_spam": "Category", "telco_churn": "Churn", "titanic": "survived", "pinguinos": "especie",
    "car_evaluation": "class", "mushrooms": "class", "activity": "classe", "crops": "crop",
    "relationships": "It became a relationship", "restaurant_reviews": "Liked", "news": "category",
}  # fmt: skip


def load(name, folder):
    """The features (n, d) and classes (n,) of a data set."""
    if name in BUNDLED:
        dataset = al.load_dataset(name)
        X, y = dataset.X, dataset.y
    else:
        table = al.load_table(Path(folder) / f"{name}.csv", TABLES[name], drop=DROP.get(name, ()))
        rows = np.flatnonzero(table.labeled)[:MOST]
        X = table_model(table)[0].fit_transform(take(table.X, rows))
        y = table.y[rows].astype(str)
    rows = np.arange(len(y))[:MOST]
    return np.asarray(take(X, rows)), np.unique(y[rows], return_inverse=True)[1]


DROP = {"titanic": ["alive"], "activity": [], "telco_churn": ["customerID"]}


class Job:
    """The rows of one job: how each was drawn."""

    def __init__(self, X, y, rows, share, rng):
        self.X, self.y, self.rows, self.share, self.rng = X, y, rows, share, rng
        self.drawn = {}

    def of(self, *how):
        """The rows drawn so."""
        return np.array([row for row in self.drawn if self.drawn[row] in how], dtype=int)

    def round(self):
        """Draw ten more rows, as labelling.draw does."""
        asked = len(self.drawn)
        audits = int(self.share * (asked + BATCH) + 1e-9) - int(self.share * asked + 1e-9)
        wanted = len(self.drawn) + BATCH - audits
        while len(self.drawn) < wanted:
            seen = self.of("rule", "random")
            if len(np.unique(self.y[seen])) < 2 or len(seen) < START:
                self.at_random(1, "random")
                continue
            pool = np.setdiff1d(self.rows, seen)
            model = fit(make_model(None), self.X, self.y, seen, pool)
            missing = wanted - len(self.drawn)
            picked = RULE(Round(model, self.X, seen, self.y[seen], pool, missing, self.rng))
            self.drawn |= dict.fromkeys(picked.tolist(), "rule")
        self.at_random(audits, "audit")

    def at_random(self, n, how):
        """Draw n rows of those not drawn yet."""
        left = np.setdiff1d(self.rows, [*self.drawn])
        self.drawn |= dict.fromkeys(self.rng.choice(left, n, replace=False).tolist(), how)


RULE = al.STRATEGIES[al.RECOMMENDED]


def evidence(job):
    """The Evidence of a job, its fitted model, and its rows without a label."""
    labeled, audit = np.array([*job.drawn]), job.of("audit")
    pool, others = np.setdiff1d(job.rows, labeled), job.of("rule", "random")
    known = np.where(np.isin(np.arange(len(job.y)), labeled), job.y, -1)
    model = fit(make_model(None), job.X, known, labeled, pool)
    right, sure = scoring._held_out(clone(model), job.X, known, labeled, pool, (audit, others), job.rng)
    pool_sure = scoring._guessed(model, job.X, pool)[1].mean()
    found = scoring.Evidence(
        right[audit], sure[audit], job.y[audit], pool_sure, len(pool), right[others], sure[:0]
    )
    return found, model, pool


def replay(X, y, seed, rounds):
    """One job, as a dict of numbers."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    test, rows = order[: len(y) // 3], np.sort(order[len(y) // 3 :])
    job, plain = Job(X, y, rows, SHARE, rng), Job(X, y, rows, 0.0, np.random.default_rng([*seed, 1]))
    for _ in range(rounds):
        job.round()
        plain.round()
    found, model, pool = evidence(job)
    new, rest = scoring.scores_of(found)
    row = {"labels": len(job.drawn), "n_audit": len(found.right), "n_test": len(test), "n_pool": len(pool)}
    row |= {f"new_{end}": getattr(new, end) for end in ("estimate", "low", "high")}
    row |= {f"pool_{end}": getattr(rest, end) for end in ("estimate", "low", "high")}
    row["true_new"] = (model.predict(X[test]) == y[test]).mean()
    row["true_pool"] = (model.predict(X[pool]) == y[pool]).mean()
    row["all_labels"] = np.append(found.right, found.others).mean()
    labeled = np.array([*plain.drawn])
    row["plain"] = (fit(make_model(None), X, y, labeled, pool).predict(X[test]) == y[test]).mean()
    return row


def summary(path):
    """Coverage, widths, errors and price of each data set, and of all, as a DataFrame in per cent."""
    jobs = pd.read_csv(path)
    slack = 1.96 * np.sqrt(np.maximum(jobs["true_new"] * (1 - jobs["true_new"]), 0.01) / jobs["n_test"])
    held = (jobs["new_low"] - slack <= jobs["true_new"]) & (jobs["true_new"] <= jobs["new_high"] + slack)
    jobs["new rows"] = held
    jobs["pool"] = (jobs["pool_low"] <= jobs["true_pool"]) & (jobs["true_pool"] <= jobs["pool_high"])
    jobs["half-width"] = (jobs["pool_high"] - jobs["pool_low"]) / 2
    fresh = [
        np.subtract(*scoring.clopper_pearson(p * n, n)[::-1]) / 2
        for p, n in zip(jobs["true_pool"], jobs["n_audit"], strict=True)
    ]
    jobs["of fresh rows"] = fresh
    jobs["error"] = jobs["new_estimate"] - jobs["true_new"]
    jobs["error of all labels"] = jobs["all_labels"] - jobs["true_new"]
    jobs["price"] = jobs["plain"] - jobs["true_new"]
    columns = ["new rows", "pool", "half-width", "of fresh rows", "error", "error of all labels", "price"]
    table = jobs.groupby("data")[columns].mean().mul(100)
    table.loc["all"] = jobs[columns].mean().mul(100)
    return table.assign(jobs=jobs.groupby("data").size().reindex(table.index, fill_value=len(jobs))).round(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--sets", nargs="+", default=[*BUNDLED])
    parser.add_argument("--tables", help="folder of the tables that are not bundled")
    args = parser.parse_args()
    done = pd.read_csv(args.output).groupby("data").size() if args.output.exists() else {}
    data = {name: load(name, args.tables) for name in args.sets}
    for i in range(args.jobs):
        for name, (X, y) in data.items():
            if i >= done.get(name, 0):
                seed = (zlib.crc32(name.encode()), i)
                row = replay(X, y, seed, args.rounds)
                there = args.output.exists()
                pd.DataFrame([row]).assign(data=name).to_csv(
                    args.output, mode="a", index=False, header=not there
                )
    print(summary(args.output).to_string())


if __name__ == "__main__":
    sys.exit(main())
