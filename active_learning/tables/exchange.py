"""Rows for the labelling tools that teams have, and their answers: Label Studio, doccano, plain JSON lines.

A row goes out with its id and its text; what comes back is placed by the id, and its text must be the row's.
Not here: what an answer does to the log (answers).
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from active_learning._validation import check_choice, some
from active_learning.tables.labels import as_text, spelling
from active_learning.tables.table import id_text, read_file

ENDINGS = {"label-studio": ".json", "doccano": ".jsonl", "jsonl": ".jsonl"}
ROW_ID = "row_id"  # the tools have an id of their own
DOCCANO_SEVERAL = "#"  # between the labels of a row in doccano's CSV
STUDIO_TAGS = {"from_name": "label", "to_name": "text", "type": "choices"}


@dataclass(frozen=True)
class Record:
    """An answer as a tool exports it; labels is a list of str, who the annotator or ""."""

    id: str
    text: str
    labels: list
    who: str


def text_of(table, rows):
    """What a tool shows of each of some rows (m,): its only cell, or one line per column."""
    frame = table.frame.iloc[rows].drop(columns=table.label_column)
    named = frame.index.name
    cells = {str(name): as_text(frame[name]) for name in frame if name != named}
    if len(cells) == 1:
        return next(iter(cells.values())).tolist()
    lines = zip(*([f"{name}: {cell}" for cell in column] for name, column in cells.items()), strict=True)
    return ["\n".join(row) for row in lines]


def exchange_text(table, rows, kind, guesses=None):
    """Some rows as the text of a file that a tool imports.

    Parameters
    ----------
    table : Table
    rows : list of int
        Row numbers.
    kind : str
        label-studio, doccano or jsonl.
    guesses : list of (str, float), optional
        The model's class and probability of each row: a prediction in Label Studio, elsewhere `guess` beside
        the text, as a label that nobody gave would come back as an answer.

    Returns
    -------
    str
    """
    check_choice("format", kind, ENDINGS)
    ids, texts = id_text(table.frame)[rows], text_of(table, rows)
    guesses = [None] * len(rows) if guesses is None else guesses
    if kind == "label-studio":
        tasks = [_task(*row) for row in zip(ids, texts, guesses, strict=True)]
        return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"
    name, empty = (ROW_ID, []) if kind == "doccano" else ("id", "")
    lines = []
    for row, text, guess in zip(ids, texts, guesses, strict=True):
        shown = {} if guess is None else {"guess": guess[0]}
        lines.append(json.dumps({name: row, "text": text, "label": empty} | shown, ensure_ascii=False) + "\n")
    return "".join(lines)


def _task(row, text, guess):
    task = {"data": {ROW_ID: row, "text": text}}
    if guess is not None:
        result = STUDIO_TAGS | {"value": {"choices": [guess[0]]}}
        task["predictions"] = [{"model_version": "active-learning", "score": guess[1], "result": [result]}]
    return task


def is_exchange(path):
    """Whether a file of answers is an export of such a tool, by its ending or, of a CSV, its columns."""
    name = os.fspath(path).lower()
    if name.endswith((".json", ".jsonl", ".ndjson")):
        return True
    return name.endswith(".csv") and os.path.exists(path) and {ROW_ID, "text", "label"} <= _columns(path)


def _columns(path):
    try:
        with open(path, encoding="utf-8-sig") as file:
            return {*file.readline().rstrip("\r\n").replace('"', "").split(",")}
    except (OSError, UnicodeDecodeError):
        return set()


def read_exchange(table, path, who=""):
    """The answers of an export, an annotator apart.

    Parameters
    ----------
    table : Table
        Whose rows were handed over.
    path : str or path
    who : str
        Whose the answers are of which the export does not say it.

    Returns
    -------
    dict of str to DataFrame
        Annotator -> ids and labels, as read_answers takes them.
    list of str
        What was ignored.

    Raises
    ------
    ValueError
        If the file is no such export, or one of other rows; naming rows that have several labels.
    """
    records, ignored = _records(Path(path), table)
    _check_rows(table, records, Path(path).name)
    if several := [record for record in records if len(record.labels) > 1]:
        shown = some([f"{one.id}: {' and '.join(one.labels)}" for one in several])
        raise ValueError(f"a row has one label, and these have several, so nothing was added: {shown}")
    answers = {}
    for record in records:
        answers.setdefault(record.who or who, {})[record.id] = record.labels[0] if record.labels else ""
    name = table.frame.index.name
    frames = {
        person: pd.DataFrame({name: [*given], table.label_column: [*given.values()]}, dtype="str")
        for person, given in answers.items()
    }
    return frames, [f"{some(ignored)} in {Path(path).name}: ignored"] if ignored else []


def _check_rows(table, records, name):
    """Raise ValueError if a record is about no row of the table, or about one with another text."""
    if not records:
        raise ValueError(f"{name} holds no answers")
    places = id_text(table.frame).get_indexer([record.id for record in records])
    if unknown := [record.id for record, place in zip(records, places, strict=True) if place < 0]:
        raise ValueError(
            f"{name} is about other rows than {table.name}'s, so nothing was added: {some(unknown)}"
        )
    texts = text_of(table, places)
    other = [
        record.id
        for record, text in zip(records, texts, strict=True)
        if record.text is not None and record.text.split() != text.split()
    ]
    if other:
        fault = f"{name} has other texts than {table.name}, so nothing was added: row {some(other)}"
        raise ValueError(f"{fault}; it may be the export of another project")


def _records(path, table):
    """The records of an export, and the names of what is ignored in it."""
    if path.name.lower().endswith(".csv"):
        frame, _, _ = read_file(path, (ROW_ID, "label"))
        known = {spelling(label) for label in table.y[table.labeled]}
        rows = [{**row, "label": _doccano_labels(row["label"], known)} for row in frame.to_dict("records")]
    else:
        rows = _json_rows(path)
    found, ignored = [], {}
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise ValueError(f"{path.name}: entry {number} is not an object, but {row!r:.40}")
        try:
            new, others = _studio_records(row) if "data" in row else _flat_record(row, table)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path.name}: entry {number} is of no known form ({error!r:.60})") from None
        found += new
        ignored |= dict.fromkeys(others)
    return found, [*ignored]


def _json_rows(path):
    """The objects of a JSON or JSON lines file."""
    text = path.read_text(encoding="utf-8-sig")
    if path.name.lower().endswith(".json"):
        try:
            rows = json.loads(text)
        except ValueError as error:
            raise ValueError(f"{path.name} cannot be read as JSON: {error}") from None
        if not isinstance(rows, list):
            raise ValueError(f"{path.name} holds no list of tasks, but {rows!r:.40}")
        return rows
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise ValueError(f"{path.name}, line {number}: no JSON ({error})") from None
    return rows


def _doccano_labels(cell, known):
    if spelling(cell) in known:
        return [cell]
    return [label for label in cell.split(DOCCANO_SEVERAL) if label]


def _labels(value):
    """Labels as a list of text, of a text, a list of them, or Label Studio's choices."""
    value = value.get("choices", []) if isinstance(value, dict) else value
    values = [value] if isinstance(value, (str, int, float)) else [*(value or [])]
    names = {spelling(str(label)): str(label) for label in values if str(label).strip()}
    return [*names.values()]


