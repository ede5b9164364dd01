"""Rules that were tried for the recommendation, beside those that the project offers."""

from dataclasses import replace
from functools import partial

import numpy as np
from scipy.spatial.distance import pdist

import al_helpers as al
from active_learning._arrays import as_floats, squared_distances
from active_learning.strategies.base import requires
from active_learning.strategies.batch import uncertainty


def mixed(round, rule, of_ten):
    """Buy by a rule, but `of_ten` of every 10 rows at random."""
    before = len(round.labeled)
    n_random = of_ten * (before + round.batch) // 10 - of_ten * before // 10
    if n_random == round.batch:
        return al.STRATEGIES["random"](round)
    picked = rule(replace(round, batch=round.batch - n_random))
    others = np.setdiff1d(round.pool, picked)
    return np.concatenate([picked, round.rng.choice(others, n_random, replace=False)])


def random_start(round, rule, n_labels):
    """Buy at random up to `n_labels` labels, then by a rule."""
    return al.STRATEGIES["random"](round) if len(round.labeled) < n_labels else rule(round)


margin, diverse = al.STRATEGIES["margin"], al.STRATEGIES["diverse_margin"]
CANDIDATES = {f"margin_random_{k}": partial(mixed, rule=margin, of_ten=k) for k in (1, 2, 3, 5)}
CANDIDATES |= {f"diverse_margin_random_{k}": partial(mixed, rule=diverse, of_ten=k) for k in (2, 5)}
CANDIDATES["margin_start_30"] = partial(random_start, rule=margin, n_labels=30)
CANDIDATES["margin_start_50"] = partial(random_start, rule=margin, n_labels=50)
CANDIDATES["diverse_margin_start_50"] = partial(random_start, rule=diverse, n_labels=50)


@requires("margins", "numeric", "dense")
def uncertainty_herding(round):
    """Query, greedily, the row that adds most to the uncertainty covered (a Gaussian kernel on unit rows).

    The kernel's width is the least distance between two labelled rows; the uncertainty is that of the margin.
    As in the authors' program, but without their temperature scaling. Bae, Oliveira & Sutherland 2025.
    """
    A = as_floats(round.X, np.concatenate([round.pool, round.labeled]))
    A = A / np.maximum(np.linalg.norm(A, axis=1, keepdims=True), 1e-12)
    (pool, labeled), weights = np.split(A, [len(round.pool)]), uncertainty(round.margins())
    between = pdist(labeled)
    width = between[between > 1e-6].min(initial=np.sqrt(2))
    kernel = np.exp(-squared_distances(pool, pool) / width**2)
    covered = np.exp(-squared_distances(pool, labeled) / width**2).max(axis=1)
    adds, chosen = np.maximum(kernel - covered, 0) @ weights, []
    while len(chosen) < round.batch:  # what a row adds never grows, so few are computed anew
        best, fresh = int(np.argmax(adds)), -1
        while best != fresh:
            adds[best] = np.maximum(kernel[best] - covered, 0) @ weights
            best, fresh = int(np.argmax(adds)), best
        chosen.append(best)
        adds[best], covered = -np.inf, np.maximum(covered, kernel[best])
    return round.pool[chosen]


CANDIDATES["uncertainty_herding"] = uncertainty_herding
