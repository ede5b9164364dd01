"""Claims about a reader's file: reading, merging labels, writing it back and never losing one."""

import errno
import os
import sys

import numpy as np
import pandas as pd
import pytest
from examples import mixed_table, write

from al_helpers import load_table, merge_labels, suggest, write_table


@pytest.mark.parametrize("sep, encoding", [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8-sig")])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_load_table_reads_separators_marks_and_quotes(tmp_path, sep, encoding, suffix):
    frame = mixed_table().assign(text=[f'a "quoted" , ; \t text\nof two lines {i % 3}' for i in range(40)])
    path = tmp_path / f"t{suffix}"
    frame.to_csv(path, index=False, sep=sep, encoding=encoding)
    table, same = load_table(path, "label", id_column="id"), load_table(frame, "label", id_column="id")
    np.testing.assert_array_equal(table.X, same.X)
    assert table.y.tolist() == same.y.tolist()
    assert table.frame["text"].tolist() == frame["text"].tolist()
    assert table.frame.index.tolist() == frame["id"].tolist()


def test_load_table_reads_parquet_as_the_frame_it_holds(tmp_path):
    pytest.importorskip("pyarrow")
    mixed_table().to_parquet(tmp_path / "t.parquet")
    table, same = (load_table(source, "label") for source in (tmp_path / "t.parquet", mixed_table()))
    np.testing.assert_array_equal(table.X, same.X)
    assert table.y.tolist() == same.y.tolist()


def test_a_frame_of_arrow_types_is_read_as_one_of_pandas_own():
    import pyarrow as pa

    days = pd.date_range("2024-01-01 10:00", periods=40, freq="31h")
    columns = {"at": days, "day": days.date, "vector": [[1.0, i] for i in range(40)], "y": ["a", "b"] * 20}
    arrow = pa.table({name: pa.array([*values]) for name, values in columns.items()})
    own, theirs = (load_table(arrow.to_pandas(types_mapper=mapper), "y") for mapper in (None, pd.ArrowDtype))
    np.testing.assert_array_equal(own.X, theirs.X)
    assert own.notes == theirs.notes and len(own.notes) == 3


def test_a_parquet_file_that_pandas_cannot_hold_is_refused(tmp_path):
    import pyarrow as pa

    lists = pd.Series([[1.0]] * 40, dtype=pd.ArrowDtype(pa.list_(pa.float64())))
    pd.DataFrame({"x": lists, "y": ["a", "b"] * 20}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match="cannot be read as a table"):
        load_table(tmp_path / "t.parquet", "y")


def test_load_table_says_what_parquet_needs(tmp_path, monkeypatch):
    path = write(tmp_path / "t.parquet", "x")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="pip install pyarrow"):
        load_table(path, "label")


@pytest.mark.parametrize(
    "labels, text",
    [
        (("yes", "no"), ["no", "yes"]),
        ((1, 0), ["0", "1"]),
        ((True, False), ["False", "True"]),
        (("01", "1"), ["01", "1"]),
        (("TRUE", "FALSE"), ["FALSE", "TRUE"]),
        (("1.0", "2.0"), ["1.0", "2.0"]),
    ],
)
def test_labels_print_as_they_were_typed(tmp_path, labels, text):
    mixed_table(labels).to_csv(tmp_path / "t.csv", index=False)
    from_file = load_table(tmp_path / "t.csv", "label", id_column="id")
    from_frame = load_table(mixed_table(labels), "label", id_column="id")
    for table in (from_file, from_frame):
        guesses = suggest(table, 20)["guess_1"]
        assert sorted(map(str, guesses.unique())) == text


def test_odd_spellings_are_warned_of_once_and_not_merged(tmp_path):
    frame = mixed_table()
    frame.loc[:3, "label"] = ["yes ", "Yes", "yes", "no"]
    frame.to_csv(tmp_path / "t.csv", index=False)
    with pytest.warns(UserWarning) as caught:
        table = load_table(tmp_path / "t.csv", "label")
    assert len(caught) == 1
    assert "'yes ' / 'Yes' / 'yes'" in str(caught[0].message)
    assert set(table.y[:20]) == {"yes ", "Yes", "yes", "no"}


def test_rows_with_blank_labels_are_the_pool(tmp_path):
    path = write(tmp_path / "t.csv", "x,label\n1,a\n3,\n4,  \n9,NA\n")
    assert load_table(path, "label").y.tolist() == ["a", None, None, "NA"]


def test_load_table_refuses_broken_archives(tmp_path):
    path = tmp_path / "t.csv.gz"
    mixed_table().to_csv(path, index=False)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="cannot be read"):
        load_table(path, "label")


