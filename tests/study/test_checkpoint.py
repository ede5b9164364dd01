"""Claims about checkpoints: what is finished is kept, what is kept is right, and no other file is touched."""

import contextlib
import importlib
import io
import json
import os
import pickle
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examples import run
from processes import wait_until
from scipy import sparse
from sklearn.naive_bayes import GaussianNB

import al_helpers as al
from active_learning.study import checkpoint
from active_learning.study.checkpoint import fingerprint

ROOT = Path(__file__).parents[2]
SMALL = dict(strategies=["random", "margin"], n_splits=3, batch=5, budget=21, n_jobs=1)
ENV = os.environ | {"PYTHONPATH": str(ROOT)}
COMMAND = [sys.executable, "-m", "active_learning.cli.main", "--dataset", "iris", "--jobs", "2", "--json"]


def assert_same(histories, expected):
    assert list(histories) == list(expected)
    for key, history in expected.items():
        for field in ("n_labels", "accuracy", "queried"):
            kept, made = getattr(histories[key], field), getattr(history, field)
            assert kept.dtype == made.dtype and np.array_equal(kept, made)


@pytest.fixture(scope="module")
def expected(iris):
    return al.run_histories(iris, **SMALL)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "study.sqlite"


@pytest.fixture
def kept(iris, file):
    al.run_histories(iris, **SMALL, checkpoint=file)
    return file


def delete_runs(file, which):
    with sqlite3.connect(file) as connection:
        connection.execute(f"DELETE FROM runs WHERE {which}")
    connection.close()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_study_with_a_checkpoint_equals_one_without_and_leaves_one_file(iris, expected, file, n_jobs):
    assert_same(al.run_histories(iris, **SMALL | {"n_jobs": n_jobs}, checkpoint=str(file)), expected)
    assert os.listdir(file.parent) == [file.name]


def test_resumed_study_redoes_only_what_is_missing(iris, expected, kept, monkeypatch):
    delete_runs(kept, "split = 1")
    redone, run_loop = [], al.run_loop

    def spy(dataset, split, strategy, **settings):
        redone.append(strategy)
        return run_loop(dataset, split, strategy, **settings)

    from active_learning.study import study

    monkeypatch.setattr(study, "run_loop", spy)
    assert_same(al.run_histories(iris, **SMALL, checkpoint=kept), expected)
    assert redone == [al.STRATEGIES["random"], al.STRATEGIES["margin"]]


def test_checkpoint_may_grow_by_splits_and_rules_and_serve_fewer(iris, kept):
    more = SMALL | dict(strategies=["entropy", "margin"], n_splits=5)
    assert_same(al.run_histories(iris, **more, checkpoint=kept), al.run_histories(iris, **more))
    fewer = SMALL | dict(strategies="margin", n_splits=2)
    assert_same(al.run_histories(iris, **fewer, checkpoint=kept), al.run_histories(iris, **fewer))


def first_rows(round):
    return round.pool[: round.batch]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"batch": 6}, "batch was 5 there and is 6 here"),
        ({"budget": 20}, "budget was 21 there and is 20 here"),
        ({"batch": 6, "budget": 20}, "batch was 5 there and is 6 here; budget was 21 there and is 20 here"),
        ({"random_state": 1}, "random_state was 0 there and is 1 here"),
        ({"metric": "balanced_accuracy"}, "metric was 'accuracy' there"),
        ({"stop_at": 0.9}, "stop_at was None there and is 0.9 here"),
        ({"test_size": 0.4}, "test_size was 0.3 there and is 0.4 here"),
        ({"seed_per_class": 3}, "seed_per_class was 2 there and is 3 here"),
        ({"model": GaussianNB()}, "model was NewtonLogisticRegression.* is GaussianNB"),
        ({"strategies": {"margin": first_rows}}, "strategy 'margin' was smallest_margin .* is first_rows "),
    ],
)
def test_checkpoint_of_other_settings_is_refused_with_the_difference_named(iris, kept, change, named):
    before = kept.read_bytes()
    with pytest.raises(ValueError, match=f"another study: {named}"):
        al.run_study(iris, **SMALL | change, checkpoint=kept)
    assert kept.read_bytes() == before


