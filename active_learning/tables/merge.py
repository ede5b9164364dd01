"""Labels that were filled in elsewhere, taken into their table by id: on the right row, or not at all.

Only ids and labels are taken. Rows without an id column are known by their numbers, so every other cell that
comes along is compared with the table's. Not here: which spellings are one class (labels).
"""

import os
from dataclasses import replace
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from active_learning._validation import check_unique, some
from active_learning.tables.labels import are_values, as_text, label_text, read_labels, spelling
from active_learning.tables.table import MISSING, check_column, check_frame, id_text, read_file, warn
from active_learning.tables.write import safe

SUGGESTED = {"guess_1", "p_1", "guess_2", "p_2", "score"}  # columns of suggest that are not cells of a row


def merge_labels(table, labels, *, relabel=False):
    """Fill in labels by row id; rows whose label is still empty stay in the pool.

    Parameters
    ----------
    table : Table
    labels : str, path or DataFrame
        A file of `write_table`, filled in, or a frame with the id and label columns.
    relabel : bool
        Let a newer label replace the table's own; the notes list what changed.

    Returns
    -------
    Table
        A new one, which `write_table` writes.

    Raises
    ------
    ValueError
        Naming the rows if an id is unknown, a row would have two labels, or one that is known by its number
        has other cells than the table's; naming the columns that the table does not have.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> import al_helpers as al
    >>> rows = pd.DataFrame({"id": ["a", "b"], "size": [1.5, 9.0], "label": ["small", None]})
    >>> table = al.load_table(rows, "label", id_column="id")
    >>> al.merge_labels(table, pd.DataFrame({"id": ["b"], "label": ["large"]})).y.tolist()
    ['small', 'large']
    """
    filled_in, sources = filled_in_labels(table, labels)
    text = label_text(filled_in[table.label_column])
    has_label = ~are_values(text, [""])
    if not table.numbered:
        filled_in, text, has_label = filled_in[has_label], text[has_label], has_label[has_label]
    rows = places_of(table, filled_in)
    notes = check_cells(table, filled_in, rows) if table.numbered else []
    new = pd.DataFrame({"row": rows, "label": text.to_numpy(dtype=object)})[has_label]
    return with_labels(table, new, relabel, notes, sources)


def filled_in_labels(table, labels):
    """The labels as a frame with the table's own names of columns, and the paths that it was read from."""
    id_name = table.frame.index.name
    if isinstance(labels, (str, os.PathLike)):
        frame, sources = read_file(labels, (id_name, table.label_column))[0], (labels,)
    else:
        frame, sources = check_frame(labels), ()
        frame = frame.reset_index() if frame.index.name == id_name else frame
    names = {*table.frame.columns, id_name}
    renamed = {"id": id_name} | {safe(name): name for name in names}  # by suggest, for a spreadsheet
    renamed = {old: new for old, new in renamed.items() if old not in names and new not in frame.columns}
    frame = frame.rename(columns=renamed)
    if table.numbered and id_name not in frame.columns:
        fault = f"the labels have no column {id_name!r}, the row numbers that suggestions are written with"
        raise ValueError(f"{fault}; keep it, or give an --id-column")
    check_column(frame, id_name)
    check_column(frame, table.label_column)
    check_unique("column names", frame.columns)
    if others := [name for name in frame.columns if name not in names | SUGGESTED]:
        fault = f"{table.name} has no column {some(others)}"
        raise ValueError(f"{fault}; take it out of the labels, or rename it")
    blank = np.logical_and.reduce([as_text(frame[name]).str.strip() == "" for name in frame])
    return frame[~blank].reset_index(drop=True), sources


def places_of(table, filled_in):
    """The places of the rows that labels are given for; ValueError naming the ids that are unknown."""
    column = filled_in[table.frame.index.name]
    typed = as_text(column.convert_dtypes() if table.numbered else column)
    ids = id_text(table.frame)
    places = ids.get_indexer(typed)
    if typed.str.startswith("'").any():  # they may have been written for a spreadsheet
        safe_places = pd.Index([safe(name) for name in ids], dtype=object).get_indexer(typed.astype(object))
        if (places >= 0).all() and (safe_places >= 0).all() and (places != safe_places).any():
            fault = "ids that could be written for a spreadsheet or not"
            raise ValueError(f"{fault}: {some(typed[places != safe_places])}; rename such ids")
        places = safe_places if (places < 0).any() and (safe_places >= 0).all() else places
    if (places < 0).any():
        raise ValueError(f"these ids are not in {table.name}: {some(typed[places < 0])}")
    return places


