"""How good the model is now: its accuracy on new rows and on the rest of the pool, from audit rows.

Rows that a rule chose are harder than the others, so a score on them is wrong. Audit rows were drawn at
random and kept from the rule's model; those that the rule has not chosen since are a random sample of all the
rows that it has not chosen. Not here: how they are drawn (draw).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import beta, norm
from sklearn.base import clone
from sklearn.dummy import DummyClassifier

from active_learning._arrays import blocks, on_one_thread, take
from active_learning.labelling.groups import effective_rows, groups_of
from active_learning.labelling.plan import labeled_rows, table_model, with_dependence
from active_learning.models.registry import fit, represent_all

AUDIT_FOLDS = 10
OTHER_FOLDS = 25  # at the most, of the rows that are not audit rows: one row per fold where they are few
FOREST_FOLDS = 10  # likewise, for a forest; its out-of-bag score is 8 points too low on noisy numbers
MOST_OPEN = 0.1  # share of audit rows without an answer, above which both answers are allowed for
POOL_ROWS = 20_000  # rows without a label at the most, of which the model's confidence is averaged
PER_CLASS = 10  # audit rows of a class from which on its recall is given


@dataclass(frozen=True)
class Score:
    """An accuracy with its 95 % interval, as fractions.

    Parameters
    ----------
    on : str
        "new rows" of the kind that the table holds, or "pool": its rows without a label.
    estimate, low, high : float
        The accuracy and the ends of its interval.
    n_audit : int
        Audit rows with a label, that the rule has not chosen since.
    n_open : int
        Audit rows without an answer.

    Examples
    --------
    >>> Score("pool", 0.9, 0.8, 0.96, 40, 0).estimate
    0.9
    """

    on: str
    estimate: float
    low: float
    high: float
    n_audit: int
    n_open: int


@dataclass(frozen=True)
class Evidence:
    """What the audit rows and the other rows show of a model that did not see them."""

    right: np.ndarray  # float (n,), 1 where an audit row is guessed right
    confidence: np.ndarray  # (n,), the highest probability of each
    labels: np.ndarray  # (n,), the audit rows' classes
    pool_confidence: (
        float  # the mean highest probability of the rows without a label, nan where there is none
    )
    n_pool: int  # m
    others: np.ndarray  # float (b,), 1 where a row that is not an audit row is guessed right
    open_confidence: np.ndarray  # (o,), the highest probability of each audit row without an answer
    groups: np.ndarray = None  # (n + o,), the groups of the audit rows, those without an answer last


def clopper_pearson(successes, n, level=0.95):
    """The exact interval of a share; `successes` and `n` need not be whole.

    References
    ----------
    Clopper & Pearson (1934).
    """
    tail, misses = (1 - level) / 2, n - successes
    low = beta.ppf(tail, successes, misses + 1) if successes > 1e-9 else 0.0
    high = beta.ppf(1 - tail, successes + 1, misses) if misses > 1e-9 else 1.0
    return float(low), float(high)


def audit_share(right, confidence, pool_confidence):
    """The share of right guesses among the rows not chosen, and its variance as a multiple of p (1 - p) / n.

    Parameters
    ----------
    right, confidence : array of shape (n,)
        Of each audit row whether it is guessed right, and the guess's probability.
    pool_confidence : float
        The mean probability of the guesses for the rows without a label; nan where there is none.

    Returns
    -------
    (float, float)
        The share, moved by a fitted slope to the pool's mean confidence, and v in [0.7, 1.2]. With fewer than
        3 right or 3 wrong, and without a pool, it is the plain mean, and 1.
    """
    p, n = right.mean(), len(right)
    if min(right.sum(), n - right.sum()) < 3 or not np.isfinite(pool_confidence):
        return float(p), 1.0
    c, r = confidence - confidence.mean(), right - p
    slope = np.clip((c @ r + 0.075) / (c @ c + 0.15), 0, 1)
    v = np.square(r - slope * c).sum() / (n - 2) / (p * (1 - p))
    moved = p + slope * (pool_confidence - confidence.mean())
    return float(np.clip(moved, 0, 1)), float(np.clip(v, 0.7, 1.2))


def pool_score(right, confidence, pool_confidence, n_pool, level=0.95):
    """(estimate, low, high) of the accuracy on the n_pool rows without a label; arguments as Evidence's."""
    p, v = audit_share(right, confidence, pool_confidence)
    n = 1 / (v / len(right) + 1 / n_pool)
    low, high = clopper_pearson(n * p, n, level)
    return p, float(np.floor(low * n_pool) / n_pool), float(np.ceil(high * n_pool) / n_pool)


