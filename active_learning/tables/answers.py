"""Answers that were filled in elsewhere, as events of the log: on the right row, or not at all.

What a file says of how a row was drawn is not taken: the log knows. Not here: where a label lands (merge).
"""

import difflib
import os
import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd

from active_learning._validation import some
from active_learning.tables.labels import are_values, as_text, is_mark, label_text, spelling
from active_learning.tables.logged import row_hashes
from active_learning.tables.merge import SUGGESTED, check_cells, filled_in_labels, places_of, with_labels
from active_learning.tables.row_states import row_states
from active_learning.tables.table import check_frame, id_text, read_file
from active_learning.tables.write import safe

TYPO = 0.8  # likeness of two class names, from which on one may be the other mistyped


@dataclass(frozen=True)
class Answers:
    """What a filled-in file holds."""

    events: list  # of the log, for answers that are new
    lines: list  # what came in, a sentence each


def read_answers(table, labels, *, who="", relabel=False, classes=()):
    """Turn a filled-in file of suggestions into events of the table's log; nothing is written.

    Parameters
    ----------
    table : Table
        With its log.
    labels : path or DataFrame
        Filled in: the id and the label of each row; cells that came along are compared with the table's.
    who : str
        Whose answers they are.
    relabel : bool
        Let answers change earlier ones of the same person, or the table's own labels.
    classes : list of str
        Classes that were declared.

    Returns
    -------
    Answers

    Raises
    ------
    ValueError
        If no label is filled in, an id is unknown, a row would have two labels, or cells are not the table's.
    """
    frame, extra = _own_columns(table, labels)
    given, _ = filled_in_labels(table, frame)
    text = label_text(given[table.label_column])
    known = [*classes, *pd.Series(table.y).dropna().unique()]
    text = text.where(text.isin(known) | ~text.str.strip().isin(known), text.str.strip())
    marked = _marked(table, text, known)
    empty = are_values(text, [*table.unlabeled, ""]) | marked
    if empty.all():
        raise ValueError(f"no label is filled in in column {table.label_column!r}: nothing was added")
    gone = _gone(table, given).to_numpy()
    kept = given[~gone]
    rows = places_of(table, kept)
    notes = check_cells(table, kept, rows) if table.numbered else []
    new = pd.DataFrame({"row": rows, "label": text[~gone].to_numpy(dtype=object)})[~empty[~gone]]
    new, changed = _unknown_yet(table, new, who, relabel)
    with_labels(table, new, True, [], ())  # raises if these cannot be classes
    events = [*_events(table, new, who), *_gone_events(table, given[gone & ~empty], text, who)]
    lines = [_counted(len(new) - len(changed), "answer"), _counted(int(empty.sum()), "row", "without one")]
    lines = [*filter(None, lines), *_mark_lines(text[marked]), *frame.attrs["notes"], *changed, *notes]
    lines += [f"column {some(extra)} is ignored: the table has none of that name"] if extra else []
    lost = some(given.loc[gone & ~empty, table.frame.index.name])
    lines += [f"no row {lost} in {table.name} any more; the answer is kept in the log"] if lost else []
    return Answers(events, [*lines, *_class_lines(table, new, classes)])


def _counted(n, what, more=""):
    return f"{n} {what}{'s' * (n != 1)} {more}".strip() if n else ""


