"""How many more labels? The score now and later, and the labels to a target, with checked intervals.

The curves are extrapolation's. How far they were off in replayed projects, by labels now and labels ahead, is
the table in calibration, which tests/benchmarks/forecast.py makes; the intervals here are those errors put
around a new curve (split conformal prediction). Not here: when to stop (stopping), the words
(forecast_wording).

The words of a forecast: its verdict, what the command prints, and the line that goes with a suggestion.

Each sentence is chosen by the numbers of the dict that forecast returns. Not here: the numbers (forecast).
"""

import numpy as np
from scipy.special import expit

from active_learning._arrays import take
from active_learning._validation import History, check_integer, check_target
from active_learning.datasets.dataset import Dataset
from active_learning.forecast.calibration import FLOOR, HARDER, LEVELS, error_quantiles
from active_learning.forecast.learning_curve import SubsetCurve, continuation, subset_curve
from active_learning.labelling.plan import labeled_rows, table_model
from active_learning.models.registry import make_model
from active_learning.report.sentences import format_percent
from active_learning.strategies.registry import RECOMMENDED


def too_early(tested, classes, least):
    """Why nothing can be said of so few labels, in a sentence."""
    wanted = max(least, 3 * classes)
    return (
        f"Too early to say: {tested} labels of {classes} classes; a forecast needs {wanted} chosen at random."
    )


def undecided(needed, labels):
    """Whether the labels needed may be anything, at 80 %: none more, or too many to be in sight.

    needed: dict of labels_needed; labels: int, at the forecast, whose score is below the target
    """
    return needed["low_80"] == labels and needed["high_80"] is None and needed["median"] != labels


def verdict_on(answer):
    """What a forecast says, in one or two sentences."""
    rule = list(answer["labels_needed"])[-1]
    needed, target = answer["labels_needed"][rule], format_percent(answer["target"])
    now = answer["score_now"]
    if now["estimate"] >= answer["target"]:
        sure = "surely" if now["low_80"] >= answer["target"] else "probably"
        return f"{target} is {sure} reached: the score now is {_interval(now)}."
    if undecided(needed, answer["labels_now"]):
        return (
            f"Too early to say how many more labels {target} takes: with {rule} anything from none more to "
            "out of sight (80% interval). Label some more rows, a part of them at random, and ask again."
        )
    caution = " The labelled rows look harder than the others; label some at random to be surer." * (
        answer["labelled_by"] == "rule"
    )
    if needed["median"] is None and needed["low_80"] is None:
        return f"{target} is not in sight: with {rule} the curve levels off below it.{caution}"
    if needed["median"] is None:
        best = f"at best {needed['low_80']} labels with {rule} reach it"
        return f"{target} is probably not in sight; {best}.{caution}"
    more = needed["median"] - answer["labels_now"]
    if more <= 0:
        return f"{target} is about reached: the score now is {_interval(now)}.{caution}"
    return f"About {more} more labels with {rule} reach {target}, {_labels(needed)} in all.{caution}"


def unlearnt(answer, majority):
    """A sentence to add where the score now may be that of always saying the commonest class; else "".

    majority: the share of that class among the labelled rows
    """
    if answer["score_now"]["low"] > majority:
        return ""
    return (
        f" Always saying the commonest class scores {format_percent(majority, 1)}: it is not shown that "
        "anything was learnt, and then a forecast promises too much."
    )


def _interval(score):
    low, high = (format_percent(score[end], 1) for end in ("low", "high"))
    return f"{format_percent(score['estimate'], 1)} [{low}, {high}]"


def _labels(needed):
    """Labels in all with their 80 % interval: "120 [100, 160]"."""
    return f"{_count(needed['median'])} [{_count(needed['low_80'])}, {_count(needed['high_80'])}]"


def _count(labels):
    return "not in sight" if labels is None else f"{labels}"


def forecast_lines(answer):
    """What the command prints of a forecast: the score now, labels needed, scores to come, verdict.

    answer: dict of forecast.forecast
    returns: list of str
    """
    if answer["score_now"]["estimate"] is None:
        return [answer["verdict"]]
    target = format_percent(answer["target"])
    lines = [f"{answer['labels_now']} labels; score now {_interval(answer['score_now'])} (95% interval)", ""]
    lines.append(f"labels in all to reach {target}:")
    for rule, needed in answer["labels_needed"].items():
        wide = f"95% [{_count(needed['low_95'])}, {_count(needed['high_95'])}]"
        near = f"80% [{_count(needed['low_80'])}, {_count(needed['high_80'])}]"
        lines.append(f"  {rule:<15} {_count(needed['median']):>12}   {near}   {wide}")
    lines += ["", "score to expect (95% interval):"]
    for row in answer["score_after"]:
        lines.append(f"  {row['rule']:<15} {row['labels']:>5} labels   {_interval(row)}")
    return [*lines, "", answer["verdict"]]


