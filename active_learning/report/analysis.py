"""Other people's numbers beside ours, differences between rules, what a saving is worth, and maps of savings.

Not here: the results table and its sentences (wording).

What a rule bought, and why it lagged: how hard, how varied and how far apart its batches were.
"""

from functools import partial

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist, squareform
from sklearn.model_selection import cross_val_predict

from active_learning._arrays import on_one_thread
from active_learning._validation import check_choice
from active_learning.models.registry import default_model
from active_learning.report.sentences import (
    effect,
    format_interval,
    format_labels,
    format_percent,
    format_saving,
    format_share,
)
from active_learning.statistics.curves import (
    bootstrap_interval,
    by_split,
    labels_to_target,
    medians_to_target,
)
from active_learning.statistics.power import saving_map
from active_learning.statistics.savings import paired_difference

NOT_KNOWN = (np.nan, np.nan), (np.nan, np.nan)  # two intervals


def verdict(published, average, single):
    """A published single run against what one split shows: inside or outside, or of the opposite sign.

    published: the difference that was published
    average: (low, high), interval of our average; single: (low, high), where one more split would lie
    returns: "inside what one split shows" or "outside ...", and "opposite sign of the average" where the
        interval of the average excludes 0 and the published number is on the other side; "not known from one
        split" where single is nan
    raises: ValueError if average or single are not two numbers
    """
    if np.shape(average) != (2,) or np.shape(single) != (2,):
        raise ValueError(f"intervals are (low, high), got {average!r} and {single!r}")
    if np.isnan(single).any():
        return "not known from one split"
    place = "inside" if single[0] <= published <= single[1] else "outside"
    opposite = published < 0 < average[0] or average[1] < 0 < published
    return f"{place} what one split shows" + (", opposite sign of the average" if opposite else "")


def check_claim(claim, published, row):
    """One line of the claims table: a published saving against a row of summarise.

    claim: its words; published: the saving claimed, a share
    returns: tuple of texts: claim, published, the saving here, where single splits lie, verdict
    """
    single = (row.single_low, row.single_high)
    answer = verdict(published, (row.saving_low, row.saving_high), single)
    ends = "-" if np.isnan(single).any() else format_interval(*single)
    return claim, f"{published:+.0%}", format_saving(row), ends, answer


def check_gains(measure, published, table):
    """Lines of the claims table: published differences from random against a table of splits x strategies.

    measure: its name; published: dict strategy -> difference; table: of areas or final_scores
    returns: list of tuples of texts, as check_claim
    """
    return [
        _gain_line(f"{name}: {measure}", value, (table[name] - table["random"]).to_numpy())
        for name, value in published.items()
    ]


def _gain_line(claim, published, gains):
    if len(gains) < 2:
        return claim, f"{published:+.3f}", f"{gains.mean():+.3f}", "-", verdict(published, *NOT_KNOWN)
    low, high = bootstrap_interval(gains, np.mean)
    k = max(int((len(gains) + 1) * 0.025 + 1e-9), 1)
    single = np.sort(gains)[[k - 1, -k]]
    ends = f"[{single[0]:+.3f}, {single[1]:+.3f}]"
    found = f"{gains.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
    return claim, f"{published:+.3f}", found, ends, verdict(published, (low, high), single)


def contrast_labels(curves, target, strategy, other):
    """How many labels a strategy needs more than another on the same split, as "60 [45, 70]".

    curves, target: as in summarise; strategy, other: names of two of its strategies
    raises: ValueError for a strategy that is not among the curves
    """
    needed = by_split(labels_to_target(curves, target, interpolate=True))
    for name in (strategy, other):
        check_choice("strategy", name, list(needed))
    more = paired_difference(needed[other], needed[strategy], curves["n_labels"].max())
    if more.lowest != more.highest:
        bound = f"> {more.lowest:.0f}" if np.isfinite(more.lowest) else f"< {more.highest:.0f}"
        return bound if np.isfinite([more.lowest, more.highest]).any() else "not known"
    if np.isnan(more.low):
        return f"{more.estimate:.0f} on one split"
    return f"{more.estimate:.0f} [{more.low:.0f}, {more.high:.0f}]"


def worth(row, random_labels, price, seconds, setup_cost):
    """What a strategy saves in labels, money and minutes, with intervals, and the price at which it pays.

    row: of summarise, its saving against random; random_labels: what random needs, such as its median
    price and seconds: of one label; setup_cost: what building the loop costs
    returns: tuple of texts
    """
    saved, low, high = (random_labels * share for share in (row.saving, row.saving_low, row.saving_high))
    texts = [
        f"{unit * saved:.{digits}f} [{unit * low:.{digits}f}, {unit * high:.{digits}f}]"
        if np.isfinite([saved, low, high]).all()
        else "not known"
        for unit, digits in ((1, 0), (price, 2), (seconds / 60, 0))
    ]
    pays = effect(row) == "saves" and np.isfinite(saved)
    return row.Index, *texts, f"{setup_cost / saved:.2f}" if pays else "no saving shown"