def _own_columns(table, labels):
    """The frame with the columns that the table knows, ids spelled as the table's, and the other columns.

    Its attrs hold `notes`, on ids that were read in another spelling.
    """
    name = table.frame.index.name
    if isinstance(labels, (str, os.PathLike)):
        frame = read_file(labels, (name, table.label_column))[0]
    else:
        frame = check_frame(labels)
        frame = frame.reset_index() if frame.index.name == name else frame
    known = {*table.frame.columns, name, "id"} | SUGGESTED
    known |= {safe(column) for column in known}
    frame = _renamed(frame, known - {None})
    extra = [column for column in frame.columns if column not in known]
    frame, notes = frame.drop(columns=extra), []
    column = name if name in frame.columns else "id"
    if column in frame.columns:
        typed, ids = as_text(frame[column]), {*id_text(table.frame)}
        whole = typed.str.fullmatch(r"\d+\.0+") & ~_among(typed, ids)  # 141.0, as a spreadsheet may write 141
        frame[column] = typed.where(~whole, typed.map(lambda cell: re.sub(r"\.0+$", "", cell)))
        exact = _as_known(as_text(frame[column]), ids, _form)
        gone = exact.isin(table.log.events()["id"])  # of rows that are no longer there
        frame[column] = exact.where(gone, _as_known(exact, ids, _loose))
        if (other := frame[column] != exact).any():
            pairs = [f"{old} as {new}" for old, new in zip(exact[other], frame[column][other], strict=True)]
            notes = [f"ids in capitals or small letters are read as the table's: {some(pairs)}"]
    frame.attrs["notes"] = notes
    return frame, extra


def _renamed(frame, known):
    """The frame with columns named as the table's where only case or outer spaces differ."""
    names = pd.Series({str(name): _loose(str(name)) for name in known})
    alone = {key: name for name, key in names[~names.duplicated(keep=False)].items()}
    found = {name: alone.get(_loose(str(name))) for name in frame.columns if name not in known}
    new = {name: other for name, other in found.items() if other is not None and other not in frame.columns}
    return frame.rename(columns=new) if len({*new.values()}) == len(new) else frame


def _form(name):
    return unicodedata.normalize("NFC", name).strip()


def _loose(name):
    return _form(name).casefold()


def _among(cells, known):
    """Which of a few cells (m,) are in a set of many: isin would go through all of it each time."""
    return np.array([cell in known for cell in cells], dtype=bool)


def _as_known(cells, known, form):
    """Cells (m,), unknown ones spelled as the one known text of the same form."""
    odd = ~_among(cells, known)
    if not odd.any():
        return cells
    forms = pd.Series({text: form(text) for text in known}, dtype=object)
    alone = {key: text for text, key in forms[~forms.duplicated(keep=False)].items()}
    return cells.mask(odd, cells[odd].map(lambda cell: alone.get(form(cell), cell)))


def _marked(table, text, known):
    """Which answers (m,) are a mark that mostly means "no label", such as ?, and no known class."""
    labels = {*text} | {*known}
    marks = [label for label in {*text} - {""} if is_mark(label, labels)]
    return are_values(text, marks) & ~are_values(text, [*known, *table.skip, *table.unlabeled, ""])


def _mark_lines(marks):
    """A sentence on marks (m,) that were taken for no label."""
    if not len(marks):
        return []
    how = "counts" if len(marks) == 1 else "count"
    rest = "--skip takes such rows out; if it is a class, --classes lists it"
    return [f"{some(pd.unique(marks))} {how} as no label ({len(marks)}): {rest}"]


def _gone(table, given):
    """Which rows were suggested once and are no longer in the table, bool (m,)."""
    ids = as_text(given[table.frame.index.name])
    return ~_among(ids, {*id_text(table.frame)}) & ids.isin(table.log.events()["id"])


