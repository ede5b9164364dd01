"""Rows for labelling tools and their exports: ids and texts go round unchanged, nothing on a wrong row."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.cli.handover import answers_of, hand_over, unsaved
from active_learning.cli.main import main
from active_learning.tables.exchange import exchange_text, is_exchange, read_exchange, text_of

PIECES = [
    "<script>",
    "\x1b[31m",
    "\u202e",
    '"',
    "'",
    ",",
    ";",
    "#",
    "\n",
    "\r\n",
    "\t",
    "\u2028",
    "é",
    "e\u0301",
]
PIECES += ["退款", "посылка", "😀", "=1+1", "\\n", "{", "}", "NaN", "null", "  ", "a", "b"]
RNG = np.random.default_rng(0)
HOSTILE = pd.DataFrame({"id": [f"{RNG.choice(PIECES[:14]).strip()}{i}" for i in range(1000)]})
HOSTILE["text"] = ["".join(RNG.choice(PIECES, 8)) + str(i) for i in range(1000)]
HOSTILE["y"] = ["spam", "ham#2"] + [""] * 998


@pytest.fixture
def table(tmp_path):
    HOSTILE.to_csv(tmp_path / "my.csv", index=False)
    log = al.LabelLog(tmp_path / "my.csv.labels.csv")
    return al.load_table(tmp_path / "my.csv", "y", id_column="id", log=log)


def studio(tasks, label, who="ann@example.org"):
    """Label Studio's JSON export of tasks, as its documentation shows it."""
    value = {"value": {"choices": [label]}, "from_name": "label", "to_name": "text", "type": "choices"}
    given = {"completed_by": {"id": 1, "email": who}, "was_cancelled": False, "result": [value]}
    return [
        {"id": i, "data": task["data"], "annotations": [{"id": i, **given}]} for i, task in enumerate(tasks)
    ]


def studio_min(tasks, label):
    return [
        {"id": i, "annotator": 1, "label": label, "lead_time": 2.5, **task["data"]}
        for i, task in enumerate(tasks)
    ]


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def doccano_csv(rows, label):
    file = io.StringIO()
    writer = csv.DictWriter(file, ["id", "text", "label", "row_id", "Comments"])
    writer.writeheader()
    for i, row in enumerate(rows):
        writer.writerow(
            {"id": i, "text": row["text"], "label": label, "row_id": row["row_id"], "Comments": ""}
        )
    return file.getvalue()


def exported(kind, text, label):
    """What a tool that imported a text exports, and the ending of its file."""
    if kind.startswith("studio"):
        tasks = json.loads(text)
        return json.dumps(studio(tasks, label) if kind == "studio" else studio_min(tasks, label)), ".json"
    rows = [json.loads(line) for line in text.split("\n") if line]
    if kind == "doccano csv":
        return doccano_csv(rows, label), ".csv"
    done = [
        {**row, "label": [label]} | ({"id": i, "Comments": []} if kind == "doccano" else {})
        for i, row in enumerate(rows)
    ]
    return lines(done), ".jsonl"


