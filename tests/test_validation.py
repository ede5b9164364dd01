"""Claims about checked arguments: what passes comes back as one type, and what does not is named."""

from fractions import Fraction

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from active_learning._validation import (
    METRICS,
    check_choice,
    check_integer,
    check_target,
    check_unique,
    constant_answer,
    some,
)


@pytest.mark.parametrize("target", [1, np.float32(0.5), Fraction(1, 2), np.int64(1)])
def test_a_target_of_any_kind_of_number_comes_back_as_a_float(target):
    assert type(check_target(target)) is float and check_target(target) == target


@pytest.mark.parametrize(
    ("target", "error", "said"),
    [
        (0, ValueError, r"in \(0, 1\], got 0$"),
        (1.001, ValueError, r"got 1.001 \(did you mean 0.01001\?\)"),
        (100, ValueError, r"did you mean 1\?"),
        (101, ValueError, "got 101$"),
        (np.nan, ValueError, "got nan"),
        (True, TypeError, "must be a number, got True"),
        ("0.9", TypeError, "must be a number, got '0.9'"),
    ],
)
def test_a_target_that_cannot_be_one_is_named_with_what_was_meant(target, error, said):
    with pytest.raises(error, match=said):
        check_target(target)


@pytest.mark.parametrize("value", [True, 2.0, "2", None, np.array([2])])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(TypeError, match="batch must be an integer, got"):
        check_integer("batch", value, 1)


def test_a_whole_number_of_any_type_is_an_int_from_the_lowest_on():
    assert type(check_integer("batch", np.int32(1), 1)) is int
    with pytest.raises(ValueError, match="batch must be at least 1, got 0"):
        check_integer("batch", 0, 1)


@pytest.mark.parametrize("value", ["c", None, {}, [1], np.array([1, 2])])
def test_a_choice_that_is_none_is_named_beside_the_valid_ones(value):
    assert check_choice("rule", "a", ["a", "b"]) == "a"
    with pytest.raises(ValueError, match=r"unknown rule .*; valid: a, b$"):
        check_choice("rule", value, ["a", "b"])


def test_some_names_the_first_five_and_counts_the_rest():
    assert some("abcde") == "'a', 'b', 'c', 'd', 'e'"
    assert some("abcdefg") == "'a', 'b', 'c', 'd', 'e' and 2 more"


def test_values_that_repeat_are_named_once():
    check_unique("names", ["a", "b"])
    with pytest.raises(ValueError, match=r"^names must differ, but these repeat: 'a'$"):
        check_unique("names", ["a", "b", "a", "a"])


@pytest.mark.filterwarnings("error")
def test_metrics_are_scikit_learns_and_do_not_warn_of_classes_without_a_row():
    rng = np.random.default_rng(0)
    for _ in range(50):
        y = rng.integers(0, 5, 40)
        predicted = np.where(rng.random(40) < 0.6, y, rng.integers(0, 6, 40))
        assert METRICS["f1"](y, predicted) == f1_score(y, predicted, average="macro")
        recalls = [np.mean(predicted[y == label] == label) for label in np.unique(y)]
        assert METRICS["balanced_accuracy"](y, predicted) == pytest.approx(np.mean(recalls))
    assert METRICS["balanced_accuracy"](y, y) == balanced_accuracy_score(y, y) == 1


@pytest.mark.parametrize(("metric", "score"), [("accuracy", 0.6), ("balanced_accuracy", 1 / 3), ("f1", 0.25)])
def test_the_constant_answer_is_the_commonest_label_and_its_score(metric, score):
    label, found = constant_answer([*"aaabc"], metric)
    assert label == "a" and found == pytest.approx(score)  # f1: 2 * 0.6 * 1 / 1.6 = 0.75, of three classes


def test_labels_of_which_none_is_there_have_no_constant_answer():
    with pytest.raises(ValueError, match="holds none"):
        constant_answer(np.array([None, None], dtype=object))
