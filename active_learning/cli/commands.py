"""What the command prints for its options, as text and as JSON; before that, which options go together.

Not here: what the options are (parser), and what they ask for (the other wings).
"""

import json
import platform

import numpy as np
import pandas as pd
import sklearn

from active_learning import __version__
from active_learning._validation import METRICS, check_choice, check_integer, check_target
from active_learning.datasets.dataset import load_dataset, split_dataset
from active_learning.features.preprocessing import load_table
from active_learning.forecast.forecast import forecast, forecast_lines, gain_line
from active_learning.labelling.plan import better_classifier, study_settings, target_sentence
from active_learning.labelling.suggest import suggest
from active_learning.models.registry import CLASSIFIERS, make_model
from active_learning.notebook import text_lines, text_table
from active_learning.report.sentences import (
    advise,
    below_majority,
    describe,
    describe_gains,
    format_percent,
    recommend,
    results_table,
    seed_meets,
)
from active_learning.statistics.equal_budget import gains, reachable
from active_learning.statistics.savings import summarise
from active_learning.strategies.registry import CLASSIC, RECOMMENDED, STRATEGIES, unmet_requirements
from active_learning.study.study import N_PARTS, run_parts, run_study
from active_learning.tables.labels import as_text, class_names
from active_learning.tables.merge import merge_labels
from active_learning.tables.table import read_table
from active_learning.tables.write import check_output, write_table

TABLE_OPTIONS = (  # that mean nothing without --csv
    "label_column",
    "id_column",
    "drop",
    "features",
    "suggest",
    "strategy",
    "labels",
    "unlabeled",
    "skip",
    "classes",
    "keep",
    "no_header",
    "relabel",
    "forecast",
)
BUNDLED = {"batch": 10, "budget": 300}  # the sizes of a study of a bundled data set


def check_options(args):
    """Raise ValueError for options that do not go together, or whose values cannot work."""
    given = [name for name in TABLE_OPTIONS if getattr(args, name)]
    merging, suggesting = args.labels is not None, args.suggest is not None
    if args.csv is None and given:
        raise ValueError(f"--{given[0].replace('_', '-')} needs --csv, the table that it is about")
    if args.csv is not None and (args.label_column is None or args.dataset is not None):
        raise ValueError("--csv needs --label-column, the column of the labels, and no --dataset")
    _check_forecast(args)
    if merging and not (suggesting or args.forecast) and args.output is None:
        raise ValueError("--labels needs --output, the file for the merged table, or --suggest or --forecast")
    if args.output is not None and not (merging or suggesting):
        raise ValueError("--output goes with --suggest or --labels")
    if args.relabel and not merging:
        raise ValueError("--relabel goes with --labels, the file of the newer labels")
    if args.spreadsheet_safe and (not suggesting or args.output is None):
        raise ValueError("--spreadsheet-safe goes with --suggest and --output, the file for a spreadsheet")
    if args.checkpoint is not None and (merging or suggesting or args.forecast):
        raise ValueError("--checkpoint is for a study; --suggest, --labels and --forecast run none")
    if args.target_acc is not None:
        check_target(args.target_acc)
    check_choice("metric", args.metric, METRICS)
    check_choice("classifier", args.classifier, CLASSIFIERS)
    check_integer("hold", args.hold, 1)


def _check_forecast(args):
    """Raise ValueError for options that do not go with a forecast, or with the one of a suggestion."""
    suggesting, other_metric = args.suggest is not None, args.metric != "accuracy"
    if args.forecast and (suggesting or other_metric):
        raise ValueError("--forecast is about accuracy, and goes with neither another --metric nor --suggest")
    if suggesting and args.target_acc is not None and other_metric:
        raise ValueError(f"--target-acc with --suggest is an accuracy; leave --metric {args.metric} out")
    if args.forecast and args.output is not None:
        raise ValueError("--forecast writes no file: leave --output out")


def report(args):
    """What the command prints for its parsed arguments, as text or as JSON."""
    check_options(args)
    settings = {"metric": args.metric, "random_state": args.seed, "model": args.classifier}
    settings |= {"batch": args.batch, "budget": args.budget}
    if args.csv is None:
        sizes = {name: default for name, default in BUNDLED.items() if settings[name] is None}
        target = 0.9 if args.target_acc is None else args.target_acc
        return measure(args, load_dataset(args.dataset or "digits"), settings | sizes, target, [])
    reading = {"unlabeled": args.unlabeled, "skip": args.skip, "header": not args.no_header}
    reading |= {"drop": args.drop, "id_column": args.id_column, "classes": class_names(args.classes)}
    if args.labels is not None and args.suggest is None and not args.forecast:  # nothing is learnt
        table = read_table(args.csv, args.label_column, **reading)
    else:
        learning = {"features": args.features, "keep": args.keep}
        table = load_table(args.csv, args.label_column, **learning, **reading)
    if args.labels is not None:
        table = merge_labels(table, args.labels, relabel=args.relabel)
    if args.output is not None:
        check_output(args.output, table.sources, args.force)  # before the work, and again when it is written
    if args.forecast:
        return report_forecast(args, table)
    if args.suggest is not None:
        return report_suggestions(args, table)
    if args.labels is not None:
        return report_merge(args, table)
    dataset, settings, sentences = study_settings(table, **settings)
    return measure(args, dataset, settings, args.target_acc, [*table.notes, *sentences], table)


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
    sizes = split_dataset(dataset.y, random_state=args.seed, **splitting).sizes
    parts, part_notes = study_parts(args, dataset, names, settings, target, curves)
    notes, rating = [*notes, *part_notes], dict(hold=args.hold, parts=parts)
    findings = [] if table is None else table_findings(args, table, dataset, settings, curves, target, parts)
    if args.json:
        result = as_json(args, dataset.name, settings, target, curves, sizes, parts)
        advice = findings[-1] if findings else recommend(curves, target, **rating)
        result |= {"notes": notes, "findings": findings[:-1], "recommendation": advice}
        result |= {} if table is None else {"equal_budget": gains_json(curves)}
        return json.dumps(result, indent=2, allow_nan=False)
    sentences = [describe(curves, target, **rating), *findings]
    return study_text(args, dataset, settings, target, curves, sizes, notes, sentences)


