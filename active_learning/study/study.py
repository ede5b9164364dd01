"""Every rule over many paired splits, in parallel, on this machine or a cluster.

Sources: Kottke et al. 2017 and Lu et al. 2023 (many repeats, paired). Not here: what the curves are worth.

A study on disjoint parts of the rows: what it says about other rows of the same kind.

Splits of one data set overlap in its rows, so they cannot say how much its rows matter. Disjoint parts can:
each is a small data set of its own. Few parts are large, and large ones are more like the whole; so the rows
are cut more than once, as two cuts are nearly independent in what they say of it.
Not here: the interval (savings.new_rows_intervals).
"""

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
from active_learning._validation import check_integer
from active_learning.datasets.dataset import Dataset, check_dataset, split_dataset
from active_learning.models.registry import Represented, make_model
from active_learning.strategies.registry import CLASSIC, check_strategy, pick_strategies
from active_learning.study.checkpoint import Checkpoint, study_facts
from active_learning.study.loop import run_loop
from active_learning.study.parallel import run_jobs


def run_histories(
    dataset,
    strategies=CLASSIC,
    *,
    n_splits=100,
    seed_per_class=2,
    test_size=0.3,
    model=None,
    random_state=0,
    n_jobs=-1,
    checkpoint=None,
    **settings,
):
    """Run every strategy on many splits, paired: in a split all share the seed set and the test set.

    dataset: Dataset
    strategies: a name, names, or a mapping from your own names to callables
    n_splits: how many random splits into seed, pool and test
    seed_per_class, test_size: as in split_dataset; model and the other settings: as in run_loop
    random_state: int >= 0, the seed of all chance
    n_jobs: processes; -1 for one a core. The result does not depend on it
    checkpoint: path of a file that keeps each finished run at once; the same call goes on from it after a
        kill, and may ask for more splits or rules; several processes may share one. None keeps nothing
    returns: dict (strategy, split) -> History
    raises: ValueError or TypeError, naming the value, for a setting or data that cannot work, or a checkpoint
        that is damaged or of another study (it is left as it is); OSError for one that cannot be written;
        RuntimeError if a worker process is killed or a cluster goes away

    On a dask cluster: install the package on the workers, or send it once, from the folder that holds it, by
    client.upload_file(shutil.make_archive("active_learning", "zip", ".", "active_learning")); restarted
    workers get it too. Then call this, or run_study, inside `with joblib.parallel_config(backend="dask")`.
    """
    strategies, dataset = pick_strategies(strategies), check_dataset(dataset)
    for name, strategy in strategies.items():  # here, where the name is known, and before any work
        check_strategy(name, strategy, make_model(model), dataset.X)
    n_splits = check_integer("n_splits", n_splits, 1)
    random_state = check_integer("random_state", random_state, 0)
    if check_integer("n_jobs", n_jobs, -(10**6)) == 0:
        raise ValueError("n_jobs must be a positive number of processes or -1 for one a core, got 0")
    splitting = dict(seed_per_class=seed_per_class, test_size=test_size)
    loop, cut = partial(run_loop, model=model, **settings), partial(split_dataset, dataset.y, **splitting)
    depends_on = dict(model=model, random_state=random_state, **splitting, **settings)
    facts = partial(study_facts, dataset, strategies, **depends_on)
    keys = [(name, split) for name in strategies for split in range(n_splits)]
    in_order = checkpoint is None  # else they are kept as they come
    shared = n_splits > 8 or isinstance(model, Represented)  # the data sent, a graph, a representation
    together = len(strategies) if in_order and shared else 1
    with _kept_runs(checkpoint, facts) as kept:
        order = range(n_splits) if in_order else _shuffled(n_splits)
        jobs = _jobs(
            loop, dataset, strategies, cut, [(split, [random_state, split]) for split in order], kept
        )
        how = dict(together=together, in_order=in_order, go_on=_go_on(kept=not in_order))
        runs = run_jobs(jobs, min(n_jobs, len(keys)), needed=(loop, strategies), **how)
        before = [(key, None) for key in keys if key in kept]
        for key, run in progress(chain(before, runs), len(keys)):
            if run is not None:
                kept[key] = run
        return {key: kept[key] for key in keys}


def _kept_runs(checkpoint, facts):
    """Where finished runs go: a dict, or a file that outlives this process and holds facts()."""
    return nullcontext({}) if checkpoint is None else closing(Checkpoint(checkpoint, facts()))


def _go_on(kept):
    """How to go on once a study has died with the process that it ran on."""
    if kept:
        return "what is finished is in the checkpoint, and the same call goes on from there"
    return "with a checkpoint the next one goes on where it stood"


def _shuffled(n_splits):
    """The splits in an order of chance, so that processes that share a checkpoint do not do the same ones."""
    return np.random.default_rng().permutation(n_splits).tolist()


def _jobs(loop, dataset, strategies, cut, seeds, kept):
    """Yield the jobs that are not done, here or by a process that shares the checkpoint; splits as needed."""
    for number, seed in seeds:
        split = None
        for name, strategy in strategies.items():
            if (name, number) not in kept:
                split = split or cut(random_state=np.random.SeedSequence(seed))
                yield joblib.delayed(_one_run)(loop, dataset, split, strategy, seed, name)


def _one_run(loop, dataset, split, strategy, seed, name):
    """One job, with a stream of chance of its own by split and strategy; its key, and its History."""
    random_state = np.random.SeedSequence([*seed, zlib.crc32(name.encode())])
    return (name, seed[-1]), loop(dataset, split, strategy, random_state=random_state)


def curves_of(histories):
    """Turn histories into a tidy table.

    histories: dict (strategy, split) -> History, of run_histories
    returns: DataFrame with columns strategy, split, n_labels, accuracy; one row a round
    """
    runs = [*histories.values()]
    rounds = [len(run.n_labels) for run in runs]
    names, splits = (np.repeat([key[place] for key in histories], rounds) for place in (0, 1))
    columns = {"strategy": names, "split": splits}
    columns |= {
        what: np.concatenate([getattr(run, what) for run in runs]) for what in ("n_labels", "accuracy")
    }
    return pd.DataFrame(columns)  # one frame: a frame a run takes ten times as long


def run_study(dataset, strategies=CLASSIC, *, n_splits=100, **settings):
    """Run every strategy on many paired splits, for their learning curves.

    dataset, strategies, n_splits, settings: as in run_histories, whose errors it raises
    returns: DataFrame with columns strategy, split, n_labels, accuracy (in [0, 1]); one row a round
    """
    return curves_of(run_histories(dataset, strategies, n_splits=n_splits, **settings))


def checksum(histories):
    """A short checksum of all rows queried, in order: equal on two machines if every query was.

    histories: dict (strategy, split) -> History, of run_histories
    returns: str, 8 hexadecimal digits (CRC-32)
    """
    rows = np.concatenate([run.queried for run in histories.values()]).astype("<i8")
    return f"{zlib.crc32(rows.tobytes()):08x}"


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
