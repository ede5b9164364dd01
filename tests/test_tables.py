"""A reader's own table: reading, suggesting, writing, merging, planning a study, and the command on it."""

import csv
import errno
import json
import os
import re
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

import al_helpers as al
from al_helpers import load_table, merge_labels, plan_study, study_sizes, suggest, write_table

MIXED = pd.DataFrame(
    {
        "id": [f"00{i}" for i in range(40)],
        "size": np.r_[np.nan, np.arange(39) % 13 + 0.5],
        "colour": (["red", "green", "blue", None] * 10),
        "round": [True, False] * 20,
    }
)


def mixed_table(labels=("yes", "no"), n_labeled=20):
    """Return the mixed frame with labels that follow `size`, empty from row n_labeled on."""
    label = np.where(MIXED["size"].fillna(0) > 6, *[np.array([value], dtype=object) for value in labels])
    return MIXED.assign(label=np.where(np.arange(40) < n_labeled, label, None))


@pytest.fixture
def csv_path(tmp_path):
    path = tmp_path / "mine.csv"
    mixed_table().to_csv(path, index=False)
    return path


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


# ------------------------------------------------------------------ reading


def test_load_table_leaves_the_frame_as_it_was():
    frame = mixed_table()
    before = frame.copy(deep=True)
    suggest(load_table(frame, "label", id_column="id"), 3)
    pd.testing.assert_frame_equal(frame, before)


def test_preprocessor_matches_hand_computed_case():
    frame = pd.DataFrame({"a": [1.0, 3.0, None], "c": ["x", None, "y"], "label": ["p", "q", "p"]})
    table = load_table(frame, "label")
    scaled = np.array([-1, 1, 0]) / np.sqrt(2 / 3)  # median 2 imputed, mean 2, SD sqrt(2/3)
    expected = np.column_stack([scaled, [[0, 1, 0], [1, 0, 0], [0, 0, 1]]])  # missing, x, y
    np.testing.assert_allclose(table.preprocessor.fit_transform(table.X), expected)


def test_preprocessor_ignores_levels_it_has_not_seen():
    table = load_table(pd.DataFrame({"c": ["x", "y", "z", "x"], "label": list("abab")}), "label")
    fitted = table.preprocessor.fit(table.X[:2])
    assert fitted.transform(table.X[2:3]).tolist() == [[0, 0]]


def test_preprocessor_caps_the_number_of_levels():
    frame = pd.DataFrame({"c": [f"level {i % 300}" for i in range(600)], "label": list("ab") * 300})
    table = load_table(frame, "label")
    assert table.preprocessor.fit_transform(table.X).shape == (600, 20)


