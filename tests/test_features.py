"""Claims about what the columns of a reader's table are to a classifier."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from examples import mixed_table, write

from al_helpers import load_table, suggest


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
