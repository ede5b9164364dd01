"""What the first 50 random labels of a data set say: will a rule pay, and will more labels at all?

early.csv holds what ten users saw of each data set of the map (tests/benchmarks/map_early.py computes it);
the answers are read off the map. A logistic regression on both is judged on data sets left out, and what it
says of a new one is told with how often that was so. Not here: the map (report.benchmark), scores to come.
"""

import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedShuffleSplit

from active_learning._arrays import squared_distances, take
from active_learning.forecast.forecast import matrices
from active_learning.models.registry import default_model, make_model
from active_learning.report.benchmark import COLUMNS, FLAT, GROUPS, checked_map, read_map
from active_learning.strategies.base import margin
from active_learning.strategies.registry import RECOMMENDED

EARLY = Path(__file__).with_name("early.csv")
LABELS, HALVINGS = 50, 10  # labels that are looked at; how often they are halved
MOST, ROWS = 12, 2_000  # classes and rows of a data set in early.csv
SEEN = ("slope", "score", "majority", "unstable", "trees_differ", "close", "neighbours_differ")
FACTS = ("classes", "columns", "rows")
POINTS = f"{100 * FLAT:.1f} points"
QUESTIONS = {  # what may be so -> rule, batch and labels of its row in the map, and what that must be
    f"100 labels by {RECOMMENDED} after them were worth more than random ones": (
        (f"{RECOMMENDED}_start_50", 10, 150),
        lambda rows: rows["low"] > 1,
    ),
    f"50 more random labels gained {POINTS} or more": (
        ("twice_random", 0, 50),
        lambda rows: rows["gain"] >= FLAT,
    ),
    f"going on from 100 to 200 random labels gained {POINTS} or more": (
        ("twice_random", 0, 100),
        lambda rows: rows["gain"] >= FLAT,
    ),
}
HELD = tuple(
    [*QUESTIONS][i] for i in (0, 2)
)  # what is answered better than by the commonest answer (p <= 0.05); a test derives it


def seen_with(classifier, X, y, others):
    """What LABELS labels y (m,) of rows X (m, d) show of a data set, and the rows without a label.

    Returns
    -------
    dict
        slope, score (with four fifths of the labels, and what these add to half of them), majority (share of
        the commonest class), unstable (others on which the models of two halves differ), trees_differ (on
        which a forest does), close (1 - the mean gap of the top two classes), neighbours_differ (rows whose
        nearest has another label).
    """
    half, unstable = _halved(classifier, X, y, others)
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
    with warnings.catch_warnings(action="ignore"):  # of classes with fewer than five rows
        full = np.mean([_score(classifier, X, y, *fold) for fold in folds.split(X, y)])
    fitted, trees = clone(classifier).fit(X, y), make_model("extra_trees").fit(X, y)
    nearest = (squared_distances(X, X) + np.diag(np.full(len(y), np.inf))).argmin(axis=1)
    return {
        "slope": full - half,
        "score": full,
        "majority": np.unique(y, return_counts=True)[1].max() / len(y),
        "unstable": unstable,
        "trees_differ": np.mean(fitted.predict(others) != trees.predict(others)),
        "close": 1 + np.mean(margin(fitted.predict_proba(others))),
        "neighbours_differ": np.mean(y[nearest] != y),
    }


def _halved(classifier, X, y, others):
    """The mean score with half of the labels, and how often the models of two halves differ on others."""
    scores, differ = [], []
    for one, two in StratifiedShuffleSplit(HALVINGS, test_size=0.5, random_state=0).split(X, y):
        models = [clone(classifier).fit(take(X, part), y[part]) for part in (one, two)]
        scores += [models[0].score(take(X, two), y[two]), models[1].score(take(X, one), y[one])]
        differ.append(np.mean(models[0].predict(others) != models[1].predict(others)))
    return np.mean(scores), np.mean(differ)


def _score(classifier, X, y, train, test):
    return clone(classifier).fit(take(X, train), y[train]).score(take(X, test), y[test])


def _asked(question, table):
    """What users saw, numbers (m, f), their data sets (m,), and the answers there, bool (m,)."""
    (rule, batch, n), is_so = QUESTIONS[question]
    rows = table[(table["rule"] == rule) & (table["batch"] == batch) & (table["n"] == n)]
    rows = rows[GROUPS["all"](rows) & (rows["classifier"] == "logistic_regression")]
    known = rows.assign(answer=is_so(rows))[["data_set", *FACTS, "answer"]]
    users = _early().merge(known, on="data_set")
    return _numbers(users), users["data_set"].to_numpy(), users["answer"].to_numpy()


@cache
def _early():
    return pd.read_csv(EARLY)


def _numbers(users):
    """The numbers (m, f) that a prediction is made from: what is seen, and the facts as logarithms."""
    return np.column_stack([users[[*SEEN]], np.log(users[[*FACTS]])])