def test_preprocessor_accepts_a_column_that_is_missing_in_all_labelled_rows():
    frame = mixed_table().assign(rare=[np.nan] * 20 + list(range(0, 40, 2)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(suggest(load_table(frame, "label", id_column="id"), 3)) == 3


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


def test_load_table_says_what_parquet_needs(tmp_path, monkeypatch):
    path = write(tmp_path / "t.parquet", "x")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="pip install pyarrow"):
        load_table(path, "label")


def test_load_table_reads_decimal_commas_beside_semicolons(tmp_path):
    path = write(tmp_path / "t.csv", "a;label\n1,5;x\n-2,25;y\n;x\n")
    np.testing.assert_array_equal(load_table(path, "label").X[:, 0], [1.5, -2.25, np.nan])


def test_load_table_says_which_columns_it_drops():
    frame = mixed_table().assign(
        same=1, blank=None, text=[f"remark {i}" for i in range(40)], count=range(7, 47)
    )
    table = load_table(frame, "label", id_column="id", drop="round")
    assert [re.search("'(.*)' is dropped", note)[1] for note in table.notes] == [
        "same",
        "blank",
        "text",
        "count",
    ]
    assert table.X.shape == (40, 2)


def test_load_table_says_which_cell_keeps_a_column_from_being_numbers():
    frame = mixed_table().assign(dose=["?", *range(39)])
    table = load_table(frame, "label", id_column="id", drop=["size"])
    assert "'?'" in load_table(frame.assign(dose=["?", *[1, 2, 3] * 13]), "label", id_column="id").notes[0]
    assert "differs in every row" in table.notes[0]


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


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "it is empty"),
        ("\n \n", "it is empty"),
        ("x,label\n", "no rows"),
        ("x,x,label\n1,2,a\n", "repeat: 'x'"),
        ("x,Lable\n1,a\n", "no column 'label': did you mean 'Lable'"),
        ("x,label\n1,a\n2,b,c\n", "cannot be read as a table"),
        ("x,label\n1,0.5\n2,0.75\n", r"quantity, such as 0.75"),
        ("x,label\n" + "".join(f"{i * i},{i}\n" for i in range(30)), "quantity"),
        ("x,when,label\n1,2024-02-01,a\n3,2024-02-07,b\n", r"'when' holds dates \(2024-02-01\)"),
        ("x,when,label\n1,1.2.2024 10:15,a\n3,24.12.2024 9:00,b\n", "'when' holds dates"),
        ("x,label\n1,a\ninf,b\n", "'x' holds infinity"),
        ("x,label\n1,a\n1,b\n", "no column is left to learn from"),
    ],
)
def test_load_table_refuses_in_one_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as error:
        load_table(write(tmp_path / "t.csv", text), "label")
    assert "\n" not in str(error.value)


def test_load_table_refuses_other_encodings_and_broken_archives(tmp_path):
    with pytest.raises(ValueError, match="not UTF-8"):
        load_table(write(tmp_path / "t.csv", "größe,label\n1,a\n", "latin-1"), "label")
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


@pytest.mark.parametrize(
    "labels, message",
    [([None] * 40, "no labelled rows"), (["a"] * 20 + [None] * 20, "one class 'a' in 20 labels")],
)
def test_suggest_refuses_too_few_classes(labels, message):
    table = load_table(mixed_table().assign(label=labels), "label")
    with pytest.raises(ValueError, match=message):
        suggest(table, 3)


def test_suggest_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match=r"unknown strategy 'best'.*margin"):
        suggest(load_table(mixed_table(), "label"), 3, strategy="best")
    with pytest.raises(ValueError, match="at least 1, got 0"):
        suggest(load_table(mixed_table(), "label"), 0)
    with pytest.raises(ValueError, match="nothing to suggest"):
        suggest(load_table(mixed_table(n_labeled=40), "label"), 3)


# ------------------------------------------------------------------ suggesting


def test_suggest_asks_for_the_smallest_margins_of_the_pool():
    table = load_table(mixed_table(), "label", id_column="id")
    all_rows = suggest(table, 999)
    assert sorted(all_rows["id"]) == sorted(MIXED["id"][20:])  # n is cut to the pool
    assert all_rows["score"].is_monotonic_decreasing
    np.testing.assert_allclose(all_rows["score"], all_rows["p_2"] - all_rows["p_1"])
    assert suggest(table, 4)["id"].tolist() == all_rows["id"].tolist()[:4]


def test_suggest_names_rows_by_index_when_there_is_no_id_column():
    frame = mixed_table().set_index("id")
    named = suggest(load_table(frame, "label"), 5)["id"]
    assert frame.loc[named, "label"].isna().all()


def test_suggestions_do_not_depend_on_the_order_of_the_rows():
    frame = mixed_table().assign(size=lambda f: f["size"] + np.linspace(0, 0.1, 40))
    order = np.random.default_rng(3).permutation(40)
    table, shuffled = (load_table(f, "label", id_column="id") for f in (frame, frame.iloc[order]))
    np.testing.assert_array_equal(table.X[order], shuffled.X)
    assert suggest(table, 5)["id"].tolist() == suggest(shuffled, 5)["id"].tolist()


