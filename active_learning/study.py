"""Every rule over many paired splits, in parallel, on this machine or a cluster.

Sources: Kottke et al. 2017 and Lu et al. 2023 (many repeats, paired). Not here: what the curves are worth.
"""

import os
import pickle
import threading
import time
import zlib
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from functools import partial

import joblib
import numpy as np
import pandas as pd
from joblib.parallel import BACKENDS, get_active_backend

from active_learning.checks import check_integer
from active_learning.classifiers import make_model
from active_learning.data import split_dataset
from active_learning.loop import run_loop
from active_learning.progress import progress
from active_learning.strategies import CLASSIC, check_strategy, pick_strategies
from active_learning.workers import serve


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
    **settings,
):
    """Run every strategy on many splits, paired: in a split all share the seed set and the test set.

    dataset: Dataset
    strategies: a name, names, or a mapping from your own names to callables
    n_splits: how many random splits into seed, pool and test
    seed_per_class, test_size: as in split_dataset; model and the other settings: as in run_loop
    random_state: int >= 0, the seed of all chance
    n_jobs: processes; -1 for one a core. The result does not depend on it
    returns: dict (strategy, split) -> History
    raises: ValueError or TypeError, naming the value, for a setting or data that cannot work;
        RuntimeError if a worker process is killed or a cluster goes away

    On a dask cluster: install the package on the workers, or send it once, from the folder that holds it, by
    client.upload_file(shutil.make_archive("active_learning", "zip", ".", "active_learning")); restarted
    workers get it too. Then call this, or run_study, inside `with joblib.parallel_config(backend="dask")`.
    """
    strategies = pick_strategies(strategies)
    for name, strategy in strategies.items():  # here, where the name is known, and before any work
        check_strategy(name, strategy, make_model(model), dataset.X)
    n_splits = check_integer("n_splits", n_splits, 1)
    random_state = check_integer("random_state", random_state, 0)
    if check_integer("n_jobs", n_jobs, -(10**6)) == 0:
        raise ValueError("n_jobs must be a positive number of processes or -1 for one a core, got 0")
    cut = partial(split_dataset, dataset.y, seed_per_class=seed_per_class, test_size=test_size)
    seeds = [[random_state, split] for split in range(n_splits)]
    splits = ((seed, cut(random_state=np.random.SeedSequence(seed))) for seed in seeds)  # made as needed
    loop = partial(run_loop, model=model, **settings)
    keys = [(name, split) for split in range(n_splits) for name in strategies]
    jobs = (
        joblib.delayed(_one_run)(loop, dataset, split, strategy, seed, name)
        for seed, split in splits
        for name, strategy in strategies.items()
    )
    together = len(strategies) if n_splits > 8 else 1  # a split's runs share the data sent, and a graph
    runs = progress(_run_jobs(jobs, n_jobs, together, needed=(loop, strategies)), len(keys))
    histories = dict(zip(keys, runs, strict=True))
    return {(name, split): histories[name, split] for name in strategies for split in range(n_splits)}


def _run_jobs(jobs, n_jobs, together, needed):
    """Yield the jobs' results in their order; RuntimeError, never a hang, if what runs them dies.

    together: how many jobs a process is sent at a time
    needed: what the jobs are made of, which a cluster's workers must be able to import
    """
    backend, done = get_active_backend()[0], threading.Event()
    client = getattr(backend, "client", None)
    if client is not None:  # of a dask cluster
        _check_imports(client, needed)
        threading.Thread(target=_watch_cluster, args=(client, done), daemon=True).start()
    serving = (
        dict(initializer=serve, initargs=(os.getpid(),)) if isinstance(backend, BACKENDS["loky"]) else {}
    )
    settings = dict(n_jobs=n_jobs, batch_size=together, return_as="generator")
    try:
        yield from joblib.Parallel(**settings, **serving)(jobs)
    except BrokenProcessPool as error:
        why = "a worker process was killed, perhaps for want of memory, and the study with it"
        raise RuntimeError(f"{why}; fewer jobs need less memory") from error
    except CancelledError as error:
        raise RuntimeError("the cluster went away, or all its workers did, and the study with it") from error
    finally:
        done.set()


def _check_imports(client, needed):
    """Raise RuntimeError, where a job would hang, if a worker lacks a module that the jobs need."""
    from distributed.protocol.pickle import dumps

    try:
        client.run(pickle.loads, dumps(needed))
    except ModuleNotFoundError as error:
        how = "install it there, or send it with client.upload_file: a .py file, or a package as a .zip"
        raise RuntimeError(f"the cluster's workers have no module {error.name!r}; {how}") from error


def _watch_cluster(client, done, patience=30):
    """Close the client, which cancels what it waits for, once there was no worker for patience seconds."""
    deadline = time.monotonic() + patience
    while not done.wait(1):
        if client.status == "running" and client.scheduler_info()["workers"]:
            deadline = time.monotonic() + patience
        if time.monotonic() > deadline:
            return client.close()


def _one_run(loop, dataset, split, strategy, seed, name):
    """One job, with a stream of chance of its own by split and strategy."""
    random_state = np.random.SeedSequence([*seed, zlib.crc32(name.encode())])
    return loop(dataset, split, strategy, random_state=random_state)


def curves_of(histories):
    """Turn histories into a tidy table.

    histories: dict (strategy, split) -> History, of run_histories
    returns: DataFrame with columns strategy, split, n_labels, accuracy; one row a round
    """
    frames = [
        pd.DataFrame({"strategy": name, "split": split, "n_labels": run.n_labels, "accuracy": run.accuracy})
        for (name, split), run in histories.items()
    ]
    return pd.concat(frames, ignore_index=True)


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
