"""The rows that a rule queries are a property of the data and of the rule, not of the processor."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SLEEP = {"OPENBLAS_THREAD_TIMEOUT": "4", "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}  # do not spin
KERNELS = [("Haswell", 1), ("Haswell", 2), ("SkylakeX", 1), ("SkylakeX", 2), ("Nehalem", 1), ("Nehalem", 2)]

SCRIPT = """
import hashlib
import sys
import al_helpers as al
sys.path += ["tests", "tests/datasets", "tests/strategies"]
import test_batch, test_bundled
from threadpoolctl import threadpool_info
digits = al.load_dataset("digits")
split = al.split_dataset(digits.y, random_state=0)
for name in ("least_confidence", "margin", "entropy"):
    print(name, *al.run_loop(digits, split, name, budget=150).queried)
queried = {name: rule(test_batch.digits(n=700)).tolist() for name, rule in test_batch.RULES.items()}
print("one round of the others", queried)
made = {name: al.load_dataset(name) for name in test_bundled.MADE}
texts = {name: made[name].X.tobytes() + "".join(map(str, made[name].y)).encode() for name in made}
print("made data", {name: hashlib.sha1(text).hexdigest() for name, text in texts.items()})
blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
print(sorted({(library.get("architecture"), library["num_threads"]) for library in blas}))
"""


def start(kernel, threads):
    setting = {
        "OPENBLAS_CORETYPE": kernel,
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
    }
    command = [sys.executable, "-c", SCRIPT]
    pipes = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return subprocess.Popen(command, env=os.environ | SLEEP | setting, cwd=ROOT, **pipes)


@pytest.fixture(scope="module")
def outputs():
    """(kernel, threads) -> the lines printed; three processes at a time.

    A kernel whose instructions this processor lacks (SkylakeX without AVX-512) stops by SIGILL: left out.
    """
    lines = {}
    for first in range(0, len(KERNELS), 3):
        for key, process in {key: start(*key) for key in KERNELS[first : first + 3]}.items():
            out = process.communicate(timeout=120)[0]
            if process.returncode != -signal.SIGILL:
                assert process.returncode == 0
                lines[key] = out.splitlines()
    return lines


def of_rule(outputs, rule):
    """(kernel, threads) -> the line of a rule."""
    return {key: next(line for line in lines if line.startswith(rule)) for key, lines in outputs.items()}


@pytest.mark.parametrize("rule", ["least_confidence", "margin", "entropy"])
def test_queries_are_the_same_rows_in_the_same_order_on_every_processor(outputs, rule):
    queried = of_rule(outputs, rule)
    assert len(queried) >= 4
    assert len(queried["Nehalem", 1].split()) == 131
    assert {key: rows == queried["Nehalem", 1] for key, rows in queried.items()} == dict.fromkeys(
        queried, True
    )


def test_every_other_rule_queries_the_same_rows_of_a_round_on_every_processor(outputs):
    queried = of_rule(outputs, "one round of the others")
    assert len(queried) >= 4 and len({*queried.values()}) == 1 and "badge" in queried["Nehalem", 1]


def test_made_data_sets_are_the_same_bytes_on_every_processor(outputs):
    printed = {*of_rule(outputs, "made data").values()}
    assert len(printed) == 1 and "unbalanced" in printed.pop()


def test_the_settings_really_changed_the_linear_algebra(outputs):
    """Otherwise the comparison above would compare a run with itself."""
    if "openblas" not in np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]:
        pytest.skip("numpy is not built on OpenBLAS here")
    assert len({lines[-1] for lines in outputs.values()}) == len(outputs)