def study_text(args, dataset, settings, target, curves, sizes, notes, sentences):
    """What was run, the table and sentences on it, as text."""
    counts = " / ".join(f"{part} {size}" for part, size in sizes.items())
    splits = "1 split" if args.splits == 1 else f"{args.splits} splits"
    return text_lines(
        [
            f"{dataset.name}: {dataset.X.shape[0]} rows x {dataset.X.shape[1]} columns, "
            f"{len(np.unique(dataset.y))} classes; classifier {args.classifier}",
            f"{counts}; target {format_percent(target)} {args.metric.replace('_', ' ')}, batch "
            f"{settings['batch']}, budget {settings['budget']}, {splits}, seed {args.seed}",
            *notes,
            "",
            *text_table(results_table(curves, target, hold=args.hold)).splitlines(),
            "",
            *sentences,
        ]
    )


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


def table_findings(args, table, dataset, settings, curves, target, parts):
    """What a study of a user's table shows beyond its results; the last sentence is the advice."""
    low = below_majority(curves, dataset.y) if args.metric == "accuracy" else ""
    better = better_classifier(table, dataset, settings, args.classifier, n_jobs=args.jobs)
    return [
        *describe_gains(curves, args.metric),
        *filter(None, [low, better]),
        advise(curves, target, hold=args.hold, parts=parts),
    ]


def gains_json(curves):
    """Gains at equal budget as JSON-ready dicts; what is not finite is None."""
    rows = gains(curves).reset_index().to_dict("records")
    return [
        {key: round(x, 6) if np.isfinite(x) else None for key, x in row.items() if key != "strategy"}
        | {"strategy": row["strategy"]}
        for row in rows
    ]


def report_forecast(args, table):
    """The score now and later and the labels that the target needs, as text or as JSON."""
    answer = forecast(table, args.target_acc, model=args.classifier, random_state=args.seed)
    if args.json:
        return _table_json(args, table, table.notes, classifier=args.classifier, forecast=answer)
    return text_lines([_heading(args, table), *table.notes, "", *forecast_lines(answer)])


def report_suggestions(args, table):
    """The rows to label next, as text or as JSON; and as a file, if one was asked for."""
    chosen = dict(strategy=args.strategy, model=args.classifier)
    suggestions = suggest(table, args.suggest, random_state=args.seed, **chosen)
    strategy = suggestions.attrs["strategy"]
    notes = [*table.notes, f"rows chosen by {strategy}", *suggestions.attrs["notes"]]
    if args.output is not None:
        writing = {"force": args.force, "spreadsheet_safe": args.spreadsheet_safe}
        write_table(table, args.output, ids=suggestions["id"], **writing)
    gain = expected_gain(args, table, len(suggestions), strategy)
    if args.json:
        ids = as_text(suggestions["id"])  # exactly as text: JSON's numbers and dates would round them
        rows = json.loads(suggestions.assign(id=ids).to_json(orient="records", double_precision=6))
        names = {"strategy": strategy, "classifier": args.classifier}
        return _table_json(args, table, notes, **names, suggestions=rows, expected_gain=gain)
    cells = suggestions.dropna(axis=1, how="all").map(_cell_text)
    fill = f"Fill in {args.label_column!r} in {args.output}, then merge it back with --labels {args.output}."
    lines = [_heading(args, table), *notes, "", *text_table(cells).splitlines(), gain]
    return text_lines([*lines, *(["", fill] if args.output is not None else [])])


def _cell_text(cell):
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def _heading(args, table):
    return f"{table.name}: {_counts(table)}; classifier {args.classifier}"


def _counts(table):
    return f"{table.labeled.sum()} labelled rows, {table.pool.sum()} without a label"


def expected_gain(args, table, batch, rule):
    """One line: what the rows that the rule suggested are expected to bring, from the labels so far."""
    if len(np.unique(table.y[table.labeled].astype(str))) < 2:
        return "Too early to say what these labels will bring: fewer than two classes have a label."
    ahead = {"ahead": (batch, 100), "random_state": args.seed}
    answer = forecast(table, args.target_acc, model=args.classifier, **ahead)
    return gain_line(answer, batch, args.target_acc, rule)


def report_merge(args, table):
    """Write the merged table, and say so."""
    write_table(table, args.output, force=args.force)
    if args.json:
        return _table_json(args, table, table.notes)
    return text_lines([*table.notes, f"Wrote {args.output}: {_counts(table)}. {args.csv} is as it was."])


def _table_json(args, table, notes, **results):
    counts = {"labeled": int(table.labeled.sum()), "pool": int(table.pool.sum())}
    head = {"table": table.name, "label_column": table.label_column, **counts, "notes": notes}
    return json.dumps(head | {"output": args.output} | results, indent=2, allow_nan=False)


def as_json(args, name, settings, target, curves, sizes, parts=None):
    """The command's result as one JSON-ready dict; a number that was not reached is None."""
    summary = summarise(curves, target, hold=args.hold, parts=parts)
    packages = {package.__name__: package.__version__ for package in (np, pd, sklearn)}
    return {
        "dataset": name,
        "classifier": args.classifier,
        "metric": args.metric,
        "target_acc": target,
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

    def ends(low, high):  # an open end is None; 100 % saved is no bound either
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
