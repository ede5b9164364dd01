"""Claims about the diverse and representative query rules."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, csr_matrix
from scipy.spatial.distance import cdist
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.datasets import load_digits, make_blobs
from sklearn.svm import SVC

from active_learning._arrays import take
from active_learning.models.registry import default_model
from active_learning.strategies._clustering import in_turns, k_means, nearest_centre, nearest_rows, plus_plus
from active_learning.strategies.base import Round
from active_learning.strategies.batch import (
    annealed_margin,
    badge,
    cluster_margin,
    core_set,
    density_margin,
    diverse_margin,
    power_margin,
    typiclust,
    uncertainty,
)
from al_helpers import CLASSIC, STRATEGIES, margin

RULES = {name: rule for name, rule in STRATEGIES.items() if name not in CLASSIC}


every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


def make_round(X, y, n_labeled, batch, model=None, seed=0):
    """A round in which the first n_labeled rows carry labels."""
    rows = np.arange(len(y))
    labeled, pool = rows[:n_labeled], rows[n_labeled:]
    model = (model or default_model()).fit(take(X, labeled), y[labeled])
    return Round(model, X, labeled, y[labeled], pool, batch, np.random.default_rng(seed))


def digits(batch=10, n=400, **options):
    data = load_digits()
    return make_round(data.data[:n] / 16, data.target[:n], 40, batch, **options)


class Uncertain:
    """A classifier whose first feature is the probability of the second class."""

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        p = np.asarray(X)[:, 0]
        return np.column_stack([1 - p, p])


@every_rule
@pytest.mark.parametrize("batch", [1, 2, 10, 359, 360])
def test_every_rule_queries_as_many_distinct_pool_rows_as_asked(rule, batch):
    round = digits(batch)
    queried = rule(round)
    assert len(queried) == len(set(queried.tolist())) == batch
    assert np.isin(queried, round.pool).all()


@every_rule
def test_every_rule_repeats_itself_with_the_same_seed(rule):
    assert rule(digits(seed=3)).tolist() == rule(digits(seed=3)).tolist()


@every_rule
@pytest.mark.parametrize("distinct", [1, 3, 60])
def test_every_rule_survives_few_distinct_rows_and_constant_columns(rule, distinct):
    rng = np.random.default_rng(0)
    X = np.hstack([rng.normal(size=(distinct, 3)), np.ones((distinct, 2))])[np.arange(60) % distinct]
    y = np.arange(60) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        queried = rule(make_round(X, y, 10, batch=20))
    assert len(set(queried.tolist())) == 20


@every_rule
def test_every_rule_survives_rows_of_zeros(rule):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(set(rule(make_round(np.zeros((30, 4)), np.arange(30) % 3, 6, batch=7)).tolist())) == 7


@every_rule
def test_every_rule_queries_the_same_rows_of_a_frame_as_of_an_array(rule):
    array = digits()
    frame = digits()
    frame = replace(frame, X=pd.DataFrame(frame.X))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X has feature names")
        assert rule(array).tolist() == rule(frame).tolist()


@pytest.mark.parametrize("kind", [csr_array, csr_matrix])  # scipy's two, whose sums are of two kinds
@pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES.values() if "dense" not in rule.requirements],
    ids=lambda rule: rule.__name__,
)
def test_rules_without_need_of_dense_rows_buy_the_same_rows_of_a_sparse_matrix(rule, kind):
    data = load_digits()
    sparse = make_round(kind(data.data[:400] / 16), data.target[:400], 40, 10)
    assert rule(digits()).tolist() == rule(sparse).tolist()


@pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES.values() if "proba" not in rule.requirements],
    ids=lambda rule: rule.__name__,
)
def test_rules_without_need_of_probabilities_work_with_a_decision_function(rule):
    assert len(set(rule(digits(model=SVC())).tolist())) == 10


@every_rule
def test_every_rule_works_on_two_classes_and_string_labels(rule):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 3))
    assert len(set(rule(make_round(X, np.where(X[:, 0] > 0, "yes", "no"), 20, 5)).tolist())) == 5


@every_rule
def test_every_rule_ignores_noise_of_the_size_that_machines_differ_by(rule):
    """A classifier shifted by 1e-9, and equal rows many times over: the ties are structural."""
    data = load_digits()
    X, y = np.vstack([data.data[:100]] * 4) / 16, np.tile(data.target[:100], 4)
    plain, moved = make_round(X, y, 40, 10), make_round(X, y, 40, 10)
    noise = np.random.default_rng(0).normal(size=moved.model.coef_.shape)
    moved.model.coef_ = moved.model.coef_ + 1e-9 * noise
    assert rule(plain).tolist() == rule(moved).tolist()


def test_diverse_margin_queries_one_row_of_each_group_of_uncertain_rows():
    group = np.repeat([0, 10, 20], 10)
    X = np.column_stack([np.full(31, 0.5), np.append(group, 0) + np.linspace(0, 1, 31), np.zeros(31)])
    round = make_round(X, np.append(np.zeros(30, int), 1)[::-1], 1, batch=3, model=Uncertain())
    assert sorted(round.X[diverse_margin(round), 1] // 10) == [0, 1, 2]


def test_diverse_margin_chooses_among_the_ten_batches_of_smallest_margin():
    round = digits(batch=3)
    order = np.argsort(-round.margins(), kind="stable")
    assert set(diverse_margin(round)) <= set(round.pool[order[:30]])


def test_diverse_margin_with_the_whole_pool_as_candidates_matches_scikit_learn_on_clear_clusters():
    rng = np.random.default_rng(0)
    X = np.repeat(np.eye(5) * 50, 8, axis=0) + rng.normal(size=(40, 5))
    A, weights = X, rng.random(40) + 0.1
    oracle = KMeans(5, n_init=10, random_state=0).fit(A, sample_weight=weights).cluster_centers_
    own = k_means(A, 5, np.random.default_rng(0), weights)
    np.testing.assert_allclose(np.sort(own, axis=0), np.sort(oracle, axis=0))
    assert set(nearest_rows(A, own)) == set(cdist(A, oracle).argmin(axis=0))


def test_annealed_margin_looks_at_half_the_pool_with_two_labels_per_class_and_at_less_later():
    for n_labeled, share in ((20, 1 / 2), (50, 1 / 5)):
        data = load_digits()
        round = make_round(data.data[:400] / 16, data.target[:400], n_labeled, 2)
        per_class = n_labeled / len(np.unique(round.y))
        assert per_class == pytest.approx(1 / share)
        order = np.argsort(-round.margins(), kind="stable")
        assert set(annealed_margin(round)) <= set(round.pool[order[: int(len(round.pool) * share)]])


def test_k_means_weights_pull_the_centre():
    centre = k_means(np.array([[0.0], [1.0]]), 1, np.random.default_rng(0), np.array([1.0, 3.0]))
    assert centre == pytest.approx(0.75)


def test_k_means_ends_where_each_centre_is_the_mean_of_the_rows_nearest_to_it():
    A = np.random.default_rng(0).random((200, 2))  # without clusters, so that one step is never enough
    centres = k_means(A, 6, np.random.default_rng(0), tries=1, rounds=200)
    cluster = nearest_centre(A, centres)
    means = [A[cluster == c].mean(axis=0) for c in range(6)]
    assert centres == pytest.approx(np.array(means))


def test_k_means_keeps_the_tightest_of_its_runs():
    A = np.random.default_rng(0).normal(size=(60, 2)) + 100
    for seed in range(20):
        centres = k_means(A, 6, np.random.default_rng(seed), tries=8)
        rng = np.random.default_rng(seed)  # the seeds are drawn before any run, so chance is the same
        singles = [k_means(A, 6, rng, tries=1) for _ in range(8)]
        cost = [cdist(A, own).min(axis=1) @ cdist(A, own).min(axis=1) for own in [centres, *singles]]
        assert cost[0] == pytest.approx(min(cost[1:]))


def test_nearest_rows_gives_each_centre_a_row_of_its_own():
    assert nearest_rows(np.array([[0.0], [1.0], [5.0]]), np.zeros((3, 1))).tolist() == [0, 1, 2]


def test_plus_plus_never_draws_a_copy_while_new_rows_are_left():
    A = np.repeat(np.arange(4.0), 25)[:, None]
    for seed in range(50):
        drawn = plus_plus(lambda j: (A - A[j])[:, 0] ** 2, 4, 0, np.random.default_rng(seed))
        assert sorted(A[drawn, 0]) == [0, 1, 2, 3]


def test_plus_plus_draws_in_proportion_to_weight_times_squared_distance():
    A, weights = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 1.0])
    second = [
        plus_plus(lambda j: (A - A[j]) ** 2, 2, 0, np.random.default_rng(s), weights)[1] for s in range(4000)
    ]
    assert np.mean(np.array(second) == 1) == pytest.approx(3 / 7, abs=0.03)


def test_in_turns_matches_a_hand_worked_case():
    turns = in_turns(np.array([0, 0, 0, 1, 1]), np.array([1, 0]), np.array([2, 0, 1, 1, 0]))
    assert turns.tolist() == [4, 1, 3, 2, 0]


def test_cluster_margin_queries_small_clusters_first():
    lonely = [[0.5, 100.0], [0.5, -100.0]]
    X = np.vstack([[[0.5, 0.0]], lonely, np.column_stack([np.full(18, 0.5), np.linspace(0, 1e-3, 18)])])
    round = make_round(X, np.arange(21) % 2, 1, batch=2, model=Uncertain())
    for seed in range(10):
        assert {1, 2} == set(cluster_margin(replace(round, rng=np.random.default_rng(seed))).tolist())


@pytest.mark.parametrize("seed", range(6))
def test_cluster_margin_queries_from_different_clusters_and_the_smallest_first(seed):
    """Against another program's average linkage of the 10 x batch rows of smallest margin."""
    X, y = make_blobs(300, 3, centers=4, cluster_std=3.0, random_state=seed)
    round = make_round(X, y, 40, batch=8, seed=seed)
    scores = margin(round.model.predict_proba(X[round.pool]))
    near = round.pool[np.argsort(-scores, kind="stable")[:80]]
    cluster = AgglomerativeClustering(40, linkage="average").fit_predict(X[near])
    sizes = np.bincount(cluster)
    queried = cluster[[list(near).index(row) for row in cluster_margin(round)]]
    assert len(set(queried)) == 8
    assert sorted(sizes[queried]) == sorted(sizes)[:8]


