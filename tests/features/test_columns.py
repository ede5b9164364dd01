"""Claims about columns: what each is, what is left out, and that it is said."""

import numpy as np
import pandas as pd
import pytest

from active_learning.features.columns import read_column

RNG = np.random.default_rng(0)


def kind(cells, name="x", **how):
    return read_column(pd.Series(cells, name=name), **how).kind


@pytest.mark.parametrize(
    "cells, expected",
    [
        (["red", "green", "red", "blue"] * 5, "category"),
        (["Electronic check", "Mailed check", "Credit card"] * 20, "category"),
        ([f"this is remark {i}" for i in range(30)], "text"),
        ([f"remark {i % 60}" for i in range(300)], "text"),
        ([f"这家餐厅的服务第{i}次让我失望" for i in range(30)], "text"),
        ([f"これは{i}番目のとても良い商品です" for i in range(30)], "text"),
        ([f"สินค้านี้ดีมากครั้งที่{i}" for i in range(30)], "text"),
        ([f"зто очень плохой товар {i}" for i in range(30)], "text"),
        ([1.5, 2.5, np.nan] * 5, "number"),
        (["1", "2", "?", " "] * 5, "number"),
        ([True, False] * 5, "category"),
        (["2024-01-05", "2024-03-07", ""] * 5, "number"),
        (list(pd.date_range("2024-01-01", periods=9)), "number"),
        (list(pd.to_timedelta([1, 2, 3], "h")), "number"),
        (pd.Categorical(["1", "2"] * 5), "category"),
        ([[0.5, 1.0], [2.0, 3.0], [1.0, 1.0]], "vector"),
        (["a1", "b2", "a1", "c3"] * 5, "category"),
        ([f"remark {i % 8}" for i in range(20)], "category"),  # texts that come again
        ([f"remark {i % 11}" for i in range(20)], "text"),
        (["x1", "y2", "z3"], ""),  # it names the rows, as few as they are
        (["x1", "y2"], "category"),
        ([3, 40, 17, 88, 4, 61, 29, 92, 75], "number"),  # nine whole numbers may differ by chance
        ([text for i in range(15) for text in (f"word{i}", f"this is remark {i}")], "text"),  # a half is
        (["fine", *[f"this is remark {i}" for i in range(30)]], "text"),  # by most cells, not by the first
        (["not in this list", *["red", "green", "blue"] * 9], "category"),
    ],
)
def test_columns_are_what_they_look_like(cells, expected):
    assert kind(cells) == expected


def test_short_names_that_come_again_are_categories_and_it_is_said():
    places = pd.Series([f"Upper {i} Side" for i in range(150)] * 10, name="zone")
    column = read_column(places)
    assert column.kind == "category" and "categories (150 different names)" in column.notes[0]
    assert kind(list(RNG.permutation([f"level {i}" for i in range(5000)] * 20))) == "category"


def test_texts_stay_texts_even_if_they_come_again():
    said = [
        f"{much} {what} {thing}"
        for much in ("very", "not", "quite", "so")
        for what in ("good", "bad", "late", "dear")
        for thing in ("food", "staff", "room")
    ]
    assert kind(said * 50) == "text"  # few words in many orders
    answers = [f"please send us the bill of order {i} once more" for i in range(60)]
    assert kind(answers * 50) == "text"  # long
    assert kind([f"level {i}" for i in range(50)] * 5) == "text"  # not often enough


@pytest.mark.parametrize(
    "cells, name, why",
    [
        ([None] * 20, "x", "it is empty"),
        ([" ", "?"] * 10, "x", "it is empty"),
        (["same"] * 20, "x", "it is constant"),
        (list(range(7, 47)), "x", "numbers the rows"),
        ([3 * i for i in range(300)], "x", "numbers the rows"),
        (list(RNG.permutation(5000)[:1000]), "x", "numbers the rows"),
        ([int(x) for x in RNG.integers(5 * 10**17, 10**18, 100)], "tweet", "numbers the rows"),
        ([int(x) for x in np.cumsum(RNG.integers(1, 90, 50))], "customer_id", "numbers the rows"),
        ([int(x) for x in np.cumsum(RNG.integers(1, 90, 10))], "customer_id", "numbers the rows"),
        ([f"{i:04d}-VHVEG" for i in range(50)], "customer", "names the rows"),
        ([f"scan_{i}.png" for i in range(50)], "file", "names the rows"),
        ([f"{i:032x}" for i in range(50)], "hash", "names the rows"),
    ],
)
def test_what_tells_nothing_of_other_rows_is_left_out_and_said(cells, name, why):
    column = read_column(pd.Series(cells, name=name))
    assert column.kind == "" and why in column.notes[0]


@pytest.mark.parametrize(
    "cells",
    [
        [int(x) for x in RNG.permutation(10**6)[:300]],  # incomes, say: they differ by chance
        [7, 1, 4, 9],
        [0.5 + i for i in range(100)],
        [*range(100), *range(100)],
    ],
)
def test_numbers_that_may_well_differ_are_kept(cells):
    assert kind(cells, name="income") == "number"


def test_dates_become_the_calendar_and_the_time():
    column = read_column(pd.Series(pd.date_range("2024-01-01", periods=400, freq="11h"), name="when"))
    assert (
        column.numbers.shape[0] == 400 and column.numbers.shape[1] >= 8
    )  # year, and circles of month ... hour
    assert np.isfinite(column.numbers).all()


def test_a_column_does_not_depend_on_the_order_of_the_rows():
    cells = pd.Series(["b", "a", None, "c", "b"] * 4, name="x")
    turned = cells.iloc[::-1].reset_index(drop=True)
    np.testing.assert_array_equal(read_column(cells).numbers[::-1], read_column(turned).numbers)


def test_a_missing_text_is_none_of_the_texts():
    read = read_column(pd.Series([None, *[f"this is remark {i}" for i in range(30)]], name="x"))
    assert read.kind == "text" and read.numbers[0] == -1 and (read.numbers[1:] >= 0).all()


def test_infinity_is_refused_by_name():
    with pytest.raises(ValueError, match="'x' holds infinity"):
        read_column(pd.Series(["1", "inf", "2"], name="x"))


def test_numbers_whose_squares_overflow_are_refused_by_name():
    with pytest.raises(ValueError, match=r"'x' holds -3e\+200, the square of which overflows"):
        read_column(pd.Series(["1", "-3e200", "2"], name="x"))


def test_numbers_too_long_for_an_id_are_a_quantity():
    masses = pd.Series(np.random.default_rng(0).normal(2, 0.1, 30) * 1e30, name="mass")
    assert read_column(masses).kind == "number" and read_column(masses * 1e-15 // 1).kind == ""


def test_mostly_numbers_are_categories_with_a_note_that_names_the_odd_one():
    column = read_column(pd.Series(["2", "3", "4", "5more"] * 5, name="doors"))
    assert column.kind == "category" and "'5more' is not a number" in column.notes[0]


def test_codes_with_zeros_in_front_are_categories_and_said_to_be():
    codes = [f"{n % 40:03}" for n in range(80)]
    column = read_column(pd.Series(codes, name="zip", dtype="str"))
    assert column.kind == "category" and "'000' would lose its zeros" in column.notes[0]


def test_many_short_strings_in_a_script_without_blanks_are_read_as_characters():
    marks = ["", "!", "!!", "。", "～", "～～", "。。", "?", "!?", "…"]
    cells = [letter + mark for letter in "日操滚傻你好嗨喂早" for mark in marks]
    assert kind([*cells, *cells]) == "text"
    assert kind([f"编号{i:04d}" for i in range(100)]) == ""
