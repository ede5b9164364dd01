"""Section 7: the command, as a user meets it."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

import al_helpers as al

ROOT = Path(__file__).parents[1]
DEFAULT = [*al.CLASSIC, al.RECOMMENDED]
QUICK = ["--dataset", "iris", "--splits", "3", "--budget", "30", "--jobs", "1"]
ENV = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def run(capsys, *options):
    """(exit code, stdout, stderr) of the command in this process."""
    try:
        code = al.main([*QUICK, *options])
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def shell(line):
    settings = dict(stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return subprocess.run(line, shell=True, env=ENV, cwd=ROOT, **settings)


def table_of(out):
    """The rows of the printed table, as lists of words."""
    lines = out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("strategy"))
    return [line.split() for line in lines[start + 1 : lines.index("", start)]]


def test_command_prints_what_it_ran_the_table_and_one_sentence(capsys):
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    head, _, rest = out.partition("\n\n")
    for stated in (
        "iris",
        "classifier logistic_regression",
        "seed 6",
        "pool 99",
        "test 45",
        "90%",
        "3 splits",
    ):
        assert stated in head
    assert "batch 10" in head and "budget 30" in head
    assert rest.splitlines()[0].split("  ")[0] == "strategy"
    for column in ("labels -> 90%", "saved vs random", "cost more than random in", "AUC", "final acc."):
        assert column in rest.splitlines()[0]
    assert [row[0] for row in table_of(out)] == DEFAULT
    sentence = out.rstrip().splitlines()[-1]
    assert sentence.endswith(".") and all(name in sentence for name in DEFAULT)


def test_command_measures_digits_unless_told_otherwise(capsys):
    assert al.main(["--splits", "1", "--jobs", "1", "--strategies", "random", "--budget", "30"]) == 0
    out = capsys.readouterr().out
    assert all(stated in out for stated in ("digits", "seed 20 / pool 1237 / test 540", "1 split,"))


def test_installed_command_prints_its_version():
    result = shell("active-learning --version")
    if result.returncode == 127:
        pytest.skip("the command is not installed")
    assert result.stdout.split() == ["active-learning", al.__version__]


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        (["margin"], ["random", "margin"]),
        (["margin,entropy"], ["random", "margin", "entropy"]),
        (["entropy", "random", "margin"], ["random", "entropy", "margin"]),
        (["margin", "margin,random"], ["random", "margin"]),
        (["all"], list(al.STRATEGIES)),
        (["badge,all"], list(dict.fromkeys(["random", "badge", *al.STRATEGIES]))),
    ],
)
def test_strategies_come_with_spaces_or_commas_and_random_first(capsys, options, rows):
    _, out, _ = run(capsys, "--strategies", *options)
    assert [row[0] for row in table_of(out)] == rows


@pytest.mark.parametrize("name", al.CLASSIFIERS)
def test_every_classifier_runs_by_name_and_is_named_in_text_and_json(capsys, name):
    options = ("--classifier", name, "--strategies", "random", "--splits", "1", "--budget", "16")
    code, out, err = run(capsys, *options)
    assert (code, err) == (0, "") and f"classifier {name}\n" in out
    result = json.loads(run(capsys, *options, "--json")[1])
    curves = al.run_study(al.load_dataset("iris"), "random", model=name, n_splits=1, budget=16, n_jobs=1)
    assert result["classifier"] == name
    assert result["strategies"][0]["auc"] == round(al.summarise(curves, 0.9)["auc"].item(), 6)


def test_default_keeps_to_the_rules_that_the_classifier_serves_and_says_so(capsys):
    code, out, _ = run(capsys, "--classifier", "svm", "--splits", "1")
    assert code == 0 and "svm cannot serve least_confidence and entropy: left out\n" in out
    assert [row[0] for row in table_of(out)] == ["random", "margin", al.RECOMMENDED]
    assert json.loads(run(capsys, "--classifier", "svm", "--splits", "1", "--json")[1])["notes"]


def test_one_split_gives_the_classic_table_without_intervals(capsys):
    code, out, _ = run(capsys, "--splits", "1")
    assert code == 0 and len(table_of(out)) == len(DEFAULT)
    assert "[" not in out and "nan" not in out
    assert "one split" in out.lower()


def test_a_target_that_nobody_reaches_is_a_result(capsys):
    code, out, _ = run(capsys, "--target-acc", "1", "--budget", "8")
    assert code == 0
    assert all(row[1:3] == [">", "8"] for row in table_of(out))
    assert "nan" not in out.lower()


def test_hold_asks_for_more(capsys):
    tables = [json.loads(run(capsys, "--json", "--hold", hold)[1])["strategies"] for hold in ("1", "3")]
    shares = [[row["labels_to_target"]["reached_share"] for row in table] for table in tables]
    assert shares[1] < shares[0]


def check_number_or_null(value):
    assert value is None or (isinstance(value, float) and math.isfinite(value))


def refuse(word):
    raise AssertionError(f"{word} is not JSON")


@pytest.mark.parametrize(
    "options", [[], ["--splits", "1"], ["--target-acc", "1"], ["--strategies", "random"]]
)
def test_json_holds_what_is_promised_and_never_nan(capsys, options):
    code, out, err = run(capsys, "--json", *options)
    assert (code, err) == (0, "")
    result = json.loads(out, parse_constant=refuse)
    promised = {
        "dataset",
        "classifier",
        "target_acc",
        "batch",
        "budget",
        "n_splits",
        "seed",
        "sizes",
        "versions",
        "strategies",
    }
    assert promised <= set(result)
    assert result["sizes"] == {"seed": 6, "pool": 99, "test": 45}
    assert (result["dataset"], result["batch"], result["budget"], result["seed"]) == ("iris", 10, 30, 0)
    for i, row in enumerate(result["strategies"]):
        measures = "strategy labels_to_target saved_vs_random cost_more_share tie_share auc final_accuracy"
        assert set(row) == set(measures.split())
        assert set(row["labels_to_target"]) == {"median", "q25", "q75", "reached_share"}
        for value in row["labels_to_target"].values():
            check_number_or_null(value)
        assert (row["saved_vs_random"] is None) == (i == 0) == (row["strategy"] == "random")
        if i:
            assert set(row["saved_vs_random"]) == {"estimate", "low", "high"}
            for value in row["saved_vs_random"].values():
                check_number_or_null(value)
        for share in ("cost_more_share", "tie_share", "auc", "final_accuracy"):
            assert 0 <= row[share] <= 1


def test_json_says_null_where_the_target_was_never_reached(capsys):
    options = ["--json", "--target-acc", "1", "--budget", "8"]
    for row in json.loads(run(capsys, *options)[1])["strategies"]:
        assert row["labels_to_target"] == {"median": None, "q25": None, "q75": None, "reached_share": 0}


def test_json_agrees_with_the_module(capsys):
    result = json.loads(run(capsys, "--json", "--seed", "5")[1])
    curves = al.run_study(al.load_dataset("iris"), DEFAULT, n_splits=3, budget=30, n_jobs=1, random_state=5)
    for row, expected in zip(result["strategies"], al.summarise(curves, 0.9).itertuples(), strict=True):
        assert row["strategy"] == expected.Index
        assert row["auc"] == pytest.approx(expected.auc, abs=1e-6)
        assert (row["labels_to_target"]["median"] or math.inf) == expected.median


def test_same_seed_gives_the_same_bytes_in_another_process_with_other_jobs(capsys):
    one = run(capsys, "--json")[1]
    result = shell(f"{sys.executable} -m al_helpers {' '.join(QUICK)} --json --jobs 2")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == one != ""
    other = run(capsys, "--json", "--seed", "1")[1]
    assert json.loads(one)["strategies"] != json.loads(other)["strategies"]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--strategies", "magic"], ["magic", "least_confidence", "margin", "entropy"]),
        (["--classifier", "forest"], ["forest", *al.CLASSIFIERS]),
        (["--classifier", "svm", "--strategies", "all"], ["least_confidence", "SVC", "fit: random, margin,"]),
        (["--dataset", "mnist"], ["mnist", "digits", "synthetic"]),
        (["--target-acc", "0"], ["(0, 1]", "0"]),
        (["--target-acc", "90"], ["(0, 1]", "90", "0.9"]),
        (["--target-acc", "nan"], ["(0, 1]", "nan"]),
        (["--target-acc", "high"], ["--target-acc", "high"]),
        (["--batch", "0"], ["batch", "at least 1", "0"]),
        (["--batch", "2.5"], ["--batch", "2.5"]),
        (["--budget", "5"], ["budget", "6", "5"]),
        (["--splits", "0"], ["splits", "at least 1", "0"]),
        (["--hold", "0"], ["hold", "at least 1", "0"]),
        (["--jobs", "0"], ["jobs", "0"]),
        (["--seed", "-1"], ["at least 0", "-1"]),
        (["--colour"], ["--colour"]),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_exit_2(capsys, options, names):
    code, out, err = run(capsys, *options)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and err.endswith("\n")
    assert all(name in err for name in names), err


def test_bad_input_is_found_before_any_work_is_done(capsys):
    started = time.perf_counter()
    for bad in (["--target-acc", "2"], ["--strategies", "magic"], ["--hold", "0"], ["--batch", "0"]):
        assert run(capsys, "--dataset", "digits", "--splits", "100", *bad)[0] == 2
    assert time.perf_counter() - started < 5


def test_help_shows_every_option_and_examples(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0 and "examples" in out
    options = "dataset classifier target-acc strategies batch budget splits seed hold jobs json version"
    assert all(f"--{option}" in out for option in options.split())
    assert all(name in out for name in [*al.CLASSIFIERS, *al.STRATEGIES, *al.DATASETS, "all"])


def test_json_pipes_into_json_tool_and_head_closes_the_pipe_quietly():
    command = f"{sys.executable} -m al_helpers {' '.join(QUICK)}"
    lines = [
        f"{command} --json | {sys.executable} -m json.tool",
        f"bash -o pipefail -c '{command} --json | head -1'",
        f"bash -o pipefail -c '{command} | true'",  # the reader left before a line was written
    ]
    with ThreadPool(3) as pool:
        piped, closed, gone = pool.map(shell, lines)
    assert (piped.returncode, piped.stderr) == (0, "")
    assert (closed.returncode, closed.stdout, closed.stderr) == (0, "{\n", "")
    assert (gone.returncode, gone.stderr) == (0, "")


START = """
import sys, al_helpers
print("ready", flush=True)
sys.argv[1:] = ["--splits", "500", "--jobs", sys.argv[1]]
sys.exit(al_helpers.command())
"""


@pytest.mark.parametrize(("jobs", "after"), [("2", 0.5), ("2", 3.0)])  # seconds: workers starting, at work
def test_ctrl_c_ends_at_once_with_130_and_no_traceback(jobs, after):
    command = [sys.executable, "-c", START, jobs]
    pipes = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process = subprocess.Popen(command, env=ENV, cwd=ROOT, start_new_session=True, **pipes)
    assert process.stdout.readline() == "ready\n"
    time.sleep(after)
    pressed = time.perf_counter()
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.perf_counter() - pressed < 3
    assert (out, err) == ("", "")
