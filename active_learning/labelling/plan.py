"""A labelling project on a reader's table: plan a study of its labelled rows.

Not here: which rows to label next (suggesting), or what the study shows (gains, wording).
"""

import numpy as np
import pandas as pd

from active_learning._validation import METRICS, check_choice, some
from active_learning.datasets.dataset import Dataset
from active_learning.models.registry import CLASSIFIERS, Represented, make_model
from active_learning.statistics.curves import final_scores
from active_learning.statistics.equal_budget import reachable
from active_learning.study.study import run_study
from active_learning.tables.labels import without_rare

SLOW_ABOVE = 1_000  # rows above which label spreading, whose time grows with their cube, is not tried out


def table_model(table, model=None):
    """A classifier behind the table's preprocessor, which looks at no label: a Represented model.

    table: Table; model: as in run_loop
    """
    return Represented([("features", table.preprocessor), ("classifier", make_model(model))])


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


def study_settings(table, *, batch=None, budget=None, model=None, metric="accuracy", random_state=0):
    """Choose the rows and the sizes of a study of a table's labelled rows, and say why.

    table: Table; batch, budget: chosen from the data if None
    model, metric, random_state: as in run_histories
    returns: Dataset of the labelled rows, dict of settings for run_study, list of sentences
    raises: ValueError if there are fewer than 2 classes with 2 labelled rows each
    """
    rows, y = labeled_rows(table, least=1)
    kept, rare = without_rare(y, least=2)
    if len(np.unique(y[kept])) < 2:
        raise ValueError(f"a study needs 2 classes with at least 2 labelled rows each. {rare}")
    rows, y = rows[kept], y[kept]
    dataset = Dataset(table.name, table.X[rows], y)
    settings, sentence = study_sizes(y, batch=batch, budget=budget)
    settings |= {"model": table_model(table, model), "metric": check_choice("metric", metric, METRICS)}
    settings["random_state"] = random_state
    sentences, share = [*filter(None, [rare]), sentence], pd.Series(y).value_counts(normalize=True)
    if share.iloc[0] > 0.8 and metric == "accuracy":
        hint = f"{share.iloc[0]:.0%} of the labels are {share.index[0]!r}: always saying so is as accurate"
        sentences.append(f"{hint}; the metric balanced_accuracy weighs the classes alike.")
    return dataset, settings, sentences


def plan_study(table, *, target=None, batch=None, budget=None, model=None, metric="accuracy", random_state=0):
    """Choose what a study of a table's labelled rows needs, its target too, and say why.

    target: chosen from the data if None: what most runs of random reach with the budget, so that few of any
        rule miss it (gains.reachable)
    table, batch, budget, model, metric, random_state: as in study_settings
    returns: Dataset of the labelled rows, dict of settings for run_study, target, list of sentences
    raises: ValueError if there are fewer than 2 classes with 2 labelled rows each
    """
    chosen = dict(batch=batch, budget=budget, model=model, metric=metric, random_state=random_state)
    dataset, settings, sentences = study_settings(table, **chosen)
    if target is None:
        at_once = settings | {"batch": settings["budget"]}
        pilot = run_study(dataset, "random", n_splits=10, n_jobs=1, **at_once)
        target, reached = reachable(pilot, by_most=True)
        sentences.append(target_sentence(target, reached, settings["budget"], 10))
    return dataset, settings, target, sentences


def target_sentence(target, reached, budget, n_splits):
    """What the target is and why, where none was given."""
    return (
        f"The target is {target:.1%}, so that the budget can show it: {budget} random labels reach "
        f"{reached:.1%} (mean of {n_splits} splits), less one standard deviation: most runs get there."
    )


def better_classifier(table, dataset, settings, current, *, n_splits=10, n_jobs=-1):
    """Whether another of our classifiers learns more from the same random labels, in one sentence.

    table: Table; dataset, settings: of study_settings; current: the classifier's name
    n_splits: splits that they are compared on; n_jobs: as in run_histories
    returns: str, naming the best of those that lead by more than two standard errors; "" if none does
    raises: ValueError for an unknown classifier
    """
    check_choice("classifier", current, CLASSIFIERS)
    at_once = settings | {"batch": settings["budget"], "n_splits": n_splits, "n_jobs": n_jobs}
    slow = {"label_spreading"} if len(dataset.y) > SLOW_ABOVE else set()
    names = [name for name in CLASSIFIERS if name == current or name not in slow]
    curves = [run_study(dataset, "random", **at_once | {"model": table_model(table, name)}) for name in names]
    runs = {name: final_scores(each)["random"] for name, each in zip(names, curves, strict=True)}
    leads = {name: runs[name] - runs[current] for name in names}
    sure = {name: lead.mean() for name, lead in leads.items() if lead.mean() > max(2 * lead.sem(), 1e-9)}
    if not sure:
        return ""
    best = max(sure, key=sure.get)
    return (
        f"Another classifier learns more from the same {settings['budget']} random labels: {best} scores "
        f"{runs[best].mean():.1%}, {current} {runs[current].mean():.1%} ({n_splits} splits); "
        f"try --classifier {best}."
    )


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
