"""Start-up times of whole processes, medians and their ratios.

python tests/benchmarks/start.py [repeats]
"""

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "import pandas, sklearn.linear_model": [sys.executable, "-c", "import pandas, sklearn.linear_model"],
    "python": [sys.executable, "-c", "pass"],
    "import al_helpers": [sys.executable, "-c", "import al_helpers"],
    "active-learning --help": [sys.executable, "-m", "active_learning.cli.main", "--help"],
    "active-learning --version": [sys.executable, "-m", "active_learning.cli.main", "--version"],
}


def seconds(command):
    """Wall time of one run, its output thrown away."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(repeats=7):
    """Run the commands in turn, so that a slow moment of the machine falls on all of them."""
    times = {name: [] for name in COMMANDS}
    for _ in range(repeats + 1):  # the first round warms the disk up
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    medians = {name: statistics.median(runs[1:]) for name, runs in times.items()}
    for name, median in medians.items():
        print(f"{name:36} {median:6.3f} s   x {median / next(iter(medians.values())):.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
