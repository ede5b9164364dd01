"""Answers that come back, and logs beside changed tables: no label lands on another row, none is lost."""

import pandas as pd
import pytest

import al_helpers as al
from active_learning.tables.answers import read_answers, unsaved_answers
from active_learning.tables.logged import row_hashes, with_log
from active_learning.tables.table import read_table

ROWS = pd.DataFrame({"id": ["p", "q", "r", "s"], "n": ["1", "3", "2", "5"], "y": ["a", "b", "", ""]})


@pytest.fixture
def log(tmp_path):
    return al.LabelLog(tmp_path / "t.csv.labels.csv")


def load(log, frame=ROWS, id_column="id", **how):
    by, columns = how.pop("by", None), how.pop("columns", None)
    table = read_table(frame, "y", id_column=id_column, **how)
    return with_log(table, log, by=by, columns=columns)


def add(log, rows, frame=ROWS, id_column="id", who="", relabel=False, classes=(), **how):
    table = load(log, frame, id_column, **how)
    found = read_answers(table, pd.DataFrame(rows), who=who, relabel=relabel, classes=classes)
    log.append(found.events)
    return found.lines


def labels(log, frame=ROWS, id_column="id", **how):
    return dict(zip(frame.index, load(log, frame, id_column, **how).y, strict=True))


def test_add_says_what_came_in(log):
    rows = {"id": ["r", "s"], "y": ["biling", ""], "comment": ["hm", ""]}
    lines = add(log, rows, classes=["billing", "refund"])
    assert lines == [
        "1 answer",
        "1 row without one",
        "column 'comment' is ignored: the table has none of that name",
        "new class: 'biling'",
        "'biling' (row 'r') may be 'billing' mistyped; if so, add it again with --relabel",
    ]
    assert log.labels()["label"].to_dict() == {"r": "biling"}


def test_a_class_in_capitals_is_said_to_be_mistyped(log):
    lines = add(log, {"id": ["r", "s"], "y": ["HAM", "Boiling"]}, classes=["boiling", "ham"])
    assert any("'HAM' (row 'r') may be 'ham' mistyped" in line for line in lines)
    assert any("'Boiling' (row 's') may be 'boiling' mistyped" in line for line in lines)


def test_a_mark_is_no_class_unless_it_is_declared(log):
    lines = add(log, {"id": ["r", "s"], "y": ["?", "a"]})
    assert lines[1:] == [
        "1 row without one",
        "'?' counts as no label (1): --skip takes such rows out; if it is a class, --classes lists it",
    ]
    assert labels(log)[2] is None
    with pytest.warns(UserWarning, match="as a class"):  # by the table, which does not declare it
        add(log, {"id": ["r"], "y": ["?"]}, classes=["?"])
    assert log.labels()["label"].to_dict() == {"s": "a", "r": "?"}


def test_an_id_in_capitals_is_understood_where_one_row_is_meant(log):
    lines = add(log, {"id": ["R"], "y": ["a"]})
    assert "ids in capitals or small letters are read as the table's: 'R as r'" in lines
    assert labels(log)[2] == "a"
    with pytest.raises(ValueError, match="not in table: 'PQ'"):  # which of two?
        add(log, {"id": ["PQ"], "y": ["b"]}, ROWS.assign(id=["pq", "Pq", "r", "s"]))


def test_the_same_answers_again_are_nothing_new(log):
    add(log, {"id": ["r"], "y": ["a"]})
    assert add(log, {"id": ["r"], "y": ["a"]}) == [] and len(log.events()) == 1


def test_a_changed_label_needs_to_be_meant(log):
    add(log, {"id": ["r"], "y": ["a"]})
    for row in ("r", "p"):
        with pytest.raises(ValueError, match=f"{row}: a or b'; type --relabel"):
            add(log, {"id": [row], "y": ["b"]})
    assert add(log, {"id": ["r", "p"], "y": ["b", "b"]}, relabel=True) == [
        "row r: 'a' is now 'b'",
        "row p: 'a' is now 'b'",
    ]
    assert labels(log) == {0: "b", 1: "b", 2: "b", 3: None}


def test_another_persons_answer_changes_nothing_and_the_row_is_disputed(log):
    add(log, {"id": ["r", "s"], "y": ["a", "a"]}, who="ann")
    add(log, {"id": ["r", "s"], "y": ["b", "a"]}, who="bob")
    assert labels(log) == {0: "a", 1: "b", 2: None, 3: "a"} and not load(log).pool.any()
    assert any("people disagree on 'r'" in note for note in load(log).notes)
    assert labels(log, by="bob")[2] == "b"


