"""Claims about interruption, on real processes as a user starts them: they end, all of them, at once."""

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
from processes import COMMAND, LONG, end_of, session, start, wait_until, workers_run

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")


def at_random(process):
    """Wait until the command minds signals, and a while: it imports, or its workers start, or they run."""
    assert wait_until(lambda: len(session(process.pid)) > 1, 30)
    time.sleep(random.uniform(0, 2))


@pytest.mark.parametrize(
    ("study", "threads", "wait"),
    [
        ("fast", 1, workers_run),
        ("slow", None, at_random),
        pytest.param("fast", None, at_random, marks=pytest.mark.slow),
        pytest.param("slow", 1, at_random, marks=pytest.mark.slow),
        pytest.param("slow", None, workers_run, marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_ends_the_command_at_once_with_130_and_silence(study, threads, wait):
    process = start([*COMMAND, *LONG[study], "--jobs", "2"], threads)
    wait(process)
    assert end_of(process, signal.SIGINT, group=True) == (130, "", "")


@pytest.mark.parametrize(
    ("number", "code", "wait"), [(signal.SIGTERM, 143, at_random), (signal.SIGKILL, -9, workers_run)]
)
def test_no_worker_outlives_its_parent(number, code, wait):
    process = start([*COMMAND, *LONG["slow"], "--jobs", "2"])
    wait(process)
    assert end_of(process, number) == (code, "", "")


def test_no_process_that_the_command_starts_holds_its_stdout():
    """A worker that starts as its parent ends prints a traceback there: the code is joblib's."""
    process = start([*COMMAND, *LONG["fast"], "--jobs", "2"])
    assert workers_run(process)
    started = [pid for pid in session(process.pid) if pid != process.pid]
    assert {os.readlink(f"/proc/{pid}/fd/1") for pid in started} == {os.devnull}
    assert end_of(process, signal.SIGTERM) == (143, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("threads", [None, 1])
@pytest.mark.parametrize("study", LONG)
def test_ctrl_c_at_any_moment_ends_the_command(study, threads, jobs):
    """Forty times each, from the first import on."""
    for _ in range(40):
        process = start([*COMMAND, *LONG[study], "--jobs", str(jobs)], threads)
        time.sleep(random.uniform(0.3, 3))
        assert end_of(process, signal.SIGINT, group=True) == (130, "", "")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
@pytest.mark.parametrize("study", LONG)
def test_no_worker_outlives_its_parent_at_any_moment(study, number, code):
    for _ in range(20):
        process = start([*COMMAND, *LONG[study], "--jobs", "2"])
        time.sleep(random.uniform(0.3, 3))
        assert end_of(process, number) == (code, "", "")


LIBRARY = """
import al_helpers as al
try:
    al.run_study(al.load_dataset("digits"), "badge", n_splits=500, n_jobs=2)
except KeyboardInterrupt:
    print("interrupted; the next study:")
    print(len(al.run_study(al.load_dataset("iris"), "random", n_splits=2, budget=10, n_jobs=2)))
"""


def test_ctrl_c_raises_in_a_program_that_goes_on_and_its_workers_print_nothing():
    process = start([sys.executable, "-c", LIBRARY])
    assert workers_run(process)
    time.sleep(0.5)
    code, out, err = end_of(process, signal.SIGINT, group=True, seconds=60)
    assert (code, out.split()[-1], err) == (0, "4", "")


def test_importing_the_command_leaves_the_signals_as_they_are():
    code = "import signal, al_helpers; from active_learning.cli.main import main; main(['--splits', '1', "
    code += "'--dataset', 'iris', '--budget', '8', '--jobs', '1']); print(signal.pthread_sigmask(0, []), "
    code += "signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    out, _ = start([sys.executable, "-c", code]).communicate(timeout=60)
    assert out.decode().splitlines()[-1] == "set() True"
