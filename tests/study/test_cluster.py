"""Claims about studies on processes and clusters that die, and about a study on a dask cluster."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import al_helpers as al
from active_learning.forecast.backtest import backtest_forecasts
from active_learning.strategies.base import random_rows
from active_learning.study import parallel as jobs

SETTINGS = dict(n_splits=10, batch=5, budget=40)


@pytest.fixture(autouse=True)
def alarm():
    """A test that hangs fails after two minutes."""

    def ring(*_):
        raise TimeoutError("the test hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """The archive that the README says to send."""
    name = tmp_path_factory.mktemp("sent") / "active_learning"
    return shutil.make_archive(str(name), "zip", Path(al.__file__).parent, "active_learning")


@pytest.fixture(scope="module")
def client(package):
    distributed = pytest.importorskip("distributed")
    settings = dict(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:
        client.upload_file(package)
        yield client


@pytest.fixture
def halfway(monkeypatch):
    """halfway(do) calls do() once half of the runs of the next study are in."""

    def after_half(do, items, total):
        for done, item in enumerate(items, 1):
            if done == total // 2:
                do()
            yield item

    return lambda do: monkeypatch.setattr("active_learning.study.study.progress", partial(after_half, do))


def on_dask(*args, **settings):
    with joblib.parallel_config(backend="dask"):
        return al.run_histories(*args, **settings)


def assert_equal(histories, others):
    assert histories.keys() == others.keys()
    for key in histories:
        np.testing.assert_array_equal(histories[key].queried, others[key].queried)
        np.testing.assert_array_equal(histories[key].accuracy, others[key].accuracy)


os.environ.setdefault("TESTS_RUN_IN", str(os.getpid()))  # workers inherit it


def die(round):
    """A rule whose worker is killed, as by the kernel when memory runs out; here it is merely slow."""
    if os.environ["TESTS_RUN_IN"] != str(os.getpid()):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.4)
    return round.pool[: round.batch]


def test_study_on_a_dask_cluster_equals_the_local_one(client, iris):
    assert_equal(on_dask(iris, **SETTINGS), al.run_histories(iris, **SETTINGS, n_jobs=1))


def test_study_survives_a_killed_dask_worker(client, iris, halfway):
    pids, settings = client.run(os.getpid), SETTINGS | dict(n_splits=20)
    expected = al.run_histories(iris, **settings, n_jobs=1)
    halfway(lambda: os.kill(next(iter(pids.values())), signal.SIGKILL))
    histories = on_dask(iris, **settings)
    client.wait_for_workers(2, timeout=30)
    assert set(client.run(os.getpid).values()) != set(pids.values())
    assert_equal(histories, expected)


def test_module_missing_on_the_workers_is_named_and_uploading_it_helps(client, iris, tmp_path, monkeypatch):
    (tmp_path / "my_rules.py").write_text("def first(round):\n    return round.pool[: round.batch]\n")
    monkeypatch.syspath_prepend(tmp_path)
    import my_rules

    strategies = {"first": my_rules.first}
    with pytest.raises(RuntimeError, match=r"no module 'my_rules'.*client.upload_file"):
        on_dask(iris, strategies, **SETTINGS)
    client.upload_file(my_rules.__file__, load=False)
    histories = on_dask(iris, strategies, **SETTINGS)
    assert_equal(histories, al.run_histories(iris, strategies, **SETTINGS, n_jobs=1))


def test_cluster_that_loses_its_workers_ends_in_an_error(iris, halfway, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(jobs, "_watch_cluster", partial(jobs._watch_cluster, timeout=1))
    settings = dict(n_workers=1, threads_per_worker=2, dashboard_address=":0")
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster):
        halfway(lambda: cluster.scale(0))
        with pytest.raises(RuntimeError, match="the cluster went away"):
            on_dask(iris, **SETTINGS | dict(n_splits=60))


@pytest.mark.parametrize(("others", "in_order"), [(0, True), pytest.param(1, False, marks=pytest.mark.slow)])
def test_job_that_kills_each_worker_that_takes_it_up_ends_in_advice(iris, tmp_path, others, in_order):
    distributed = pytest.importorskip("distributed")
    import dask

    settings = dict(
        n_workers=1, threads_per_worker=2, dashboard_address=":0"
    )  # one thread: joblib needs none
    kept = {} if in_order else dict(checkpoint=tmp_path / "kept.sqlite")
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": others}),
        distributed.LocalCluster(**settings) as cluster,
        distributed.Client(cluster),
    ):
        said = "one worker after another was killed.*fewer threads a worker need less memory"
        with pytest.raises(RuntimeError, match=said):
            on_dask(iris, {"die": die}, **SETTINGS | kept)
        assert len(on_dask(iris, "random", **SETTINGS)) == 10  # on the worker that came after it


class Cluster:
    """A scheduler and a worker, processes of their own as on another machine; options go to both."""

    def __init__(self, folder, *options):
        self.file, self.where = folder / "scheduler.json", ["--no-dashboard", *map(str, options)]
        self.folder = folder
        self.scheduler = self.start("dask_scheduler", "--port", "0", "--host", "127.0.0.1")
        self.worker = self.start("dask_worker", "--nthreads", "2", "--death-timeout", "5")
        while not self.file.exists():
            assert self.scheduler.poll() is None
            time.sleep(0.05)

    def start(self, part, *options):
        command = [sys.executable, "-m", f"distributed.cli.{part}", "--scheduler-file", str(self.file)]
        quiet = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.Popen([*command, *self.where, *options], env=env, cwd=self.folder, **quiet)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.scheduler.kill()
        self.worker.terminate()
        self.worker.wait()


@pytest.mark.slow
def test_cluster_whose_scheduler_is_killed_ends_in_an_error(iris, halfway, tmp_path):
    distributed = pytest.importorskip("distributed")
    with Cluster(tmp_path) as cluster, distributed.Client(scheduler_file=str(cluster.file)) as client:
        client.wait_for_workers(1, timeout=60)
        halfway(cluster.scheduler.kill)
        with pytest.raises(RuntimeError, match="the cluster went away"):
            on_dask(iris, **SETTINGS | dict(n_splits=60))


class Frozen:
    """A client whose cluster never answers."""

    status, closed = "running", False

    def run(self, *_):
        threading.Event().wait()

    scheduler_info = run

    def close(self):
        self.closed = True


def test_cluster_that_never_answers_is_given_up():
    pytest.importorskip("distributed")
    with pytest.raises(RuntimeError, match=r"the cluster does not answer: 0.2 s passed"):
        jobs._check_imports(Frozen(), (), timeout=0.2)
    client = Frozen()
    jobs._watch_cluster(client, threading.Event(), timeout=0.2)
    assert client.closed


@pytest.mark.slow
@pytest.mark.parametrize("before", [True, False])
def test_cluster_that_is_frozen_ends_in_an_error(iris, halfway, tmp_path, monkeypatch, before):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(jobs, "_watch_cluster", partial(jobs._watch_cluster, timeout=3))
    monkeypatch.setattr(jobs, "_check_imports", partial(jobs._check_imports, timeout=3))
    with Cluster(tmp_path) as cluster, distributed.Client(scheduler_file=str(cluster.file)) as client:
        client.wait_for_workers(1, timeout=60)
        freeze = partial(cluster.scheduler.send_signal, signal.SIGSTOP)
        freeze() if before else halfway(freeze)
        with pytest.raises(RuntimeError, match="the cluster does not answer" if before else "went away"):
            on_dask(iris, **SETTINGS | dict(n_splits=60))
        cluster.scheduler.kill()


LACKING = """
import sys
from importlib.machinery import PathFinder

