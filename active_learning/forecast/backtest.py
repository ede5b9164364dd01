"""Backtests of the forecast: projects whose end is known, forecast from their first labels alone.

Here: such projects on a data set of your own, and the tables of the report's, which are data files written by
tests/benchmarks: coverage.csv (forecast.py there) and stop_rules.csv (stop_rules.py there).
Not here: the forecast itself (forecast).
"""

import joblib
import numpy as np
import pandas as pd

from active_learning._progress import progress
from active_learning._validation import History, check_choice, check_integer, check_target, some
from active_learning.forecast.forecast import LEAST, bands, labels_needed, read_results
from active_learning.forecast.learning_curve import subset_curve
from active_learning.forecast.wording import undecided
from active_learning.models.registry import make_model
from active_learning.study.parallel import run_jobs
from active_learning.study.study import split_function

SCORES = ("score_low_95", "score_low_80", "score_median", "score_high_80", "score_high_95")
COUNTS = ("labels 80%", "labels 95%", "score 80%", "score 95%", "within 25%", "too early", "said 80%")
MIDDLE = "forecast/truth"
NEEDED = ("low_95", "low_80", "median", "high_80", "high_95")


def backtest_forecasts(
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
    """Forecast many projects from their first labels alone, beside how each went on.

    Parameters
    ----------
    dataset : Dataset
    histories : dict
        split -> History of random labelling on the data set; or (strategy, split) -> History, as of
        run_histories.
    labels, more : int
        Labels at the forecast; labels after which the score is forecast too.
    target : float in (0, 1], optional
        Accuracy wanted; by default the mean score that the projects reach after `more` labels.
    seed_per_class, test_size, model, random_state
        Those of the study.
    n_jobs : int
        Processes.

    Returns
    -------
    DataFrame
        One row per project: data, split, labels, target; needed (the labels that it took in all, inf = not by
        the project's end), last (labels at that end); low_95, low_80, median, high_80, high_95 (labels
        forecast, inf = not in sight); score (after `more` labels), score_low_95 to score_high_95 (forecast);
        too_early (bool). The forecast is nan where there are too few labels for any.

    Raises
    ------
    ValueError, TypeError
        For a history of other settings, or one that ends before `more` labels.

    Examples
    --------
    >>> import al_helpers as al
    >>> iris = al.load_dataset("iris")
    >>> runs = al.run_histories(iris, ["random"], n_splits=2, budget=60, n_jobs=1)
    >>> backtest_forecasts(iris, runs, labels=40, more=20, n_jobs=1)["too_early"].size
    2
    """
    histories = of_one_strategy(histories)
    after = check_integer("labels", labels, 1) + check_integer("more", more, 1)
    outcomes = {split: (run.n_labels, np.asarray(run.accuracy)) for split, run in histories.items()}
    for n, _ in outcomes.values():
        if n[-1] < after or n[0] > labels:
            end = f"ends at {n[-1]}" if n[-1] < after else f"starts at {n[0]}"
            raise ValueError(f"a history must hold {labels} and {after} labels; one {end}")
    cut = split_function(dataset, seed_per_class=seed_per_class, test_size=test_size)
    seed = {split: np.random.SeedSequence([random_state, split]) for split in histories}
    jobs = [
        joblib.delayed(first_curve)(dataset, cut(random_state=seed[split]), run, labels, model)
        for split, run in histories.items()
    ]
    curves = [*progress(run_jobs(jobs, n_jobs, needed=(first_curve, model)), len(jobs))]
    mean = np.mean([np.interp(after, *outcome) for outcome in outcomes.values()])
    target = mean if target is None else check_target(target)
    rows = [
        {"data": dataset.name, "split": split, **compare(curve, outcomes[split], target, labels, more)}
        for split, curve in zip(histories, curves, strict=True)
    ]
    return pd.DataFrame(rows)


def of_one_strategy(histories):
    """The dict split -> History of histories whose keys may be (strategy, split); all of one strategy."""
    if not isinstance(histories, dict) or not all(isinstance(run, History) for run in histories.values()):
        raise TypeError(f"histories must be a dict of histories by split, got {type(histories).__name__}")
    names = {key[0] for key in histories if isinstance(key, tuple)}
    if not histories:
        raise ValueError("histories must hold at least one history, got none")
    if len(names) > 1:
        raise ValueError(f"histories must be of one strategy, got {some([*names])}")
    return {key[1] if isinstance(key, tuple) else key: run for key, run in histories.items()}


def first_curve(dataset, split, history, labels, model):
    """The SubsetCurve of a project's first labels, None if they are too few; it sees no test row."""
    strangers = np.setdiff1d(history.queried, split.pool)
    if len(strangers):
        raise ValueError(f"the history is of another table: row {strangers[0]} is not in this pool")
    labeled = np.concatenate([split.seed, history.queried])
    if history.n_labels[-1] != len(labeled):
        raise ValueError(
            f"the history is of another table: it ends with {history.n_labels[-1]} labels, and the seed set "
            f"and the rows queried are {len(labeled)}"
        )
    labeled = labeled[:labels]
    if labels < max(LEAST, 3 * len(np.unique(dataset.y[labeled]))):
        return None
    pool, rng = np.setdiff1d(split.pool, labeled), np.random.default_rng(0)
    y = np.unique(dataset.y, return_inverse=True)[1]
    return subset_curve(dataset.X, y, labeled, pool, make_model(model), rng, quiet=True)


def compare(curve, outcome, target, labels, more=100):
    """One project's forecast beside what came of it, a dict as a row of backtest_forecasts.

    Parameters
    ----------
    curve : SubsetCurve or None
        At `labels`; None = too few labels.
    outcome : array of shape (2, r)
        Labels and scores of the project's rounds; between two rounds the score lies between theirs.
    target : float
    labels, more : int
    """
    later = outcome[0] > labels
    n = np.r_[labels, outcome[0][later]]
    scores = np.r_[np.interp(labels, *outcome), outcome[1][later]]
    reached = np.maximum.accumulate(scores) >= target
    needed = n[reached.argmax()] if reached.any() else np.inf
    row = {"labels": labels, "target": target, "needed": needed, "last": n[-1]}
    row["score"] = np.interp(labels + more, n, scores)
    if curve is None:
        return row | dict.fromkeys((*NEEDED, *SCORES), np.nan) | {"too_early": True}
    forecast = labels_needed(curve, "random", "random", target)
    row |= {level: np.inf if forecast[level] is None else forecast[level] for level in NEEDED}
    band = bands(curve, "score", "random", "random", np.array([labels + more]))[:, 0]
    return row | dict(zip(SCORES, band, strict=True)) | {"too_early": undecided(forecast, labels)}


def coverage(backtests, by=("data", "labels")):
    """The calibration table: in how many percent of the backtests each interval held what came.

    Parameters
    ----------
    backtests : DataFrame
        Of `backtest_forecasts`.
    by : sequence of str
        Its columns that make a row.

    Returns
    -------
    DataFrame
        One row per group, in percent: labels 80% and 95%, score 80% and 95%, within 25% (the median of the
        labels needed), too early (it was said), said 80% (labels 80% where it was not); replays, their
        number; and forecast/truth, the middle one's median of the labels needed as a share of those it took.

    Raises
    ------
    ValueError
        For a column that is missing, or holds no numbers.

    Examples
    --------
    >>> import al_helpers as al
    >>> iris = al.load_dataset("iris")
    >>> runs = al.run_histories(iris, ["random"], n_splits=2, budget=60, n_jobs=1)
    >>> backtests = backtest_forecasts(iris, runs, labels=40, more=20, n_jobs=1)
    >>> al.coverage(backtests)["replays"].item()
    2
    """
    groups = [backtests[check_choice("column", column, [*backtests.columns])] for column in by]
    rows = as_numbers(backtests)
    held = {f"labels {level}%": labels_held(rows, level) for level in (80, 95)}
    held |= {
        f"score {level}%": rows["score"].between(rows[f"score_low_{level}"], rows[f"score_high_{level}"])
        for level in (80, 95)
    }
    ratio = rows["median"] / rows["needed"]  # inf / inf = nan: neither in sight nor reached
    held["within 25%"] = (ratio - 1).abs() <= 0.25
    shares = pd.DataFrame(held).astype(float).where(rows["median"].notna(), axis=0)
    shares["too early"] = rows["too_early"]
    shares["said 80%"] = shares["labels 80%"].where(rows["too_early"] == 0)
    middle, groups = ratio.groupby(groups, sort=False).median(), shares.groupby(groups, sort=False)
    return groups.mean().mul(100).assign(replays=groups.size(), **{MIDDLE: middle})


def as_numbers(backtests):
    """The columns of a table of backtest_forecasts that hold numbers, as floats; or a ValueError."""
    columns = ["labels", "needed", "last", *NEEDED, "score", *SCORES, "too_early"]
    for column in columns:
        if list(backtests.columns).count(column) != 1:
            raise ValueError(f"a table of backtest_forecasts has the column {column!r} once")
    try:
        return backtests[columns].astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a table of backtest_forecasts holds numbers: {error}") from None


def labels_held(backtests, level):
    """Whether the labels needed lay in the interval; beyond a project's end any higher end is as good."""
    most = backtests["needed"].clip(upper=backtests["last"])
    return (backtests[f"low_{level}"] <= backtests["needed"]) & (most <= backtests[f"high_{level}"])


def calibration_table(by=("data", "labels")):
    """The calibration table of the report's backtests: how often each interval held what came.

    A data set's rows come from error quantiles made without it and without variants of it.

    Parameters
    ----------
    by : sequence of str
        Of data and labels (at the forecast), what makes a row.

    Returns
    -------
    DataFrame
        As `coverage` gives it; forecast/truth of several data sets or stages is the middle one.

    Raises
    ------
    ValueError
        For another column.

    Examples
    --------
    >>> import al_helpers as al
    >>> calibration_table(["labels"])["replays"].tolist()
    [1700, 1700, 1700]
    """
    by = [check_choice("column", column, ("data", "labels")) for column in by]
    groups = read_results("coverage.csv").groupby(by, sort=False)
    counts = groups[["replays", *COUNTS]].sum()
    shares = counts[[*COUNTS]].div(counts["replays"], axis=0)
    shares["said 80%"] = counts["said 80%"] / (counts["replays"] - counts["too early"])
    return shares.mul(100).assign(replays=counts["replays"], **{MIDDLE: groups[MIDDLE].median()})


def stop_table():
    """The stop-rule table: every rule on every data set, its threshold chosen on the others.

    A rule watches the predictions for 500 unlabelled rows, and stops when its signal falls to the threshold:
    ``kappa``, 1 - Cohen's kappa of successive rounds' predictions, mean of three; ``classification_change``,
    the share of predictions that changed since the last round; ``overall_uncertainty``, the mean entropy of
    the probabilities as a share of the highest possible; ``forecast_gain``, the accuracy that 100 more labels
    may bring, forecast every 50 labels.

    Returns
    -------
    DataFrame
        data, target (a point below the mean score of the whole budget), rule, threshold; stopped (median
        labels, inf = never), score (mean), missed (share of runs below the target), missed_anyway (share
        below it with the whole budget too), too_many (mean labels beyond those needed in hindsight), never
        (share of runs that were not stopped).

    References
    ----------
    Bloodgood & Vijay-Shanker 2009 (kappa); Zhu, Wang & Hovy 2008 (changes, uncertainty).

    Examples
    --------
    >>> import al_helpers as al
    >>> stop_table()["rule"].unique().tolist()
    ['kappa', 'classification_change', 'overall_uncertainty', 'forecast_gain']
    """
    return read_results("stop_rules.csv").copy()


def score_history():
    """What two scores said in twelve rounds of a job on digits, two of ten rows audit rows, and the truth.

    Returns
    -------
    DataFrame
        A row for every third round, means over jobs of the product from 30 random labels: labels, truth
        (accuracy on rows kept out), score (of audit rows), its 95 % interval low and high, cross_validation
        (on all labelled rows); shares of the intervals that held the truth: of the score for new_rows and for
        the pool, of a forecast's score now (now_80, now_95) and of the labels to 93 % (needed_80, needed_95);
        error_sem (of the score), jobs and forecasts of labels.

    Examples
    --------
    >>> score_history()["labels"].tolist()
    [60, 90, 120, 150]
    """
    return read_results("score_history.csv").copy()
