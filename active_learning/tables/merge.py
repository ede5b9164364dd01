"""Labels that were filled in elsewhere, taken into their table by id: on the right row, or not at all.

Only ids and labels are taken. Rows without an id column are known by their numbers, so every other cell that
comes along is compared with the table's. Not here: which spellings are one class (labels).
"""

from dataclasses import replace
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from active_learning._validation import check_unique, some
from active_learning.tables.labels import as_text, label_text, read_labels, spelling
from active_learning.tables.table import MISSING, check_frame, find_column, id_text, read_file, warn
from active_learning.tables.write import safe

SUGGESTED = {"guess_1", "p_1", "guess_2", "p_2", "score"}  # columns of suggest that say nothing of a row


def merge_labels(table, labels, *, relabel=False):
    """Fill in labels by row id; rows whose label is still empty stay in the pool.

    table: Table
    labels: path of a file of write_table, filled in, or a DataFrame with the id and label columns
    relabel: let a newer label win over the table's own; the notes list what changed
    returns: Table, a new one; write_table writes it
    raises: as load_table; ValueError naming the rows if an id is unknown, a row would have two labels, or one
        known by its number has other cells than the table's; naming the columns that the table does not have
    """
    given, sources = _given(table, labels)
    text = label_text(given[table.label_column])
    given = given[~_is_empty(text, ()) | table.numbered]
    rows = _places(table, given)
    notes = _check_cells(table, given, rows) if table.numbered else []
    new = pd.DataFrame({"row": rows, "label": text[given.index].to_numpy(dtype=object)})
    new = new[~_is_empty(new["label"], ())]
    return _fill_in(table, new, relabel, notes, sources)


def _given(table, labels):
    """The labels as a frame with the table's own names of columns, and the paths that it was read from."""
    if isinstance(labels, pd.DataFrame):
        frame, sources = check_frame(labels), ()
        frame = frame.reset_index() if frame.index.name == table.frame.index.name else frame
    else:
        frame, sources = read_file(labels, (table.frame.index.name, table.label_column))[0], (labels,)
    id_name, known = table.frame.index.name, {*table.frame.columns, table.frame.index.name}
    spelled = {"id": id_name} | {safe(name): name for name in known}  # by suggest, for a spreadsheet
    spelled = {name: own for name, own in spelled.items() if name not in known and own not in frame.columns}
    frame = frame.rename(columns=spelled)
    if table.numbered and id_name not in frame.columns:
        kept = "the row numbers that suggestions are written with"
        raise ValueError(f"the labels have no column {id_name!r}, {kept}; keep it, or give an --id-column")
    for column in (id_name, table.label_column):
        find_column(frame, column)
    check_unique("column names", frame.columns)
    if others := [name for name in frame.columns if name not in known | SUGGESTED]:
        raise ValueError(
            f"{table.name} has no column {some(others)}; take it out of the labels, or rename it"
        )
    blank = np.logical_and.reduce([as_text(frame[name]).str.strip() == "" for name in frame])
    return frame[~blank].reset_index(drop=True), sources


def _is_empty(text, unlabeled):
    """Which labels are none."""
    none = {spelling(value).strip() for value in unlabeled} | {""}
    return text.map(lambda label: spelling(label).strip() in none).astype(bool)


def _places(table, given):
    """The places of the rows that labels are given for; ValueError naming the ids that are unknown."""
    column = given[table.frame.index.name]
    typed = as_text(column.convert_dtypes() if table.numbered else column)
    ids = id_text(table.frame)
    places = ids.get_indexer(typed)
    if typed.str.startswith("'").any():  # they may have been written for a spreadsheet
        spelled = pd.Index([safe(name) for name in ids], dtype=object).get_indexer(typed.astype(object))
        if (places >= 0).all() and (spelled >= 0).all() and (places != spelled).any():
            doubtful = some(typed[places != spelled])
            raise ValueError(
                f"ids that could be written for a spreadsheet or not: {doubtful}; rename such ids"
            )
        places = spelled if (places < 0).any() and (spelled >= 0).all() else places
    if (places < 0).any():
        raise ValueError(f"these ids are not in {table.name}: {some(typed[places < 0])}")
    return places


