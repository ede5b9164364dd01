"""Suggest the rows of a table to label next: those that a rule queries, without near-duplicates.

Not here: how a table is measured (plan), or how labels come back (tables).
"""

from dataclasses import dataclass, replace
from functools import partial

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.metrics.pairwise import cosine_similarity

from active_learning._arrays import blocks, evenly_spaced, on_one_thread, take
from active_learning._progress import progress, showing
from active_learning._validation import check_integer, last_step
from active_learning.features.text import TextEncoder
from active_learning.labelling.plan import (
    NO_COLUMN,
    TRIALS,
    behind_random,
    labeled_rows,
    learnt_nothing,
    table_model,
)
from active_learning.models.checked import warn_unseeded
from active_learning.models.registry import CLASSIFIERS, IN_MEMORY, fit, make_model, represent_all
from active_learning.strategies.base import Round, margin, score_pool
from active_learning.strategies.batch import typiclust
from active_learning.strategies.registry import (
    STRATEGIES,
    check_strategy,
    pick_strategies,
    recommend_rule,
    remove_queried,
    unmet_requirements,
)
from active_learning.study.loop import shown_to

MOST_TEXTS = 40_000  # rows of texts without a label at the most that are encoded, for a rule to choose among
TYPICAL_OF = 5_000  # rows at the most among which the first ones to label are found
ALIKE = 0.98  # cosine similarity above which two texts, or vectors, say the same
BEHIND = (
    "in {trials} trial runs on the labelled rows {name} ended {points:.1f} points below random: these rows "
    "are drawn at random (--strategy {name} queries by it all the same)"
)
NO_CLASSES = "no two classes have a label yet, so no model can be fitted"
NO_MODEL = f"{NO_CLASSES}: these are typical rows of clusters"


@on_one_thread
def suggest(table, n=10, *, strategy=None, model=None, random_state=0):
    """Suggest which rows of a table to label next: fit on the labelled rows, let the rule query the others.

    Rows that say the same, texts that differ in case, digits or marks among them, are suggested once. With
    labels of fewer than 2 classes nothing can be fitted; then come typical rows of the table's clusters
    (typiclust). Where no column is left to learn from, or nothing is learnt, rows are drawn at random, unless
    a strategy is given.

    Parameters
    ----------
    table : Table
    n : int
        Rows to suggest, at most as many as have no label and differ.
    strategy : str or rule, optional
        As in run_loop. By default that of recommend_rule; random where that rule ends below it in trial runs
        on the labelled rows.
    model : str or classifier, optional
        As in run_loop; it needs predict_proba.
    random_state : int
        Random seed.

    Returns
    -------
    DataFrame of shape (n, 6)
        In the order to label: id; guess_1, p_1, guess_2 and p_2, the two likeliest classes and their
        probabilities; and score, the rule's or else margin's, larger = ask first. Its attrs hold the
        strategy's name and notes.

    Raises
    ------
    ValueError
        If no row lacks a label, or a setting cannot work.

    Examples
    --------
    >>> import al_helpers as al
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [0, 1, 1, 2, 4, 6, 8, 9, 9], "y": [*"aaa", "", "", "", *"bbb"]})
    >>> al.suggest(al.load_table(frame, "y"), 2, strategy="margin")["id"].tolist()
    [4, 5]
    """
    pool = np.flatnonzero(table.pool)
    n = min(check_integer("the number of rows to suggest", n, 1), len(pool))
    if n == 0:
        raise ValueError(f"nothing to suggest: no row of {table.name} has an empty {table.label_column!r}")
    rng, given, model = np.random.default_rng(random_state), model, table_model(table, model)
    if strategy is not None:
        pick_strategies(strategy)  # a name that is not one, before any work
    with showing(f"learning from {table.name}", rows=len(table.frame)):
        table, notes = subsample_pool(table, pool, max(n, MOST_TEXTS), rng)
        pool = np.flatnonzero(table.pool)
        nothing = learnt_nothing(table, model[-1]) if strategy is None else ""
        different = pool if nothing == NO_COLUMN else drop_exact_duplicates(table, pool)
        notes = [*([f"{nothing}; these rows are drawn at random"] if nothing else []), *notes]
        if len(np.unique(table.y[table.labeled].astype(str))) < 2:
            notes.append(NO_CLASSES if nothing else NO_MODEL)
            name, choose = ("random", random_rows) if nothing else ("typiclust", typical_rows)
            rows, predicted = choose(table, model, different, n, rng)
        else:
            check_probabilities(model)
            name, rule, warnings = _rule_for(table, "random" if nothing else strategy, n, model)
            notes += warnings
            rows, predicted = rows_chosen(table, model, rule, different, n, rng)
            if not isinstance(given, str | None):
                labeled, y = labeled_rows(table)
                notes += warn_unseeded(model, take(table.X, labeled), y)
    if len(rows) < n:
        notes.append(f"{n - len(rows)} fewer than asked for: the others say the same as one of these")
    return _suggestions(table, rows, name, notes, predicted)


