"""What the command prints for its options, as text and as JSON; before that, which options go together.

Not here: what the options are (parser), and what they ask for (the other wings).
"""

import json
import platform
import re
import shutil
import textwrap
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd
import sklearn

from active_learning import __version__
from active_learning._text import printable
from active_learning._validation import METRICS, check_choice, check_integer, check_target, constant_answer
from active_learning.datasets.dataset import load_dataset
from active_learning.labelling.plan import better_classifier, target_sentence
from active_learning.models.registry import CLASSIFIERS, make_model
from active_learning.notebook import text_table
from active_learning.report.advice import advice_lines
from active_learning.report.sentences import (
    beside_constant,
    describe,
    describe_gains,
    format_percent,
    how_to_read,
    results_table,
    seed_meets,
)
from active_learning.statistics.equal_budget import gains, reachable
from active_learning.statistics.savings import summarise
from active_learning.strategies.registry import CLASSIC, RECOMMENDED, STRATEGIES, unmet_requirements
from active_learning.study.study import N_PARTS, run_parts, run_study, split_function

MOST_NOTES, MOST_SENTENCES, WIDEST = 8, 5, 100  # of a page
DOUBT = re.compile(r"\b(dropped|missing|could)\b")


def check_options(args):
    """Raise ValueError for values that cannot work, before any work is done."""
    if args.target_acc is not None:
        check_target(args.target_acc)
    check_choice("metric", args.metric, METRICS)
    check_choice("classifier", args.classifier, CLASSIFIERS)
    check_integer("hold", args.hold, 1)


def report(args):
    """What the command prints for its parsed arguments, as text or as JSON."""
    check_options(args)
    settings = {"metric": args.metric, "random_state": args.seed, "model": args.classifier}
    settings["batch"] = 10 if args.batch is None else args.batch
    settings["budget"] = 300 if args.budget is None else args.budget
    target = 0.9 if args.target_acc is None else args.target_acc
    return measure(args, load_dataset(args.dataset or "digits"), settings, target, [])


def named_strategies(args, model, X):
    """The names to measure, random first, and notes; the default keeps to what the classifier can serve."""
    if args.strategies is not None:
        words = " ".join(args.strategies).replace(",", " ").split()
        names = [name for word in words for name in (STRATEGIES if word == "all" else [word])]
        return list(dict.fromkeys(["random", *names])), []
    default, model = [*CLASSIC, RECOMMENDED], make_model(model)
    left_out = [name for name in default if unmet_requirements(STRATEGIES[name], model, X)]
    note = f"{args.classifier} cannot serve {' and '.join(left_out)}: left out"
    return [name for name in default if name not in left_out], [note] if left_out else []


def measure(args, dataset, settings, target, notes, table=None):
    """Run the study; the table, a sentence on it, and on a user's table what it gains and what to do.

    target: None for what the budget can show; table: the Table that the data set is of, if any
    """
    names, strategy_notes = named_strategies(args, settings["model"], dataset.X)
    running = dict(n_splits=args.splits, n_jobs=args.jobs, checkpoint=args.checkpoint)
    curves = run_study(dataset, names, **running, **settings)
    notes = [*notes, *strategy_notes]
    if target is None:
        target, reached = reachable(curves, by_most=True)
        notes.append(target_sentence(target, reached, settings["budget"], args.splits))
    splitting = {key: settings[key] for key in ("seed_per_class", "test_size") if key in settings}
    sizes = split_function(dataset, **splitting)(random_state=args.seed).sizes
    parts, part_notes = study_parts(args, dataset, names, settings, target, curves)
    notes, rating = [*notes, *part_notes], dict(hold=args.hold, parts=parts)
    found = Findings() if table is None else table_findings(args, table, dataset, settings, curves, target)
    advice = advice_lines(curves, target, **rating)
    if args.json:
        result = as_json(args, dataset, settings, target, curves, sizes, parts)
        findings = [*filter(None, chain(*found))]
        result |= {"notes": notes, "findings": findings, "recommendation": " ".join(advice)}
        result |= {} if table is None else {"equal_budget": gains_json(curves)}
        return json.dumps(result, indent=2, allow_nan=False)
    sentences = answer_lines(args, curves, target, advice, found)
    return study_text(args, dataset, settings, target, curves, sizes, notes, sentences)


def shown_notes(args, notes):
    """The notes that a page has room for, those that matter most first; all of them with --verbose."""
    notes = sorted(notes, key=_weight)
    if args.verbose or len(notes) <= MOST_NOTES:
        return notes
    return [*notes[: MOST_NOTES - 1], f"and {len(notes) - MOST_NOTES + 1} more notes: --verbose shows them"]


def _weight(note):
    """0 for notes that name an option to type, 1 if on the table, 2 for doubts on columns, 3 for others."""
    if "--" in note:
        return 0
    return (2 if DOUBT.search(note) else 3) if note.startswith(("column ", "each of ")) else 1


