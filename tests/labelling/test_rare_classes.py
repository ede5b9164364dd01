"""Classes of two or three labels: every sub-command works, and scikit-learn warns of nothing."""

import warnings

import numpy as np
import pandas as pd
import pytest

from active_learning.cli.jobs import report_job
from active_learning.cli.parser import parse

OPTIONS = {"study": ["--splits", "2", "--jobs", "1"], "score": ["--given", "random"]}  # audit rows score


def write_table(path, labels, n_pool=60):
    rng, (codes, classes) = np.random.default_rng(0), pd.factorize(np.array(labels))
    X = rng.normal(size=(len(labels) + n_pool, 3))
    X[:, 0] += [*codes, *rng.integers(len(classes), size=n_pool)]
    frame = pd.DataFrame(X, columns=[*"abc"]).assign(y=[*labels, *[""] * n_pool])
    frame.sample(frac=1, random_state=0).to_csv(path, index=False)


THREE_OF_ONE = ["a"] * 40 + ["b"] * 25 + ["c"] * 3
TWO_OF_TWO = ["a"] * 30 + ["b"] * 30 + ["c"] * 2 + ["d"] * 2


@pytest.mark.parametrize(
    "command, labels",
    [
        ("suggest", THREE_OF_ONE),
        ("score", THREE_OF_ONE),
        ("forecast", THREE_OF_ONE),
        pytest.param("suggest", TWO_OF_TWO, marks=pytest.mark.slow),
        pytest.param("forecast", TWO_OF_TWO, marks=pytest.mark.slow),
        pytest.param("study", THREE_OF_ONE, marks=pytest.mark.slow),
        pytest.param("study", TWO_OF_TWO, marks=pytest.mark.slow),
    ],
    ids=lambda value: value if isinstance(value, str) else str(len(value)),
)
def test_a_class_of_two_or_three_labels_makes_scikit_learn_warn_of_nothing(tmp_path, command, labels):
    write_table(tmp_path / "t.csv", labels)
    typed = [command, str(tmp_path / "t.csv"), "--label-column", "y", *OPTIONS.get(command, [])]
    with warnings.catch_warnings(action="error"):
        assert report_job(parse(typed)[1])
