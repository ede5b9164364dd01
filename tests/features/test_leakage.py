"""Target leakage: columns that give the label away are named, and no others."""

import numpy as np
import pandas as pd

import al_helpers as al
from active_learning.features.columns import Column
from active_learning.features.leakage import leaking_columns


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


def test_a_column_that_nearly_gives_the_label_away_is_judged_alike_each_time():
    """Two cells in 200 are wrong: 98 or 100 % on a half of the rows, by which half they are in."""
    y = np.arange(200) % 2
    column = Column("x", "number", np.where(np.arange(200) < 2, 1 - y, y)[:, None].astype(float))
    assert len({str(leaking_columns([column], y)) for _ in range(20)}) == 1


def test_a_column_that_tells_two_classes_apart_is_named():
    y = np.arange(60) % 2
    tells, silent = Column("x", "number", y[:, None] * 2.0), Column("z", "number", np.ones((60, 1)))
    assert leaking_columns([tells, silent], y) == ["x"]
    assert leaking_columns([tells, silent], np.where(np.arange(60) < 29, y, None)) == []  # too few to say


def test_a_column_that_tells_a_dozen_classes_apart_is_named():
    y = np.arange(240) % 12
    assert leaking_columns([Column("x", "number", y[:, None] * 2.0)], y) == ["x"]


def test_a_rare_class_gives_no_column_away():
    """That no cell is missing agrees with 99.4 % of the rows, which are of other classes."""
    y = np.r_[np.zeros(6), np.arange(994) % 2 + 1].astype(int)
    noise = np.random.default_rng(0).normal(size=(1000, 1))
    assert leaking_columns([Column("x", "number", noise)], y) == []


def test_a_date_or_text_that_one_class_alone_has_gives_the_label_away():
    y = np.array(["kept", "left"] * 100)
    cells = {"date": "2024-01-05", "text": [f"they were late and rude, {i}" for i in range(200)]}
    for cell in cells.values():
        frame = pd.DataFrame({"why": np.where(y == "left", cell, ""), "n": np.arange(200) % 7, "y": y})
        notes = al.load_table(frame, "y").notes
        assert any("'why' alone gives the label away" in note for note in notes), notes
    frame["why"] = cells["text"]
    assert not any("gives the label away" in note for note in al.load_table(frame, "y").notes)
