"""Claims about suggestions: what is chosen by default, first labels, and nothing proposed twice."""

import numpy as np
import pandas as pd
import pytest
from examples import mixed_table

import al_helpers as al
from active_learning.texts import text_key


def test_batches_are_chosen_by_the_recommended_rule_and_one_row_by_margin():
    table = al.load_table(mixed_table(), "label", id_column="id")
    assert al.suggest(table, 5).attrs["strategy"] == al.RECOMMENDED
    assert al.suggest(table, 1).attrs["strategy"] == "margin"
    same = al.suggest(table, 5, strategy=al.RECOMMENDED)
    assert al.suggest(table, 5)["id"].tolist() == same["id"].tolist()


@pytest.mark.parametrize("labels", [[None] * 40, ["a"] * 10 + [None] * 30])
def test_without_two_classes_typical_rows_come_first_and_it_is_said(labels):
    table = al.load_table(mixed_table().assign(label=labels), "label", id_column="id")
    first = al.suggest(table, 6)
    assert len(set(first["id"])) == 6 and table.frame.loc[first["id"], "label"].isna().all()
    assert "no model can be fitted" in first.attrs["notes"][0]
    assert first["guess_1"].isna().all()


def test_the_first_rows_come_from_different_clusters():
    x = np.concatenate([np.linspace(0, 1, 30), np.linspace(100, 101, 30), np.linspace(200, 201, 30)])
    table = al.load_table(pd.DataFrame({"x": x, "label": None}), "label")
    assert sorted(table.frame.loc[al.suggest(table, 3)["id"], "x"] // 100) == [0, 1, 2]


def test_texts_that_say_the_same_are_proposed_once():
    words = ["red", "blue", "green", "black", "white"]
    said = [text for word in words for text in (f"free prize {word}", f"see you {word}")]
    asked = [
        "win a prize!",
        "Win a PRIZE",
        "win  a prize.",
        "order 17 is late",
        "Order 99 is late",
        "home soon",
    ]
    frame = pd.DataFrame({"text": said + asked, "label": ["spam", "ham"] * 5 + [""] * 6})
    found = al.suggest(al.load_table(frame, "label"), 6)
    keys = [text_key(frame["text"][i]) for i in found["id"]]
    assert sorted(keys) == ["home soon", "order 00 is late", "win a prize"]
    assert "3 fewer than asked for" in found.attrs["notes"][-1]


def test_vectors_that_are_nearly_equal_are_proposed_once():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 120))
    X[30:40] = X[29] + 1e-4 * rng.normal(size=(10, 120))
    frame = pd.DataFrame({"file": [f"{i}.png" for i in range(60)], "label": ["a", "b"] * 10 + [""] * 40})
    table = al.load_table(frame, "label", features=X)
    found = al.suggest(table, 30, strategy="margin")["id"]
    assert np.isin(found, range(29, 40)).sum() == 1


def test_the_names_of_the_classes_change_no_suggestion():
    frame = mixed_table()
    table = al.load_table(frame, "label", id_column="id")
    swapped = frame.assign(label=frame["label"].replace({"yes": "no", "no": "yes"}))
    other = al.load_table(swapped, "label", id_column="id")
    one, two = (al.suggest(each, 5, strategy="margin") for each in (table, other))
    assert one["id"].tolist() == two["id"].tolist()