def _check_cells(table, given, rows):
    """Notes on cells that came along with row numbers; ValueError naming the rows and columns that differ."""
    names = [name for name in table.frame.columns if name in given.columns and name != table.label_column]
    if not names:
        came = f"no cell came along with {table.frame.index.name!r}"
        return [f"{came}: nothing shows that these are the rows that were labelled"]
    faults = {}
    for name in names:
        own, other = as_text(table.frame[name].iloc[rows]).to_numpy(), as_text(given[name]).to_numpy()
        for i in np.flatnonzero(own != other):
            if not _same(own[i], other[i]):
                faults.setdefault(rows[i], []).append(f"{name!r} is {other[i]!r} instead of {own[i]!r}")
    if faults:
        first = sorted(faults.items())[:3]
        shown = "; ".join(f"row {table.frame.index[row]}: {', '.join(cells[:3])}" for row, cells in first)
        more = f"; and {len(faults) - 3} rows more" * (len(faults) > 3)
        advice = "label rows of this very table, or give it an --id-column"
        fault = f"nothing was merged, as these are not the rows of {table.name}"
        raise ValueError(f"{fault}: {shown}{more}; {advice}")
    return []


def _same(own, other):
    """Whether a cell is the table's, though a spreadsheet may have spelled it in its way."""
    if other == safe(own) or (other == "" and own in MISSING):
        return True
    plain, came = ("\n".join(cell.splitlines()) for cell in (own, other))
    if plain == came or plain.casefold() == came.casefold() in ("true", "false"):
        return True
    try:
        return Decimal(own.strip()) == Decimal(other.strip())
    except InvalidOperation:
        return False


def _fill_in(table, new, relabel, notes, sources):
    """The table with new labels: a frame of rows, by their places, and the labels as they were typed."""
    column = table.frame[table.label_column]
    text = label_text(column).to_numpy(dtype=object).copy()
    new = new.assign(key=new["label"].map(spelling), own=text[new["row"]])
    held = ~_is_empty(new["own"], table.unlabeled)
    new = new[~(held & _is_empty(new["label"], table.unlabeled))]  # "no label" takes no label away
    new = new.assign(known=new["own"].map(spelling).where(held))
    changed = new[new["known"].notna() & (new["known"] != new["key"])]
    _check_conflicts(table, new, changed, relabel)
    touched = new[new["known"] != new["key"]]  # a label that is there stays as it is spelled
    text[touched["row"]] = touched["label"]
    how = {"unlabeled": table.unlabeled, "skip": table.skip}
    y, skipped, said, doubts = read_labels(pd.Series(text, name=table.label_column, dtype=object), **how)
    warn(doubt for doubt in doubts if doubt not in table.doubts)
    for row in touched["row"]:
        text[row] = text[row] if y[row] is None else y[row]
    frame = table.frame.assign(**{table.label_column: pd.array(text, dtype="str")})
    pairs = zip(changed["row"], changed["own"], strict=True)
    notes = [*notes, *(f"row {table.frame.index[row]}: {own!r} is now {text[row]!r}" for row, own in pairs)]
    kept = [note for note in table.notes if note not in table.label_notes]
    more = {"notes": [*kept, *said, *notes], "label_notes": said, "doubts": doubts}
    sources = (*table.sources, *sources)
    return replace(table, frame=frame, y=y, skipped=skipped, sources=sources, **more)


def _check_conflicts(table, new, changed, relabel):
    """Raise ValueError, naming the rows, if one would have two labels."""
    own = changed.assign(label=changed["own"], key=changed["known"])
    told = (new if relabel else pd.concat([own, new])).drop_duplicates(["row", "key"])
    twice = told[told["row"].duplicated(keep=False)]
    if len(twice):
        named = twice.groupby("row", sort=False)["label"].agg(" or ".join)
        shown = some([f"{table.frame.index[row]}: {labels}" for row, labels in named.items()])
        advice = "" if relabel or not len(changed) else "; type --relabel to let the newer label win"
        raise ValueError(f"these rows would have two labels, so nothing was merged: {shown}{advice}")
