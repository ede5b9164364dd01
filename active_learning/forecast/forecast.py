"""How many more labels? The score now and later, and the labels to a target, with intervals.

The curves are those of learning_curve. How far they were off in backtests, by labels now and labels ahead,
stands in calibration.csv, written by tests/benchmarks/forecast.py; the intervals put these errors around a
new curve (split conformal prediction).
Not here: the sentences (wording), how often the intervals held (backtest).
"""

from functools import cache
from importlib import resources

import numpy as np
import pandas as pd
from scipy.special import expit

from active_learning._arrays import take
from active_learning._validation import History, check_choice, check_integer, check_target, constant_answer
from active_learning.datasets.dataset import Dataset
from active_learning.forecast.honest import honest_constant, honest_evidence, honest_now, moved_curve
from active_learning.forecast.learning_curve import SubsetCurve, continuation, subset_curve
from active_learning.forecast.wording import too_early, unlearnt, verdict_on
from active_learning.labelling.chosen import LEVEL
from active_learning.labelling.plan import (
    chance_if_random,
    dependence_among,
    labeled_rows,
    learnt_nothing,
    table_model,
    with_dependence,
)
from active_learning.models.checked import warn_unseeded
from active_learning.models.registry import make_model
from active_learning.strategies.registry import RECOMMENDED

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
SCORE_LEVELS = ("low", "low_80", "estimate", "high_80", "high")  # the names of a score at LEVELS
LABEL_LEVELS = ("high_95", "high_80", "median", "low_80", "low_95")  # and of the labels where it is reached
FLOOR = 0.15  # log-odds: no curve is known better than this
BIASED = 5.0  # standard errors of selection bias, from where a rule seems to have queried the labelled rows
STAGES = (30, 60, 100, 200)  # labels at the forecast
RATIOS = (1.0, 1.5, 2.5, 5.0)  # labels forecast / labels at the forecast
AHEAD = (50, 100, 200, 500)  # more labels, at which the score is forecast
FARTHEST = 20  # times the labels now: a target beyond is not in sight
FORECAST_METRICS = ("accuracy", "balanced_accuracy")
LEAST = 30  # labels, below which no backtest was made
MOST = 5000  # rows of the pool that are looked at


@cache
def read_results(name):
    """The table of a data file beside this module, read once; not to be changed."""
    with (resources.files(__package__) / name).open() as file:
        return pd.read_csv(file)


@cache
def error_tables():
    """(what, labelled by, rule to come) -> quantiles (stages, ratios, levels) of the errors of forecasts.

    An error is (log-odds of the true error - of the forecast) / spread of the forecast. Tried, and of no use
    on data sets left out: errors that depend on the score now, on the curve's slope or on its spread;
    arcsines instead of log-odds; curves with a shift (n + d); the test set's own noise.
    """
    groups = read_results("calibration.csv").groupby(["what", "labelled_by", "rule"])
    shape = len(STAGES), len(RATIOS), len(LEVELS)
    return {key: rows[[*map(str, LEVELS)]].to_numpy().reshape(shape) for key, rows in groups}


def error_quantiles(what, kind, rule, labels, n):
    """How far the log-odds of a true error lay from the forecast's, in its spreads: array (levels, c).

    Parameters
    ----------
    what : {"score", "best"}
        The score at n labels, or the best one until then.
    kind : {"random", "rule", "measured"}
        How the rows were labelled, or that scores were measured.
    rule : str
        The rule that goes on.
    labels : int
        Labels at the forecast.
    n : int array of shape (c,)
        Labels forecast.
    """
    tables = error_tables()
    table = tables.get((what, kind, rule), tables[what, "random", "random"])
    stage = np.interp(np.log(labels), np.log(STAGES), np.arange(len(STAGES)))
    low, high = int(stage), min(int(stage) + 1, len(STAGES) - 1)
    between = table[low] + (stage - low) * (table[high] - table[low])  # (ratios, levels)
    ratio = np.log(np.asarray(n) / labels)
    return np.array([np.interp(ratio, np.log(RATIOS), column) for column in between.T])


