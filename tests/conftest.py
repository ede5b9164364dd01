"""Small fixtures shared by the tests; one thread for linear algebra, as the study itself uses; no network.

What is set here holds for the processes that tests start, and for the kernels of the notebooks.
"""

import os
import runpy
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if together := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):  # each has its share of the cores
    os.environ.setdefault("LOKY_MAX_CPU_COUNT", str(max(os.cpu_count() // int(together), 1)))

import hypothesis
import pytest
from examples import mixed_table
from sklearn.ensemble import ExtraTreesClassifier

import al_helpers as al
from active_learning.models.registry import CLASSIFIERS

OFFLINE = Path(__file__).with_name("offline")
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")]))
runpy.run_path(str(OFFLINE / "sitecustomize.py"))
hypothesis.settings.register_profile("untimed", deadline=None)  # other processes may take the cores
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def digits():
    return al.load_dataset("digits")


@pytest.fixture(scope="session")
def iris():
    return al.load_dataset("iris")


@pytest.fixture(scope="session")
def small_study(iris):
    """(histories, curves) of the four classic rules on five splits of iris."""
    histories = al.run_histories(iris, n_splits=5, batch=4, budget=30, n_jobs=1)
    return histories, al.curves_of(histories)


@pytest.fixture
def few_trees(monkeypatch):
    """Ten extra trees in place of a hundred, which take most of a study's time as it compares classifiers."""
    monkeypatch.setitem(CLASSIFIERS, "extra_trees", partial(ExtraTreesClassifier, 10, random_state=0))


@pytest.fixture
def csv_path(tmp_path):
    path = tmp_path / "mine.csv"
    mixed_table().to_csv(path, index=False)
    return path