def new_rows_score(right, confidence, pool_confidence, n_pool, others, level=0.95):
    """(estimate, low, high) of the accuracy on new rows of the table's kind; arguments as Evidence's.

    New rows are such as the rule has not chosen, of which the audit rows are a sample, and such as it has, in
    the shares in which the table holds them.
    """
    p, v = audit_share(right, confidence, pool_confidence)
    low, high = clopper_pearson(len(right) / v * p, len(right) / v, level)
    b, unchosen = len(others), n_pool + len(right)
    weight = unchosen / (unchosen + b)
    estimate, q = weight * p, (others.sum() + 1) / (b + 2)
    spread = 0.0
    if b:
        estimate += (1 - weight) * others.mean()
        spread = (1 - weight) * norm.ppf((1 + level) / 2) * np.sqrt(q * (1 - q) / b)
    below, above = np.hypot(weight * (p - low), spread), np.hypot(weight * (high - p), spread)
    return float(estimate), float(max(estimate - below, 0)), float(min(estimate + above, 1))


def share_of_groups(right, groups=None, level=0.95):
    """(estimate, low, high) of the share of right guesses among rows of groups that the model has not met."""
    n = len(right) if groups is None else effective_rows(right, groups, level)
    return float(right.mean()), *clopper_pearson(n * right.mean(), n, level)


def score(table, *, model=None, level=0.95, random_state=0):
    """Score the model that all labels of a table train, honestly, from its audit rows.

    Parameters
    ----------
    table : Table
        Loaded with its log.
    model : str or classifier, optional
        As in run_loop.
    level : float
        Coverage of the intervals.
    random_state : int
        Seed of the folds.

    Returns
    -------
    list of Score
        On new rows and, where rows lack a label, on the rest of the pool; empty without audit rows. An
        interval is for one look. Where more than one audit row in ten has no answer, it allows for all right
        and all wrong. Of a table with groups new rows are of new groups, and the pool is not scored.

    Raises
    ------
    ValueError
        For labels of fewer than 2 classes.

    References
    ----------
    Kottke et al. (2019) on why scores on chosen rows fail; Angelopoulos et al. (2023) on guesses for rows
    without a label.

    Examples
    --------
    >>> import pandas as pd
    >>> import al_helpers as al
    >>> rows = pd.DataFrame({"n": [1, 2, 8, 9, 3], "label": ["few", "few", "many", "many", ""]})
    >>> al.score(al.load_table(rows, "label"))  # no row was drawn at random
    []
    """
    if not (table.audit & table.labeled).any():
        return []
    return scores_of(audit_evidence(table, model, random_state), level)


def scores_of(evidence, level=0.95):
    """The Scores that Evidence gives."""
    found = []
    for on in ("new rows", "pool") if evidence.n_pool else ("new rows",):
        estimate, low, high = _interval(evidence, on, level)
        n_open = len(evidence.open_confidence)
        if n_open > MOST_OPEN * (len(evidence.right) + n_open):
            low = min(low, _interval(_closed(evidence, 0.0), on, level)[1])
            high = max(high, _interval(_closed(evidence, 1.0), on, level)[2])
        found.append(Score(on, estimate, low, high, len(evidence.right), n_open))
    return found


def _interval(evidence, on, level):
    if evidence.groups is not None:
        return share_of_groups(evidence.right, evidence.groups[: len(evidence.right)], level)
    known = (evidence.right, evidence.confidence, evidence.pool_confidence, evidence.n_pool)
    if on == "pool":
        return pool_score(*known, level)
    return new_rows_score(*known, evidence.others, level)


def _closed(evidence, right):
    """The evidence if all open audit rows were guessed so."""
    n_open = len(evidence.open_confidence)
    return replace(
        evidence,
        right=np.append(evidence.right, np.full(n_open, right)),
        confidence=np.append(evidence.confidence, evidence.open_confidence),
    )


def class_recalls(evidence, names, level=0.95):
    """The recall of each class on the rows that the rule has not chosen, where its audit rows suffice.

    Parameters
    ----------
    evidence : Evidence
    names : array of shape (k,)
        The classes, ascending.
    level : float
        Coverage of the intervals.

    Returns
    -------
    list of dict
        class, recall, low, high (None with fewer than 10 audit rows), n_audit; the last is of the mean over
        classes, balanced accuracy, with `class` None, if all suffice.
    """
    rows = []
    for code, name in enumerate(names):
        of_class = evidence.labels == code
        right = evidence.right[of_class]
        row = {"class": str(name), "recall": None, "low": None, "high": None, "n_audit": len(right)}
        if len(right) >= PER_CLASS:
            groups = None if evidence.groups is None else evidence.groups[: len(of_class)][of_class]
            row |= dict(zip(("recall", "low", "high"), share_of_groups(right, groups, level), strict=True))
        rows.append(row)
    if any(row["recall"] is None for row in rows):
        return rows
    recall, low, high = (np.array([row[end] for row in rows]) for end in ("recall", "low", "high"))
    mean, k = recall.mean(), len(rows)
    below, above = np.linalg.norm(recall - low) / k, np.linalg.norm(high - recall) / k
    known = {"recall": float(mean), "low": float(mean - below), "high": float(mean + above)}
    return [*rows, {"class": None, **known, "n_audit": len(evidence.right)}]


