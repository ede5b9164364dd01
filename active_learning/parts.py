"""A study on disjoint parts of the rows: what it says about other rows of the same kind.

Splits of one data set overlap in its rows, so they cannot say how much its rows matter. Disjoint parts can:
each is a small data set of its own. Few parts are large, and large ones are more like the whole; so the rows
are cut more than once, as two cuts are nearly independent in what they say of it.
Not here: the interval (savings.new_rows_intervals).
"""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from active_learning.checks import check_integer
from active_learning.data import Dataset
from active_learning.matrices import take
from active_learning.study import run_study

N_PARTS, N_CUTS = 3, 2


def cut_rows(y, n_parts=N_PARTS, *, least=4, random_state=0):
    """Cut the rows into disjoint parts at random: a class's share varies as it does between data sets.

    Where that leaves a part fewer rows of a class than a split needs, each part has the classes' shares.

    y: array (n,) of labels; n_parts: int >= 2; least: int, rows of every class that a split needs
    random_state: int >= 0, the seed of the cut
    returns: list of n_parts int arrays, ascending
    raises: ValueError if a class has fewer rows than there are parts
    """
    y, n_parts = np.asarray(y), check_integer("n_parts", n_parts, 2)
    counts = np.unique(y, return_counts=True)[1]
    if counts.min() < n_parts:
        raise ValueError(
            f"{n_parts} parts need as many rows of every class, and one class has {counts.min()}"
        )
    order = np.random.default_rng(random_state).permutation(len(y))
    parts = [np.sort(part) for part in np.array_split(order, n_parts)]
    if all(_rows_a_class(y[part], len(counts)) >= least for part in parts):
        return parts
    folds = StratifiedKFold(n_parts, shuffle=True, random_state=random_state).split(y, y)
    return [rows for _, rows in folds]


def _rows_a_class(y, n_classes):
    """How many rows of y (n,) the rarest of so many classes has."""
    counts = np.unique(y, return_counts=True)[1]
    return counts.min() if len(counts) == n_classes else 0


def run_parts(
    dataset,
    strategies,
    *,
    n_parts=N_PARTS,
    n_cuts=N_CUTS,
    n_splits=100,
    seed_per_class=2,
    test_size=0.3,
    random_state=0,
    **settings,
):
    """The study on each of n_parts disjoint parts of the rows, cut n_cuts times, for summarise(parts=...).

    dataset, strategies, seed_per_class, test_size, random_state and settings: as in run_study
    n_parts, n_cuts: how many parts, and how often the rows are cut into as many anew
    n_splits: of the study whose interval for new rows is wanted; the parts of a cut share out as many
    returns: DataFrame with columns cut, part, strategy, split, n_labels, accuracy
    raises: ValueError if the parts are too small for a study
    """
    n_cuts, n_seed = check_integer("n_cuts", n_cuts, 1), check_integer("seed_per_class", seed_per_class, 1)
    random_state = check_integer("random_state", random_state, 0)
    share = test_size if isinstance(test_size, float) else test_size / len(dataset.y)
    cuts = [
        cut_rows(dataset.y, n_parts, least=2 * n_seed, random_state=random_state + cut)
        for cut in range(n_cuts)
    ]
    settings |= dict(seed_per_class=n_seed, test_size=share, random_state=random_state)
    settings["n_splits"] = max(round(n_splits / n_parts), 1)
    studies = []
    for cut, part in np.ndindex(n_cuts, n_parts):
        own = Dataset(dataset.name, take(dataset.X, cuts[cut][part]), dataset.y[cuts[cut][part]])
        studies.append(run_study(own, strategies, **settings).assign(cut=cut, part=part))
    return pd.concat(studies, ignore_index=True)
