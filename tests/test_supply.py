"""Claims about what is installed: locked by hash, and no network at run time."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "tests" / "requirements.lock").read_text()


def test_every_pin_is_in_the_lock_at_its_version_and_every_package_has_hashes():
    pins = re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", (ROOT / "requirements.txt").read_text(), re.M)
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK, re.M))
    assert len(pins) >= 13
    assert {name: locked.get(name) for name, _ in pins} == dict(pins), "run tests/lock.py"
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_study_and_command_ask_for_no_network():
    code = """
import socket
def refuse(*_, **__):
    raise AssertionError("the network was asked for")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
import al_helpers as al
assert al.main(["--dataset", "iris", "--splits", "2", "--budget", "20", "--jobs", "1"]) == 0
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, timeout=120)
