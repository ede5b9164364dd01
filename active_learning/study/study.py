"""Many paired runs: every rule on many random splits, or on random groups of the rows.

Splits of one data set overlap in their rows, so they cannot say how much the rows matter. Disjoint groups
can: each is a small data set of its own. Few groups are large, and so more like the whole; so the rows are
divided more than once. Not here: what the curves are worth, and intervals (statistics).
References: Kottke et al. 2017 and Lu et al. 2023 (many repeats, paired).
"""

import warnings
import zlib
from contextlib import closing, nullcontext
from functools import partial
from itertools import chain

import joblib
import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from active_learning._arrays import take
from active_learning._progress import progress
from active_learning._validation import check_integer, named_keywords
from active_learning.datasets.dataset import Dataset, check_dataset
from active_learning.datasets.splits import split_dataset
from active_learning.models.checked import warn_unseeded
from active_learning.models.registry import Represented, make_model
from active_learning.strategies.registry import CLASSIC, check_strategy, pick_strategies
from active_learning.study.checkpoint import Checkpoint, study_facts
from active_learning.study.loop import run_loop
from active_learning.study.parallel import run_jobs


@named_keywords
def run_histories(
    dataset,
    strategies=CLASSIC,
    *,
    n_splits=100,
    seed_per_class=2,
    test_size=0.3,
    model=None,
    batch=10,
    budget=300,
    metric="accuracy",
    stop_at=None,
    random_state=0,
    n_jobs=-1,
    checkpoint=None,
):
    """Run every rule on many splits, paired: in a split all share the seed set and the test set.

    On a dask cluster: install the package on the workers, or send it once, from the folder that holds it, by
    client.upload_file(shutil.make_archive("active_learning", "zip", ".", "active_learning")); restarted
    workers get it too. Then call this, or run_study, inside `with joblib.parallel_config(backend="dask")`.

    Parameters
    ----------
    dataset : Dataset
    strategies : str, callable, iterable or mapping
        Rules, each a name in STRATEGIES or a function Round -> rows, or a mapping from names to rules.
    n_splits : int
        Random splits into seed, pool and test.
    seed_per_class, test_size
        As in split_dataset.
    model, batch, budget, metric, stop_at
        As in run_loop.
    random_state : int
        The random seed, >= 0.
    n_jobs : int
        Processes; -1 for one per core. The result does not depend on it.
    checkpoint : path or None
        A file that keeps each finished run at once. The same call continues from it after a kill, and may ask
        for more splits or rules; several processes may share one. None keeps nothing.

    Returns
    -------
    dict of (strategy, split) to History

    Raises
    ------
    ValueError, TypeError
        If a setting or the data cannot work, naming the value, or if the checkpoint is damaged or of another
        study (it is left as it is).
    OSError
        If the checkpoint cannot be written.
    RuntimeError
        If a worker process is killed or a cluster goes away.

    Examples
    --------
    >>> from active_learning.datasets.dataset import load_dataset
    >>> histories = run_histories(load_dataset("iris"), ["random", "margin"], n_splits=2, budget=20)
    >>> list(histories)
    [('random', 0), ('random', 1), ('margin', 0), ('margin', 1)]
    """
    strategies, dataset = pick_strategies(strategies), check_dataset(dataset)
    for name, strategy in strategies.items():  # here, where the name is known, and before any work
        check_strategy(name, strategy, make_model(model), dataset.X)
    n_splits = check_integer("n_splits", n_splits, 1)
    random_state = check_integer("random_state", random_state, 0)
    if check_integer("n_jobs", n_jobs, -(10**6)) == 0:
        raise ValueError("n_jobs must be a positive number of processes or -1 for one a core, got 0")
    warn_unseeded(model, dataset.X, dataset.y)
    splitting = dict(seed_per_class=seed_per_class, test_size=test_size)
    settings = dict(model=model, batch=batch, budget=budget, metric=metric, stop_at=stop_at)
    loop, split_rows = partial(run_loop, **settings), split_function(dataset, **splitting)
    facts = partial(study_facts, dataset, strategies, random_state=random_state, **splitting, **settings)
    keys = [(name, split) for name in strategies for split in range(n_splits)]
    in_order = checkpoint is None  # otherwise results are kept as they come
    shared = n_splits > 8 or isinstance(model, Represented)  # the data sent, a graph, a representation
    options = dict(together=len(strategies) if in_order and shared else 1, in_order=in_order)
    options |= dict(needed=(loop, strategies), advice=CONTINUE[in_order])
    with nullcontext({}) if in_order else closing(Checkpoint(checkpoint, facts())) as runs:
        # shuffled, so that processes that share a checkpoint do not run the same splits
        numbers = range(n_splits) if in_order else np.random.default_rng().permutation(n_splits).tolist()
        before = [(key, None) for key in keys if key in runs]
        jobs = _jobs(loop, dataset, strategies, split_rows, random_state, numbers, runs)
        results = run_jobs(jobs, min(n_jobs, len(keys)), total=len(keys) - len(before), **options)
        for key, run in progress(chain(before, results), len(keys)):
            if run is not None:
                runs[key] = run
        return {key: runs[key] for key in keys}


