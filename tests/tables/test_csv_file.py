"""A CSV file: which encodings are told apart, and cells as Python's strict reader cuts them, or a refusal."""

import codecs
import csv
import io
import os
import re
import threading

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from active_learning.tables import csv_file
from active_learning.tables.csv_file import (
    cell_texts,
    column,
    from_utf8,
    line_of,
    read_bytes,
    read_csv,
    to_utf8,
)

TEXT = "größe,y\n1 €,ä\n2,“b”\n"


@pytest.mark.parametrize(
    "written, name, mark",
    [
        ("utf-8", "utf-8", b""),
        ("utf-8-sig", "utf-8", codecs.BOM_UTF8),
        ("cp1252", "cp1252", b""),
        ("utf-16-le", "utf-16-le", b""),
        ("utf-16-be", "utf-16-be", b""),
    ],
)
def test_encodings_are_told_apart_and_turned_back(written, name, mark):
    raw = TEXT.encode(written)
    assert to_utf8(raw) == (TEXT.encode(), name, mark)
    assert from_utf8(*to_utf8(raw)) == raw


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.sampled_from(list(csv_file.MARKS.items())),
)
def test_a_marked_text_is_turned_back_byte_for_byte(text, marked):
    mark, name = marked
    raw = mark + text.encode(name)
    data, *how = to_utf8(raw)
    assert from_utf8(data, *how) == raw


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r"])
def test_utf16_without_a_mark_is_known_by_its_lines_in_any_script(name, end):
    text = f"本文,ж{end}{'語' * 200},あ{end}{'ж' * 50},い{end}"
    assert to_utf8(text.encode(name)) == (text.encode(), name, b"")


def test_capitals_before_curly_quotes_are_no_utf8():
    raw = "name,y\n“CAFÉ”,a\nÉCOLE »,b\nété,a\n".encode("cp1252")
    assert to_utf8(raw)[1] == "cp1252"


