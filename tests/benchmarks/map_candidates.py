"""Rules that were tried for the recommendation, beside those that the project offers."""

from dataclasses import replace
from functools import partial

import numpy as np

import al_helpers as al


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
