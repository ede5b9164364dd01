"""Tables in JSON and Excel files: the same table as in CSV, and nothing lost where they are written."""

import datetime
import gzip
import json

import numpy as np
import pandas as pd
import pytest

import al_helpers as al

FRAME = pd.DataFrame(
    {
        "id": [f"r{i:02d}" for i in range(12)],
        "text": ['say "hi"', "a, b", "two\nlines", "café", "x\ty", *[f"text {i}" for i in range(7)]],
        "size": range(12),
        "label": [*"abababab", *[""] * 4],
    }
)
RECORDS = [
    {key: value for key, value in row.items() if value != ""} | {"meta": [1, 2.50, None]}
    for row in FRAME.to_dict("records")
]


def as_lines(records, end="\n"):
    return "".join(json.dumps(record, ensure_ascii=False) + end for record in records)


WAYS = {
    "t.jsonl": as_lines(RECORDS).encode(),
    "t.ndjson": as_lines(RECORDS, "\r\n\r\n").encode("utf-8-sig"),
    "t.jsonl.gz": gzip.compress(as_lines(RECORDS).encode()),
    "t.json": json.dumps(RECORDS, indent=2).encode("utf-16"),
}


@pytest.mark.parametrize("name", WAYS)
def test_json_is_the_same_table_as_csv(tmp_path, name):
    (tmp_path / name).write_bytes(WAYS[name])
    table = al.load_table(tmp_path / name, "label", id_column="id", drop=["meta"])
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    same = al.load_table(tmp_path / "t.csv", "label", id_column="id")
    pd.testing.assert_frame_equal(table.frame.drop(columns="meta"), same.frame)
    assert table.frame["meta"].unique().tolist() == ["[1, 2.5, null]"]
    assert table.y.tolist() == same.y.tolist()
    np.testing.assert_array_equal(table.X, same.X)


ODD = """{"id": "a", "n": 1.50, "deep": {"label": "x", "y": [1e400, "}"]}, "label": null}

 {"id":"b","n":12345678901234567890,"label":"old \\u00e9"}
{"id": "c", "n": true  }
"""


def test_json_lines_come_back_byte_for_byte_but_for_the_labels(tmp_path):
    (tmp_path / "t.jsonl").write_bytes(ODD.replace("\n", "\r\n").encode())
    table = al.load_table(tmp_path / "t.jsonl", "label", id_column="id")
    assert table.frame["n"].tolist() == ["1.50", "12345678901234567890", "true"]
    assert any("'deep' holds nested objects" in note and "--drop deep" in note for note in table.notes)
    al.write_table(table, tmp_path / "same.jsonl")
    assert (tmp_path / "same.jsonl").read_bytes() == (tmp_path / "t.jsonl").read_bytes()
    new = pd.DataFrame({"id": ["a", "c"], "label": ["old é", 'a "new" one']})
    al.write_table(al.merge_labels(table, new), tmp_path / "merged.jsonl")
    expected = ODD.replace("null}", '"old \\u00e9"}').replace("true  }", 'true, "label": "a \\"new\\" one"}')
    assert (tmp_path / "merged.jsonl").read_bytes() == expected.replace("\n", "\r\n").encode()


def test_labels_that_are_numbers_in_json_stay_numbers(tmp_path):
    (tmp_path / "t.json").write_text('[{"a": 5, "y": 0}, {"a": 5, "y": 1}, {"a": 7}, {"a": 8, "y": null}]')
    table = al.load_table(tmp_path / "t.json", "y")
    merged = al.merge_labels(table, pd.DataFrame({"row": [2, 3], "y": ["1", "2"]}))
    al.write_table(merged, tmp_path / "m.json")
    assert (tmp_path / "m.json").read_text() == (
        '[{"a": 5, "y": 0}, {"a": 5, "y": 1}, {"a": 7, "y": 1}, {"a": 8, "y": 2}]'
    )


@pytest.mark.parametrize("source", ["t.jsonl", "t.json", "t.csv"])
@pytest.mark.parametrize("output", ["n.jsonl", "n.json", "n.csv", "n.tsv"])
@pytest.mark.parametrize("id_column", ["id", None])
def test_rows_to_label_go_from_any_form_to_any_other_and_back(tmp_path, source, output, id_column):
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    for name in ("t.jsonl", "t.json"):
        (tmp_path / name).write_bytes(WAYS[name])
    table = al.load_table(tmp_path / source, "label", id_column=id_column, drop=["meta"] * ("json" in source))
    al.write_table(table, tmp_path / output, ids=table.frame.index[[10, 9]])
    raw = (tmp_path / output).read_text(encoding="utf-8-sig")
    sep = "\t" if output == "n.tsv" else ","
    if "json" in output:
        assert (json.loads(raw)[0] if output == "n.json" else json.loads(raw.splitlines()[0]))["id"] == "r10"
        (tmp_path / output).write_text(raw.replace('"label": null', '"label": "b"'))
    else:
        frame = pd.read_csv(tmp_path / output, sep=sep, dtype=str, keep_default_na=False)
        assert frame["id"].tolist() == ["r10", "r09"]
        frame.assign(label="b").to_csv(tmp_path / output, sep=sep, index=False)
    merged = al.merge_labels(table, tmp_path / output)
    assert merged.y[[10, 9]].tolist() == ["b", "b"] and pd.isna(merged.y[[8, 11]]).all()


