"""Print the licence of every installed package of the lock: python tests/licences.py."""

import re
from importlib import metadata
from pathlib import Path


def licence(name):
    """A package's licence by its metadata: the expression, the classifiers, or the text's first line."""
    about = metadata.metadata(name)
    classifiers = [
        c.rpartition(" :: ")[2] for c in about.get_all("Classifier", []) if c.startswith("License")
    ]
    said = about.get("License-Expression") or ", ".join(classifiers) or about.get("License")
    return (said or "not stated").splitlines()[0]


def main():
    lock = (Path(__file__).parent / "requirements.lock").read_text()
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.M):
        try:
            print(f"{name:28} {version:14} {licence(name)}")
        except metadata.PackageNotFoundError:
            print(f"{name:28} {version:14} (not for this system)")


if __name__ == "__main__":
    main()