def check_cells(table, filled_in, rows):
    """Notes on cells that came along with row numbers; ValueError naming the rows and columns that differ."""
    names = [name for name in table.frame if name in filled_in and name != table.label_column]
    if not names:
        note = f"no cell came along with {table.frame.index.name!r}"
        return [f"{note}: nothing shows that these are the rows that were labelled"]
    faults = {}
    for name in names:
        old, new = as_text(table.frame[name].iloc[rows]).to_numpy(), as_text(filled_in[name]).to_numpy()
        for i in np.flatnonzero(old != new):
            if not _same(old[i], new[i]):
                faults.setdefault(rows[i], []).append(f"{name!r} is {new[i]!r} instead of {old[i]!r}")
    if faults:
        first = sorted(faults.items())[:3]
        shown = "; ".join(f"row {table.frame.index[row]}: {', '.join(cells[:3])}" for row, cells in first)
        rest = f"; and {len(faults) - 3} rows more" * (len(faults) > 3)
        fault = f"nothing was merged, as these are not the rows of {table.name}: {shown}{rest}"
        raise ValueError(f"{fault}; label rows of this very table, or give it an --id-column")
    return []


def _same(old, new):
    """Whether a cell is the table's, though a spreadsheet may have spelled it in its way."""
    if new == safe(old) or (new == "" and old in MISSING):
        return True
    old_lines, new_lines = ("\n".join(cell.splitlines()) for cell in (old, new))
    if old_lines == new_lines or old_lines.casefold() == new_lines.casefold() in ("true", "false"):
        return True
    try:
        return Decimal(old.strip()) == Decimal(new.strip())
    except InvalidOperation:
        return False


def with_labels(table, new, relabel, notes, sources):
    """The table with new labels: a frame of rows, by their places, and the labels as they were typed."""
    text = label_text(table.frame[table.label_column]).to_numpy(dtype=object).copy()
    no_label = [*table.unlabeled, ""]
    new = new.assign(key=new["label"].map(spelling), old=text[new["row"]])
    labeled = ~are_values(new["old"], no_label)
    new = new.assign(old_key=new["old"].map(spelling).where(labeled))
    new = new[~(labeled & are_values(new["label"], no_label))]  # "no label" takes no label away
    touched = new[new["old_key"] != new["key"]]  # a label that is there stays as it is spelled
    changed = touched[touched["old_key"].notna()]
    _check_conflicts(table, new, changed, relabel)
    text[touched["row"]] = touched["label"]
    column = pd.Series(text, name=table.label_column, dtype=object)
    declared = {"unlabeled": table.unlabeled, "skip": table.skip, "declared": table.classes}
    y, skipped, label_notes, messages = read_labels(column, **declared)
    warn(message for message in messages if message not in table.label_warnings)
    rows = touched["row"].to_numpy()
    text[rows] = np.where(pd.isna(y[rows]), text[rows], y[rows])
    frame = table.frame.assign(**{table.label_column: pd.array(text, dtype="str")})
    pairs = zip(changed["row"], changed["old"], strict=True)
    notes = [*notes, *(f"row {table.frame.index[row]}: {old!r} is now {text[row]!r}" for row, old in pairs)]
    notes = [*(note for note in table.notes if note not in table.label_notes), *label_notes, *notes]
    labels = {"label_notes": label_notes, "label_warnings": messages, "notes": notes}
    return replace(table, frame=frame, y=y, skipped=skipped, sources=(*table.sources, *sources), **labels)


def _check_conflicts(table, new, changed, relabel):
    """Raise ValueError, naming the rows, if one would have two labels."""
    old = changed.assign(label=changed["old"], key=changed["old_key"])
    labels = (new if relabel else pd.concat([old, new])).drop_duplicates(["row", "key"])
    twice = labels[labels["row"].duplicated(keep=False)]
    if len(twice):
        named = twice.groupby("row", sort=False)["label"].agg(" or ".join)
        shown = some([f"{table.frame.index[row]}: {labels}" for row, labels in named.items()])
        advice = "" if relabel or not len(changed) else "; type --relabel to let the newer label win"
        raise ValueError(f"these rows would have two labels, so nothing was merged: {shown}{advice}")
