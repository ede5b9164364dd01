"""Claims about data sets and splits."""

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import al_helpers as al
from active_learning._arrays import take
from active_learning.datasets.bundled import DATASETS


def test_digits_are_divided_by_16(digits):
    assert digits.X.shape == (1797, 64)
    assert (digits.X.min(), digits.X.max()) == (0, 1)
    assert list(np.unique(digits.y)) == list(range(10))


def test_digits_split_into_20_1237_540(digits):
    split = al.split_dataset(digits.y, random_state=0)
    assert split.sizes == {"seed": 20, "pool": 1237, "test": 540}


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_loads_alike_twice(name):
    first, again = al.load_dataset(name), al.load_dataset(name)
    assert first.name == name
    assert len(first.y) == len(first.X) > 100
    assert np.array_equal(first.X, again.X) and np.array_equal(first.y, again.y)


def test_load_dataset_lists_the_valid_names():
    with pytest.raises(ValueError, match="mnist") as error:
        al.load_dataset("mnist")
    assert all(name in str(error.value) for name in DATASETS)


def test_load_dataset_passes_settings_to_the_synthetic_one_only():
    assert al.load_dataset("synthetic").X.shape == (1000, 10)
    assert al.load_dataset("synthetic", n_samples=50).X.shape == (50, 10)
    with pytest.raises(ValueError, match="-3"):
        al.load_dataset("synthetic", n_samples=-3)
    for name, setting in [("synthetic", "n_rows"), ("digits", "n_samples")]:
        with pytest.raises(TypeError, match=setting):
            al.load_dataset(name, **{setting: 50})


@pytest.mark.parametrize(
    ("X", "y", "names"),
    [
        (np.ones((3, 2)), [0, 1], r"3 rows.*\(2,\)"),
        (np.ones((2, 2)), [[0], [1]], r"\(2, 1\)"),
        (np.ones((3, 2)), ["a", None, "b"], "1 missing"),
        (np.ones((3, 2)), [0.5, 1.25, 3.5], "0.5"),
        (np.ones((3, 2)), ["only"] * 3, "only.*at least 2"),
        (np.ones((4, 2)), [0, 1, -1, -1], r"-1 \(2 rows\) beside 2.*no label.*astype"),
    ],
)
def test_dataset_rejects_bad_labels_by_value(X, y, names):
    with pytest.raises(ValueError, match=names):
        al.Dataset("bad", X, y)


@pytest.mark.parametrize("y", [[-1, 1], [-1, 0], ["-1", "0", "1"], [-2, -1, 0]])
def test_a_minus_1_that_is_a_class_is_taken(y):
    assert len(np.unique(al.Dataset("signs", np.ones((len(y), 2)), y).y)) == len(y)


def test_dataset_turns_any_sparse_format_into_rows_that_can_be_picked():
    X = scipy.sparse.coo_matrix(np.eye(4))
    dataset = al.Dataset("sparse", X, [0, 1, 0, 1])
    assert np.array_equal(take(dataset.X, [2, 0]).toarray(), np.eye(4)[[2, 0]])


def test_dataset_and_split_are_frozen(iris):
    split = al.split_dataset(iris.y, random_state=0)
    for thing, field in [(iris, "y"), (split, "seed")]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, field, None)


@settings(deadline=None, max_examples=60)
@given(
    counts=st.lists(st.integers(6, 40), min_size=2, max_size=5),
    seed_per_class=st.integers(1, 3),
    test_share=st.floats(0.2, 0.4),
    random_state=st.integers(0, 2**32),
)
def test_split_keeps_its_invariants(counts, seed_per_class, test_share, random_state):
    y = np.random.default_rng(random_state).permutation(np.repeat(np.arange(len(counts)), counts))
    split = al.split_dataset(
        y, seed_per_class=seed_per_class, test_size=test_share, random_state=random_state
    )
    rows = np.concatenate([split.seed, split.pool, split.test])
    assert np.array_equal(np.sort(rows), np.arange(len(y)))  # disjoint, together all rows
    assert np.array_equal(np.bincount(y[split.seed]), np.full(len(counts), seed_per_class))
    assert len(split.test) == np.ceil(test_share * len(y))
    expected = np.array(counts) * len(split.test) / len(y)
    assert np.all(np.abs(np.bincount(y[split.test], minlength=len(counts)) - expected) < 1)  # stratified
    assert all(np.all(np.diff(part) > 0) for part in (split.seed, split.pool, split.test))


