"""The data sets by name: what each is, alike on every machine, and honest about wrong labels."""

import time

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

import al_helpers as al
from active_learning.datasets.bundled import DATASETS, read_docstrings, wrong_labels
from active_learning.models.registry import default_model

MADE = ["digits_wrong_10", "digits_wrong_20", "unbalanced", "docstrings", "many_classes"]


@pytest.mark.parametrize("name", MADE)
def test_a_made_data_set_loads_in_under_two_seconds(name):
    started = time.process_time()
    dataset = al.load_dataset(name)
    assert time.process_time() - started < 2
    assert dataset.X.dtype == float and np.isfinite(dataset.X).all()


def test_every_data_set_says_what_it_is_and_how_many_rows_it_has():
    assert list(al.DESCRIPTIONS) == list(DATASETS)
    for name, line in al.DESCRIPTIONS.items():
        dataset = al.load_dataset(name)
        shares = 100 * np.unique(dataset.y, return_counts=True)[1] / len(dataset.y)
        if name == "docstrings":  # which differ a little between versions of SciPy
            assert line.startswith("1,197 ") and 1150 < len(dataset.y) < 1250
        else:
            assert "digits_wrong" in name or f"{len(dataset.y):,} " in line
        assert (
            f"{dataset.X.shape[1]} " in line
            or name.startswith("digits")
            or name in ("docstrings", "synthetic")
        )
        assert len(shares) == 10 or f"{len(shares)} " in line
        assert ("one size" in line) <= (shares.max() < 1.1 * shares.min())
    assert "85 %, 10 % and 5 %" in al.DESCRIPTIONS["unbalanced"]


def test_the_shares_that_the_descriptions_name_are_theirs():
    shares = {n: np.unique(al.load_dataset(n).y, return_counts=True)[1] for n in ("unbalanced", "docstrings")}
    assert shares["unbalanced"].tolist() == [2550, 300, 150]
    rounded = np.round(100 * shares["docstrings"] / shares["docstrings"].sum())
    assert (rounded.min(), rounded.max()) == (13, 22)


@pytest.mark.parametrize(("name", "wrong"), [("digits_wrong_10", 180), ("digits_wrong_20", 359)])
def test_wrong_digits_are_digits_with_that_many_wrong_labels(digits, name, wrong):
    noisy = al.load_dataset(name)
    assert np.array_equal(noisy.X, digits.X) and np.array_equal(noisy.evaluation_labels, digits.y)
    assert np.count_nonzero(noisy.y != noisy.clean_labels) == wrong
    assert set(noisy.y[noisy.y != noisy.clean_labels]) == set(range(10))


def test_wrong_labels_are_queried_and_test_rows_are_compared_with_clean_labels(iris):
    """With every label wrong, a model that repeats the commonest one is measured on the right ones."""
    swapped = np.where(iris.y == 0, 1, np.where(iris.y == 1, 0, iris.y))
    noisy = al.Dataset("swapped", iris.X, swapped, clean_labels=iris.y)
    split = al.Split([0, 1, 2, 50], np.arange(60, 90), np.arange(10, 40))  # seed: 1 thrice; test: truly all 0
    settings = dict(model=DummyClassifier(strategy="most_frequent"), budget=4)
    assert al.run_loop(noisy, split, "random", **settings).accuracy.tolist() == [0.0]
    both_wrong = al.Dataset("both", iris.X, swapped)  # the other reading: wrong labels in the test set too
    assert al.run_loop(both_wrong, split, "random", **settings).accuracy.tolist() == [1.0]


def test_label_spreading_is_compared_with_clean_labels_whatever_they_are_called(iris):
    words = np.array(["setosa", "versicolor", "virginica"])
    split = al.split_dataset(iris.y, random_state=0)
    noisy = al.Dataset("noisy", iris.X, wrong_labels(iris.y, 0.1), clean_labels=iris.y)
    named = al.Dataset("named", iris.X, words[noisy.y], clean_labels=words[iris.y])
    runs = [al.run_loop(d, split, "random", model="label_spreading", budget=46) for d in (noisy, named)]
    assert runs[0].accuracy.tolist() == runs[1].accuracy.tolist()
    assert runs[0].accuracy[-1] > 0.7


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 1])
def test_exactly_the_share_asked_for_is_labelled_wrong(digits, share):
    assert np.count_nonzero(wrong_labels(digits.y, share, 3) != digits.y) == round(share * 1797)


@pytest.mark.parametrize(
    ("clean", "named"),
    [([0, 1], r"clean_labels has shape \(2,\)"), ([0, 1, 5], "clean_labels has the class 5")],
)
def test_dataset_rejects_clean_labels_that_do_not_pair_up(clean, named):
    with pytest.raises(ValueError, match=named):
        al.Dataset("bad", np.ones((3, 2)), [0, 1, 1], clean_labels=clean)


def test_docstrings_are_told_apart_by_their_words_and_not_by_their_address():
    texts, y = read_docstrings()
    assert len(set(texts)) == len(texts) == len(y)
    X = al.load_dataset("docstrings").X
    lengths = np.sqrt((X**2).sum(axis=1))
    np.testing.assert_allclose(lengths, 1, atol=1e-4)
    train = np.arange(len(y)) % 2 == 0
    score = default_model().fit(X[train], y[train]).score(X[~train], y[~train])
    assert 0.6 < score < 0.95


def test_a_text_of_topic_names_alone_has_no_features():
    from active_learning.datasets import bundled as datasets

    words = datasets.HashingVectorizer(stop_words=["scipy", *datasets.TOPICS, *datasets.COMMON])
    assert words.transform([f"{topic} from scipy.{topic}" for topic in datasets.TOPICS]).nnz == 0
