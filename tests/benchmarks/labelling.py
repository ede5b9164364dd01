"""What five rounds of ten labels cost a person, by each way to label: commands, files, keys, clicks, waiting.

    python tests/benchmarks/labelling.py [ROWS] [COLUMNS]

Each way is done to its end on a made table, by the code that the person would run, and the 50 labels must be
in the log. Keys are those of the labels and of the commands' own prompts; a file that is opened or saved in a
spreadsheet is a click. Waiting is the time of the program by the clock, in which a person can do nothing.
"""

import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from active_learning.cli import label as terminal
from active_learning.cli.main import main as command
from active_learning.labelling.session import Session
from active_learning.labelling.showing import class_keys
from active_learning.labelling_cell import Cell
from active_learning.tables.label_log import LabelLog

ROUNDS, BATCH = 5, 10
SAID = ["--label-column", "y", "--id-column", "id", "--classes", "yes,no"]


def table(folder, n_rows, n_columns):
    """Write the table without labels; its true classes by id."""
    X = np.random.default_rng(0).normal(size=(n_rows, n_columns)).round(4)
    frame = pd.DataFrame(X).add_prefix("x")
    frame.insert(0, "id", [f"r{i}" for i in range(n_rows)])
    frame.to_csv(folder / "my.csv", index=False)
    return pd.Series(np.where(X[:, 0] > 0, "yes", "no"), index=frame["id"])


def by_files(folder, truth):
    """Suggest, fill in with a spreadsheet, add."""
    cost, path, asked = (
        dict(commands=0, keys=0, clicks=0, waiting=0.0),
        folder / "my.csv",
        f"{folder}/my.csv.next.csv",
    )

    def run(*options):
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            assert command([*map(str, options)]) == 0
        cost["waiting"] += time.perf_counter() - start
        cost["commands"] += 1

    for number in range(ROUNDS):
        run("suggest", path, *(SAID if number == 0 else []))
        rows = pd.read_csv(asked, dtype=str, keep_default_na=False)
        rows["y"] = truth[rows["id"]].to_numpy()
        rows.to_csv(asked, index=False)
        cost["keys"] += sum(len(label) + 1 for label in rows["y"])  # and Enter
        cost["clicks"] += 2
        run("add", path, asked)
    return cost


def by_cell(folder, truth):
    """One call in a notebook, one key per label, and one for the next rows."""
    cost = dict(commands=1, keys=0, clicks=0, waiting=0.0)
    start = time.perf_counter()
    cell = Cell(Session(folder / "my.csv", n=BATCH, label_column="y", id_column="id", classes=["yes", "no"]))
    for number in range(ROUNDS):
        if number:
            start = time.perf_counter()
            cell.act({"token": cell.state()["token"], "do": "next"})
            cell.wait()
            cost["keys"] += 1
        cost["waiting"] += time.perf_counter() - start
        for row in cell.session.rows:
            at = cell.session.classes.index(truth.iloc[row])
            cell.act({"token": cell.state()["token"], "do": "answer", "index": at})
            cost["keys"] += 1
        cell.wait()  # for the score, which a person need not wait for
    return cost


def by_terminal(folder, truth):
    """One command, one key per label, and one for the next rows; q ends."""
    cost, session = dict(commands=1, keys=0, clicks=0, waiting=0.0), None
    start = time.perf_counter()
    session = Session(folder / "my.csv", n=BATCH, label_column="y", id_column="id", classes=["yes", "no"])
    keys = {name: key for key, name in class_keys(session.classes).items()}

    def press():
        cost["waiting"] += time.perf_counter() - press.since
        done = len(session.log.labels()) >= ROUNDS * BATCH
        key = "q" if done else "n" if session.current is None else keys[truth.iloc[session.current]]
        cost["keys"] += 1
        press.since = time.perf_counter()
        return key

    press.since, before, terminal.read_key = start, terminal.read_key, press
    try:
        asked = terminal.Terminal(session)
        with contextlib.redirect_stdout(io.StringIO()):
            while asked.go_on():
                pass
    finally:
        terminal.read_key = before
    return cost


def by_spreadsheet(folder, truth):
    """The first 50 rows in a spreadsheet, without any advice: which rows to label, how good, when to stop."""
    path = folder / "my.csv"
    frame = pd.read_csv(path, dtype=str)
    labels = truth.iloc[: ROUNDS * BATCH]
    frame.assign(y=labels.reindex(frame["id"]).to_numpy()).to_csv(path, index=False)
    return dict(commands=0, keys=sum(len(label) + 1 for label in labels), clicks=2, waiting=0.0)


def main(n_rows=1000, n_columns=20):
    """Print one line per way."""
    for way in (by_files, by_terminal, by_cell, by_spreadsheet):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            cost = way(folder, table(folder, n_rows, n_columns))
            files = sorted(path.name for path in folder.iterdir() if path.name != "my.csv")
            done = len(LabelLog(folder / "my.csv.labels.csv").labels())
            assert done == (ROUNDS * BATCH if files else 0)
            cost["waiting"] = f"{cost['waiting']:.1f} s"
            print(f"{way.__name__:15} {cost}, {len(files)} files beside the table")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
