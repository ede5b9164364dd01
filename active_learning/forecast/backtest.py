"""When to stop labelling: rules that see no test set, and their replay against the truth.

To add a rule: a signal, one function of what was seen; a line in SIGNALS and one in THRESHOLDS. The
thresholds are those that waste the fewest labels among the candidates with which at most 5 more runs in 100
miss the target than with the whole budget, over the data sets of evidence.STOPS. What such a choice is worth
on a data set that had no part in it is the table there (replays.stop_table).
Sources: Bloodgood & Vijay-Shanker 2009; Zhu, Wang & Hovy 2008. Not here: the forecast itself (forecast).

Hold forecasts against projects whose end is known: on a data set of your own, or on those of the report.

Not here: the forecast (forecast), stop rules and their replay (stopping), what the report's replays found
(evidence).
"""

from dataclasses import dataclass
from functools import partial

import joblib
import numpy as np
import pandas as pd
from scipy.special import entr

from active_learning._arrays import on_one_thread, take
from active_learning._progress import progress
from active_learning._validation import History, check_choice, check_integer, check_target, some
from active_learning.datasets.dataset import split_dataset
from active_learning.forecast.evidence import COVERAGE, STOPS
from active_learning.forecast.forecast import LEAST, bands, labels_needed, undecided
from active_learning.forecast.learning_curve import continuation, subset_curve
from active_learning.models.registry import fit, make_model
from active_learning.study.parallel import run_jobs

STOP_ROWS = 500  # unlabelled at the start, drawn at random: the rows whose guesses a rule watches


@dataclass(frozen=True)
class Watched:
    """What a labelling project shows of itself in r rounds: no test row, no label but those it bought."""

    n_labels: np.ndarray  # int (r,), labels known at each round
    proba: np.ndarray  # (r, s, k), the class probabilities of the stop set's rows at each round
    X: object  # the data set's matrix
    labeled: np.ndarray  # int (n_labels[-1],), the rows labelled, in the order in which they were
    y: np.ndarray  # their labels
    model: object  # the classifier, unfitted

    @property
    def guesses(self):
        """The likeliest class (r, s) of every row of the stop set in every round."""
        return self.proba.argmax(axis=2)

    @property
    def pool(self):
        """The rows never labelled, int (n,)."""
        return np.setdiff1d(np.arange(self.X.shape[0]), self.labeled)


@on_one_thread
def watch(dataset, split, history, *, model=None, random_state=0):
    """Refit along a history, and note what a stop rule may see.

    dataset, split, history: Dataset, its Split, and the History of a run on it
    model: classifier with predict_proba, or a name; random_state: seed of the stop set's draw
    returns: Watched
    raises: ValueError if the history is not of this split or the model has no probabilities
    """
    check_history(history, split)
    model, rng = make_model(model), np.random.default_rng(random_state)
    if not hasattr(model, "predict_proba"):
        raise ValueError(f"stop rules watch probabilities, and {type(model).__name__} gives none")
    y = np.unique(dataset.y, return_inverse=True)[1]
    labeled = np.concatenate([split.seed, history.queried])
    shown = rng.permutation(split.pool)[:STOP_ROWS]
    proba = np.zeros((len(history.n_labels), len(shown), y.max() + 1))
    for row, n in enumerate(history.n_labels):
        fit(model, dataset.X, y, labeled[:n], np.setdiff1d(split.pool, labeled[:n]))
        proba[row][:, model.classes_] = model.predict_proba(take(dataset.X, shown))
    known = np.concatenate([split.seed, split.pool])  # the test rows are not even there
    place = np.full(len(y), -1)
    place[known] = np.arange(len(known))
    return Watched(history.n_labels, proba, take(dataset.X, known), place[labeled], y[labeled], model)


def of_one_strategy(histories):
    """The dict split -> History of histories, whose keys may be (strategy, split), as in run_histories.

    raises: TypeError for another kind of thing, ValueError for none or several strategies
    """
    if not isinstance(histories, dict) or not all(isinstance(run, History) for run in histories.values()):
        raise TypeError(f"histories must be a dict of histories by split, got {type(histories).__name__}")
    names = {key[0] for key in histories if isinstance(key, tuple)}
    if not histories:
        raise ValueError("histories must hold at least one history, got none")
    if len(names) > 1:
        raise ValueError(f"histories must be of one strategy, got {some([*names])}")
    return {key[1] if isinstance(key, tuple) else key: run for key, run in histories.items()}


