"""What goes in comes out: generated files are read, filled in, merged and come back equal byte for byte."""

import csv
import gzip
import io
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import al_helpers as al
from active_learning.tables.table import read_table

PLAIN = "ab01 .,;|\t'=+-@\"\n\r#"
LETTERS = {"cp1252": "éÜ€ß", "utf-8": "éÜ€ßж語𝄞\u00a0\u200b\u0301\u2028\x0b\x85"}
SETTINGS = dict(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
CLASSES = ["yes", "no", "+1", "=x", "@home", "'quoted", '"', "a,b;c\td|e", "two\nlines"]


@dataclass(frozen=True)
class File:
    """How a generated file is written; its cells are rows of text, the last column the label."""

    rows: list
    labels: list  # what is filled in, "" where a row stays as it is
    sep: str
    encoding: str
    end: str
    quoting: str
    hinted: bool
    trailing: bool
    last_end: bool
    blank_lines: int
    packed: bool

    def content(self, labels):
        """The bytes of the file with these labels."""
        rows = [[*row[:-1], label] for row, label in zip(self.rows, labels, strict=True)]
        lines = [self.sep.join(self.cell(cell, j) for j, cell in enumerate(row)) for row in rows]
        lines = [line + self.sep * self.trailing for line in lines]
        lines = [f"sep={self.sep}"] * self.hinted + lines + [""] * (self.blank_lines * self.last_end)
        return (self.end.join(lines) + self.end * self.last_end).encode(self.encoding)

    def cell(self, cell, j):
        needed = any(character in cell for character in f'{self.sep}"\r\n')
        if needed or self.quoting == "all" or (self.quoting == "some" and j % 2):
            return '"' + cell.replace('"', '""') + '"'
        return cell


@st.composite
def files(draw):
    """A file with a header, an id, a number, some columns of any text, and a label in its last column."""
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]))
    cell = st.text(PLAIN + LETTERS["cp1252" if encoding == "cp1252" else "utf-8"], max_size=6)
    n, width = draw(st.integers(2, 6)), draw(st.integers(0, 3))
    names = draw(st.lists(cell, min_size=width, max_size=width, unique=True))
    names = [name if name not in ("id", "größe", "y") else name + "_" for name in names]
    header = ["id", "größe", *names, draw(st.sampled_from(["y", "the label", "=y", "y\nof two lines"]))]
    texts = draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=n, max_size=n))
    known = ["yes", "no", *draw(st.lists(st.sampled_from(["", *CLASSES]), min_size=n - 2, max_size=n - 2))]
    labels = draw(st.lists(st.sampled_from(["", *CLASSES]), min_size=n, max_size=n))
    starts = draw(st.lists(st.sampled_from("+-=@'x"), min_size=n, max_size=n))
    rows = [[f"{starts[i]}{i}", str(i / 2), *texts[i], known[i]] for i in range(n)]
    return File(
        rows=[header, *rows],
        labels=[header[-1], *labels],
        sep=draw(st.sampled_from(",;\t|")),
        encoding=encoding,
        end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quoting=draw(st.sampled_from(["needed", "all", "some"])),
        hinted=draw(st.booleans()) and encoding != "utf-16",
        trailing=draw(st.booleans()),
        last_end=draw(st.booleans()),
        blank_lines=draw(st.integers(0, 2)),
        packed=draw(st.booleans()),
    )


def cells_of(path, table):
    """The rows of a written file, by Python's own reader."""
    encoding = "utf-8-sig" if table.text.encoding == "utf-8" else table.text.encoding
    content = path.read_bytes().removeprefix(table.text.mark).decode(encoding)
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=table.sep, strict=True)
    return [row for row in rows if row and not (row[0].startswith("sep=") and len(row) < 3)]


def fill_in(path, table, labels, target):
    """Fill in suggestions and save them as a spreadsheet may: in UTF-8, with another separator."""
    header, *rows = cells_of(path, table)
    j = header.index(table.label_column)
    numbers = [int(row[0]) if table.numbered else table.frame.index.get_loc(row[0]) for row in rows]
    filled = [[*row[:j], labels[i + 1], *row[j + 1 :]] for i, row in zip(numbers, rows, strict=True)]
    with open(target, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, *filled])


def check_round_trip(file, folder, id_column, *, learn=False):
    """Read, ask, fill in, merge and write; the result must be the file with its labels, byte for byte."""
    path, asked, filled, merged = (
        folder / name for name in ("t.csv", "asked.csv", "filled.csv", "merged.csv")
    )
    before = [row[-1] for row in file.rows]
    raw = file.content(before)
    path = path.with_suffix(".csv.gz") if file.packed else path
    given = gzip.compress(raw, 1) if file.packed else raw
    path.write_bytes(given)
    label = file.rows[0][-1]
    table = (al.load_table if learn else read_table)(path, label, id_column=id_column)
    assert table.frame.shape == (len(file.rows) - 1, len(file.rows[0]) + file.trailing)
    assert table.frame.iloc[:, : len(file.rows[0])].to_numpy().tolist() == file.rows[1:]
    pool = table.frame.index[table.pool]
    ids = al.suggest(table, 99)["id"] if learn and len(pool) else pool
    al.write_table(table, asked, ids=ids, force=True)
    fill_in(asked, table, file.labels, filled)
    result = al.merge_labels(table, filled)
    al.write_table(result, merged, force=True)
    after = [
        before[0],
        *(new if old == "" else old for old, new in zip(before[1:], file.labels[1:], strict=True)),
    ]
    assert merged.read_bytes() == file.content(after)
    assert [label or "" for label in result.y] == after[1:]
    assert path.read_bytes() == given


def run(file, folder, by_id, **how):
    try:
        check_round_trip(file, folder, "id" if by_id else None, **how)
        event("equal")
    except ValueError as error:  # documented: letters of Windows-1252 that happen to be UTF-8
        event("refused")
        assert file.encoding == "cp1252" and "mixes encodings" in str(error), error


@pytest.mark.filterwarnings("ignore:.*classes of their own")
@settings(max_examples=60, **SETTINGS)
@given(files(), st.booleans())
def test_a_file_comes_back_with_its_labels_and_is_otherwise_the_same_bytes(tmp_path_factory, file, by_id):
    run(file, tmp_path_factory.getbasetemp(), by_id)


COUNT = {"files": 0}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*classes of their own")
@settings(max_examples=3000, **SETTINGS)
@given(files(), st.booleans())
def test_thousands_of_files_come_back_with_their_labels(tmp_path_factory, file, by_id):
    COUNT["files"] += 1
    run(file, tmp_path_factory.getbasetemp(), by_id)


@pytest.mark.slow
def test_at_least_two_thousand_files_were_generated():
    print(f"{COUNT['files']} generated files")
    assert COUNT["files"] >= 2000


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@settings(max_examples=100, **SETTINGS)
@given(files(), st.booleans())
def test_files_that_are_learnt_from_come_back_with_their_labels(tmp_path_factory, file, by_id):
    run(file, tmp_path_factory.getbasetemp(), by_id, learn=True)