def _predict(numbers, answers, new):
    """What a logistic regression on standardised numbers says of new ones, bool (m,)."""
    centre, spread = numbers.mean(axis=0), numbers.std(axis=0)
    return default_model().fit((numbers - centre) / spread, answers).predict((new - centre) / spread)


def left_out(question, table):
    """By data set: right (share of its users of whom the others say so), said (to most), answer.

    Nothing is said, and right is nan, where fewer than two data sets have either answer.
    """
    numbers, sets, answers = _asked(question, table)
    names, first = np.unique(sets, return_index=True)
    told, rows = min(np.bincount(answers[first].astype(int), minlength=2)) > 1, {}
    for name in names:
        own = sets == name
        said = _predict(numbers[~own], answers[~own], numbers[own]) if told else np.full(sum(own), np.nan)
        answer = bool(answers[own][0])
        right = np.mean(said == answer) if told else np.nan
        rows[name] = dict(right=right, said=np.mean(said) > 0.5, answer=answer)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["right", "said", "answer"])


def when_it_pays(table=None):
    """Say what the first 50 random labels tell about the next ones, judged on data sets left out.

    Parameters
    ----------
    table : DataFrame, optional
        Of read_map; some of its data sets, say.

    Returns
    -------
    DataFrame
        One row per question: question; n_sets; yes, on how many it is so; commonest, the share that always
        saying the commonest answer gets right; right, the share that the prediction gets right (the mean
        over ten users of each data set, who see 50 labels each); p_value (exact, two-sided, of the paired
        differences between data sets). The last two are nan where fewer than two data sets have either
        answer, which is too few to learn from.

    Raises
    ------
    ValueError
        For a table that is not of read_map or holds no real data set.

    Examples
    --------
    >>> table = when_it_pays()
    >>> bool((table["right"] <= 1).all())
    True
    """
    table, rows = checked_map(table, (*COLUMNS, "columns", "low")), []
    for question in QUESTIONS:
        found = left_out(question, table)
        yes = int(found["answer"].sum())
        usual = found["answer"] == (yes > len(found) / 2)
        numbers = dict(question=question, n_sets=len(found), yes=yes, commonest=usual.mean())
        told = len(found) and found["right"].notna().all()
        p_value = _flip_p(np.round(10 * (found["right"] - usual)).astype(int)) if told else np.nan
        rows.append(numbers | dict(right=found["right"].mean(), p_value=p_value))
    return pd.DataFrame(rows)


def _flip_p(differences):
    """The two-sided p value of a sum of integers (m,) if each could as well have the other sign."""
    sizes = np.abs(np.asarray(differences))
    chances = np.ones(1)
    for size in sizes[sizes > 0]:
        chances = (np.pad(chances, (2 * size, 0)) + np.pad(chances, (0, 2 * size))) / 2
    sums = np.arange(-sizes.sum(), sizes.sum() + 1)
    return float(chances[np.abs(sums) >= abs(np.sum(differences))].sum())


@cache
def _counts(question):
    """Of the data sets left out, how many were said to be so, how many of them are, and both for not so."""
    found = left_out(question, read_map())
    return {said: (len(part), int(part["answer"].sum())) for said, part in found.groupby("said")}


def outlook(source, model=None, *, random_state=0):
    """What the map says of a table or data set with 50 to 100 random labels, in sentences.

    Parameters
    ----------
    source : Table
    model : str or classifier, optional
        As in run_loop.
    random_state : int
        Seed of the 50 labels that are looked at.

    Returns
    -------
    list of str
        One sentence per question that holds (HELD). None with fewer or more labels, a class that has one of
        the 50, more than 12 classes, or a classifier that is not the default one.
    """
    rows = np.flatnonzero(source.labeled)
    if not LABELS <= len(rows) <= 2 * LABELS:
        return []
    X, y, labeled, pool, classifier = matrices(source, rows, model)
    labeled = np.random.default_rng(random_state).permutation(labeled)[:LABELS]
    counts = np.unique(y[labeled], return_counts=True)[1]
    if not 2 <= len(counts) <= MOST or counts.min() < 2 or type(classifier) is not type(default_model()):
        return []
    seen = seen_with(classifier, take(X, labeled), y[labeled], take(X, pool))
    facts = {"classes": len(counts), "columns": source.X.shape[1], "rows": min(len(source.y), ROWS)}
    return [_sentence(question, pd.DataFrame([seen | facts])) for question in HELD]


def _sentence(question, new):
    """On how many data sets that were said to be like the new one a question's clause was so."""
    numbers, _, answers = _asked(question, read_map())
    n_sets, so = _counts(question)[bool(_predict(numbers, answers, _numbers(new))[0])]
    like = f"data sets of the map that looked like this one with {LABELS} labels"
    return f"On {so} of {n_sets} {like}, {question}."