def test_a_pool_rows_cells_change_no_other_rows_suggestion():
    """Medians, scales and levels come from labelled rows: an extreme pool row leaves the others alone."""
    frame = mixed_table()
    changed = frame.copy()
    changed.loc[39, ["size", "colour"]] = [1e6, "ultraviolet"]
    scores, after = (
        suggest(load_table(f, "label", id_column="id"), 20).set_index("id").drop("0039").sort_index()
        for f in (frame, changed)
    )
    pd.testing.assert_frame_equal(scores, after)


# ------------------------------------------------------------------ writing and merging


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


def test_formulas_are_escaped_in_files_and_restored_by_reading(tmp_path):
    texts = ["=1+1", "+49 30", "-x", "@home", "\tx", "\rx", "'=1", "'quoted'", "-5", "+1.5e3", "a=b"]
    frame = pd.DataFrame({"id": texts, "=size": np.arange(11) ** 2 - 5, "label": ["a", "b", *[""] * 9]})
    table = load_table(frame, "label", id_column="id")
    suggestions = suggest(table, 9)
    write_table(table, tmp_path / "next.csv", ids=suggestions["id"])
    raw = pd.read_csv(tmp_path / "next.csv", dtype=str, keep_default_na=False)
    expected = {text: "'" + text if text in texts[:7] else text for text in texts}
    assert raw["id"].tolist() == [expected[text] for text in suggestions["id"]]
    assert raw.columns.tolist() == ["id", "'=size", "label"]
    assert "-1" in raw["'=size"].tolist()  # numbers are not formulas
    raw.assign(label="a").to_csv(tmp_path / "filled.csv", index=False, quoting=csv.QUOTE_ALL)
    merged = merge_labels(table, tmp_path / "filled.csv")
    write_table(merged, tmp_path / "merged.csv")
    again = load_table(tmp_path / "merged.csv", "label", id_column="id")
    assert again.frame.index.tolist() == texts
    assert again.frame.columns.tolist() == frame.columns.tolist()


@given(st.text(alphabet="'=+-@\t\r1.eax", max_size=8))
def test_escaping_a_cell_can_be_undone(cell):
    written = al._escape(pd.Series([cell], dtype=str))
    assert not re.match(r"[=@\t\r]", written[0])
    assert al._unescape(written.astype(str))[0] == cell


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
    with pytest.raises(ValueError, match=r"end in .csv.*merged.xlsx"):
        write_table(table, tmp_path / "merged.xlsx")


# ------------------------------------------------------------------ studying and recommending


def test_a_pool_label_changes_no_query_of_the_study():
    """Preprocessing is inside the loop's model: a pool label changes nothing before it is bought."""
    table = load_table(mixed_table(n_labeled=40), "label", id_column="id")
    dataset, settings, _, _ = plan_study(table, target=0.9)
    split = al.split_dataset(dataset.y, random_state=1)
    bought = [
        al.run_loop(al.Dataset("t", dataset.X, y), split, rule, model=settings["model"], budget=8, batch=4)
        for y in (dataset.y, np.where(np.isin(np.arange(40), split.pool), dataset.y[::-1], dataset.y))
        for rule in ("margin", "entropy")
    ]
    assert bought[0].queried.tolist() == bought[2].queried.tolist()
    assert bought[1].queried.tolist() == bought[3].queried.tolist()


def test_a_rule_that_measures_distances_sees_features_as_the_classifier_does():
    table = load_table(mixed_table().assign(huge=np.arange(40) % 7 * 1e9), "label", id_column="id")
    seen = {}

    @al.needs("numeric")
    def spy(round):
        seen["X"], seen["model"] = round.X, round.model
        return round.pool[: round.batch]

    assert suggest(table, 2, strategy=spy)["id"].tolist() == ["0020", "0021"]
    assert np.abs(seen["X"]).max() < 10 and seen["X"].shape[0] == 40
    seen["model"].predict_proba(seen["X"])
    assert len(suggest(table, 5, strategy="diverse_margin")["id"].unique()) == 5


