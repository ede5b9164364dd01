"""The processes that a study runs on: they end when the process that started them does, however it ends.

Here: what runs in a worker from its first moment, who clears up after it, and how all are killed at once.
Not here: their jobs.
"""

import multiprocessing.resource_tracker
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path


def serve(home):
    """Set up a worker: Ctrl-C is the business of the process home, whose end is also the end of this one.

    home: the id of the process that started this one; one that was killed could not end its workers itself
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # else each worker prints a traceback
    threading.Thread(target=_end_with, args=(home,), daemon=True).start()


def _end_with(home):
    while os.getppid() == home:  # a child whose parent died gets another
        time.sleep(0.5)
    os._exit(1)


def start_trackers():
    """Start the processes that clear up shared memory after our end, before there is any to be left."""
    from joblib.externals.loky.backend import resource_tracker

    multiprocessing.resource_tracker.ensure_running()
    resource_tracker.ensure_running()


def kill_workers():
    """Kill the processes that this one started, waiting for nothing: what holds a lock may never let go."""
    for process in multiprocessing.active_children():
        with suppress(OSError):  # it ended by itself
            os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def clear_memory():
    """Remove the semaphores of joblib that a signal left before a tracker heard of them."""
    for path in Path("/dev/shm").glob(f"sem.loky-{os.getpid()}-*"):  # on Linux; elsewhere they are no files
        path.unlink(missing_ok=True)
