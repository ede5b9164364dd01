"""Labelling jobs replayed through the product: `suggest`, answers in the log, `score` and `forecast`.

    python tests/benchmarks/replay_jobs.py run OUTPUT.csv [--sets digits keel:phoneme ...] [--tables FOLDER]
        [--jobs 10] [--rounds 10] [--every 1] [--start 0] [--classifier auto] [--shares 0.2 0] [--target 0.95]
    python tests/benchmarks/replay_jobs.py show OUTPUT.csv
    python tests/benchmarks/replay_jobs.py write OUTPUT.csv
    python tests/benchmarks/replay_jobs.py rounds OUTPUT.csv --target 0.93

A job starts without a label (or with --start random ones, said to be so), and is answered by the truth. A
third of the rows is kept out: it stands in the table as left out, and is guessed by the model that all labels
train. The features are made once for all jobs. A row of OUTPUT.csv is a round of a job. Rows are appended: a
run that was stopped goes on. `write` makes replayed_jobs.csv beside this script, one row per data set;
`rounds` the table of `score_history`, of 100 jobs on digits from 30 random labels, one row per round looked
at.
"""

import argparse
import sys
import tempfile
import warnings
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from replay_score import BUNDLED, DROP, TABLES
from scipy.stats import binomtest
from sklearn.preprocessing import FunctionTransformer

import al_helpers as al
from active_learning._arrays import take
from active_learning.datasets.keel import load_keel
from active_learning.features.declared import Dependence
from active_learning.forecast.forecast import LABEL_LEVELS, SCORE_LEVELS, forecast
from active_learning.forecast.honest import honest_now
from active_learning.labelling.classifier import choose_classifier, stage_of
from active_learning.labelling.draw import log_given_at_random
from active_learning.labelling.plan import labeled_rows, table_model
from active_learning.labelling.score import audit_evidence, clopper_pearson, scores_of
from active_learning.models.registry import fit, represent_all
from active_learning.tables.logged import with_log

KEPT_OUT, MOST, BATCH = "(kept out)", 2000, 10
SETS = (
    *("breast_cancer", "digits", "docstrings", "synthetic", "unbalanced", "crops", "restaurant_reviews"),
    *("keel:german", "keel:phoneme", "keel:tic-tac-toe"),
)  # of several kinds, chosen before their first job
RESULTS = Path(__file__).with_name("replayed_jobs.csv")
HISTORY = Path(__file__).parents[2] / "active_learning" / "forecast" / "score_history.csv"


def load(name, folder):
    """A data set as a Table whose features are made, and its classes (n,) as text."""
    if name in BUNDLED or name.startswith("keel:"):
        dataset = al.load_dataset(name) if name in BUNDLED else al.Dataset(name, *load_keel(name[5:]))
        frame = pd.DataFrame(dataset.X).rename(columns="x{}".format)
        y, drop = dataset.y.astype(str), []
    else:
        table = al.load_table(Path(folder) / f"{name}.csv", TABLES[name], drop=DROP.get(name, ()))
        rows = np.flatnonzero(table.labeled)
        frame = table.frame.iloc[rows].drop(columns=TABLES[name]).reset_index(drop=True)
        y, drop = table.y[rows].astype(str), DROP.get(name, ())
    rows = np.random.default_rng(0).permutation(len(y))[:MOST]
    frame = frame.iloc[rows].reset_index(drop=True).drop(columns=[*drop])
    frame = frame.assign(row=[f"r{i}" for i in range(len(rows))], label="")
    table = al.load_table(frame, "label", id_column="row", classes=[*np.unique(y)])
    X = represent_all(table_model(table), table.X)[1]
    fixed = {"X": X, "preprocessor": FunctionTransformer(), "dependence": Dependence()}
    return replace(table, **fixed), y[rows]


