"""Claims about other machines: all rules buy the rows in pins.json, whatever the kernel, threads, jobs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tie_audit
from pins import FILE, SETTINGS, machine, versions

HERE = Path(__file__).parent
PINNED = json.loads(FILE.read_text())
# Of OpenBLAS: what is asked for, and what a build may call it. A processor or a build lacks some.
KERNELS = {
    "Prescott": {"Prescott", "Katmai"},
    "Nehalem": {"Nehalem"},
    "Sandybridge": {"Sandybridge"},
    "Haswell": {"Haswell"},
    "Zen": {"Zen"},
    "SkylakeX": {"SkylakeX"},
}


def bought(jobs="1", **settings):
    """What pins.py prints in a process of these settings: the pins, and what they were computed on."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    env = os.environ | {"PYTHONPATH": str(HERE.parents[1]), "PYTHONWARNINGS": "ignore"} | threads | settings
    run = subprocess.run(
        [sys.executable, HERE / "pins.py", "print", jobs], env=env, capture_output=True, text=True
    )
    if run.returncode == -signal.SIGILL:
        pytest.skip(f"this processor lacks what {settings} needs")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    return found, found.pop("machine")


def assert_pinned(found):
    assert found == {name: PINNED[name] for name in SETTINGS}


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kernel", KERNELS)
def test_every_rule_buys_the_pinned_rows_whatever_the_kernel_and_its_threads(kernel, threads):
    count = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS")}
    found, machine = bought(OPENBLAS_CORETYPE=kernel, **count)
    if not set(machine["kernels"]) <= KERNELS[kernel]:
        pytest.skip(f"for {kernel} this OpenBLAS runs {machine['kernels']}")
    print(machine)
    assert machine["threads"] == [threads]
    assert_pinned(found)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_every_rule_buys_the_pinned_rows_whatever_the_jobs(jobs):
    assert_pinned(bought(jobs)[0])


@pytest.mark.slow
def test_every_rule_buys_the_pinned_rows_without_the_instructions_that_numpy_chooses_at_run_time():
    """AVX2, AVX-512 and the like, however this numpy names them."""
    chosen = machine()["instructions"]
    if not chosen:
        pytest.skip("this processor has none of them")
    found, there = bought(NPY_DISABLE_CPU_FEATURES=" ".join(chosen))
    assert there["instructions"] == []
    assert_pinned(found)


def test_pins_were_made_with_the_pinned_versions():
    pins = (HERE.parents[1] / "requirements.txt").read_text()
    libraries = {"sklearn": "scikit-learn"}
    for name, version in PINNED["versions"].items():
        assert name == "python" or f"{libraries.get(name, name)}=={version}" in pins, (
            "python tests/integration/pins.py write"
        )
    assert versions().keys() == PINNED["versions"].keys()


def test_no_rule_that_ranks_by_a_score_was_as_near_to_a_tie_as_kernels_differ():
    """tie_audit measured it: the gap at the border of a batch, in units of the noise between kernels."""
    audited = [rule for ties in PINNED["ties"]["rules"].values() for rule in ties.values()]
    assert len(audited) == 12 and min(rule["times the noise"] for rule in audited) > 1
    assert len(PINNED["ties"]["kernels"]) >= 5 and PINNED["ties"]["threads"] == [1, 2]


def test_the_audit_finds_the_round_that_is_nearest_to_a_tie():
    scores = np.array([[0.9, 0.5, 0.4, 0.1], [0.9, 0.7, 0.69, 0.1]])  # gaps of 0.1 and 0.01 after two rows
    other = scores + np.array([[0.0, 0.0, 0.05, 0.0], [0.0005, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(tie_audit.gaps(scores, batch=2), [0.1, 0.01])
    found = tie_audit.nearest([scores, other], batch=2)
    assert found == {
        "rounds": 2,
        "rounds below 10 times": 1,
        "gap": 0.05,
        "noise": 0.05,
        "times the noise": 1.0,
    }
