"""Jobs on the processes of this machine or on a cluster: every wait has an end, whatever dies meanwhile.

Here: what becomes of the work if a worker, all workers or the cluster go away. Not here: what the jobs are.
"""

import os
import pickle
import threading
import time
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial

import joblib
from joblib.parallel import BACKENDS, get_active_backend

from active_learning._workers import serve


def run_jobs(jobs, n_jobs, *, needed, together=1, in_order=True, go_on=""):
    """Yield the jobs' results; RuntimeError, never a hang, if what runs them dies.

    jobs: iterable of joblib.delayed calls; n_jobs: processes
    needed: what the jobs are made of, which a cluster's workers must be able to import
    together: how many jobs a process is sent at a time
    in_order: whether a result waits for those of the jobs before it
    go_on: str, what the error says last: how the work that is done can be of use
    """
    backend, done = get_active_backend()[0], threading.Event()
    client = getattr(backend, "client", None)
    if client is not None:  # of a dask cluster
        _check_imports(client, needed)
        backend.submit = _told_of_failure(partial(type(backend).submit, backend))
        threading.Thread(target=_watch_cluster, args=(client, done), daemon=True).start()
    settings, gone = dict(n_jobs=n_jobs, batch_size=together), _cluster_errors(client)
    settings |= dict(return_as="generator" if in_order else "generator_unordered")
    if isinstance(backend, BACKENDS["loky"]):
        settings |= dict(initializer=serve, initargs=(os.getpid(),))
    try:
        yield from joblib.Parallel(**settings)(jobs)
    except BrokenProcessPool as error:
        raise RuntimeError(_killed("a worker process was", "jobs (n_jobs, --jobs)", go_on)) from error
    except gone as error:
        if not isinstance(error, CancelledError):
            raise RuntimeError(_killed("one worker after another was", "threads a worker", go_on)) from error
        raise RuntimeError("the cluster went away, or all its workers did, and the work with it") from error
    finally:
        done.set()


def _killed(what, fewer, go_on):
    """Why the work died with the process that it ran on, and what helps."""
    why = f"{what} killed, perhaps for want of memory, and the work with it"
    advice = f"fewer {fewer} need less memory, and so do fewer rows or columns"
    return "; ".join(filter(None, [why, advice, go_on]))


def _cluster_errors(client):
    """What is raised when a cluster, or each worker that takes up a job, dies."""
    if client is None:
        return (CancelledError,)
    from distributed.scheduler import KilledWorker

    return CancelledError, KilledWorker


def _told_of_failure(submit):
    """A dask backend's submit that tells joblib of a job given up, which it would wait for without end."""

    def submit_and_tell(job, callback=None):
        result = submit(job, callback)
        result.add_done_callback(lambda done: done.exception() and callback(done.exception()))
        return result

    return submit_and_tell


def _within(seconds, function, *args):
    """What function(*args) returns; TimeoutError if it takes longer: who is frozen never answers."""
    answer = Future()

    def ask():
        try:
            answer.set_result(function(*args))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return answer.result(seconds)


def _check_imports(client, needed, patience=60):
    """Raise RuntimeError, where a job would hang, if a worker lacks a module that the jobs need."""
    from distributed.protocol.pickle import dumps

    try:
        _within(patience, client.run, pickle.loads, dumps(needed))
    except ModuleNotFoundError as error:
        how = "install it there, or send it with client.upload_file: a .py file, or a package as a .zip"
        raise RuntimeError(f"the cluster's workers have no module {error.name!r}; {how}") from error
    except OSError as error:  # TimeoutError among them
        raise RuntimeError(f"the cluster does not answer: {str(error) or f'{patience} s passed'}") from error


def _watch_cluster(client, done, patience=30):
    """Close the client, which cancels what it waits for, once there was no worker for patience seconds."""
    deadline = time.monotonic() + patience
    while not done.wait(1):
        with suppress(OSError):  # no answer, and TimeoutError
            if client.status == "running" and _within(patience, client.scheduler_info)["workers"]:
                deadline = time.monotonic() + patience
        if time.monotonic() > deadline:
            return client.close()
