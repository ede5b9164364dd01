"""Labels: one class one spelling, what is not a label, and what cannot be a class."""

import datetime
import shlex
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import al_helpers as al
from active_learning.tables.labels import as_text, check_single, read_labels, spelling, without_rare


def classes(labels, **how):
    return read_labels(pd.Series(labels, name="y"), **how)[0].tolist()


@pytest.mark.parametrize(
    "labels, read",
    [
        (["1", "1.0", "1.00", "01", "2"], ["1", "1", "1", "01", "2"]),
        (["1.0", "1.0", "1", "0", "-0"], ["1.0", "1.0", "1.0", "0", "0"]),
        (["-1", "1", "+1", "-1.0"], ["-1", "1", "1", "-1"]),
        (["12345678901234567890", "12345678901234567891"], ["12345678901234567890", "12345678901234567891"]),
        (["caf\u00e9", "cafe\u0301", "caf\u00e9"], ["caf\u00e9"] * 3),
        (["not\u00a0spam", "not  spam", "not spam", "not\u200b spam"], ["not spam"] * 4),
        (["spam\u00a0", "spam", "\ufeffspam"], ["spam"] * 3),
        (["a  b", "a  b", "a b"], ["a  b"] * 3),  # the commonest spelling, whichever it is
        (["\u00a0", " ", "", "\u200b", "x"], [None, None, None, None, "x"]),
        (["yes ", "Yes", "yes", "01", "1"], ["yes ", "Yes", "yes", "01", "1"]),
    ],
)
def test_labels_that_look_alike_or_are_one_number_are_one_class(labels, read):
    assert classes(labels) == read


def test_spellings_are_told_in_a_note_that_shows_what_cannot_be_seen():
    notes = read_labels(pd.Series(["ab", "a\u200bb", "ab", "c"], name="y"))[2]
    assert notes == [r"2 spellings are one class, 'ab': 'ab' (2), 'a\u200bb' (1)"]


@given(st.text(max_size=8))
def test_a_spelling_is_a_spelling_of_itself_and_of_its_decomposed_form(label):
    assert spelling(spelling(label)) == spelling(label)
    assert spelling(unicodedata.normalize("NFD", label)) == spelling(label)


@pytest.mark.parametrize(
    "labels",
    [["yes ", "yes"], ["Yes", "yes"], ["01", "1"], ["['yes']", "yes"], ["yes", "yes|"], ["yes", "yes (0.9)"]],
)
def test_labels_that_differ_in_case_outer_spaces_or_zeros_are_warned_of(labels):
    assert " / ".join(map(repr, labels)) in read_labels(pd.Series(labels, name="y"))[3][0]


