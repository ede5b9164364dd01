"""Every answer that was said to be saved is there, whenever the process is killed."""

import multiprocessing
import os
import signal

import numpy as np
import pandas as pd
import pytest

import al_helpers as al

fork = multiprocessing.get_context("fork") if os.name == "posix" else None
pytestmark = pytest.mark.skipif(fork is None, reason="needs fork")


def answer_for_ever(path, first, said):
    """Append one answer after the other, and say each that is saved."""
    log, i = al.LabelLog(path), first
    while True:
        log.append([{"event": "labelled", "id": str(i), "label": 'a "label",\nof two lines'}])
        said.send(i)
        i += 1


def test_thirty_kills_lose_no_answer_that_was_said_to_be_saved(tmp_path):
    path, rng, saved = tmp_path / "my.csv.labels.csv", np.random.default_rng(0), set()
    for kill in range(30):
        hear, said = fork.Pipe(duplex=False)
        process = fork.Process(target=answer_for_ever, args=(path, 1000 * kill, said))
        process.start()
        said.close()
        process.join(rng.uniform(0.005, 0.08))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        try:
            while True:
                saved.add(str(hear.recv()))
        except EOFError:
            pass
        if path.exists():
            assert saved <= set(al.LabelLog(path).labels().index)
    assert len(saved) > 30
    written = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert saved <= set(written["id"])


def write_half_a_line(path):
    """Die in the middle of a write, as a machine that loses its power does."""
    with open(path, "ab") as file:
        file.write(b'labelled,z,,"half a la')
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_line_of_which_half_was_written_costs_no_other(tmp_path):
    log = al.LabelLog(tmp_path / "my.csv.labels.csv")
    for row in ("p", "q", "r"):
        log.append([{"event": "labelled", "id": row, "label": "a"}])
        process = fork.Process(target=write_half_a_line, args=(log.path,))
        process.start()
        process.join()
    log.append([{"event": "labelled", "id": "s", "label": "a"}])
    assert set(log.labels().index) == {"p", "q", "r", "s"}
    assert log.events().attrs["notes"] == [
        "line 3, 5, 7 of my.csv.labels.csv cannot be read, and is left out"
    ]
