"""Claims about what is installed: locked by hash, and no network at run time."""

import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PINS = (ROOT / "requirements.txt").read_text().splitlines()
LOCK = (ROOT / "tests" / "requirements.lock").read_text()


def test_every_pin_is_in_the_lock_at_its_version_and_every_package_has_hashes():
    pins = re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", "\n".join(PINS), re.M)
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK, re.M))
    assert len(pins) >= 13
    assert {name: locked.get(name) for name, _ in pins} == dict(pins), "run tests/lock.py"
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_ranges_of_pyproject_hold_every_pin_and_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = (Requirement(line) for line in PINS if line and not line.startswith("#"))
    pins = {pin.name: str(pin.specifier).removeprefix("==") for pin in pins}
    ranges = {each.name: each.specifier for each in map(Requirement, project["dependencies"])}
    assert ranges.keys() == pins.keys()
    assert [name for name, held in ranges.items() if not held.contains(pins[name])] == []
    assert all(str(held).startswith(">=") for held in ranges.values())  # the oldest that versions.py runs


ASK = """
import socket
for address in (("192.0.2.1", 80), ("example.org", 443)):
    try:
        socket.create_connection(address, timeout=1)
    except OSError as error:
        print(error)
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
"""


def test_network_is_refused_to_the_tests_and_to_what_they_start():
    with pytest.raises(OSError, match="the network is refused here"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert done.stdout.count("the network is refused here") == 2 and done.stderr == ""


@pytest.mark.slow
def test_network_is_refused_to_the_kernels_of_notebooks():
    from nbclient import execute
    from nbformat import v4

    notebook = execute(v4.new_notebook(cells=[v4.new_code_cell(ASK)]), kernel_name="python3")
    assert notebook.cells[0].outputs[0].text.count("the network is refused here") == 2


def test_study_and_command_work_where_the_network_is_refused():
    """In a process that had it refused before its first import."""
    run = [sys.executable, "-m", "al_helpers", "--dataset", "iris", "--splits", "2", "--budget", "20"]
    subprocess.run([*run, "--jobs", "1"], cwd=ROOT, check=True, capture_output=True, timeout=120)
    with pytest.raises(subprocess.CalledProcessError) as stop:
        subprocess.run([*run[:4], "openml:x"], cwd=ROOT, check=True, capture_output=True, timeout=120)
    assert b"needs a network" in stop.value.stderr and stop.value.stderr.count(b"\n") == 1


@pytest.mark.slow
def test_suite_and_notebooks_pass_on_a_machine_that_has_no_network():
    """In a network namespace with nothing but loopback, where the system allows one."""
    alone = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("this system gives no network namespace")
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider"]
    done = subprocess.run([*alone, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
