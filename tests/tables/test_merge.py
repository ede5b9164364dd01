"""Labels land on their own row or nowhere; the merged table is the input but for them."""

import io
import json

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.cli.main import main
from active_learning.tables.table import read_table

BASE = "a,b,y\n9,9,hi\n0,0,lo\n1,5,\n8,7,\n2,2,\n"


@pytest.fixture
def base(tmp_path):
    path = tmp_path / "base.csv"
    path.write_text(BASE)
    return path


def frame(text):
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def merged(table, text, folder, **how):
    """The bytes of the table merged with a file of labels."""
    (folder / "labels.csv").write_text(text)
    al.write_table(al.merge_labels(table, folder / "labels.csv", **how), folder / "merged.csv", force=True)
    return (folder / "merged.csv").read_text()


def test_labels_of_an_older_file_are_refused_naming_rows_and_columns(base, tmp_path):
    with pytest.raises(ValueError) as error:
        merged(read_table(base, "y"), "row,a,b,y\n2,5,1,hi\n3,1,5,lo\n", tmp_path)
    for said in (
        "nothing was merged",
        "row 2: 'a' is '5' instead of '1', 'b' is '1' instead of '5'",
        "row 3:",
    ):
        assert said in str(error.value)
    assert not (tmp_path / "merged.csv").exists()


def test_a_row_without_a_label_that_differs_is_a_sign_of_another_file(base, tmp_path):
    with pytest.raises(ValueError, match="row 4: 'b' is '3' instead of '2'"):
        merged(read_table(base, "y"), "row,a,b,y\n2,1,5,hi\n4,2,3,\n", tmp_path)


