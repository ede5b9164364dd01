"""What each sub-command does on a user's table and its labelling job, as text and as JSON.

Not here: the options (parser), a study's table (commands).
"""

import errno
import json
import os
import warnings
from contextlib import suppress
from dataclasses import asdict

import numpy as np

from active_learning._validation import METRICS, check_choice, check_integer, check_target
from active_learning.cli.commands import measure, shown_notes
from active_learning.cli.handover import answers_of, default_path, hand_over, unsaved
from active_learning.features.preprocessing import load_table
from active_learning.forecast.forecast import FORECAST_METRICS, forecast
from active_learning.forecast.outlook import outlook
from active_learning.forecast.wording import forecast_lines, gain_line
from active_learning.labelling.classifier import choose_classifier, stage_of
from active_learning.labelling.draw import log_given_at_random, suggest
from active_learning.labelling.groups import groups_of
from active_learning.labelling.plan import random_part, study_settings, with_dependence
from active_learning.labelling.score import audit_evidence, class_recalls, majority_of, scores_of
from active_learning.labelling.score_wording import class_lines, no_score_reason, rows_for, score_lines
from active_learning.models.registry import CLASSIFIERS
from active_learning.notebook import text_lines, text_table
from active_learning.tables.answers import unsaved_answers
from active_learning.tables.job import DEFAULTS, open_job
from active_learning.tables.labels import as_text, class_names
from active_learning.tables.logged import with_log
from active_learning.tables.table import read_table
from active_learning.tables.write import check_output, write_table

WIDEST = 60  # characters of a cell on the screen
COLUMNS = 6  # on the screen


def report_job(args):
    """What a sub-command prints for its parsed arguments."""
    _check_values(args)
    job = open_job(args.table)
    given = {name: getattr(args, name, None) for name in DEFAULTS}
    given["classes"] = given["classes"] and class_names(given["classes"])
    job = job.with_settings(**given)
    if job["label_column"] is None:
        raise ValueError("--label-column is missing, the column of the labels; it is remembered")
    return REPORTS[args.command](args, job)


def _check_values(args):
    """Raise ValueError for values that cannot work, before any work."""
    if getattr(args, "classifier", None) not in (None, "auto"):
        check_choice("classifier", args.classifier, ["auto", *CLASSIFIERS])
    if getattr(args, "metric", None) is not None:
        check_choice("metric", args.metric, METRICS if args.command == "study" else FORECAST_METRICS)
    if getattr(args, "hold", None) is not None:
        check_integer("hold", args.hold, 1)
    if getattr(args, "target_acc", None) is not None:
        check_target(args.target_acc)
    if getattr(args, "within", None) is not None and not 0.5 <= args.within < 50:
        raise ValueError(f"--within is from 0.5 to 50 points of 100, got {args.within:g}")


def _reading(job):
    names = ("id_column", "unlabeled", "skip", "classes", "quoting")
    return {name: job[name] for name in names} | {"header": not job["no_header"]}


def _read(args, job):
    """The job's table without its features."""
    try:
        table = read_table(job.path, job["label_column"], **_reading(job))
    except ValueError as error:
        raise ValueError(_with_hint(str(error), job)) from None
    return with_log(table, job.log, columns=job["columns"], by=args.by)


def _with_hint(message, job):
    missing = message.startswith(f"no column {job['label_column']!r}") and not job["classes"]
    return message + "; if no row has a label yet, declare the classes: --classes a,b,c" * missing


def _load(args, job):
    """The job's table, to learn from, and the job with what was chosen for it."""
    how = _reading(job) | {name: job[name] for name in ("drop", "keep", "features")}
    how |= {"log": job.log, "columns": job["columns"], "by": args.by}
    how |= {"group_column": job["group_column"], "time_column": job["time_column"]}
    try:
        table = load_table(job.path, job["label_column"], **how)
        if job["given"] == "random":
            log_given_at_random(table)
            with warnings.catch_warnings(action="ignore"):  # said already
                table = load_table(job.path, job["label_column"], **how)
    except ValueError as error:
        raise ValueError(_with_hint(str(error), job)) from None
    return table


