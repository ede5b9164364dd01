"""What the command prints for its options, as text and as JSON: a thin layer over the other rooms."""

import json
import platform

import numpy as np
import pandas as pd
import sklearn

from active_learning import __version__
from active_learning.checks import check_choice, check_integer, check_target
from active_learning.classifiers import CLASSIFIERS, make_model
from active_learning.data import load_dataset, split_dataset
from active_learning.display import text_table
from active_learning.features import load_table
from active_learning.forecast import forecast
from active_learning.forecast_wording import forecast_lines, gain_line
from active_learning.labelling import plan_study, suggest
from active_learning.loop import METRICS
from active_learning.measures import summarise
from active_learning.strategies import CLASSIC, RECOMMENDED, STRATEGIES, unmet_needs
from active_learning.study import run_study
from active_learning.tables import check_output, merge_labels, write_table
from active_learning.wording import describe, format_percent, recommend, results_table


def report(args):
    """What the command prints for its parsed arguments, as text or as JSON."""
    check_options(args)
    if args.csv is None:
        settings = {"metric": args.metric, "random_state": args.seed, "model": args.classifier}
        settings["batch"] = 10 if args.batch is None else args.batch
        settings["budget"] = 300 if args.budget is None else args.budget
        target = 0.9 if args.target_acc is None else args.target_acc
        return measure(args, load_dataset(args.dataset or "digits"), settings, target, [])
    table = load_table(args.csv, args.label_column, drop=args.drop, id_column=args.id_column)
    if args.labels is not None:
        table = merge_labels(table, args.labels)
    if args.output is not None:
        check_output(args.output, table, args.force)  # before the work, and again when it is written
    if args.forecast:
        return report_forecast(args, table)
    if args.suggest is not None:
        return report_suggestions(args, table)
    if args.labels is not None:
        return report_merge(args, table)
    own = dict(target=args.target_acc, batch=args.batch, budget=args.budget, random_state=args.seed)
    own |= dict(metric=args.metric, model=args.classifier)
    dataset, settings, target, sentences = plan_study(table, **own)
    return measure(args, dataset, settings, target, [*table.notes, *sentences])


def check_options(args):
    """Raise ValueError for options that do not go together, or whose values cannot work."""
    if args.csv is None:
        used = [
            name
            for name in ("label_column", "id_column", "drop", "suggest", "labels", "forecast")
            if getattr(args, name)
        ]
        if used:
            raise ValueError(f"--{used[0].replace('_', '-')} needs --csv, the table that it is about")
    elif args.label_column is None or args.dataset is not None:
        raise ValueError("--csv needs --label-column, the column of the labels, and no --dataset")
    if args.forecast and (args.suggest is not None or args.metric != "accuracy"):
        raise ValueError(
            "--forecast is about accuracy, and goes neither with another --metric nor with --suggest"
        )
    if args.labels is not None and args.suggest is None and args.output is None and not args.forecast:
        raise ValueError("--labels needs --output, the file for the merged table, or --suggest or --forecast")
    if args.forecast and args.output is not None:
        raise ValueError("--forecast writes no file: leave --output out")
    if args.output is not None and args.labels is None and args.suggest is None:
        raise ValueError("--output goes with --suggest or --labels")
    if args.target_acc is not None:
        check_target(args.target_acc)
    check_choice("metric", args.metric, METRICS)
    check_choice("classifier", args.classifier, CLASSIFIERS)
    check_integer("hold", args.hold, 1)


def named_strategies(args, model, X):
    """The names to measure, random first, and notes; the default keeps to what the classifier can serve."""
    if args.strategies is not None:
        given = " ".join(args.strategies).replace(",", " ").split()
        given = [name for word in given for name in (STRATEGIES if word == "all" else [word])]
        return list(dict.fromkeys(["random", *given])), []
    default, model = [*CLASSIC, RECOMMENDED], make_model(model)
    left_out = [name for name in default if unmet_needs(STRATEGIES[name], model, X)]
    note = f"{args.classifier} cannot serve {' and '.join(left_out)}: left out"
    return [name for name in default if name not in left_out], [note] if left_out else []