def test_cluster_margin_draws_the_row_of_a_cluster_by_chance():
    X, y = make_blobs(300, 3, centers=4, cluster_std=3.0, random_state=0)
    round = make_round(X, y, 40, batch=120)  # of 130 clusters of 260 rows: some of two rows or more
    draws = {tuple(sorted(cluster_margin(replace(round, rng=np.random.default_rng(s))))) for s in range(5)}
    assert len(draws) > 1


def naive_badge(round):
    """k-means++ on the gradient embeddings, written out."""
    X, P = np.asarray(round.X)[round.pool], round.model.predict_proba(round.X[round.pool])
    R = P - np.eye(P.shape[1])[P.argmax(axis=1)]
    G = np.stack([np.outer(r, np.append(x, 1)).ravel() for r, x in zip(R, X, strict=True)])
    chosen = [int(np.linalg.norm(G, axis=1).argmax())]
    while len(chosen) < round.batch:
        nearest = (cdist(G, G[chosen]) ** 2).min(axis=1)
        total = np.cumsum(nearest)
        chosen.append(int(np.searchsorted(total, round.rng.random() * total[-1], side="right")))
    return round.pool[chosen]


@pytest.mark.parametrize("seed", range(5))
def test_badge_matches_the_materialised_embedding(seed):
    assert badge(digits(seed=seed)).tolist() == naive_badge(digits(seed=seed)).tolist()


