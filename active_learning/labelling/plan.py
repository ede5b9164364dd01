"""Plan a study of a user's table: which rows, which sizes, which target, which classifier.

Not here: which rows to label next (suggest), and what a study shows (report).
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from active_learning._arrays import evenly_spaced, take
from active_learning._validation import METRICS, check_choice, constant_answer
from active_learning.datasets.dataset import Dataset
from active_learning.features.dependence import find_dependence
from active_learning.features.vectors import VectorScaler
from active_learning.labelling.chosen import LEAST as FEWEST
from active_learning.labelling.chosen import LEVEL, chance_of_margins
from active_learning.models.registry import CLASSIFIERS, Represented, fit, make_model, represent_all
from active_learning.statistics.curves import final_scores
from active_learning.statistics.equal_budget import ends_below, reachable
from active_learning.strategies.registry import STRATEGIES
from active_learning.study.study import run_study, split_function
from active_learning.tables.labels import without_rare

LEAST_RANDOM = 40  # labels drawn at random, below which a study beside a rule's labels shows nothing
LEAST_TRIED, MOST_TRIED, TRIALS = 100, 300, 8  # labels that a rule is tried on, and how often
PROBED = 50, 600  # labels: from so many on it is asked whether anything is learnt, of so many at the most
BY_CHANCE = 1.28  # standard deviations of chance that 1 of 10 tables on which nothing can be learnt exceed
NO_COLUMN = "no column is left to learn from"
NOTHING = "nothing is learnt yet: guesses agree with the labels no better than by chance"
DRAWN = ("rule", "random", "audit")  # what a log says of a row
SLOW_ABOVE = 1_000  # rows above which label spreading, whose time grows with their cube, is not tried out


def table_model(table, model=None):
    """A classifier behind the table's preprocessor, which looks at no label.

    Parameters
    ----------
    table : Table
    model : str or classifier, optional
        As in run_loop.

    Returns
    -------
    Represented
    """
    return Represented([("features", table.preprocessor), ("classifier", make_model(model))])


def labeled_rows(table):
    """The labelled rows (m,) of a table and their labels (m,) as text; ValueError below 2 classes."""
    rows = np.flatnonzero(table.labeled)
    y = table.y[rows].astype(str)
    classes = np.unique(y)
    if len(classes) < 2:
        what = f"the one class {str(classes[0])!r} in {len(y)} labels" if len(y) else "no labelled rows"
        raise ValueError(f"{table.name} has {what} in {table.label_column!r}; label some of 2 classes first")
    return rows, y


def learnt_nothing(table, model=None):
    """Whether a table's labels go with its columns no better than by chance.

    Each row's probability of its own label, from a model of the other rows, is set against the probabilities
    that it would have if the labels were shuffled. Of fewer than 50 labels none can tell.

    Parameters
    ----------
    table : Table
    model : str or classifier, optional
        As in run_loop.

    Returns
    -------
    str
        A sentence, or "" if something is learnt, or none can tell.
    """
    if not isinstance(table.X, np.memmap) and not np.any(table.X):
        return NO_COLUMN
    y = pd.Series(table.y)
    frequent = y.isin(y.value_counts()[lambda counts: counts >= 5].index)
    rows = evenly_spaced(np.flatnonzero(frequent), PROBED[1])
    classes, codes, counts = np.unique(table.y[rows].astype(str), return_inverse=True, return_counts=True)
    if len(rows) < PROBED[0] or len(classes) < 2 or counts.min() < 2:
        return ""
    classifier, X = represent_all(table_model(table, model), take(table.X, rows))
    if not hasattr(classifier, "predict_proba"):
        return ""
    proba, folds = (
        np.zeros((len(rows), len(classes))),
        StratifiedKFold(min(5, counts.min()), shuffle=True, random_state=0),
    )
    for known, hidden in folds.split(X, codes):
        fitted = fit(clone(classifier), X, codes, known, hidden)
        proba[np.ix_(hidden, fitted.classes_)] = fitted.predict_proba(take(X, hidden))
    return NOTHING if _surprise(proba, codes) < BY_CHANCE else ""


def _surprise(proba, codes, tries=500):
    """How far the mean probability of the labels lies above that of shuffled ones, in their deviations."""
    rng, each = np.random.default_rng(0), np.arange(len(codes))
    by_chance = [proba[each, rng.permutation(codes)].mean() for _ in range(tries)]
    spread = np.std(by_chance)
    return (proba[each, codes].mean() - np.mean(by_chance)) / spread if spread > 0 else 0.0


def chance_if_random(table, random_state=0):
    """The chance that labelled rows of which nothing is known look as they do, had they been drawn at random.

    Parameters
    ----------
    table : Table
    random_state : int
        Seed of what is looked at.

    Returns
    -------
    float
        A p-value; nan where too few rows, labelled so or without a label, can tell.
    """
    rows = np.flatnonzero(table.labeled & ~table._state("drawn", DRAWN))
    if min(len(rows), table.pool.sum()) < min(FEWEST):
        return np.nan
    pool, rng = np.flatnonzero(table.pool), np.random.default_rng(random_state)
    rows, pool = (rng.choice(part, min(len(part), 1000), replace=False) for part in (rows, pool))
    kept = np.sort(np.concatenate([rows, pool]))
    y = np.unique(table.y[kept].astype(str), return_inverse=True)[1]
    model, X = represent_all(table_model(table), take(table.X, kept))
    groups = None if table.dependence is None else table.dependence.groups
    groups = None if groups is None else groups[kept]
    places = (np.searchsorted(kept, np.sort(part)) for part in (rows, pool))
    return chance_of_margins(model, X, y, *places, rng, groups)


def random_part(table):
    """The table with the labels alone that a study may simulate on, and notes: those drawn at random.

    Parameters
    ----------
    table : Table

    Returns
    -------
    (Table, list of str)
        The table itself if a rule chose none of its rows, as far as its log knows.

    Raises
    ------
    ValueError
        If too few rows were drawn at random, or nothing is known of them and they look chosen by a rule.
    """
    by_rule = table._state("drawn", ["rule"]) & table.labeled
    if not by_rule.any():
        return table, _told_random(table)
    kept = table._state("at_random", [True]) & table.labeled
    if kept.sum() < LEAST_RANDOM:
        found = f"a rule chose {by_rule.sum()} of the labelled rows, and {kept.sum()} were drawn at random"
        raise ValueError(f"a study needs labels drawn at random, {LEAST_RANDOM} at least: {found}")
    y = np.where(kept, table.y, None)
    note = f"a rule chose {by_rule.sum()} of the labels: the study is of the {kept.sum()} drawn at random"
    return replace(table, y=y), [note]


def _told_random(table):
    """Notes where none can tell how the labelled rows were drawn; ValueError if a rule seems to have."""
    if found := looks_chosen(table):
        raise ValueError(found)
    unknown = (table.labeled & ~table._state("drawn", DRAWN)).any()
    untold = "every row has a label, so nothing tells whether a rule chose them"
    return [untold] if unknown and not table.pool.any() else []


def looks_chosen(table):
    """A sentence if a table's labelled rows look chosen by a rule, and no log says otherwise; else ""."""
    chance = chance_if_random(table)
    if chance > LEVEL or np.isnan(chance):
        return ""
    found = f"the labelled rows look chosen by a rule (random ones look so with a chance of {chance:.1g})"
    why = "the model is less sure of them than of the others, and a study of them tells nothing of savings"
    way = f"suggest --only-audit -n {LEAST_RANDOM} draws rows that a study can use"
    return f"{found}: {why}; {way}, --given random says that these were drawn at random"


