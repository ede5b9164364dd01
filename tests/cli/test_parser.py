"""Claims about the command's options."""

from examples import run_quick

import al_helpers as al
from active_learning._names import STRATEGIES
from active_learning.datasets.bundled import DATASETS
from active_learning.models.registry import CLASSIFIERS


def test_help_shows_every_option_and_examples(capsys):
    code, out, _ = run_quick(capsys, "--help")
    assert code == 0 and "examples" in out
    options = "dataset classifier target-acc strategies batch budget splits seed hold jobs json version"
    assert all(f"--{option}" in out for option in options.split())
    assert all(name in out for name in [*CLASSIFIERS, *al.STRATEGIES, *DATASETS, "all"])


def test_the_strategies_that_help_calls_the_default_are_measured_by_default():
    assert STRATEGIES[:5] == (*al.CLASSIC, al.RECOMMENDED)