def test_badge_never_draws_a_copy_while_new_rows_are_left():
    """Also where the model is nearly certain, so that all gradients are small."""
    X = np.vstack([np.repeat([[0.45], [0.46], [0.47], [0.48]], 25, axis=0) / 100, [[0.0], [1.0]]])[::-1]
    for seed in range(20):
        queried = badge(make_round(X, np.arange(102) % 2, 2, 4, model=Uncertain(), seed=seed))
        assert len(np.unique(X[queried])) == 4


def naive_core_set(round):
    centres, chosen = list(round.labeled), []
    for _ in range(round.batch):
        distance = {row: min(np.sum((round.X[row] - round.X[c]) ** 2) for c in centres) for row in round.pool}
        chosen.append(max(round.pool, key=lambda row: (distance[row], -row)))
        centres.append(chosen[-1])
    return np.array(chosen)


def test_core_set_matches_a_naive_greedy():
    assert core_set(digits(batch=40, n=150)).tolist() == naive_core_set(digits(batch=40, n=150)).tolist()


def test_core_set_does_not_lose_small_distances_beside_a_large_offset():
    X = np.array([[0.0], [1.0], [3.0], [2.0]]) + 1e7
    assert core_set(make_round(X, np.array([0, 1, 0, 1]), 2, 1, model=Uncertain())).tolist() == [2]