def test_an_unfilled_file_is_refused(log):
    with pytest.raises(ValueError, match="no label is filled in in column 'y'"):
        add(log, {"id": ["r", "s"], "y": ["", " "]})


@pytest.mark.parametrize("rows, said", [
    ({"id": ["z"], "y": ["a"]}, "not in table: 'z'"),
    ({"id": ["r", "r"], "y": ["a", "b"]}, "two labels, so nothing was added: 'r: a or b'"),
    ({"why": ["r"], "y": ["a"]}, "no column 'id'"),
    ({"id": ["r"], "why": ["a"]}, "no column 'y'"),
])  # fmt: skip
def test_answers_that_cannot_be_placed_are_refused_and_nothing_is_written(log, rows, said):
    with pytest.raises(ValueError, match=said):
        add(log, rows)
    assert not log.path.exists()


def test_ids_are_understood_as_a_spreadsheet_writes_them(log):
    frame = ROWS.assign(id=["140", "141", "142", "143"])
    add(log, {"id": ["142.0", "143"], "y": ["a", "b"]}, frame)
    assert log.labels()["label"].to_dict() == {"142": "a", "143": "b"}
    add(log, {"id": [142.0], "y": ["a"]}, frame)


def test_a_label_that_says_skip_takes_the_row_out(log):
    add(log, {"id": ["r"], "y": ["broken"]}, skip=["broken"])
    table = load(log, skip=["broken"])
    assert table.y[2] is None and table.pool.tolist() == [False, False, False, True]


def test_how_a_row_was_drawn_is_never_taken_from_a_file(log):
    log.append([{"event": "suggested", "id": "r", "drawn": "audit"}])
    add(log, {"id": ["r"], "y": ["a"], "drawn": ["rule"]})
    assert load(log).audit.tolist() == [False, False, True, False]


NUMBERED = ROWS.drop(columns="id")


def test_labels_of_numbered_rows_go_with_their_cells(log):
    add(log, {"row": ["2", "3"], "n": ["2", "5"], "y": ["a", "b"]}, NUMBERED, None)
    table = load(log, NUMBERED, None)
    assert table.y.tolist() == ["a", "b", "a", "b"]
    log.path.unlink()
    hashes = row_hashes(table, [2, 3])
    log.append(
        {"event": "labelled", "id": row, "row_hash": row_hash, "label": "c"}
        for row, row_hash in zip("23", hashes, strict=True)
    )
    grown = pd.concat([NUMBERED.iloc[:1].assign(n="9", y=""), NUMBERED], ignore_index=True)
    moved = load(log, grown, None)
    assert moved.y.tolist() == [None, "a", "b", "c", "c"] and any(
        "other numbers" in note for note in moved.notes
    )
    shrunk = load(log, NUMBERED.iloc[:3], None)
    assert shrunk.y.tolist() == ["a", "b", "c"] and any("'3' in" in note for note in shrunk.notes)


def test_a_column_that_was_added_changes_no_row_of_a_job_that_knows_its_columns(log):
    columns = ["n"]
    table = load(log, NUMBERED, None, columns=columns)
    log.append(read_answers(table, pd.DataFrame({"row": ["2"], "y": ["c"]})).events)
    wider = NUMBERED.assign(more="x")
    assert load(log, wider, None, columns=columns).y.tolist() == ["a", "b", "c", None]
    with pytest.raises(ValueError, match="no column 'n' any more"):
        load(log, wider.drop(columns="n"), None, columns=columns)


def test_the_log_of_another_table_is_refused(log):
    add(log, {"row": ["2"], "n": ["2"], "y": ["c"]}, NUMBERED, None)
    other = NUMBERED.assign(n=["10", "30", "20", "50"])
    with pytest.raises(ValueError, match=r"t.csv.labels.csv is the log of another table"):
        load(log, other, None)
    log.path.unlink()
    add(log, {"id": ["r"], "y": ["c"]})
    with pytest.raises(ValueError, match='"columns" to \\[\\]'):
        load(log, ROWS.assign(n=["10", "30", "20", "50"]))
    assert load(log, ROWS.assign(n=["10", "30", "20", "50"]), columns=[]).y[2] == "c"


def test_a_row_whose_cells_changed_keeps_its_label_by_its_id_and_it_is_told(log):
    add(log, {"id": ["r", "s"], "y": ["c", "c"]})
    table = load(log, ROWS.assign(n=["1", "3", "2", "6"]))
    assert table.y.tolist() == ["a", "b", "c", "c"]
    assert any("have changed since: 's'" in note for note in table.notes)


