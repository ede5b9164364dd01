"""The command on a reader's files: a bad one is one clear line and exit 2, nothing written, nothing lost."""

import json
import re
import shlex
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import al_helpers as al
from active_learning.cli.main import main
from active_learning.tables.table import read_table

GOOD = "id,n,w,y\np,1,5,a\nq,3,2,b\nr,2,9,\ns,5,4,\n"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Write files and run the command; (exit code, stdout, stderr, the files that are new or changed)."""

    def run(files, command, *options):
        monkeypatch.chdir(tmp_path)
        for name, content in files.items():
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        try:
            code = main([command, "t.csv", "--label-column", "y", *options])
        except SystemExit as stop:
            code = stop.code
        after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        replaced = {"t.csv.next.csv", "t.csv.labels.csv", "t.csv.job.json"}
        assert all(after[name] == before[name] for name in {*before} - replaced) or "--force" in options
        return (
            code,
            *capsys.readouterr(),
            {name: after[name] for name in after if after[name] != before.get(name)},
        )

    return run


ADD = ("add", "l.csv")
ASK = ("suggest", "-n", "1")
VECTORS = (*ASK, "--features", "v.csv")
BY_ID = ("--id-column", "id")


@pytest.mark.parametrize(
    "files, options, message",
    [
        ({"t.csv": 'id,n,y\n1,4,a\n2,"3,b\n3,5,a\n4,"4,9\n'}, ASK, ["line 3", "line 5"]),
        ({"t.csv": "id,n,y\n1,4,a\n2,3\n"}, ASK, ["line 3 has 2 cells", "line 1 has 3"]),
        ({"t.csv": "id,n,y\n1,4,a\n2,3,4,b\n"}, ASK, ["line 3 has 4 cells", "in quotes"]),
        (
            {"t.csv": "n,y\n4,é\n".encode() + "5,é\n".encode("latin-1")},
            ASK,
            ["mixes encodings", "line 2", "line 3"],
        ),
        ({"t.csv": "1,4,a\n2,3,b\n5,6,\n"}, ASK, ["--no-header"]),
        ({"t.csv": "n,w,y\n1,2,10.5\n2,3,7.25\n"}, ASK, ["'y'", "quantity", "10.5"]),
        ({"t.csv": "id,n,w,y\np,1,5,a\np,3,2,b\n"}, (*ASK, *BY_ID), ["'id'", "'p'", "--id-column"]),
        ({"t.csv": "id,n,w,y\np,1,5,a\n,3,2,b\n"}, (*ASK, *BY_ID), ["'id' is empty in row 2"]),
        ({"t.csv": b"PK\x03\x04"}, ASK, ["workbook"]),
        ({"t.csv": b"\x89PNG\r\n\x1a\n\0\0"}, ASK, ["t.csv"]),
        ({"t.csv": GOOD, "l.csv": "row,id,n,w,y\n2,q,3,2,a\n"}, ADD, ["row 2", "'id' is 'q' instead of 'r'"]),
        ({"t.csv": GOOD, "l.csv": "id,y\nr,a\nr,b\n"}, (*ADD, *BY_ID), ["two labels", "r: a or b"]),
        ({"t.csv": GOOD, "l.csv": "id,y\np,b\n"}, (*ADD, *BY_ID), ["p: a or b", "--relabel"]),
        ({"t.csv": GOOD, "l.csv": "id,y\nz,b\n"}, (*ADD, *BY_ID), ["'z'"]),
        ({"t.csv": GOOD, "l.csv": "id,why\nr,b\n"}, (*ADD, *BY_ID), ["no column 'y'"]),
        ({"t.csv": GOOD, "l.csv": 'id,y\nr,"b\n'}, (*ADD, *BY_ID), ["l.csv", "line 2", "never closed"]),
        ({"t.csv": GOOD}, ("export", "--output", "t.csv", "--force"), ["never written"]),
        ({"t.csv": GOOD, "m.csv": "mine"}, ("export", "--output", "m.csv"), ["m.csv", "force"]),
        ({"t.csv": GOOD, "m.csv": "mine"}, (*ASK, "--output", "m.csv"), ["m.csv", "no suggestions"]),
        ({"t.csv": GOOD}, (*ASK, "--output", "t.csv"), ["never written"]),
        ({"t.csv": GOOD}, (*ASK, "--relabel"), ["--relabel is not an option of suggest, but of add"]),
        ({"t.csv": "y\na\nb\na\n\n"}, ASK, ["there are only labels"]),
        ({"t.csv": GOOD, "l.csv": "id,y\nr,\n"}, (*ADD, *BY_ID), ["no label is filled in"]),
        (
            {"t.csv": GOOD, "l.csv": "id,y\nr,b\n", "t.csv.labels.csv": "x,y\n1,2\n"},
            (*ADD, *BY_ID),
            ["not a label log"],
        ),
        ({"t.csv": GOOD, "t.csv.job.json": "{"}, ASK, ["t.csv.job.json cannot be read"]),
        ({"t.csv": GOOD, "t.csv.job.json": '{"colour": 1}'}, ASK, ["unknown setting", "'colour'"]),
        ({"t.csv": GOOD, "t.csv.job.json": '{"drop": "n"}'}, ASK, ["drop is 'n'", "like []"]),
        ({"t.csv": GOOD, "v.csv": "v\n[1 2]\n[3 4]\n"}, VECTORS, ["v.csv has 2 rows and the table 4"]),
        ({"t.csv": GOOD, "v.csv": "v\n[1 2]\n[3 4]\n[nan 1]\n[1 5]\n"}, VECTORS, ["NaN", "row 2"]),
        ({"t.csv": GOOD, "v.csv": "v\n[1 2]\n[3 4]\n[1]\n[1 5]\n"}, VECTORS, ["of 2 and of 1 numbers"]),
        ({"t.csv": GOOD, "v.npy": b"\x80\x04\x95 a pickle"}, (*VECTORS[:-1], "v.npy"), ["never unpickled"]),
        ({"t.csv": GOOD}, (*ASK, "--unlabeled", "NA", "--skip", "NA"), ["'NA'", "--unlabeled or to --skip"]),
    ],
)
def test_a_bad_file_is_one_clear_line_and_nothing_is_written(run, files, options, message):
    code, out, err, written = run(files, *options)
    assert (code, out, written) == (2, "", {})
    assert err.count("\n") == 1 and all(words in err for words in message), err


def test_what_is_no_archive_is_refused_by_name(run, tmp_path, monkeypatch, capsys):
    (tmp_path / "t.csv.gz").write_text(GOOD)
    with pytest.raises(SystemExit, match="2"):
        main(["suggest", str(tmp_path / "t.csv.gz"), "--label-column", "y"])
    assert "t.csv.gz cannot be read as a table: Not a gzipped file" in capsys.readouterr().err


def test_options_on_labels_work_together(run):
    table = "id,n,w,y\np,1,5,a\nq,3,2,b\nr,2,9,NA\n=s,5,4,\nt,7,8,broken\nu,6,1,\n"
    declared = ("--unlabeled", "NA", "--skip", "broken", *BY_ID)
    code, out, _, written = run({"t.csv": table}, "suggest", "-n", "9", "--spreadsheet-safe", *declared)
    assert code == 0 and "label 'NA' (1) counts as none" in out
    asked = written["t.csv.next.csv"].decode().splitlines()[1:]
    assert sorted(asked) == ["'=s,5,4,", "r,2,9,", "u,6,1,"]
    filled = "id,n,w,y\n'=s,5,4,+b\nr,2,9,a\np,1,5,b\nu,6,1,broken\n"
    code, out, _, written = run({"l.csv": filled}, *ADD, "--relabel")
    assert code == 0 and "row p: 'a' is now 'b'" in out and [*written] == ["t.csv.labels.csv"]
    code, out, _, written = run({}, "export", "--output", "m.csv")
    merged = "id,n,w,y\np,1,5,b\nq,3,2,b\nr,2,9,a\n=s,5,4,+b\nt,7,8,broken\nu,6,1,\n"
    assert code == 0 and written["m.csv"].decode() == merged
    code, out, _, _ = run({}, "export", "--output", "m.csv", "--json", "--force")
    assert json.loads(out)["pool"] == 0


def test_a_file_without_a_header_goes_round(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = "1,7,a\n4,3,b\n2,9,\n5,4,\n"
    (tmp_path / "h.csv").write_text(table)
    assert main(["suggest", "h.csv", "--label-column", "3", "--no-header", "-n", "1"]) == 0
    assert (tmp_path / "h.csv.next.csv").read_text().startswith("row,1,2,3\n")
    (tmp_path / "l.csv").write_text("row,1,2,3\n2,2,9,b\n")
    assert main(["add", "h.csv", "l.csv"]) == 0
    assert main(["export", "h.csv", "--output", "m.csv"]) == 0
    assert (tmp_path / "m.csv").read_text() == table.replace("9,\n", "9,b\n")


def test_a_doubt_is_one_line_on_stderr_in_a_merge_too(run):
    table, labels = GOOD.replace("5,a", "5,NA"), "id,y\nr,b\n"
    code, _, err, _ = run({"t.csv": table, "l.csv": labels}, *ADD, *BY_ID)
    assert code == 0 and err.count("\n") == 1 and "type --unlabeled NA" in err


@pytest.mark.parametrize("table", ["id,y\np,a\nq,\n", "id,file,y\np,1.png,a\nq,2.png,\n"])
def test_answers_are_added_to_a_table_that_nothing_can_be_learnt_from(run, table):
    """Such as one of pictures, of which the vectors lie in another file."""
    code, out, _, _ = run({"t.csv": table, "l.csv": "id,y\nq,b\n"}, *ADD, *BY_ID)
    assert code == 0 and "2 labelled rows, 0 without" in out
    code, _, _, written = run({}, "export", "--output", "m.csv")
    assert written["m.csv"].decode() == table[:-1] + "b\n"


@pytest.mark.parametrize("mark", ["NA", "?", "-", "--", "—", "n.a.", "don't know", "(blank)"])
def test_what_a_doubt_says_to_type_is_understood(run, mark):
    table = GOOD.replace("5,a", f"5,{mark}").replace("9,\n", "9,c\n")
    _, _, err, _ = run({"t.csv": table}, *ASK)
    typed = shlex.split(re.search(r"type (--unlabeled .*) \(or", err)[1])
    code, out, err, _ = run({"t.csv": table}, *ASK, *typed)
    assert (code, err) == (0, "") and "2 labelled rows, 2 without" in out


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(st.sampled_from([*'ay1,;\t|"\n\r', "y\n", '""', "é", "sep=", "NA"]), st.binary(max_size=3)),
        max_size=40,
    )
)
def test_any_bytes_are_a_table_or_a_refusal(tmp_path_factory, pieces):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            table = read_table(path, "y")
        except ValueError as error:
            assert "\n" not in str(error)
        else:
            al.write_table(table, path.with_name("same.csv"), force=True)
            assert path.with_name("same.csv").read_bytes() == path.read_bytes()