def test_declared_values_are_no_labels_and_the_skipped_are_in_no_pool(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("n,w,y\n1,5,a\n3,2,b\n4,9,NA\n2,1,unsure\n7,7,broken \n9,8,\n")
    table = al.load_table(path, "y", unlabeled="NA", skip=["unsure", "broken"])
    assert table.y.tolist() == ["a", "b", None, None, None, None]
    assert table.pool.tolist() == [False, False, True, False, False, True]
    assert sorted(al.suggest(table, 9)["id"]) == [2, 5]
    assert table.notes[:3] == [
        "label 'NA' (1) counts as none",
        "label 'unsure' (1) is skipped",
        "label 'broken' (1) is skipped",
    ]
    with pytest.raises(ValueError, match="'NA' cannot mean both"):
        al.load_table(path, "y", unlabeled=["NA"], skip=["NA"])


@pytest.mark.parametrize("mark", ["NA", "?", "n/a", "unsure", "Skip", "-", "NaN", "...", "未标注", "[]"])
def test_marks_that_nobody_declared_are_warned_of_with_what_to_type(mark):
    y, _, _, warnings = read_labels(pd.Series(["a", mark, mark, "b"], name="y"))
    assert y.tolist() == ["a", mark, mark, "b"]
    typed = shlex.quote(mark)
    assert f"type --unlabeled {typed} (or --skip {typed}" in warnings[0]
    assert read_labels(pd.Series(["a", mark], name="y"), unlabeled=[mark])[3] == []


@pytest.mark.parametrize(
    "labels",
    [
        ["10,5", "3"],
        ["$12", "$13"],
        ["12 €", "7 €"],
        ["1 200", "900"],
        ["1\u00a0200", "900"],
        ["1,200", "950"],
        ["5 %", "7 %"],
        ["-0.5", "2"],
        ["1e-3", "0.5", "?"],
        [str(i) for i in range(30)],
    ],
)
def test_quantities_are_no_classes(labels):
    with pytest.raises(ValueError, match=r"'y' holds a quantity, such as .*give classes"):
        classes(labels)


@pytest.mark.parametrize(
    "labels",
    [
        [str(i % 25) for i in range(45)],
        [f"{i % 25:03}" for i in range(45)],
        ["1.0", "2.0", "3"],
        ["10-20", "20-30"],
        ["$", "%"],
        ["A1", "A2"],
        ["1", "2", "none of them"],
    ],
)
def test_codes_are_no_quantities(labels):
    assert classes(labels)[0] == labels[0]


@pytest.mark.parametrize("n, accepted", [(20, True), (21, False)])
def test_more_than_20_numbers_that_hardly_repeat_are_a_quantity(n, accepted):
    labels = [str(i) for i in range(n)]
    if accepted:
        assert classes(labels) == labels
    else:
        with pytest.raises(ValueError, match="quantity"):
            classes(labels)


@pytest.mark.parametrize(
    "labels, message",
    [
        ([["a"], ["b"]], r"holds lists \(\['a'\]\).*explode\('y'\)"),
        ([np.array([1]), None], "holds lists"),
        ([1, "a"], r"mixed types, 1 \(int\) and 'a' \(str\); type table\['y'\] = table\['y'\].astype\(str\)"),
        ([True, 2], "mixed types"),
        ([pd.Timestamp("2020"), None], "holds dates, not classes.*astype"),
        ([datetime.date(2020, 1, 1), None], "holds dates"),
        ([f"2024-01-{i:02}" for i in range(1, 29)], "holds dates, such as 2024-01-01"),
    ],
)
def test_labels_that_cannot_be_any_are_refused_with_what_to_type(labels, message):
    with pytest.raises(ValueError, match=message):
        classes(labels)


@pytest.mark.parametrize(
    "values, text",
    [
        (pd.Series([0.1, np.nan], dtype="float32"), ["0.1", ""]),
        (pd.Series([0.1 + 0.2, 1e22]), ["0.30000000000000004", "1e+22"]),
        (pd.Series([123456789012345678, 1]), ["123456789012345678", "1"]),
        (pd.Series([pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-01 10:00:00.123456")]), None),
        (pd.Series(["a", None], dtype="category"), ["a", ""]),
        (pd.Series([True, None], dtype=object), ["True", ""]),
        (pd.Series([1, None], dtype="Int64"), ["1", ""]),
    ],
)
def test_cells_are_exact_as_text_and_the_same_alone(values, text):
    shown = as_text(values).tolist()
    assert shown == (text or ["2024-01-01 00:00:00", "2024-01-01 10:00:00.123456"])
    assert [as_text(values.iloc[[i]]).iloc[0] for i in range(len(values))] == shown


def test_whole_numbers_beside_an_empty_cell_are_the_codes_that_they_were():
    assert classes([1.0, None, 2.0]) == ["1", None, "2"]


def test_missing_labels_of_any_kind_are_no_labels():
    assert classes(["p", None, "n", np.nan, pd.NaT, pd.NA]) == ["p", None, "n", None, None, None]


@pytest.mark.parametrize(
    "labels",
    [
        ["a", "b", "a;b"],
        ["comedy|drama", "drama", "comedy"],
        ["a, b", "b, c", "a, c"],
        ["x|y", "y|x", "y"],
        ["['a', 'b']", "['b']", "['a']"],
        ['["a", "b"]', '["b", "c"]', '["a", "c"]'],
        ["{'a'; 'b'}", "{'b'; 'a'}"],
    ],
)
def test_several_labels_a_row_are_refused(labels):
    with pytest.raises(ValueError, match=r"'genre' holds several labels a row"):
        check_single(np.array([*labels, None], dtype=object), "genre")


@pytest.mark.parametrize(
    "labels",
    [
        ["Doe, John", "Roe, Jane"],
        ["yes", "no"],
        ["a; not b", "c"],
        ["1,5", "2,5"],
        ["n/a", "n", "y"],
        ["(0, 10]", "(10, 20]", "(20, 30]"],
    ],
)
def test_one_label_with_a_mark_in_it_is_one_label(labels):
    check_single(np.array(labels, dtype=object), "genre")


def test_rare_classes_are_left_out_and_named():
    kept, said = without_rare(np.array(["a", "a", "b", "c", "c"]), least=2)
    assert kept.tolist() == [True, True, False, True, True] and "'b (1)'" in said
    assert without_rare(np.array(["a", "a"]), least=2)[1] is None