class Job:
    """One job: its table, its log, and the truth."""

    def __init__(self, table, y, seed, args, folder, share):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(y))
        self.test, given = order[: len(y) // 3], order[len(y) // 3 :][: args.start]
        labels = np.full(len(y), "", dtype=object)
        labels[self.test], labels[given] = KEPT_OUT, y[given]
        frame = table.frame.assign(label=pd.array(labels, dtype="str"))
        self.y, self.answers = y, pd.Series(y, index=frame.index)
        self.seed, self.share = int(rng.integers(2**31)), share
        self.target, self.classifier, self.chosen = args.target, args.classifier, (0, None)
        self.log = al.LabelLog(Path(folder) / "job.csv.labels.csv")
        self.base = replace(table, frame=frame, skip=[KEPT_OUT])
        self.read()
        if args.start:
            log_given_at_random(self.table)
            self.read()

    def read(self):
        """Read the log anew; rows are told by their ids alone, which saves time."""
        self.table = with_log(self.base, self.log, columns=[])

    def model(self, table):
        """The name of the classifier in use, as the command chooses it."""
        if self.classifier != "auto":
            return self.classifier
        stage = stage_of(table)
        if stage != self.chosen[0] or not stage:
            self.chosen = stage, choose_classifier(table)[0]
        return self.chosen[1]

    def round(self):
        """Ask for ten rows, and answer them."""
        chosen = {"model": self.model(self.table), "audit_share": self.share, "random_state": self.seed}
        asked = al.suggest(self.table, BATCH, **chosen)
        answers = zip(asked["id"], asked["id"].map(self.answers), strict=True)
        self.log.append({"event": "labelled", "id": row, "label": label} for row, label in answers)
        self.read()

    def truth(self, table):
        """The accuracy of the model of all labels: on the rows kept out, and on the rest of the pool."""
        labeled, labels = labeled_rows(table)
        classes, codes = np.unique(labels, return_inverse=True)
        y = np.full(len(table.y), -1)
        y[labeled] = codes
        pool = np.flatnonzero(table.pool)
        model, X = represent_all(table_model(table, self.model(table)), table.X, labeled)
        model = fit(model, X, y, labeled, pool)
        right = [(classes[model.predict(take(X, rows))] == self.y[rows]).mean() for rows in (self.test, pool)]
        return {"true_new": right[0], "true_pool": right[1]}


def numbers(job, number):
    """What the product says after a round, and the truth."""
    table, model = job.table, job.model(job.table)
    row = {"round": number, "labels": int(table.labeled.sum()), "model": model} | job.truth(table)
    if not (table.audit & table.labeled).any():
        return row
    found = audit_evidence(table, model)
    for score, name in zip(scores_of(found), ("new", "pool"), strict=True):
        row |= {f"{name}_{end}": getattr(score, end) for end in ("estimate", "low", "high")}
    row |= {"n_audit": len(found.right), "n_pool": found.n_pool, "n_test": len(job.test)}
    row["all_labels"] = np.append(found.right, found.others).mean()
    row["one_answer"] = np.unique(found.labels, return_counts=True)[1].max() / len(found.labels)
    row |= {f"now_{end}": value for end, value in honest_now(found).items()}
    row |= {"audit_right": found.right.mean(), "audit_sure": found.confidence.mean()}
    row |= {"pool_sure": found.pool_confidence, "others_right": found.others.mean()}
    return row | ({} if job.target is None else labels_forecast(job, model))


def labels_forecast(job, model):
    """What a forecast says of the labels to the job's target, in all: -1 where that is not in sight."""
    needed = forecast(job.table, job.target, model=model)["labels_needed"][al.RECOMMENDED]
    return {f"needed_{end}": -1 if labels is None else labels for end, labels in needed.items()}


def replay(table, y, seed, args, share):
    """Every so many rounds of one job and the last, a dict each; without audit rows the last one alone."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        job = Job(table, y, seed, args, folder, share)
        rows = []
        for number in range(1, args.rounds + 1):
            job.round()
            two = len(np.unique(job.table.y[job.table.labeled].astype(str))) > 1
            if two and (number == args.rounds or (share and number % args.every == 0)):
                rows.append(numbers(job, number))
    return rows


def run(args):
    """Replay what the file has not yet, job by job over the data sets."""
    done = (
        pd.read_csv(args.output) if args.output.exists() else pd.DataFrame(columns=["data", "job", "share"])
    )
    done = {*zip(done["data"], done["job"], done["share"], strict=True)}
    data = {name: load(name, args.tables) for name in args.sets}
    for i in range(args.first, args.first + args.jobs):
        for name, (table, y) in data.items():
            for share in args.shares:
                if (name, i, share) not in done:
                    rows = replay(table, y, (zlib.crc32(name.encode()), i), args, share)
                    rows = pd.DataFrame(rows).assign(data=name, job=i, share=share).reindex(columns=COLUMNS)
                    there = args.output.exists()
                    rows.round(4).to_csv(args.output, mode="a", index=False, header=not there)


COLUMNS = ["data", "job", "share", "round", "labels", "model", "true_new", "true_pool"]
COLUMNS += [f"{on}_{end}" for on in ("new", "pool") for end in ("estimate", "low", "high")]
COLUMNS += ["n_audit", "n_pool", "n_test", "all_labels", "one_answer"]
COLUMNS += [f"now_{end}" for end in SCORE_LEVELS]
COLUMNS += ["audit_right", "audit_sure", "pool_sure", "others_right"]
COLUMNS += [f"needed_{end}" for end in LABEL_LEVELS]


def held(jobs):
    """Whether each interval held the truth: the test rows' own noise is allowed for."""
    slack = 1.96 * np.sqrt(np.maximum(jobs["true_new"] * (1 - jobs["true_new"]), 0.01) / jobs["n_test"])
    new = jobs["true_new"].between(jobs["new_low"] - slack, jobs["new_high"] + slack)
    pool = jobs["true_pool"].between(jobs["pool_low"] - 5e-5, jobs["pool_high"] + 5e-5)
    return pd.DataFrame({"new rows": new, "pool": pool})


def summary(rows):
    """Coverage, widths, errors and price after the last round, and how often all rounds held, in per cent."""
    own, plain = rows[rows["share"] > 0], rows[rows["share"] == 0]
    own = own.join(held(own)).reset_index(drop=True)
    last = own.loc[own.groupby(["data", "job"])["round"].idxmax()].set_index(["data", "job"])
    looked = own.groupby(["data", "job"])[["new rows", "pool"]].agg(["all", "size"])
    looked = looked[looked["pool", "size"] > own["round"].max() / 2]  # at every round
    last["all ten, new"], last["all ten, pool"] = looked["new rows", "all"], looked["pool", "all"]
    last["half-width"] = (last["pool_high"] - last["pool_low"]) / 2
    last["of fresh rows"] = [
        np.subtract(*clopper_pearson(p * n, n)[::-1]) / 2
        for p, n in zip(last["true_pool"], last["n_audit"], strict=True)
    ]
    last["error"] = last["new_estimate"] - last["true_new"]
    last["error of all labels"] = last["all_labels"] - last["true_new"]
    plain = plain[plain["round"] == plain["round"].max()].set_index(["data", "job"])["true_new"]
    last["price"] = plain - last["true_new"]
    names = ["new rows", "pool", "half-width", "of fresh rows", "error", "error of all labels", "price"]
    names += ["all ten, new", "all ten, pool"]
    table = last.groupby("data")[names].mean().mul(100)
    table["jobs"] = last.groupby("data").size()
    table.loc["all"] = [*last[names].mean().mul(100), len(last)]
    return table.round(1), last


def below(last, level=0.93):
    """Holm's p-values for a coverage below `level`, of each data set and question."""
    found = {
        (name, on): binomtest(int(jobs[on].sum()), len(jobs), level, alternative="less").pvalue
        for name, jobs in last.groupby("data")
        for on in ("new rows", "pool")
    }
    p = pd.Series(found).sort_values()
    return (p * np.arange(len(p), 0, -1)).cummax().clip(upper=1)


def show(args):
    """Print the summary."""
    table, last = summary(pd.read_csv(args.output))
    price = last["price"].dropna()
    print(table.to_string())
    print(
        f"price {100 * price.mean():.2f} +- {100 * price.sem():.2f} points; least p {below(last).min():.2f}"
    )


def write(args):
    """Write replayed_jobs.csv: counts and means of each data set after the last round."""
    _, last = summary(pd.read_csv(args.output))
    last["looked at"] = last["all ten, new"].notna()
    last["all ten"] = (last["all ten, new"] == True) & (last["all ten, pool"] == True)  # noqa: E712
    means = ["half-width", "of fresh rows", "error", "error of all labels", "price"]
    counts = ["new rows", "pool", "looked at", "all ten, new", "all ten, pool", "all ten"]
    table = last.groupby("data")[counts].sum().join(last.groupby("data")[means].mean().round(4))
    table["price_jobs"] = last.groupby("data")["price"].count()
    table["price_deviation"] = last.groupby("data")["price"].std().round(4)
    table.insert(0, "jobs", last.groupby("data").size())
    table.columns = [name.replace(", ", "_").replace(" ", "_").replace("-", "_") for name in table.columns]
    table.reset_index().to_csv(RESULTS, index=False)


def labels_reached(job, target):
    """The labels at which a job's true score first reaches the target, between looks; inf after its end."""
    n, scores = job["labels"].to_numpy(float), job["true_new"].to_numpy()
    reached = np.flatnonzero(scores >= target)
    if not len(reached):
        return np.inf
    first = reached[0]
    return np.interp(target, scores[first - 1 : first + 1], n[first - 1 : first + 1]) if first else n[0]


def needed_held(job, target, level):
    """Whether each forecast of the labels to the target held: nan without one, or after the target."""
    held = pd.Series(np.nan, index=job.index)
    known = job["needed_median"].notna() & (np.maximum.accumulate(job["true_new"]) < target)
    low, high = (job[f"needed_{end}_{level}"].replace(-1, np.inf) for end in ("low", "high"))
    needed, last = labels_reached(job, target), job["labels"].max()
    inside = (needed >= low - BATCH / 2) & (np.minimum(needed, last) <= high + BATCH / 2)
    return held.mask(known, inside.astype(float))


def rounds(args):
    """Write score_history.csv: of each round that was looked at, what was said and how often it held."""
    rows = pd.read_csv(args.output).sort_values(["job", "round"], ignore_index=True)
    jobs = [job for _, job in rows.groupby("job")]
    for level in (80, 95):
        rows[f"needed_{level}"] = pd.concat([needed_held(job, args.target, level) for job in jobs])
    rows = rows.join(held(rows)).rename(columns=SAID)
    rows["error"] = rows["score"] - rows["truth"]
    rows["now_95"] = rows["truth"].between(rows["now_low"], rows["now_high"])
    rows["now_80"] = rows["truth"].between(rows["now_low_80"], rows["now_high_80"])
    by_round = rows.groupby("round")
    names = [*SAID.values(), "pool", "now_95", "now_80", "needed_80", "needed_95"]
    table = by_round[["labels", *names]].mean().astype({"labels": int})
    table["error_sem"], table["jobs"] = by_round["error"].sem(), by_round.size()
    table["forecasts"] = by_round["needed_80"].count()
    table.round(4).to_csv(HISTORY, index=False)


SAID = {"true_new": "truth", "new_estimate": "score", "new_low": "low", "new_high": "high"}
SAID |= {"all_labels": "cross_validation", "new rows": "new_rows"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["run", "show", "write", "rounds"])
    parser.add_argument("output", type=Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--every", type=int, default=1, help="look at every so many rounds, and the last")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--classifier", default="auto")
    parser.add_argument("--shares", nargs="+", type=float, default=[0.2, 0.0])
    parser.add_argument("--target", type=float, help="to forecast the labels to")
    parser.add_argument("--sets", nargs="+", default=[*SETS])
    parser.add_argument("--tables", help="folder of the tables that are not bundled")
    args = parser.parse_args()
    {"run": run, "show": show, "write": write, "rounds": rounds}[args.what](args)


if __name__ == "__main__":
    sys.exit(main())
