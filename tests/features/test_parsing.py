"""Claims about cells: what is missing, which columns are numbers or dates, however they were typed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from active_learning.features import parsing
from active_learning.features.parsing import as_dates, as_numbers, as_vectors, different


def numbers(*cells, decimal="."):
    read = as_numbers(np.array(cells, dtype=object), decimal)
    return None if read is None else read[0].tolist()


@pytest.mark.parametrize(
    "cell", ["", " ", "  ", "?", "-", "n/a", "N/A", "NaN", "null", "\u00a0", None, np.nan]
)
def test_marks_and_blanks_are_missing(cell):
    for dtype in (object, "str"):
        missing, codes, levels = different(pd.Series(["a", cell, "b", "a"], dtype=dtype))
        assert missing.tolist() == [False, True, False, False]
        assert [levels[code] for code in codes] == ["a", "b", "a"] and len(levels) == 2


def test_numbers_that_were_not_typed_are_taken_as_they_are():
    values, note = as_numbers(np.array([1.234, 5.678]), decimal=",")  # no mark of thousands
    assert (values.tolist(), note) == ([1.234, 5.678], None)


@pytest.mark.parametrize(
    "cells, expected",
    [
        (["1", "2.5", "-3e2"], [1, 2.5, -300]),
        (["$84,835.00", "$1,200.50", "-$7"], [84835, 1200.5, -7]),
        (["12 %", "7%", "0.5 %"], [12, 7, 0.5]),
        (["1 200,5", "12,25", "3 000 000"], [1200.5, 12.25, 3e6]),
        (["1.200,5", "12,25"], [1200.5, 12.25]),
        (["1'200.50", "12.25"], [1200.5, 12.25]),
        (["1\u202f200", "3\u00a0400"], [1200, 3400]),
        (["€ 5", "7,5 €"], [5, 7.5]),
        (["\u22125", "+3"], [-5, 3]),
        (["(1,200)", "300"], [-1200, 300]),
        (["10 EUR", "12 EUR"], [10, 12]),
        (["US$ 10", "US$ 1,200"], [10, 1200]),
        (["$(1,200.00)", "$300"], [-1200, 300]),
        (["1,200.50-", "300.00"], [-1200.5, 300]),
        (["\u20135", "3"], [-5, 3]),
        (["₹12,34,567", "₹45,678.50"], [1234567, 45678.5]),
        (["12.5 kg", "7 kg", "9.25kg"], [12.5, 7, 9.25]),
        (["21.5 °C", "-3°C"], [21.5, -3]),
        (["1.5K", "12K"], [1.5, 12]),
    ],
)
def test_numbers_are_read_as_people_type_them(cells, expected):
    assert numbers(*cells) == expected


@pytest.mark.parametrize(
    "cells",
    [
        ["00501", "10025", "00042"],
        ["12 %", "$5", "7"],
        ["a", "b1", "3"],
        ["1-2", "3-4"],
        ["1,2,3", "4,5,6"],
        ["v1", "v2", "v3"],
        ["2024-01-05", "2024-02-07"],
        ["3 rooms", "4 rooms"],
        ["3 kg", "400 g"],
        ["5-9", "10-14"],
        ["1.5K", "2M"],
    ],
)
def test_codes_mixed_units_and_words_are_no_numbers(cells):
    assert numbers(*cells) is None


def test_one_odd_cell_in_twenty_counts_as_missing_and_is_named():
    cells = np.array([*map(str, range(40)), "lots"], dtype=object)
    values, note = as_numbers(cells)
    assert np.isnan(values).nonzero()[0].tolist() == [40] and "'lots' counts as missing" in note
    assert as_numbers(np.array([*map(str, range(10)), "lots"], dtype=object)) is None


@pytest.mark.parametrize("decimal, first", [(".", 1.234), (",", 1234.0)])
def test_a_mark_that_could_be_either_follows_the_file_and_is_said(decimal, first):
    values, note = as_numbers(np.array(["1.234", "5.678"], dtype=object), decimal)
    assert values[0] == first and f"decimal {decimal!r}" in note
    assert as_numbers(np.array(["1.234", "0.678"], dtype=object), decimal)[1] is None  # 0.678 decides


def test_a_code_that_is_an_exponent_alone_is_no_number():
    values, note = as_numbers(np.array([*map(str, range(40)), "E5"], dtype=object))
    assert np.isnan(values).nonzero()[0].tolist() == [40] and "'E5' counts as missing" in note
    assert numbers("E63", "E11", "e7", "F32") is None and numbers("E1", "E2", "E3") is None


@pytest.mark.parametrize("decimal", [".", ","])
def test_a_number_with_an_exponent_has_no_thousands_mark(decimal):
    values, note = as_numbers(np.array(["1.651e+13", "2.374e+13"], dtype=object), decimal)
    assert (values.tolist(), note) == ([1.651e13, 2.374e13], None)


@given(st.lists(st.decimals(-(10**6), 10**6, places=2), min_size=2, unique=True), st.sampled_from([",", "."]))
def test_numbers_come_back_whatever_the_decimal_mark(values, decimal):
    other = "." if decimal == "," else ","
    cells = [f"{x:,.2f}".translate(str.maketrans(",.", other + decimal)) for x in values]
    assert numbers(*cells, decimal=decimal) == [float(x) for x in values]


@pytest.mark.parametrize(
    "cells, first",
    [
        (["2024-02-01", "2024-03-17"], "2024-02-01"),
        (["2019-03-23 20:21:09", "2019-03-30 13:27:42"], "2019-03-23 20:21:09"),
        (["24.12.2024", "1.2.2024"], "2024-12-24"),
        (["2/24/2015 11:35", "2/3/2015 11:12"], "2015-02-24 11:35"),
        (["24/2/2015", "3/2/2015"], "2015-02-24"),
        (["2024-02-01T10:00:00Z", "2024-02-02T11:00:00Z"], "2024-02-01 10:00"),
        (["24.12.24", "1.2.24"], "2024-12-24"),
        (["2/24/15 11:35", "2/3/15 11:12"], "2015-02-24 11:35"),
        (["24-Dec-19", "01-Feb-20"], "2019-12-24"),
        (["1/31/2019 5:07 PM", "2/3/2019 6:07 AM"], "2019-01-31 17:07"),
        (["Thu Jan 03 05:07:09 +0000 2019", "Fri Jan 04 15:07:09 +0000 2019"], "2019-01-03 05:07:09"),
        (["2019年1月31日", "2019年2月3日"], "2019-01-31"),
    ],
)
def test_dates_are_read_in_the_format_that_fits_all(cells, first):
    dates, _ = as_dates(np.array(cells, dtype=object))
    assert dates.notna().all() and dates[0].tz_localize(None) == pd.Timestamp(first)


def test_a_date_that_cannot_be_one_is_missing_and_named():
    dates, note = as_dates(
        np.array(["2024-02-30", *[f"2024-01-{d:02d}" for d in range(1, 29)]], dtype=object)
    )
    assert dates.isna().tolist() == [True] + [False] * 28 and "'2024-02-30' cannot be a date" in note


def test_dates_whose_day_and_month_could_be_exchanged_say_so():
    assert "other way round" in as_dates(np.array(["1/2/2024", "3/4/2024"], dtype=object))[1]
    assert "other way round" not in as_dates(np.array(["1/2/2024", "3/24/2024"], dtype=object))[1]
    assert "other way round" in as_dates(np.array(["01-02-2024", "03-04-2024"], dtype=object))[1]
    assert "other way round" in as_dates(np.array(["1/2/24", "3/4/24"], dtype=object))[1]


@pytest.mark.parametrize(
    "cells",
    [
        ["call 12-3", "room 4-5"],
        ["12:30", "9:15"],
        ["a-1", "b-2"],
        ["1.5.2", "3.4.1"],
        ["10.0.12", "10.1.13"],
    ],
)
def test_what_names_no_day_is_no_date(cells):
    assert as_dates(np.array(cells, dtype=object)) is None


@pytest.mark.parametrize(
    "cells", [[[1.0, 2.0], [3.0, 4.5]], ["[1, 2]", "[3.0 4.5]"], [np.ones(2), np.ones(2)]]
)
def test_lists_of_numbers_are_vectors(cells):
    column = pd.Series([*cells, None], dtype=object)
    values = as_vectors(column, different(column)[0])
    assert values.shape == (3, 2) and np.isnan(values[2]).all() and values[0, 0] == 1


@pytest.mark.parametrize(
    "cells",
    [
        ["[1, 2]", "[3, 4"],  # cut off
        ["[1, 2]", "[0,5; 0,25]"],  # decimal commas or a matrix
        ["[1, 2]", "[1,, 2]"],
        ["[0.1 0.2 ... 0.9]", "[0.1 0.2 ... 0.9]"],  # as numpy prints
        ["[1, 2]", "broken", "[3, 4]"],
    ],
)
def test_what_is_no_vector_among_vectors_is_refused_with_its_row(cells):
    column = pd.Series(cells * 2, name="v", dtype="str")
    with pytest.raises(ValueError, match=r"'v' holds a cell that is not a vector of numbers .row [01]"):
        as_vectors(column, different(column)[0])


@pytest.mark.parametrize("cell", ["[1e-3 -2.5E+4]", " [ 1e-3,-2.5e4 ] ", "[1e-3; -25000]", "[.001\n -2.5e4]"])
def test_numbers_in_brackets_are_read_however_they_are_parted(cell):
    column = pd.Series(["", cell, "n/a"], dtype="str")  # no vector is known in an empty cell
    values = as_vectors(column, different(column)[0])
    assert values[1].tolist() == [0.001, -25000] and np.isnan(values[[0, 2]]).all()


def test_lists_beside_other_cells_are_refused_and_a_text_may_begin_with_a_bracket():
    with pytest.raises(
        ValueError, match=r"'v' holds lists that are not vectors of numbers, such as \[1.0, 2.0\]"
    ):
        different(pd.Series(["a", "b", [1.0, 2.0]], name="v", dtype=object))
    column = pd.Series(["[1]", "see the remark", "and this one"], dtype="str")
    assert as_vectors(column, different(column)[0]) is None


def test_ranges_of_mixed_brackets_are_no_vectors():
    for cells in (["[0, 5]", "(5, 9]", "[0, 5]", "[9, 12)"], ["[0, 5]", "[6, 7]", "(8, 9)", "[0, 5]"]):
        column = pd.Series(cells * 5, name="v", dtype="str")
        assert as_vectors(column, different(column)[0]) is None and len(different(column)[2]) == 3


def test_vectors_of_several_lengths_are_refused_and_texts_are_none():
    column = pd.Series(["[1, 2]", "[1, 2, 3]"], name="v", dtype=object)
    with pytest.raises(ValueError, match=r"'v' holds vectors of 2 and of 3 numbers .*--drop v"):
        as_vectors(column, different(column)[0])
    column = pd.Series(["[sic] a text", "another"], dtype=object)
    assert as_vectors(column, different(column)[0]) is None


def test_texts_with_a_digit_in_each_are_told_from_numbers_by_a_sample(monkeypatch):
    seen, read = [], parsing.read_numbers
    monkeypatch.setattr(
        parsing, "read_numbers", lambda text, mark: seen.append(len(text)) or read(text, mark)
    )
    assert as_numbers([f"remark {i}, free text" for i in range(10_000)]) is None
    assert sum(seen) < 500
    numbers, _ = as_numbers([*map(str, range(9_600)), *(f"about {i}" for i in range(400))])
    assert np.isnan(numbers).sum() == 400


def test_one_odd_cell_in_ten_does_not_keep_a_column_from_being_dates_and_two_do():
    days = [f"2024-03-{day:02}" for day in range(1, 10)]
    dates, note = as_dates(np.array([*days, "soon"], dtype=object))
    assert dates.isna().sum() == 1 and "'soon' cannot be a date" in note
    assert as_dates(np.array([*days[:8], "soon", "later"], dtype=object)) is None
    assert as_dates(np.array([*days[:3], "soon"], dtype=object)) is None  # of four, none may be odd


def test_one_zero_in_front_in_twenty_is_a_number_and_more_are_codes():
    counts = [str(n) for n in range(100, 119)]
    assert as_numbers(np.array([*counts, "007"], dtype=object))[0][-1] == 7
    assert as_numbers(np.array([*counts[1:], "007"], dtype=object)) is None


def test_the_day_comes_first_where_any_cell_says_so():
    dates, note = as_dates(np.array(["5/3/2024", "6/3/2024", "24/3/2024"], dtype=object))
    assert dates.dt.strftime("%d %m").tolist() == ["05 03", "06 03", "24 03"] and "%d/%m/%Y" in note


def test_times_of_several_zones_are_read_as_one():
    cells = ["2024-03-01T10:00:00+01:00", "2024-07-01T10:00:00+02:00", "2024-07-02T10:00:00+00:00"]
    assert as_dates(cells)[0].dt.hour.tolist() == [9, 8, 10]