def split_function(dataset, **splitting):
    """The function random_state -> Split of a data set, by its groups or times where it has them."""
    dependence = {name: getattr(dataset, name) for name in ("groups", "times")}
    return partial(split_dataset, dataset.y, **dependence, **splitting)


CONTINUE = {  # whether there is no checkpoint -> how to go on once a study has died
    True: "with a checkpoint the next one goes on where it stood",
    False: "what is finished is in the checkpoint, and the same call goes on from there",
}


def _jobs(loop, dataset, strategies, split_rows, random_state, numbers, runs):
    """Yield the jobs not yet done, here or by a process that shares the checkpoint."""
    for number in numbers:
        seed, split = [random_state, number], None
        for name, strategy in strategies.items():
            if (name, number) not in runs:
                split = split or split_rows(random_state=np.random.SeedSequence(seed))
                yield joblib.delayed(_one_run)(loop, dataset, split, strategy, seed, name)


def _one_run(loop, dataset, split, strategy, seed, name):
    """One job, with a random stream of its own by split and rule; its key, and its History."""
    random_state = np.random.SeedSequence([*seed, zlib.crc32(name.encode())])
    with warnings.catch_warnings():  # many classes of few rows are not the user's fault
        warnings.filterwarnings("ignore", "The number of unique classes")
        return (name, seed[-1]), loop(dataset, split, strategy, random_state=random_state)


def curves_of(histories):
    """Turn histories into a tidy table.

    Parameters
    ----------
    histories : dict of (strategy, split) to History
        As run_histories returns them.

    Returns
    -------
    DataFrame
        Columns strategy, split, n_labels, accuracy; one row per round.

    Examples
    --------
    >>> from active_learning._validation import History
    >>> run = History(np.array([6, 16]), np.array([0.5, 0.75]), np.arange(10))
    >>> curves_of({("margin", 0): run})
      strategy  split  n_labels  accuracy
    0   margin      0         6      0.50
    1   margin      0        16      0.75
    """
    runs = [*histories.values()]
    rounds = [len(run.n_labels) for run in runs]
    names, splits = (np.repeat([key[place] for key in histories], rounds) for place in (0, 1))
    columns = {"strategy": names, "split": splits}
    for field in ("n_labels", "accuracy"):
        columns[field] = np.concatenate([getattr(run, field) for run in runs])
    return pd.DataFrame(columns)  # one frame: a frame per run takes ten times as long


@named_keywords
def run_study(
    dataset,
    strategies=CLASSIC,
    *,
    n_splits=100,
    seed_per_class=2,
    test_size=0.3,
    model=None,
    batch=10,
    budget=300,
    metric="accuracy",
    stop_at=None,
    random_state=0,
    n_jobs=-1,
    checkpoint=None,
):
    """Run every rule on many paired splits, for their learning curves.

    Parameters
    ----------
    dataset, strategies, n_splits, seed_per_class, test_size, model, batch, budget, metric, stop_at
        As in run_histories, whose errors it raises.
    random_state, n_jobs, checkpoint
        As in run_histories.

    Returns
    -------
    DataFrame
        Columns strategy, split, n_labels, accuracy (in [0, 1]); one row per round.

    Raises
    ------
    ValueError, TypeError, OSError, RuntimeError
        As run_histories.

    Examples
    --------
    A rule of your own is a function: here margin, but two of every ten rows at random.

    >>> import al_helpers as al
    >>> def margin_random_2(round):
    ...     chosen = al.STRATEGIES["margin"](round)[: round.batch - round.batch // 5]
    ...     others = np.setdiff1d(round.pool, chosen)
    ...     return np.append(chosen, round.rng.choice(others, round.batch // 5, replace=False))
    >>> rules = ["random", margin_random_2]
    >>> al.run_study(al.load_dataset("iris"), rules, n_splits=1, budget=16)[["strategy", "split", "n_labels"]]
              strategy  split  n_labels
    0           random      0         6
    1           random      0        16
    2  margin_random_2      0         6
    3  margin_random_2      0        16
    """
    return curves_of(run_histories(**locals()))


def checksum(histories):
    """Return a short checksum of all rows queried, in order: equal on two machines if every query was.

    Parameters
    ----------
    histories : dict of (strategy, split) to History
        As run_histories returns them.

    Returns
    -------
    str
        8 hexadecimal digits (CRC-32).

    Examples
    --------
    >>> from active_learning._validation import History
    >>> checksum({("margin", 0): History(np.array([6, 8]), np.array([0.5, 0.75]), np.array([3, 1]))})
    '09d9ff39'
    """
    rows = np.concatenate([run.queried for run in histories.values()]).astype("<i8")
    return f"{zlib.crc32(rows.tobytes()):08x}"


