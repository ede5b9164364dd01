"""The experiments of notebook 1: a published run, and what is left of it if one thing about it changes.

Not here: the run by hand (the notebook), pictures (pages, plots).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from active_learning.datasets.dataset import Dataset, load_dataset
from active_learning.datasets.splits import Split, split_dataset
from active_learning.models.registry import make_model
from active_learning.statistics.curves import bootstrap_interval
from active_learning.study.loop import run_loop
from active_learning.study.study import run_study

RULES = ("random", "least_confidence")
NEW_POINTS, NEW_TESTED = 6_000, 5_100  # of each new data set
PRECISE = "1e-8"  # a tolerance at which the solver has finished


@dataclass(frozen=True)
class FirstLoop:
    """The published run of least confidence, one label at a time, and the same run with one thing changed.

    Its settings are the parameters of `first_loop` (pages).
    """

    n_queries: int = 20
    n_draws: int = 200
    n_splits: int = 50
    n_problems: int = 40

    @cached_property
    def dataset(self):
        """The published points."""
        return load_dataset("synthetic")

    @cached_property
    def split(self):
        """The published first labels, pool and test points."""
        y = self.dataset.y
        rest, test = train_test_split(np.arange(len(y)), test_size=0.1, stratify=y, random_state=42)
        seed, pool = train_test_split(rest, test_size=0.9, stratify=y[rest], random_state=42)
        return Split(seed, pool, test)

    @property
    def budget(self):
        """Labels in all."""
        return len(self.split.seed) + self.n_queries

    @staticmethod
    def model(tol="1e-4"):
        """The published model, whose solver stops at this tolerance."""
        return LogisticRegression(random_state=42, max_iter=2000, tol=float(tol))

    def run(self, rule="least_confidence", tol="1e-4"):
        """The run by a rule, with a tolerance, as a History."""
        return run_loop(self.dataset, self.split, rule, model=self.model(tol), batch=1, budget=self.budget)

    @cached_property
    def history(self):
        """The published run."""
        return self.run()

    @cached_property
    def finished(self):
        """The run whose solver finishes."""
        return self.run(tol=PRECISE)

    def by_tolerance(self, *tolerances):
        """Format runs with other tolerances: queries shared with the published run, and accuracy."""
        rows = []
        for tol in tolerances:
            run = self.run(tol=tol)
            shared = np.isin(run.queried, self.history.queried).sum()
            rows.append((tol, f"{shared}", f"{run.accuracy[-1]:.2f}"))
        return pd.DataFrame(rows, columns=["tolerance", "queries in common", "accuracy at the end"])

    @staticmethod
    def gain(run):
        """What a run gains, in points of accuracy."""
        return round(100 * (run.accuracy[-1] - run.accuracy[0]), 6) + 0.0

    @cached_property
    def random_runs(self):
        """Accuracies of random labels from the same start, one row per run, one column per number of labels.

        Random rows do not depend on the model, so it is fitted after every fifth, by our own solver.
        """
        how = dict(batch=5, budget=self.budget)
        runs = [
            run_loop(self.dataset, self.split, "random", random_state=[0, number], **how)
            for number in range(self.n_draws)
        ]
        return pd.DataFrame([run.accuracy for run in runs], columns=runs[0].n_labels).round(6)

    @property
    def band(self):
        """Where 95 % of the random runs lie, and their median, as plot_one_run takes it."""
        return self.random_runs.quantile([0.025, 0.5, 0.975]).T.set_axis(["low", "middle", "high"], axis=1)

    def beaten(self, run):
        """The percentage of random runs that end below a run."""
        return 100 * np.mean(self.random_runs.iloc[:, -1] < round(run.accuracy[-1], 6))

    def changed_answers(self):
        """Of each test point, 1 where only the last model is right, -1 where only the first is."""
        known = self.split.seed, np.append(self.split.seed, self.history.queried)
        X, y, test = self.dataset.X, self.dataset.y, self.split.test
        before, after = (self.model().fit(X[rows], y[rows]).predict(X[test]) == y[test] for rows in known)
        return after.astype(int) - before

    def gains_on(self, dataset, n_test, **how):
        """What random and chosen labels gain, in points: one row per split, one column per rule."""
        sizes = dict(seed_per_class=len(self.split.seed) // 2, test_size=n_test, batch=1, budget=self.budget)
        runs = run_study(dataset, [*RULES], n_jobs=1, **sizes, **how).groupby(["split", "strategy"])[
            "accuracy"
        ]
        return (100 * (runs.last() - runs.first())).unstack().round(6)[[*RULES]]

    @cached_property
    def gains(self):
        """The gains on other splits of the same points, and on new data with many test points, by name."""
        same = self.gains_on(self.dataset, len(self.split.test), n_splits=self.n_splits)
        data = [
            load_dataset("synthetic", n_samples=NEW_POINTS, random_state=i) for i in range(self.n_problems)
        ]
        new = [self.gains_on(one, NEW_TESTED, n_splits=1, random_state=i) for i, one in enumerate(data)]
        return {"same points": same, "new data": pd.concat(new, ignore_index=True)}

    @property
    def gain_rows(self):
        """The gains as plot_dots takes them."""
        words = dict(zip(RULES, ("random", "chosen"), strict=True))
        tables = self.gains.items()
        return {(f"{words[rule]},\n{name}", rule): table[rule] for name, table in tables for rule in RULES}

    @property
    def lead_table(self):
        """By how much chosen labels lead random ones, as a table of strings."""
        rows = []
        for name, table in self.gains.items():
            lead = table["least_confidence"] - table["random"]
            low, high = bootstrap_interval(lead)
            behind = f"{100 * np.mean(lead < 0):.0f}%"
            rows.append((name, f"{lead.mean():+.1f}", f"{low:.1f} to {high:.1f}", behind))
        columns = ["chosen minus random", "points", "95% interval", "random did better in"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def lucky(self):
        """The percentage of splits of the same points in which random labels gain as much as the example."""
        return 100 * np.mean(self.gains["same points"]["random"] >= self.gain(self.history))

    @cached_property
    def moons(self):
        """The plane on which two rules are watched."""
        return Moons(self.n_queries)


@dataclass(frozen=True)
class Moons:
    """Two moon-shaped clouds of points, on which two rules ask from the same start.

    Parameters
    ----------
    n_queries : int
        Labels to ask for.
    """

    n_queries: int = 20

    @cached_property
    def dataset(self):
        """The points and their sides."""
        return Dataset("moons", *make_moons(1000, noise=0.2, random_state=0))

    @cached_property
    def start(self):
        """A Split with one label per class."""
        return split_dataset(self.dataset.y, seed_per_class=1, test_size=0.7, random_state=0)

    @property
    def _how(self):
        return dict(model="svm", batch=1, budget=2 + self.n_queries)

    @cached_property
    def runs(self):
        """A run of each rule, a History, by its name."""
        return {rule: run_loop(self.dataset, self.start, rule, **self._how) for rule in ("margin", "random")}

    def known(self, rule, asked):
        """The rows known when a rule has asked so often, the start first."""
        return np.append(self.start.seed, self.runs[rule].queried[:asked])

    def fitted(self, rule, asked):
        """The model at that time."""
        known = self.known(rule, asked)
        return make_model("svm").fit(self.dataset.X[known], self.dataset.y[known])

    @property
    def gap(self):
        """By how many points of accuracy margin ends before random."""
        return 100 * (self.runs["margin"].accuracy[-1] - self.runs["random"].accuracy[-1])

    def other_gaps(self, n_starts=25):
        """The same gap (n_starts,) from other starts."""
        rules = ["margin", "random"]
        curves = run_study(self.dataset, rules, n_splits=n_starts, seed_per_class=1, n_jobs=1, **self._how)
        ends = 100 * curves.groupby(["split", "strategy"])["accuracy"].last().unstack()
        return (ends["margin"] - ends["random"]).to_numpy()
