"""Audit rows where rows are of groups, the visits of a patient, say: whole groups are set aside for them.

The rule neither sees nor chooses a row of such a group, so that its audit rows tell how good the model is on
groups that it has not met. Not here: which rows are of one group (features.dependence).
"""

import numpy as np
import pandas as pd
from scipy.stats import t

SET_ASIDE = 10  # groups, if these are no more than a third of all
FEW = 10  # groups, below which what they share cannot be estimated: each counts as one row


def groups_of(table):
    """The groups (n,) that were declared for a table's rows, or None."""
    declared = table.dependence is not None and table.dependence.declared
    return table.dependence.groups if declared else None


def set_aside(table, share, random_state):
    """The rows of the groups that are kept from the rule, bool (n,): all False where none were declared.

    Parameters
    ----------
    table : Table
        With its log.
    share : float
        Of audit rows, and so of groups; with 0 none are set aside.
    random_state : int
        Seed of the draw; groups that have audit rows stay, those that the rule has met are never taken.
    """
    groups = groups_of(table)
    if groups is None or not share:
        return np.zeros(len(table.y), dtype=bool)
    names = np.unique(groups)
    kept = np.unique(groups[table.audit])
    met = groups[(table.labeled & ~table.audit) | table._state("drawn", ["rule", "random"])]
    order = np.random.default_rng([random_state, len(names)]).permutation(names)
    free = order[~np.isin(order, [*kept, *met])]
    wanted = max(int(np.ceil(share * len(names))), min(SET_ASIDE, len(names) // 3))
    return np.isin(groups, [*kept, *free[: max(wanted - len(kept), 0)]])


def audit_draw(table, rows, n, rng):
    """Draw n of some rows (m,) as audit rows: of the groups with the fewest of them first."""
    groups = groups_of(table)
    if groups is None:
        return rng.choice(rows, min(n, len(rows)), replace=False)
    rows = rng.permutation(rows)
    asked = pd.Series(groups[table._state("drawn", ["audit"])]).value_counts()
    turn = (
        asked.reindex(groups[rows]).fillna(0).to_numpy()
        + pd.Series(groups[rows]).groupby(groups[rows]).cumcount().to_numpy()
    )
    return rows[np.argsort(turn, kind="stable")][:n]


def effective_rows(right, groups, level=0.95):
    """How many independent rows tell as much as these, of groups whose rows are alike.

    Parameters
    ----------
    right : float array of shape (n,)
        1 where a row is guessed right.
    groups : int array of shape (n,)
    level : float
        Coverage of the interval that it is for.

    Returns
    -------
    float
        From what counts each group as one row, however large, to n.

    References
    ----------
    Korn & Graubard (1998); Kish (1965) on groups of several sizes.
    """
    n, p = len(right), right.mean()
    codes = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(codes)
    k, least = len(sizes), n**2 / np.square(sizes).sum()
    if k == n or k < FEW or not 0 < p < 1:
        return float(least)
    variance = k / (k - 1) * np.square(np.bincount(codes, right - p)).sum() / n**2
    wider = (t.ppf((1 + level) / 2, n - 1) / t.ppf((1 + level) / 2, k - 1)) ** 2
    return float(np.clip(p * (1 - p) / max(variance, 1e-12) * wider, least, n))
