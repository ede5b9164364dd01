"""A labelling job by its sub-commands: five rounds, an honest score, and what is remembered."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examples import run

import al_helpers as al


@pytest.fixture
def job(tmp_path, capsys, monkeypatch):
    """In a folder with a table without labels: its true classes, and a function that runs the command."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "c"])
    frame.insert(0, "id", [f"{i:03}" for i in range(200)])
    frame.to_csv("my.csv", index=False)
    truth = pd.Series(np.where(frame["a"] > 0, "yes", "no"), index=frame["id"])

    def command(*options):
        code, out, err = run(capsys, *options)
        assert (code, err) == (0, ""), err
        return json.loads(out) if "--json" in options else out

    return truth, command


FIRST = (
    "--label-column",
    "y",
    "--id-column",
    "id",
    "--classifier",
    "logistic_regression",
    "--classes",
    "yes,no",
)


def fill_in(truth, path="my.csv.next.csv", keep=None, label="y"):
    asked = pd.read_csv(path, dtype=str, keep_default_na=False)
    asked[label] = truth[asked["id"]].to_numpy()
    asked.iloc[:keep].to_csv(path, index=False)


def test_five_rounds_are_two_short_commands_each_and_end_in_an_honest_score(job):
    truth, command = job
    before = Path("my.csv").read_bytes()
    command("suggest", "my.csv", *FIRST, "-n", 10)
    for done in range(1, 6):
        fill_in(truth)
        added = command("add", "my.csv", "my.csv.next.csv", "--json")
        assert added["answers"] == 10 and added["labeled"] == 10 * done
        command("suggest", "my.csv")
    found = command("score", "my.csv", "--json")
    assert [one["on"] for one in found["score"]] == ["new rows", "pool"] and found["reason"] is None
    assert all(0 <= one["low"] <= one["estimate"] <= one["high"] <= 1 for one in found["score"])
    assert found["score"][0]["n_audit"] + found["score"][0]["n_open"] >= 8
    assert set(found["majority"]) == {"class", "score"} and found["classifier"] == "logistic_regression"
    out = command("score", "my.csv", "--within", 10)
    assert (
        "Of 100 new rows of this kind" in out
        and "for one look" in out
        and "audit rows give +-10 points" in out
    )
    assert command("forecast", "my.csv", "--target-acc", 0.9, "--json")["forecast"]["labels_now"] == 50
    command("export", "my.csv", "--output", "done.csv")
    done = pd.read_csv("done.csv", dtype=str, keep_default_na=False)
    labelled = done[done["y"] != ""].set_index("id")["y"]
    assert len(labelled) == 50 and (labelled == truth[labelled.index]).all()
    assert Path("my.csv").read_bytes() == before


def test_neither_the_file_nor_the_screen_tells_which_rows_are_audit_rows(job):
    truth, command = job
    command("suggest", "my.csv", *FIRST, "-n", 30)
    fill_in(truth)
    command("add", "my.csv", "my.csv.next.csv")
    shown = command("suggest", "my.csv", "--json")
    assert {*shown["suggestions"][0]} == {"id", "a", "b", "c", "y"}
    assert Path("my.csv.next.csv").read_text().splitlines()[0].split(",") == ["id", "a", "b", "c", "y"]
    assert "audit" not in command("suggest", "my.csv").replace("my.csv", "")


def test_a_column_named_id_that_is_no_id_is_shown_beside_the_row_numbers(job):
    _, command = job
    shown = command("suggest", "my.csv", "--label-column", "y", "--classes", "yes,no", "--json")
    assert {*shown["suggestions"][0]} == {"row", "id", "a", "b", "c", "y"}


