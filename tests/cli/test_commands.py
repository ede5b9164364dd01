"""Claims about what the command prints, as text and as JSON."""

import json
import math
import re

import pandas as pd
import pytest
from examples import mixed_table, run, run_quick, write

import al_helpers as al
from active_learning.cli.main import main
from active_learning.models.registry import CLASSIFIERS

DEFAULT = [*al.CLASSIC, al.RECOMMENDED]


MARGIN = ("--splits", 3, "--jobs", 1, "--strategies", "margin")


def table_of(out):
    """The rows of the printed table, as lists of words."""
    lines = out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("strategy"))
    return [line.split() for line in lines[start + 1 : lines.index("", start)]]


def test_command_prints_what_it_ran_the_table_and_a_short_answer(capsys):
    code, out, err = run_quick(capsys)
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
    answer = " ".join(out.rstrip().rpartition("\n\n")[2].split())
    assert answer.endswith(".") and 1 <= len(re.findall(r"\.(?= |$)", answer)) <= 5


def test_command_measures_digits_by_default(capsys):
    assert main(["--splits", "1", "--jobs", "1", "--strategies", "random", "--budget", "30"]) == 0
    out = capsys.readouterr().out
    assert all(stated in out for stated in ("digits", "seed 20 / pool 1237 / test 540", "1 split,"))


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
    _, out, _ = run_quick(capsys, "--strategies", *options)
    assert [row[0] for row in table_of(out)] == rows


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_runs_by_name_and_is_named_in_text_and_json(capsys, name):
    options = ("--classifier", name, "--strategies", "random", "--splits", "1", "--budget", "16")
    code, out, err = run_quick(capsys, *options)
    assert (code, err) == (0, "") and f"classifier {name}\n" in out
    result = json.loads(run_quick(capsys, *options, "--json")[1])
    curves = al.run_study(al.load_dataset("iris"), "random", model=name, n_splits=1, budget=16, n_jobs=1)
    assert result["classifier"] == name
    assert result["strategies"][0]["auc"] == round(al.summarise(curves, 0.9)["auc"].item(), 6)


def test_default_keeps_to_the_rules_that_the_classifier_serves_and_says_so(capsys):
    code, out, _ = run_quick(capsys, "--classifier", "svm", "--splits", "1")
    assert code == 0 and "svm cannot serve least_confidence and entropy: left out\n" in out
    assert [row[0] for row in table_of(out)] == ["random", "margin", al.RECOMMENDED]
    assert json.loads(run_quick(capsys, "--classifier", "svm", "--splits", "1", "--json")[1])["notes"]


def test_one_split_gives_the_classic_table_without_intervals(capsys):
    code, out, _ = run_quick(capsys, "--splits", "1")
    assert code == 0 and len(table_of(out)) == len(DEFAULT)
    assert "[" not in out and "nan" not in out
    assert "one split" in out.lower()


def test_a_target_that_nobody_reaches_is_a_result(capsys):
    code, out, _ = run_quick(capsys, "--target-acc", "1", "--budget", "8")
    assert code == 0
    assert all(row[1:3] == [">", "8"] for row in table_of(out))
    assert "nan" not in out.lower()


def test_hold_asks_for_more(capsys):
    tables = [json.loads(run_quick(capsys, "--json", "--hold", hold)[1])["strategies"] for hold in ("1", "3")]
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
    code, out, err = run_quick(capsys, "--json", *options)
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
            assert set(row["saved_vs_random"]) == {"estimate", "low", "high", "new_rows"}
            new_rows = row["saved_vs_random"].pop("new_rows")
            assert set(new_rows) == {"low", "high"}
            for value in new_rows.values():
                check_number_or_null(value)
            for value in row["saved_vs_random"].values():
                check_number_or_null(value)
        for share in ("cost_more_share", "tie_share", "auc", "final_accuracy"):
            assert 0 <= row[share] <= 1


def test_json_says_null_where_the_target_was_never_reached(capsys):
    options = ["--json", "--target-acc", "1", "--budget", "8"]
    for row in json.loads(run_quick(capsys, *options)[1])["strategies"]:
        assert row["labels_to_target"] == {"median": None, "q25": None, "q75": None, "reached_share": 0}


