"""Files appear whole or not at all: killed writers, permissions, names that are taken."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import al_helpers as al
from active_learning.tables.table import read_table
from active_learning.tables.write import check_output, replacing

WRITER = """
import sys
import al_helpers as al
from active_learning.tables.table import read_table
table = read_table(sys.argv[1], "y")
merged = al.merge_labels(table, sys.argv[2])
print("ready", flush=True)
while True:
    al.write_table(merged, sys.argv[3], force=True)
"""


def kill_while_writing(folder, after):
    """Start a program that writes the merged table again and again; kill it after so many seconds."""
    command = [sys.executable, "-c", WRITER, *(folder / name for name in ("t.csv", "next.csv", "merged.csv"))]
    env = os.environ | {"PYTHONPATH": str(Path(al.__file__).parent)}
    writer = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "ready\n"
    time.sleep(after)
    writer.send_signal(signal.SIGKILL)
    writer.communicate(timeout=30)
    assert writer.returncode == -signal.SIGKILL


@pytest.mark.parametrize("kills", [1, pytest.param(30, marks=pytest.mark.slow)])
def test_no_file_is_torn_and_no_label_lost_by_a_kill_and_nothing_is_left_behind(tmp_path, kills):
    rows = [f"{i},{'text ' * 20},{'ab'[i % 2] if i < 10 else ''}\n" for i in range(20_000)]
    (tmp_path / "t.csv").write_text("n,text,y\n" + "".join(rows))
    (tmp_path / "next.csv").write_text("row,y\n15000,a\n")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    whole = ("n,text,y\n" + "".join(rows)).replace(rows[15000], rows[15000][:-1] + "a\n").encode()
    seconds, left = random.Random(0), 0
    for _ in range(kills):
        kill_while_writing(tmp_path, seconds.uniform(0.05, 0.5))
        left += len([*tmp_path.glob(".active-learning-*.partial")])
        assert not (tmp_path / "merged.csv").exists() or (tmp_path / "merged.csv").read_bytes() == whole
        assert {path: path.read_bytes() for path in before} == before
    print(f"{kills} kills, {left} unfinished files left and removed by the next write")
    table = read_table(tmp_path / "t.csv", "y")
    al.write_table(al.merge_labels(table, tmp_path / "next.csv"), tmp_path / "merged.csv", force=True)
    assert (tmp_path / "merged.csv").read_bytes() == whole
    assert sorted(os.listdir(tmp_path)) == ["merged.csv", "next.csv", "t.csv"]


def test_what_a_killed_program_left_is_removed_and_what_another_writes_is_not(tmp_path):
    (tmp_path / ".active-learning-0123.partial").write_text("half")
    with replacing(tmp_path / "a.csv", (), False) as first:
        first.write(b"a")
        assert len(os.listdir(tmp_path)) == 1  # its own
        with replacing(tmp_path / "b.csv", (), False) as second:
            second.write(b"b")
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "b.csv"]
    assert (tmp_path / "a.csv").read_bytes() == b"a"


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o660])
def test_a_replaced_file_keeps_its_permissions_and_nobody_else_sees_its_draft(tmp_path, mode):
    path = tmp_path / "a.csv"
    path.write_text("old")
    path.chmod(mode)
    with replacing(path, (), True) as file:
        (draft,) = tmp_path.glob(".active-learning-*")
        assert draft.stat().st_mode & 0o777 == mode
        file.write(b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", mode)


def test_a_new_file_has_the_permissions_that_new_files_have(tmp_path):
    (tmp_path / "plain").touch()
    with replacing(tmp_path / "a.csv", (), False) as file:
        file.write(b"a")
    assert (tmp_path / "a.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_written_through(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with replacing(tmp_path / "link.csv", (), True) as file:
        file.write(b"new")
    assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "real.csv").read_bytes() == b"new"


def test_a_name_taken_at_the_last_moment_is_kept_even_where_links_are_unknown(tmp_path, monkeypatch):
    path, rename = tmp_path / "a.csv", os.link

    def taken(source, target):
        path.write_text("precious")
        return rename(source, target)

    monkeypatch.setattr(os, "link", taken)
    with pytest.raises(FileExistsError, match=r"a\.csv'$"), replacing(path, (), False) as file:
        file.write(b"new")
    assert path.read_text() == "precious" and os.listdir(tmp_path) == ["a.csv"]
    path.unlink()
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "no links here")))
    with replacing(path, (), False) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new" and os.listdir(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("force", [False, True])
def test_a_name_that_an_input_took_meanwhile_is_kept(tmp_path, force):
    path, source = tmp_path / "a.csv", tmp_path / "input.csv"
    source.write_text("labels of a month")
    with pytest.raises(FileExistsError, match=r"a\.csv'$"), replacing(path, [source], force) as file:
        file.write(b"new")
        os.link(source, path)
    assert path.read_text() == source.read_text() == "labels of a month"
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "input.csv"]


def test_a_name_taken_while_the_file_was_written_is_kept_where_links_are_unknown(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "no links here")))
    with pytest.raises(FileExistsError, match=r"a\.csv'$"), replacing(tmp_path / "a.csv", (), False) as file:
        file.write(b"new")
        (tmp_path / "a.csv").write_text("precious")
    assert (tmp_path / "a.csv").read_text() == "precious" and os.listdir(tmp_path) == ["a.csv"]


@pytest.mark.skipif(not hasattr(os, "fchmod"), reason="folders cannot be opened on Windows")
def test_a_file_and_then_its_name_are_on_the_disk_at_the_end(tmp_path, monkeypatch):
    synced, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (synced.append(os.fstat(number).st_ino), fsync(number)))
    with replacing(tmp_path / "a.csv", (), False) as file:
        file.write(b"new")
    assert synced == [path.stat().st_ino for path in (tmp_path / "a.csv", tmp_path)]


@pytest.mark.parametrize("force", [False, True])
def test_a_pipe_is_not_replaced_by_a_file(tmp_path, force):
    path = tmp_path / "out.csv"
    os.mkfifo(path)
    with pytest.raises(FileExistsError, match="device or a pipe"):
        check_output(path, [], force)
    assert path.is_fifo()
