"""The command `label` at a terminal of its own: keys, undo, hostile texts, Ctrl-C, and no terminal at all."""

import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from examples import run

import al_helpers as al

pty = pytest.importorskip("pty")
import fcntl  # noqa: E402
import struct  # noqa: E402
import termios  # noqa: E402

ROOT = Path(__file__).parents[2]
TEXTS = [
    "delivery late\nvery \x1b[31mred",
    "退款 please \u202egnp.exe",
    "<b>bold</b>",
    "посылка потеряна",
    "a\tb",
]
ROWS = pd.DataFrame({"text": [f"{TEXTS[i % 5]} {i}" for i in range(30)], "n": range(30)})
ROWS["y"] = ["yes", "no"] * 2 + [""] * 26


class Screen:
    """A terminal that runs the command, what it has shown, and keys to press."""

    def __init__(self, folder, *options, columns=80):
        self.own, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.settings = termios.tcgetattr(inside)
        command = [sys.executable, "-m", "active_learning.cli.main", "label", "my.csv", *options]
        env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
        streams = dict(stdin=inside, stdout=inside, stderr=inside)
        self.process = subprocess.Popen(command, cwd=folder, env=env, start_new_session=True, **streams)
        self.inside, self.shown, self.at = inside, "", 0

    def expect(self, pattern, patience=120):
        """Wait until something new is shown; what was shown up to there."""
        until = time.monotonic() + patience
        while not (found := re.compile(pattern).search(self.shown, self.at)):
            assert time.monotonic() < until, self.shown
            if select.select([self.own], [], [], 0.2)[0]:
                self.shown += os.read(self.own, 65536).decode(errors="replace")
        part, self.at = self.shown[self.at : found.end()], found.end()
        return part

    def press(self, keys, pattern):
        """Press keys when they are waited for, and wait for what follows."""
        until = time.monotonic() + 60
        while termios.tcgetattr(self.inside)[3] & termios.ICANON and "\r" not in keys:
            assert time.monotonic() < until
            time.sleep(0.005)
        os.write(self.own, keys.encode())
        return self.expect(pattern)

    def end(self):
        code = self.process.wait(60)
        restored = termios.tcgetattr(self.inside) == self.settings
        os.close(self.own)
        os.close(self.inside)
        return code, restored


@pytest.fixture
def folder(tmp_path):
    ROWS.to_csv(tmp_path / "my.csv", index=False)
    return tmp_path


def test_rows_are_labelled_by_keys_in_a_narrow_terminal(folder):
    screen = Screen(folder, "--label-column", "y", "-n", "4", columns=20)
    first = screen.expect(r"row 1 of 4, 0 saved[\s\S]*\[1\] no  \[2\] yes\r\n> ")
    assert "keys: s skip" in first and "audit" not in first
    screen.press("2", r"row 2 of 4, 1 saved[\s\S]*> ")
    screen.press("s", r"row 3 of 4, 2 saved[\s\S]*> ")
    screen.press("z", r"row 2 of 4, 1 saved[\s\S]*> ")
    screen.press("\x1b[A", r"keys:[\s\S]*> ")  # an arrow
    screen.press("122", r"keys:[\s\S]*> ")  # pasted
    screen.press("a", "new class: ")
    screen.press("Yes\r", r"nearly equals yes[^\n]*")
    screen.press("y", r"\[3\] Yes[\s\S]*> ")
    screen.press("3", r"row 3 of 4, 2 saved[\s\S]*> ")
    screen.press("1", r"row 4 of 4[\s\S]*> ")
    screen.press("u", r"4 of 4 rows are done, and saved[\s\S]*> ")
    screen.press("n", r"row 1 of 4, 0 saved[\s\S]*> ")
    screen.press("\x03", r"Saved in my.csv.labels.csv: 4 answers")
    assert screen.end() == (0, True)
    said = al.LabelLog(folder / "my.csv.labels.csv").events().query("event != 'suggested'")
    assert said["event"].tolist() == ["labelled", "skipped", "undone", "labelled", "labelled", "unsure"]
    assert said["label"].tolist() == ["yes", "", "", "Yes", "no", ""]


def test_hostile_texts_are_shown_as_text(folder):
    screen = Screen(folder, "--label-column", "y", "-n", "26")
    screen.expect(r"row 1 of 26[\s\S]*\n> ")
    for row in range(2, 10):
        screen.press("1", rf"row {row} of 26[\s\S]*\n> ")
    screen.press("q", "9?8? answers|8 answers")
    screen.end()
    assert "\x1b" not in screen.shown and "\u202e" not in screen.shown
    assert {r"\x1b[31mred", r"\u202egnp.exe", "<b>bold</b>", "посылка"} <= set(
        re.split(r"[ \r\n]", screen.shown)
    )


def test_without_a_terminal_it_says_what_to_do(folder, capsys):
    code, out, err = run(capsys, "label", folder / "my.csv", "--label-column", "y")
    assert code == 2 and out == "" and "asks in a terminal" in err
    assert not (folder / "my.csv.labels.csv").exists()
