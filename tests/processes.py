"""Real processes of the command, as a user starts, watches and interrupts them (Linux)."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS = 5  # by then a worker has noticed that its parent is gone, and the trackers have cleaned up
COMMAND = [sys.executable, "-c", "from active_learning.cli.main import command; raise SystemExit(command())"]
LONG = {  # a study that would take minutes, of runs of about 5 ms and of about a second
    "fast": ["--dataset", "iris", "--splits", "20000", "--budget", "12", "--strategies", "random"],
    "slow": ["--dataset", "digits", "--splits", "500", "--budget", "300", "--strategies", "badge"],
}


def start(arguments, threads=None, **more):
    """The process, in a session of its own, in the environment of a user who set nothing."""
    env = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    env |= {"PYTHONPATH": str(ROOT)} | ({"OMP_NUM_THREADS": str(threads)} if threads else {})
    pipes = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    how = dict(env=env, start_new_session=True, preexec_fn=_heed_ctrl_c)
    return subprocess.Popen(arguments, **how, **pipes | more)


def _heed_ctrl_c():
    """Undo what tests that run in the background inherit: a shell lets them ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def session(leader):
    """The processes of a session that still run."""
    running = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, its_session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue  # it ended just now
        if int(its_session) == leader and state != "Z":
            running.append(int(folder.name))
    return running


def left_in_memory(leader):
    return [path.name for path in Path("/dev/shm").glob(f"*loky-{leader}-*")] + [
        path.name for path in Path("/dev/shm").glob(f"joblib_memmapping_folder_{leader}_*")
    ]


def wait_until(true, seconds):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def end_of(process, number, *, group=False, seconds=SECONDS):
    """(exit code, stdout, stderr) after a signal; nothing of the session may be left."""
    leader = process.pid
    try:
        (os.killpg if group else os.kill)(leader, number)
        out, err = process.communicate(timeout=seconds)
        assert wait_until(lambda: not session(leader), SECONDS), "processes are left"
        assert wait_until(lambda: not left_in_memory(leader), SECONDS), "shared memory is left"
        return process.returncode, out.decode(), err.decode()
    finally:
        for running in session(leader):
            os.kill(running, signal.SIGKILL)


def worked(number):
    """Processor seconds of a process so far."""
    try:
        times = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:
        return 0.0  # it ended just now
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def workers_run(process):
    """Wait until two workers are past their start, where Ctrl-C is not yet the business of their parent."""
    return wait_until(
        lambda: sum(worked(one) > 0.5 for one in session(process.pid) if one != process.pid) >= 2, 30
    )
