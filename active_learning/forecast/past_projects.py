"""The experiments of notebook 5: forecasts of projects whose end is known.

Not here: the tables that scripts computed for many data sets (backtest), pictures (pages, plots).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from active_learning.datasets.dataset import load_dataset
from active_learning.datasets.splits import split_dataset
from active_learning.forecast.backtest import backtest_forecasts, calibration_table, stop_table
from active_learning.forecast.forecast import forecast
from active_learning.study.loop import run_loop
from active_learning.study.study import run_histories

SHOWN = ("digits", "unbalanced")  # beside the data set that was asked for


@dataclass(frozen=True)
class PastProjects:
    """Projects that are labelled again at random, and forecast from their first labels.

    Its settings are the parameters of `past_projects` (pages).
    """

    labels_now: int = 60
    labels_then: int = 300
    n_projects: int = 24
    data: str = "docstrings"

    def forecast_one(self, name):
        """One project on a data set: (its History, the forecast)."""
        dataset = load_dataset(name)
        split = split_dataset(dataset.y, random_state=0)
        run = run_loop(dataset, split, "random", budget=self.labels_then)
        seen = np.append(split.seed, run.queried)[: self.labels_now]
        ahead = np.linspace(0, self.labels_then - self.labels_now, 7).astype(int)[1:]
        return run, forecast(dataset, labeled=seen, ahead=ahead)

    @cached_property
    def projects(self):
        """One project on each of three data sets, by name."""
        names = [*dict.fromkeys([SHOWN[0], self.data, SHOWN[1]])]
        return {name: self.forecast_one(name) for name in names}

    @property
    def inside(self):
        """How many of them end inside the 80 % interval of their forecast, "2 of 3"."""
        held = 0
        for run, answer in self.projects.values():
            end = [row for row in answer["score_after"] if row["rule"] == "random"][-1]
            held += end["low_80"] <= run.accuracy[-1] <= end["high_80"]
        return f"{held} of {len(self.projects)}"

    @cached_property
    def replayed(self):
        """Many projects on one data set, as backtest_forecasts gives them.

        The question to each is how many labels it takes to score what they score on average half-way.
        """
        dataset = load_dataset(self.data)
        runs = run_histories(dataset, ["random"], n_splits=self.n_projects, budget=self.labels_then)
        middle, more = (self.labels_now + self.labels_then) / 2, self.labels_then - self.labels_now
        target = np.mean([np.interp(middle, run.n_labels, run.accuracy) for run in runs.values()])
        return backtest_forecasts(dataset, runs, labels=self.labels_now, more=more, target=target)

    @cached_property
    def stages(self):
        """Table of `calibration_table`, one row per stage."""
        return calibration_table(["labels"])

    @cached_property
    def held(self):
        """How often the 80 % interval held where there was one, in percent: data sets by stages."""
        return calibration_table()["said 80%"].unstack("labels")

    @property
    def held_in(self):
        """The same of all data sets, lowest and highest stage: "71 to 74%"."""
        return self._range("said 80%")

    @property
    def middle_near(self):
        """How often the middle of the interval is within a quarter of the truth: "25 to 35%"."""
        return self._range("within 25%")

    def _range(self, column):
        return f"{self.stages[column].min():.0f} to {self.stages[column].max():.0f}%"

    @property
    def too_early(self):
        """In how many of 10 projects there is no number."""
        return f"{self.stages['too early'].mean() / 10:.0f} of 10"

    @property
    def worst(self):
        """The two data sets on which the interval held least often: "taxis 56%, ..."."""
        worst = self.held.mean(axis=1).nsmallest(2)
        return " and ".join(f"{name} {share:.0f}%" for name, share in worst.items())

    @property
    def stop_rules(self):
        """Means of `stop_table` over the data sets, as a table of strings."""
        means = stop_table().groupby("rule", sort=False).mean(numeric_only=True)
        columns = {
            "labels too many": means["too_many"].map("{:.0f}".format),
            "more runs miss": (means["missed"] - means["missed_anyway"]).map("{:.0%}".format),
            "never stops in": means["never"].map("{:.0%}".format),
        }
        return pd.DataFrame(columns).reset_index()
