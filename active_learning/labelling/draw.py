"""The next rows of a labelling job: some that the rule chooses, some audit rows, in random order.

Audit rows are drawn at random and kept from the rule's model, which takes them for rows without a label. One
that the rule chooses costs nothing, its label being known, and is an audit row no longer. Not here: what a
rule chooses (suggest), what audit rows tell (score).
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from active_learning._validation import check_integer
from active_learning.labelling.groups import audit_draw, groups_of, set_aside
from active_learning.labelling.suggest import suggest as chosen_by_rule
from active_learning.tables.logged import row_hashes
from active_learning.tables.row_states import row_states
from active_learning.tables.table import id_text

AUDIT_SHARE = 0.2  # 2 and then 1 of 10 was no cheaper on other data sets (tests/benchmarks/audit_price.py)
NO_GROUP = "the rule has met every group that has a row left"
RANDOM_START = "at the start rows are drawn at random: a rule needs some labels of two classes to go by"
SHOWN = 10  # of rows given at random, how many the rule sees, beside the first of each class
START = (
    20  # labels that the rule sees, below which rows are drawn at random: a fair start for flexible models
)


def suggest(table, n=10, *, strategy=None, model=None, audit_share=None, only_audit=False, random_state=0):
    """Say which rows of a table to label next.

    Without a log these are the rule's. With one, some are audit rows, which alone keep a later score honest,
    and what was suggested is appended to the log.

    Parameters
    ----------
    table : Table
    n : int
        Rows to suggest; with a log, those included that were drawn at random before and have no answer.
    strategy, model
        As in run_loop; None: the rule that suits n rows, after a random start where there is a log.
    audit_share : float, optional
        In [0, 1]: of all rows suggested so far as many are audit rows, rounded down. None: 0.2 with a log.
    only_audit : bool
        Draw audit rows alone.
    random_state : int
        Seed of all draws.

    Returns
    -------
    DataFrame
        Without a log: id, guess_1, p_1, guess_2, p_2 (the two likeliest classes and their probabilities) and
        score, in the order to label. With one: the rows' ids and cells, in random order, and an empty column
        for the label; nothing tells which are audit rows. The ids stand under `id`, or, where the table has
        other cells of that name, under the name of its index. Its attrs hold `strategy` and `notes`.

    Raises
    ------
    ValueError
        If no row lacks a label, or a setting cannot work.

    Examples
    --------
    >>> import pandas as pd
    >>> import al_helpers as al
    >>> rows = pd.DataFrame({"n": [1, 2, 8, 9, 5], "label": ["few", "few", "many", "many", ""]})
    >>> al.suggest(al.load_table(rows, "label"), 1)[["id", "guess_1"]].to_numpy().tolist()
    [[4, 'many']]
    """
    chosen = {"strategy": strategy, "model": model, "random_state": random_state}
    if table.log is None:
        if audit_share or only_audit:
            raise ValueError("audit rows are remembered in a log: load the table with log=")
        return chosen_by_rule(table, n, **chosen)
    n = min(check_integer("the number of rows to suggest", n, 1), int(table.pool.sum()))
    if n == 0:
        raise ValueError(f"nothing to suggest: no row of {table.name} has an empty {table.label_column!r}")
    events = table.log.events()
    number = _last_round(events) + 1
    rng = np.random.default_rng([check_integer("random_state", random_state, 0), number])
    share = _check_share(AUDIT_SHARE if audit_share is None else audit_share)
    drawn = _again(table, n)
    aside = set_aside(table, share or (AUDIT_SHARE if only_audit else 0), random_state)
    free = table.pool & (aside | (groups_of(table) is None))  # for audit rows
    due = n - len(drawn) if only_audit else audit_rows_due(events, n - len(drawn), share)
    audits = min(due, len(np.setdiff1d(np.flatnonzero(free), [*drawn])))
    if only_audit and not audits and not drawn:
        raise ValueError(f"no audit row can be drawn: {NO_GROUP}")
    rule, notes = "random", []
    if audits < n - len(drawn) and not only_audit:
        rule, notes = _choose(table, drawn, n - audits, chosen, rng, aside)
    missing = n - _unlabelled(table, drawn) if audits or aside.any() else 0
    free = np.setdiff1d(np.flatnonzero(free), [*drawn])
    drawn |= dict.fromkeys(audit_draw(table, free, missing, rng), "audit")
    notes = [*notes, f"too few audit rows are drawn: {NO_GROUP}"] if audits < due else notes
    _log(table, drawn, rule, number)
    rows = rng.permutation([row for row in drawn if not table.labeled[row]]).astype(int)
    return _to_label(table, rows, rule, notes)


def log_given_at_random(table):
    """Append to a table's log, once, that the labels that stand in the table were drawn at random.

    The rule sees the first ten and the first of each class, in whole groups where these were declared; the
    others are audit rows.
    """
    if (table.log.events()["rule"] == "given").any():
        return
    rows = np.flatnonzero(table.labeled & (table.states["status"] == "").to_numpy())
    first = _shown(table.y[rows], None if groups_of(table) is None else groups_of(table)[rows])
    _log(table, dict(zip(rows, np.where(first, "random", "audit"), strict=True)), "given", "")


def _shown(y, groups=None):
    """Which rows (n,) the rule sees of those given at random: the first, and the first of each class."""
    groups, every = np.arange(len(y)) if groups is None else groups, {*y}
    shown, classes = np.zeros(len(y), dtype=bool), set()
    for group in pd.unique(groups):
        if shown.sum() >= SHOWN and classes == every:
            break
        rows = np.flatnonzero(groups == group)
        if shown.sum() < SHOWN or not classes.issuperset(y[rows]):
            shown[rows] = True
            classes.update(y[rows])
    return shown


def _last_round(events):
    rounds = pd.to_numeric(events["round"], errors="coerce").max()
    return 0 if pd.isna(rounds) else int(rounds)


def audit_rows_due(events, n, share):
    """How many of n further rows are audit rows, that they be the share of all rows suggested so far.

    Rows that the rule chose and nobody answered are in the pool again, and do not count.
    """
    asked = events[(events["rule"] != "given") | (events["event"] != "suggested")]
    asked = row_states(asked[asked["id"].isin(asked.loc[asked["event"] == "suggested", "id"])])
    so_far = ((asked["status"] != "open") | asked["drawn"].isin(["audit", "random"])).sum()
    ever = events.loc[(events["drawn"] == "audit") & (events["rule"] != "given"), "id"].nunique()
    return int(np.clip(np.floor(share * (so_far + n) + 1e-9) - ever, 0, n))


def _check_share(share):
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
        raise ValueError(f"the share of audit rows is from 0 to 1, got {share!r}")
    return share


def _again(table, n):
    """Rows that were drawn at random and have no answer, to be asked for again: row -> how it was drawn."""
    open_rows = table.pool & (table.states["status"] == "open").to_numpy()
    found = {}
    for how in ("audit", "random"):
        found |= dict.fromkeys(np.flatnonzero(open_rows & (table.states["drawn"] == how).to_numpy()), how)
    return dict([*found.items()][:n])


def _unlabelled(table, drawn):
    return sum(not table.labeled[row] for row in drawn)


def _choose(table, drawn, n, chosen, rng, aside):
    """Add rows to `drawn` until n lack a label: random ones at the start, then the rule's; (rule, notes)."""
    seen = hide_audit_rows(table)
    seen = replace(seen, skipped=seen.skipped | aside)
    rule, notes = "random", []
    while (missing := n - _unlabelled(table, drawn)) > 0:
        pool = seen.pool & ~np.isin(np.arange(len(table.y)), [row for row in drawn if drawn[row] != "audit"])
        if not pool.any():
            break
        start = START - seen.labeled.sum() - sum(how == "random" for how in drawn.values())
        start = missing if _one_class(seen) else min(missing, start)
        if start > 0 and chosen["strategy"] is None:
            left = np.setdiff1d(np.flatnonzero(table.pool & pool), [*drawn])
            if not len(left):
                break
            drawn |= dict.fromkeys(rng.choice(left, min(start, len(left)), replace=False), "random")
            continue
        seen = replace(seen, skipped=~seen.labeled & ~pool)
        found = chosen_by_rule(seen, missing, **chosen)
        rule, notes = found.attrs["strategy"], [*dict.fromkeys([*notes, *found.attrs["notes"]])]
        if chosen["strategy"] is None:
            chosen = chosen | {"strategy": rule}  # which is tried out once
        rows = table.frame.index.get_indexer(found["id"])
        if not len(rows):
            break
        drawn |= dict.fromkeys(rows, "rule")
        y = seen.y.copy()
        y[rows] = table.y[rows]  # what is known already
        seen = replace(seen, y=y)
    return rule, [*notes, *[RANDOM_START] * ("random" in drawn.values())]


def _one_class(table):
    return pd.Series(table.y).nunique() < 2


def hide_audit_rows(table):
    """The table as the rule sees it: audit rows are in the pool, without a label."""
    y = table.y.copy()
    y[table.audit] = None
    answered = table.audit & table.labeled
    return replace(table, y=y, skipped=table.skipped & ~answered, states=None, log=None)


def _log(table, drawn, rule, number):
    rows = np.array([*drawn])
    hashes, ids = row_hashes(table, rows, table.columns), id_text(table.frame)[rows]
    table.log.append(
        {"event": "suggested", "id": row, "row_hash": row_hash, "drawn": how, "rule": rule, "round": number}
        for row, row_hash, how in zip(ids, hashes, drawn.values(), strict=True)
    )


def _to_label(table, rows, rule, notes):
    """What a person sees of the rows: ids, cells, and an empty label."""
    frame = table.frame.iloc[rows].drop(columns=table.label_column)
    named = frame.index.name
    frame = frame.drop(columns=named, errors="ignore").reset_index()
    if "id" not in frame:  # a column of the table's own keeps its name
        frame = frame.rename(columns={named: "id"})
    frame[table.label_column] = ""
    frame.attrs |= {"strategy": rule, "notes": [*notes]}
    return frame