def test_an_answer_to_a_row_that_is_gone_is_kept_and_told(log):
    log.append(
        [
            {"event": "suggested", "id": "s", "drawn": "rule"},
            {"event": "suggested", "id": "r", "drawn": "rule"},
        ]
    )
    lines = add(log, {"id": ["r", "s"], "y": ["a", "b"]}, ROWS.iloc[:3])
    assert "no row 's' in table any more; the answer is kept in the log" in lines
    assert log.labels()["label"].to_dict() == {"r": "a", "s": "b"}
    assert labels(log) == {0: "a", 1: "b", 2: "a", 3: "b"}  # it is there again


def test_a_label_column_that_appears_later_goes_with_the_log(log):
    bare = ROWS.drop(columns="y")
    table = with_log(read_table(bare, "y", id_column="id", classes=["a", "b"]), log)
    log.append(read_answers(table, pd.DataFrame({"id": ["r"], "y": ["b"]})).events)
    assert labels(log) == {0: "a", 1: "b", 2: "b", 3: None}


def test_answers_that_are_not_in_the_log_are_counted(log, tmp_path):
    path = tmp_path / "next.csv"
    pd.DataFrame({"id": ["r", "s"], "n": ["2", "5"], "y": ["a", ""]}).to_csv(path, index=False)
    assert unsaved_answers(load(log), path) == 1
    add(log, {"id": ["r"], "y": ["a"]})
    assert unsaved_answers(load(log), path) == 0
    path.write_text("something,else\n1,2\n")
    with pytest.raises(ValueError, match="it holds no suggestions"):
        unsaved_answers(load(log), path)


@pytest.mark.parametrize(
    "text", ["id,n\np,1\nq,2\n", "id;n\r\np;1\r\nq;2", '"id","n"\n"p","1"\n"q","x\ny"\n']
)
def test_a_table_without_a_label_column_is_exported_with_one_and_otherwise_the_same_bytes(
    tmp_path, log, text
):
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    path.write_bytes(text.encode())
    table = with_log(read_table(path, "y", id_column="id", classes=["a"]), log)
    log.append(read_answers(table, pd.DataFrame({"id": ["q"], "y": ["a b"]})).events)
    table = with_log(read_table(path, "y", id_column="id", classes=["a"]), log)
    al.write_table(table, out)
    again = read_table(out, "y", id_column="id")
    assert again.y.tolist() == [None, "a b"]
    sep, end = (";", "\r\n") if ";" in text else (",", "\n")
    lines = text.split(end)
    labels = ["y", "", "a b"]
    ends = [0, 1, len(lines) - 1 - text.endswith(end)]  # the last line of each record
    for line, label in zip(ends, labels, strict=True):
        lines[line] += sep + label
    assert out.read_bytes().decode() == end.join(lines)


ODD = pd.DataFrame({"id": ["r1", "caf\u00e9", "x y", "r 4"], "a": [1.0, 2, 3, 4], "y": ["yes", "no", "", ""]})


@pytest.mark.parametrize("change", [
    lambda rows: rows.rename(columns=str.upper),
    lambda rows: rows.rename(columns=lambda name: f" {name} "),
    lambda rows: rows.assign(id=" " + rows["id"] + " "),
    lambda rows: rows.assign(id=["x y", "cafe\u0301"]),
    lambda rows: rows.assign(y=rows["y"] + " "),
    lambda rows: pd.concat([rows, rows]),
    lambda rows: rows[["y", "id"]],
])  # fmt: skip
def test_a_file_that_was_saved_in_another_way_means_the_same(change, tmp_path):
    table = al.load_table(
        ODD.assign(y=["yes", "", "", "no"]), "y", id_column="id", log=al.LabelLog(tmp_path / "l.csv")
    )
    rows = pd.DataFrame({"id": ["x y", "caf\u00e9"], "a": [3.0, 2.0], "y": ["yes", "no"]})
    found = read_answers(table, change(rows))
    assert [(event["id"], event["label"]) for event in found.events] == [("x y", "yes"), ("caf\u00e9", "no")]


def test_ids_that_differ_by_outer_spaces_alone_are_two(tmp_path):
    frame = pd.DataFrame({"id": ["r1", "r1 ", "r2"], "a": [1.0, 2, 3], "y": ["yes", "", "no"]})
    table = al.load_table(frame, "y", id_column="id", log=al.LabelLog(tmp_path / "l.csv"))
    (event,) = read_answers(table, pd.DataFrame({"id": ["r1 "], "y": ["no"]})).events
    assert event["id"] == "r1 "
    with pytest.raises(ValueError, match="are not in"):
        read_answers(table, pd.DataFrame({"id": [" r1"], "y": ["no"]}))