class NotInstalled:
    def find_spec(name, path=None, target=None):
        if name == "active_learning":
            sent = [place for place in sys.path if place.endswith(".zip")]
            if (spec := PathFinder.find_spec(name, sent)) is None:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            return spec

sys.meta_path.insert(0, NotInstalled)
"""


def test_workers_that_lack_the_package_say_so_and_take_it_as_an_archive(iris, tmp_path, package):
    distributed = pytest.importorskip("distributed")
    (tmp_path / "lacking.py").write_text(LACKING)
    options = ("--preload", tmp_path / "lacking.py")
    with (
        Cluster(tmp_path, *options) as cluster,
        distributed.Client(scheduler_file=str(cluster.file)) as client,
    ):
        client.wait_for_workers(1, timeout=60)
        with pytest.raises(RuntimeError, match=r"no module 'active_learning'.*client.upload_file"):
            on_dask(iris, **SETTINGS)
        client.upload_file(package)
        places = client.run(eval, "__import__('active_learning').__file__")
        assert all("active_learning.zip" in place for place in places.values())
        expected = al.run_histories(iris, **SETTINGS, n_jobs=1)
        assert_equal(on_dask(iris, **SETTINGS), expected)
        client.restart()  # new worker processes get it too
        assert_equal(on_dask(iris, **SETTINGS), expected)


def test_killed_worker_process_ends_in_an_error(iris):
    with pytest.raises(RuntimeError, match="a worker process was killed"):
        al.run_histories(iris, {"random": random_rows, "die": die}, **SETTINGS, n_jobs=2)
    assert len(al.run_histories(iris, **SETTINGS, n_jobs=2)) == 40  # the next study has new processes


class Dying(LogisticRegression):
    """A classifier that takes its process with it."""

    def fit(self, X, y):
        die(None)


def test_backtests_whose_worker_process_is_killed_end_in_an_error_of_their_own(iris):
    histories = {
        split: run
        for (_, split), run in al.run_histories(iris, "random", n_splits=4, budget=50, n_jobs=1).items()
    }
    with pytest.raises(RuntimeError, match="a worker process was killed") as error:
        backtest_forecasts(iris, histories, labels=40, more=10, model=Dying(), n_jobs=2)
    assert "checkpoint" not in str(error.value)  # which they have not
