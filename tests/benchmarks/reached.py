"""Is a target that is said to be probably reached reached, and how often is it said? From replayed jobs.

    python tests/benchmarks/reached.py JOBS.csv     # of replay_jobs.py run

Written before the first result. The targets of a data set are the mean true scores after rounds 2, 4, 6, 8
and 10; a job is asked for each of them after every round from which it has 10 audit rows. Constants are
chosen on half 0 of the data sets in alphabetical order, and judged on half 1. Wanted: true in 90 % of the
cases in which it is said, said in 50 % of those in which it is true. Compared are
  present     the score less 0.65 of the way down to the 80 % interval's end
  joint       the score and the model's mean confidence on the pool, as a Beta prior worth k rows whose mean
              is moved by c in log-odds: said where the chance of the target is at least q.
Of k and q that which is true in 92 % on half 0 and said most often is taken; c is the mean log-odds of the
truth less those of the confidence there.
"""

import sys

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


def present(found):
    """Whether the product says so today."""
    return found["now_estimate"] - PROBABLY * (found["now_estimate"] - found["now_low_80"]) >= found["target"]


def chance(found, k, c):
    """The chance that the target is reached."""
    n, p = rows_worth(found), found["now_estimate"]
    m = expit(log_odds(found["pool_sure"]) + c)
    return 1 - beta.cdf(found["target"], n * p + k * m + 1e-3, n * (1 - p) + k * (1 - m) + 1e-3)


def rates(said, found):
    """How often it is true where it is said, and said where it is true."""
    return found["reached"][said].mean(), said[found["reached"]].mean()


def main():
    found = cases(sys.argv[1])
    tune, judge = (found[found["half"] == half] for half in (0, 1))
    c = (log_odds(tune["true_new"]) - log_odds(tune["pool_sure"])).mean()
    tried = [(k, q, *rates(chance(tune, k, c) >= q, tune)) for k in WEIGHTS for q in LEVELS]
    tried = pd.DataFrame(tried, columns=["k", "q", "true", "said"])
    print(
        tried[tried["true"] >= 0.92].sort_values("said").groupby("k").tail(1).round(3).to_string(index=False)
    )
    k, q = tried[tried["true"] >= 0.92].sort_values("said").iloc[-1][["k", "q"]]
    print(f"c {c:.2f}, k {k:.0f}, q {q:.2f}")
    for name, part in (("half 0", tune), ("half 1", judge)):
        for way, said in (("present", present(part)), ("joint", chance(part, k, c) >= q)):
            true, often = rates(said, part)
            of = f"of {said.sum()}, said in {often:.1%} of {part['reached'].sum()}"
            print(f"{name} {way:<8} true in {true:.1%} {of}")
    for name, part in judge.groupby("data"):
        print(name, *[np.round(rates(said, part), 2) for said in (present(part), chance(part, k, c) >= q)])


if __name__ == "__main__":
    sys.exit(main())
