"""A labelling project on a reader's table: plan a study of it, and suggest the rows to label next."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from active_learning.checks import check_choice, check_integer, some
from active_learning.classifiers import CLASSIFIERS, fit, make_model
from active_learning.data import Dataset
from active_learning.loop import METRICS, shown_to
from active_learning.matrices import on_one_thread
from active_learning.rules import Round, margin
from active_learning.strategies import check_strategy, last_step, pick_strategies


def table_model(table, model=None):
    """A classifier behind the table's preprocessor: both are fitted together.

    table: Table; model: as in run_loop
    """
    return make_pipeline(clone(table.preprocessor), make_model(model))


def labeled_rows(table, least):
    """The labelled rows (m,) and their labels (m,); ValueError if fewer than `least` rows in a class."""
    rows = np.flatnonzero(table.labeled)
    y = table.y[rows].astype(str)
    counts = pd.Series(y).value_counts()
    if len(counts) < 2:
        found = f"the one class {counts.index[0]!r} in {len(y)} labels" if len(y) else "no labelled rows"
        raise ValueError(f"{table.name} has {found} in {table.label_column!r}; label some of 2 classes first")
    if counts.min() < least:
        few = [f"{label} ({count})" for label, count in counts[counts < least].items()]
        raise ValueError(f"each class needs at least {least} labelled rows; too few: {some(few)}")
    return rows, y


def suggest(table, n=10, *, strategy="margin", model=None, random_state=0):
    """Say which rows of a table to label next: fit on the labelled rows, let the strategy choose the others.

    n: rows to choose, at most as many as have no label
    strategy, model, random_state: as in run_loop; the model needs predict_proba
    returns: DataFrame (n, 6) in the order to label: id, guess_1, p_1, guess_2, p_2 (the two likeliest
        classes and their probabilities) and score, the strategy's own or else margin's; larger = ask first
    raises: ValueError if no row lacks a label, fewer than 2 classes have one, or a setting cannot work
    """
    ((name, strategy),) = pick_strategies(strategy).items()
    pool = np.flatnonzero(table.pool)
    n = min(check_integer("the number of rows to suggest", n, 1), len(pool))
    if n == 0:
        raise ValueError(f"nothing to suggest: no row of {table.name} has an empty {table.label_column!r}")
    labeled, known = labeled_rows(table, least=1)
    classes, y = np.unique(known, return_inverse=True)
    model = table_model(table, model)
    check_strategy(name, strategy, model, table.X)
    if not hasattr(model, "predict_proba"):
        fitting = [other for other in CLASSIFIERS if hasattr(make_model(other), "predict_proba")]
        lacking = f"a suggestion shows probabilities, and {type(last_step(model)).__name__} gives none"
        raise ValueError(f"{lacking}; classifiers that do: {', '.join(fitting)}")
    codes = np.full(len(table.labeled), -1)
    codes[labeled] = y
    fit(model, table.X, codes, labeled, pool)
    rng = np.random.default_rng(random_state)
    rows = strategy(Round(*shown_to(strategy, model, table.X), labeled, y, pool, n, rng))
    proba = model.predict_proba(table.X[rows])
    best, second = np.argsort(-proba, axis=1, kind="stable")[:, :2].T
    each, score = np.arange(n), getattr(strategy, "keywords", {}).get("score_function", margin)
    guesses = {"guess_1": classes[best], "p_1": proba[each, best]}
    guesses |= {"guess_2": classes[second], "p_2": proba[each, second]}
    return pd.DataFrame({"id": table.frame.index[rows], **guesses, "score": score(proba)})


@on_one_thread
def plan_study(table, *, target=None, batch=None, budget=None, model=None, metric="accuracy", random_state=0):
    """Choose what a study of a table's labelled rows needs, and say why.

    target, batch, budget: chosen from the data if None
    model, metric, random_state: as in run_histories
    returns: Dataset of the labelled rows, dict of settings for run_study, target, list of sentences
    raises: ValueError if there are fewer than 2 classes, or than 2 labelled rows in a class
    """
    rows, y = labeled_rows(table, least=2)
    dataset, model = Dataset(table.name, table.X[rows], y), table_model(table, model)
    settings, sentence = study_sizes(y, batch=batch, budget=budget)
    settings |= {"model": model, "metric": check_choice("metric", metric, METRICS)}
    settings["random_state"] = random_state
    sentences, share = [sentence], pd.Series(y).value_counts(normalize=True)
    if share.iloc[0] > 0.8 and metric == "accuracy":
        hint = f"{share.iloc[0]:.0%} of the labels are {share.index[0]!r}: always saying so is as accurate"
        sentences.append(f"{hint}; the metric balanced_accuracy weighs the classes alike.")
    if target is None:
        splits = StratifiedShuffleSplit(10, test_size=settings["test_size"], random_state=random_state)
        reached = cross_val_score(model, dataset.X, dataset.y, cv=splits, scoring=metric).mean()
        target = max(round(reached - 0.02, 3), 0.01)
        sentences.append(
            f"The target is {target:.1%}: trained on every label outside the test set, the model scores "
            f"{reached:.1%} (mean of 10 splits), less 2 points."
        )
    return dataset, settings, target, sentences


def study_sizes(y, *, batch=None, budget=None):
    """Sizes that suit labels y (n,): dict of settings for run_study, and a sentence that says them.

    batch, budget: given sizes, or None to choose them
    Few rows are tested on a half of them, so that the test can tell 90 % from 85 %.
    """
    counts = np.unique(y, return_counts=True)[1]
    test_size = 0.3 if len(y) >= 200 and 0.3 * len(y) >= len(counts) else 0.5
    left = len(y) - int(np.ceil(test_size * len(y)))
    seed_per_class = 2 if counts.min() >= 4 and left > 4 * len(counts) else 1
    seed = seed_per_class * len(counts)
    budget = min(left, max(300, 3 * seed)) if budget is None else budget
    batch = min(max(1, (budget - seed) // 20), 10) if batch is None else batch
    sizes = {"seed_per_class": seed_per_class, "test_size": test_size, "batch": batch, "budget": budget}
    return sizes, (
        f"Of {len(y)} labelled rows, each split tests on {len(y) - left} ({test_size:.0%}), starts from "
        f"{seed} ({seed_per_class} a class) and buys {batch} at a time, up to {budget} of the other {left}."
    )