def gain_line(answer, batch, target=None, rule=None):
    """The line that goes with a suggestion of `batch` rows: what they may gain and, with a target, what is
    left.

    answer: dict of forecast with ahead=(batch, 100); rule: that chose them, if forecasts know it
    """
    rules = list(answer["labels_needed"])
    now, rule = answer["score_now"]["estimate"], rule if rule in rules else rules[-1]
    if now is None:
        return answer["verdict"]
    after = [row["estimate"] - now for row in answer["score_after"] if row["rule"] == rule]
    points = f"{100 * max(after[0], 0):.1f} points, from {format_percent(now, 1)}"
    line = f"Expected gain of these {batch} labels: {points}"
    if target is not None:
        line += f"; {_left(answer['labels_needed'][rule], answer['labels_now'], batch, target)}"
    return line + "."


def _left(needed, labels, batch, target):
    """How many batches the target is away."""
    goal = format_percent(target)
    if undecided(needed, labels):
        return f"it is too early to say how far {goal} is"
    if needed["median"] is None:
        return f"{goal} is not in sight"
    ends = [
        None if needed[end] is None else -(-(needed[end] - labels) // batch) for end in ("low_80", "high_80")
    ]
    middle = -(-(needed["median"] - labels) // batch)
    return f"{goal} is {middle} [{_count(ends[0])}, {_count(ends[1])}] batches away"


AHEAD = (50, 100, 200, 500)  # more labels, at which the score is forecast
FARTHEST = 20  # times the labels now: a target beyond is not in sight
LEAST = 30  # labels, below which no replay was made
MOST = 5000  # rows of the pool that are looked at
MEDIAN = LEVELS.index(0.5)


def forecast(
    table_or_history,
    target=None,
    *,
    model=None,
    labeled=None,
    history=None,
    strategy="random",
    ahead=AHEAD,
    random_state=0,
    quiet=False,
):
    """Forecast the score after more labels, and the labels that a target needs, in all.

    table_or_history: Table, whose labelled rows are learnt from; Dataset, whose rows `labeled` are; or
        History, whose measured scores are continued
    target: accuracy in (0, 1]; None: what 200 more labels at random may be expected to reach
    model: as in run_loop; not for a History
    labeled: int (m,), the rows of a Dataset whose labels may be looked at; None = all
    history: History of the rule that bought some of the table's labelled rows; only the others, taken to be a
        random sample, then test. Without it all do; rows that look bought by a rule get wider intervals
    strategy: the rule whose History is continued
    ahead: more labels at which to forecast the score
    random_state: seed of the subsets; quiet: show no progress
    returns: dict: target; labels_now; score_now with estimate, low, high (95 %), low_80, high_80;
        labels_needed, for random and the recommended rule, with median, low_80, high_80, low_95, high_95,
        labels in all, None = not in sight; score_after, a list of dicts as score_now's, with labels and rule;
        labelled_by, "random" or "rule", which the rows looked like; verdict, a sentence. Where labels are too
        few for any forecast, all numbers are None
    raises: ValueError or TypeError for labels of fewer than 2 classes, an impossible target, or a history
        that is not this table's
    source: Figueroa et al. 2012; Vovk, Gammerman & Shafer 2005
    """
    target = target if target is None else check_target(target)
    if isinstance(table_or_history, History):
        return _answer(measured(table_or_history), target, "measured", (strategy,), ahead)
    rows = _labelled(table_or_history, labeled)
    tested = _random_part(table_or_history, rows, history)
    X, y, labeled, pool, model = _rows(table_or_history, rows, model)
    classes = len(np.unique(y[labeled]))
    if len(tested) < LEAST or len(tested) < 3 * classes:
        return _unknown(target, len(labeled), ahead, too_early(len(tested), classes, LEAST))
    rng = np.random.default_rng(check_integer("random_state", random_state, 0))
    curve = subset_curve(X, y, labeled, pool, model, rng, tested=tested, quiet=quiet)
    kind = "rule" if history is None and curve.harder > HARDER else "random"
    answer = _answer(curve, target, kind, ("random", RECOMMENDED), ahead)
    majority = np.bincount(y[labeled]).max() / len(labeled)
    return answer | {"verdict": answer["verdict"] + unlearnt(answer, majority)}


def _labelled(source, labeled):
    """The rows of a Table or Dataset that have a label, int (m,)."""
    if labeled is not None and not isinstance(source, Dataset):
        raise TypeError(f"labeled names rows of a Dataset; a {type(source).__name__} knows its own")
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


def _rows(source, labeled, model):
    """The matrix, labels as whole numbers, labelled rows, pool and unfitted classifier of a Table or Dataset.

    A table's columns become numbers once, without a look at a label, as a forecast fits hundreds of times; of
    a large pool a sample is enough.
    """
    if isinstance(source, Dataset):
        X, known, model = source.X, source.y[labeled], make_model(model)
    else:
        pipeline, known = table_model(source, model), labeled_rows(source, least=1)[1]
        others = np.flatnonzero(source.pool)  # and not the skipped ones
        if len(others) > MOST:
            others = np.sort(np.random.default_rng(0).choice(others, MOST, replace=False))
        X = pipeline[:-1].fit_transform(take(source.X, np.concatenate([labeled, others])))
        model, labeled = pipeline[-1], np.arange(len(labeled))
    y = np.full(X.shape[0], -1)
    y[labeled] = np.unique(known, return_inverse=True)[1]
    return X, y, labeled, np.setdiff1d(np.arange(X.shape[0]), labeled), model


def _random_part(source, labeled, history):
    """The positions among the labelled rows of those that no rule bought."""
    if not isinstance(history, History | None):
        raise TypeError(f"history must be a History, got {type(history).__name__}")
    bought = [] if history is None else history.queried
    strangers = np.setdiff1d(bought, labeled)
    if len(strangers):
        name = f"it bought row {strangers[0]}, which has no label in {source.name}"
        raise ValueError(f"the history is of another table: {name}")
    return np.flatnonzero(~np.isin(labeled, bought))


def measured(history):
    """The scores of a History as a SubsetCurve: one test set, so most of their noise is shared."""
    if len(history.n_labels) < 3:
        found = "1 round" if len(history.n_labels) == 1 else f"{len(history.n_labels)} rounds"
        raise ValueError(f"a History of {found} has no curve to continue; at least 3 are needed")
    n, errors = np.asarray(history.n_labels), 1 - np.asarray(history.accuracy, dtype=float)
    if n.shape != errors.shape or not (np.diff(n, prepend=0) > 0).all():
        raise ValueError(f"a History has rising n_labels with an accuracy each, got {n[:5]} ...")
    if not ((errors >= 0) & (errors <= 1)).all():
        raise ValueError(f"the accuracies of a History are shares from 0 to 1, got {1 - errors[:5]} ...")
    noise = np.maximum(errors * (1 - errors), 0.01) / 500
    return SubsetCurve(int(n[-1]), n, errors, np.sqrt(np.outer(noise, noise)) / 2 + np.diag(noise) / 2, 0.0)


def bands(curve, what, kind, rule, n):
    """The score at n (c,) labels at LEVELS, array (levels, c), ascending; the arguments as in
    error_quantiles."""
    middle, spread = continuation(curve).log_odds(n)
    off = error_quantiles(what, kind, rule, curve.labels, n) * np.hypot(spread, FLOOR)
    return expit(-(middle + off))[::-1]


def _answer(curve, target, kind, rules, ahead):
    """The dict that forecast returns."""
    m, more = curve.labels, np.array([0, *(check_integer("ahead", n, 1) for n in ahead)])
    scores = {rule: bands(curve, "score", kind, rule, m + more) for rule in rules}
    first = scores[rules[0]]
    if target is None:
        soon = bands(curve, "score", kind, rules[0], np.array([m + 200]))[MEDIAN, 0]
        target = float(np.floor(200 * soon) / 200)
    after = [
        {"labels": int(n), "rule": rule, **_score(scores[rule][:, place])}
        for rule in rules
        for place, n in enumerate(m + more)
        if place
    ]
    answer = {
        "target": target,
        "labels_now": int(m),
        "score_now": _score(first[:, 0]),
        "labels_needed": {rule: labels_needed(curve, kind, rule, target) for rule in rules},
        "score_after": after,
        "labelled_by": "rule" if kind == "rule" else "random",
    }
    return answer | {"verdict": verdict_on(answer)}


def _score(band):
    """A score at LEVELS as a dict."""
    names = ("low", "low_80", "estimate", "high_80", "high")
    return dict(zip(names, (round(float(value), 4) for value in band), strict=True))


def labels_needed(curve, kind, rule, target):
    """The labels, in all, at which each level's score gets to the target; None where it does not.

    The best score until n labels is at the target just where the labels needed are at most n, so the
    interval of the labels is that of the best score, read the other way.
    """
    n = np.unique(np.geomspace(curve.labels, FARTHEST * curve.labels, 400).astype(int))
    best = np.maximum.accumulate(bands(curve, "best", kind, rule, n), axis=1)
    needed = [int(n[np.argmax(band >= target)]) if band[-1] >= target else None for band in best]
    return dict(zip(("high_95", "high_80", "median", "low_80", "low_95"), needed, strict=True))


def _unknown(target, labels, ahead, why):
    """The dict that forecast returns where it is too early to say."""
    nothing = dict.fromkeys(("estimate", "low", "high", "low_80", "high_80"))
    needed = dict.fromkeys(("median", "low_80", "high_80", "low_95", "high_95"))
    rules = ("random", RECOMMENDED)
    return {
        "target": target,
        "labels_now": labels,
        "score_now": nothing,
        "labels_needed": {rule: dict(needed) for rule in rules},
        "score_after": [{"labels": labels + n, "rule": rule, **nothing} for rule in rules for n in ahead],
        "labelled_by": None,
        "verdict": why,
    }