def test_json_agrees_with_the_module(capsys):
    result = json.loads(run_quick(capsys, "--json", "--seed", "5")[1])
    curves = al.run_study(al.load_dataset("iris"), DEFAULT, n_splits=3, budget=30, n_jobs=1, random_state=5)
    for row, expected in zip(result["strategies"], al.summarise(curves, 0.9).itertuples(), strict=True):
        assert row["strategy"] == expected.Index
        assert row["auc"] == pytest.approx(expected.auc, abs=1e-6)
        assert (row["labels_to_target"]["median"] or math.inf) == expected.median


@pytest.mark.usefixtures("few_trees")
def test_command_measures_and_explains_what_it_chose(capsys, tmp_path):
    mixed_table(n_labeled=30).assign(same=1).to_csv(tmp_path / "t.csv", index=False)
    options = ("study", tmp_path / "t.csv", "--label-column", "label", "--id-column", "id", *MARGIN)
    code, out, err = run(capsys, *options)
    assert (code, err) == (0, "")
    notes = [
        "column 'same' is dropped",
        "'size' alone gives the label away",
        "Of 30 labelled",
        "The target is",
    ]
    for words in [*notes, "3 splits are few"]:
        assert " ".join(out.split()).count(words) == 1
    answer = out.rstrip().rpartition("\n\n")[2]
    assert len(re.findall(r"\.(?= |\n|$)", answer)) <= 5 and "To score" not in answer
    assert "To score" in run(capsys, *options, "--verbose", "--classifier", "logistic_regression")[1]
    result = json.loads(run(capsys, *options, "--json", "--metric", "balanced_accuracy")[1])
    assert result["dataset"] == "t.csv" and result["metric"] == "balanced_accuracy"
    assert sum(result["sizes"].values()) == 30 and len(result["notes"]) == 6
    assert [row["strategy"] for row in result["strategies"]] == ["random", "margin"]


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize("name", ["knn", "label_spreading"])
def test_command_takes_the_classifier_for_a_table(capsys, csv_path, name):
    options = (csv_path, "--label-column", "label", "--id-column", "id", "--classifier", name)
    code, out, err = run(capsys, "study", *options, *MARGIN)
    assert (code, err) == (0, "") and f"classifier {name}\n" in out
    assert f"classifier {name}\n" in run(capsys, "suggest", *options, "-n", 3)[1]
    shown = json.loads(run(capsys, "suggest", csv_path, "-n", 3, "--json")[1])
    assert shown["classifier"] == name and len(shown["suggestions"]) == 3


def test_command_takes_the_metric_on_bundled_data(capsys):
    options = ("--dataset", "iris", "--budget", 20, "--metric", "balanced_accuracy", *MARGIN)
    code, out, _ = run(capsys, *options)
    assert code == 0 and "target 90% balanced accuracy" in out


def test_command_suggests_takes_answers_and_exports(capsys, csv_path):
    folder = csv_path.parent
    code, out, err = run(capsys, "suggest", csv_path, "--label-column", "label", "--id-column", "id", "-n", 3)
    assert (code, err) == (0, "") and "active-learning add" in out
    rows = json.loads(run(capsys, "suggest", csv_path, "-n", 3, "--json")[1])["suggestions"]
    path = folder / f"{csv_path.name}.next.csv"
    asked = pd.read_csv(path, dtype=str)
    assert asked["id"].tolist() == [row["id"] for row in rows]
    asked.assign(label="yes").to_csv(path, index=False)
    before = csv_path.read_bytes()
    assert "3 answers" in run(capsys, "add", csv_path, path)[1]
    assert json.loads(run(capsys, "add", csv_path, path, "--json")[1])["answers"] == 0
    assert run(capsys, "export", csv_path, "--output", folder / "merged.csv")[0] == 0
    assert csv_path.read_bytes() == before
    assert len(pd.read_csv(folder / "merged.csv", dtype=str)["label"].dropna()) == 23
    again = json.loads(run(capsys, "suggest", csv_path, "-n", 99, "--json")[1])
    assert {row["id"] for row in again["suggestions"]}.isdisjoint(asked["id"])


LABEL = ["--label-column", "label"]