def test_split_varies_seed_and_test_set_with_random_state(iris):
    one, same, other = (al.split_dataset(iris.y, random_state=state) for state in (1, 1, 2))
    for part in ("seed", "pool", "test"):
        assert np.array_equal(getattr(one, part), getattr(same, part))
        assert not np.array_equal(getattr(one, part), getattr(other, part))


def test_split_takes_a_number_of_test_rows(iris):
    assert al.split_dataset(iris.y, test_size=30, random_state=0).sizes["test"] == 30


def test_split_leaves_no_trace_in_numpys_global_state(iris):
    np.random.seed(3)  # noqa: NPY002 - the global state is what is under test
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    al.split_dataset(iris.y, random_state=0)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize(
    ("change", "error", "names"),
    [
        ({"y": [1] * 20}, ValueError, "class 1.*at least 2"),
        ({"y": [0] * 20 + [7] * 2}, ValueError, "class 7 has 2 rows.*at least 3"),
        ({"test_size": 0.97}, ValueError, "0.97.*no pool"),
        ({"test_size": 146}, ValueError, "146.*no pool"),
        ({"test_size": 1.5}, ValueError, "1.5"),
        ({"test_size": 0.0}, ValueError, "0.0"),
        ({"test_size": 2}, ValueError, "test_size = 2 .*classes = 3"),
        ({"test_size": "half"}, TypeError, "half"),
        ({"seed_per_class": 0}, ValueError, "at least 1, got 0"),
        ({"seed_per_class": 2.0}, TypeError, "2.0"),
        ({"seed_per_class": True}, TypeError, "True"),
    ],
)
def test_split_dataset_names_a_bad_setting(iris, change, error, names):
    with pytest.raises(error, match=names):
        al.split_dataset(**{"y": iris.y, "random_state": 0} | change)


def test_split_rejects_rows_in_two_parts():
    with pytest.raises(ValueError, match="disjoint"):
        al.Split([0, 1], [1, 2], [3])


def test_split_rejects_rows_counted_from_the_end():
    with pytest.raises(ValueError, match=r"counted from 0.*row -1"):
        al.Split([0, 1], [2, -1], [3])


@pytest.mark.parametrize("rows", [[0.5, 1.0], [True, False], ["0", "1"], [[0, 1]], 3])
def test_split_rejects_what_is_no_list_of_row_numbers(rows):
    with pytest.raises(TypeError, match="pool must be a list of row numbers"):
        al.Split([4, 5], rows, [6])


def test_a_split_that_leaves_no_pool_is_refused_and_one_that_leaves_a_row_is_not():
    with pytest.raises(ValueError, match="leave no pool out of 8 rows"):
        al.split_dataset(np.arange(8) % 2, test_size=4, random_state=0)
    assert al.split_dataset(np.arange(8) % 2, test_size=3, random_state=0).sizes["pool"] == 1


@pytest.mark.parametrize("what", ["X", "y"])
def test_what_is_masked_is_not_silently_used(iris, what):
    given = {"X": iris.X, "y": iris.y}
    mask = np.zeros(given[what].shape, bool)
    mask[3:5] = True
    hidden = np.ma.array(given[what], mask=mask)
    with pytest.raises(ValueError, match=rf"{what} has {mask.sum()} masked entries"):
        al.Dataset("hidden", **given | {what: hidden})
    al.Dataset("shown", **given | {what: np.ma.array(given[what])})


