"""What became of each row of a table: its last suggestion, and the label that its answers agree on.

Not here: the file that holds the events (label_log).
"""

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
    codes, names = pd.factorize(events[key])  # rows as numbers, which pandas compares fastest
    events = events.assign(row=codes)
    suggested = events[events["event"] == "suggested"]
    rows = _newest(events)[["row_hash", "time"]].sort_index()
    rows = rows.join(_newest(suggested)[["drawn", "rule", "round"]])
    rows["at_random"] = rows.index.isin(suggested.loc[suggested["drawn"].isin(["random", "audit"]), "row"])
    last = last_answers(events)
    rows["status"] = "open"
    for status in ("unsure", "skipped"):
        rows.loc[last.loc[last["event"] == status, "row"], "status"] = status
    votes = votes_of(last)
    chosen = _chosen(votes, by)
    rows.loc[votes["row"], "status"] = "disputed"
    rows.loc[chosen.index, "status"] = "labelled"
    rows = rows.join(chosen[["label", "who"]])
    rows = rows.where(rows.notna(), "").astype({"at_random": bool})
    return rows.set_index(pd.Index(names, name=key))


def _newest(events):
    return events.drop_duplicates("row", keep="last").set_index("row")


def last_answers(events):
    """The last answer of each person to each row."""
    return events[events["event"] != "suggested"].drop_duplicates(["row", "who"], keep="last")


def votes_of(last):
    """The labels among people's last answers, with the class of each and how many classes its row has."""
    votes = last[last["event"] == "labelled"]
    codes, labels = pd.factorize(votes["label"])
    classes = pd.factorize(pd.Series([*map(spelling, labels)], dtype=object))[0]
    votes = votes.assign(spelled=classes[codes])
    return votes.assign(classes=votes.groupby("row")["spelled"].transform("nunique"))


def _chosen(votes, by):
    """The label of each row that has one."""
    agreed, disputed = votes[votes["classes"] == 1], votes[votes["classes"] > 1]
    if by == "majority":
        size = disputed.groupby(["row", "spelled"])["label"].transform("size")
        top = disputed[size == size.groupby(disputed["row"]).transform("max")]
        disputed = top[top.groupby("row")["spelled"].transform("nunique") == 1]
    elif by is not None:
        people = [*filter(None, votes["who"].unique())]
        disputed = disputed[disputed["who"] == check_choice("person", by, ["majority", *people])]
    else:
        disputed = disputed[:0]
    return _newest(pd.concat([agreed, disputed]))
