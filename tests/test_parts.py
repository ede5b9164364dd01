"""Claims about the study on disjoint parts of the rows."""

import numpy as np
import pytest

import al_helpers as al


def test_parts_are_disjoint_hold_all_rows_and_keep_the_classes(iris):
    parts = al.cut_rows(iris.y, 5)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(iris.y)))
    assert all((np.unique(iris.y[rows], return_counts=True)[1] == 10).all() for rows in parts)


def test_cut_rows_names_a_class_too_small():
    with pytest.raises(ValueError, match="one class has 2"):
        al.cut_rows([0] * 20 + [1] * 2, 5)


def test_run_parts_has_half_the_splits_and_feeds_the_interval(iris):
    settings = dict(batch=4, budget=18, n_jobs=1)
    parts = al.run_parts(iris, ["random", "margin"], n_splits=20, **settings)
    assert parts.groupby("part")["split"].nunique().to_list() == [2] * 5
    curves = al.run_study(iris, ["random", "margin"], n_splits=20, **settings)
    assert {"new_rows_low", "new_rows_high"} <= set(al.summarise(curves, 0.8, parts=parts))


def test_a_number_of_test_rows_is_shared_out_among_the_parts(iris):
    settings = dict(n_parts=2, n_splits=4, batch=4, budget=18, n_jobs=1)
    numbers = al.run_parts(iris, "random", test_size=30, **settings)
    assert numbers.equals(al.run_parts(iris, "random", test_size=0.2, **settings))  # of 150 rows
    assert numbers["accuracy"].mul(15).round(9).mod(1).eq(0).all()  # tested on 15 of each part