def forecast(
    table_or_history,
    target=None,
    *,
    model=None,
    metric="accuracy",
    labeled=None,
    history=None,
    strategy="random",
    ahead=AHEAD,
    random_state=0,
    quiet=False,
):
    """Forecast the score after more labels, and the labels that a target needs, in all.

    Parameters
    ----------
    table_or_history : Table, Dataset or History
        A Table, whose labelled rows are learnt from; a Dataset, whose rows `labeled` are; or a History, whose
        measured scores are continued.
    target : float in (0, 1], optional
        Score wanted. By default what 200 more random labels may be expected to reach.
    model : str or classifier, optional
        As in run_loop; unused for a History.
    metric : {"accuracy", "balanced_accuracy"}, default="accuracy"
        What is forecast; unused for a History, whose scores are continued. The intervals were calibrated on
        accuracies.
    labeled : int array of shape (m,), optional
        The rows of a Dataset whose labels may be looked at; by default all.
    history : History, optional
        History of the rule that queried some of the labelled rows. Only the others, taken to be a random
        sample, then test. Without it all rows test, and rows that look queried by a rule get wider intervals.
    strategy : str
        The rule whose History is continued.
    ahead : sequence of int
        Numbers of more labels at which to forecast the score.
    random_state : int
        Random seed of the subsets.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    dict
        ``target``; ``metric``; ``constant``, the label and score of always giving the commonest label (None
        for a History); ``labels_now``; ``score_now`` with estimate, low and high (95 %), low_80 and high_80;
        ``labels_needed``, for random and the recommended rule, with median, low_80, high_80, low_95 and
        high_95: labels in all, None = not in sight; ``score_after``, a list of dicts as score_now with labels
        and rule; ``labelled_by``, "random" or "rule", which the rows look like; ``verdict``, a sentence; of a
        Table ``all_rows``, how many it has. With audit rows the forecast starts from their score.
        ``warning`` is a sentence where nothing is learnt, or "".
        Where labels are too few for a forecast, all numbers are None.

    Raises
    ------
    ValueError, TypeError
        For labels of fewer than 2 classes, an impossible target, or a history of another table.

    References
    ----------
    Figueroa et al. 2012 (extrapolated learning curves); Vovk, Gammerman & Shafer 2005 (conformal prediction).

    Examples
    --------
    >>> import al_helpers as al
    >>> iris = al.load_dataset("iris")
    >>> answer = al.forecast(iris, 0.95, labeled=range(0, 150, 3), quiet=True)
    >>> answer["labels_now"], list(answer["labels_needed"])
    (50, ['random', 'diverse_margin'])
    """
    target = target if target is None else check_target(target)
    check_choice("metric of a forecast", metric, FORECAST_METRICS)
    if isinstance(table_or_history, History):
        return _answer(measured_curve(table_or_history), target, "measured", (strategy,), ahead)
    rows = _labelled(table_or_history, labeled)
    tested = _random_part(table_or_history, rows, history)
    name_or_model = model
    X, y, labeled, pool, model = matrices(table_or_history, rows, model)
    warn_unseeded(name_or_model, take(X, labeled), y[labeled])
    classes = len(np.unique(y[labeled]))
    beside = _beside(table_or_history.y[rows], metric)
    if len(tested) < max(LEAST, 3 * classes):
        return _unknown(target, len(labeled), ahead, too_early(len(tested), classes, LEAST)) | beside
    rng = np.random.default_rng(check_integer("random_state", random_state, 0))
    siblings = _siblings(table_or_history, rows)
    testing = dict(tested=tested, metric=metric, quiet=quiet, **siblings)
    curve = subset_curve(X, y, labeled, pool, model, rng, **testing)
    evidence = honest_evidence(table_or_history, name_or_model, metric, random_state)
    if evidence is not None:
        curve = moved_curve(curve, evidence)
        beside["constant"] = honest_constant(table_or_history)
    chosen = curve.selection_bias > BIASED or (evidence is None and _look_chosen(table_or_history))
    kind = "rule" if history is None and chosen else "random"
    answer = _answer(curve, target, kind, ("random", RECOMMENDED), ahead) | beside
    if any(values is not None for values in siblings.values()):
        _hold_chance(answer, curve, np.bincount(y[labeled]) / len(labeled))
    answer |= {} if evidence is None else {"score_now": honest_now(evidence)}
    if not isinstance(table_or_history, Dataset):
        answer |= _of_table(answer, table_or_history, name_or_model)
    return answer | {"verdict": verdict_on(answer, audited=evidence is not None) + unlearnt(answer)}


