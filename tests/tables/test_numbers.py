"""One grammar of numbers: headers, labels and features agree on what is a number, whatever its spelling."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import al_helpers as al
from active_learning.features.columns import read_column
from active_learning.tables.csv_checks import lacks_header
from active_learning.tables.csv_file import read_csv
from active_learning.tables.labels import read_labels
from active_learning.tables.numbers import are_amounts, is_date, is_number, plain_spelling, read_numbers

SPELLINGS = {  # how a number is spelled, {} being its whole part; and what 12 then is
    "{}.5": 12.5,
    "{},5": 12.5,
    "1.0{},5": 1012.5,
    "1,0{}.5": 1012.5,
    "1 0{}": 1012,
    "1\u202f0{}": 1012,
    "1'0{}.50": 1012.5,
    "1’0{}": 1012,
    "₹1,00,0{}": 100012,
    "${}1.3": 121.3,
    "$ {}": 12,
    "-${}": -12,
    "US$ {}": 12,
    "{} €": 12,
    "{} EUR": 12,
    "EUR {}": 12,
    "Rs. {}": 12,
    "{} %": 12,
    "{}.2 kg": 12.2,
    "{} km/h": 12,
    "{}.5 °C": 12.5,
    "(1,0{})": -1012,
    "{}.5-": -12.5,
    "\u2212{}.5": -12.5,
    "+{}.25": 12.25,
    "{}.5e-3": 0.0125,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_number_is_one_as_a_feature_a_label_and_a_header(tmp_path, spelling):
    cells = [spelling.format(i) for i in range(12, 99)]
    assert all(map(is_number, cells))
    assert read_numbers(cells)[0][0] == pytest.approx(SPELLINGS[spelling])
    assert read_column(pd.Series([*cells, cells[0]], name="x")).kind == "number"
    with pytest.raises(ValueError, match="'y' holds a quantity"):
        read_labels(pd.Series(cells * 6, name="y"))
    (tmp_path / "t.csv").write_text("".join(["sep=;\n", *(f"{cell};a\n" for cell in cells)]))
    assert lacks_header(read_csv(tmp_path / "t.csv"), surely=True)


@pytest.mark.parametrize(
    "cells",
    [["74.2 kg", "80 kg"], ["1.074,5", "12,25"], ["$121.3", "$7"], ["1'200", "900"], ["3.5 m", "4 m"]],
)
def test_two_amounts_are_a_quantity_and_no_classes(cells):
    with pytest.raises(ValueError, match=r"'y' holds a quantity, such as .*give classes"):
        al.load_table(pd.DataFrame({"x": [3, 5, 1] * 4, "y": [*cells, ""] * 4}), "y")


@pytest.mark.parametrize(
    "labels",
    [
        ["5 min", "10 min"],
        ["4K", "8K"],
        ["3 kg", "5 kg"],
        ["90°", "180°"],
        ["2-", "3-"],
        [f"SEG{i}" for i in range(10, 40)],
        [f"BMW {i}" for i in range(10, 40)],
        [f"version 1.{i}" for i in range(30)],
        [f"{i} rooms" for i in range(30)],
        [f"{i}-{i + 9}" for i in range(30)],
        [f"192.168.0.{i}" for i in range(30)],
        [f"E{i}" for i in range(10, 40)],
    ],
)
def test_codes_names_and_a_few_measures_are_classes(labels):
    assert read_labels(pd.Series(labels, name="y"))[0].tolist() == labels


@pytest.mark.parametrize("unit", ["kg", "min", "°C"])
def test_more_than_20_measures_are_a_quantity_however_often_they_repeat(unit):
    labels = [f"{i} {unit}" for i in range(60, 81)]
    assert len(set(read_labels(pd.Series(labels[:20] * 9, name="y"))[0])) == 20
    with pytest.raises(ValueError, match="quantity"):
        read_labels(pd.Series(labels * 9, name="y"))


@pytest.mark.parametrize(
    "cell",
    ["", "-", "$", "kg", "E5", "1-2", "1,2,3", "1.2.3", "3 rooms", "2024-01-05", "12:30", "v1", "1e", "a1"],
)
def test_what_is_no_number_is_none_in_any_column(cell):
    assert not is_number(cell) and np.isnan(read_numbers([cell])[0]).all()


@given(st.integers(-(10**9), 10**9), st.integers(0, 3))
def test_zeros_behind_the_mark_and_a_plus_make_no_other_number(value, zeros):
    text = f"{value}.{'0' * zeros}" if zeros else str(value)
    assert plain_spelling(text) == plain_spelling(str(value)) == str(value)
    assert plain_spelling(text.replace("-", "\u2212")) == str(value)
    assert value < 0 or plain_spelling("+" + text) == str(value)


@pytest.mark.parametrize("text", ["01", "1e3", "1,0", "(5)", "5-", "$5", "1 000", ".5", "1.", "--1", "+-1"])
def test_codes_and_numbers_that_can_be_read_in_two_ways_are_spelled_as_they_are(text):
    assert plain_spelling(text) is None


def test_amounts_have_a_currency_thousands_or_a_fraction():
    cells = ["$5", "5 %", "1,200", "1 200", "2.5", "2,5", "3", "3.0", "3 kg", "-7", "1e3"]
    assert are_amounts(cells) == [True] * 6 + [False] * 5


def test_a_name_with_digits_is_a_header_of_numbers_and_a_sum_of_money_is_not(tmp_path):
    for name, lacks in (("VAR1", False), ("2019", False), ("$7", True)):
        (tmp_path / "t.csv").write_text(f"sep=;\n{name};a\n$5;a\n$1,200;a\n$3;a\n")
        assert lacks_header(read_csv(tmp_path / "t.csv"), surely=True) is lacks
    assert is_date(" 24.12.2024") and not is_date("1.2.3")
