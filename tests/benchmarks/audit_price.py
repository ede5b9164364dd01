"""What audit rows cost in accuracy, and whether other ways to draw them cost less: jobs compared in pairs.

    python tests/benchmarks/audit_price.py run OUTPUT.csv [--half 0] [--ways present start ...] [--jobs 40]
        [--first 0] [--tables FOLDER]
    python tests/benchmarks/audit_price.py show OUTPUT_OF_HALF_0.csv OUTPUT_OF_HALF_1.csv

Written before the first result. The ways (WAYS), and why each may cost less:
  present     2 of 10, kept from the rule for good; the rule starts when it sees 20 rows.
  start       the rule starts when 20 rows have a label, audit rows among them: it chooses a little sooner.
  newest      the newest 7 of 10 audit rows are kept from the rule; older ones are shown to it, whatever
              their labels, so that those left are still a random sample of the rows that it has not chosen.
  start_newest  both.
  fewer       2 of 10 up to 10 audit rows, then 1 of 10.
  one         1 of 10.
  stratified  drawn so that the classes that the rule's model guesses come in the pool's shares.
For reference, not to be chosen: none (no audit rows) and shown (2 of 10 at random, shown to the rule).
The price of a way is the accuracy on rows kept out of the job without audit rows, less its own, after ten
rounds of ten. Rule: of the ways whose intervals hold in 94 % of the jobs on half 0 of SETS, for new rows and
for the pool, and are at most 1.2 times as wide as the present ones in the mean, the cheapest is tried on
half 1. It replaces the present way if its price there is lower (paired t, one-sided, p < .05), its intervals
hold in 94 % and are at most 1.2 times as wide.

What came of it stands in audit_price.csv: on half 0 fewer was the cheapest, on half 1 it was no cheaper than
the present way, which stays.
"""

import argparse
import sys
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from replay_score import BATCH, BUNDLED, RULE, SHARE, Job, evidence
from replay_score import load as load_table
from scipy.stats import ttest_rel

import al_helpers as al
from active_learning.datasets.keel import load_keel
from active_learning.labelling import score as scoring
from active_learning.labelling.draw import START
from active_learning.models.registry import fit, make_model
from active_learning.strategies.base import Round

SETS = sorted(
    [*{*BUNDLED} - {"wine"}, "car_evaluation", "crops", "restaurant_reviews", "telco_churn"]
    + [f"keel:{name}" for name in ("contraceptive", "german", "phoneme", "segment", "splice")]
    + [f"keel:{name}" for name in ("tic-tac-toe", "vehicle")]
)  # half 0: the first, third, ...
MOST, ROUNDS, NEWEST = 2000, 10, 0.7
RESULTS = Path(__file__).with_name("audit_price.csv")
WAYS = {
    "none": {"share": 0.0},
    "present": {},
    "shown": {"shown": True},
    "start": {"start_counts": True},
    "newest": {"newest": NEWEST},
    "start_newest": {"start_counts": True, "newest": NEWEST},
    "fewer": {"halved_at": 10},
    "one": {"share": 0.1},
    "stratified": {"stratified": True},
}


class Way(Job):
    """A job whose audit rows are drawn in one of WAYS."""

    def __init__(self, X, y, rows, rng, share=SHARE, **way):
        super().__init__(X, y, rows, share, rng)
        self.way, self.audits, self.model = way, 0, None

    def due(self):
        """How many of the next ten rows are audit rows."""
        most = self.way.get("halved_at", np.inf)
        asked = len(self.drawn) + BATCH
        all_of_them = int(self.share * asked + 1e-9)
        if all_of_them > most:  # half as many of the rows beyond
            all_of_them = int(most + (asked - most / self.share) * self.share / 2 + 1e-9)
        return all_of_them - self.audits

    def round(self):
        """Draw ten more rows."""
        audits = self.due()
        wanted = len(self.drawn) + BATCH - audits
        while len(self.drawn) < wanted:
            seen = self.of("rule", "random")
            counted = len(self.drawn) + audits if self.way.get("start_counts") else len(seen)
            if len(np.unique(self.y[seen])) < 2 or counted < START:
                self.at_random(1, "random")
                continue
            pool = np.setdiff1d(self.rows, seen)
            self.model = fit(make_model(None), self.X, self.y, seen, pool)
            missing = wanted - len(self.drawn)
            picked = RULE(Round(self.model, self.X, seen, self.y[seen], pool, missing, self.rng))
            self.drawn |= dict.fromkeys(picked.tolist(), "rule")
        self.draw_audits(audits)
        self.audits += audits
        if "newest" in self.way:
            hidden = self.of("audit")  # without those that the rule chose, the oldest first
            shown = max(len(hidden) - round(self.way["newest"] * self.audits), 0)
            self.drawn |= dict.fromkeys(hidden[:shown].tolist(), "random")

    def draw_audits(self, n):
        """Draw n audit rows."""
        how = "random" if self.way.get("shown") else "audit"
        if not self.way.get("stratified") or self.model is None or not n:
            return self.at_random(n, how)
        left = self.rng.permutation(np.setdiff1d(self.rows, [*self.drawn]))
        ordered = left[np.argsort(self.model.predict(self.X[left]), kind="stable")]
        places = (np.arange(n) + self.rng.random()) / n * len(left)  # systematic sampling
        self.drawn |= dict.fromkeys(ordered[places.astype(int)].tolist(), how)


