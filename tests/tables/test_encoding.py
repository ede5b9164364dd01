"""A file's bytes: what encodings are told apart, and what is refused with its line."""

import codecs
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from active_learning.tables import csv_file as encoding
from active_learning.tables.csv_file import from_utf8, line_of, read_bytes, to_utf8

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
    st.sampled_from(list(encoding.MARKS.items())),
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


def test_a_character_that_two_pieces_share_is_read(monkeypatch):
    monkeypatch.setattr(encoding, "PIECE", 7)
    text = "語é𝄞" * 20
    assert to_utf8(text.encode())[1] == "utf-8"
    broken = text.encode() + b"\xff"
    assert encoding._not_utf8(broken) == len(broken) - 1


def test_lines_are_counted_in_any_line_end():
    assert [line_of(b"a\nb\rc\r\nd", at) for at in range(8)] == [1, 1, 2, 2, 3, 3, 4, 4]


def test_a_label_that_the_encoding_cannot_write_is_refused():
    with pytest.raises(ValueError, match=r"Windows-1252.*cannot write '日'"):
        from_utf8("日".encode(), "cp1252", b"")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("a,y\n1,b\n")
    check = encoding.check_size

    def grow(size):  # another program appends a row just after the file was opened
        with open(path, "a") as file:
            file.write("2,c\n")
        check(size)

    monkeypatch.setattr(encoding, "check_size", grow)
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