def test_cells_that_a_spreadsheet_spelled_in_its_way_are_the_same(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('n,t,f,y\n1.50,"two\r\nlines",True,a\n5e3,=x,False,\n007,z,true,\n', newline="")
    labels = 'row,n,t,f,y\n0,1.5,"two\nlines",TRUE,\n1,5000,\'=x,FALSE,b\n2,7,z,TRUE,a\n,,,,\n'
    assert ",b\n007,z,true,a\n" in merged(read_table(path, "y"), labels, tmp_path)
    with pytest.raises(ValueError, match="'n' is '555555555555555552'"):
        path.write_text("n,y\n555555555555555551,a\n3,\n")
        merged(read_table(path, "y"), "row,n,y\n0,555555555555555552,a\n", tmp_path)


def test_a_cell_that_was_emptied_is_not_the_same_and_a_missing_one_shown_empty_is(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("n,y\n5,a\nNA,\n3,\n")
    assert ",b" in merged(read_table(path, "y"), "row,n,y\n1,,b\n", tmp_path)
    with pytest.raises(ValueError, match="'n' is '' instead of '3'"):
        merged(read_table(path, "y"), "row,n,y\n2,,b\n", tmp_path)
    with pytest.raises(ValueError, match="'n' is '7' instead of 'NA'"):
        merged(read_table(path, "y"), "row,n,y\n1,7,b\n", tmp_path)


def test_an_id_that_may_have_been_written_for_a_spreadsheet_is_in_doubt_in_the_first_row_too(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,n,y\n'=1,3,\n=1,5,a\n")
    with pytest.raises(ValueError, match="could be written for a spreadsheet or not"):
        al.merge_labels(read_table(path, "y", id_column="id"), frame("id,y\n'=1,b\n"))


def test_a_label_with_a_separator_or_a_quote_in_it_is_written_in_quotes(base, tmp_path):
    written = merged(read_table(base, "y"), 'row,y\n2,"so ""so"", lala"\n', tmp_path)
    assert '1,5,"so ""so"", lala"\n' in written


def test_a_row_number_alone_is_taken_and_said(base, tmp_path):
    table = al.merge_labels(read_table(base, "y"), frame("row,y\n2,hi\n"))
    assert table.y.tolist() == ["hi", "lo", "hi", None, None]
    assert "no cell came along with 'row'" in table.notes[-1]


def test_tables_with_columns_named_row_and__row_work(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("row,_row,y\n7,3,a\n5,5,b\n6,7,\n4,4,\n")
    table = read_table(path, "y")
    al.write_table(table, tmp_path / "next.csv", ids=[3, 2])
    assert (tmp_path / "next.csv").read_text() == "__row,row,_row,y\n3,4,4,\n2,6,7,\n"
    assert (
        merged(table, "__row,row,_row,y\n3,4,4,b\n2,6,7,a\n", tmp_path)
        == "row,_row,y\n7,3,a\n5,5,b\n6,7,a\n4,4,b\n"
    )


def test_with_an_id_column_only_ids_and_labels_are_taken(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,n,y\n+1,3,a\n=2,5,\n'3,4,\n@4,1,\n")
    table = read_table(path, "y", id_column="id")
    assert (
        merged(table, "y;id;n\n=b;=2;changed\n'c;'3;\n+d;@4;0\n", tmp_path)
        == "id,n,y\n+1,3,a\n=2,5,=b\n'3,4,'c\n@4,1,+d\n"
    )


def test_spreadsheet_safe_suggestions_are_undone_by_construction(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("=id,n,y\n=1,-3,a\n'=1,+x,\n@4,-1.5,\n-z,@q,\n")
    table = read_table(path, "y", id_column="=id")
    al.write_table(table, tmp_path / "next.csv", ids=["'=1", "@4", "-z"], spreadsheet_safe=True)
    text = (tmp_path / "next.csv").read_text()
    assert text == "'=id,n,y\n''=1,'+x,\n'@4,-1.5,\n'-z,'@q,\n"
    assert merged(table, text.replace(",\n", ",=b\n"), tmp_path) == path.read_text().replace(",\n", ",=b\n")
    with pytest.raises(ValueError, match="could be written for a spreadsheet or not"):
        al.merge_labels(table, frame("=id,y\n'=1,b\n"))
    with pytest.raises(ValueError, match="a merged table is exact"):
        al.write_table(table, tmp_path / "other.csv", spreadsheet_safe=True)


@pytest.mark.parametrize("start", ["=1+1", "+49 30", "-x", "@home", "\tx", "\rx", "\nx", "'=1", "＝1"])
def test_no_cell_that_a_spreadsheet_runs_stays_in_a_safe_file(start):
    from active_learning.tables.write import safe

    assert safe(start) == "'" + start
    assert safe(safe(start)) == "''" + start
    for number in ("-5", "+1.5e3", "a=b", "", "'quoted'"):
        assert safe(number) == number


def test_a_newer_label_wins_only_if_asked_and_is_listed(base, tmp_path):
    table = read_table(base, "y")
    labels = "row,a,b,y\n0,9,9,lo\n2,1,5,hi\n"
    with pytest.raises(ValueError, match=r"'0: hi or lo'; type --relabel"):
        merged(table, labels, tmp_path)
    assert merged(table, labels, tmp_path, relabel=True) == "a,b,y\n9,9,lo\n0,0,lo\n1,5,hi\n8,7,\n2,2,\n"
    assert "row 0: 'hi' is now 'lo'" in al.merge_labels(table, tmp_path / "labels.csv", relabel=True).notes


@pytest.mark.parametrize("relabel", [False, True])
def test_a_row_labelled_twice_differently_is_refused_whatever_is_asked(base, relabel):
    with pytest.raises(ValueError, match="two labels, so nothing was merged: '2: hi or lo'"):
        al.merge_labels(read_table(base, "y"), frame("row,y\n2,hi\n2,lo\n"), relabel=relabel)


def test_an_empty_label_takes_none_away(base):
    table = al.merge_labels(read_table(base, "y"), frame("row,y\n0,\n1, \n"), relabel=True)
    assert table.y.tolist() == ["hi", "lo", None, None, None]


def test_merged_labels_follow_the_spellings_of_their_class(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("n,y\n1,caf\u00e9\n2,1.0\n3,\n5,\n4,caf\u00e9\n")
    labels = "row,n,y\n2,3,cafe\u0301\n3,5,1\n0,1,cafe\u0301\n"
    text = merged(read_table(path, "y"), labels, tmp_path)
    assert text == "n,y\n1,caf\u00e9\n2,1.0\n3,caf\u00e9\n5,1\n4,caf\u00e9\n"
    assert set(al.merge_labels(read_table(path, "y"), tmp_path / "labels.csv").y) == {"caf\u00e9", "1"}


def test_declared_marks_survive_and_can_be_given(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("n,y\n1,a\n2,b\n3,NA\n5,broken\n4,\n6,\n7,NA\n")
    table = read_table(path, "y", unlabeled=["NA"], skip=["broken"])
    al.write_table(table, tmp_path / "next.csv", ids=[2, 4, 5])
    text = merged(table, "row,n,y\n2,3,a\n4,4,broken\n5,6,NA\n0,1,NA\n3,5,NA\n", tmp_path)
    assert text == "n,y\n1,a\n2,b\n3,a\n5,broken\n4,broken\n6,NA\n7,NA\n"
    by_id = read_table(path, "y", id_column="n", unlabeled=["NA"], skip=["broken"])
    assert merged(by_id, "n,y\n3,a\n4,broken\n6,NA\n1,NA\n5,NA\n", tmp_path) == text
    again = al.merge_labels(by_id, tmp_path / "labels.csv")
    assert again.pool.tolist() == [False] * 5 + [True] * 2
    with pytest.raises(ValueError, match="3: broken or a"):  # a row is skipped until somebody says otherwise
        al.merge_labels(table, frame("row,n,y\n3,5,a\n"))


def test_names_of_columns_must_differ_but_for_empty_ones_which_stay(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(",n,,y,\n1,5,x,a,\n2,7,z,,\n")
    table = read_table(path, "y")
    assert table.frame.columns.tolist() == ["", "n", "unnamed 2", "y", "unnamed 3"]
    al.write_table(table, tmp_path / "next.csv", ids=[1])
    assert (tmp_path / "next.csv").read_text() == "row,,n,,y,\n1,2,7,z,,\n"
    assert merged(table, "row,,n,,y,\n1,2,7,z,b,\n", tmp_path) == ",n,,y,\n1,5,x,a,\n2,7,z,b,\n"
    path.write_text("n,n,y\n1,5,a\n2,7,\n")
    with pytest.raises(ValueError, match="column names must differ, but these repeat: 'n'"):
        read_table(path, "y")


def test_unknown_rows_and_columns_are_refused_by_name(base):
    table = read_table(base, "y")
    with pytest.raises(ValueError, match=r"these ids are not in base.csv: '9'"):
        al.merge_labels(table, frame("row,y\n9,hi\n"))
    with pytest.raises(ValueError, match=r"base.csv has no column 'comment'"):
        al.merge_labels(table, frame("row,a,b,comment,y\n2,1,5,so so,hi\n"))
    with pytest.raises(ValueError, match="no column 'row'"):
        al.merge_labels(table, frame("a,b,y\n1,5,hi\n"))


def test_labels_of_nothing_change_nothing_and_repeated_names_are_refused(base, tmp_path):
    assert merged(read_table(base, "y"), "row,a,b,y\n", tmp_path) == BASE
    assert merged(read_table(base, "y"), "row,a,b,y\n,,,\n , ,,\n", tmp_path) == BASE
    with pytest.raises(ValueError, match="column names must differ, but these repeat: 'y'"):
        merged(read_table(base, "y"), "row,y,y\n2,hi,lo\n", tmp_path)


def test_suggestions_with_labels_are_labels_too(tmp_path):
    table = al.load_table(
        pd.DataFrame({"id": list("pqrs"), "n": [1, 5, 2, 9.5], "y": ["a", "b", None, None]}),
        "y",
        id_column="id",
    )
    assert al.merge_labels(table, al.suggest(table, 2).assign(y="b")).y.tolist() == ["a", "b", "b", "b"]
    table = al.load_table(table.frame.reset_index(drop=True).drop(columns="id"), "y")
    assert al.merge_labels(table, al.suggest(table, 2).assign(y="b")).y.tolist() == ["a", "b", "b", "b"]


@pytest.mark.parametrize(
    "ids",
    [
        pd.to_datetime(
            ["2024-01-01", "2024-01-01 10:00:00.123456", "2024-01-02", "2024-01-03"], format="mixed"
        ),
        [555555555555555551, 555555555555555552, 555555555555555553, 555555555555555554],
        [0.1 + 0.2, 1e22, 1 / 3, 2.0],
        np.array([0.1, 0.2, 0.3, 0.7], dtype="float32"),
        ["007", "7", "7.0", "=7"],
    ],
    ids=["timestamps", "long integers", "floats", "short floats", "text"],
)
@pytest.mark.parametrize("index", [False, True])
def test_ids_of_any_type_go_round_through_parquet_and_json_exactly(tmp_path, capsys, ids, index):
    rows = pd.DataFrame({"id": ids, "n": [1, 5, 2, 9.5], "y": ["a", "b", None, None]})
    (rows.set_index("id") if index else rows).to_parquet(tmp_path / "t.parquet")
    path = str(tmp_path / "t.parquet")
    options = ["--label-column", "y"] + ["--id-column", "id"] * (not index)
    output = ["--output", str(tmp_path / "next.csv")]
    assert main(["suggest", path, *options, "-n", "2", *output, "--json"]) == 0
    shown = [row["id"] for row in json.loads(capsys.readouterr().out)["suggestions"]]
    asked = frame((tmp_path / "next.csv").read_text())
    assert asked["id"].tolist() == shown
    assert set(shown) == {
        str(value)
        for value in (rows["id"].tolist() if rows["id"].dtype != "float32" else ["0.1", "0.2", "0.3", "0.7"])[
            2:
        ]
    }
    asked.assign(y="b").to_csv(tmp_path / "labels.csv", index=False)
    assert main(["add", path, str(tmp_path / "labels.csv")]) == 0
    assert main(["export", path, "--output", str(tmp_path / "m.csv")]) == 0
    assert frame((tmp_path / "m.csv").read_text())["y"].tolist() == ["a", "b", "b", "b"]


def test_a_packed_file_is_merged_into_its_plain_bytes(tmp_path):
    path = tmp_path / "t.csv.gz"
    pd.DataFrame({"n": [1, 2, 3], "y": ["a", "b", None]}).to_csv(path, index=False)
    assert merged(read_table(path, "y"), "row,n,y\n2,3,b\n", tmp_path) == "n,y\n1,a\n2,b\n3,b\n"


@pytest.mark.parametrize(
    "rows, message",
    [
        (
            pd.DataFrame(
                {"n": [1, 2], "y": ["a", "b"]},
                index=pd.MultiIndex.from_tuples([(1, 2), (1, 3)], names=["p", "q"]),
            ),
            r"rows have names of 2 levels \('p', 'q'\); type table = table.reset_index\(\)",
        ),
        (
            pd.DataFrame([[1, "a"]], columns=pd.MultiIndex.from_tuples([("n", "x"), ("y", "z")])),
            "columns have names of 2 levels",
        ),
    ],
)
def test_frames_of_several_levels_are_refused_with_what_to_type(rows, message):
    with pytest.raises(ValueError, match=message):
        read_table(rows, "y")


@pytest.mark.parametrize(
    "cells",
    [[["p"], ["q"]], [{"p": 1}, None], [{1}, {2}], [(1, "p"), (2, "q")], [[1, 2], ["p"]], [[1, [2]], None]],
)
def test_columns_of_lists_are_refused_with_what_to_type_unless_they_are_dropped(cells):
    rows = pd.DataFrame({"v": cells, "n": [1, 5], "y": ["a", "b"]})
    with pytest.raises(ValueError, match=r"column 'v' holds .*--drop.*table\['v'\]\.astype\(str\)"):
        al.load_table(rows, "y")
    assert len(al.load_table(rows, "y", drop="v").frame) == 2
    al.load_table(rows.assign(v=[[1.5, 2], [3, 4]]), "y")  # vectors to learn from


def test_a_repeated_id_is_refused_with_what_to_type(tmp_path):
    with pytest.raises(ValueError, match="'1'; type --id-column with another column, or leave it out"):
        read_table(pd.DataFrame({"id": [1, 1], "n": [1, 2], "y": ["a", "b"]}), "y", id_column="id")


def test_the_first_row_can_be_asked_for_and_a_row_that_is_not_there_is_named(tmp_path):
    table = read_table(pd.DataFrame({"x": [1, 2, 3], "y": ["a", "", ""]}, index=["p", "q", "r"]), "y")
    al.write_table(table, tmp_path / "next.csv", ids=["p", "r"])
    assert pd.read_csv(tmp_path / "next.csv")["x"].tolist() == [1, 3]
    with pytest.raises(ValueError, match=r"not in .*: 's'$"):
        al.write_table(table, tmp_path / "other.csv", ids=["q", "s"])