def test_load_table_raises_os_errors_for_missing_files_and_folders(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_table(tmp_path / "none.csv", "label")
    with pytest.raises(IsADirectoryError):
        load_table(tmp_path, "label")


def test_load_table_names_repeated_and_empty_ids():
    frame = mixed_table()
    with pytest.raises(ValueError, match=r"'colour' must differ.*'red'"):
        load_table(frame.fillna({"colour": "none"}), "label", id_column="colour")
    with pytest.raises(ValueError, match="'colour' is empty in row 4"):
        load_table(frame, "label", id_column="colour")


def test_round_trip_through_files_fills_in_labels_by_id(tmp_path, csv_path):
    table = load_table(csv_path, "label", id_column="id")
    suggestions = suggest(table, 5)
    write_table(table, tmp_path / "next.csv", ids=suggestions["id"])
    asked = pd.read_csv(tmp_path / "next.csv", dtype=str, keep_default_na=False)
    assert asked.columns.tolist() == table.frame.columns.tolist()
    assert asked["id"].tolist() == suggestions["id"].tolist()
    assert (asked["label"] == "").all()
    asked.loc[:3, "label"] = ["yes", "no", "maybe", "no"]  # the fifth stays empty
    asked[::-1].to_csv(tmp_path / "next.csv", index=False, sep=";", encoding="utf-8-sig")
    merged = merge_labels(table, tmp_path / "next.csv")
    write_table(merged, tmp_path / "merged.csv")
    again = load_table(tmp_path / "merged.csv", "label", id_column="id")
    assert merged.y.tolist() == again.y.tolist()
    assert again.labeled.sum() == 24
    assert dict(zip(again.frame.index, again.y, strict=True))[asked["id"][2]] == "maybe"
    unchanged = [column for column in table.frame if column != "label"]
    pd.testing.assert_frame_equal(again.frame[unchanged], table.frame[unchanged])
    assert set(suggest(again, 99)["id"]) == set(suggest(table, 99)["id"]) - set(asked["id"][:4])


def test_round_trip_works_by_row_number_and_by_named_index(tmp_path):
    for number, frame in enumerate([mixed_table().drop(columns="id"), mixed_table().set_index("id")]):
        table = load_table(frame, "label")
        write_table(table, tmp_path / f"{number}.csv", ids=suggest(table, 3)["id"])
        asked = pd.read_csv(tmp_path / f"{number}.csv", dtype=str)
        merged = merge_labels(table, asked.assign(label="yes"))
        assert merged.labeled.sum() == 23
        write_table(merged, tmp_path / f"merged{number}.csv")
        id_column = "id" if number else None
        assert (
            load_table(tmp_path / f"merged{number}.csv", "label", id_column=id_column).y.tolist()
            == merged.y.tolist()
        )


def test_merge_accepts_a_label_given_twice_alike(csv_path):
    table = load_table(csv_path, "label", id_column="id")
    new = pd.DataFrame({"id": ["000", "0030", "0030"], "label": [table.y[0], "yes", "yes"]})
    assert merge_labels(table, new).labeled.sum() == 21


def test_merge_names_conflicting_and_unknown_rows(csv_path):
    table = load_table(csv_path, "label", id_column="id")
    new = pd.DataFrame({"id": ["000", "0030", "0030"], "label": ["other", "yes", "no"]})
    with pytest.raises(ValueError, match=r"nothing was merged.*000: no or other.*0030: yes or no"):
        merge_labels(table, new)
    with pytest.raises(ValueError, match=r"not in mine.csv: '30'"):
        merge_labels(table, new.assign(id="30"))
    with pytest.raises(ValueError, match="no column 'label': did you mean 'Label'"):
        merge_labels(table, new.rename(columns={"label": "Label"}))


def test_files_carry_a_byte_order_mark_only_where_spreadsheets_need_it(tmp_path):
    for name, colour in [("plain", "green"), ("marked", "grün")]:
        table = load_table(mixed_table().assign(shade=["blue", colour] * 20), "label", id_column="id")
        write_table(table, tmp_path / f"{name}.csv")
        assert (tmp_path / f"{name}.csv").read_bytes().startswith(b"\xef\xbb\xbf") == (name == "marked")
        again = load_table(tmp_path / f"{name}.csv", "label", id_column="id")
        assert again.frame["shade"].tolist() == table.frame["shade"].tolist()


def test_an_existing_file_is_kept_without_force(tmp_path, csv_path):
    table = load_table(csv_path, "label", id_column="id")
    path = write(tmp_path / "next.csv", "precious")
    with pytest.raises(FileExistsError):
        write_table(table, path, ids=suggest(table, 3)["id"])
    assert path.read_text() == "precious"
    write_table(table, path, ids=suggest(table, 3)["id"], force=True)
    assert len(pd.read_csv(path)) == 3


def test_a_file_that_appears_while_writing_is_kept(tmp_path, csv_path, monkeypatch):
    table = load_table(csv_path, "label", id_column="id")
    path = tmp_path / "next.csv"
    monkeypatch.setattr(os, "fsync", lambda _: write(path, "precious"))
    with pytest.raises(FileExistsError):
        write_table(table, path, ids=suggest(table, 3)["id"])
    assert path.read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == ["mine.csv", "next.csv"]


def test_the_input_is_never_written_to_by_any_name(tmp_path, csv_path, monkeypatch):
    table = load_table(csv_path, "label", id_column="id")
    before = csv_path.read_bytes()
    os.symlink(csv_path, tmp_path / "link.csv")
    os.link(csv_path, tmp_path / "hard.csv")
    monkeypatch.chdir(tmp_path)
    for name in (csv_path, "mine.csv", "./../" + tmp_path.name + "/mine.csv", "link.csv", "hard.csv"):
        with pytest.raises(FileExistsError, match="an input is never written"):
            write_table(table, name, force=True)
    assert csv_path.read_bytes() == before


def test_the_filled_in_labels_are_never_written_to(tmp_path, csv_path):
    table = load_table(csv_path, "label", id_column="id")
    path = write(tmp_path / "next.csv", "id,label\n0030,yes\n")
    with pytest.raises(FileExistsError, match="an input is never written"):
        write_table(merge_labels(table, path), path, force=True)


@pytest.mark.parametrize("force", [True, False])
def test_a_full_disk_leaves_nothing_behind(tmp_path, csv_path, monkeypatch, force):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = write(tmp_path / "next.csv", "precious") if force else tmp_path / "next.csv"
    table = load_table(csv_path, "label", id_column="id")
    before = sorted(os.listdir(tmp_path))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left.*next.csv"):
        write_table(table, path, ids=suggest(table, 3)["id"], force=force)
    assert sorted(os.listdir(tmp_path)) == before
    assert not force or path.read_text() == "precious"


def test_an_interrupt_while_writing_leaves_nothing_behind(tmp_path, csv_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    table = load_table(csv_path, "label", id_column="id")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_table(table, tmp_path / "merged.csv")
    assert os.listdir(tmp_path) == ["mine.csv"]


def test_output_needs_a_folder_and_a_csv_name(tmp_path, csv_path):
    table = load_table(csv_path, "label", id_column="id")
    with pytest.raises(FileNotFoundError, match=r"merged.csv'$"):
        write_table(table, tmp_path / "none" / "merged.csv")
    with pytest.raises(ValueError, match=r"must end in .csv or .tsv or .*merged.txt"):
        write_table(table, tmp_path / "merged.txt")