def study_text(args, dataset, settings, target, curves, sizes, notes, sentences):
    """What was run, the table and sentences on it, as text."""
    counts = " / ".join(f"{part} {size}" for part, size in sizes.items())
    label, constant = constant_answer(dataset.evaluation_labels, args.metric)
    splits = "1 split" if args.splits == 1 else f"{args.splits} splits"
    return "\n".join(
        [
            *wrapped(
                f"{dataset.name}: {dataset.X.shape[0]} rows x {dataset.X.shape[1]} columns, "
                f"{len(np.unique(dataset.y))} classes; classifier {args.classifier}",
                f"{counts}; batch {settings['batch']}, budget {settings['budget']}, "
                f"{splits}, seed {args.seed}",
                f"target {format_percent(target)} {args.metric.replace('_', ' ')}; always saying {label!r} "
                f"scores {format_percent(constant, 1)}",
                *shown_notes(args, notes),
            ),
            "",
            text_table(results_table(curves, target, hold=args.hold)),
            "",
            *wrapped(*sentences),
        ]
    )


def wrapped(*lines):
    """Lines for the terminal's width, with the control characters in each made visible."""
    width = max(40, min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST))
    return [
        textwrap.fill(printable(line), width, break_on_hyphens=False, break_long_words=False)
        for line in lines
    ]


def study_parts(args, dataset, names, settings, target, curves):
    """The study on disjoint random groups of the rows, None where it would say nothing, and notes."""
    measurable = summarise(curves, target, hold=args.hold)["saving"].drop("random").notna().any()
    if args.splits < 2 * N_PARTS or not measurable or seed_meets(curves, target, hold=args.hold):
        return None, []
    stop = {} if args.hold > 1 else {"stop_at": target}
    try:
        return run_parts(dataset, names, n_splits=args.splits, n_jobs=args.jobs, **settings, **stop), []
    except ValueError as error:  # the whole table was studied with these settings, so its parts are too small
        return None, [f"nothing is known about new rows: a part of these is too few for a study ({error})"]


class Findings(NamedTuple):
    """Sentences on what a study of a user's table shows beside its table and its advice."""

    constant: tuple = ()  # nothing is learnt, or the target asks for nothing
    watch: tuple = ()  # rules that do harm, a better classifier
    gains: tuple = ()
    more: tuple = ()  # for those who ask


def table_findings(args, table, dataset, settings, curves, target):
    """What a study of a user's table shows beyond its results."""
    low = beside_constant(curves, dataset.y, args.metric, target, test_share=settings["test_size"])
    gained, matched, *warned = describe_gains(curves, args.metric) or ["", ""]
    better = better_classifier(table, dataset, settings, args.classifier, n_jobs=args.jobs)
    return Findings(low, [*warned, better], [gained], [matched])


def answer_lines(args, curves, target, advice, found):
    """The answer: what to do, how sure that is, what to watch; the first five sentences, or all of them."""
    shown, reading = describe(curves, target, hold=args.hold), how_to_read(curves, target, hold=args.hold)
    lines = [*found.constant, *advice, *found.watch, shown, *found.gains, reading, *found.more]
    return list(filter(None, lines))[: None if args.verbose else MOST_SENTENCES]


def gains_json(curves):
    """Gains at equal budget as JSON-ready dicts; what is not finite is None."""
    rows = gains(curves).reset_index().to_dict("records")
    return [
        {key: round(x, 6) if np.isfinite(x) else None for key, x in row.items() if key != "strategy"}
        | {"strategy": row["strategy"]}
        for row in rows
    ]


def as_json(args, dataset, settings, target, curves, sizes, parts=None):
    """The command's result as one JSON-ready dict; a number that was not reached is None."""
    summary = summarise(curves, target, hold=args.hold, parts=parts)
    constant = constant_answer(dataset.evaluation_labels, args.metric)
    packages = {package.__name__: package.__version__ for package in (np, pd, sklearn)}
    return {
        "dataset": dataset.name,
        "classifier": args.classifier,
        "metric": args.metric,
        "target_acc": target,
        "constant_answer": dict(zip(("label", "score"), constant, strict=True)),
        "batch": settings["batch"],
        "budget": settings["budget"],
        "hold": args.hold,
        "n_splits": args.splits,
        "seed": args.seed,
        "sizes": sizes,
        "versions": {"active_learning": __version__, "python": platform.python_version(), **packages},
        "strategies": [_strategy_json(row) for row in summary.itertuples()],
    }


def _strategy_json(row):
    def number(value):
        return round(float(value), 6) if np.isfinite(value) else None

    def ends(low, high):  # an open end is None; 100 % saved is not a bound either
        return {"low": number(low), "high": number(high) if high < 1 else None}

    saving = {"estimate": number(row.saving), **ends(row.saving_low, row.saving_high)}
    saving["new_rows"] = ends(row.new_rows_low, row.new_rows_high)
    return {
        "strategy": row.Index,
        "labels_to_target": {
            key: number(getattr(row, key)) for key in ("median", "q25", "q75", "reached_share")
        },
        "saved_vs_random": None if row.Index == "random" else saving,
        "cost_more_share": number(row.cost_more_share),
        "tie_share": number(row.tie_share),
        "auc": number(row.auc),
        "final_accuracy": number(row.final_accuracy),
    }