def test_label_spreading_sees_the_pools_features_through_the_preprocessor_and_no_hidden_label():
    table = load_table(mixed_table(n_labeled=30), "label", id_column="id")
    codes = np.unique(table.y.astype(str), return_inverse=True)[1]
    model, known = al.table_model(table, "label_spreading"), np.arange(6)
    al.fit(model, table.X, codes, known, np.arange(6, 40))
    features = clone(table.preprocessor).fit_transform(table.X)
    by_hand = al.GraphSpreading().fit(features, np.where(np.arange(40) < 6, codes, -1))
    np.testing.assert_array_equal(model[-1].distributions_, by_hand.distributions_)


def test_label_spreading_suggests_from_a_table_and_can_be_measured_on_it():
    table = load_table(mixed_table(), "label", id_column="id")
    suggestions = suggest(table, 5, model="label_spreading")
    assert suggestions["score"].is_monotonic_decreasing and set(suggestions["guess_1"]) <= {"yes", "no"}
    dataset, settings, target, _ = plan_study(table, model="label_spreading")
    curves = al.run_study(dataset, ["random", "margin"], n_splits=2, n_jobs=1, **settings)
    assert 0 < target <= 1 and curves["accuracy"].between(0, 1).all()


def test_suggest_names_the_classifiers_that_give_probabilities():
    with pytest.raises(ValueError, match="SVC gives none; classifiers that do: logistic_regression, knn"):
        suggest(load_table(mixed_table(), "label"), 3, model="svm")


@pytest.mark.parametrize("n, k", [(6, 2), (12, 3), (150, 3), (199, 50), (300, 100), (1000, 2), (10000, 10)])
def test_study_sizes_fit_every_table(n, k):
    y = np.arange(n) % k
    sizes, sentence = study_sizes(y)
    splitting = {name: sizes[name] for name in ("seed_per_class", "test_size")}
    split = al.split_dataset(y, random_state=0, **splitting)
    assert len(split.seed) <= sizes["budget"] <= len(split.seed) + len(split.pool)
    assert set(y[split.test]) <= set(y[split.seed])
    assert f"tests on {len(split.test)} " in sentence and f"up to {sizes['budget']} of" in sentence


def test_plan_study_keeps_to_labelled_rows_and_given_sizes():
    table = load_table(mixed_table(n_labeled=30), "label", id_column="id")
    dataset, settings, target, sentences = plan_study(table, target=0.8, batch=3, budget=9)
    assert len(dataset.y) == len(dataset.X) == 30
    assert (settings["batch"], settings["budget"], target, len(sentences)) == (3, 9, 0.8, 1)
    assert np.isnan(dataset.X).any()  # imputed in the loop, from labelled rows
    curves = al.run_study(dataset, "random", n_splits=2, n_jobs=1, **settings)
    assert curves["n_labels"].max() == 9


def test_derived_target_is_what_all_labels_reach_less_the_margin():
    far = np.r_[np.arange(50.0) % 9, 100 + np.arange(50.0) % 7]
    table = load_table(pd.DataFrame({"x": far, "label": ["a"] * 50 + ["b"] * 50}), "label")
    _, _, target, sentences = plan_study(table, metric="balanced_accuracy")
    assert target == 0.98
    assert "100.0%" in sentences[1] and "less 2 points" in sentences[1]


def test_plan_study_names_the_class_that_is_too_small():
    frame = mixed_table()
    frame.loc[0, "label"] = "rare"
    with pytest.raises(ValueError, match=r"at least 2.*rare \(1\)"):
        plan_study(load_table(frame, "label"))