def target_grid(studies, target):
    """Median labels to a target of many studies.

    studies: dict name -> table of run_study; target: accuracy in (0, 1]
    returns: two DataFrames with a row a study and a column a strategy: the medians, and them as texts with
        their 95 % intervals
    """
    numbers, texts = {}, {}
    for name, curves in studies.items():
        medians, budget = medians_to_target(curves, target), curves["n_labels"].max()
        numbers[name] = medians["median"]
        texts[name] = [_median_cell(row, budget) for row in medians.itertuples()]
    return pd.DataFrame(numbers).T, pd.DataFrame(texts, index=numbers[name].index).T


def _median_cell(row, budget):
    median, low, high = (format_labels(n, budget) for n in (row.median, row.low, row.high))
    return median if not np.isfinite(row.low) else f"{median}\n[{low}, {high}]".replace("> ", ">")


def saving_grid(studies, strategy, targets):
    """Savings of one strategy against random, by data set and target.

    studies: dict name -> table of run_study; targets: accuracies in (0, 1]
    returns: two DataFrames with a row a data set and a column a target: the saving as a number (nan where
        censoring leaves it open), and as a text, with "n.s." where it is not shown among so many cells
        (Holm), "seed set\\nmeets it" and "not\\nreached" where there is nothing to save
    """
    cells = saving_map(studies, strategy, targets)
    texts = pd.Series([_cell(row) for row in cells.itertuples()], index=cells.index)
    order = partial(pd.DataFrame.reindex, index=[*studies], columns=targets)
    values, texts = order(cells["estimate"].unstack()), order(texts.unstack())
    return tuple(table.set_axis([format_percent(t) for t in targets], axis=1) for table in (values, texts))


def _cell(row):
    if row.at_seed >= 0.5:
        return "seed set\nmeets it"
    if not row.reached:
        return "not\nreached"
    return format_share(row.lowest, row.highest) + ("\nn.s." if row.verdict == "tie" else "")


def contrast(facts, column, strategy, other):
    """Mean difference between two strategies, split by split, in what they bought.

    facts: table of bought_facts; column: one of its columns; strategy, other: names
    returns: tuple of texts: column, what is compared, difference with its 95 % interval, ratio of the means
    raises: ValueError for a column or a strategy that is not there
    """
    values = facts.pivot(
        index="split", columns="strategy", values=check_choice("column", column, [*facts.columns])
    )
    for name in (strategy, other):
        check_choice("strategy", name, [*values.columns])
    difference = values[strategy] - values[other]
    low, high = bootstrap_interval(difference, np.mean)
    share = values[strategy].mean() / values[other].mean()
    return (
        column,
        f"{strategy} - {other}",
        f"{difference.mean():+.3f} [{low:+.3f}, {high:+.3f}]",
        f"{share:.0%}",
    )


@on_one_thread
def hard_rows(dataset, model=None):
    """Rows that a model trained on the others still gets wrong: bool (n,), by 10-fold cross-validation.

    dataset: Dataset; model: classifier, or None for default_model()
    """
    model = default_model() if model is None else model
    return cross_val_predict(model, dataset.X, dataset.y, cv=10) != dataset.y


def bought_facts(histories, dataset, hard, *, batch, rounds=10):
    """What the first batches of every run held.

    histories: dict of run_histories, on dataset, a Dataset whose X is a dense array
    hard: bool array (n,), of hard_rows
    batch, rounds: look at the first `rounds` batches of `batch` rows
    returns: DataFrame with columns strategy, split, and over these batches the means of
        hard      share of the rows bought that are hard
        classes   different classes in a batch
        distance  Euclidean distance from a row to the nearest other row of its batch
    """
    facts = []
    for (name, split), run in histories.items():
        whole = run.queried[: len(run.queried) // batch * batch].reshape(-1, batch)[:rounds]
        classes = np.mean([len(np.unique(dataset.y[rows])) for rows in whole])
        distance = np.mean([_nearest_in_batch(dataset.X[rows]) for rows in whole])
        facts.append((name, split, hard[whole].mean(), classes, distance))
    return pd.DataFrame(facts, columns=["strategy", "split", "hard", "classes", "distance"])


def _nearest_in_batch(X):
    between = squareform(pdist(X))
    np.fill_diagonal(between, np.inf)
    return between.min(axis=1).mean()


def means_by_strategy(facts, column):
    """Mean of a column over the splits, with its 95 % interval.

    facts: table of bought_facts; column: one of its columns
    returns: DataFrame with columns estimate, low, high, indexed by strategy
    raises: ValueError for a column that is not there
    """
    check_choice("column", column, [*facts.columns])
    rows = {
        name: (v.mean(), *bootstrap_interval(v, np.mean))
        for name, v in facts.groupby("strategy", sort=False)[column]
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "low", "high"])