def _classifier(args, job, table):
    """(job, name, notes): the classifier in use, which "auto" chooses anew at 50 and at 200 labels."""
    if job["classifier"] != "auto":
        return job, job["classifier"], []
    chosen, stage = job["chosen"] or {"at": 0}, stage_of(table)
    if chosen["at"] == stage and stage:
        return job, chosen["classifier"], []
    name, why = choose_classifier(table, args.seed, metric=getattr(args, "metric", None) or "accuracy")
    if stage:
        job = job.with_settings(chosen={"at": stage, "classifier": name})
    return job, name, [why]


def _head(table, classifier=None):
    counts = f"{table.labeled.sum()} labelled rows, {table.pool.sum()} without a label"
    return f"{table.name}: {counts}" + f"; classifier {classifier}" * bool(classifier)


def _json(table, notes, **more):
    counts = {"labeled": int(table.labeled.sum()), "pool": int(table.pool.sum())}
    shown = {"table": table.name, "label_column": table.label_column, **counts, "notes": notes}
    return json.dumps(shown | more, indent=2, allow_nan=False)


def report_study(args, job):
    """Would it have paid on the labels that are there?"""
    table = _load(args, job)
    job, args.classifier, notes = _classifier(args, job, table)
    table, more = random_part(table)
    own = dict(batch=args.batch, budget=args.budget, random_state=args.seed)
    own |= dict(metric=args.metric, model=args.classifier)
    dataset, settings, sentences = study_settings(table, **own)
    notes = [*table.notes, *notes, *more, *sentences]
    return measure(args, dataset, settings, args.target_acc, notes, table)


def _check_next(args, job, table, output):
    """Raise if the suggestions cannot be written there, or would replace answers that are not in the log."""
    check_output(output, (*table.sources, job.log.path), True)
    if not os.path.isdir(os.path.dirname(output) or "."):
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", output)
    _check_saved(args, table, output)


def report_suggest(args, job):
    """The rows to label next, written to a file; what is shown tells nothing of how a row was drawn."""
    output = args.output or (default_path(job, args.format) if args.format else job.next_path)
    table = _load(args, job)
    _check_next(args, job, table, output)
    job, classifier, notes = _classifier(args, job, table)
    if job["columns"] is None:
        job = job.with_settings(columns=[name for name in table.frame if name != table.label_column])
    chosen = dict(strategy=args.strategy, model=classifier, random_state=args.seed)
    rows = suggest(table, args.n, audit_share=job["audit_share"], only_audit=args.only_audit, **chosen)
    job.save()
    ids = rows.iloc[:, 0]
    notes = [*table.notes, *notes, *rows.attrs["notes"]]
    notes += _write_rows(args, table, ids, output, classifier)
    if not job["audit_share"] and not args.only_audit:
        notes.append("no audit rows are drawn: without them no honest score is possible")
    gain = expected_gain(args, table, classifier, len(rows), rows.attrs["strategy"])
    if args.json:
        listed = json.loads(rows.assign(**{rows.columns[0]: as_text(ids)}).to_json(orient="records"))
        named = {"strategy": rows.attrs["strategy"], "classifier": classifier, "output": output}
        return _json(table, notes, **named, suggestions=listed, expected_gain=gain)
    fill = f"Fill in {table.label_column!r} in {output}, then: active-learning add {args.table} {output}"
    if args.format:
        fill = f"Import {output} into your tool, then: active-learning add {args.table} EXPORT"
    shown = text_table(rows.drop(columns=table.label_column).iloc[:, : COLUMNS + 1].map(_cell))
    head = [_head(table, classifier), *shown_notes(args, notes), ""]
    return text_lines([*head, *shown.splitlines(), "", gain, fill])


def _check_saved(args, table, output):
    """Raise ValueError if the file that would be replaced holds answers that are not in the log."""
    if n_unsaved := (unsaved if args.format else unsaved_answers)(table, output):
        answers = "an answer that is" if n_unsaved == 1 else f"{n_unsaved} answers that are"
        add = f"active-learning add {args.table} {output}"
        raise ValueError(f"{output} holds {answers} not in the log: type {add} first")


def _write_rows(args, table, ids, output, classifier):
    """Write the rows to label, for a person or for a tool; notes."""
    if args.format:
        return hand_over(table, ids, output, args.format, classifier if args.predictions else None)
    write_table(table, output, ids=ids, force=True, spreadsheet_safe=args.spreadsheet_safe)
    return []


def _cell(cell):
    text = " ".join(str(cell).split())
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."


