"""Claims about suggestions: what is chosen by default, first labels, and nothing suggested twice."""

import numpy as np
import pandas as pd
import pytest
from examples import mixed_table

import al_helpers as al
from active_learning import _progress as progress
from active_learning.features.text import text_key
from active_learning.labelling import suggest as module
from active_learning.labelling.plan import behind_random, table_model
from active_learning.models.registry import default_model


def texts(n, n_labeled=20):
    """Rows of a text of three words and a number, the first of them labelled."""
    rng = np.random.default_rng(0)
    words = np.array(["red", "blue", "green", "black", "white", "gold", "pink", "grey", "lime", "teal"])
    triples = [" ".join(three) for three in words[rng.integers(10, size=(n, 3))]]
    frame = pd.DataFrame({"text": [f"{text} no {i}" for i, text in enumerate(triples)], "x": rng.random(n)})
    return frame.assign(label=[*["a", "b"] * (n_labeled // 2), *[""] * (n - n_labeled)])


def test_rows_are_chosen_by_the_rule_that_the_map_recommends_for_the_kind_and_the_batch():
    kinds = {
        "text": al.load_table(texts(60), "label"),
        "table": al.load_table(texts(60).drop(columns="text"), "label"),
    }
    for kind, table in kinds.items():
        for n in (1, 2, 5, 10):
            assert al.suggest(table, n).attrs["strategy"] == al.recommend_rule(kind, n)
    assert al.suggest(kinds["text"], 1).attrs["strategy"] != al.RECOMMENDED
    same = al.suggest(kinds["table"], 5, strategy=al.RECOMMENDED)
    assert al.suggest(kinds["table"], 5)["id"].tolist() == same["id"].tolist()


@pytest.mark.parametrize("labels", [[None] * 40, ["a"] * 10 + [None] * 30])
def test_without_two_classes_typical_rows_come_first_and_a_note_says_so(labels):
    table = al.load_table(mixed_table().assign(label=labels), "label", id_column="id")
    first = al.suggest(table, 6)
    assert len(set(first["id"])) == 6 and table.frame.loc[first["id"], "label"].isna().all()
    assert "no model can be fitted" in first.attrs["notes"][0]
    assert first["guess_1"].isna().all()


def test_the_first_rows_come_from_different_clusters():
    x = np.concatenate([np.linspace(0, 1, 30), np.linspace(100, 101, 30), np.linspace(200, 201, 30)])
    table = al.load_table(pd.DataFrame({"x": x, "label": None}), "label")
    assert sorted(table.frame.loc[al.suggest(table, 3)["id"], "x"] // 100) == [0, 1, 2]


def test_texts_that_say_the_same_are_suggested_once():
    words = ["red", "blue", "green", "black", "white"]
    labelled = [text for word in words for text in (f"free prize {word}", f"see you {word}")]
    asked = [
        "win a prize!",
        "Win a PRIZE",
        "win  a prize.",
        "order 17 is late",
        "Order 99 is late",
        "home soon",
    ]
    frame = pd.DataFrame({"text": labelled + asked, "label": ["spam", "ham"] * 5 + [""] * 6})
    found = al.suggest(al.load_table(frame, "label"), 6)
    keys = [text_key(frame["text"][i]) for i in found["id"]]
    assert sorted(keys) == ["home soon", "order 00 is late", "win a prize"]
    assert "3 fewer than asked for" in found.attrs["notes"][-1]


def test_vectors_that_are_nearly_equal_are_suggested_once():
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


def test_of_many_texts_a_random_part_is_looked_at_and_a_note_says_so(monkeypatch):
    monkeypatch.setattr(module, "MOST_TEXTS", 30)
    frame = texts(200).set_axis([f"row {i}" for i in range(200)])
    found = al.suggest(al.load_table(frame, "label"), 10, strategy="margin")
    assert found.attrs["notes"] == ["of 180 rows without a label, a random 30 were looked at"]
    assert (frame.loc[found["id"], "label"] == "").all() and len(set(found["id"])) == 10
    by_hand = np.random.default_rng(0).choice(np.arange(20, 200), 30, replace=False)
    assert {*found["id"]} <= {f"row {i}" for i in by_hand}
    part = frame.iloc[np.sort(np.r_[0:20, by_hand])]  # as if the others were not there
    alone = al.suggest(al.load_table(part, "label"), 10, strategy="margin")
    pd.testing.assert_frame_equal(found, alone)
    assert len(al.suggest(al.load_table(frame, "label"), 40)) == 40  # as many as asked for


def test_of_many_rows_scales_are_learnt_from_a_part_and_a_note_says_so(monkeypatch):
    table = al.load_table(mixed_table(), "label", id_column="id")
    assert al.suggest(table, 3).attrs["notes"] == []
    for name in ("labelling.suggest", "models.registry"):
        monkeypatch.setattr(f"active_learning.{name}.IN_MEMORY", 30)
    note = "scales and levels are learnt from the labelled rows and 30 evenly spaced ones"
    assert al.suggest(table, 3).attrs["notes"] == [note]


def test_a_row_is_scored_once_however_often_rows_that_say_the_same_are_left_out(monkeypatch):
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(20, 120)), 20, axis=0) + 1e-4 * rng.normal(size=(400, 120))
    table = al.load_table(pd.DataFrame({"label": ["a", "b"] * 20 + [""] * 360}), "label", features=X)
    rows, score = [], module.score_pool
    monkeypatch.setattr(module, "score_pool", lambda *given: rows.append(given[2]) or score(*given))
    assert len(al.suggest(table, 10)) == 10
    assert np.concatenate(rows).tolist() == list(range(40, 400))


def test_reading_and_suggesting_show_how_far_they_are_if_there_are_many_rows(tmp_path, monkeypatch):
    texts(60).to_csv(tmp_path / "t.csv", index=False)
    shown = []
    monkeypatch.setattr(progress, "EVERY", 0.0)
    monkeypatch.setattr(progress, "_in_notebook", lambda: False)
    monkeypatch.setattr(
        "sys.stderr",
        type(
            "Screen",
            (),
            {"isatty": lambda s: True, "write": lambda s, x: shown.append(x), "flush": lambda s: None},
        )(),
    )
    al.suggest(al.load_table(tmp_path / "t.csv", "label"), 3)
    assert shown == []  # few rows
    monkeypatch.setattr(progress, "LARGE", 10)
    al.suggest(al.load_table(tmp_path / "t.csv", "label"), 3)
    drawn = "".join(shown)
    for words in (
        "reading t.csv",
        "3/3 columns read",
        "2/2 columns understood",
        "learning from t.csv",
        "rows",
    ):
        assert words in drawn
    assert drawn.endswith("\r\x1b[K")


def test_a_pool_of_many_parts_is_scored_as_in_one_pass_whatever_thread_is_done_first():
    rng = np.random.default_rng(0)
    X, known = rng.normal(size=(100_000, 4)), np.arange(60)
    model = default_model().fit(X[known], np.arange(60) % 3)
    pool = np.flatnonzero(rng.random(len(X)) < 0.9)
    state = module.LargeRound(model, X, known, known % 3, pool, 10, rng, {})
    np.testing.assert_allclose(state.margins(), al.margin(model.predict_proba(X[pool])), atol=1e-12)


def two_blobs(n=160, n_labeled=120):
    """Rows of two classes that x tells apart, and a column that tells nothing."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 2
    frame = pd.DataFrame({"x": rng.normal(size=n) + 3 * y, "z": rng.normal(size=n)})
    return al.load_table(
        frame.assign(label=np.where(np.arange(n) < n_labeled, np.array(["a", "b"])[y], "")), "label"
    )


def far_out(round):
    """A rule that learns nothing of the border: the rows with the largest x."""
    return round.pool[np.argsort(-round.X[round.pool, 0], kind="stable")[: round.batch]]


def test_a_rule_that_is_behind_random_on_the_labels_is_found_and_margin_is_not():
    table = two_blobs()
    model = table_model(table)
    assert behind_random(table, {"far_out": far_out}, model) > 0.01
    assert behind_random(table, {"margin": al.STRATEGIES["margin"]}, model) == 0.0
    few = two_blobs(n_labeled=80)
    assert behind_random(few, {"far_out": far_out}, model) == 0.0


def test_random_rows_come_where_the_default_rule_is_behind_random_and_not_where_it_was_asked_for(monkeypatch):
    table = two_blobs()
    assert al.suggest(table, 4).attrs["strategy"] == al.RECOMMENDED
    monkeypatch.setattr(module, "behind_random", lambda *_: 0.123)
    found = al.suggest(table, 4)
    assert found.attrs["strategy"] == "random" and len(found) == 4
    assert f"{al.RECOMMENDED} ended 12.3 points below random" in found.attrs["notes"][0]
    assert al.suggest(table, 4, strategy="margin").attrs == {"strategy": "margin", "notes": []}
