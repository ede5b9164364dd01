"""Write tests/requirements.lock, the hash of every package that requirements.txt draws in, anew.

    python -m venv /tmp/lock && /tmp/lock/bin/pip install uv && /tmp/lock/bin/python tests/lock.py

After a change of requirements.txt, and whenever a pin is raised. To install by the lock, which pip checks:
    pip install --require-hashes -r tests/requirements.lock && pip install --no-deps .
To look for known vulnerabilities, by hand:
    pip install pip-audit && pip-audit --no-deps -r tests/requirements.lock
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OPTIONS = [
    "--quiet",
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
]


def main():
    source, lock = HERE.parent / "requirements.txt", HERE / "requirements.lock"
    uv = [Path(sys.executable).with_name("uv"), "pip", "compile"]
    subprocess.run([*uv, *OPTIONS, "--python-version", "3.11", source, "-o", lock], check=True)


if __name__ == "__main__":
    main()