@pytest.mark.parametrize(
    "options, message",
    [
        (["study", "none.csv", *LABEL], "none.csv"),
        (["study", "mine.csv", "--label-column", "lable"], "did you mean 'label'"),
        (["study", "mine.csv"], "--label-column is missing"),
        (["study"], "TABLE"),
        (["suggest", "3"], "--label-column is missing"),
        (["--dataset", "iris", "--metric", "f2"], "accuracy, balanced_accuracy, f1"),
        (["study", "mine.csv", *LABEL, "--dataset", "iris"], "--dataset NAME without a sub-command"),
        (["--label-column", "label"], "type active-learning study TABLE --label-column"),
        (["score", "mine.csv", *LABEL, "--force"], "--force is not an option of score, but of export"),
        (["score", "mine.csv", *LABEL, "--suggest", "3"], "type active-learning suggest TABLE -n N"),
        (["add", "mine.csv", "a.csv", *LABEL, "--drop", "n"], "--drop is not an option of add, but of study"),
        (["score", "mine.csv", *LABEL, "--sead", "3"], "did you mean --seed?"),
        (["suggest", "mine.csv", *LABEL, "-n", "0"], "at least 1, got 0"),
        (["suggest", "mine.csv", *LABEL, "--audit-share", "2"], "from 0 to 1, got 2.0"),
        (["suggest", "mine.csv", *LABEL, "--strategy", "x"], "unknown strategy"),
        (["suggest", "mine.csv", *LABEL, "--classifier", "svm"], "gives none; classifiers that do"),
        (["suggest", "mine.csv", *LABEL, "--classifier", "tree"], "unknown classifier 'tree'"),
        (["suggest", "mine.csv", *LABEL, "--output", "mine.csv"], "never"),
        (["suggest", "mine.csv", *LABEL, "--output", "no/a.csv"], "no/a.csv"),
        (["forecast", "mine.csv", *LABEL, "--target-acc", "90"], "did you mean 0.9"),
        (["score", "mine.csv", *LABEL, "--within", "0.1"], "0.5 to 50 points"),
        (["study", "t.parquet", *LABEL], "t.parquet"),
    ],
)
def test_command_refuses_bad_input_in_one_line(capsys, csv_path, monkeypatch, options, message):
    monkeypatch.chdir(csv_path.parent)
    write(csv_path.parent / "t.parquet", "x")
    before = {path: path.read_bytes() for path in csv_path.parent.iterdir()}
    code, out, err = run(capsys, *options)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and message in err
    assert {path: path.read_bytes() for path in csv_path.parent.iterdir()} == before


@pytest.mark.parametrize("labels", [["", "", "", ""], ["a", "", "", ""]])
def test_first_rows_are_suggested_before_two_classes_have_a_label(capsys, tmp_path, labels):
    rows = zip(["hello there", "bye now", "what is this", "see you"], labels, strict=True)
    path = write(tmp_path / "none.csv", "text,y\n" + "".join(f"{text},{label}\n" for text, label in rows))
    code, out, err = run(capsys, "suggest", path, "--label-column", "y", "-n", 2)
    assert (code, err) == (0, "") and "Too early to say" in out
    code, out, _ = run(capsys, "suggest", path, "-n", 2, "--json")
    assert code == 0 and len(json.loads(out)["suggestions"]) == 2


@pytest.mark.parametrize(
    "old, new",
    [
        ("--csv my.csv --label-column y", "study my.csv --label-column y"),
        (
            "--csv my.csv --label-column y --suggest 10 --output next.csv",
            "suggest my.csv --label-column y -n 10 --output next.csv",
        ),
        (
            "--csv my.csv --label-column y --labels next.csv --output merged.csv --relabel",
            "add my.csv next.csv --label-column y --relabel, "
            "and active-learning export my.csv --output merged.csv",
        ),
        (
            "--csv=my.csv --label-column y --forecast --target-acc 0.9",
            "forecast my.csv --label-column y --target-acc 0.9",
        ),
    ],
)
def test_the_old_spelling_is_answered_with_the_new_one(capsys, old, new):
    code, out, err = run(capsys, *old.split())
    assert (code, out, err.count("\n")) == (2, "", 1) and f"type active-learning {new}" in err
