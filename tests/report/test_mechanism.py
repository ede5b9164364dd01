"""Claims about which rows a rule queries: hand-worked batches, and an independent count."""

import numpy as np
import pytest

import al_helpers as al
from active_learning.report.analysis import query_facts

X = np.array([[0.0, 0], [3, 4], [0, 1], [10, 0], [10, 2], [50, 50]])
LINE = al.Dataset("by hand", X, np.array([0, 0, 1, 1, 2, 2]))
HARD = np.array([True, False, False, True, True, False])


def queried(*rows):
    return al.History(np.array([2]), np.array([0.5]), np.array(rows))


def test_query_facts_match_a_case_worked_by_hand():
    """Batches of two: (0, 1) is 5 apart and of one class, (3, 4) 2 apart and of two; row 5 fills no batch."""
    facts = query_facts({("margin", 7): queried(0, 1, 3, 4, 5)}, LINE, HARD, batch=2)
    assert facts.to_dict("records") == [
        {"strategy": "margin", "split": 7, "hard": 3 / 4, "classes": 1.5, "distance": 3.5}
    ]


def test_query_facts_look_at_the_first_rounds_alone():
    facts = query_facts({("margin", 0): queried(0, 1, 3, 4)}, LINE, HARD, batch=2, rounds=1)
    assert facts.loc[0, ["hard", "classes", "distance"]].tolist() == [0.5, 1, 5]


def test_distance_is_to_the_nearest_other_row_of_the_batch():
    facts = query_facts({("a", 0): queried(0, 2, 3)}, LINE, HARD, batch=3)
    assert facts["distance"].item() == pytest.approx((1 + 1 + 10) / 3)
