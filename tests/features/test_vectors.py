"""Claims about vectors made elsewhere: read in any precision, and refused in one line."""

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.features.vectors import VectorScaler

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 8)) + 2 * (np.arange(60) % 2)[:, None]
FRAME = pd.DataFrame({"file": [f"{i}.png" for i in range(60)], "label": [*["a", "b"] * 20, *[""] * 20]})


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_vectors_of_any_precision_are_measured_and_suggested_from(tmp_path, dtype):
    np.save(tmp_path / "v.npy", X.astype(dtype))
    table = al.load_table(FRAME, "label", features=tmp_path / "v.npy")
    assert isinstance(table.X, np.memmap) and len(al.suggest(table, 4)) == 4
    dataset, settings, _, _ = al.plan_study(table, target=0.9)
    assert al.run_study(dataset, "margin", n_splits=2, n_jobs=1, **settings)["accuracy"].iloc[-1] > 0.7


def test_vectors_in_a_column_of_csv_or_parquet_are_the_same(tmp_path):
    lists = pd.DataFrame({"v": X.round(3).tolist()})
    lists.to_parquet(tmp_path / "v.parquet")
    lists.assign(v=lists["v"].map(str)).to_csv(tmp_path / "v.csv", index=False)
    for name in ("v.parquet", "v.csv"):
        table = al.load_table(FRAME, "label", features=tmp_path / name)
        np.testing.assert_array_equal(table.X, X.round(3))
    inside = al.load_table(FRAME.assign(v=lists["v"]), "label")
    np.testing.assert_array_equal(inside.X, X.round(3))


@pytest.mark.parametrize(
    "values, said",
    [
        (X[:-1], "has 59 rows and the table 60"),
        (np.where(np.arange(60)[:, None] == 7, np.nan, X), "row 7"),
        (np.where(np.arange(60)[:, None] == 7, np.inf, X), "row 7"),
        (X[:, 0], "must be a matrix"),
        (X.astype(str), "must be a matrix"),
        (np.array([{}] * 60, dtype=object), "cannot be read as a matrix of numbers"),
        (X.astype(object), "Python objects, which are never unpickled"),
        (X.astype(complex), "must be a matrix of numbers"),
    ],
)
def test_features_that_cannot_be_used_are_refused_in_one_line(tmp_path, values, said):
    np.save(tmp_path / "v.npy", values)
    with pytest.raises(ValueError, match=said) as error:
        al.load_table(FRAME, "label", features=tmp_path / "v.npy")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["halffloat", "float", "double"])
def test_lists_in_parquet_keep_their_precision(tmp_path, kind):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    dtype = {"halffloat": np.float16, "float": np.float32, "double": np.float64}[kind]
    rows = pa.array([list(row) for row in X.astype(dtype)], pa.list_(pa.type_for_alias(kind)))
    names = pa.array([f"{i}.png" for i in range(60)])
    parquet.write_table(pa.table({"file": names, "v": rows}), tmp_path / "v.parquet")
    table = al.load_table(FRAME, "label", features=tmp_path / "v.parquet")
    assert table.X.dtype == dtype and len(al.suggest(table, 4)) == 4
    np.testing.assert_array_equal(table.X, X.astype(dtype))


