"""Hold forecasts against projects whose end is known: on a data set of your own, or on those of the report.

Not here: the forecast (forecast), stop rules and their replay (stopping), what the report's replays found
(evidence).
"""

from functools import partial

import joblib
import numpy as np
import pandas as pd

from active_learning.checks import check_choice, check_integer, check_target
from active_learning.classifiers import make_model
from active_learning.data import split_dataset
from active_learning.evidence import COVERAGE, STOPS
from active_learning.extrapolation import subset_curve
from active_learning.forecast import LEAST, bands, labels_needed
from active_learning.forecast_wording import undecided
from active_learning.jobs import run_jobs
from active_learning.progress import progress
from active_learning.stopping import check_history, of_one_strategy

SCORES = ("score_low_95", "score_low_80", "score_median", "score_high_80", "score_high_95")
HELD = ("labels 80%", "labels 95%", "score 80%", "score 95%", "within 25%", "too early", "said 80%")
MIDDLE = "forecast/truth"
NEEDED = ("low_95", "low_80", "median", "high_80", "high_95")


def replay_forecasts(
    dataset,
    histories,
    *,
    labels=60,
    more=100,
    target=None,
    seed_per_class=2,
    test_size=0.3,
    model=None,
    random_state=0,
    n_jobs=-1,
):
    """Forecast many projects from their first labels alone, and say how each went on.

    dataset, histories: Dataset, and a dict split -> History of random labelling on it, as in run_histories
    labels: int, known at the forecast; more: labels after which the score is forecast too
    target: accuracy in (0, 1]; None: the mean score that the projects reach after `more` labels
    seed_per_class, test_size, model, random_state: those of the study; n_jobs: processes
    returns: DataFrame, a row a project: data, split, labels, target; needed (the truth: labels in all, inf =
        not by the project's end), last (labels at that end), low_95, low_80, median, high_80, high_95 (labels
        forecast, inf = not in sight); score (the truth), score_low_95 to score_high_95; too_early (bool); the
        forecast is nan where there are too few labels for any
    raises: ValueError for a history of other settings, or that ends before `more` labels
    """
    histories = of_one_strategy(histories)
    after = check_integer("labels", labels, 1) + check_integer("more", more, 1)
    truths = {split: (run.n_labels, np.asarray(run.accuracy)) for split, run in histories.items()}
    short = [run[0] for run in truths.values() if run[0][-1] < after or run[0][0] > labels]
    if short:
        first, last = short[0][[0, -1]]
        which = f"ends at {last}" if last < after else f"starts at {first}"
        raise ValueError(f"a history must hold {labels} and {after} labels; one {which}")
    cut = partial(split_dataset, dataset.y, seed_per_class=seed_per_class, test_size=test_size)
    jobs = [
        joblib.delayed(_curve)(
            dataset, cut(random_state=np.random.SeedSequence([random_state, number])), run, labels, model
        )
        for number, run in histories.items()
    ]
    curves = [*progress(run_jobs(jobs, n_jobs, needed=(_curve, model)), len(jobs))]
    goal = np.mean([np.interp(after, *truth) for truth in truths.values()])
    goal = goal if target is None else check_target(target)
    rows = [
        {"data": dataset.name, "split": split, **judged(curve, truths[split], goal, labels, more)}
        for split, curve in zip(histories, curves, strict=True)
    ]
    return pd.DataFrame(rows)


def _curve(dataset, split, history, labels, model):
    """The SubsetCurve of a project's first labels, None if they are too few; no test row is there."""
    check_history(history, split)
    known = np.concatenate([split.seed, history.queried])[:labels]
    if labels < max(LEAST, 3 * len(np.unique(dataset.y[known]))):
        return None
    pool, rng = np.setdiff1d(split.pool, known), np.random.default_rng(0)
    y = np.unique(dataset.y, return_inverse=True)[1]
    return subset_curve(dataset.X, y, known, pool, make_model(model), rng, quiet=True)


