"""The experiments of notebook 4, on the details of the report.

Not here: their pictures (pages, plots).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import cross_val_predict

from active_learning.datasets.dataset import load_dataset
from active_learning.models.registry import make_model
from active_learning.report.analysis import query_facts
from active_learning.report.benchmark import ONE, as_labels, expect, flat_share, paired_worth, read_map
from active_learning.report.sentences import format_percent, results_table
from active_learning.statistics.curves import bootstrap_interval
from active_learning.statistics.label_worth import label_worth
from active_learning.statistics.ranks import pseudo_median, signed_rank_interval
from active_learning.statistics.savings import summarise
from active_learning.strategies.registry import CLASSIC, STRATEGIES
from active_learning.study.study import curves_of, run_histories, run_study

HELD = 3  # rounds
FARTHEST = 160  # labels of the study of classifiers
ASKED = {  # what the map was asked beside its main question -> (classifier, batch, labels), rules
    "one at a time": (("logistic_regression", 1, 100), ("margin", "diverse_margin")),
    "400 labels": (("logistic_regression", 10, 400), ("margin", "diverse_margin")),
    "extra trees": (("extra_trees", 10, 100), ("margin", "margin_random_2", "diverse_margin")),
}
CLASSIFIERS = {"label_spreading": "label_spreading", "extra_trees": ExtraTreesClassifier(30, random_state=0)}


@dataclass(frozen=True)
class Appendix:
    """Side experiments on digits, and on two further data sets.

    Its settings are the parameters of `appendix` (pages).
    """

    target: float = 0.90
    splits: int = 20
    map_splits: int = 8
    seed: int = 0

    @property
    def rules(self):
        """The rules of the report."""
        return [*CLASSIC, "diverse_margin"]

    @property
    def goal(self):
        """The target in words: "90%"."""
        return format_percent(self.target)

    @property
    def _how(self):
        return dict(n_splits=self.splits, batch=10, budget=300, random_state=self.seed)

    @cached_property
    def digits(self):
        """The data set."""
        return load_dataset("digits")

    @cached_property
    def histories(self):
        """Runs of the report's rules, as of run_histories."""
        return run_histories(self.digits, self.rules, **self._how)

    @cached_property
    def curves(self):
        """The same as a table of run_study."""
        return curves_of(self.histories)

    @property
    def held_table(self):
        """Labels to the target and savings, at its first crossing and where it must be held, as strings."""
        once, held = (
            results_table(self.curves, self.target, hold=hold).set_index("strategy") for hold in (1, HELD)
        )
        columns = {f"labels to {self.goal}": once.iloc[:, 0], f"held for {HELD} rounds": held.iloc[:, 0]}
        columns |= {"saved": once.iloc[:, 1], "saved, held": held.iloc[:, 1]}
        return pd.DataFrame(columns).reset_index()

    @property
    def verdicts_kept(self):
        """For how many rules the interval of the saving stays on its side of zero: "4 of 4"."""
        once, held = (self._sides(hold) for hold in (1, HELD))
        return f"{(once == held).sum()} of {len(once)}"

    def _sides(self, hold):
        """How many ends of each rule's interval lie above 0: a saving 2, a cost 0."""
        table = summarise(self.curves, self.target, hold=hold).drop("random")
        return (table["saving_low"] > 0).astype(int) + (table["saving_high"] > 0)

    @cached_property
    def hard(self):
        """Of each image whether a model of the others gets it wrong (n,)."""
        model = make_model("logistic_regression")
        return cross_val_predict(model, self.digits.X, self.digits.y, cv=10) != self.digits.y

    @cached_property
    def asked_for(self):
        """What the first batches hold, by measure: a table as plot_intervals takes it."""
        facts = query_facts(self.histories, self.digits, self.hard, batch=10).groupby("strategy", sort=False)
        measures = {"hard": "share of hard images", "distance": "distance to the nearest in the batch"}
        return {label: facts[column].apply(_interval).unstack() for column, label in measures.items()}

    @cached_property
    def against_margin(self):
        """Table of `summarise` of every rule against margin, those that save most first."""
        others = [name for name in STRATEGIES if name not in self.rules]
        more = run_study(self.digits, others, stop_at=self.target, **self._how)
        every = pd.concat([self.curves, more], ignore_index=True)
        table = summarise(every, self.target, reference="margin").drop("margin")
        return table.sort_values("median", kind="stable")

    @property
    def surely_better(self):
        """The rules that are shown to need fewer labels than margin, all tested together."""
        table = self.against_margin
        return [*table.index[(table["p_holm"] <= 0.05) & (table["saving_low"] > 0)]]

    @property
    def saved_against_margin(self):
        """Percentages of margin's labels saved, as plot_intervals takes them."""
        columns = ["saving", "saving_low", "saving_high"]
        return (100 * self.against_margin[columns]).set_axis(["estimate", "low", "high"], axis=1)

    @cached_property
    def annealed_lead(self):
        """Points by which annealed_margin leads diverse_margin with 100 labels, on each real data set."""
        question = "kind != 'generator' and classifier == 'logistic_regression' and batch == 10 and n == 100"
        table = read_map().query(question)
        gains = table.pivot_table(index="data_set", columns="rule", values="gain")
        return (100 * (gains["annealed_margin"] - gains["diverse_margin"])).dropna()

    @property
    def asked_besides(self):
        """What the map says of other batches, more labels and trees: one row per question and rule."""
        table, rows = expect().query("group == 'all'").set_index(ONE), []
        for words, ((classifier, batch, n), rules) in ASKED.items():
            for rule in rules:
                row = table.loc[(classifier, rule, batch, n)]
                cells = {"case": words, "rule": rule, "100 labels are worth": as_labels(row["median"])}
                cells["better / worse on"] = f"{row['more']} / {row['fewer']} of {row['n_sets']}"
                rows.append(cells | {"largest loss": f"{max(-100 * row['worst'], 0):.1f} points"})
        return pd.DataFrame(rows)

    @property
    def one_over_ten(self):
        """How many times as much labels are worth one at a time, paired with ten at a time, in words."""
        table, words = read_map(), []
        for rule in ("margin", "diverse_margin"):
            one = table[(table["rule"] == rule) & (table["batch"] == 1)].assign(rule="one", batch=10)
            ratios = paired_worth(pd.concat([table, one]), "one", rule)
            middle, (low, high) = np.exp(pseudo_median(ratios)), np.exp(signed_rank_interval(ratios))
            words.append(f"{rule} {middle:.2f} [{low:.2f}, {high:.2f}]")
        return ", ".join(words)

    @property
    def flat_late(self):
        """The share of real data sets on which 400 more random labels than 400 hardly matter."""
        return f"{flat_share(read_map(), 400):.0%}"

    def worths(self, *names):
        """What 100 labels are worth with another classifier or with margin, as a table of strings."""
        worths = pd.concat({name: self._worths_on(name) for name in names}, names=["data set"]).reset_index()
        texts = worths[["worth", "low", "high"]].map(_labels)
        cells = texts["worth"] + " [" + texts["low"] + ", " + texts["high"] + "]"
        return worths[["data set", "strategy"]].assign(**{"100 labels are worth": cells})

    def _worths_on(self, name):
        data = load_dataset(name)
        how = dict(batch=10, budget=FARTHEST, n_splits=self.map_splits, random_state=self.seed)
        curves = [run_study(data, "random", **how)]
        how["budget"] = 100 + how["batch"]  # of random labels alone more are asked than 100
        curves.append(run_study(data, "margin", **how))
        for classifier, model in CLASSIFIERS.items():
            other = run_study(data, ["random"], model=model, **how)
            curves.append(other.assign(strategy=f"random, {classifier}"))
        return label_worth(pd.concat(curves), 100)


def _interval(values):
    """The mean with its 95 % interval, as plot_intervals names them."""
    return pd.Series([np.mean(values), *bootstrap_interval(values)], ["estimate", "low", "high"])


def _labels(worth):
    """A worth in labels: "77", or "160+" beyond the labels that were run."""
    return f"{100 * worth:.0f}" if 100 * worth < FARTHEST else f"{FARTHEST}+"