def with_dependence(table):
    """The table with what makes its rows depend on one another: as declared, or as found, with notes."""
    if table.dependence is not None:
        return table
    found = find_dependence(table.frame, table.label_column, table.y, _vectors(table))
    return replace(table, dependence=found, notes=[*table.notes, *found.notes])


def _vectors(table):
    """The part of a table's features that are vectors (n, d), or None."""
    if isinstance(table.preprocessor, VectorScaler):
        return table.X
    steps = getattr(table.preprocessor, "transformers", [])
    places = [place for _, step, place in steps if isinstance(step, VectorScaler)]
    return table.X[:, np.concatenate(places)] if places else None


def study_settings(table, *, batch=None, budget=None, model=None, metric="accuracy", random_state=0):
    """Choose the rows and the sizes of a study of a table's labelled rows; as plan_study, without a target.

    Returns
    -------
    dataset : Dataset
    settings : dict
    sentences : list of str
    """
    noted, table = len(table.notes), with_dependence(table)
    rows, y = labeled_rows(table)
    frequent, rare = without_rare(y, least=2)
    if len(np.unique(y[frequent])) < 2:
        raise ValueError(f"a study needs 2 classes with at least 2 labelled rows each. {rare}")
    rows, y = rows[frequent], y[frequent]
    dataset = Dataset(
        table.name, table.X[rows], y, classes=tuple(np.unique(y)), **dependence_among(table, rows)
    )
    settings, sentence = study_sizes(y, batch=batch, budget=budget)
    if dataset.groups is not None or dataset.times is not None:
        settings["budget"] = min(settings["budget"], _least_left(dataset, settings, random_state))
    settings |= {"model": table_model(table, model), "metric": check_choice("metric", metric, METRICS)}
    settings["random_state"] = random_state
    sentences, (label, share) = [*table.notes[noted:], *filter(None, [rare]), sentence], constant_answer(y)
    if share > 0.8 and metric == "accuracy":
        hint = f"always saying {label!r} is right in {share:.0%} of the labelled rows"
        sentences.append(f"{hint}; the metric balanced_accuracy weighs the classes alike.")
    return dataset, settings, sentences


