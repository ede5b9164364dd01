"""Claims about what is installed: locked by hash, and no network at run time."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from functools import partial
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PINS = (ROOT / "requirements.txt").read_text().splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "tests" / "requirements.lock").read_text()


def test_every_pin_is_in_the_lock_at_its_version_and_every_package_has_hashes():
    pins = re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", "\n".join(PINS), re.M)
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK, re.M))
    assert len(pins) >= 13
    assert {name: locked.get(name) for name, _ in pins} == dict(pins), "run tox run -e lock"
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_ranges_of_the_package_and_its_extras_hold_every_pin_and_nothing_else():
    extras = PROJECT["optional-dependencies"]
    pins = (Requirement(line) for line in PINS if line and not line.startswith("#"))
    pins = {pin.name: str(pin.specifier).removeprefix("==") for pin in pins}
    ranges = map(
        Requirement, [*PROJECT["dependencies"], *extras["notebook"], *extras["excel"], *extras["dev"]]
    )
    ranges = {each.name: each.specifier for each in ranges if each.name != PROJECT["name"]}
    assert ranges.keys() == pins.keys()
    assert [name for name, held in ranges.items() if not held.contains(pins[name])] == []
    assert all(str(held).startswith(">=") for held in ranges.values())  # the oldest that tox tests


WITHOUT = """
import sys
for name in ("matplotlib", "IPython", "ipywidgets", "PIL"):
    sys.modules[name] = None
import pandas as pd, al_helpers as al
curves = al.run_study(al.load_dataset("iris"), ["random", "margin"], n_splits=2, budget=20, n_jobs=1)
print(al.results_table(curves, target=0.8))
for show in (lambda: al.plot_learning_curves(curves, 0.8), lambda: al.show_table(pd.DataFrame({"a": ["b"]}))):
    try:
        show()
    except ImportError as error:
        print(error)
"""


def test_computing_needs_no_extra_and_what_needs_one_says_what_to_install():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "margin" in done.stdout
    assert done.stdout.splitlines()[-2:] == [
        f"{name} is not installed; to install it: pip install {name.lower()}"
        for name in ("matplotlib", "IPython")
    ]


OUTSIDE = """
import al_helpers as al, importlib.resources as resources
print(al.__file__)
print(len(al.run_study(al.load_dataset("iris"), ["random", "badge"], n_splits=2, budget=20, n_jobs=1)))
package = resources.files("active_learning")
wings = [wing for wing in package.iterdir() if wing.is_dir()]
print(*[file for wing in wings for file in wing.iterdir() if file.suffix in (".csv", ".json")])
"""


def data_files():
    """The data files of the package, by their paths inside it."""
    package = ROOT / "active_learning"
    return {
        path.relative_to(ROOT).as_posix() for kind in ("csv", "json") for path in package.rglob(f"*.{kind}")
    }


def modules():
    """The modules of the package, by their paths."""
    package = ROOT / "active_learning"
    return {path.relative_to(ROOT).as_posix() for kind in ("py", "js") for path in package.rglob(f"*.{kind}")}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A copy of the project with its wheel and its source distribution in dist/."""
    copy = tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "README.md", "LICENSE", "al_helpers.py"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "active_learning", copy / "active_learning")
    code = "from setuptools import build_meta as b; b.build_sdist('dist'); b.build_wheel('dist')"
    subprocess.run([sys.executable, "-c", code], cwd=copy, check=True, capture_output=True)
    return copy


def test_wheel_and_source_distribution_hold_every_module_and_data_file(built):
    wheel, source = *built.glob("dist/*.whl"), *built.glob("dist/*.tar.gz")
    held = set(zipfile.ZipFile(wheel).namelist())
    assert data_files() | modules() | {"al_helpers.py"} <= held
    with tarfile.open(source) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert data_files() | modules() | {"al_helpers.py", "pyproject.toml"} <= held


def test_wheel_works_outside_the_checkout(built, tmp_path):
    """Its modules, its command and its data files, from a folder that holds nothing else."""
    (wheel,) = built.glob("dist/*.whl")
    there = tmp_path / "there"
    install = ["pip", "install", "-q", "--no-deps", "--no-index", "--target", there, wheel]
    subprocess.run([sys.executable, "-m", *install], check=True, capture_output=True)
    env = {"PYTHONPATH": str(there), "PATH": os.environ["PATH"]}
    run = partial(subprocess.run, cwd=tmp_path, env=env, check=True, capture_output=True, text=True)
    file, rows, *data = run([sys.executable, "-c", OUTSIDE]).stdout.split()
    assert file == str(there / "al_helpers.py") and int(rows) > 8
    assert {Path(path).relative_to(there).as_posix() for path in data} == data_files()
    assert "--target-acc" in run([sys.executable, there / "bin" / "active-learning", "--help"]).stdout


def test_archive_for_a_cluster_holds_every_module_and_data_file(tmp_path):
    """The README's call."""
    archive = shutil.make_archive(str(tmp_path / "active_learning"), "zip", ROOT, "active_learning")
    held = set(zipfile.ZipFile(archive).namelist())
    assert data_files() | modules() <= held


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
    code = "import sys; from active_learning.cli.main import main; "
    code += "main([*sys.argv[1:], 'iris']); main([*sys.argv[1:], 'openml:x'])"
    options = ["--splits", "2", "--budget", "20", "--jobs", "1", "--dataset"]
    done = subprocess.run([sys.executable, "-c", code, *options], cwd=ROOT, capture_output=True, timeout=120)
    assert done.returncode == 2 and b"margin" in done.stdout
    assert b"needs a network" in done.stderr and done.stderr.count(b"\n") == 1


@pytest.mark.slow
def test_suite_and_notebooks_pass_on_a_machine_that_has_no_network():
    """In a network namespace with nothing but loopback, where the system allows one."""
    alone = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("this system gives no network namespace")
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider"]
    done = subprocess.run([*alone, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
