"""Run jobs here, on processes of this machine or on a cluster; every wait has an end, whatever dies.

Not here: what the jobs are (study.py).
"""

import os
import pickle
import threading
import time
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from itertools import chain, islice, repeat

import joblib
from joblib.parallel import BACKENDS, get_active_backend

from active_learning._workers import serve

START = 2.0  # seconds: about what it takes until workers have started


def run_jobs(jobs, n_jobs, *, needed, total=None, together=1, in_order=True, advice=""):
    """Yield the results of jobs; jobs that would end before workers have started run in this process.

    Parameters
    ----------
    jobs : iterable of joblib.delayed calls
    n_jobs : int
        Processes.
    needed : object
        What the jobs are made of, which the workers of a cluster must be able to import.
    total : int or None
        How many jobs there are; None, if they should not run here.
    together : int
        How many jobs a process gets at a time.
    in_order : bool
        Whether a result waits for those of the jobs before it.
    advice : str
        The last part of the error when the work dies: how what is done can be of use.

    Yields
    ------
    object
        The result of each job.

    Raises
    ------
    RuntimeError
        If the processes or the cluster die; it never hangs.
    """
    backend, padding = get_active_backend()[0], 0
    if total is not None and n_jobs != 1 and isinstance(backend, BACKENDS["loky"]):
        jobs, done = iter(jobs), 0
        for done, result in enumerate(_run_here(jobs, total), 1):  # noqa: B007
            yield result
        if done == total:
            return
        padding = done % together if in_order else 0  # so that a process gets the jobs that share most
        jobs = chain(repeat(joblib.delayed(_nothing)(), padding), jobs)
    yield from islice(_run_there(jobs, n_jobs, backend, needed, together, in_order, advice), padding, None)


def _run_here(jobs, total):
    """Yield the results of jobs while those left seem to take less time than workers need to start."""
    start = time.perf_counter()
    for done, (function, args, settings) in enumerate(jobs, 1):
        yield function(*args, **settings)
        if (time.perf_counter() - start) / done * (total - done) > START:
            return


def _nothing():
    """Stand for a job that is done."""


def _run_there(jobs, n_jobs, backend, needed, together, in_order, advice):
    """Yield the results of jobs on processes or on the cluster of the backend."""
    client, done = getattr(backend, "client", None), threading.Event()
    if client is not None:  # of a dask cluster
        _check_imports(client, needed)
        backend.submit = _reporting_failure(partial(type(backend).submit, backend))
        threading.Thread(target=_watch_cluster, args=(client, done), daemon=True).start()
    settings, gone = dict(n_jobs=n_jobs, batch_size=together), _cluster_errors(client)
    settings |= dict(return_as="generator" if in_order else "generator_unordered")
    if isinstance(backend, BACKENDS["loky"]):
        settings |= dict(initializer=serve, initargs=(os.getpid(),))
    try:
        yield from joblib.Parallel(**settings)(jobs)
    except BrokenProcessPool as error:
        raise RuntimeError(_killed("a worker process was", "jobs (n_jobs, --jobs)", advice)) from error
    except gone as error:
        if not isinstance(error, CancelledError):
            raise RuntimeError(_killed("one worker after another was", "threads a worker", advice)) from error
        raise RuntimeError("the cluster went away, or all its workers did, and the work with it") from error
    finally:
        done.set()


def _killed(what, fewer, advice):
    """Why the work died with the process that it ran on, and what helps."""
    why = f"{what} killed, perhaps for want of memory, and the work with it"
    helps = f"fewer {fewer} need less memory, and so do fewer rows or columns"
    return "; ".join(filter(None, [why, helps, advice]))


def _cluster_errors(client):
    """What is raised when a cluster, or each worker that takes up a job, dies."""
    if client is None:
        return (CancelledError,)
    from distributed.scheduler import KilledWorker

    return CancelledError, KilledWorker


def _reporting_failure(submit):
    """A dask backend's submit that reports a failed task to joblib, which would wait for it without end."""

    def submit_and_tell(job, callback=None):
        result = submit(job, callback)
        result.add_done_callback(lambda done: done.exception() and callback(done.exception()))
        return result

    return submit_and_tell


def _within(seconds, function, *args):
    """What function(*args) returns; TimeoutError if it takes longer, as on a cluster that hangs."""
    answer = Future()

    def ask():
        try:
            answer.set_result(function(*args))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return answer.result(seconds)


def _check_imports(client, needed, timeout=60):
    """Raise RuntimeError, where a job would hang, if a worker lacks a module that the jobs need."""
    from distributed.protocol.pickle import dumps

    try:
        _within(timeout, client.run, pickle.loads, dumps(needed))
    except ModuleNotFoundError as error:
        advice = "install it there, or send it with client.upload_file: a .py file, or a package as a .zip"
        raise RuntimeError(f"the cluster's workers have no module {error.name!r}; {advice}") from error
    except OSError as error:  # TimeoutError among them
        raise RuntimeError(f"the cluster does not answer: {str(error) or f'{timeout} s passed'}") from error


def _watch_cluster(client, done, timeout=30):
    """Close the client, which cancels what it waits for, once there was no worker for timeout seconds."""
    deadline = time.monotonic() + timeout
    while not done.wait(1):
        with suppress(OSError):  # no answer, and TimeoutError
            if client.status == "running" and _within(timeout, client.scheduler_info)["workers"]:
                deadline = time.monotonic() + timeout
        if time.monotonic() > deadline:
            return client.close()