def _unknown_yet(table, new, who, relabel):
    """The labels that this person has not given, and a sentence for each that changes one.

    raises: ValueError naming the rows if one would have two labels
    """
    events = table.log.events()
    mine = row_states(events[events["who"] == who])
    mine = mine.loc[mine["status"] == "labelled", "label"]
    ids = id_text(table.frame)[new["row"]]
    theirs = ~np.isin(new["row"], np.flatnonzero(table.states["status"] == "labelled"))
    own = label_text(table.frame[table.label_column]).to_numpy(dtype=object)[new["row"]]
    own = np.where(theirs & ~are_values(own, [*table.unlabeled, ""]), own, "")
    old = pd.Series(mine.reindex(ids).to_numpy(dtype=object), dtype=object).fillna(
        pd.Series(own, dtype=object)
    )
    same = old.map(spelling).to_numpy() == new["label"].map(spelling).to_numpy()
    kept = ~same & ~new.duplicated().to_numpy()
    new, old = new[kept], old[kept]
    if (twice := new["row"].duplicated(keep=False)).any():
        named = new[twice].groupby("row", sort=False)["label"].agg(" or ".join)
        shown = some([f"{table.frame.index[row]}: {labels}" for row, labels in named.items()])
        raise ValueError(f"these rows would have two labels, so nothing was added: {shown}")
    pairs = zip(new["row"], old, new["label"], strict=True)
    changed = [(row, before, after) for row, before, after in pairs if before != ""]
    if changed and not relabel:
        shown = some([f"{table.frame.index[row]}: {before} or {after}" for row, before, after in changed])
        fault = f"these rows have another label, so nothing was added: {shown}"
        raise ValueError(f"{fault}; type --relabel to let the newer label win")
    return new, [f"row {table.frame.index[row]}: {old!r} is now {label!r}" for row, old, label in changed]


def _events(table, new, who):
    """Events for labels on the table's rows: skipped where the label says so."""
    skips = are_values(new["label"], table.skip)
    hashes = row_hashes(table, new["row"].to_numpy(), table.columns)
    ids = id_text(table.frame)[new["row"]]
    events = [
        {"event": "labelled", "id": row, "row_hash": row_hash, "label": label, "who": who}
        for row, row_hash, label in zip(ids, hashes, new["label"], strict=True)
    ]
    return [
        event | {"event": "skipped", "label": ""} if skip else event
        for event, skip in zip(events, skips, strict=True)
    ]


def _gone_events(table, given, text, who):
    ids = as_text(given[table.frame.index.name])
    return [{"event": "labelled", "id": row, "label": text[at], "who": who} for at, row in ids.items()]


def _class_lines(table, new, classes):
    """Sentences on classes that are new, and on those that may be a known one mistyped."""
    spelled = new.loc[~are_values(new["label"], table.skip), "label"].map(spelling)
    known = {spelling(label) for label in [*classes, *pd.Series(table.y).dropna().unique()]}
    counts = spelled.value_counts()
    fresh = [label for label in counts.index if label not in known]
    lines = [f"new class: {some(fresh, 20)}"] if fresh else []
    for label in fresh:
        others = known | {other for other in counts.index if counts[other] > counts[label]}
        others = {_loose(other): other for other in sorted(others, reverse=True)}
        if close := difflib.get_close_matches(_loose(label), sorted(others), n=1, cutoff=TYPO):
            rows = some(table.frame.index[new.loc[spelled.index[spelled == label], "row"]], 3)
            mend = "if so, add it again with --relabel"
            lines.append(f"{label!r} (row {rows}) may be {others[close[0]]!r} mistyped; {mend}")
    return lines


def unsaved_answers(table, path):
    """How many filled-in labels a file of suggestions holds that are not in the table's log.

    Raises
    ------
    ValueError
        If there is such a file, and it holds no suggestions of this table.
    """
    if not os.path.exists(path):
        return 0
    try:
        frame, _ = _own_columns(table, path)
        given, _ = filled_in_labels(table, frame)
    except ValueError as error:
        raise ValueError(f"{path} is there, and not replaced: it holds no suggestions ({error})") from None
    text = label_text(given[table.label_column])
    known = [*table.classes, *pd.Series(table.y).dropna().unique()]
    filled = ~are_values(text, [*table.unlabeled, ""]) & ~_marked(table, text, known)
    events = table.log.events()
    saved = {*zip(events["id"], events["label"].map(spelling), strict=True)}
    skipped = {*events.loc[events["event"] == "skipped", "id"]}
    pairs = zip(as_text(given[table.frame.index.name])[filled], text[filled], strict=True)
    return sum((row, spelling(label)) not in saved and row not in skipped for row, label in pairs)
