"""The tests with the oldest and the newest versions that pyproject.toml allows, and with the locked ones.

    pip install uv && python tests/versions.py [oldest] [newest] [locked]

Each in an environment of its own in a temporary folder: the default tests but for those of the committed
notebooks, whose numbers are of the exact versions in requirements.txt, and the pinned rows (pins.json). The
locked ones are installed by pip, which checks every hash, and run one test.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESOLUTIONS = {"oldest": "lowest-direct", "newest": "highest"}
THREADS = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}


def call(*command, **more):
    """Run a command in the project's folder; CalledProcessError if it fails."""
    command = [str(part) for part in command]
    print("+", *command, flush=True)
    env = os.environ | {"PYTHONPATH": str(ROOT)} | THREADS
    return subprocess.run(command, cwd=ROOT, env=env, check=True, text=True, **more)


def environment(name, folder):
    """A fresh environment with these versions; the path of its Python."""
    path = Path(folder, name)
    call(sys.executable, "-m", "venv", path)
    python = path / "bin" / "python"
    if name == "locked":
        call(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", "tests/requirements.lock")
        call(python, "-m", "pip", "install", "-q", "--no-deps", "-e", ".")
    else:
        install = ["uv", "pip", "install", "-q", "--python", python]
        call(sys.executable, "-m", *install, "--resolution", RESOLUTIONS[name], "-e", ".[dev]")
    return python


def check(name, folder):
    python = environment(name, folder)
    print(call(python, "-m", "pip", "freeze", "--exclude-editable", capture_output=True).stdout)
    if name == "locked":
        return call(python, "-m", "pytest", "-q", "tests/integration/test_first_loop.py")
    pinned = json.loads((ROOT / "tests" / "pins.json").read_text())
    found = json.loads(call(python, "tests/integration/pins.py", capture_output=True).stdout)
    differ = {
        f"{data}: {part}"
        for data in ("digits", "synthetic")
        for part in pinned[data]
        if found[data][part] != pinned[data][part]
    }
    print(
        f"{name}: pinned rows and numbers", f"differ in {sorted(differ)}" if differ else "equal", flush=True
    )
    call(python, "-m", "pytest", "-q", "tests")


def main(names):
    for name in names or [*RESOLUTIONS, "locked"]:
        with tempfile.TemporaryDirectory() as folder:
            check(name, folder)


if __name__ == "__main__":
    main(sys.argv[1:])