def majority_of(table):
    """The commonest class, and the share of it among the audit rows: what always saying it would score.

    Returns
    -------
    dict
        class, score; the score is None without audit rows, as no other rows tell it.
    """
    audit = table.labeled & table.audit
    labels = pd.Series(table.y[audit if audit.any() else table.labeled]).value_counts(normalize=True)
    if not len(labels):
        return {"class": None, "score": None}
    return {"class": labels.index[0], "score": float(labels.iloc[0]) if audit.any() else None}


@on_one_thread
def audit_evidence(table, model=None, random_state=0):
    """Guess every labelled row of a table by a model that did not see it: Evidence."""
    labeled, known = labeled_rows(table)
    table = with_dependence(table)
    model, X = represent_all(table_model(table, model), table.X, labeled)
    y = np.full(len(table.y), -1)
    y[labeled] = np.unique(known, return_inverse=True)[1]
    pool = np.flatnonzero(table.pool)
    audit = np.flatnonzero(table.labeled & table.audit)
    others, groups = np.setdiff1d(labeled, audit), table.dependence.groups
    rng = np.random.default_rng(random_state)
    if hasattr(model, "n_estimators"):
        model = clone(model).set_params(n_jobs=-1)
    final = _fitted(model, X, y, labeled, pool)
    right, confidence = _held_out(model, X, y, labeled, pool, (audit, others), rng, groups)
    seen = pool if len(pool) <= POOL_ROWS else np.sort(rng.choice(pool, POOL_ROWS, replace=False))
    pool_confidence = _guessed(final, X, seen)[1].mean() if len(seen) else np.nan
    open_rows = np.flatnonzero(table.open_audit)
    open_confidence = _guessed(final, X, open_rows)[1]
    known = (right[audit], confidence[audit], y[audit], pool_confidence, len(pool))
    if groups is None:
        return Evidence(*known, right[others], open_confidence)
    found = Evidence(*known, right[others], open_confidence, groups[np.append(audit, open_rows)])
    return found if groups_of(table) is None else replace(found, n_pool=0)


def _held_out(model, X, y, labeled, pool, parts, rng, groups=None):
    """Whether each labelled row is guessed right without it, and how sure the guess is: (n,), (n,).

    The rows of a part are left out some at a time, those of the first, the audit rows, in fewer folds; with
    them goes whatever is of their groups.
    """
    right, confidence = np.zeros((2, len(y)))
    most = FOREST_FOLDS if hasattr(model, "n_estimators") else OTHER_FOLDS
    for part, folds in zip(parts, (AUDIT_FOLDS, most), strict=True):
        for rows in _folds(part, folds, rng, groups):
            gone = rows if groups is None else labeled[np.isin(groups[labeled], groups[rows])]
            known = np.setdiff1d(labeled, gone)
            if not len(known):  # all labels are of one group: nothing is known of others
                continue
            fitted = _fitted(model, X, y, known, np.union1d(pool, rows))
            guesses, confidence[rows] = _guessed(fitted, X, rows)
            right[rows] = guesses == y[rows]
    return right, confidence


def _folds(rows, n_folds, rng, groups=None):
    """Rows (m,), in random order and in at most n_folds parts that divide no group."""
    if groups is None:
        return np.array_split(rng.permutation(rows), min(n_folds, len(rows))) if len(rows) else ()
    names = rng.permutation(np.unique(groups[rows]))
    parts = np.array_split(names, min(n_folds, len(names))) if len(names) else ()
    return [rows[np.isin(groups[rows], part)] for part in parts]


def _fitted(model, X, y, labeled, pool):
    """A copy of the model fitted on labelled rows, or what always says their one class."""
    one = len(np.unique(y[labeled])) < 2
    return fit(DummyClassifier(strategy="prior") if one else clone(model), X, y, labeled, pool)


def _guessed(model, X, rows):
    """The classes that a model guesses for rows, and how sure it is (all the same where it does not say)."""
    guesses, confidence = np.zeros(len(rows)), np.ones(len(rows))
    for part in blocks(len(rows), 4096):
        A = take(X, rows[part])
        if not hasattr(model, "predict_proba"):
            guesses[part] = model.predict(A)
            continue
        proba = model.predict_proba(A)
        guesses[part], confidence[part] = model.classes_[proba.argmax(axis=1)], proba.max(axis=1)
    return guesses, confidence