def dependence_among(table, rows):
    """The groups or times of some rows (m,) of a table, as keywords for Dataset."""
    found = {name: getattr(table.dependence, name) for name in ("groups", "times")}
    return {name: None if values is None else values[rows] for name, values in found.items()}


def _least_left(dataset, settings, random_state, tried=20):
    """The labels that every split leaves for training: whole groups make test sets of several sizes."""
    cut = split_function(dataset, seed_per_class=settings["seed_per_class"], test_size=settings["test_size"])
    seeds = [np.random.SeedSequence([random_state, number]) for number in range(tried)]
    sizes = [cut(random_state=seed).sizes for seed in seeds]
    return min(size["seed"] + size["pool"] for size in sizes)


def plan_study(table, *, target=None, batch=None, budget=None, model=None, metric="accuracy", random_state=0):
    """Choose what a study of a table's labelled rows needs, its target too, and say why.

    Parameters
    ----------
    table : Table
    target : float in (0, 1], optional
        Score wanted. By default what most runs of random reach with the budget, so that few of any rule
        miss it.
    batch, budget : int, optional
        Labels a round and in all; chosen from the data by default.
    model : str or classifier, optional
    metric : {"accuracy", "balanced_accuracy", "f1"}
    random_state : int
        As in run_histories, like model and metric.

    Returns
    -------
    dataset : Dataset
        The labelled rows, without classes too rare to be split.
    settings : dict
        Keywords for run_study.
    target : float
    sentences : list of str

    Raises
    ------
    ValueError
        If there are fewer than 2 classes with 2 labelled rows each.

    Examples
    --------
    >>> import al_helpers as al
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [*range(20)] * 5, "y": ["a"] * 50 + ["b"] * 50})
    >>> dataset, settings, target, sentences = al.plan_study(al.load_table(frame, "y"), target=0.9)
    >>> settings["batch"], settings["budget"]
    (2, 50)
    """
    chosen = dict(batch=batch, budget=budget, model=model, metric=metric, random_state=random_state)
    dataset, settings, sentences = study_settings(table, **chosen)
    if target is None:
        one_round = settings | {"batch": settings["budget"]}
        pilot = run_study(dataset, "random", n_splits=10, n_jobs=1, **one_round)
        target, reached = reachable(pilot, by_most=True)
        sentences.append(target_sentence(target, reached, settings["budget"], 10))
    sentences += [constant_sentence(dataset.y, metric, target), *filter(None, [looks_chosen(table)])]
    return dataset, settings, target, sentences


