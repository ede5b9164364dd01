"""What became of each row of a table: its last suggestion, and the label that its answers agree on.

Not here: the file that holds the events (label_log).
"""

import numpy as np
import pandas as pd

from active_learning._validation import check_choice
from active_learning.tables.labels import spelling


def row_states(events, *, by=None, key="id"):
    """What became of each row that an event is about.

    Parameters
    ----------
    events : DataFrame
        As of LabelLog.events.
    by : str, optional
        As in LabelLog.labels.
    key : str
        The column that tells rows apart.

    Returns
    -------
    DataFrame
        Indexed by key: status (labelled, skipped, unsure, disputed or open), label, who, drawn and rule of
        the last suggestion, at_random (whether it was ever drawn at random), round, row_hash, time.
    """
    codes, names = pd.factorize(events[key])  # rows as numbers; arrays, as a log is read for every batch
    cells = {name: events[name].to_numpy(dtype=object) for name in events.columns}
    suggested = np.flatnonzero(cells["event"] == "suggested")
    by_chance = suggested[np.isin(cells["drawn"][suggested].astype(str), ["random", "audit"])]
    votes, other = votes_of(events, codes)
    status = np.full(len(names), "open", dtype=object)
    for answer in ("unsure", "skipped"):
        status[codes[other[cells["event"][other] == answer]]] = answer
    chosen = _chosen(votes, by)
    status[votes["row"]], status[chosen["row"]] = "disputed", "labelled"
    places = dict.fromkeys(("row_hash", "time"), np.arange(len(events)))
    places |= dict.fromkeys(("drawn", "rule", "round"), suggested)
    rows = {name: _newest(codes[each], cells[name][each], len(names)) for name, each in places.items()}
    rows |= {"at_random": np.isin(np.arange(len(names)), codes[by_chance]), "status": status}
    rows |= {name: _newest(chosen["row"], chosen[name], len(names)) for name in ("label", "who")}
    return pd.DataFrame(rows, index=pd.Index(names, name=key))


def _newest(rows, cells, n):
    """The last of the cells (m,) that belong to these rows (m,), for each of n rows; "" where it has none."""
    newest = np.full(n, "", dtype=object)
    newest[rows] = cells  # of several the last one stays
    return newest


def votes_of(events, codes):
    """The labels among people's last answers, and the places of the other last answers.

    Parameters
    ----------
    events : DataFrame
    codes : ndarray of int
        The number of each event's row.

    Returns
    -------
    votes : dict of ndarray
        In order: place, row, label, who, spelled (its class), classes (how many its row has).
    other : ndarray of int
    """
    event, who = events["event"].to_numpy(dtype=object), pd.factorize(events["who"])[0]
    answers = np.flatnonzero(event != "suggested")[::-1]
    both = codes[answers] * (who.max(initial=0) + 1) + who[answers]
    last = np.sort(answers[np.unique(both, return_index=True)[1]])
    is_label = event[last] == "labelled"
    place = last[is_label]
    words, labels = pd.factorize(events["label"].to_numpy(dtype=object)[place])
    spelled = pd.factorize(np.array([*map(spelling, labels)], dtype=object))[0][words]
    row = codes[place]
    classes = np.bincount(np.unique(np.stack([row, spelled]), axis=1)[0], minlength=row.max(initial=0) + 1)
    votes = {"place": place, "row": row, "label": labels[words], "who": events["who"].to_numpy(object)[place]}
    return votes | {"spelled": spelled, "classes": classes[row]}, last[~is_label]


def _chosen(votes, by):
    """The label of each row that has one."""
    if by is None:
        return {name: values[votes["classes"] == 1] for name, values in votes.items()}
    votes = pd.DataFrame(votes)
    agreed, disputed = votes[votes["classes"] == 1], votes[votes["classes"] > 1]
    if by == "majority":
        size = disputed.groupby(["row", "spelled"])["label"].transform("size")
        top = disputed[size == size.groupby(disputed["row"]).transform("max")]
        disputed = top[top.groupby("row")["spelled"].transform("nunique") == 1]
    else:
        people = [*filter(None, votes["who"].unique())]
        disputed = disputed[disputed["who"] == check_choice("person", by, ["majority", *people])]
    chosen = pd.concat([agreed, disputed])
    return {name: chosen[name].to_numpy() for name in ("row", "label", "who")}