def _flat_record(row, table):
    """A record of doccano, of JSON-MIN or of plain JSON lines, and the names that are ignored."""
    column = next((name for name in ("label", "labels", table.label_column) if name in row), None)
    id_name = next((name for name in (ROW_ID, table.frame.index.name) if name in row), "id")
    who = _person(row.get("annotator", row.get("username", row.get("who", ""))))
    labels = _labels(row[column]) if column is not None else []
    used = {id_name, "id", "text", column, "annotator", "username", "who", "guess"}
    text = str(row["text"]) if "text" in row else None
    return [Record(str(row[id_name]), text, labels, who)], [name for name in row if name not in used]


def _studio_records(task):
    """The records of a task of Label Studio's JSON, one an annotation, and the names that are ignored."""
    data, found, ignored = task["data"], [], []
    text = str(data["text"]) if "text" in data else None
    for annotation in task.get("annotations", task.get("completions", [])):
        labels = []
        for result in annotation["result"]:
            if result["type"] == "choices":
                labels += result["value"]["choices"]
            else:
                ignored.append(result["type"])
        cancelled = annotation.get("was_cancelled")
        who = _person(annotation.get("completed_by", ""))
        found.append(Record(str(data[ROW_ID]), text, [] if cancelled else _labels(labels), who))
    found = found or [Record(str(data[ROW_ID]), text, [], "")]
    return found, [*ignored, *(name for name in data if name not in (ROW_ID, "text"))]


def _person(who):
    """An annotator's name: an address, a name or a number."""
    if isinstance(who, dict):
        who = who.get("email") or who.get("username") or who.get("id")
    return "" if who is None else str(who)


def unsaved_labels(table, path):
    """How many labels of a file that was handed over are not in the log; ValueError if of other rows."""
    records, _ = _records(Path(path), table)
    _check_rows(table, records, Path(path).name)
    events = table.log.events()
    known = {*zip(events["id"], events["label"].map(spelling), strict=True)}
    return sum((record.id, spelling(label)) not in known for record in records for label in record.labels)