N_PARTS, N_CUTS = 3, 2


def cut_rows(y, n_parts=N_PARTS, *, least=4, groups=None, random_state=0):
    """Divide the rows into disjoint random parts, whose class shares vary as between data sets.

    If a part would have fewer rows of a class than a split needs, the parts are stratified instead. Given
    groups stay whole.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels.
    n_parts : int
        Number of parts, >= 2.
    least : int
        Rows of every class that a split needs.
    groups : array-like of shape (n,), optional
        As in Dataset.
    random_state : int
        The random seed, >= 0.

    Returns
    -------
    list of ndarray, int
        The rows of each part, ascending.

    Raises
    ------
    ValueError
        If a class has fewer rows than there are parts, or is in too few of the groups.

    Examples
    --------
    >>> [len(rows) for rows in cut_rows([0, 1] * 30, 3)]
    [20, 20, 20]
    """
    y, n_parts = np.asarray(y), check_integer("n_parts", n_parts, 2)
    counts = np.unique(y, return_counts=True)[1]
    if counts.min() < n_parts:
        rarest = f"one class has {counts.min()}"
        raise ValueError(f"{n_parts} parts need as many rows of every class, and {rarest}")
    codes = np.arange(len(y)) if groups is None else pd.factorize(np.asarray(groups))[0]
    shuffled = np.random.default_rng(random_state).permutation(codes.max() + 1)
    parts = np.array_split(shuffled, n_parts)
    parts = [np.sort(part) if groups is None else np.flatnonzero(np.isin(codes, part)) for part in parts]
    if all(_rarest_class(y[rows], len(counts)) >= least for rows in parts):
        return parts
    if groups is not None:
        raise ValueError(f"{n_parts} parts of whole groups need {least} rows of every class each")
    folds = StratifiedKFold(n_parts, shuffle=True, random_state=random_state).split(y, y)
    return [rows for _, rows in folds]


def _rarest_class(y, n_classes):
    """How many rows of y (n,) the rarest of so many classes has."""
    counts = np.unique(y, return_counts=True)[1]
    return counts.min() if len(counts) == n_classes else 0


@named_keywords
def run_parts(
    dataset,
    strategies,
    *,
    n_parts=N_PARTS,
    n_cuts=N_CUTS,
    n_splits=100,
    seed_per_class=2,
    test_size=0.3,
    model=None,
    batch=10,
    budget=300,
    metric="accuracy",
    stop_at=None,
    random_state=0,
    n_jobs=-1,
):
    """Run the study on each of n_parts random parts of the rows, n_cuts times, for summarise(parts=...).

    Parameters
    ----------
    dataset, strategies
        As in run_study.
    n_parts, n_cuts : int
        Number of disjoint parts, and how often the rows are divided anew.
    n_splits : int
        Splits of the study whose interval for new rows is wanted; the parts of a cut share them.
    seed_per_class, test_size, model, batch, budget, metric, stop_at, random_state, n_jobs
        As in run_study.

    Returns
    -------
    DataFrame
        Columns cut, part, strategy, split, n_labels, accuracy.

    Raises
    ------
    ValueError
        If the parts are too small for a study.

    Examples
    --------
    >>> from active_learning.datasets.dataset import load_dataset
    >>> curves = run_parts(load_dataset("iris"), "random", n_splits=3, budget=12, batch=3)
    >>> curves.groupby(["cut", "part"]).size().to_list()
    [3, 3, 3, 3, 3, 3]
    """
    n_cuts, random_state = check_integer("n_cuts", n_cuts, 1), check_integer("random_state", random_state, 0)
    seed_per_class = check_integer("seed_per_class", seed_per_class, 1)
    settings = dict(model=model, batch=batch, budget=budget, metric=metric, stop_at=stop_at, n_jobs=n_jobs)
    settings |= dict(random_state=random_state, seed_per_class=seed_per_class)
    settings["test_size"] = test_size if isinstance(test_size, float) else test_size / len(dataset.y)
    settings["n_splits"] = max(round(n_splits / check_integer("n_parts", n_parts, 2)), 1)
    seeds = range(random_state, random_state + n_cuts)
    cutting = dict(least=2 * seed_per_class, groups=dataset.groups)
    cuts = [cut_rows(dataset.y, n_parts, **cutting, random_state=seed) for seed in seeds]
    studies = []
    for cut, part in np.ndindex(n_cuts, n_parts):
        rows = cuts[cut][part]
        dependence = {name: getattr(dataset, name) for name in ("groups", "times")}
        dependence = {name: each if each is None else each[rows] for name, each in dependence.items()}
        dependence |= {"classes": dataset.classes}
        group = Dataset(dataset.name, take(dataset.X, rows), dataset.y[rows], **dependence)
        studies.append(run_study(group, strategies, **settings).assign(cut=cut, part=part))
    return pd.concat(studies, ignore_index=True)