def test_halves_of_a_float_need_no_sum_that_fits_in_one():
    X = np.full((60, 40), 2000.0, np.float16)
    X[:, 0] = np.arange(60) % 7
    dataset = al.Dataset("halves", X, np.arange(60) % 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        al.run_histories(dataset, ["random", "margin"], n_splits=1, budget=12, n_jobs=1)


def test_a_column_alone_is_no_matrix():
    with pytest.raises(ValueError, match="X must be a matrix"):
        al.Dataset("series", pd.Series([1.0, 2.0]), [0, 1])


@pytest.mark.parametrize(
    "counts", [{"a": 300, "b": 2, "c": 2}, {"a": 500, **{f"r{i}": 2 for i in range(20)}}]
)
def test_a_class_of_two_rows_is_tested_in_every_split(counts):
    y = np.repeat([*counts], [*counts.values()])
    for seed in range(30):
        split = al.split_dataset(y, seed_per_class=1, random_state=seed)
        assert set(y[split.test]) == set(y[split.seed]) == set(counts)
        assert len(split.test) == np.ceil(0.3 * len(y))
        assert np.sort(np.concatenate([split.seed, split.pool, split.test])).tolist() == [*range(len(y))]


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_never_divided(seed):
    y, groups = np.tile([0, 1, 1], 40), np.arange(120) // 5
    split = al.split_dataset(y, groups=groups, random_state=seed)
    assert not np.intersect1d(groups[split.test], groups[np.r_[split.seed, split.pool]]).size
    assert sorted(np.r_[split.seed, split.pool, split.test]) == list(range(120))
    assert 25 <= len(split.test) <= 50 and len(np.unique(y[split.test])) == 2


def test_later_times_are_tested_alone():
    times, y = np.random.default_rng(0).permutation(100), np.tile([0, 1], 50)
    split = al.split_dataset(y, times=times, random_state=0)
    assert times[np.r_[split.seed, split.pool]].max() < times[split.test].min()


def test_groups_and_times_that_cannot_be_used_are_refused():
    X, y = np.zeros((6, 1)), [0, 1] * 3
    for faulty, fault in (
        ({"groups": [1, 2]}, "shape"),
        ({"groups": [1] * 6}, "the one value"),
        ({"times": [1, 2, np.nan, 3, 4, 5]}, "missing"),
        ({"groups": [1, 2] * 3, "times": range(6)}, "not both"),
    ):
        with pytest.raises(ValueError, match=fault):
            al.Dataset("faulty", X, y, **faulty)
    with pytest.raises(ValueError, match="too few groups"):
        al.split_dataset([0] * 20 + [1] * 20, groups=[0] * 20 + [1] * 20, random_state=0)


@pytest.mark.parametrize(
    "y, fault",
    [
        (["cat", "dog", "cat|dog"] * 2, "several labels a row, such as 'cat|dog'"),
        (["cat", "dog", "[0 1 1]"] * 2, r"several labels a row, such as '\[0 1 1\]'"),
        (np.array([["cat"], ["cat", "dog"]] * 3, dtype=object), "lists such as"),
        (np.array([-1, 0, 1] * 2, dtype=object), "-1 .*means no label"),
        (["cat", "dog", " "] * 2, "2 missing labels"),
        (np.array(["cat", np.nan, "dog"] * 2), "2 missing labels"),
        (np.array([1, "cat"] * 3, dtype=object), r"mixed types, .*\(text\)"),
        (np.array(["2024-01-01", "2024-02-01"] * 3, dtype="datetime64[D]"), "dates such as 2024-01-01"),
    ],
)
def test_labels_that_are_no_classes_are_refused_by_name(y, fault):
    with pytest.raises(ValueError, match=fault):
        al.Dataset("faulty", np.zeros((6, 1)), y)


def test_declared_classes_may_look_like_several():
    y = ["cat", "dog", "cat|dog"] * 30
    data = al.Dataset("declared", np.eye(3)[[0, 1, 2] * 30], y, classes=["cat", "dog", "cat|dog"])
    assert al.run_study(data, "random", n_splits=1, budget=9, n_jobs=1)["accuracy"].iloc[-1] == 1


def test_rows_of_a_frame_and_labels_in_another_order_are_refused():
    X, y = pd.DataFrame({"x": range(6)}), pd.Series(["a", "b"] * 3)
    with pytest.raises(ValueError, match=r"y\.loc\[X\.index\]"):
        al.Dataset("faulty", X, y[::-1])
    assert al.Dataset("paired", X, y).y.tolist() == y.tolist()