def test_checkpoint_of_other_data_labels_or_versions_is_refused(iris, kept, monkeypatch):
    X, y = iris.X.copy(), iris.y.copy()
    X[7, 2] += 1e-9
    with pytest.raises(ValueError, match="another study: data was 150 x 4 float64"):
        al.run_study(al.Dataset("iris", X, y), **SMALL, checkpoint=kept)
    y[[0, 99]] = y[[99, 0]]
    with pytest.raises(ValueError, match="another study: labels was"):
        al.run_study(al.Dataset("iris", iris.X, y), **SMALL, checkpoint=kept)
    with pytest.raises(ValueError, match="another study: clean_labels was None there"):
        al.run_study(al.Dataset("iris", iris.X, iris.y, clean_labels=iris.y), **SMALL, checkpoint=kept)
    monkeypatch.setattr(np, "__version__", "9.9")
    with pytest.raises(ValueError, match=r"another study: numpy was '?\d.* there and is '?9.9"):
        al.run_study(iris, **SMALL, checkpoint=kept)


def test_same_settings_in_other_words_are_the_same_study(iris, kept, expected):
    other = al.Dataset("a copy of iris", np.asfortranarray(iris.X), iris.y.copy())
    same = dict(model="logistic_regression", test_size=0.3, metric="accuracy", stop_at=None)
    assert_same(al.run_histories(other, **SMALL, **same, checkpoint=kept), expected)


def test_study_that_failed_before_its_first_run_binds_nobody(iris, file, expected):
    with pytest.raises(ValueError, match="budget"):
        al.run_study(iris, **SMALL | {"budget": 5}, checkpoint=file)
    assert_same(al.run_histories(iris, **SMALL, checkpoint=file), expected)


def test_rule_that_fails_may_be_mended_although_runs_of_another_are_kept(iris, file, expected):
    rules = {"random": "random", "margin": lambda round: None}
    with pytest.raises(TypeError, match="got None"):
        al.run_study(iris, **SMALL | {"strategies": rules}, checkpoint=file)
    assert {name for name, _ in kept_runs(file)} == {"random"}
    assert_same(al.run_histories(iris, **SMALL, checkpoint=file), expected)


def other_database(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE runs (strategy, split)")
    connection.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("text,label\nhello,1\n"),
        lambda path: path.write_bytes(b"SQLite format 3\0"),
        other_database,
    ],
)
def test_file_that_is_no_checkpoint_is_refused_and_never_written_to(iris, file, make):
    make(file)
    before = file.read_bytes(), file.stat().st_mtime_ns
    with pytest.raises(ValueError, match=r"study.sqlite' is (empty|not a checkpoint).*left as it is"):
        al.run_study(iris, **SMALL, checkpoint=file)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert os.listdir(file.parent) == [file.name]


def test_bad_paths_are_named(iris, tmp_path):
    for path, error in [
        (tmp_path, ValueError),
        (tmp_path / "none" / "study.sqlite", OSError),
        (7, TypeError),
        (True, TypeError),
        ("", (ValueError, OSError)),
        ("nul\0byte", ValueError),
    ]:
        with pytest.raises(error):
            al.run_study(iris, **SMALL, checkpoint=path)


def outcome(iris, file):
    """ "refused", with nothing written, or the histories."""
    before = file.read_bytes()
    try:
        return al.run_histories(iris, **SMALL, checkpoint=file)
    except (ValueError, OSError) as error:
        assert "study.sqlite" in str(error)
        assert file.read_bytes() == before
        return "refused"


def test_truncated_checkpoint_is_refused(iris, kept):
    whole = kept.read_bytes()
    for length in [*range(0, len(whole), 1531), len(whole) - 1]:
        kept.write_bytes(whole[:length])
        assert outcome(iris, kept) == "refused", length


def test_changed_byte_is_refused_or_changes_nothing(iris, kept, expected):
    whole, refused = kept.read_bytes(), 0
    for at in np.random.default_rng(0).choice(len(whole), 150, replace=False):
        kept.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        if (found := outcome(iris, kept)) == "refused":
            refused += 1
        else:
            assert_same(found, expected)
    print(f"{refused} of 150 changed bytes lay in use, and were noticed")
    assert refused > 10


def test_a_pickle_in_a_checkpoint_is_never_loaded(iris, kept):
    evil = pickle.dumps(np.arange(3))
    with sqlite3.connect(kept) as connection:
        args = (evil, checkpoint._checksum(["margin", 0, evil]))
        statement = "UPDATE runs SET history = ?, checksum = ? WHERE strategy = 'margin' AND split = 0"
        connection.execute(statement, args)
    connection.close()
    with pytest.raises(ValueError):
        al.run_study(iris, **SMALL, checkpoint=kept)


