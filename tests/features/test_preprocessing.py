"""Claims about what the columns of a reader's table are to a classifier."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from examples import mixed_table, write

from active_learning.features.encoders import MAX_LEVELS, OutlierClipper
from al_helpers import load_table, plan_study, run_study, suggest


def test_load_table_leaves_the_frame_as_it_was():
    frame = mixed_table()
    before = frame.copy(deep=True)
    suggest(load_table(frame, "label", id_column="id"), 3)
    pd.testing.assert_frame_equal(frame, before)


def test_preprocessor_matches_hand_computed_case():
    frame = pd.DataFrame({"a": [1.0, 3.0, None] * 2, "c": ["x", None, "y"] * 2, "label": ["p", "q", "p"] * 2})
    table = load_table(frame, "label")
    scaled = np.array([-1, 1, 0] * 2) / np.sqrt(2 / 3)  # median 2 imputed, mean 2, SD sqrt(2/3)
    expected = np.column_stack([scaled, [[0, 1, 0], [1, 0, 0], [0, 0, 1]] * 2])  # missing, x, y
    np.testing.assert_allclose(table.preprocessor.fit_transform(table.X), expected)


def test_a_level_that_was_not_seen_counts_as_the_rare_ones_do():
    frame = pd.DataFrame({"c": ["x", "x", "y", "z", "w"], "label": list("ababa")})
    table = load_table(frame, "label")
    fitted = table.preprocessor.fit(table.X[:3])  # y is seen once, z and w never
    assert fitted.transform(table.X).tolist() == [[1, 0], [1, 0], [0, 1], [0, 1], [0, 1]]


def test_preprocessor_caps_the_number_of_levels():
    frame = pd.DataFrame({"c": [f"level_{i % 300}" for i in range(600)], "label": list("ab") * 300})
    table = load_table(frame, "label")
    assert table.preprocessor.fit_transform(table.X).shape == (600, MAX_LEVELS)


def test_as_many_levels_as_a_town_has_districts_are_each_learnt():
    frame = pd.DataFrame({"c": [f"level_{i % 90}" for i in range(600)], "label": list("ab") * 300})
    table = load_table(frame, "label")
    assert table.preprocessor.fit_transform(table.X).shape == (600, 90)


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
    dropped = [re.search("'(.*)' is dropped", note) for note in table.notes]
    assert [match[1] for match in dropped if match] == ["same", "blank", "count"]
    assert "column 'text' is read as text (40 different ones)" in table.notes
    assert table.X.shape == (40, 3)


def test_columns_that_are_left_out_for_one_reason_share_a_line():
    constant = {f"{'a long name ' * 20 * (i == 0)}k{i}": 1 for i in range(332)}
    table = load_table(mixed_table().assign(**constant, count=range(7, 47)), "label", id_column="id")
    dropped = [note for note in table.notes if "is dropped" in note]
    assert len(dropped) == 2 and max(map(len, dropped)) < 200
    assert dropped[0].startswith("each of 332 columns (") and dropped[0].endswith(
        "is dropped: it is constant"
    )
    assert "'k1', 'k2' and 329 more" in dropped[0] and "'count' is dropped" in dropped[1]


def test_load_table_says_which_cell_keeps_a_column_from_being_numbers():
    frame = mixed_table().assign(dose=["much", *[1, 2, 3] * 13])
    assert "'much' is not a number" in load_table(frame, "label", id_column="id").notes[0]


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
        ("x,label\n1,comedy\n2,drama\n4,comedy|drama\n", "several labels a row, such as 'comedy|drama'"),
        ("x,label\n1,a;b\n2,a;c\n4,b;c\n", "several labels a row"),
        ("label\na\nb\n", "no column is left to learn from .there are only labels"),
        ("x,label\n1,a\ninf,b\n", "'x' holds infinity"),
    ],
)
def test_load_table_refuses_in_one_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as error:
        load_table(write(tmp_path / "t.csv", text), "label")
    assert "\n" not in str(error.value)


def test_where_no_column_is_left_that_is_said_first_and_rows_are_drawn_at_random():
    ids = [f"u{i}" for i in range(60)]
    frame = pd.DataFrame({"id": ids, "same": 1, "label": [*"ab" * 15, *[""] * 30]})
    for each in (frame, frame.assign(label="")):
        table = load_table(each, "label")
        assert table.notes[0].startswith("no column is left to learn from")
        assert any("'id' is dropped: it names the rows" in note for note in table.notes)
        found = suggest(table, 5)
        assert found.attrs["strategy"] == "random" and "at random" in found.attrs["notes"][0]
        assert len({*found["id"]}) == 5 and (each["label"].iloc[found["id"]] == "").all()


def test_equal_rows_with_different_labels_are_counted():
    frame = pd.DataFrame({"size": [1.5, 1.5, 2.5, 2.5, 3.5], "label": ["a", "b", "a", "a", ""]})
    assert (
        "2 of 4 labelled rows are equal to another one with another label" in load_table(frame, "label").notes
    )
    assert not any("equal" in note for note in load_table(frame.drop(index=1), "label").notes)


def test_equal_texts_with_different_labels_are_counted_whatever_stands_beside_them():
    texts = [f"this is remark {i // 3} of ours" for i in range(150)]
    frame = pd.DataFrame({"text": texts, "who": [*"abc"] * 50, "label": ["x", "x", "y"] + ["x"] * 147})
    assert any(
        "3 of 150 labelled rows are equal in their texts" in note for note in load_table(frame, "label").notes
    )


def test_a_date_weighs_half_as_much_as_one_number_does():
    days = pd.date_range("2024-01-01", periods=400, freq="31h").astype(str)
    frame = pd.DataFrame({"when": days, "size": np.arange(400.0) % 7, "label": list("ab") * 200})
    table = load_table(frame, "label")
    Z = table.preprocessor.fit_transform(table.X)
    variances = np.sort(Z.var(axis=0))
    assert len(variances) > 6 and variances[-1] == pytest.approx(1)  # the size
    assert variances[:-1].sum() == pytest.approx(0.5**2)


def test_numbers_beyond_three_interquartile_ranges_are_pulled_back_to_there():
    X = np.array([*range(9), 4, 4, 4, 4, 1000, -1000], dtype=float)[:, None]
    low, high = np.quantile(X, [0.25, 0.75])
    Z = OutlierClipper().fit(X).transform(X)
    assert Z[-2:, 0].tolist() == [high + 3 * (high - low), low - 3 * (high - low)]
    assert Z[:-2].tolist() == X[:-2].tolist()


def test_a_column_half_of_whose_rows_are_equal_is_not_clipped():
    X = np.array([0.0] * 9 + [5, 7])[:, None]
    assert OutlierClipper().fit(X).transform(X).tolist() == X.tolist()


@pytest.mark.parametrize("gaps, learnt", [(0, False), (9, False), (10, True), (100, True)])
def test_that_a_number_is_missing_is_learnt_from_where_many_are(gaps, learnt):
    rng = np.random.default_rng(0)
    cells = np.where(np.arange(200) < gaps, np.nan, rng.normal(size=200))
    table = load_table(pd.DataFrame({"x": cells, "y": ["a", "b"] * 100}), "y")
    X = table.preprocessor.fit_transform(table.X)
    assert X.shape[1] == 1 + learnt and (not learnt or (X[:, 1] == np.isnan(cells)).all())


def test_a_class_that_shows_in_what_is_missing_alone_is_learnt():
    rng = np.random.default_rng(0)
    y = rng.choice(["left", "stayed"], 400)
    seen = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 99, 400), unit="D")
    frame = pd.DataFrame({"seen": np.where((y == "left") & (rng.random(400) < 0.9), None, seen), "y": y})
    dataset, settings, _, _ = plan_study(load_table(frame, "y"), target=0.9, budget=60)
    assert run_study(dataset, "random", n_splits=2, n_jobs=1, **settings)["accuracy"].iloc[-1] > 0.9


def test_codes_weigh_less_beside_texts_and_a_repeated_column_is_left_out():
    rng = np.random.default_rng(31)
    words = [f"{a}{b}" for a in ("bal", "cor", "den", "fil") for b in ("an", "er", "il", "ot")]
    texts = [" ".join(rng.choice(words, 6)) for _ in range(120)]
    parts = [rng.choice(names, 120) for names in (["lib", "source"], ["disk", "net", "cpu"], ["py", "rst"])]
    codes = [f"/{a}/{b}{i:03d}.{c}" for i, (a, b, c) in enumerate(zip(*parts, strict=True))]
    frame = pd.DataFrame({"text": texts, "node": codes, "again": codes, "label": rng.choice(["a", "b"], 120)})
    table = load_table(frame, "label")
    assert "column 'again' is dropped: it equals 'node'" in table.notes
    assert table.preprocessor.transformer_weights == {"text 1": 0.5}
    assert load_table(frame.drop(columns="text"), "label").preprocessor.transformer_weights == {}