def load(name, folder):
    """The features (n, d) and class codes (n,) of a data set."""
    if not name.startswith("keel:"):
        X, y = load_table(name, folder)
    else:
        dataset = al.Dataset(name, *load_keel(name[5:]))
        X, y = dataset.X, np.unique(dataset.y.astype(str), return_inverse=True)[1]
    rows = np.random.default_rng(0).permutation(len(y))[:MOST]
    return np.ascontiguousarray(np.asarray(X)[rows], dtype=float), y[rows]


def replay(X, y, seed, way):
    """One job, as a dict of numbers."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    test, rows = order[: len(y) // 3], np.sort(order[len(y) // 3 :])
    job = Way(X, y, rows, np.random.default_rng([*seed, 1]), **WAYS[way])
    for _ in range(ROUNDS):
        job.round()
    labeled = np.array([*job.drawn])
    pool = np.setdiff1d(rows, labeled)
    model = fit(make_model(None), X, y, labeled, pool)
    row = {"true_new": (model.predict(X[test]) == y[test]).mean(), "n_test": len(test)}
    if not len(job.of("audit")):
        return row
    found, model, pool = evidence(job)
    for score, on in zip(scoring.scores_of(found), ("new", "pool"), strict=True):
        row |= {f"{on}_{end}": getattr(score, end) for end in ("estimate", "low", "high")}
    return row | {"true_pool": (model.predict(X[pool]) == y[pool]).mean(), "n_audit": len(found.right)}


COLUMNS = ["data", "job", "way", "true_new", "n_test", "true_pool", "n_audit"]
COLUMNS += [f"{on}_{end}" for on in ("new", "pool") for end in ("estimate", "low", "high")]


def run(args):
    """Replay what the file has not yet, job by job over the data sets."""
    (output,) = args.output
    there = output.exists()
    done = pd.read_csv(output)[["data", "job", "way"]].itertuples(index=False) if there else ()
    done = {*map(tuple, done)}
    data = {name: load(name, args.tables) for name in SETS[args.half :: 2]}
    for i in range(args.first, args.first + args.jobs):
        for name, (X, y) in data.items():
            ways = [way for way in args.ways if (name, i, way) not in done]
            rows = [replay(X, y, (zlib.crc32(name.encode()), i), way) for way in ways]
            frame = pd.DataFrame(rows).assign(data=name, job=i, way=ways).reindex(columns=COLUMNS)
            frame.round(4).to_csv(output, mode="a", index=False, header=not output.exists())


def summary(path):
    """For each way its price, what it saves on the present one, its coverage and its width."""
    rows = pd.read_csv(path)
    slack = 1.96 * np.sqrt(np.maximum(rows["true_new"] * (1 - rows["true_new"]), 0.01) / rows["n_test"])
    rows["new"] = rows["true_new"].between(rows["new_low"] - slack, rows["new_high"] + slack)
    rows["pool"] = rows["true_pool"].between(rows["pool_low"] - 5e-5, rows["pool_high"] + 5e-5)
    rows["width"] = (rows["pool_high"] - rows["pool_low"]) / 2
    right = 100 * rows.pivot_table(index=["data", "job"], columns="way", values="true_new").dropna()
    means, found = rows.groupby("way")[["new", "pool", "width", "n_audit"]].mean(), []
    for way in [way for way in WAYS if way in right]:
        price, saved = right["none"] - right[way], right[way] - right["present"]
        p = ttest_rel(right[way], right["present"], alternative="greater").pvalue if saved.any() else 1.0
        row = {"way": way, "jobs": len(right), "price": price.mean(), "price_error": price.sem()}
        found.append(
            row | {"saves": saved.mean(), "saves_error": saved.sem(), "p": p} | means.loc[way].to_dict()
        )
    return pd.DataFrame(found).round(3)


def show(args):
    """Print the summaries, and write them to audit_price.csv."""
    halves = [summary(path).assign(half=half) for half, path in enumerate(args.output)]
    table = pd.concat(halves, ignore_index=True)
    table.to_csv(RESULTS, index=False)
    print(table.to_string())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["run", "show"])
    parser.add_argument("output", type=Path, nargs="+")
    parser.add_argument("--half", type=int, default=0)
    parser.add_argument("--ways", nargs="+", default=[*WAYS])
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--tables", help="folder of the tables that are not bundled")
    args = parser.parse_args()
    {"run": run, "show": show}[args.what](args)


if __name__ == "__main__":
    sys.exit(main())