@pytest.mark.parametrize(
    "raw, message",
    [
        ("a,y\n1,ä\n2,b\n".encode() + "3,ä\n".encode("cp1252"), "line 2 is UTF-8 and line 4 is not"),
        ("a,y\r1,é\r".encode("cp1252") + "3,ä\r".encode(), "line 3 is UTF-8 and line 2 is not"),
        (codecs.BOM_UTF8 + "a,y\n1,é\n".encode("cp1252"), "mark says UTF-8, but line 2 is not"),
        (b"a,y\n1,\x81\n", "line 2 is neither UTF-8 nor Windows-1252"),
        (codecs.BOM_UTF16_LE + "a,y\n1,b\n".encode("utf-16-le") + b"\x00\xd8", "line 3 is not UTF-16"),
        (b"a,y\n1,b\0\n2,c\n", "line 2 holds a NUL byte"),
        (b"a,y\n1,b\0\n22,c\n", "line 2 holds a NUL byte"),
        (b"aa,y\n1,b\0\n22,c\n", "line 2 holds a NUL byte"),
        (b"\0a,y\n1,bb\n", "line 1 holds a NUL byte"),
        (b"PK\x03\x04...", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "workbook"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line(raw, message):
    with pytest.raises(ValueError, match=message):
        to_utf8(raw)


def test_the_first_byte_that_is_no_utf8_is_found():
    broken = ("語é𝄞" * 20).encode() + b"\xff"
    assert csv_file._not_utf8(broken) == len(broken) - 1
    assert csv_file._not_utf8(broken[:-1]) is None


def test_lines_are_counted_in_any_line_end():
    assert [line_of(b"a\nb\rc\r\nd", at) for at in range(8)] == [1, 1, 2, 2, 3, 3, 4, 4]


def test_a_label_that_the_encoding_cannot_write_is_refused():
    with pytest.raises(ValueError, match=r"Windows-1252.*cannot write '日'"):
        from_utf8("日".encode(), "cp1252", b"")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("a,y\n1,b\n")
    check = csv_file.check_size

    def grow(size):  # another program appends a row just after the file was opened
        with open(path, "a") as file:
            file.write("2,c\n")
        check(size)

    monkeypatch.setattr(csv_file, "check_size", grow)
    with pytest.raises(ValueError, match="changed while it was read"):
        read_bytes(path)


def test_a_file_larger_than_memory_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "t.csv"
    path.touch()
    os.truncate(path, 2**42)
    with pytest.raises(ValueError, match="larger than memory"):
        read_bytes(path)


def test_a_pipe_is_read_once_and_whole(tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(TEXT.encode()), daemon=True)
    writer.start()
    assert read_bytes(path) == TEXT.encode()
    writer.join(10)


def read(folder, text, **how):
    path = folder / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_csv(path, **how)


def rows_of(csv_text):
    return [cell_texts(csv_text, i) for i in range(len(csv_text.starts))]


def strict_rows(text, sep):
    """The oracle: Python's own reader, and its refusals."""
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=sep, strict=True)]
    rows = [row for row in rows if row and not (len(row) == 1 and not row[0].strip(" "))]
    if len({len(row) for row in rows}) != 1:
        raise csv.Error("ragged")
    return rows


@settings(max_examples=400, deadline=None)
@given(st.text('a",\n\r 1;é', min_size=1, max_size=24))
@example('a,b\n"1\n')
@example('a,b\r\n"1""",\r\n')
@example('a,"b"c\n')
@example('"","\n"\n5"x",""\n')
def test_any_text_is_cut_as_pythons_strict_reader_does_or_refused_as_it_does(tmp_path_factory, text):
    assume(not re.search(r'(^|[\r\n])" *"([\r\n]|$)', text))  # a lone quoted blank: no blank line to us
    text = "x,y\n" + text
    try:
        expected = strict_rows(text, ",")
    except csv.Error:
        expected = None
    data = text.encode()
    try:
        starts, ends = csv_file.cut(data, 0, ",")
    except ValueError as error:
        assert expected is None and "line" in str(error)
    else:
        cells = [
            [data[s:e] for s, e in zip([start, *(row[:-1] + 1)], row, strict=True)]
            for start, row in zip(starts, ends, strict=True)
        ]
        plain = [[c[1:-1].replace(b'""', b'"') if c[:1] == b'"' else c for c in row] for row in cells]
        assert [[c.decode() for c in row] for row in plain] == expected


def test_columns_hold_the_cells_quotes_undone(tmp_path):
    text = read(tmp_path, 'a,b\n"say ""hi""",5" pipe\n"",""\nlong ""x,é\n')
    assert column(text, 0).tolist() == ['say "hi"', "", 'long ""x']
    assert column(text, 1).tolist() == ['5" pipe', "", "é"]


def test_a_quote_that_begins_the_file_opens_a_cell_beside_bare_quotes_too(tmp_path):
    assert rows_of(read(tmp_path, '"a,b",y\n5" pipe,x\n'))[0] == ["a,b", "y"]


def test_columns_are_gathered_in_parts(tmp_path, monkeypatch):
    rows = [f'{i},"{"x" * (i % 7)}, {i}"' for i in range(1000)]
    text = read(tmp_path, "\n".join(["n,t", *rows]))
    monkeypatch.setattr(csv_file, "PIECE", 64)
    again = read(tmp_path, "\n".join(["n,t", *rows]))
    assert (text.ends == again.ends).all()
    assert column(again, 1).tolist() == [f"{'x' * (i % 7)}, {i}" for i in range(1000)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
def test_separators_and_line_ends_are_found(tmp_path, sep, end):
    text = read(
        tmp_path, end.join([f"a{sep}b{sep}y", f'1{sep}"2,5"{sep}x', f"3{sep}4{sep}z", ""]), wanted=["y"]
    )
    assert text.sep == sep
    assert rows_of(text)[1:] == [["1", "2,5", "x"], ["3", "4", "z"]]


def test_the_separator_is_the_one_that_finds_the_wanted_names_and_suits_every_row(tmp_path):
    text = "size, w, h;text, long;y\n1;2;a\n3;4;b\n"
    assert read(tmp_path, text, wanted=["y"]).sep == ";"
    assert read(tmp_path, "a;b,c;d,e\n1;2;3\n").sep == ";"


def test_a_first_line_for_spreadsheets_names_the_separator(tmp_path):
    for hint in ("sep=;", '"sep=;"', "sep=^"):
        sep = hint.strip('"')[-1]
        text = read(tmp_path, f"{hint}\r\na,b{sep}y\r\n1{sep}2\r\n")
        assert (text.sep, rows_of(text)) == (sep, [["a,b", "y"], ["1", "2"]])


def test_a_header_of_empty_names_and_blank_lines_before_it_tells_the_separator(tmp_path):
    text = read(tmp_path, "\n  \n;;\n1,2;3;4\n")
    assert (text.sep, rows_of(text)) == (";", [["", "", ""], ["1,2", "3", "4"]])


def test_blank_lines_are_no_rows_and_rows_of_empty_cells_are(tmp_path):
    assert rows_of(read(tmp_path, "\n  \na,y\n\n1,x\n   \n,\n2,z\n\n\n")) == [
        ["a", "y"],
        ["1", "x"],
        ["", ""],
        ["2", "z"],
    ]


@pytest.mark.parametrize(
    "text, message",
    [
        (
            'id,part,y\n1,bolt,a\n2,"3 inch,b\n3,nut,a\n4,"4 inch,b\n',
            "line 3: a quote opens a cell, and closes amid one in line 5",
        ),
        ('a,y\n1,"x\n2,z\n', "line 2: a quote opens a cell here and is never closed"),
        ('a,y\r1,x\r2,z,"\n",4\r', "line 3 has 4 cells, but line 1 has 2"),
        ("a,b,y\n1,2,x\n\n3,4\n", "line 4 has 2 cells, but line 1 has 3"),
        ("a,b,y\n1,2,x\nonly\n", "line 3 has 1 cell, but line 1 has 3"),
        ("", "it is empty"),
        ("\n \r\n", "it is empty"),
    ],
)
def test_what_is_uncertain_is_refused_with_its_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)


def test_what_is_refused_is_said_of_the_separator_in_the_first_line(tmp_path):
    with pytest.raises(ValueError, match="line 3 has 3 cells, but line 1 has 2"):
        read(tmp_path, "a;b\n1,5;2,5\n3,5;4,5;6\n")


def test_the_first_name_of_the_header_tells_the_separator_too(tmp_path):
    text = "y;a,b,c\np;1,2,3\nq;4,5,6\n"
    assert [read(tmp_path, text, wanted=wanted).sep for wanted in (["y"], ["b"], [])] == [";", ",", ","]


@pytest.mark.parametrize("text", ["", " \n", "sep=;\n", "sep=a\n\n", '"sep=,"\r\n \r\n'])
def test_a_file_without_a_row_is_empty_also_after_a_line_for_spreadsheets(tmp_path, text):
    with pytest.raises(ValueError, match="it is empty"):
        read(tmp_path, text)