def expected_gain(args, table, classifier, batch, rule):
    """One line: what the rows that the rule suggested are expected to bring, from the labels so far."""
    if len(np.unique(table.y[table.labeled].astype(str))) < 2:
        return "Too early to say what these labels will bring: fewer than two classes have a label."
    ahead = {"ahead": (batch, 100), "random_state": args.seed, "metric": args.metric}
    answer = forecast(table, args.target_acc, model=classifier, **ahead)
    return gain_line(answer, batch, args.target_acc, rule)


def report_add(args, job):
    """Take answers that were filled in into the log."""
    table = _read(args, job)
    found = answers_of(table, args.answers, who=args.who, relabel=args.relabel, classes=job["classes"])
    if job["columns"] is None and not len(table.log.events()):
        job = job.with_settings(columns=[name for name in table.frame if name != table.label_column])
    with suppress(OSError):  # settings that cannot be kept are said again
        job.save()
    job.log.append(found.events)
    with warnings.catch_warnings(action="ignore"):  # said already
        table = _read(args, job)
    if args.json:
        return _json(table, table.notes, answers=len(found.events), lines=found.lines)
    saved = f"Saved in {job.log.path.name}." if found.events else "Nothing in it is new."
    return text_lines([*found.lines, *shown_notes(args, table.notes), f"{saved} {_head(table)}."])


def report_score(args, job):
    """How good is the model now?"""
    table = with_dependence(_load(args, job))
    job, classifier, notes = _classifier(args, job, table)
    with suppress(OSError):
        job.save()
    scores, classes, majority = [], [], majority_of(table)
    if (table.audit & table.labeled).any():
        evidence = audit_evidence(table, classifier, args.seed)
        names = np.unique(table.y[table.labeled].astype(str))
        scores, classes = scores_of(evidence), class_recalls(evidence, names)
    reason = None if scores else no_score_reason(table, args.table)
    within = _within(args, scores)
    if scores and groups_of(table) is not None:
        within.append(f"New rows are of new groups of {job['group_column']!r}; the pool is not scored.")
    if args.json:
        found = {"score": [asdict(one) for one in scores], "reason": reason, "majority": majority}
        return _json(table, [*table.notes, *notes, *within], **found, classifier=classifier, classes=classes)
    lines = [*score_lines(scores, majority, reason), *class_lines(classes), *within]
    return text_lines([_head(table, classifier), *shown_notes(args, [*table.notes, *notes]), "", *lines])


def _within(args, scores):
    """How many random rows an interval of the width asked for takes, in a sentence."""
    if args.within is None:
        return []
    share = scores[0].estimate if scores else 0.5
    rows, there = rows_for(args.within / 100, share), scores[0].n_audit if scores else 0
    more = max(rows - there, 0)
    draw = f"; active-learning suggest {args.table} --only-audit -n {more} draws them" * (more > 0)
    return [f"{rows} audit rows give +-{args.within:g} points, {there} are there{draw}."]


def report_forecast(args, job):
    """How many more labels, for what score?"""
    table = with_dependence(_load(args, job))
    job, classifier, notes = _classifier(args, job, table)
    chosen = dict(model=classifier, metric=args.metric, random_state=args.seed)
    answer = forecast(table, args.target_acc, **chosen)
    at_random = answer.get("labelled_by") == "random"
    like_it = outlook(table, classifier, random_state=args.seed) if at_random else []
    if args.json:
        found = dict(forecast=answer, outlook=like_it)
        return _json(table, [*table.notes, *notes], classifier=classifier, **found)
    notes = shown_notes(args, [*table.notes, *notes])
    *numbers, verdict = forecast_lines(answer)
    return text_lines([_head(table, classifier), *notes, "", *numbers, *like_it, verdict])


def report_export(args, job):
    """Write the table with its labels."""
    table = _read(args, job)
    write_table(table, args.output, force=args.force)
    if args.json:
        return _json(table, table.notes, output=args.output)
    wrote = f"Wrote {args.output}: {_head(table)}. {args.table} is as it was."
    return text_lines([*shown_notes(args, table.notes), wrote])


REPORTS = {
    "study": report_study,
    "suggest": report_suggest,
    "add": report_add,
    "score": report_score,
    "forecast": report_forecast,
    "export": report_export,
}
