"""Claims about other machines: all rules buy the rows in pins.json, whatever the kernel, threads, jobs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pins import FILE, versions

HERE = Path(__file__).parent
PINNED = json.loads(FILE.read_text())
KERNELS = ["Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX"]  # of OpenBLAS; a processor has some
WAYS = {
    f"{kernel}, {threads} threads": ({"OPENBLAS_CORETYPE": kernel, "OMP_NUM_THREADS": threads}, "1")
    for kernel in KERNELS
    for threads in "12"
}
WAYS["2 jobs"] = ({}, "2")
WAYS["numpy without AVX"] = ({"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F"}, "1")


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_rule_buys_the_pinned_rows(way):
    settings, jobs = WAYS[way]
    env = os.environ | {"PYTHONPATH": str(HERE.parent), "PYTHONWARNINGS": "ignore"} | settings
    run = [sys.executable, str(HERE / "pins.py"), "print", jobs]
    out = subprocess.run(run, env=env, capture_output=True, text=True, timeout=600, check=True).stdout
    assert json.loads(out) == {name: PINNED[name] for name in ("digits", "synthetic")}


def test_pins_were_made_with_the_pinned_versions():
    pins = (HERE.parent / "requirements.txt").read_text()
    libraries = {"sklearn": "scikit-learn"}
    for name, version in PINNED["versions"].items():
        assert name == "python" or f"{libraries.get(name, name)}=={version}" in pins, (
            "python tests/pins.py write"
        )
    assert versions().keys() == PINNED["versions"].keys()
