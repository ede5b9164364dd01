"""Claims about the study on disjoint parts of the rows."""

import numpy as np
import pytest

import al_helpers as al
from active_learning.study.study import cut_rows, run_parts


def test_parts_are_disjoint_and_hold_all_rows(iris):
    for n_parts in (2, 5):
        parts = cut_rows(iris.y, n_parts)
        assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(iris.y)))
        assert {len(rows) for rows in parts} == {len(iris.y) // n_parts}


def test_a_classs_share_varies_between_parts_as_between_data_sets():
    """Of 1,000 rows a tenth; a fifth of them holds 20, give or take the root of 200 x 0.1 x 0.9."""
    y = np.repeat([0, 1], [900, 100])
    counts = [np.bincount(y[rows])[1] for seed in range(200) for rows in cut_rows(y, 5, random_state=seed)]
    assert np.mean(counts) == 20
    assert np.var(counts) == pytest.approx(200 * 0.1 * 0.9 * 0.8, rel=0.15)  # 0.8: drawn without replacement


def test_parts_have_the_classes_shares_where_one_would_be_too_small():
    y = np.repeat([0, 1], [900, 20])
    for seed in range(20):
        assert all(np.bincount(y[rows])[1] == 4 for rows in cut_rows(y, 5, random_state=seed))
    at_random = cut_rows(y, 5, least=1, random_state=2)
    assert {np.bincount(y[rows])[1] for rows in at_random} != {4}


def test_cut_rows_names_a_class_too_small():
    with pytest.raises(ValueError, match="one class has 2"):
        cut_rows([0] * 20 + [1] * 2, 5)


def test_the_parts_of_each_cut_share_out_the_splits_and_feed_the_interval(iris):
    settings = dict(batch=4, budget=18, n_jobs=1)
    parts = run_parts(iris, ["random", "margin"], n_splits=20, **settings)
    assert parts.groupby(["cut", "part"])["split"].nunique().to_list() == [7] * 6
    curves = al.run_study(iris, ["random", "margin"], n_splits=20, **settings)
    assert {"new_rows_low", "new_rows_high"} <= set(al.summarise(curves, 0.8, parts=parts))


def test_parts_never_divide_a_group():
    groups = np.repeat([f"patient {i}" for i in range(30)], 4)
    parts = cut_rows(np.tile([0, 1], 60), 3, groups=groups)
    assert [len({*groups[rows]}) for rows in parts] == [10, 10, 10] and [len(rows) for rows in parts] == [
        40
    ] * 3


def test_a_study_of_one_split_has_one_in_every_part(iris):
    parts = run_parts(iris, "random", n_splits=1, n_cuts=1, batch=4, budget=18, n_jobs=1)
    assert parts.groupby("part")["split"].nunique().to_list() == [1, 1, 1]


def test_each_cut_is_another_and_the_first_does_not_depend_on_how_many_there_are(iris):
    settings = dict(n_parts=2, n_splits=4, batch=4, budget=18, n_jobs=1)
    one, two = (run_parts(iris, ["random", "margin"], n_cuts=n, **settings) for n in (1, 2))
    assert one.equals(two[two["cut"] == 0])
    assert not one.equals(two[two["cut"] == 1].assign(cut=0).reset_index(drop=True))


def test_a_number_of_test_rows_is_shared_out_among_the_parts(iris):
    settings = dict(n_parts=2, n_splits=4, batch=4, budget=18, n_jobs=1)
    numbers = run_parts(iris, "random", test_size=30, **settings)
    assert numbers.equals(run_parts(iris, "random", test_size=0.2, **settings))  # of 150 rows
    assert numbers["accuracy"].mul(15).round(9).mod(1).eq(0).all()  # tested on 15 of each part


def test_run_parts_names_a_bad_setting(iris):
    for name in ("random_state", "seed_per_class", "n_parts", "n_cuts"):
        with pytest.raises((TypeError, ValueError), match=name):
            run_parts(iris, "random", **{name: "a"}, batch=4, budget=18)
