"""Claims about the command as a process: exit codes, streams, pipes, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest
from examples import QUICK, mixed_table, run_quick

import al_helpers as al
from active_learning.models.registry import CLASSIFIERS

ROOT = Path(__file__).parents[2]


DEFAULT = [*al.CLASSIC, al.RECOMMENDED]


ENV = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def shell(line):
    settings = dict(stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return subprocess.run(line, shell=True, env=ENV, cwd=ROOT, **settings)


def test_installed_command_prints_its_version():
    result = shell(f"{Path(sys.executable).with_name('active-learning')} --version")
    if result.returncode == 127:
        pytest.skip("the command is not installed")
    assert result.stdout.split() == ["active-learning", al.__version__]


def test_same_seed_gives_the_same_bytes_in_another_process_with_other_jobs(capsys):
    one = run_quick(capsys, "--json")[1]
    result = shell(f"{sys.executable} -m al_helpers {' '.join(QUICK)} --json --jobs 2")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == one != ""
    other = run_quick(capsys, "--json", "--seed", "1")[1]
    assert json.loads(one)["strategies"] != json.loads(other)["strategies"]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--strategies", "magic"], ["magic", "least_confidence", "margin", "entropy"]),
        (["--classifier", "forest"], ["forest", *CLASSIFIERS]),
        (["--classifier", "svm", "--strategies", "all"], ["least_confidence", "SVC", "fit: random, margin,"]),
        (["--dataset", "mnist"], ["mnist", "digits", "synthetic"]),
        (["--target-acc", "0"], ["(0, 1]", "0"]),
        (["--target-acc", "90"], ["(0, 1]", "90", "0.9"]),
        (["--target-acc", "nan"], ["(0, 1]", "nan"]),
        (["--target-acc", "high"], ["--target-acc", "high"]),
        (["--batch", "0"], ["batch", "at least 1", "0"]),
        (["--batch", "2.5"], ["--batch", "2.5"]),
        (["--budget", "5"], ["budget", "6", "5"]),
        (["--splits", "0"], ["splits", "at least 1", "0"]),
        (["--hold", "0"], ["hold", "at least 1", "0"]),
        (["--jobs", "0"], ["jobs", "0"]),
        (["--seed", "-1"], ["at least 0", "-1"]),
        (["--colour"], ["--colour"]),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_exit_2(capsys, options, names):
    code, out, err = run_quick(capsys, *options)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and err.endswith("\n")
    assert all(name in err for name in names), err


def test_bad_input_is_found_before_any_work_is_done(capsys):
    started = time.perf_counter()
    for bad in (["--target-acc", "2"], ["--strategies", "magic"], ["--hold", "0"], ["--batch", "0"]):
        assert run_quick(capsys, "--dataset", "digits", "--splits", "100", *bad)[0] == 2
    assert time.perf_counter() - started < 5


def test_json_pipes_into_json_tool_and_head_closes_the_pipe_quietly():
    command = f"{sys.executable} -m al_helpers {' '.join(QUICK)} --splits 1 --strategies random"
    lines = [
        f"{command} --json | {sys.executable} -m json.tool",
        f"bash -o pipefail -c '{command} --json | head -1'",
    ]
    with ThreadPool(2) as pool:
        piped, closed = pool.map(shell, lines)
    assert (piped.returncode, piped.stderr) == (0, "")
    assert (closed.returncode, closed.stdout, closed.stderr) == (0, "{\n", "")


START = """
import sys
from active_learning.cli.main import command
print("ready", flush=True)
sys.argv[1:] = ["--splits", "500", "--jobs", sys.argv[1]]
sys.exit(command())
"""


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "after"), [("2", 0.5), ("2", 3.0)])  # seconds: workers starting, at work
def test_ctrl_c_ends_at_once_with_130_and_no_traceback(jobs, after):
    command = [sys.executable, "-c", START, jobs]
    pipes = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process = subprocess.Popen(command, env=ENV, cwd=ROOT, start_new_session=True, **pipes)
    assert process.stdout.readline() == "ready\n"
    time.sleep(after)
    pressed = time.perf_counter()
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.perf_counter() - pressed < 3
    assert (out, err) == ("", "")


def test_command_in_a_process_of_its_own_warns_in_one_line(csv_path):
    frame = mixed_table()
    frame.loc[0, "label"] = "No "
    frame.to_csv(csv_path, index=False)
    line = [sys.executable, "-m", "al_helpers", "suggest", csv_path, "--label-column", "label"]
    env = os.environ | {"PYTHONPATH": os.path.dirname(al.__file__), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        line, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, timeout=120
    )
    assert done.returncode == 0 and "colour" in done.stdout
    assert done.stderr.count("\n") == 1 and "'No ' / 'no'" in done.stderr
