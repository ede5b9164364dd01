"""Claims about large tables: time and memory grow with the rows, and stay far below what a laptop has."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
COSTS = """
import sys
sys.path.insert(0, sys.argv[1])
from benchmarks.table import from_table, from_vectors, make_table, make_vectors
import numpy as np
n, folder = int(sys.argv[3]), sys.argv[4]
if sys.argv[2] == "table":
    make_table(n).to_csv(f"{folder}/t.csv", index=False)
    print(*from_table(f"{folder}/t.csv"))
else:
    frame = make_vectors(f"{folder}/v.npy", n, np.dtype(sys.argv[2]))
    print(*from_vectors(f"{folder}/v.npy", frame))
"""


def costs(kind, n, folder):
    """What benchmarks.table measures, in a process of its own: three numbers."""
    given = [sys.executable, "-c", COSTS, str(HERE), kind, str(n), str(folder)]
    out = subprocess.run(given, capture_output=True, text=True, check=True, cwd=HERE.parent)
    return [*map(float, out.stdout.splitlines()[-1].split())]


linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


@linux
@pytest.mark.slow
def test_time_and_memory_of_suggestions_grow_no_faster_than_the_rows(tmp_path):
    small, large = (costs("table", n, tmp_path) for n in (100_000, 400_000))
    print("100,000 rows:", small, "400,000 rows:", large)
    assert large[1] < 4 * small[1]  # seconds of the processor
    assert large[2] - small[2] < 0.5  # GiB: a million then take less than 1.5


@linux
@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_suggestions_from_vectors_take_little_memory_and_hardly_more_than_one_look(tmp_path, dtype):
    beyond, _, processor = costs(dtype, 300_000, tmp_path)
    print(f"{beyond:.2f} GiB beyond the file, {processor:.2f} times one predict_proba")
    assert beyond < 0.3 and processor < 2.5  # beside the looks there is the reading of the labels
