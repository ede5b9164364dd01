"""The first notebook's data and its claims, recomputed."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import al_helpers as al
from active_learning.models.registry import default_model

WALKTHROUGH = LogisticRegression(random_state=42, max_iter=2000)


@pytest.fixture(scope="module")
def dataset():
    return al.load_dataset("synthetic")


@pytest.fixture(scope="module")
def split(dataset):
    y = dataset.y
    rest, test = train_test_split(np.arange(len(y)), test_size=0.1, stratify=y, random_state=42)
    seed, pool = train_test_split(rest, test_size=0.9, stratify=y[rest], random_state=42)
    return al.Split(seed, pool, test)


def run(dataset, split, strategy="least_confidence", batch=1, **settings):
    settings = {"model": WALKTHROUGH, "budget": 110} | settings
    return al.run_loop(dataset, split, strategy, batch=batch, **settings)


def test_synthetic_is_the_published_data_set(dataset):
    settings = dict(n_samples=1000, n_features=10, n_informative=5, n_redundant=0, n_classes=2)
    X, y = make_classification(**settings, n_clusters_per_class=1, flip_y=0.1, random_state=42)
    np.testing.assert_array_equal(dataset.X, X)
    np.testing.assert_array_equal(dataset.y, y)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"n_samples": 0}, "n_samples must be at least 2, got 0"),
        ({"n_samples": 2.5}, "n_samples must be an integer, got 2.5"),
        ({"n_samples": True}, "n_samples must be an integer, got True"),
        ({"n_samples": 2, "n_classes": 3}, "n_samples must be at least 3, got 2"),
        ({"n_classes": 1}, "n_classes must be at least 2, got 1"),
        ({"n_features": 3}, "n_features=3 is too few for 5 informative"),
        ({"n_informative": 20}, "n_informative=20"),
        ({"n_clusters_per_class": 40}, "n_clusters_per_class=40"),
        ({"flip_y": 2}, "flip_y=2"),
        ({"flip_y": float("nan")}, "flip_y=nan"),
        ({"class_sep": -1}, "class_sep=-1"),
        ({"weights": [2, -1]}, r"at least 0 that sum to at most 1, got \[2, -1\]"),
        ({"weights": [1, 0], "flip_y": 0}, "without a single point"),
        ({"weights": [0.2, 0.3, 0.5]}, r"weights=\[0.2, 0.3, 0.5\]"),
        ({"scale": [1, 2]}, r"scale=\[1, 2\]"),
        ({"random_state": "a"}, "random_state='a'"),
        ({"flipy": 0.1}, "flipy=0.1"),
        ({"return_X_y": False}, "return_X_y"),
    ],
)
def test_synthetic_rejects_impossible_settings_and_names_the_value(settings, named):
    with pytest.raises((TypeError, ValueError), match=named) as caught:
        al.load_dataset("synthetic", **settings)
    assert "\n" not in str(caught.value).strip()


def test_synthetic_with_more_points_is_another_data_set_not_more_of_the_same():
    """Why the notebook draws new data sets for its large test sets, and says so."""
    small, large = (al.load_dataset("synthetic", n_samples=n, flip_y=0) for n in (1_000, 11_000))
    border = WALKTHROUGH.fit(small.X, small.y)
    assert border.score(large.X, large.y) < border.score(small.X, small.y) - 0.1


def test_walkthrough_goes_from_88_to_91_percent(dataset, split):
    assert split.sizes == {"seed": 90, "pool": 810, "test": 100}
    history = run(dataset, split)
    assert history.accuracy[[0, -1]].round(2).tolist() == [0.88, 0.91]
    assert history.n_labels.tolist() == list(range(90, 111))


def test_loop_by_hand_equals_run_loop_when_the_pool_runs_dry(dataset, split):
    small = al.Split(split.seed, split.pool[:7], split.test)
    labeled, unlabeled, accuracies = list(small.seed), sorted(small.pool), []
    while True:
        WALKTHROUGH.fit(dataset.X[labeled], dataset.y[labeled])
        accuracies.append(WALKTHROUGH.score(dataset.X[small.test], dataset.y[small.test]))
        if not unlabeled:
            break
        doubt = 1 - WALKTHROUGH.predict_proba(dataset.X[unlabeled]).max(axis=1)
        labeled.append(unlabeled.pop(doubt.argmax()))
    history = run(dataset, small)
    assert history.queried.tolist() == labeled[90:]
    assert history.accuracy.tolist() == accuracies


def test_walkthrough_ends_above_nearly_all_random_draws(dataset, split):
    ends = [run(dataset, split, "random", batch=20, random_state=i).accuracy[-1] for i in range(60)]
    assert np.mean(np.round(ends, 6) < 0.91) > 0.9
    assert abs(np.mean(ends) - 0.88) < 0.01


def test_walkthrough_gain_is_gone_when_the_model_is_solved_precisely(dataset, split):
    default, precise = run(dataset, split), run(dataset, split, model=default_model())
    assert precise.accuracy[-1].round(2) == 0.87
    assert precise.queried[0] == default.queried[0]
    assert precise.queried[1] != default.queried[1]


def test_chosen_labels_beat_random_ones_on_new_data():
    differences = []
    for number in range(40):
        data = al.load_dataset("synthetic", n_samples=5_000, random_state=number)
        start = al.split_dataset(data.y, seed_per_class=45, test_size=4_100, random_state=number)
        active = run(data, start, model=default_model()).accuracy[-1]
        chance = run(data, start, "random", batch=20, model=default_model()).accuracy[-1]
        differences.append(100 * (active - chance))
    low, high = al.bootstrap_interval(differences, np.mean)
    assert 0 < low < high < 3
