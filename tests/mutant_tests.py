"""Run the tests of the wing that is mutated now, quick ones first; cosmic-ray starts this for each mutant.

The wing's folder of tests is run up to the first failure: the mutated module's own file before the others,
and tests that repeat a study hundreds of times at the end. Of the study wing, tests that start processes are
run for the modules that do so alone. Not here: which mutants there are (mutants.toml, sample_mutants.py).
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONG = ("one_study_of_twenty", "holds_the_same_study", "holds_the_truth", "percent_of", "kind_of_processor")
PROCESSES = ("test_workers", "test_cluster", "command", "processes", "every_process", "ctrl_c", "disk_that")
START_PROCESSES = ("parallel", "checkpoint")  # modules of the study wing
OPTIONS = ["-q", "-x", "--assert=plain", "--tb=line", "-p", "no:cacheprovider"]


def mutated():
    """The module that differs from the commit, as its wing and name."""
    command = ["git", "diff", "--name-only", "--", "active_learning"]
    (path,) = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return Path(path).parent.name, Path(path).stem


class QuickFirst:
    """Puts the tests that are about a module first, and long ones last."""

    def __init__(self, wing, module):
        self.left_out = PROCESSES if wing == "study" and module not in START_PROCESSES else ()
        self.own = f"test_{module.strip('_')}.py"

    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if not any(name in item.nodeid for name in self.left_out)]
        late = (*LONG, *PROCESSES)
        items.sort(key=lambda item: (any(name in item.nodeid for name in late), self.own not in item.nodeid))


def main(wing, module):
    """pytest's exit code, which is not 0 if a test notices the mutant."""
    return pytest.main([*OPTIONS, str(ROOT / "tests" / wing)], plugins=[QuickFirst(wing, module)])


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(*mutated()))