def test_plan_study_advises_another_metric_above_80_percent():
    frame = pd.DataFrame({"x": np.arange(100.0) ** 2 % 7, "label": ["a"] * 80 + ["b"] * 20})
    assert len(plan_study(load_table(frame, "label"), target=0.9)[3]) == 1
    frame.loc[80:84, "label"] = "a"
    assert "85% of the labels are 'a'" in plan_study(load_table(frame, "label"), target=0.9)[3][1]
    assert len(plan_study(load_table(frame, "label"), target=0.9, metric="balanced_accuracy")[3]) == 1


def curves_that_need(**needed):
    """A study in which each strategy reaches 90 % at the given labels, one number a split (inf: never)."""
    rows = [
        (name, split, labels, 0.95 if labels >= needs else 0.5)
        for name, splits in needed.items()
        for split, needs in enumerate(splits)
        for labels in range(10, 101, 10)
    ]
    return pd.DataFrame(rows, columns=["strategy", "split", "n_labels", "accuracy"])


@pytest.mark.parametrize(
    "random, margin, said",
    [
        ([50, 60, 50, 60] * 5, [20, 20, 30, 20] * 5, "Recommended: margin"),
        ([50, 60, 50, 60] * 5, [60, 50, 40, 70] * 5, "No rule is recommended.*no difference shown"),
        ([20, 20, 20, 30] * 5, [60, 50, 40, 70] * 5, "No rule is recommended.*it costs more"),
        ([np.inf] * 20, [np.inf] * 20, "most runs miss the target"),
        ([50], [20], "Nothing can be recommended from one split"),
    ],
)
def test_recommendation_says_how_sure_it_is(random, margin, said):
    assert re.search(said, al.recommend(curves_that_need(random=random, margin=margin), 0.9))


# ------------------------------------------------------------------ the command


def run(capsys, *options):
    """(exit code, stdout, stderr) of the command in this process."""
    try:
        code = al.main([str(option) for option in options])
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


QUICK = ("--splits", 3, "--jobs", 1, "--strategies", "margin")


def test_command_measures_and_explains_what_it_chose(capsys, tmp_path):
    mixed_table(n_labeled=30).assign(same=1).to_csv(tmp_path / "t.csv", index=False)
    options = ("--csv", tmp_path / "t.csv", "--label-column", "label", "--id-column", "id", *QUICK)
    code, out, err = run(capsys, *options)
    assert (code, err) == (0, "")
    for said in ("column 'same' is dropped", "Of 30 labelled rows", "The target is", "recommended"):
        assert out.count(said) == 1
    result = json.loads(run(capsys, *options, "--json", "--metric", "balanced_accuracy")[1])
    assert result["dataset"] == "t.csv" and result["metric"] == "balanced_accuracy"
    assert sum(result["sizes"].values()) == 30 and len(result["notes"]) == 3
    assert [row["strategy"] for row in result["strategies"]] == ["random", "margin"]


@pytest.mark.parametrize("name", ["knn", "label_spreading"])
def test_command_takes_the_classifier_for_a_table(capsys, csv_path, name):
    options = ("--csv", csv_path, "--label-column", "label", "--id-column", "id", "--classifier", name)
    code, out, err = run(capsys, *options, *QUICK)
    assert (code, err) == (0, "") and f"classifier {name}\n" in out
    assert f"classifier {name}\n" in run(capsys, *options, "--suggest", 3)[1]
    shown = json.loads(run(capsys, *options, "--suggest", 3, "--json")[1])
    assert shown["classifier"] == name and len(shown["suggestions"]) == 3


def test_command_takes_the_metric_on_bundled_data(capsys):
    options = ("--dataset", "iris", "--budget", 20, "--metric", "balanced_accuracy", *QUICK)
    code, out, _ = run(capsys, *options)
    assert code == 0 and "target 90% balanced accuracy" in out