def _rule_for(table, strategy, n, model):
    """(name, rule, notes): the rule asked for; or the one advised, and random where that is behind random."""
    name, rule = choose_strategy(strategy, n, model, table)
    if strategy is None and (behind := behind_random(table, {name: rule}, model)):
        return "random", STRATEGIES["random"], [BEHIND.format(trials=TRIALS, name=name, points=100 * behind)]
    return name, rule, []


def check_probabilities(model):
    """Raise ValueError, naming classifiers that do, if a model gives no probabilities to show."""
    if not hasattr(model, "predict_proba"):
        fitting = [other for other in CLASSIFIERS if hasattr(make_model(other), "predict_proba")]
        lacking = f"a suggestion shows probabilities, and {type(last_step(model)).__name__} gives none"
        raise ValueError(f"{lacking}; classifiers that do: {', '.join(fitting)}")


def choose_strategy(strategy, n, model, table):
    """(name, rule) of a strategy or, for None, of the one that suits n rows and that the model can serve."""
    if strategy is None:
        strategy = recommend_rule("text" if text_columns(table.preprocessor) else "table", n)
        if unmet_requirements(pick_strategies(strategy)[strategy], model, table.X):
            strategy = "margin"
    ((name, rule),) = pick_strategies(strategy).items()
    check_strategy(name, rule, model, table.X)
    return name, rule


def subsample_pool(table, pool, most, rng):
    """The table, of many texts only its labelled rows and a random part of the pool; and notes on it."""
    if text_columns(table.preprocessor) and len(pool) > most:
        note = f"of {len(pool):,} rows without a label, a random {most:,} were looked at"
        drawn = rng.choice(pool, most, replace=False)
        return take_rows(table, np.union1d(np.flatnonzero(table.labeled), drawn)), [note]
    sampled = isinstance(table.preprocessor, ColumnTransformer) and len(table.X) > IN_MEMORY
    note = f"scales and levels are learnt from the labelled rows and {IN_MEMORY:,} evenly spaced ones"
    return table, [note] if sampled else []


def take_rows(table, rows):
    """The table of some rows (m,), which keep their ids."""
    skipped = None if table.skipped is None else table.skipped[rows]
    X = take(table.X, rows)
    return replace(table, frame=table.frame.iloc[rows], X=X, y=table.y[rows], skipped=skipped)


def drop_exact_duplicates(table, pool):
    """The rows of the pool that say something different, the first of those that say the same.

    Texts are compared without case, digits, marks and spaces.
    """
    if isinstance(table.X, np.memmap) or table.X.shape[1] > 100:
        return pool  # vectors: only those chosen are compared (drop_near_duplicates)
    A = pd.DataFrame(take(table.X, pool))
    for place, texts in text_columns(table.preprocessor).items():
        codes, positions = np.unique(A[place].astype(int), return_inverse=True)
        A[place] = pd.factorize(np.array([texts.key(code) for code in codes], dtype=object))[0][positions]
    return pool[~A.duplicated().to_numpy()]


def text_columns(preprocessor):
    """The columns of X that hold texts: dict of their place -> Texts."""
    steps = getattr(preprocessor, "transformers", [])
    return {int(places[0]): step.texts for _, step, places in steps if isinstance(step, TextEncoder)}