def test_disk_that_is_full_ends_the_study_in_one_line(file):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000)); "
    code = limit + "from active_learning.cli.main import main; main()"
    options = ["--dataset", "iris", "--jobs", "1", "--splits", "50", "--budget", "12", "--checkpoint", file]
    result = subprocess.run([sys.executable, "-c", code, *options], env=ENV, capture_output=True, timeout=60)
    assert result.returncode == 2 and result.stdout == b""
    assert result.stderr.count(b"\n") == 1 and b"cannot be used" in result.stderr


def test_fingerprints_are_the_same_in_every_process_and_tell_rules_apart():
    code = "import al_helpers as al; from active_learning.study.checkpoint import fingerprint; "
    code += "print([fingerprint(f) for f in al.STRATEGIES.values()], fingerprint(al.make_model('svm')), "
    code += "fingerprint({'a': (1, 2.5, None)}), fingerprint(lambda x: x in {'b', 'c', 'd', 'e'}))"
    there = subprocess.run(
        [sys.executable, "-c", code], env=ENV | {"PYTHONHASHSEED": "1"}, capture_output=True, text=True
    )
    here = io.StringIO()
    with contextlib.redirect_stdout(here):
        exec(code, {"__name__": "__main__"})  # whose hashes have another seed
    assert there.stdout == here.getvalue() != "" and there.stderr == ""
    assert len({fingerprint(rule) for rule in al.STRATEGIES.values()}) == len(al.STRATEGIES)

    def power(k):
        return lambda x: x**k

    assert fingerprint(power(2)) == fingerprint(power(2)) != fingerprint(power(3))


def test_fingerprints_tell_matrices_apart_by_values_and_kind():
    X = np.arange(12.0).reshape(4, 3)
    kinds = [
        X,
        X.astype("f4"),
        X.T,
        X + 1,
        pd.DataFrame(X),
        pd.DataFrame(X).rename(columns=str),
        sparse.csr_array(X),
    ]
    kinds += [
        X.astype(object),
        pd.DataFrame(X).astype("category"),
        pd.DataFrame({"a": [[1], [2]]}),
        pd.Series(X[0]),
    ]
    assert len({fingerprint(kind) for kind in kinds}) == len(kinds)
    assert fingerprint(np.asfortranarray(X)) == fingerprint(X) == fingerprint(X[::-1][::-1])


