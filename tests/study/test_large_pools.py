"""Claims about pools that are scored in chunks, and about matrices that live in a file."""

import tracemalloc

import numpy as np
import pytest

import al_helpers as al
from active_learning.models.logistic import NewtonLogisticRegression
from active_learning.models.registry import default_model
from active_learning.strategies.base import Round, score_pool, smallest_margin, top_rows


def large(n=100_000):
    rng = np.random.default_rng(0)
    X = rng.random((n, 20))
    model = NewtonLogisticRegression(C=0.01).fit(X[:500], rng.integers(5, size=500))
    return model, X


@pytest.mark.parametrize("score", [al.least_confidence, al.margin, al.entropy])
def test_chunked_scores_equal_those_of_the_whole_pool(digits, score):
    model = default_model().fit(digits.X[:200], digits.y[:200])
    pool = np.setdiff1d(np.arange(200, 1797), np.arange(300, 1700, 7))  # neighbours, and gaps
    whole = score_pool(model.predict_proba, digits.X, pool, score, chunk=len(pool))
    for chunk in (1, 7, 100, 4096):
        parts = score_pool(model.predict_proba, digits.X, pool, score, chunk=chunk)
        np.testing.assert_allclose(parts, whole, atol=1e-12)
        np.testing.assert_array_equal(top_rows(parts, pool, 10), top_rows(whole, pool, 10))


def test_large_pool_gives_the_rows_of_plain_numpy_in_a_tenth_of_its_memory():
    model, X = large()
    tracemalloc.start()
    top = np.partition(model.predict_proba(X), -2, axis=1)
    plain = np.argpartition(top[:, -1] - top[:, -2], 10)[:10]
    peaks = [tracemalloc.get_traced_memory()[1]]
    del top
    round = Round(model, X, plain[:0], plain[:0], np.arange(len(X)), 10, np.random.default_rng(0))
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    rows = smallest_margin(round)
    peaks.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    assert set(rows) == set(plain)
    assert peaks[1] < 16 * len(X) + 2**20 < peaks[0]  # the scores, a copy to select from, and one chunk


def in_file(path, X):
    X.tofile(path)
    return np.memmap(path, dtype=X.dtype, mode="r").reshape(X.shape)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_matrix_in_a_file_gives_the_same_rows(digits, tmp_path, dtype, n_jobs):
    in_memory = al.Dataset("memory", digits.X.astype(dtype), digits.y)
    on_disk = al.Dataset("disk", in_file(tmp_path / "X.dat", in_memory.X), digits.y)
    settings = dict(strategies=["random", "margin"], n_splits=2, budget=60, n_jobs=n_jobs)
    expected, histories = (al.run_histories(dataset, **settings) for dataset in (in_memory, on_disk))
    for key in expected:
        np.testing.assert_array_equal(histories[key].queried, expected[key].queried)


@pytest.mark.parametrize("dtype", ["complex128", "datetime64[s]", "S8", "V8"])
def test_file_read_as_something_that_is_no_number_is_an_error(digits, tmp_path, dtype):
    digits.X[:1000].tofile(tmp_path / "X.dat")
    wrong = np.memmap(tmp_path / "X.dat", dtype=dtype, mode="r").reshape(-1, 64)
    with pytest.raises(ValueError, match=r"X must be a matrix of numbers, got shape \(\d+, 64\)"):
        al.Dataset("wrong", wrong, digits.y[: len(wrong)])


def test_file_read_without_its_shape_or_with_the_wrong_width_is_an_error(digits, tmp_path):
    digits.X.tofile(tmp_path / "X.dat")
    with pytest.raises(ValueError, match=r"got shape \(920064,\) of uint8"):
        al.Dataset("flat", np.memmap(tmp_path / "X.dat", mode="r"), digits.y)
    with pytest.raises(ValueError, match="X has 3594 rows"):
        al.Dataset("half", np.memmap(tmp_path / "X.dat", "float32", "r").reshape(-1, 64), digits.y)


@pytest.mark.parametrize("chunk, error", [(0, ValueError), (-1, ValueError), (1.5, TypeError)])
def test_impossible_chunk_is_named(chunk, error):
    model, X = large(1000)
    with pytest.raises(error, match=f"chunk must be .* got {chunk}"):
        score_pool(model.predict_proba, X, np.arange(1000), al.margin, chunk=chunk)


@pytest.mark.parametrize("n_jobs, error", [(0, ValueError), (0.5, TypeError)])
def test_impossible_number_of_jobs_is_named(digits, n_jobs, error):
    with pytest.raises(error, match=f"n_jobs must be .* got {n_jobs}"):
        al.run_histories(digits, n_splits=1, n_jobs=n_jobs)