KINDS = {
    "studio": "label-studio",
    "studio min": "label-studio",
    "doccano": "doccano",
    "doccano csv": "doccano",
    "plain": "jsonl",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", ["spam", "ham#2"])
def test_a_thousand_hostile_rows_go_round_unchanged(table, tmp_path, kind, label):
    text = exchange_text(table, range(1000), KINDS[kind])
    assert text_of(table, range(1000)) == HOSTILE["text"].tolist()
    content, ending = exported(kind, text, label)
    path = tmp_path / f"export{ending}"
    path.write_bytes(content.encode())
    assert is_exchange(path)
    frames, _ = read_exchange(table, path, "me")
    (frame,) = frames.values()
    assert frame["id"].tolist() == HOSTILE["id"].tolist() and (frame["y"] == label).all()
    found = answers_of(table, path, who="me", relabel=True)
    table.log.append(found.events)
    assert {*table.log.labels()["label"]} == {label} and len(table.log.labels()) >= 999


def write(tmp_path, content, name="export.json"):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def tasks_of(table, rows):
    return json.loads(exchange_text(table, rows, "label-studio"))


def test_annotators_are_kept_apart(table, tmp_path):
    tasks = tasks_of(table, [5, 6])
    one, two = studio(tasks, "spam"), studio(tasks, "ham#2", "bob@example.org")
    one[0]["annotations"] += two[0]["annotations"]
    found = answers_of(table, write(tmp_path, one), who="")
    assert [(event["who"], event["label"]) for event in found.events] == [
        ("ann@example.org", "spam"), ("ann@example.org", "spam"), ("bob@example.org", "ham#2")
    ]  # fmt: skip
    table.log.append(found.events)
    assert table.log.disagreements()["id"].tolist() == [HOSTILE["id"][5]] * 2


def test_choices_of_several_are_refused_with_the_row(table, tmp_path):
    export = studio(tasks_of(table, [5, 6]), "spam")
    export[1]["annotations"][0]["result"][0]["value"]["choices"].append("ham#2")
    with pytest.raises(ValueError, match="have several") as error:
        read_exchange(table, write(tmp_path, export))
    assert HOSTILE["id"][6] in str(error.value).encode().decode("unicode_escape", "ignore") or "6" in str(
        error.value
    )


@pytest.mark.parametrize("change, message", [
    ({"row_id": "zz"}, "other rows"), ({"text": "another"}, "other texts")
])  # fmt: skip
def test_an_export_of_another_project_is_refused(table, tmp_path, change, message):
    export = studio(tasks_of(table, [5]), "spam")
    export[0]["data"] |= change
    with pytest.raises(ValueError, match=message):
        read_exchange(table, write(tmp_path, export))


@pytest.mark.parametrize("content, name", [
    ("{", "a.json"), ("{}", "a.json"), ("[]", "a.json"), ("[1]", "a.json"), ('[{"data": {}}]', "a.json"),
    ('[{"data": 3}]', "a.json"), ("x\n", "a.jsonl"), ("[1]\n", "a.jsonl"), ('{"label": "a"}\n', "a.jsonl"),
    ('[{"data": {"row_id": "1"}, "annotations": [{}]}]', "a.json"),
])  # fmt: skip
def test_a_file_that_is_no_export_is_one_sentence(table, tmp_path, content, name):
    with pytest.raises(ValueError, match=name):
        read_exchange(table, write(tmp_path, content, name))


def test_other_columns_and_results_are_ignored_and_said(table, tmp_path):
    rows = [{"id": HOSTILE["id"][9], "label": "spam", "mood": "good"}]
    _, said = read_exchange(table, write(tmp_path, lines(rows), "a.jsonl"))
    assert said == ["'mood' in a.jsonl: ignored"]


def test_guesses_are_predictions_and_never_come_back_as_answers(table, tmp_path):
    ids = pd.Series(HOSTILE["id"][4:6])
    for kind, ending in {"label-studio": ".json", "doccano": ".jsonl", "jsonl": ".jsonl"}.items():
        path = tmp_path / f"{kind}{ending}"
        hand_over(table, ids, path, kind, "logistic_regression")
        assert "spam" in path.read_text() or "ham#2" in path.read_text()
        assert unsaved(table, path) == 0
        with pytest.raises(ValueError, match="no label is filled in"):
            answers_of(table, path, who="")


def test_a_tool_s_file_is_replaced_only_if_it_holds_no_answer(table, tmp_path):
    path = tmp_path / "next.jsonl"
    assert unsaved(table, path) == 0
    path.write_text(lines([{"id": HOSTILE["id"][9], "label": "spam"}]))
    assert unsaved(table, path) == 1
    path.write_text("my notes")
    with pytest.raises(ValueError, match="not replaced"):
        unsaved(table, path)


def test_the_command_writes_for_a_tool_and_takes_its_export(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    HOSTILE[:60].to_csv("my.csv", index=False)
    main(
        [
            "suggest",
            "my.csv",
            "--label-column",
            "y",
            "--id-column",
            "id",
            "-n",
            "5",
            "--format",
            "label-studio",
        ]
    )
    assert "my.csv.next.json" in capsys.readouterr().out
    tasks = json.loads((tmp_path / "my.csv.next.json").read_text())
    assert len(tasks) == 5 and "audit" not in str(tasks)
    write(tmp_path, studio(tasks, "spam"))
    main(["add", "my.csv", "export.json"])
    assert "5 answers" in capsys.readouterr().out and len(al.LabelLog("my.csv.labels.csv").labels()) == 5


def test_label_studio_takes_our_tasks_and_predictions(table):
    """By the checks of its own package, which is not among ours: it draws in 70 others."""
    interfaces = pytest.importorskip("label_studio_sdk.label_interface", reason="needs label-studio-sdk")
    text = '<Text name="text" value="$text"/><Choices name="label" toName="text">'
    choices = '<Choice value="spam"/><Choice value="ham#2"/></Choices>'
    interface = interfaces.LabelInterface(f"<View>{text}{choices}</View>")
    interface.validate()
    tasks = json.loads(exchange_text(table, range(1000), "label-studio"))
    assert all(interface.validate_task(task) and {*task} == {"data"} for task in tasks)
    guessed = json.loads(exchange_text(table, range(1000), "label-studio", [("ham#2", 0.75)] * 1000))
    predictions = [prediction for task in guessed for prediction in task["predictions"]]
    assert len(predictions) == 1000
    assert [error for one in predictions for error in interface.validate_prediction(one, True)] == []
    wrong = json.loads(json.dumps(predictions[0]).replace("ham#2", "eggs"))
    assert interface.validate_prediction(wrong, True) != []
    assert interface.validate_annotation(studio(tasks[:1], "spam")[0]["annotations"][0])
