"""Claims about plugs that are pulled in the middle of each command: one line, an exit code, and no file lost.

Those on signals and workers that outlive their parent are in test_workers, those on clusters in test_cluster.
"""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest
from examples import mixed_table
from processes import COMMAND, LONG, end_of, left_in_memory, session, start, wait_until, workers_run

import al_helpers as al
from active_learning.datasets import openml

ENV = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
TABLE = ["--label-column", "label", "--id-column", "id"]
QUICK = ["--dataset", "iris", "--splits", "3", "--budget", "12", "--strategies", "margin", "--jobs", "1"]
STUDY = ["--splits", "3", "--jobs", "1", "--strategies", "margin"]
COMMANDS = {
    "table": QUICK,
    "json": [*QUICK, "--json"],
    "checkpoint": [*QUICK, "--checkpoint", "kept.sqlite"],
    "study": ["study", "mine.csv", *TABLE, *STUDY],
    "forecast": ["forecast", "mine.csv", *TABLE],
    "suggest": ["suggest", "mine.csv", *TABLE, "-n", "3"],
    "add": ["add", "mine.csv", "filled.csv", *TABLE],
    "export": ["export", "mine.csv", *TABLE, "--output", "merged.csv"],
}
WRITING = {
    "checkpoint": ["kept.sqlite"],
    "suggest": ["mine.csv.job.json", "mine.csv.labels.csv", "mine.csv.next.csv"],
    "add": ["mine.csv.job.json", "mine.csv.labels.csv"],
    "export": ["merged.csv"],
}
FAST = {"suggest"}  # prints and writes; each of the others takes as long again


def each(names):
    return [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.fixture
def folder(tmp_path):
    """A folder with a table, and labels for two of its rows."""
    frame = mixed_table()
    frame.to_csv(tmp_path / "mine.csv", index=False)
    frame[["id", "label"]].iloc[20:22].assign(label="yes").to_csv(tmp_path / "filled.csv", index=False)
    return tmp_path


def run(name, folder, plug=None, *more, **pipes):
    """(exit code, stdout, stderr) of a command in that folder, after plug() in its process."""
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) | pipes
    process = subprocess.Popen(
        [*COMMAND, *COMMANDS[name], *more],
        env=ENV,
        cwd=folder,
        preexec_fn=plug,
        start_new_session=True,
        **pipes,
    )
    out, err = (None if text is None else text.decode() for text in process.communicate(timeout=120))
    assert wait_until(lambda: not session(process.pid), 5), "processes are left"
    return process.returncode, out, err


def assert_one_line(found, code, *said):
    returned, _, err = found
    assert (returned, err.count("\n")) == (code, 1) and "Traceback" not in err, found
    assert all(word in err for word in said), err


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", each(COMMANDS))
def test_disk_that_is_full_behind_stdout_is_one_line(folder, name):
    before = contents(folder)
    with open("/dev/full", "wb") as full:
        assert_one_line(run(name, folder, stdout=full), 2, "could not be printed: No space left on device")
    new = contents(folder)
    assert {file: new.pop(file) for file in before} == before
    assert sorted(new) == WRITING.get(name, [])  # what was written is whole, and nothing else is there


@pytest.mark.parametrize("name", each(COMMANDS))
def test_reader_that_left_is_no_error(folder, name):
    read, written = os.pipe()
    os.close(read)
    assert run(name, folder, stdout=written) == (0, None, "")
    os.close(written)


@pytest.mark.parametrize("name", each(COMMANDS))
def test_streams_that_are_closed_are_no_error(folder, name):
    def close():
        for number in (0, 1, 2):
            os.close(number)

    assert run(name, folder, close) == (0, "", "")
    assert all((folder / file).stat().st_size > 50 for file in WRITING.get(name, []))


@pytest.mark.parametrize("name", each(WRITING))
def test_disk_that_is_full_under_a_file_is_one_line_and_leaves_the_old_one(folder, name):
    more = ["--force"] * (name == "export")
    if name == "export":
        (folder / "merged.csv").write_text("id,label\nold,old\n")
    before = contents(folder)

    def fill():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))  # bytes in a file

    assert_one_line(run(name, folder, fill, *more), 2, WRITING[name][1 if name in ("suggest", "add") else 0])
    assert contents(folder) == before  # no partial file either


@pytest.mark.parametrize("kept", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_worker_that_is_killed_for_want_of_memory_ends_in_advice(tmp_path, kept):
    options = [*LONG["slow"], "--jobs", "2", *(["--checkpoint", str(tmp_path / "kept.sqlite")] * kept)]
    process = start([*COMMAND, *options])
    assert workers_run(process)
    workers = [pid for pid in session(process.pid) if "LokyProcess" in command_line(pid)]
    os.kill(workers[0], signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert_one_line((process.returncode, out, err.decode()), 1, "worker process was killed", "want of memory")
    assert out == b"" and b"fewer jobs (n_jobs, --jobs) need less memory" in err
    assert (b"the same call goes on from there" in err) == kept
    assert wait_until(lambda: not session(process.pid) and not left_in_memory(process.pid), 5)


def command_line(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode()


@pytest.mark.slow
def test_checkpoint_of_a_study_whose_worker_was_killed_goes_on(tmp_path):
    options = ["--dataset", "digits", "--splits", "6", "--budget", "60", "--json"]
    options += ["--checkpoint", str(tmp_path / "kept.sqlite")]
    process = start([*COMMAND, *options, "--jobs", "2"])
    assert workers_run(process)
    os.kill(next(pid for pid in session(process.pid) if "LokyProcess" in command_line(pid)), signal.SIGKILL)
    assert process.wait(60) == 1
    whole = subprocess.run([*COMMAND, *options[:-2]], env=ENV, capture_output=True, check=True).stdout
    again = subprocess.run([*COMMAND, *options], env=ENV, capture_output=True, check=True).stdout
    assert json.loads(again) == json.loads(whole)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["suggest", "add", "export", "forecast", "study"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_in_the_middle_leaves_the_files_as_they_were(folder, name, number):
    before = contents(folder)
    for after in (0.3, 0.6, 1.0, 1.5, 2.0):
        process = start([*COMMAND, *COMMANDS[name]], cwd=folder)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            # -number, which a shell calls 128 + number too: Python's handlers are gone once it winds up
            assert end_of(process, number)[0] in (128 + number, -number, 0)
        left = contents(folder)
        assert {file: left.pop(file) for file in before} == before
        assert set(left) <= {*WRITING.get(name, [])} | {file for file in left if file.endswith(".partial")}
        for file in left:
            (folder / file).unlink()


def test_server_that_says_nothing_is_given_up(monkeypatch, tmp_path):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.setattr(openml, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr("sklearn.datasets._openml.urlopen", lambda *_, **__: urlopen(address))
        with pytest.raises(OSError, match=r"openml:pets could not be had .*timed out"):
            al.load_dataset("openml:pets")
    assert socket.getdefaulttimeout() is None
