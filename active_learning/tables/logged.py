"""A table with the labels of its log: each event on the row that it is about, or on none.

A row is found by its id, and by a hash of its cells: rows that are known by their numbers may have moved.
What cannot be placed stays in the log, and is told. Not here: the log's file (label_log), new answers
(answers).
"""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd

from active_learning._validation import some
from active_learning.tables.labels import as_text
from active_learning.tables.merge import with_labels
from active_learning.tables.row_states import row_states
from active_learning.tables.table import id_text

OUT = ("skipped", "unsure", "disputed")  # states of a row that is asked for no more


def with_log(table, log, *, columns=None, by=None):
    """The table with the labels of its log filled in.

    Parameters
    ----------
    table : Table
    log : LabelLog
    columns : list of str, optional
        The columns whose cells tell a row, all but that of the labels if None; [] for none of them.
    by : str, optional
        As in LabelLog.labels.

    Returns
    -------
    Table
        With `log` and `states`; its notes tell what could not be placed.

    Raises
    ------
    ValueError
        If the log is that of another table, or rows known by their numbers cannot be told.
    """
    events = log.events()
    places, notes = _places(table, events, _known_by(table, columns), log.path.name)
    events = events.assign(place=places)[places >= 0]
    states = row_states(events, by=by, key="place")
    answered = states[states["status"] == "labelled"]
    rows, labels = answered.index.to_numpy(dtype=int), answered["label"].to_numpy(dtype=object)
    new = pd.DataFrame({"row": rows, "label": labels})
    filled = with_labels(table, new, True, [], ())
    everywhere = states[["drawn", "status", "at_random", "round"]].reindex(range(len(table.y)))
    everywhere = everywhere.where(everywhere.notna(), "").assign(at_random=everywhere["at_random"] == True)  # noqa: E712
    out = everywhere["status"].isin(OUT).to_numpy() & pd.isna(filled.y)
    disputed = [str(table.frame.index[row]) for row in states.index[states["status"] == "disputed"]]
    if disputed:
        settle = "--by majority, or --by with a name, settles them"
        notes.append(f"people disagree on {some(disputed)}: such rows have no label; {settle}")
    notes = [*filled.notes, *events.attrs["notes"], *notes]
    more = {"log": log, "states": everywhere, "columns": columns}
    return replace(filled, skipped=filled.skipped | out, notes=notes, **more)


def row_hashes(table, rows, columns=None):
    """A hash of the cells of each of some rows (m,), as hexadecimal text."""
    frame = table.frame.iloc[rows][_known_by(table, columns)]
    cells = [as_text(frame[name]) for name in frame]
    texts = ["\x1f".join(row) for row in zip(*cells, strict=True)] if cells else [""] * len(frame)
    return [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest() for text in texts]


def _known_by(table, columns):
    """The columns whose cells tell a row."""
    if columns is None:
        return [name for name in table.frame.columns if name != table.label_column]
    gone = [name for name in columns if name not in table.frame.columns]
    if gone and table.numbered:
        kept = "rows without an --id-column are told by their cells"
        raise ValueError(f"{table.name} has no column {some(gone)} any more, and {kept}: put it back")
    return [] if gone else columns


def _places(table, events, columns, name):
    """The place of each event's row in the table, -1 where it has none; and notes."""
    if not len(events):
        return np.empty(0, dtype=int), []
    codes, pairs = pd.factorize(pd.MultiIndex.from_frame(events[["id", "row_hash"]]))
    ids, hashes = (np.array(pairs.get_level_values(level), dtype=object) for level in (0, 1))
    places = id_text(table.frame).get_indexer(ids)
    there, same = places >= 0, (places >= 0) & (hashes == "")
    now = np.array(row_hashes(table, places[there], columns) if columns else hashes[there], dtype=object)
    same[there] |= now == hashes[there]
    if not same.any() and not (table.numbered and _moved(table, hashes, columns).max() >= 0):
        advice = '; if the rows are the same ones, set "columns" to [] in the job\'s settings'
        fault = f"{name} is the log of another table than {table.name}, no row of which is as it was"
        raise ValueError(fault + advice * (not table.numbered))
    changed, notes = there & ~same, []
    if table.numbered and not same.all():
        places = np.where(same, places, _moved(table, hashes, columns))
        moved = ~same & (places >= 0)
        if moved.any():
            notes.append(f"{moved.sum()} rows of the log have other numbers now; their labels went with them")
    elif changed.any():
        notes.append(f"cells of rows that were suggested have changed since: {some(ids[changed])}")
    if (gone := places < 0).any():
        kept = f"no row of {table.name} any more"
        notes.append(f"{some(pd.unique(ids[gone]))} in {name}: {kept}; their answers stay in the log")
    return places[codes], notes


def _moved(table, hashes, columns):
    """The places of the rows that have these hashes now, -1 where none or several have."""
    now = pd.Series(row_hashes(table, slice(None), columns))
    unique = now[~now.duplicated(keep=False)]
    return pd.Series(unique.index, index=unique.to_numpy()).reindex(hashes).fillna(-1).to_numpy(dtype=int)