def target_sentence(target, reached, budget, n_splits):
    """What the target is and why, where none was given."""
    return (
        f"The target is {target:.1%}, so that the budget can show it: {budget} random labels reach "
        f"{reached:.1%} (mean of {n_splits} splits), less one standard deviation: most runs get there."
    )


def constant_sentence(y, metric, target):
    """What the answer scores that needs no model, for labels y (n,), beside the target."""
    label, score = constant_answer(y, metric)
    no_more = ", and the target is no higher: reaching it shows nothing" * bool(target <= score)
    return f"Always saying {label!r} scores {score:.1%}{no_more}."


def behind_random(table, rules, model, *, n_splits=TRIALS):
    """Try a rule on the table's labelled rows, and say how far it ends behind random with as many labels.

    Parameters
    ----------
    table : Table
    rules : dict of str to rule
        The one rule, by its name.
    model : Represented
        As table_model returns it.
    n_splits : int, default=8
        Runs of each of the two.

    Returns
    -------
    float
        Difference of their mean scores; 0.0 if it is not shown, or the labels are too few for a trial.
    """
    rows, y = labeled_rows(table)
    frequent = np.flatnonzero(without_rare(y, least=4)[0])
    if len(frequent) > MOST_TRIED:
        frequent = np.sort(np.random.default_rng(0).choice(frequent, MOST_TRIED, replace=False))
        frequent = frequent[without_rare(y[frequent], least=2)[0]]
    if len(frequent) < LEAST_TRIED or len(np.unique(y[frequent])) < 2:
        return 0.0
    y = y[frequent]
    dataset = Dataset(table.name, take(table.X, rows[frequent]), y, classes=tuple(np.unique(y)))
    settings, _ = study_sizes(dataset.y)
    seed = settings["seed_per_class"] * len(np.unique(dataset.y))
    budget = max(int((1 - settings["test_size"]) * len(dataset.y)) // 2, seed)
    settings |= {"budget": budget, "batch": max((budget - seed) // 4, 1)}
    tried = {"random": STRATEGIES["random"]} | rules
    curves = run_study(dataset, tried, n_splits=n_splits, n_jobs=1, model=model, **settings)
    return -float(ends_below(curves).min()) if len(ends_below(curves)) else 0.0


def better_classifier(table, dataset, settings, current, *, n_splits=10, n_jobs=-1):
    """Whether another of the classifiers learns more from the same random labels, in one sentence.

    Parameters
    ----------
    table : Table
    dataset, settings : Dataset, dict
        As study_settings returns them.
    current : str
        Name of the classifier in use.
    n_splits, n_jobs : int
        Splits that the classifiers are compared on, and processes.

    Returns
    -------
    str
        Names the best of those that lead by more than two standard errors; "" if none does.
    """
    check_choice("classifier", current, CLASSIFIERS)
    one_round = settings | {"batch": settings["budget"], "n_splits": n_splits, "n_jobs": n_jobs}
    left_out = {"label_spreading"} if len(dataset.y) > SLOW_ABOVE else set()
    left_out |= {"balanced_logistic_regression"} if settings["metric"] == "accuracy" else set()
    scores = {}
    for name in [name for name in CLASSIFIERS if name not in left_out - {current}]:
        curves = run_study(dataset, "random", **one_round | {"model": table_model(table, name)})
        scores[name] = final_scores(curves)["random"]
    leads = {name: runs - scores[current] for name, runs in scores.items()}
    shown = {name: lead.mean() for name, lead in leads.items() if lead.mean() > max(2 * lead.sem(), 1e-9)}
    if not shown:
        return ""
    best = max(shown, key=shown.get)
    return (
        f"Another classifier learns more from the same {settings['budget']} random labels: {best} scores "
        f"{scores[best].mean():.1%}, {current} {scores[current].mean():.1%} ({n_splits} splits); "
        f"try --classifier {best}."
    )


def study_sizes(y, *, batch=None, budget=None):
    """Sizes that suit labels y (n,): dict of settings for run_study, and a sentence that names them.

    Given sizes stay. Few rows are tested on a half of them, so that the test can tell 90 % from 85 %.
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
        f"{seed} ({seed_per_class} a class) and queries {batch} at a time, up to {budget} of the other "
        f"{left}."
    )