def measure(args, dataset, settings, target, notes):
    """Run the study; the table, a sentence on it, and a recommendation on a reader's own table."""
    names, more = named_strategies(args, settings["model"], dataset.X)
    notes = [*notes, *more]
    curves = run_study(dataset, names, n_splits=args.splits, n_jobs=args.jobs, **settings)
    splitting = {key: settings[key] for key in ("seed_per_class", "test_size") if key in settings}
    sizes = split_dataset(dataset.y, random_state=args.seed, **splitting).sizes
    advice = recommend(curves, target, hold=args.hold)
    if args.json:
        shown = as_json(args, dataset.name, settings, target, curves, sizes)
        return json.dumps(shown | {"notes": notes, "recommendation": advice}, indent=2, allow_nan=False)
    counts = " / ".join(f"{part} {size}" for part, size in sizes.items())
    splits = "1 split" if args.splits == 1 else f"{args.splits} splits"
    return "\n".join(
        [
            f"{dataset.name}: {dataset.X.shape[0]} rows x {dataset.X.shape[1]} columns, "
            f"{len(np.unique(dataset.y))} classes; classifier {args.classifier}",
            f"{counts}; target {format_percent(target)} {args.metric.replace('_', ' ')}, batch "
            f"{settings['batch']}, budget {settings['budget']}, {splits}, seed {args.seed}",
            *notes,
            "",
            text_table(results_table(curves, target, hold=args.hold)),
            "",
            describe(curves, target, hold=args.hold),
            *([advice] if args.csv is not None else []),
        ]
    )


def report_forecast(args, table):
    """The score now and later and the labels that the target needs, as text or as JSON."""
    answer = forecast(table, args.target_acc, model=args.classifier, random_state=args.seed)
    if args.json:
        return _table_json(args, table, classifier=args.classifier, forecast=answer)
    rows = f"{table.labeled.sum()} labelled rows, {(~table.labeled).sum()} without a label"
    head = f"{table.name}: {rows}; classifier {args.classifier}"
    return "\n".join([head, *table.notes, "", *forecast_lines(answer)])


def report_suggestions(args, table):
    """The rows to label next, as text or as JSON; and as a file, if one was asked for."""
    chosen = dict(strategy=args.strategy, model=args.classifier)
    suggestions = suggest(table, args.suggest, random_state=args.seed, **chosen)
    if args.output is not None:
        write_table(table, args.output, ids=suggestions["id"], force=args.force)
    ahead = {"ahead": (len(suggestions), 100), "random_state": args.seed}
    answer = forecast(table, args.target_acc, model=args.classifier, **ahead)
    gain = gain_line(answer, len(suggestions), args.target_acc)
    if args.json:
        rows = json.loads(suggestions.to_json(orient="records", double_precision=6))
        named = {"strategy": args.strategy, "classifier": args.classifier}
        return _table_json(args, table, **named, suggestions=rows, expected_gain=gain)
    fill = f"Fill in {args.label_column!r} in {args.output}, then merge it back with --labels {args.output}."
    return "\n".join(
        [
            f"{table.name}: {table.labeled.sum()} labelled rows, {(~table.labeled).sum()} without a label; "
            f"classifier {args.classifier}",
            *table.notes,
            "",
            text_table(suggestions.map(lambda x: f"{x:.3f}" if isinstance(x, float) else str(x))),
            gain,
            *(["", fill] if args.output is not None else []),
        ]
    )


def report_merge(args, table):
    """Write the merged table, and say so."""
    write_table(table, args.output, force=args.force)
    if args.json:
        return _table_json(args, table)
    labeled = f"{table.labeled.sum()} labelled rows, {(~table.labeled).sum()} without a label"
    return f"Wrote {args.output}: {labeled}. {args.csv} is as it was."


def _table_json(args, table, **more):
    counts = {"labeled": int(table.labeled.sum()), "pool": int((~table.labeled).sum())}
    shown = {"table": table.name, "label_column": table.label_column, **counts, "notes": table.notes}
    return json.dumps(shown | {"output": args.output} | more, indent=2, allow_nan=False)


def as_json(args, name, settings, target, curves, sizes):
    """The command's result as one JSON-ready dict; a number that was not reached is None."""
    summary = summarise(curves, target, hold=args.hold)
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

    known = row.saving_min == row.saving_max
    saving = {
        "estimate": number(row.saving_min) if known else None,
        "low": number(row.saving_low),
        "high": number(row.saving_high),
    }
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
