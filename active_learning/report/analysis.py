"""Published claims beside our numbers, what a saving is worth, and which rows a rule queries first.

Not here: the results table and its sentences (sentences), the sentences of single notebooks (notebook_text).
"""

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform

from active_learning.report.sentences import effect, format_interval, format_saving
from active_learning.statistics.curves import areas, bootstrap_interval
from active_learning.statistics.savings import summarise


def verdict(published, average, single):
    """Set the result of a published single run against what one split shows.

    Parameters
    ----------
    published : float
        Difference that was published.
    average : tuple of two floats
        Interval of our average.
    single : tuple of two floats
        Where one more split would lie; nan where that is unknown.

    Returns
    -------
    str
        Inside or outside what one split shows, and "opposite sign of the average" where the interval of the
        average excludes 0 and the published number is on the other side.
    """
    if np.isnan(single).any():
        return "not known from one split"
    place = "inside" if single[0] <= published <= single[1] else "outside"
    opposite = published < 0 < average[0] or average[1] < 0 < published
    return f"{place} what one split shows" + (", opposite sign of the average" if opposite else "")


def check_claims(curves, target, savings, auc):
    """Set published numbers of a single run against ours.

    Parameters
    ----------
    curves : DataFrame
        Table of `run_study`, with random.
    target : float in (0, 1]
        Accuracy that the savings are about.
    savings : dict of str to float
        Published saving of each strategy, as a share of random's labels.
    auc : dict of str to float
        Published area under the learning curve of each strategy, minus random's.

    Returns
    -------
    DataFrame of str
        A row a claim: the claim, the published number, ours with its 95 % interval, where a single split
        lies, and the verdict.

    Raises
    ------
    ValueError
        If random is not among the curves, or strategies differ in their splits.

    Examples
    --------
    >>> import pandas as pd
    >>> runs = {"random": [0.5, 0.7, 0.9], "margin": [0.5, 0.9, 0.9]}
    >>> tables = [pd.DataFrame({"strategy": name, "accuracy": run}) for name, run in runs.items()]
    >>> curves = pd.concat([table.assign(split=0, n_labels=[20, 30, 40]) for table in tables])
    >>> check_claims(curves, 0.9, {"margin": 0.3}, {}).iloc[0].tolist()[:3]
    ['margin: labels saved', '+30%', '25%']
    """
    summary, area = summarise(curves, target), areas(curves)
    claims = [_check_saving(name, value, summary.loc[name]) for name, value in savings.items()]
    claims += [_check_area(name, value, area[name] - area["random"]) for name, value in auc.items()]
    ours = f"here, {len(area)} splits"
    return pd.DataFrame(claims, columns=["claim", "published, one run", ours, "one split shows", "verdict"])


def _check_saving(name, published, row):
    """One line of the claims: a published saving against a row of summarise."""
    single = (row.single_low, row.single_high)
    judgement = verdict(published, (row.saving_low, row.saving_high), single)
    ends = "-" if np.isnan(single).any() else format_interval(*single)
    return f"{name}: labels saved", f"{published:+.0%}", format_saving(row), ends, judgement


def _check_area(name, published, gains):
    """One line of the claims: a published gain in area against ours of each split, gains (n_splits,)."""
    claim, gains = f"{name}: AUC above random", gains.to_numpy()
    if len(gains) < 2:
        return claim, f"{published:+.3f}", f"{gains.mean():+.3f}", "-", "not known from one split"
    low, high = bootstrap_interval(gains)
    k = max(int((len(gains) + 1) * 0.025 + 1e-9), 1)
    single = np.sort(gains)[[k - 1, -k]]
    ends = f"[{single[0]:+.3f}, {single[1]:+.3f}]"
    ours = f"{gains.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
    return claim, f"{published:+.3f}", ours, ends, verdict(published, (low, high), single)


def worth(summary, price, seconds, setup_cost):
    """Price what each strategy saves, in labels, money and minutes.

    Parameters
    ----------
    summary : DataFrame
        Table of `summarise`, against random.
    price : float
        Price of one label, in any currency.
    seconds : float
        Seconds that one label takes.
    setup_cost : float
        Cost of building the loop, in the same currency.

    Returns
    -------
    DataFrame of str
        A row a strategy, random left out, with intervals, and the price of a label from which it pays.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers = {"median": 100, "saving": 0.4, "saving_low": 0.3, "saving_high": 0.5}
    >>> ends = {"saving_min": 0.4, "saving_max": 0.4}
    >>> summary = pd.DataFrame([numbers | ends] * 2, index=["random", "margin"])
    >>> worth(summary, price=0.5, seconds=60, setup_cost=500).iloc[0].tolist()
    ['margin', '40 [30, 50]', '20.00 [15.00, 25.00]', '40 [30, 50]', '12.50']
    """
    random_labels, lines = summary["median"]["random"], []
    for row in summary.drop("random").itertuples():
        saved, low, high = (random_labels * share for share in (row.saving, row.saving_low, row.saving_high))
        texts = [
            f"{unit * saved:.{digits}f} [{unit * low:.{digits}f}, {unit * high:.{digits}f}]"
            if np.isfinite([saved, low, high]).all()
            else "not known"
            for unit, digits in ((1, 0), (price, 2), (seconds / 60, 0))
        ]
        pays = effect(row) == "saves" and np.isfinite(saved)
        lines.append((row.Index, *texts, f"{setup_cost / saved:.2f}" if pays else "no saving shown"))
    columns = ["labels saved", "money saved", "minutes saved", "break-even price of a label"]
    return pd.DataFrame(lines, columns=["strategy", *columns])


def query_facts(histories, dataset, hard, *, batch, rounds=10):
    """Measure what the first batches of every run hold.

    Parameters
    ----------
    histories : dict of (strategy, split) to History
        Result of `run_histories`.
    dataset : Dataset
        The data set that was studied, with a dense X.
    hard : array of bool of shape (n,)
        Rows that a model trained on the others gets wrong.
    batch : int
        Rows in a batch.
    rounds : int, default=10
        Batches of each run to look at.

    Returns
    -------
    DataFrame with columns strategy, split, hard, classes, distance
        Means over these batches: share of queried rows that are hard, different classes in a batch, and
        Euclidean distance from a row to the nearest other row of its batch.

    Examples
    --------
    >>> import numpy as np
    >>> from active_learning._validation import History
    >>> from active_learning.datasets.dataset import Dataset
    >>> line = Dataset("line", np.array([[0.0], [1.0], [5.0]]), np.array([0, 1, 1]))
    >>> run = History(n_labels=np.array([1]), accuracy=np.array([0.5]), queried=np.array([1, 2]))
    >>> hard = np.array([False, True, False])
    >>> query_facts({("margin", 0): run}, line, hard, batch=2)["distance"].item()
    4.0
    """
    facts = []
    for (name, split), run in histories.items():
        batches = run.queried[: len(run.queried) // batch * batch].reshape(-1, batch)[:rounds]
        classes = np.mean([len(np.unique(dataset.y[rows])) for rows in batches])
        distance = np.mean([_distance_to_nearest(dataset.X[rows]) for rows in batches])
        facts.append((name, split, hard[batches].mean(), classes, distance))
    return pd.DataFrame(facts, columns=["strategy", "split", "hard", "classes", "distance"])


def _distance_to_nearest(X):
    """Mean distance from a row of X to the nearest other one."""
    between = squareform(pdist(X))
    np.fill_diagonal(between, np.inf)
    return between.min(axis=1).mean()