def judged(curve, truth, target, labels, more=100, kind="random"):
    """One project's forecast beside what came of it, a dict as a row of replay_forecasts.

    curve: SubsetCurve at `labels`, None = too few labels; truth: arrays (2, r), labels and scores
    """
    later = truth[0] > labels  # between two rounds the score at the forecast lies between theirs
    n = np.r_[labels, truth[0][later]]
    scores = np.r_[np.interp(labels, *truth), truth[1][later]]
    there = np.maximum.accumulate(scores) >= target
    needed = n[there.argmax()] if there.any() else np.inf
    row = {"labels": labels, "target": target, "needed": needed, "last": n[-1]}
    row["score"] = np.interp(labels + more, n, scores)
    if curve is None:
        return row | dict.fromkeys((*NEEDED, *SCORES), np.nan) | {"too_early": True}
    found = labels_needed(curve, kind, "random", target)
    row |= {level: np.inf if found[level] is None else found[level] for level in NEEDED}
    later = bands(curve, "score", kind, "random", np.array([labels + more]))[:, 0]
    return row | dict(zip(SCORES, later, strict=True)) | {"too_early": undecided(found, labels)}


def coverage(found, by=("data", "labels")):
    """The calibration table: in how many percent of the replays each interval held the truth.

    found: table of replay_forecasts; by: its columns that make a row
    returns: DataFrame, a row a group: labels 80% and 95%, score 80% and 95%, within 25% (the median of the
        labels needed), too early (said so), said 80% (labels 80% where it was not), replays, and
        forecast/truth (the middle replay's median of the labels needed, as a share of those it took)
    raises: ValueError for a column that is not there, or holds no numbers
    """
    groups = [found[check_choice("column", column, [*found.columns])] for column in by]
    found = numbers(found)
    held = {f"labels {level}%": hit(found, level) for level in (80, 95)}
    held |= {
        f"score {level}%": found["score"].between(found[f"score_low_{level}"], found[f"score_high_{level}"])
        for level in (80, 95)
    }
    ratio = found["median"] / found["needed"]  # inf / inf = nan: neither in sight nor reached
    held["within 25%"] = (ratio - 1).abs() <= 0.25
    shares = pd.DataFrame(held).astype(float).where(found["median"].notna(), axis=0)
    shares["too early"] = found["too_early"]
    shares["said 80%"] = shares["labels 80%"].where(found["too_early"] == 0)
    middle, groups = ratio.groupby(groups, sort=False).median(), shares.groupby(groups, sort=False)
    return groups.mean().mul(100).assign(replays=groups.size(), **{MIDDLE: middle})


def numbers(found):
    """The columns of a table of replay_forecasts that hold numbers, as floats; ValueError if one does not."""
    columns = ["labels", "needed", "last", *NEEDED, "score", *SCORES, "too_early"]
    for column in columns:
        if list(found.columns).count(column) != 1:
            raise ValueError(f"a table of replay_forecasts has the column {column!r} once")
    try:
        return found[columns].astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a table of replay_forecasts holds numbers: {error}") from None


def hit(found, level):
    """Whether the labels needed lay in the interval; beyond a project's end any higher end is as good."""
    most = found["needed"].clip(upper=found["last"])
    return (found[f"low_{level}"] <= found["needed"]) & (most <= found[f"high_{level}"])


def calibration_table(by=("data", "labels")):
    """The calibration table of the forecast: in how many percent of the replays each interval held the truth.

    by: of data and labels (at the forecast), what makes a row
    returns: DataFrame as coverage gives it; forecast/truth of several data sets or stages is the middle one
    raises: ValueError for another column
    """
    names = ["data", "labels", "replays", *HELD, MIDDLE]
    by = [check_choice("column", column, ("data", "labels")) for column in by]
    groups = pd.DataFrame(COVERAGE, columns=names).fillna({MIDDLE: np.inf}).groupby(by, sort=False)
    counts = groups[["replays", *HELD]].sum()
    told = counts["replays"] - counts["too early"]
    shares = (
        counts[list(HELD)].div(counts["replays"], axis=0).assign(**{"said 80%": counts["said 80%"] / told})
    )
    return shares.mul(100).assign(replays=counts["replays"], **{MIDDLE: groups[MIDDLE].median()})


def stop_table():
    """The stop-rule table: every rule on every data set, its threshold chosen on the others.

    returns: DataFrame with columns data, target, rule, threshold, and those of summarise_stops
    """
    names = ("stopped", "score", "missed", "missed_anyway", "too_many", "never")
    table = pd.DataFrame(STOPS, columns=["data", "target", "rule", "threshold", *names])
    return table.fillna({"stopped": float("inf")})
