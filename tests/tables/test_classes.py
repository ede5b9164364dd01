"""Claims about labels: several a row are refused, and columns that give the label away are named."""

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.features.columns import Column
from active_learning.tables.labels import check_single, giveaways, without_rare


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


def test_columns_that_give_the_label_away_are_named_and_no_others():
    rng = np.random.default_rng(0)
    y = rng.choice(["neg", "pos", "neutral"], 300)
    frame = pd.DataFrame(
        {
            "code": pd.Series(y).map({"neg": 1, "pos": 7, "neutral": 3}),
            "reason": np.where(y == "neg", rng.choice(["late", "rude"], 300), ""),
            "noise": rng.normal(size=300),
            "near": np.where(rng.random(300) < 0.9, y, "pos"),
            "label": y,
        }
    )
    notes = [note for note in al.load_table(frame, "label").notes if "gives the label away" in note]
    assert [note.split("'")[1] for note in notes] == ["code", "reason"]


def test_rare_classes_are_left_out_and_named():
    kept, said = without_rare(np.array(["a", "a", "b", "c", "c"]), least=2)
    assert kept.tolist() == [True, True, False, True, True] and "'b (1)'" in said
    assert without_rare(np.array(["a", "a"]), least=2)[1] is None


def test_a_column_that_nearly_gives_the_label_away_is_judged_alike_each_time():
    """Two cells in 200 are wrong: 98 or 100 % on a half of the rows, by which half they are in."""
    y = np.arange(200) % 2
    column = Column("x", "number", np.where(np.arange(200) < 2, 1 - y, y)[:, None].astype(float))
    assert len({str(giveaways([column], y)) for _ in range(20)}) == 1


def test_a_column_that_tells_two_classes_apart_is_named():
    y = np.arange(60) % 2
    tells, silent = Column("x", "number", y[:, None] * 2.0), Column("z", "number", np.ones((60, 1)))
    assert giveaways([tells, silent], y) == ["x"]
    assert giveaways([tells, silent], np.where(np.arange(60) < 29, y, None)) == []  # too few to say


def test_a_column_that_tells_a_dozen_classes_apart_is_named():
    y = np.arange(240) % 12
    assert giveaways([Column("x", "number", y[:, None] * 2.0)], y) == ["x"]


def test_a_rare_class_gives_no_column_away():
    """That no cell is missing agrees with 99.4 % of the rows, which are of other classes."""
    y = np.r_[np.zeros(6), np.arange(994) % 2 + 1].astype(int)
    noise = np.random.default_rng(0).normal(size=(1000, 1))
    assert giveaways([Column("x", "number", noise)], y) == []


def test_a_date_or_text_that_one_class_alone_has_gives_the_label_away():
    y = np.array(["kept", "left"] * 100)
    cells = {"date": "2024-01-05", "text": [f"they were late and rude, {i}" for i in range(200)]}
    for cell in cells.values():
        frame = pd.DataFrame({"why": np.where(y == "left", cell, ""), "n": np.arange(200) % 7, "y": y})
        notes = al.load_table(frame, "y").notes
        assert any("'why' alone gives the label away" in note for note in notes), notes
    frame["why"] = cells["text"]
    assert not any("gives the label away" in note for note in al.load_table(frame, "y").notes)