def _look_chosen(source):
    """Whether labelled rows of a Table, of which no log tells how they were drawn, look chosen by a rule."""
    return not isinstance(source, Dataset) and chance_if_random(source) <= LEVEL


def _beside(y, metric):
    """What an answer tells beside its numbers: the metric, a warning, and the constant answer's score."""
    label, score = constant_answer(y.astype(str), metric)
    return {"metric": metric, "warning": "", "constant": {"label": label, "score": round(score, 4)}}


def _of_table(answer, table, model):
    """What a table adds: labels needed beyond its rows are all its rows; a warning if nothing is learnt."""
    n_rows = int((table.labeled | table.pool).sum())
    needed = {
        rule: {level: None if labels is None else min(labels, n_rows) for level, labels in levels.items()}
        for rule, levels in answer["labels_needed"].items()
    }
    return {"labels_needed": needed, "all_rows": n_rows, "warning": learnt_nothing(table, model)}


def _labelled(source, labeled):
    """The rows of a Table or Dataset that have a label, int (m,)."""
    if labeled is not None and not isinstance(source, Dataset):
        raise TypeError(f"labeled names rows of a Dataset; a {type(source).__name__} has its own")
    if hasattr(source, "labeled"):
        return np.flatnonzero(source.labeled)
    if not isinstance(source, Dataset):
        raise TypeError(f"forecast takes a Table, a Dataset or a History, got {type(source).__name__}")
    rows = np.arange(len(source.y)) if labeled is None else np.asarray(labeled)
    strangers = np.setdiff1d(rows, np.arange(len(source.y)))
    if len(strangers):
        raise ValueError(f"labeled names row {strangers[0]}, and {source.name} has {len(source.y)} rows")
    if rows.dtype.kind not in "iu" or len(np.unique(rows)) < len(rows):
        raise ValueError(f"labeled must name each row once, by its number; got {rows.dtype} {rows[:5]}")
    if len(classes := np.unique(source.y[rows])) < 2:
        raise ValueError(f"the {len(rows)} labels of {source.name} hold {len(classes)} class; 2 are needed")
    return rows


SHOWN = 3.0  # standard errors above chance, from where a score is no luck of the groups


def _hold_chance(answer, curve, shares):
    """Let the intervals reach what a coin of k sides scores, if guessing in shares (k,) is not ruled out."""
    chance = float((shares**2).sum())
    if 1 - curve.errors[-1] - chance < SHOWN * np.sqrt(curve.covariance[-1, -1]):
        for score in (answer["score_now"], *answer["score_after"]):
            score["low"] = min(score["low"], round(1 / len(shares), 4))


def _siblings(source, rows):
    """The groups or times of rows of a Table or Dataset, as keywords for subset_curve."""
    if isinstance(source, Dataset):
        found = {name: getattr(source, name) for name in ("groups", "times")}
        return {name: None if values is None else values[rows] for name, values in found.items()}
    return dependence_among(with_dependence(source), rows)


def matrices(source, labeled, model):
    """The matrix, class codes, labelled rows, pool and unfitted classifier of a Table or Dataset.

    A table's columns become numbers once, without a look at a label, as a forecast fits hundreds of times; of
    a large pool a sample is enough.
    """
    if isinstance(source, Dataset):
        X, labels, model = source.X, source.y[labeled], make_model(model)
    else:
        pipeline, labels = table_model(source, model), labeled_rows(source)[1]
        pool = np.flatnonzero(source.pool)  # without the skipped rows
        if len(pool) > MOST:
            pool = np.sort(np.random.default_rng(0).choice(pool, MOST, replace=False))
        X = pipeline[:-1].fit_transform(take(source.X, np.concatenate([labeled, pool])))
        model, labeled = pipeline[-1], np.arange(len(labeled))
    y = np.full(X.shape[0], -1)
    y[labeled] = np.unique(labels, return_inverse=True)[1]
    return X, y, labeled, np.setdiff1d(np.arange(X.shape[0]), labeled), model


