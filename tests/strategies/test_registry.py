"""Claims about the registry of rules: names, needs, and what fits together."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.sparse import csr_array
from sklearn.svm import SVC

import al_helpers as al
from active_learning.models.registry import default_model
from active_learning.strategies.batch import badge, core_set, diverse_margin
from active_learning.strategies.registry import check_strategy, is_numeric, pick_strategies

RULES = {name: rule for name, rule in al.STRATEGIES.items() if name not in al.CLASSIC}


@pytest.mark.parametrize("name", al.STRATEGIES)
def test_every_rule_queries_distinct_pool_rows_and_survives_pickling(name, iris):
    split = al.split_dataset(iris.y, random_state=0)
    rule = pickle.loads(pickle.dumps(al.STRATEGIES[name]))
    queried = al.run_loop(iris, split, rule, batch=7, budget=30).queried
    assert len(queried) == len(np.unique(queried)) == 24
    assert np.isin(queried, split.pool).all()


@pytest.mark.parametrize(
    ("strategies", "error", "names"),
    [
        ("margins", ValueError, "margins.*random, least_confidence, margin, entropy"),
        (["random", "magic"], ValueError, "magic.*random"),
        ([], ValueError, "no strategy"),
        ({"mine": 3}, TypeError, "mine.*3"),
        (3, TypeError, "got 3"),
    ],
)
def test_pick_strategies_names_what_is_wrong(strategies, error, names):
    with pytest.raises(error, match=names):
        pick_strategies(strategies)


def test_check_strategy_names_the_rule_and_the_ones_that_fit():
    with pytest.raises(ValueError, match=r"\'badge' needs predict_proba.*diverse_margin"):
        check_strategy("badge", badge, SVC(), np.zeros((4, 2)))
    with pytest.raises(ValueError, match=r"\'diverse_margin' needs dense.*badge"):
        check_strategy("diverse_margin", diverse_margin, default_model(), csr_array((4, 2)))
    with pytest.raises(ValueError, match=r"\'core_set' needs numeric.*power_margin"):
        check_strategy("core_set", core_set, default_model(), pd.DataFrame({"a": ["x", "y"]}))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_check_strategy_accepts_what_every_rule_accepts(rule):
    check_strategy(rule.__name__, rule, default_model(), np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("X", "numeric"),
    [
        (np.eye(2), True),
        (np.eye(2, dtype=bool), True),
        (np.array([[1.0, np.nan]]), False),
        (np.array([["1", "2"]]), False),
        (np.array([[1, 2]], dtype=object), False),
        (sparse.csr_array(np.eye(2)), True),
        (sparse.csr_array(np.array([[1.0, np.nan]])), False),
        (pd.DataFrame({"a": [1], "b": [0.5]}), True),
        (pd.DataFrame({"a": [1], "b": ["x"]}), False),
        (pd.DataFrame({"a": [1], "b": [np.nan]}), False),
    ],
)
def test_a_rule_that_measures_distances_asks_for_numbers_without_gaps(X, numeric):
    assert is_numeric(X) == numeric
