"""Features are paired with the rows of a table by the ids that they carry, or refused."""

import numpy as np
import pandas as pd
import pytest

import al_helpers as al

RNG = np.random.default_rng(0)
N = 40
X = RNG.normal(size=(N, 3)).round(4)
ORDER = RNG.permutation(N)
NAMES = [f"r{i:02d}" for i in range(N)]
TABLE = pd.DataFrame(
    {"id": NAMES, "text": [f"text {i}" for i in range(N)], "label": [*"ab" * 15, *[""] * 10]}
)
VECTORS = pd.DataFrame(X, columns=[*"xyz"])


def with_ids(ids=NAMES, name="id"):
    frame = VECTORS.copy()
    frame.insert(0, name, ids)
    return frame


def shuffled(frame):
    return frame.iloc[ORDER].reset_index(drop=True)


def save(frame, path, index=None):
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=index)
    elif path.suffix == ".csv":
        frame.to_csv(path, index=bool(index))
    else:
        frame.to_json(path, orient="records", lines=True)
    return path


def features(source, table=TABLE, id_column="id"):
    return al.load_table(table, "label", id_column=id_column, features=source)


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize("name", ["id", "doc"])
def test_a_column_of_ids_pairs_whatever_the_order(tmp_path, ending, name):
    table = features(save(shuffled(with_ids(name=name)), tmp_path / f"v.{ending}"))
    np.testing.assert_array_equal(table.X, X)
    assert f"paired with the table by {name!r}" in table.notes[-1]


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_ids_beside_a_column_of_vectors_pair_it(tmp_path, ending):
    frame = shuffled(pd.DataFrame({"id": NAMES, "v": X.tolist()}))
    np.testing.assert_array_equal(features(save(frame, tmp_path / f"v.{ending}")).X, X)


@pytest.mark.parametrize("index_name", ["id", None, "cell"])
def test_an_index_pairs_in_a_file_and_in_a_frame(tmp_path, index_name):
    frame = shuffled(with_ids()).set_index("id").rename_axis(index_name)
    for source in (frame, save(frame, tmp_path / "v.parquet")):
        np.testing.assert_array_equal(features(source).X, X)
    indexed = TABLE.set_index("id")
    np.testing.assert_array_equal(features(frame, indexed, None).X, X)


def test_numbers_are_ids_too_and_no_features():
    numbers = RNG.permutation(N) + 1000
    table = TABLE.assign(id=numbers)
    for ids in (numbers, numbers.astype(float), numbers.astype(str)):
        np.testing.assert_array_equal(features(shuffled(with_ids(ids)), table).X, X)
    np.testing.assert_array_equal(features(shuffled(with_ids(numbers)), table, None).X, X)  # a shared column


def test_row_numbers_in_another_order_pair_by_them(tmp_path):
    moved = VECTORS.sort_values("x")
    for id_column in ("id", None):
        np.testing.assert_array_equal(features(moved, id_column=id_column).X, X)
        source = save(moved, tmp_path / "v.csv", index=True)  # an unnamed column
        np.testing.assert_array_equal(features(source, id_column=id_column).X, X)


@pytest.mark.parametrize("source", [X, VECTORS])
def test_without_ids_rows_pair_by_position_and_a_note_says_so(tmp_path, source):
    table = features(source)
    np.testing.assert_array_equal(table.X, X)
    assert "by position, in the same order" in table.notes[-1]


def test_labels_and_counters_are_no_features():
    frame = with_ids().assign(label=TABLE["label"], row_id=range(7, 7 + N))
    table = features(frame)
    np.testing.assert_array_equal(table.X, X)
    assert [note for note in table.notes if "is not a feature" in note] == [
        "column 'label' of features is not a feature",
        "column 'row_id' of features is not a feature",
    ]
    np.testing.assert_array_equal(features(frame.drop(columns="id"), id_column=None).X, X)


def test_more_rows_than_the_table_has_are_left_out():
    more = pd.concat([with_ids([f"q{i}" for i in range(N)]), shuffled(with_ids())], ignore_index=True)
    np.testing.assert_array_equal(features(more).X, X)


@pytest.mark.parametrize(
    "frame, said",
    [
        (with_ids([*NAMES[:-1], "r99"]), "does not hold these ids of table: 'r39'; it holds 'r00'"),
        (with_ids([name.upper() for name in NAMES]), "'r00', 'r01', 'r02' and 37 more; it holds 'R00'"),
        (with_ids().iloc[:-2], "'r38', 'r39'"),
        (with_ids([*NAMES[:-1], "r00"]), "repeats these ids, which must differ: 'r00'"),
        (with_ids([*NAMES[:-1], None]), "is empty in row 39"),
        (with_ids().set_index("id").rename(str.upper), r"the index of features.*reset_index\(drop=True\)"),
        (VECTORS.set_axis(range(5, N + 5)), "the index of features does not hold these ids"),
        (with_ids([f"other {i}" for i in range(N)], "text"), "column 'text' of features does not hold"),
    ],
)
def test_ids_that_do_not_match_are_refused_with_their_names(frame, said):
    with pytest.raises(ValueError, match=said) as error:
        features(frame)
    assert "\n" not in str(error.value)


def test_numbers_of_a_table_that_are_features_too_are_no_ids():
    table = TABLE.assign(x=X[:, 0] * 3)  # another scale: nothing is refused
    np.testing.assert_array_equal(features(VECTORS, table).X, X)