def test_typiclust_queries_the_middle_of_clusters_without_labels():
    blob = np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [3, 3]]) / 10
    X = np.vstack([blob + centre for centre in ([0, 0], [50, 0], [0, 50])])
    y = np.arange(18) % 2
    for seed in range(10):
        queried = typiclust(make_round(X, y, 1, 2, model=Uncertain(), seed=seed))
        assert set(queried.tolist()) <= {6, 7, 8, 9, 10, 12, 13, 14, 15, 16} and len(set(queried // 6)) == 2


def test_typiclust_does_not_look_at_the_model():
    round = digits()
    assert typiclust(digits()).tolist() == typiclust(replace(round, model=None)).tolist()


def test_power_margin_draws_in_proportion_to_uncertainty():
    X = np.array([[0.5], [0.5], [0.25]])  # uncertainty of the pool: 1 and 0.5
    first = [
        power_margin(make_round(X, np.array([0, 1, 1]), 1, 1, model=Uncertain(), seed=s))[0]
        for s in range(3000)
    ]
    assert np.mean(np.array(first) == 1) == pytest.approx(2 / 3, abs=0.03)


def test_density_margin_matches_the_pool_by_pool_matrix():
    round = digits(batch=5)
    A = round.X[round.pool] / np.linalg.norm(round.X[round.pool], axis=1, keepdims=True)
    scores = (1 + margin(round.model.predict_proba(round.X[round.pool]))) * (A @ A.T).mean(axis=1)
    assert density_margin(round).tolist() == round.pool[np.argsort(-scores)[:5]].tolist()


def test_uncertainty_is_one_minus_the_gap_of_probabilities():
    np.testing.assert_allclose(uncertainty(np.array([-0.2, -1.0, 0.0])), [0.8, 0.0, 1.0])


def test_uncertainty_of_a_decision_function_lies_between_0_and_1():
    np.testing.assert_allclose(uncertainty(np.array([-4.0, -1.0, 0.0])), [0.0, 0.75, 1.0])


@every_rule
@pytest.mark.parametrize("left", [1, 2, 3])
def test_every_rule_queries_one_row_of_a_pool_that_is_nearly_empty(rule, left):
    round = digits(1)
    assert len(rule(replace(round, pool=round.pool[:left]))) == 1


def test_cluster_margin_takes_three_rows_for_one_cluster():
    X = np.array([[0.5, 0.0], [0.5, 0.0], [0.5, 1.0], [0.5, 9.0]])
    round = make_round(X, np.arange(4) % 2, 1, batch=1, model=Uncertain())
    drawn = {cluster_margin(replace(round, rng=np.random.default_rng(seed)))[0] for seed in range(30)}
    assert drawn == {1, 2, 3}


def test_typiclust_queries_typical_rows_where_all_labels_lie_far_away():
    """Clusters of labels hold no row to query; those of the pool begin with their least typical row."""
    blob = np.array([[3, 3], [0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]]) / 10
    X = np.vstack([[[900, 0], [0, 900], [900, 900]], blob, np.add(blob, [50, 0])])
    for seed in range(5):
        queried = typiclust(make_round(X, np.arange(15) % 2, 3, 2, model=Uncertain(), seed=seed))
        assert not {3, 9} & set(queried.tolist())


def test_typiclust_queries_from_the_largest_of_the_clusters_without_labels():
    X = np.vstack([np.zeros((2, 2)), np.tile([9.0, 0.0], (5, 1)), np.tile([0.0, 9.0], (30, 1))])
    for seed in range(10):
        queried = typiclust(make_round(X, np.arange(37) % 2, 2, 1, model=Uncertain(), seed=seed))
        assert X[queried].tolist() == [[0.0, 9.0]]


def test_badge_takes_equal_rows_far_from_the_origin_as_equal():
    """Their squared distances are the rest of numbers of 1e12, and 0 but for rounding."""
    rng = np.random.default_rng(0)
    far = 1e6 * rng.normal(size=7) * (1 + 1e-9 * rng.normal(size=(10, 1)))
    X, y = np.vstack([rng.normal(size=(20, 7)), far]), np.append(np.arange(20) % 2, np.zeros(10, int))

    class Half(Uncertain):
        def predict_proba(self, X):
            return np.full((len(X), 2), 0.5)

    queried = [badge(make_round(X, y, 20, 3, model=Half(), seed=seed)).tolist() for seed in range(5)]
    assert queried == [queried[0]] * 5  # as all are 0, nothing is drawn in proportion to them