def run_until_done(options, times, rng):
    """Kill the command at times of chance, `times` times, then let it finish: (kills, its JSON)."""
    kills, seconds = 0, 0.5
    while True:
        process = subprocess.Popen(
            [*COMMAND, *options], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            out, err = process.communicate(timeout=None if kills >= times else rng.uniform(0.5, 1) * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            seconds = min(seconds * 1.3, 6)
            continue
        assert process.returncode == 0, err
        return kills, json.loads(out)


def kept_runs(file):
    connection = sqlite3.connect(file)
    try:
        return {tuple(row[:2]): row[2:] for row in connection.execute("SELECT * FROM runs")}
    finally:
        connection.close()


def survive(tmp_path, kills, splits):
    file, options = tmp_path / "study.sqlite", ["--splits", str(splits), "--budget", "60", "--batch", "2"]
    died, resumed = run_until_done([*options, "--checkpoint", str(file)], kills, random.Random(0))
    assert died > 0
    unbroken = subprocess.run([*COMMAND, *options], env=ENV, capture_output=True, timeout=600, check=True)
    assert resumed == json.loads(unbroken.stdout)
    assert [path.name for path in tmp_path.iterdir()] == ["study.sqlite"]
    print(f"{died} kills survived, {len(kept_runs(file))} runs kept")


def test_killed_and_resumed_command_ends_with_the_same_result(tmp_path, capsys):
    file = tmp_path / "study.sqlite"
    options = ["--dataset", "iris", "--json", "--jobs", "1", "--splits", "40", "--budget", "40"]
    process = subprocess.Popen(
        [*COMMAND, *options, "--checkpoint", str(file)], env=ENV, stdout=subprocess.DEVNULL
    )
    assert wait_until(lambda: file.exists() and file.stat().st_size > 30000, 60)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    kept = kept_runs(file)
    assert 0 < len(kept) < 200
    resumed = run(capsys, *options, "--checkpoint", file)
    assert resumed == run(capsys, *options) and json.loads(resumed[1])
    assert kept.items() <= kept_runs(file).items()
    assert [path.name for path in tmp_path.iterdir()] == ["study.sqlite"]


@pytest.mark.slow
@pytest.mark.parametrize("splits", [6, 60, 200])
def test_command_survives_many_kills(tmp_path, splits):
    survive(tmp_path, kills=25, splits=splits)


def test_two_processes_on_one_file_share_the_work_and_agree(tmp_path):
    file = tmp_path / "study.sqlite"
    options = ["--splits", "30", "--budget", "40", "--strategies", "margin", "--checkpoint", str(file)]
    pipes = dict(env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    two = [subprocess.Popen([*COMMAND[:-3], "--jobs", "1", "--json", *options], **pipes) for _ in "ab"]
    (one, err), (other, more) = (process.communicate(timeout=120) for process in two)
    assert err == more == b"" and json.loads(one) == json.loads(other)
    assert len(kept_runs(file)) == 60


def test_ctrl_c_says_how_to_go_on(tmp_path):
    file = tmp_path / "study.sqlite"
    options = ["--splits", "20000", "--budget", "12", "--jobs", "1", "--checkpoint", str(file)]
    process = subprocess.Popen([*COMMAND, *options], env=ENV, stderr=subprocess.PIPE, start_new_session=True)
    while process.poll() is None and not (file.exists() and file.stat().st_size > 30000):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert err.decode().splitlines() == [
        f"stopped; what is finished is kept in {str(file)!r}: the same command goes on from there"
    ]


def test_fingerprints_of_functions_within_functions_tell_what_they_enclose():
    def at(n):
        def rule(round):
            return rule and round.pool[:n]

        return rule

    assert fingerprint(at(1)) == fingerprint(at(1)) != fingerprint(at(2))


def test_a_folder_that_is_not_there_is_named_with_what_was_to_be_written(iris, tmp_path):
    with pytest.raises(OSError, match="no checkpoint can be written: No such file") as error:
        al.run_study(iris, "random", n_splits=1, budget=10, checkpoint=tmp_path / "none" / "kept.sqlite")
    assert error.value.filename == str(tmp_path / "none" / "kept.sqlite")


def test_fingerprints_tell_what_a_rule_calls_and_looks_up_in_its_module():
    def made(sign):
        names = {"np": np}
        exec(
            "def order(r): return sign * r.pool\n"
            "def rule(r): return r.pool[np.argsort(order(r))[: r.batch]]\n"
            f"sign = {sign}",
            names,
        )
        return names["rule"]

    assert fingerprint(made(1)) == fingerprint(made(1)) != fingerprint(made(-1))


def test_fingerprints_of_functions_that_call_each_other_have_an_end():
    def pair(n):
        def one(round):
            return other(round)

        def other(round):
            return one(round) if n else round

        return one

    assert fingerprint(pair(1)) == fingerprint(pair(1)) != fingerprint(pair(2))


def test_fingerprints_of_a_number_do_not_hang_on_its_kind():
    assert fingerprint(np.int64(15)) == fingerprint(15) and fingerprint(np.float64(0.5)) == fingerprint(0.5)


@pytest.mark.parametrize(
    "spoil", ["UPDATE runs SET history = 5", "INSERT INTO facts VALUES (x'ff', 'q')", "DELETE FROM facts"]
)
def test_a_checkpoint_changed_by_hand_is_damaged(tmp_path, iris, spoil):
    path = tmp_path / "study.sqlite"
    al.run_histories(iris, **SMALL, checkpoint=path)
    with sqlite3.connect(path) as file:
        file.execute(spoil)
    file.close()
    with pytest.raises(ValueError, match="is damaged"):
        al.run_histories(iris, **SMALL, checkpoint=path)


@pytest.mark.parametrize("module", ["features/text.py", "models/logistic.py", "_arrays.py"])
def test_code_of_any_module_of_the_package_belongs_to_a_study_and_its_docstrings_do_not(tmp_path, module):
    folder = Path(shutil.copytree(Path(checkpoint.__file__).parents[1], tmp_path / "active_learning"))
    before, source = checkpoint._code_of_package(folder), (folder / module).read_text()
    assert before == checkpoint._code_of_package.__wrapped__()
    other_words = source.replace('"""', '"""Other words. ', 1) + "\n# a comment\n"
    (folder / module).write_text(other_words)
    assert checkpoint._code_of_package.__wrapped__(folder) == before
    (folder / module).write_text(source + "\nX = 1\n")
    assert checkpoint._code_of_package.__wrapped__(folder) != before


def test_a_rule_of_the_same_name_with_another_source_is_another_rule(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    sources = {
        "one_rules": "def rule(round):\n    return round.pool[:5]\n",
        "two_rules": "def rule(round):\n    'Says what it does.'\n    return round.pool[:5]  # the first\n",
        "three_rules": "def rule(round):\n    return round.pool[-5:]\n",
    }
    rules = []
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source)
        rules.append(importlib.import_module(name).rule)
    assert fingerprint(rules[0]) == fingerprint(rules[1]) != fingerprint(rules[2])
