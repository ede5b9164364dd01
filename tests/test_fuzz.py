"""Claims about odd input: generated calls (tests/fuzz.py) give a right result or a documented error."""

import pytest
from fuzz import fuzz


def check(n, first):
    outcomes, faults = fuzz(n, first)
    ways = {
        way: sum(k for (_, outcome), k in outcomes.items() if outcome == way) for way in ("worked", "refused")
    }
    print(f"{n} generated calls of {len({name for name, _ in outcomes})} functions: {ways}")
    assert faults == {}
    assert sum(ways.values()) == n


def test_generated_calls_end_in_a_result_or_a_documented_error():
    check(100, first=0)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 11_000, 1000))
def test_ten_thousand_generated_calls_end_in_a_result_or_a_documented_error(first):
    check(1000, first)
