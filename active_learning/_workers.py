"""Worker processes that end when the process that started them ends, however it ends.

Not here: the jobs that they run (study.parallel).
"""

import multiprocessing.resource_tracker
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path


def serve(home):
    """Set up a worker: it ignores Ctrl-C, and ends when the process whose id is home does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # else each worker prints a traceback
    threading.Thread(target=_end_with, args=(home,), daemon=True).start()


def _end_with(home):
    while os.getppid() == home:  # a child whose parent died gets another
        time.sleep(0.5)
    os._exit(1)


def start_trackers():
    """Start the processes that clear up shared memory after our end."""
    from joblib.externals.loky.backend import resource_tracker

    multiprocessing.resource_tracker.ensure_running()
    resource_tracker.ensure_running()


def kill_workers():
    """Kill the processes that this one started, without waiting for a lock that one of them may hold."""
    for process in multiprocessing.active_children():
        with suppress(OSError):  # it ended by itself
            os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def clear_memory():
    """Remove joblib's semaphores that a signal left behind."""
    for path in Path("/dev/shm").glob(f"sem.loky-{os.getpid()}-*"):  # on Linux; elsewhere they are not files
        path.unlink(missing_ok=True)