def test_without_audit_rows_there_is_no_score_and_it_says_why_and_what_to_do(job):
    truth, command = job
    command("suggest", "my.csv", *FIRST, "-n", 30, "--audit-share", 0)
    fill_in(truth)
    command("add", "my.csv", "my.csv.next.csv")
    found = command("score", "my.csv", "--json")
    assert (
        found["score"] == [] and "No honest score" in found["reason"] and found["majority"]["score"] is None
    )
    assert "suggest my.csv --only-audit -n 40" in command("score", "my.csv")
    command("suggest", "my.csv", "--only-audit", "-n", 20)
    fill_in(truth)
    command("add", "my.csv", "my.csv.next.csv")
    assert command("score", "my.csv", "--json")["score"][0]["n_audit"] == 20


def test_labels_that_were_drawn_at_random_are_audit_rows_if_it_is_said_once(job):
    truth, command = job
    frame = pd.read_csv("my.csv", dtype=str)
    frame.assign(y=truth.where(np.arange(200) < 60).to_numpy()).to_csv("my.csv", index=False)
    assert command("score", "my.csv", *FIRST[:6], "--json")["score"] == []
    assert command("score", "my.csv", *FIRST[:6], "--given", "random", "--json")["score"][0]["n_audit"] == 50
    assert command("score", "my.csv", "--json")["score"][0]["n_audit"] == 50


def test_answers_that_are_not_in_the_log_are_never_replaced(job, capsys):
    truth, command = job
    command("suggest", "my.csv", *FIRST, "-n", 10)
    fill_in(truth)
    before = Path("my.csv.next.csv").read_text()
    code, _, err = run(capsys, "suggest", "my.csv")
    assert code == 2 and "10 answers that are not in the log" in err
    assert Path("my.csv.next.csv").read_text() == before
    command("add", "my.csv", "my.csv.next.csv")
    command("suggest", "my.csv")


def test_people_who_disagree_are_told_apart(job, capsys):
    truth, command = job
    command("suggest", "my.csv", *FIRST, "-n", 20)
    fill_in(truth)
    command("add", "my.csv", "my.csv.next.csv", "--who", "ann")
    asked = pd.read_csv("my.csv.next.csv", dtype=str)
    asked["y"] = [{"yes": "no", "no": "yes"}[asked["y"][0]], *asked["y"][1:]]
    asked.to_csv("bob.csv", index=False)
    added = command("add", "my.csv", "bob.csv", "--who", "bob", "--json")
    assert added["labeled"] == 19 and any("people disagree" in note for note in added["notes"])
    assert command("score", "my.csv", "--by", "bob", "--json")["labeled"] == 20
    code, _, err = run(capsys, "score", "my.csv", "--by", "cleo")
    assert code == 2 and "unknown person 'cleo'; valid: majority, ann, bob" in err
    command("export", "my.csv", "--output", "done.csv", "--by", "majority")
    assert "ann" not in Path("done.csv").read_text()


def test_two_tables_of_one_name_have_a_job_each(job):
    _, command = job
    pd.read_csv("my.csv", dtype=str).astype({"a": float}).to_parquet("my.parquet")
    command("suggest", "my.csv", *FIRST, "-n", 10)
    command("suggest", "my.parquet", *FIRST, "-n", 5)
    assert len(al.LabelLog("my.csv.labels.csv").events()) == 10
    assert len(al.LabelLog("my.parquet.labels.csv").events()) == 5


@pytest.mark.usefixtures("few_trees")
def test_a_study_is_of_the_labels_drawn_at_random_or_says_that_it_cannot(job, capsys):
    truth, command = job
    command("suggest", "my.csv", *FIRST, "-n", 30)
    for _ in range(2):
        fill_in(truth)
        command("add", "my.csv", "my.csv.next.csv")
        command("suggest", "my.csv")
    code, _, err = run(capsys, "study", "my.csv", "--splits", 2, "--jobs", 1)
    assert code == 2 and "a study needs labels drawn at random, 40 at least" in err
    command("suggest", "my.csv", "--only-audit", "-n", 20)
    fill_in(truth)
    command("add", "my.csv", "my.csv.next.csv")
    out = command("study", "my.csv", "--splits", 2, "--jobs", 1, "--strategies", "margin")
    assert "the study is of the" in out