@pytest.mark.parametrize("ending", ["parquet", "csv"])
@pytest.mark.parametrize(
    "cell, said",
    [
        ([1.0, 2.0], "vectors of 8 and of 2 numbers .row 5"),
        ([], "(vectors of 8 and of 0 numbers|not a vector of numbers) .row 5"),
        ([np.nan] + [1.0] * 7, "(NaN|missing value) or infinity in (it .)?row 5"),
        ([np.inf] + [1.0] * 7, "(NaN|missing value) or infinity in (it .)?row 5"),
        (None, "missing value or infinity in row 5"),
    ],
)
def test_a_row_that_holds_no_vector_is_named(tmp_path, cell, said, ending):
    lists = X.round(3).tolist()
    lists[5] = cell
    frame = pd.DataFrame({"v": pd.Series(lists, dtype=object)})
    if ending == "csv":
        frame["v"] = frame["v"].map(lambda cell: "" if cell is None else str(cell))
        frame.to_csv(tmp_path / "v.csv", index=False)
    else:
        frame.to_parquet(tmp_path / "v.parquet")
    with pytest.raises(ValueError, match=said) as error:
        al.load_table(FRAME, "label", features=tmp_path / f"v.{ending}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_none_is_found_in_any_precision(dtype, value):
    V = X.astype(dtype)
    V[5, 3], V[6, 4] = np.finfo(dtype).max, np.finfo(dtype).min  # the largest there are, and fine
    assert al.load_table(FRAME, "label", features=V).X is V
    V[59, 7] = value
    with pytest.raises(ValueError, match=r"missing value or infinity in row 59 \(counted from 0\)"):
        al.load_table(FRAME, "label", features=V)


def test_a_masked_number_is_a_missing_one():
    V = np.ma.array(X, mask=X[7, 2] == X)
    with pytest.raises(ValueError, match="missing value or infinity in row 7"):
        al.load_table(FRAME, "label", features=V)
    unmasked = np.ma.array(X)  # nothing is hidden
    np.testing.assert_array_equal(al.load_table(FRAME, "label", features=unmasked).X, X)


def test_a_missing_vector_becomes_the_mean():
    V = np.vstack([X, np.full(8, np.nan)])
    Z = VectorScaler().fit_transform(V)
    np.testing.assert_array_equal(Z[60], 0)
    np.testing.assert_allclose(Z[:60], VectorScaler().fit_transform(X))


def test_all_directions_are_scaled_alike_and_the_mean_moves_to_0():
    Z = VectorScaler().fit_transform(X)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(Z.std(axis=0) / X.std(axis=0), (Z.std(axis=0) / X.std(axis=0))[0])


def test_a_file_of_numbers_alone_is_one_vector_a_row(tmp_path):
    pd.DataFrame(X.round(3)).to_csv(tmp_path / "v.csv", index=False)
    np.testing.assert_array_equal(al.load_table(FRAME, "label", features=tmp_path / "v.csv").X, X.round(3))


@pytest.mark.parametrize(
    ("columns", "found"), [({"a": ["x"] * 60, "b": [1] * 60}, 0), ({"a": X.tolist(), "b": X.tolist()}, 2)]
)
def test_a_file_that_is_not_one_matrix_is_refused(tmp_path, columns, found):
    pd.DataFrame(columns).to_parquet(tmp_path / "v.parquet")
    with pytest.raises(ValueError, match=f"one column of vectors, or numbers only; found {found} of vectors"):
        al.load_table(FRAME, "label", features=tmp_path / "v.parquet")


@pytest.mark.parametrize("header", [True, False])
def test_a_file_of_numbers_needs_no_header(tmp_path, header):
    pd.DataFrame(X).to_csv(tmp_path / "v.csv", index=False, header=header)
    np.testing.assert_allclose(al.load_table(FRAME, "label", features=tmp_path / "v.csv").X, X)


@pytest.mark.parametrize("size", [1e160, 1e300, 1e308])
@pytest.mark.filterwarnings("error")
def test_vectors_whose_squares_overflow_are_refused_in_one_line(size):
    with pytest.raises(ValueError, match="squares overflow"):
        al.suggest(al.load_table(FRAME, "label", features=X / np.abs(X).max() * size), 3)


@pytest.mark.parametrize("features", [X.tolist(), {"v": X}])
def test_features_that_are_neither_an_array_nor_a_path_are_refused(features):
    with pytest.raises(TypeError, match=r"must be an array \(n, d\), a frame or a path, got"):
        al.load_table(FRAME, "label", features=features)


def test_a_vector_with_a_whole_number_that_no_float_holds_is_none():
    with pytest.raises(ValueError, match=r"not a vector of numbers .row 0"):
        al.load_table(FRAME.assign(v=[[10**400, 1]] + [[1, 2]] * 59), "label")
