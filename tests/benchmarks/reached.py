"""Is a target that is said to be probably reached reached, and how often is it said? From replayed jobs.

    python tests/benchmarks/reached.py JOBS.csv     # of replay_jobs.py run; writes reached.csv

The targets of a data set are the mean true scores after rounds 2, 4, 6, 8 and 10; a job is asked for each of
them after every round from which it has 10 audit rows. The constants of each way are chosen on half 0 of the
data sets in alphabetical order: of those that are true in 92 % of the cases in which the target is said to
be reached, those that say it most often. Half 1 judges. Wanted: true in 90 %, said in 50 % of the cases in
which it is true. The halves and joint were written down before their first result, nearer and either after
it:
  present  the score less 0.65 of the way down to the 80 % interval's end
  nearer   the same with another share of the way
  joint    the score and the model's mean confidence on the pool, as a Beta prior worth k rows whose mean is
           moved by c in log-odds (the mean by which the truth is above it): said where its chance is q
  either   present, or cross-validation on all labels less z standard errors, which is too low where a rule
           chose the rows
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import beta

from active_learning.forecast.wording import PROBABLY

ROUNDS, LEAST_AUDIT = (2, 4, 6, 8, 10), 10
WEIGHTS, LEVELS = (0, 5, 10, 20, 40, 80), np.round(np.arange(0.5, 0.991, 0.01), 2)


def log_odds(share):
    return logit(np.clip(share, 0.005, 0.995))


def cases(path):
    """A row for each job, round and target: what was known, and whether the target was reached."""
    jobs = pd.read_csv(path)
    jobs = jobs[(jobs["share"] > 0)].dropna(subset=["now_estimate"])
    jobs = jobs[jobs.groupby(["data", "job"])["round"].transform("size") > max(ROUNDS) / 2]  # every round
    means = jobs.groupby(["data", "round"])["true_new"].mean()
    targets = means[means.index.get_level_values("round").isin(ROUNDS)].droplevel("round").rename("target")
    found = jobs[jobs["n_audit"] >= LEAST_AUDIT].merge(targets.reset_index(), on="data")
    found = found[found["target"] > found["one_answer"]]  # no target otherwise
    names = {name: i % 2 for i, name in enumerate(sorted(found["data"].unique()))}
    return found.assign(half=found["data"].map(names), reached=found["true_new"] >= found["target"])


def rows_worth(found):
    """How many rows the score's interval is worth."""
    deviation = (found["now_high_80"] - found["now_low_80"]) / (2 * 1.2816)
    p = found["now_estimate"].clip(0.05, 0.95)
    return p * (1 - p) / deviation**2


def nearer(found, share):
    """Whether the score is at the target, less a share of the way down to the 80 % interval's end."""
    return found["now_estimate"] - share * (found["now_estimate"] - found["now_low_80"]) >= found["target"]


def joint(found, k, q, c):
    """Whether score and confidence make the target likely enough."""
    n, p = rows_worth(found), found["now_estimate"]
    m = expit(log_odds(found["pool_sure"]) + c)
    return 1 - beta.cdf(found["target"], n * p + k * m + 1e-3, n * (1 - p) + k * (1 - m) + 1e-3) >= q


def either(found, z):
    """Whether the present way says so, or cross-validation does."""
    all_labels = found["all_labels"]
    error = np.sqrt(all_labels * (1 - all_labels) / found["labels"])
    return nearer(found, PROBABLY) | (all_labels - z * error >= found["target"])


def ways(tune):
    """For each way its functions of cases, one for each choice of its constants."""
    c = (log_odds(tune["true_new"]) - log_odds(tune["pool_sure"])).mean()
    return {
        "present": {(PROBABLY,): lambda found: nearer(found, PROBABLY)},
        "nearer": {(x,): partial(nearer, share=x) for x in np.round(np.arange(0, 1.5, 0.05), 2)},
        "joint": {(k, q): partial(joint, k=k, q=q, c=c) for k in WEIGHTS for q in LEVELS},
        "either": {(z,): partial(either, z=z) for z in np.round(np.arange(-2, 2.1, 0.25), 2)},
    }


def rates(said, found):
    """How often it is true where it is said, and said where it is true."""
    said = np.asarray(said)
    return found["reached"][said].mean(), said[found["reached"]].mean()


def judged(found):
    """The rates of each way on both halves, as a DataFrame."""
    tune, rows = found[found["half"] == 0], []
    for way, choices in ways(tune).items():
        tried = {constants: rates(say(tune), tune) for constants, say in choices.items()}
        right = {constants: often for constants, (true, often) in tried.items() if true >= 0.92}
        best = max(right, key=right.get) if right else next(iter(tried))
        for half in (0, 1):
            part = found[found["half"] == half]
            said = np.asarray(choices[best](part))
            true, often = rates(said, part)
            row = {"way": way, "constants": " ".join(map(str, best)), "half": half, "cases": len(part)}
            counts = {"said": said.sum(), "reached": part["reached"].sum()}
            rows.append(row | counts | {"true_if_said": true, "said_if_true": often})
    return pd.DataFrame(rows).round(3)


def main():
    table = judged(cases(sys.argv[1]))
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False)
    print(table.to_string())


if __name__ == "__main__":
    sys.exit(main())