def check_history(history, split):
    """Raise TypeError for what is no History, and ValueError for one that cannot be of this split."""
    if not isinstance(history, History):
        raise TypeError(f"history must be a History, got {type(history).__name__}")
    strangers = np.setdiff1d(history.queried, split.pool)
    if len(strangers):
        raise ValueError(f"the history is of another table: it bought row {strangers[0]}, not in this pool")
    if history.n_labels[-1] != (most := len(split.seed) + len(history.queried)):
        raise ValueError(
            f"the history is of another table: it ends with {history.n_labels[-1]} labels, and the seed set "
            f"and the rows bought are {most}"
        )


def disagreement(seen, window=3):
    """1 - Cohen's kappa between the guesses of successive rounds, (r,), the mean over a window; nan before
    it.

    source: Bloodgood & Vijay-Shanker 2009
    """
    kappas = [_kappa(*pair) for pair in zip(seen.guesses[:-1], seen.guesses[1:], strict=True)]
    means = pd.Series([np.nan, *kappas]).rolling(window).mean()
    return 1 - means.to_numpy()


def _kappa(first, second):
    """Cohen's kappa of two arrays of classes; 1 where both say one and the same class."""
    same = np.mean(first == second)
    k = max(first.max(), second.max()) + 1
    chance = np.bincount(first, minlength=k) @ np.bincount(second, minlength=k) / len(first) ** 2
    return 1.0 if chance == 1 else (same - chance) / (1 - chance)


def classification_change(seen):
    """The share of the stop set whose guess changed since the last round, (r,); nan in the first.

    source: Zhu, Wang & Hovy 2008
    """
    return np.r_[np.nan, (seen.guesses[1:] != seen.guesses[:-1]).mean(axis=1)]


def overall_uncertainty(seen):
    """The stop set's mean entropy as a share of its highest value, (r,).

    source: Zhu, Wang & Hovy 2008
    """
    return entr(seen.proba).sum(axis=2).mean(axis=1) / np.log(seen.proba.shape[2])


def forecast_gain(seen, every=50, ahead=100):
    """The gain in score that the labels so far promise of 100 more, (r,); nan between the rounds that ask.

    Subsets of the labelled rows say it: the forecast's own curve (extrapolation), so it costs many fits, and
    is asked for once in 50 labels.
    """
    gains, asked = np.full(len(seen.n_labels), np.nan), 0
    for row, n in enumerate(seen.n_labels):
        if n >= max(asked + every, 2 * len(np.unique(seen.y))):
            asked, labeled = n, seen.labeled[:n]
            y = np.zeros(seen.X.shape[0], dtype=int)
            y[labeled] = seen.y[:n]
            pool = np.setdiff1d(np.arange(len(y)), labeled)
            curve = subset_curve(seen.X, y, labeled, pool, seen.model, np.random.default_rng(0), quiet=True)
            now, later = continuation(curve).errors([n, n + ahead])
            gains[row] = now - later
    return gains


SIGNALS = {
    "kappa": disagreement,
    "classification_change": classification_change,
    "overall_uncertainty": overall_uncertainty,
    "forecast_gain": forecast_gain,
}
# by choose_threshold, from 7 or 8 candidates a rule: python tests/benchmarks/forecast.py stops
THRESHOLDS = {
    "kappa": 0.005,
    "classification_change": 0.0,
    "overall_uncertainty": 0.15,
    "forecast_gain": 0.02,
}


def stop_when(n_labels, signal, threshold):
    """The labels at the first round whose signal is at the threshold or below: float, inf if there is none.

    n_labels: int (r,); signal: (r,), nan = cannot say; threshold: float
    """
    below = np.asarray(signal) <= threshold
    return float(n_labels[below.argmax()]) if below.any() else np.inf


def _rule(seen, name, threshold=None):
    """The labels at which a rule stops what it has seen; inf if it does not."""
    chosen = THRESHOLDS[name] if threshold is None else threshold
    return stop_when(seen.n_labels, SIGNALS[name](seen), chosen)


STOP_RULES = {name: partial(_rule, name=name) for name in SIGNALS}