def _random_part(source, labeled, history):
    """The positions among the labelled rows of those that no rule queried."""
    if not isinstance(history, History | None):
        raise TypeError(f"history must be a History, got {type(history).__name__}")
    queried = [] if history is None else history.queried
    strangers = np.setdiff1d(queried, labeled)
    if len(strangers):
        row = f"it queried row {strangers[0]}, which has no label in {source.name}"
        raise ValueError(f"the history is of another table: {row}")
    return np.flatnonzero(~np.isin(labeled, queried))


def measured_curve(history):
    """The scores of a History as a SubsetCurve: one test set, so most of their noise is shared."""
    rounds = len(history.n_labels)
    if rounds < 3:
        what = f"{rounds} round{'s' * (rounds != 1)}"
        raise ValueError(f"a History of {what} has no curve to continue; at least 3 are needed")
    n, errors = np.asarray(history.n_labels), 1 - np.asarray(history.accuracy, dtype=float)
    if n.shape != errors.shape or not (np.diff(n, prepend=0) > 0).all():
        raise ValueError(f"a History has rising n_labels with an accuracy each, got {n[:5]} ...")
    if not ((errors >= 0) & (errors <= 1)).all():
        raise ValueError(f"the accuracies of a History are shares from 0 to 1, got {1 - errors[:5]} ...")
    noise = np.maximum(errors * (1 - errors), 0.01) / 500
    return SubsetCurve(int(n[-1]), n, errors, np.sqrt(np.outer(noise, noise)) / 2 + np.diag(noise) / 2, 0.0)


def bands(curve, what, kind, rule, n):
    """The score at n (c,) labels at LEVELS, array (levels, c), ascending; arguments as in error_quantiles."""
    log_odds, spread = continuation(curve).log_odds(n)
    errors = error_quantiles(what, kind, rule, curve.labels, n) * np.hypot(spread, FLOOR)
    return expit(-(log_odds + errors))[::-1]


def _answer(curve, target, kind, rules, ahead):
    """The dict that forecast returns."""
    m, more = curve.labels, np.array([0, *(check_integer("ahead", n, 1) for n in ahead)])
    scores = {rule: bands(curve, "score", kind, rule, m + more) for rule in rules}
    if target is None:
        soon = bands(curve, "score", kind, rules[0], np.array([m + 200]))[LEVELS.index(0.5), 0]
        target = float(np.floor(200 * soon) / 200)
    answer = {
        "target": target,
        "metric": None,
        "constant": None,
        "labels_now": int(m),
        "score_now": _score(scores[rules[0]][:, 0]),
        "labels_needed": {rule: labels_needed(curve, kind, rule, target) for rule in rules},
        "score_after": [
            {"labels": int(n), "rule": rule, **_score(band)}
            for rule in rules
            for n, band in zip(m + more[1:], scores[rule].T[1:], strict=True)
        ],
        "labelled_by": "rule" if kind == "rule" else "random",
    }
    return answer | {"verdict": verdict_on(answer), "warning": ""}


def _score(band):
    """A score at LEVELS as a dict."""
    return dict(zip(SCORE_LEVELS, (round(float(value), 4) for value in band), strict=True))


def labels_needed(curve, kind, rule, target):
    """The labels, in all, at which each level's score reaches the target; None where it does not.

    The best score until n labels is at the target just where the labels needed are at most n, so the
    interval of the labels is that of the best score, read the other way.
    """
    n = np.unique(np.geomspace(curve.labels, FARTHEST * curve.labels, 400).astype(int))
    best = np.maximum.accumulate(bands(curve, "best", kind, rule, n), axis=1)
    needed = [int(n[np.argmax(band >= target)]) if band[-1] >= target else None for band in best]
    return dict(zip(LABEL_LEVELS, needed, strict=True))


def _unknown(target, labels, ahead, reason):
    """The dict that forecast returns where it is too early to say."""
    rules, nothing = ("random", RECOMMENDED), dict.fromkeys(SCORE_LEVELS)
    return {
        "target": target,
        "labels_now": labels,
        "score_now": nothing,
        "labels_needed": {rule: dict.fromkeys(LABEL_LEVELS) for rule in rules},
        "score_after": [{"labels": labels + n, "rule": rule, **nothing} for rule in rules for n in ahead],
        "labelled_by": None,
        "verdict": reason,
        "warning": "",
    }
