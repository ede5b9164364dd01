"""The study that notebook 2 walks through: every rule on handwritten digits, and the experiments beside it.

One call runs the main study; its methods run the smaller ones with the same settings, and so with the same
splits. Not here: the sentences around the numbers (the notebook itself), pictures (plots).
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from types import SimpleNamespace

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from active_learning._arrays import squared_distances
from active_learning.datasets.dataset import Dataset, load_dataset
from active_learning.report.benchmark import as_labels, expect, flat_share, paired_worth, read_map
from active_learning.report.sentences import (
    format_percent,
    format_range,
    format_saving,
    format_share,
    median_labels,
    whole_labels,
)
from active_learning.statistics.curves import by_split, final_scores, labels_to_target, mean_curve_crossings
from active_learning.statistics.power import false_alarm_rate, ranking, smallest_saving_shown
from active_learning.statistics.ranks import pseudo_median, signed_rank_interval
from active_learning.statistics.savings import summarise
from active_learning.strategies.base import margin
from active_learning.strategies.batch import CANDIDATES
from active_learning.strategies.registry import CLASSIC, RECOMMENDED, STRATEGIES
from active_learning.study.study import curves_of, run_histories, run_parts, run_study

QUESTION = "classifier == 'logistic_regression' and batch == 10 and n == 100"  # to the map
IN_WORDS = {
    "margin": "rows whose two most likely classes nearly tie",
    "diverse_margin": "rows whose two most likely classes nearly tie, and which differ from each other",
    "annealed_margin": "rows whose two most likely classes nearly tie, and which differ from each other",
}
MOST = "more than the whole pool"  # of random labels


@dataclass(frozen=True)
class DigitsStudy:
    """The main study on digits: what it was asked for, its runs, and what follows from them.

    Attributes
    ----------
    target, batch, budget, splits, seed
        As in `study_digits`.
    dataset : Dataset
    histories : dict of (strategy, split) to History
    curves : DataFrame
        Table of `run_study`.
    """

    target: float = 0.90
    batch: int = 10
    budget: int = 300
    splits: int = 100
    seed: int = 0
    dataset: Dataset = field(default=None, compare=False)
    histories: dict = field(default=None, compare=False)
    curves: pd.DataFrame = field(default=None, compare=False)

    def measure(self):
        """The same with its data set and its runs."""
        dataset = load_dataset("digits")
        histories = run_histories(dataset, self.rules, n_splits=self.splits, **self.settings)
        return replace(self, dataset=dataset, histories=histories, curves=curves_of(histories))

    @property
    def rules(self):
        """The classic rules, diverse_margin, and the recommended one."""
        return [*dict.fromkeys([*CLASSIC, "diverse_margin", RECOMMENDED])]

    @property
    def settings(self):
        """Keywords of every study of this walk."""
        return dict(batch=self.batch, budget=self.budget, random_state=self.seed)

    @property
    def goal(self):
        """The target in words: "90%"."""
        return format_percent(self.target)

    @cached_property
    def needed(self):
        """Labels to target (n_splits, n_rules), interpolated between rounds; inf = more than the budget."""
        return by_split(labels_to_target(self.curves, self.target, interpolate=True))

    @property
    def rule(self):
        """The recommended rule."""
        return RECOMMENDED

    @property
    def in_words(self):
        """What the recommended rule does, as half a sentence; "" for a rule without one."""
        return f": it asks for {IN_WORDS[RECOMMENDED]}" if RECOMMENDED in IN_WORDS else ""

    @property
    def single(self):
        """What nine in ten single splits show the recommended rule to save: "29% to 71%"."""
        row = ranking(self.needed).loc[RECOMMENDED]
        if row["single_high"] == 1:  # of splits whose random labels miss the target
            return f"{row['single_low']:.0%} or more"
        return format_range(row["single_low"], row["single_high"])

    @property
    def costly(self):
        """The rule that needs more labels than random most often, and in what share of the splits."""
        shares = worse_shares(self.needed).drop("random")
        return shares.idxmax(), f"{shares.max():.0%}" if shares.any() else "none"

    @property
    def elsewhere(self):
        """Row of `expect` for the recommended rule on all real data sets, partly in words."""
        table = expect().query(f"{QUESTION} and group == 'all'").set_index("rule")
        row = table.loc[RECOMMENDED]
        words = {name: as_labels(row[name]) for name in ("median", "low", "high")}
        words = {name: MOST if word == "all" else word for name, word in words.items()}
        covered = f"{row['covered']:.0%} ± {row['error']:.0%}"
        return SimpleNamespace(**row.to_dict() | words | {"covered": covered})

    @property
    def question(self):
        """The question to `read_map` whose answer has one row per real data set for the recommended rule."""
        return f"{QUESTION} and kind != 'generator' and rule == '{RECOMMENDED}'"

    @property
    def halves(self):
        """The points of accuracy that the first and the second half of the random labels add, in words."""
        runs = self.curves[self.curves["strategy"] == "random"]
        mean = 100 * runs.groupby("n_labels")["accuracy"].mean()
        start, middle, end = mean.iloc[[0, len(mean) // 2, -1]]
        return f"{middle - start:.0f}", f"{end - middle:.0f}"

    def random_state(self, split):
        """The random seed of a split of the main study."""
        return np.random.SeedSequence([self.seed, split])

    def first_queries(self, rule, n=8):
        """The first n rows that a rule asks for on the first split."""
        return self.histories[rule, 0].queried[:n]

    def labels(self, target):
        """Median labels of every rule to reach a target, in words: Series by rule."""
        return median_labels(self.curves, target).map(lambda n: whole_labels(n, self.budget))

    def labels_table(self, targets):
        """What random and the recommended rule need to reach each of several targets, in Markdown."""
        needed = {f"{format_percent(target)} accuracy": self.labels(target) for target in targets}
        names = {"labelled at random": "random", f"chosen by `{RECOMMENDED}`": RECOMMENDED}
        rows = [[f"labels needed, median of {self.splits} repeats", *needed], ["---"] * (1 + len(needed))]
        rows += [[words, *(column[rule] for column in needed.values())] for words, rule in names.items()]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def candidates(self, proba, pool):
        """The rows of the pool of smallest margin, ten times the batch, and what becomes of them.

        Returns
        -------
        tuple of arrays and a dict
            The rows (m,); the positions among them of the first batch of margin and of diverse_margin; the
            rows' place on the two principal axes (m, 2); which choice of diverse_margin is nearest (m,).
        """
        near = pool[(-margin(proba[pool])).argsort(kind="stable")[: CANDIDATES * self.batch]]
        places = {row: place for place, row in enumerate(near)}
        rules = ("margin", "diverse_margin")
        chosen = {rule: [places[r] for r in self.first_queries(rule, self.batch)] for rule in rules}
        X = self.dataset.X[near]
        nearest = squared_distances(X, X[chosen["diverse_margin"]]).argmin(axis=1)
        return near, chosen, PCA(2, svd_solver="full").fit_transform(X), nearest

    def run(self, strategies, *, n_splits=None, **changes):
        """Curves of a further study with the settings of the main one, but for the changes."""
        n_splits = min(n_splits or self.splits, self.splits)
        return run_study(self.dataset, strategies, n_splits=n_splits, **self.settings | changes)

    def savings(self, targets, *, budget):
        """What every rule saves at each target: random goes on up to this budget, as it needs more labels.

        Returns
        -------
        DataFrame
            Rows of `summarise` with the columns strategy, target and words (the saving), random left out.
        """
        longer = self.run("random", budget=max(budget, self.budget), stop_at=max(targets))
        curves = pd.concat([longer, self.curves.query("strategy != 'random'")])
        tables = [summarise(curves, target).drop("random").assign(target=target) for target in targets]
        table = pd.concat(tables).reset_index()
        return table.assign(words=[*map(format_share, table["saving_min"], table["saving_max"])])

    def batch_prices(self, sizes, *, n_splits=20):
        """Labels to target on the mean curve for several batch sizes: one row per rule and size.

        The size of the main study costs nothing, as its first splits are the same.
        """
        tables = []
        for size in sorted({*sizes, self.batch}):
            runs = self.curves[self.curves["split"] < n_splits]
            if size != self.batch:
                runs = self.run(self.rules, batch=size, n_splits=n_splits)
            tables.append(mean_curve_crossings(runs, self.target).assign(batch=size))
        return pd.concat(tables).reset_index()

    def growth(self, prices):
        """How many more labels each rule needs with the largest batch than with the smallest, in words."""
        table = prices.pivot(index="batch", columns="strategy", values="crossing")[self.rules]
        return (table.iloc[-1] / table.iloc[0] - 1).sort_values(kind="stable").map(_more_labels)

    def chance(self, n_splits=20):
        """What chance does to random's labels to target on the mean curve of so many splits, in words."""
        runs = self.curves.query("strategy == 'random'")
        groups = [runs[runs["split"] // n_splits == i] for i in range(max(self.splits // n_splits, 1))]
        tables = [mean_curve_crossings(group, self.target, n_resamples=1) for group in groups]
        crossings = [table["crossing"].item() for table in tables]
        ends = [whole_labels(end, self.budget) for end in (min(crossings), max(crossings))]
        if len(crossings) == 1:
            return "an unknown number of labels, as the splits are few"
        return f"{ends[0]} to {ends[1]} in {len(crossings)} groups of {n_splits} splits"

    def check(self):
        """Three checks of the study: two of random against itself, and one on other rows.

        Returns
        -------
        SimpleNamespace
            In words: alarms, the share of 300 studies of random against random that find a difference;
            shown, the saving that a study of this size would show in four of five cases; new, what the
            recommended rule would save on as many other rows, in 95 % of cases.
        """
        twins = {f"random {copy}": STRATEGIES["random"] for copy in (2, 3)}
        runs = self.run(twins, stop_at=self.target)
        copies = by_split(labels_to_target(runs, self.target, interpolate=True))
        copies["random"] = self.needed["random"]
        pair = copies["random"], copies["random 2"]
        rules, stop = ["random", RECOMMENDED], dict(stop_at=self.target)
        parts = run_parts(self.dataset, rules, n_splits=self.splits, **self.settings, **stop)
        new = summarise(self.curves.query("strategy in @rules"), self.target, parts=parts).loc[RECOMMENDED]
        shown = smallest_saving_shown(*pair, self.budget)
        return SimpleNamespace(
            alarms=format_percent(false_alarm_rate(copies, self.budget), 1),
            shown=f"{shown:.0%}" if shown < 0.995 else "an unknown share",
            new=format_range(new["new_rows_low"], new["new_rows_high"]),
        )

    def bill(self, n_test):
        """What random and the recommended rule need to the target, the test set included, and what is saved.

        Returns
        -------
        SimpleNamespace
            In words: random, rule, saved (labels) and share (of random's).
        """
        whole = median_labels(self.curves, self.target)[["random", RECOMMENDED]] + n_test
        saved, budget = whole["random"] - whole[RECOMMENDED], self.budget + n_test
        known = np.isfinite(whole).all()
        return SimpleNamespace(
            random=whole_labels(whole["random"], budget),
            rule=whole_labels(whole[RECOMMENDED], budget),
            saved=f"{saved:.0f}" if known else "an unknown number of",
            share=f"{saved / whole['random']:.0%}" if known else "an unknown share",
        )

    def elsewhere_table(self, table, rules):
        """What the rules are worth on all real data sets, from the table of `expect`: one row per rule."""
        table = table.query(f"{QUESTION} and group == 'all'").set_index("rule")
        rows = [table.loc[rule] for rule in dict.fromkeys(rules) if rule in table.index]
        return pd.DataFrame(
            {
                "rule": [row.name for row in rows],
                "100 labels are worth": [as_labels(row["median"]) for row in rows],
                "on a new set": [f"{as_labels(row['low'])} to {as_labels(row['high'])}" for row in rows],
                "better / worse on": [f"{row['more']} / {row['fewer']}" for row in rows],
                "largest loss": [f"{-100 * row['worst']:.0f} points" for row in rows],
            }
        )

    def with_trees(self, rule):
        """What 100 labels by a rule, 10 at a time, do to extra trees on the real data sets.

        Returns
        -------
        SimpleNamespace
            n_sets, and in words: fewer, on how many it is shown to be worth less than random, and lost, the
            largest loss: "a loss of 13 points".
        """
        question = "classifier == 'extra_trees' and batch == 10 and n == 100 and group == 'all'"
        row = expect().query(question).set_index("rule").loc[rule]
        return SimpleNamespace(n_sets=row["n_sets"], fewer=row["fewer"] or "none", lost=_points(row["worst"]))

    def foreseen(self, table):
        """What the first random labels tell, from the table of `when_it_pays`: a bullet a question.

        A question is left out where they are not shown to tell more than always giving the commoner answer.
        """
        shown = [row for row in table.itertuples() if row.p_value <= 0.05]
        bullets = [
            f"- *{row.question}*: foreseen on {row.right:.0%} of {row.n_sets} sets (the commoner answer: "
            f"{row.commonest:.0%})."
            for row in shown
        ]
        return "\n".join(bullets) if bullets else "They are not shown to tell anything."

    def against(self, rule):
        """How many times as much the recommended rule's labels are worth as another's, paired set by set."""
        ratios = paired_worth(read_map(), RECOMMENDED, rule)
        middle, ends = np.exp(pseudo_median(ratios)), np.exp(signed_rank_interval(ratios))
        return f"{middle:.2f} [{ends[0]:.2f}, {ends[1]:.2f}]"

    @property
    def flat(self):
        """The share of real data sets on which 100 more random labels hardly matter."""
        return f"{flat_share(read_map(), 100):.0%}"


def _points(gain):
    """A gain of accuracy in words: "a loss of 13 points"."""
    return f"a {'gain' if gain >= 0 else 'loss'} of {abs(100 * gain):.0f} points"


def _more_labels(growth):
    """A growth in words: "78% more", "5% fewer"."""
    if not np.isfinite(growth):
        return "an unknown number"
    return f"{abs(growth):.0%} {'more' if growth >= 0 else 'fewer'}"


def saving_table(curves, target):
    """Labels to target, the saving and the last accuracy of every rule, as a table to read.

    The labels are medians of crossings that are interpolated between rounds, as the saving is.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`, random among its strategies.
    target : float in (0, 1]
        Accuracy to reach.

    Returns
    -------
    DataFrame of str
        One row per rule, random first.

    Raises
    ------
    ValueError
        If random is not among the curves, or strategies differ in their splits.

    Examples
    --------
    >>> runs = {"random": [0.5, 0.7, 0.9], "margin": [0.5, 0.9, 0.9]}
    >>> tables = [pd.DataFrame({"strategy": name, "accuracy": run}) for name, run in runs.items()]
    >>> curves = pd.concat([table.assign(split=0, n_labels=[20, 30, 40]) for table in tables])
    >>> saving_table(curves, 0.9).iloc[1].tolist()
    ['margin', '30', '25%', 'no', '90.0%']
    """
    summary, budget = summarise(curves, target), curves["n_labels"].max()
    labels, rows = median_labels(curves, target), [*summary.drop("random").itertuples()]
    worse = worse_shares(by_split(labels_to_target(curves, target, interpolate=True)))
    one = len({*curves["split"]}) == 1
    return pd.DataFrame(
        {
            "rule": summary.index,
            f"labels to {format_percent(target)}": [whole_labels(labels[s], budget) for s in summary.index],
            "labels saved": ["-", *map(format_saving, rows)],
            "worse than random": ["-", *(_worse(worse[row.Index], one) for row in rows)],
            f"acc. at {budget}": [
                format_percent(share, 1) for share in final_scores(curves).mean()[summary.index]
            ],
        }
    )


def worse_shares(needed):
    """In what share of the splits each rule needs more labels than random: Series by rule."""
    return needed.gt(needed["random"], axis=0).mean()


def _worse(share, one):
    """Whether one split needed more labels than random, or in what share of many they did."""
    if one:
        return "yes" if share else "no"
    return f"in {share:.0%}"