def rows_chosen(table, model, strategy, pool, n, rng):
    """The rows that a strategy chooses, and what is shown of them: (classes, probabilities, scores)."""
    labeled, labels = labeled_rows(table)
    classes, y = np.unique(labels, return_inverse=True)
    codes = np.full(len(table.labeled), -1)
    codes[labeled] = y
    model, X = represent_all(model, table.X, labeled)
    fit(model, X, codes, labeled, pool)
    scores = {}

    def choose(pool):
        seen = shown_to(strategy, model, X)
        round = LargeRound(*seen, labeled, y, pool, min(n, len(pool)), rng, scores)
        return remove_queried(strategy, strategy(round), pool, round.batch)[0]

    similar = text_columns(table.preprocessor) or table.X.shape[1] > 100  # of numbers none knows what is near
    rows = drop_near_duplicates(X, choose, pool) if similar else choose(pool)
    proba = model.predict_proba(take(X, rows))
    score = getattr(strategy, "keywords", {}).get("score_function", margin)
    return rows, (classes, proba, score(proba))


@dataclass(frozen=True)
class LargeRound(Round):
    """A Round of many rows: it shows its progress, and scores each row once however often a rule asks."""

    scores: dict  # score function -> the rows that it was asked for first, ascending, and their scores

    def score(self, score_function):
        """Scores (n,) of the pool's rows under score_function of their class probabilities."""
        if score_function not in self.scores:
            parts = [*blocks(len(self.pool), 2**15)]
            score = joblib.delayed(partial(score_pool, self.model.predict_proba, self.X))
            threads = joblib.Parallel(n_jobs=-1, require="sharedmem", return_as="generator")
            done = threads(score(self.pool[part], score_function) for part in parts)
            bar = progress(done, len(parts), f"parts of {len(self.pool):,} rows", rows=len(self.pool))
            self.scores[score_function] = self.pool, np.concatenate([*bar])
        rows, scores = self.scores[score_function]
        return scores[np.searchsorted(rows, self.pool)]


def drop_near_duplicates(X, choose, pool, tries=5):
    """Rows that `choose` takes from the pool, no two of which have a cosine similarity above ALIKE."""
    for _ in range(tries):
        rows = choose(pool)
        A = take(X, rows)
        twin = np.triu(cosine_similarity(A) > ALIKE, 1).any(axis=0)
        if not twin.any():
            break
        parts = (take(X, pool[part]) for part in blocks(len(pool), 4096))
        near = np.concatenate([(cosine_similarity(part, A[~twin]) > ALIKE).any(axis=1) for part in parts])
        pool = pool[~near | np.isin(pool, rows[~twin])]
    return rows[~twin]


def typical_rows(table, model, pool, n, rng):
    """The first rows to label, typical ones of the clusters without a label; and no predictions."""
    pool = pool if len(pool) <= TYPICAL_OF else np.sort(rng.choice(pool, max(n, TYPICAL_OF), replace=False))
    labeled = evenly_spaced(np.flatnonzero(table.labeled), TYPICAL_OF)
    _, X = represent_all(model, table.X)
    y = np.zeros(len(labeled), dtype=int)
    return typiclust(Round(None, X, labeled, y, pool, min(n, len(pool)), rng)), None


def random_rows(table, model, pool, n, rng):
    """Rows of the pool that are drawn at random; and no predictions."""
    return rng.choice(pool, min(n, len(pool)), replace=False), None


def _suggestions(table, rows, strategy, notes, predicted):
    """The table of suggestions; without a model, ids and empty columns."""
    columns = dict.fromkeys(("guess_1", "p_1", "guess_2", "p_2", "score"))
    if predicted is not None:
        classes, proba, score = predicted
        each = np.arange(len(rows))
        best, second = np.argsort(-proba, axis=1, kind="stable")[:, :2].T
        columns = {"guess_1": classes[best], "p_1": proba[each, best]}
        columns |= {"guess_2": classes[second], "p_2": proba[each, second], "score": score}
    frame = pd.DataFrame({"id": table.frame.index[rows], **columns})
    frame.attrs |= {"strategy": strategy, "notes": notes}
    return frame