def test_command_suggests_writes_and_merges(capsys, csv_path):
    folder = csv_path.parent
    options = ("--csv", csv_path, "--label-column", "label", "--id-column", "id")
    code, out, err = run(capsys, *options, "--suggest", 3, "--output", folder / "next.csv")
    assert (code, err) == (0, "") and "score" in out and "--labels" in out
    rows = json.loads(run(capsys, *options, "--suggest", 3, "--json")[1])["suggestions"]
    asked = pd.read_csv(folder / "next.csv", dtype=str)
    assert asked["id"].tolist() == [row["id"] for row in rows]
    asked.assign(label="yes").to_csv(folder / "next.csv", index=False)
    before = csv_path.read_bytes()
    merging = (*options, "--labels", folder / "next.csv", "--output", folder / "merged.csv")
    assert run(capsys, *merging)[0] == 0
    assert json.loads(run(capsys, *merging, "--force", "--json")[1])["labeled"] == 23
    assert csv_path.read_bytes() == before
    assert len(pd.read_csv(folder / "merged.csv", dtype=str)["label"].dropna()) == 23
    again = json.loads(run(capsys, *options, "--labels", folder / "next.csv", "--suggest", 99, "--json")[1])
    assert {row["id"] for row in again["suggestions"]}.isdisjoint(asked["id"])


@pytest.mark.parametrize(
    "options, message",
    [
        (["--csv", "none.csv", "--label-column", "label"], "none.csv"),
        (["--csv", "mine.csv", "--label-column", "lable"], "did you mean 'label'"),
        (["--csv", "mine.csv"], "--label-column"),
        (["--suggest", "3"], "--suggest needs --csv"),
        (["--dataset", "iris", "--metric", "f1"], "accuracy, balanced_accuracy"),
        (["--csv", "mine.csv", "--label-column", "label", "--dataset", "iris"], "no --dataset"),
        (["--csv", "mine.csv", "--label-column", "label", "--labels", "mine.csv"], "--labels needs --output"),
        (["--csv", "mine.csv", "--label-column", "label", "--output", "a.csv"], "--output goes with"),
        (["--csv", "mine.csv", "--label-column", "label", "--suggest", "0"], "at least 1, got 0"),
        (
            ["--csv", "mine.csv", "--label-column", "label", "--suggest", "3", "--strategy", "x"],
            "unknown strategy",
        ),
        (
            ["--csv", "mine.csv", "--label-column", "label", "--suggest", "3", "--classifier", "svm"],
            "gives none; classifiers that do",
        ),
        (["--csv", "mine.csv", "--label-column", "label", "--suggest", "3", "--output", "mine.csv"], "never"),
        (
            ["--csv", "mine.csv", "--label-column", "label", "--suggest", "3", "--output", "no/a.csv"],
            "no/a.csv",
        ),
        (["--csv", "t.parquet", "--label-column", "label"], "t.parquet"),
    ],
)
def test_command_refuses_bad_input_in_one_line(capsys, csv_path, monkeypatch, options, message):
    monkeypatch.chdir(csv_path.parent)
    write(csv_path.parent / "t.parquet", "x")
    before = {path: path.read_bytes() for path in csv_path.parent.iterdir()}
    code, out, err = run(capsys, *options)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and message in err
    assert {path: path.read_bytes() for path in csv_path.parent.iterdir()} == before


def test_command_in_a_process_of_its_own_warns_in_one_line(csv_path):
    frame = mixed_table()
    frame.loc[0, "label"] = "No "
    frame.to_csv(csv_path, index=False)
    line = [
        sys.executable,
        "-m",
        "al_helpers",
        "--csv",
        csv_path,
        "--label-column",
        "label",
        "--suggest",
        "2",
    ]
    env = os.environ | {"PYTHONPATH": os.path.dirname(al.__file__), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        line, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, timeout=120
    )
    assert done.returncode == 0 and "guess_1" in done.stdout
    assert done.stderr.count("\n") == 1 and "'No ' / 'no'" in done.stderr
