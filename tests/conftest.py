"""Small fixtures shared by the tests; one thread for linear algebra, as the study itself uses; no network.

What is set here holds for the processes that tests start, and for the kernels of the notebooks. Fixtures
import the package themselves: the process that hands tests out to others needs nothing of it.
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

OFFLINE = Path(__file__).with_name("offline")
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")]))
runpy.run_path(str(OFFLINE / "sitecustomize.py"))
hypothesis.settings.register_profile("untimed", deadline=None)  # other processes may take the cores
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def digits():
    from active_learning.datasets.dataset import load_dataset

    return load_dataset("digits")


@pytest.fixture(scope="session")
def iris():
    from active_learning.datasets.dataset import load_dataset

    return load_dataset("iris")


@pytest.fixture(scope="session")
def small_study(iris):
    """(histories, curves) of the four classic rules on five splits of iris."""
    from active_learning.study.study import curves_of, run_histories

    histories = run_histories(iris, n_splits=5, batch=4, budget=30, n_jobs=1)
    return histories, curves_of(histories)


@pytest.fixture
def few_trees(monkeypatch):
    """Ten extra trees in place of a hundred, which take most of a study's time as it compares classifiers."""
    from sklearn.ensemble import ExtraTreesClassifier

    from active_learning.models.registry import CLASSIFIERS

    monkeypatch.setitem(CLASSIFIERS, "extra_trees", partial(ExtraTreesClassifier, 10, random_state=0))


@pytest.fixture
def csv_path(tmp_path):
    from examples import mixed_table

    path = tmp_path / "mine.csv"
    mixed_table().to_csv(path, index=False)
    return path