def stop_signals(
    dataset, histories, *, seed_per_class=2, test_size=0.3, model=None, random_state=0, n_jobs=-1
):
    """Every signal of every round of many histories of one strategy, with the scores that no rule may see.

    dataset, histories: Dataset, and a dict split -> History of a study on it, as in run_histories
    seed_per_class, test_size, model, random_state: those of that study; n_jobs: processes
    returns: DataFrame with columns split, n_labels, accuracy (the truth), and one for each of SIGNALS
    raises: ValueError if a history is not of this data set and these settings
    """
    check_integer("random_state", random_state, 0)
    histories = of_one_strategy(histories)
    cut = partial(split_dataset, dataset.y, seed_per_class=seed_per_class, test_size=test_size)
    jobs = [
        joblib.delayed(_signals)(
            dataset, number, cut(random_state=_seed(random_state, number)), history, model
        )
        for number, history in histories.items()
    ]
    return pd.concat(progress(run_jobs(jobs, n_jobs, needed=(_signals, model)), len(jobs)), ignore_index=True)


def _seed(random_state, number):
    return np.random.SeedSequence([random_state, number])


def _signals(dataset, number, split, history, model):
    seen = watch(dataset, split, history, model=model)
    columns = {name: signal(seen) for name, signal in SIGNALS.items()}
    truth = {"split": number, "n_labels": history.n_labels, "accuracy": history.accuracy}
    return pd.DataFrame(truth | columns)


def replay_stops(signals, target, thresholds=None):
    """Where each stop rule would have stopped each run, judged by the scores it did not see.

    signals: table of stop_signals
    target: the score wanted, in (0, 1]
    thresholds: dict rule -> threshold; THRESHOLDS if None
    returns: DataFrame, a row a rule and run: rule, split; stopped (labels, inf = never) and score (there, or
        at the run's end); missed and missed_anyway (is it below the target, and is the run's end?); needed
        (labels to the target in hindsight, inf = never) and too_many (labels beyond those, at least 0; nan
        where the run never got there)
    raises: ValueError for an unknown rule
    """
    target, thresholds = check_target(target), THRESHOLDS if thresholds is None else thresholds
    rows = []
    for rule, threshold in thresholds.items():
        check_choice("stop rule", rule, SIGNALS)
        for number, run in signals.groupby("split", sort=False):
            rows.append({"rule": rule, "split": number, **_judged(run, rule, threshold, target)})
    return pd.DataFrame(rows)


def _judged(run, rule, threshold, target):
    """One run's stop against the truth."""
    run = run.sort_values("n_labels")
    n, score = run["n_labels"].to_numpy(), run["accuracy"].to_numpy()
    stopped = stop_when(n, run[rule], threshold)
    at = min(n.searchsorted(stopped), len(n) - 1)
    needed = stop_when(n, -score, -target)
    too_many = max(n[at] - needed, 0) if np.isfinite(needed) else np.nan
    missed = {"missed": score[at] < target, "missed_anyway": score[-1] < target}
    final = missed | {"needed": needed, "too_many": too_many}
    return {"stopped": stopped, "score": score[at], **final}


def summarise_stops(stops):
    """The stop-rule table: every rule over all runs.

    stops: table of replay_stops
    returns: DataFrame indexed by rule: stopped (median labels, inf = never), score (mean), missed (share
        below the target), missed_anyway (share below it with the whole budget too), too_many (mean labels
        beyond hindsight's), never (share of runs never stopped)
    """
    never = stops.assign(never=np.isinf(stops["stopped"]))
    means = ("score", "missed", "missed_anyway", "too_many", "never")
    return never.groupby("rule", sort=False).agg({"stopped": "median"} | dict.fromkeys(means, "mean"))


def choose_threshold(studies, rule, candidates, *, miss=0.05):
    """The threshold that wastes the fewest labels among those that make few runs miss the target.

    studies: list of (table of stop_signals, target), one a data set; all weigh the same
    rule: a name in STOP_RULES; candidates: thresholds to try
    miss: the share of runs that stopping may make miss, beyond those that miss with the whole budget too; if
        no threshold allows it, the one that misses least
    returns: float
    """
    rated = []
    for threshold in candidates:
        tables = [replay_stops(signals, target, {rule: threshold}) for signals, target in studies]
        missed = np.mean([t["missed"].mean() - t["missed_anyway"].mean() for t in tables])
        wasted = np.mean([t["too_many"].mean() / _middle(t["needed"]) for t in tables])
        rated.append((max(missed, miss), wasted, threshold))
    return min(rated)[2]


def _middle(needed):
    """The median of the labels needed by the runs that got there."""
    return needed.replace(np.inf, np.nan).median()


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