@pytest.mark.parametrize(
    "content, said",
    [
        ('{"a": 1, "y": "p"}\n{"a": 2, "y": "bro\n', "line 2: "),
        ('{"a": 1, "y": "p", "y": "q"}\n', "line 1: the key 'y' repeats"),
        ('{"a": 1, "y": "p"}\n[1, 2]\n', r"line 2: \[1, 2\] is not a record"),
        ('[{"a": 1, "y": "p"} {"a": 2}]', "line 1: after a record of a list comes a comma"),
        ('[{"a": 1, "y": "p"},\n{"a": 2}', "line 2: after a record"),
        ('[{"a": 1, "y": "p"}] x', "line 1: the list does not end, or more comes after it"),
        ('{"a": {"0": 1}, "y": {"0": "p"}}', "no list of records"),
        ("", "no rows"),
        ("[]", "no rows"),
        ('{"a": ' + "[" * 100_000, "line 1: "),
    ],
)
def test_json_that_is_no_table_is_refused_with_its_line(tmp_path, content, said):
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(ValueError, match=said) as error:
        al.load_table(tmp_path / "t.json", "y")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "source, output, sep",
    [
        ("t.tsv", "o.tsv", "\t"),
        ("t.tsv", "o.csv", ","),
        ("t.csv", "o.tsv", "\t"),
        ("t;.csv", "o.csv", ";"),
        ("t-tab.csv", "o.csv", "\t"),
    ],
)
def test_the_ending_tells_the_separator(tmp_path, source, output, sep):
    own = "\t" if "t" in source[1:-4] or source.endswith(".tsv") else ";" if ";" in source else ","
    FRAME.to_csv(tmp_path / source, index=False, sep=own)
    table = al.load_table(tmp_path / source, "label", id_column="id")
    al.write_table(table, tmp_path / output)
    if own == sep:
        assert (tmp_path / output).read_bytes() == (tmp_path / source).read_bytes()
    read = pd.read_csv(tmp_path / output, sep=sep, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    pd.testing.assert_frame_equal(read, FRAME.astype(str))
    al.write_table(table, tmp_path / f"next-{output}", ids=["r01"])
    assert (tmp_path / f"next-{output}").read_text().splitlines()[0] == sep.join(FRAME.columns)


@pytest.fixture
def excel():
    return pytest.importorskip("openpyxl")


def save_book(excel, path, sheets):
    book = excel.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


ROWS = [[*FRAME.columns], *([None if x == "" else x for x in row] for row in FRAME.to_numpy().tolist())]


def test_a_workbook_is_the_same_table_as_csv(excel, tmp_path):
    empty = [[None] * 4, [None, "  "][:1]]
    save_book(excel, tmp_path / "t.xlsx", {"empty": [], "data": [*empty, *ROWS]})
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    table = al.load_table(tmp_path / "t.xlsx", "label", id_column="id")
    same = al.load_table(tmp_path / "t.csv", "label", id_column="id")
    pd.testing.assert_frame_equal(table.frame, same.frame)
    assert table.y.tolist() == same.y.tolist()


def test_cells_of_excel_are_read_as_they_are_shown(excel, tmp_path):
    day = datetime.datetime(2024, 5, 1)
    rows = [["code", "when", "ok", "n", "y"], ["007", day, True, 2.5, "a"], ["1e5", day, False, 3, "b"]]
    save_book(excel, tmp_path / "t.xlsx", {"s": rows})
    frame = al.load_table(tmp_path / "t.xlsx", "y").frame
    assert frame.iloc[0].tolist() == ["007", "2024-05-01", "TRUE", "2.5", "a"]
    assert frame.iloc[1].tolist() == ["1e5", "2024-05-01", "FALSE", "3", "b"]


def test_a_merged_workbook_keeps_all_but_the_labels(excel, tmp_path):
    save_book(excel, tmp_path / "t.xlsx", {"data": ROWS, "empty": []})
    book = excel.load_workbook(tmp_path / "t.xlsx")
    book["data"]["C2"] = "=SUM(1, 2)"
    book["data"]["B2"].font = excel.styles.Font(bold=True)
    book.save(tmp_path / "formula.xlsx")
    with pytest.raises(ValueError, match="the value of the formula in data!C2 is not in the file"):
        al.load_table(tmp_path / "formula.xlsx", "label")
    book["data"]["C2"] = 0
    book.save(tmp_path / "t.xlsx")
    table = al.load_table(tmp_path / "t.xlsx", "label", id_column="id")
    merged = al.merge_labels(table, pd.DataFrame({"id": ["r08", "r09"], "label": ["b", "=new"]}))
    al.write_table(merged, tmp_path / "m.xlsx")
    sheet = excel.load_workbook(tmp_path / "m.xlsx")["data"]
    assert sheet["B2"].font.bold and sheet["C3"].value == 1
    assert (sheet["D10"].value, sheet["D11"].value, sheet["D11"].data_type) == ("b", "=new", "s")
    again = al.load_table(tmp_path / "m.xlsx", "label", id_column="id")
    pd.testing.assert_frame_equal(again.frame, merged.frame)


def test_merged_cells_of_a_workbook_are_said(excel, tmp_path):
    save_book(excel, tmp_path / "t.xlsx", {"s": [["x", "y"], [1, "a"], [2, None], [3, "b"]]})
    book = excel.load_workbook(tmp_path / "t.xlsx")
    book["s"].merge_cells("B2:B3")
    book.save(tmp_path / "t.xlsx")
    assert "cells are merged ('B2:B3')" in al.load_table(tmp_path / "t.xlsx", "y").notes[0]


def test_numbers_stay_numbers_in_a_workbook_of_rows_to_label(excel, tmp_path):
    rows = [["id", "size", "code", "y"], [1, 1.5, "007", "a"], [2, -3, "8", None], [3, None, "9", None]]
    save_book(excel, tmp_path / "t.xlsx", {"s": rows})
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    for source in (tmp_path / "t.xlsx", frame):
        table = al.load_table(source, "y", id_column="id")
        al.write_table(table, tmp_path / "next.xlsx", ids=table.frame.index[1:], force=True)
        written = [*excel.load_workbook(tmp_path / "next.xlsx").active.iter_rows(values_only=True)]
        assert written[1:] == [(2, -3, "8", None), (3, None, "9", None)]


@pytest.mark.parametrize("source", ["t.xlsx", "t.csv"])
def test_rows_to_label_in_a_workbook_are_merged_back(excel, tmp_path, source):
    FRAME.assign(text=["=1+1", *FRAME["text"][1:]]).to_csv(tmp_path / "t.csv", index=False)
    save_book(excel, tmp_path / "t.xlsx", {"data": ROWS})
    table = al.load_table(tmp_path / source, "label")
    al.write_table(table, tmp_path / "next.xlsx", ids=[10, 0])
    book = excel.load_workbook(tmp_path / "next.xlsx")
    assert all(cell.data_type in "sn" for row in book.active.iter_rows() for cell in row)
    book.active["E2"] = "b"
    book.save(tmp_path / "next.xlsx")
    assert al.merge_labels(table, tmp_path / "next.xlsx").y[10] == "b"


def test_workbooks_that_are_no_table_are_refused_in_one_line(excel, tmp_path):
    save_book(excel, tmp_path / "two.xlsx", {"notes": [["x"]], "data": ROWS})
    with pytest.raises(ValueError, match=r"2 sheets with cells \('notes', 'data'\)"):
        al.load_table(tmp_path / "two.xlsx", "label")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04no workbook")
    with pytest.raises(ValueError, match="not a workbook that can be read"):
        al.load_table(tmp_path / "broken.xlsx", "label")
    FRAME.assign(text="x" * 40_000, size=[2, 5] * 6).to_csv(tmp_path / "long.csv", index=False)
    with pytest.raises(ValueError, match=r"at most 32,767.*write a .csv"):
        al.write_table(al.load_table(tmp_path / "long.csv", "label"), tmp_path / "long.xlsx")
    assert not (tmp_path / "long.xlsx").exists()


def test_a_frame_of_polars_or_arrow_is_a_table(tmp_path):
    pa = pytest.importorskip("pyarrow")
    columns = FRAME.to_dict("list") | {"label": [label or None for label in FRAME["label"]]}
    for frame in (pa.table(columns), pd.DataFrame(columns)):
        assert al.load_table(frame, "label", id_column="id").labeled.sum() == 8
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(columns).with_columns(pl.col("label").cast(pl.Categorical))
    table = al.load_table(frame, "label", id_column="id")
    assert table.labeled.sum() == 8
    new = pl.DataFrame({"id": ["r09"], "label": ["a"]})
    assert al.merge_labels(table, new).labeled.sum() == 9


@pytest.mark.parametrize("thing", [[{"a": 1}], {"a": [1]}, pd.Series([1]), None, np.zeros((2, 2))])
def test_what_is_no_table_is_named_by_its_type(thing):
    with pytest.raises(TypeError, match=f"a path or a DataFrame, got {type(thing).__name__}"):
        al.load_table(thing, "label")


def test_a_record_that_ends_too_early_is_named_by_its_own_line(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"n": 1, "y": "a"}\n{"n": 2, "y": \n')
    with pytest.raises(ValueError, match=r"line 2: .*JSON"):
        al.load_table(path, "y")
