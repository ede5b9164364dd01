"""Claims about what the first 50 labels say: what is seen, what it predicts, and where it is told."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.forecast import outlook as module
from active_learning.forecast.outlook import HELD, QUESTIONS, _flip_p, left_out, outlook, seen_with
from active_learning.models.registry import default_model

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def rows(n, gap, seed=0):
    """n rows of two classes in the plane, `gap` apart, and as many without a label."""
    rng = np.random.default_rng(seed)
    y = np.arange(2 * n) % 2
    X = rng.normal(size=(2 * n, 2)) + gap * y[:, None]
    return X[:n], y[:n], X[n:]


def test_classes_far_apart_are_seen_as_learnt_and_sure():
    seen = seen_with(default_model(), *rows(50, 20))
    assert (seen["score"], seen["slope"], seen["majority"]) == (1, 0, 0.5)
    assert seen["unstable"] == seen["trees_differ"] == seen["neighbours_differ"] == 0
    assert seen["close"] < 0.1


def test_labels_that_say_nothing_are_seen_as_noise():
    seen = seen_with(default_model(), *rows(50, 0))
    assert seen["score"] < 0.7 and seen["unstable"] > 0.2 and seen["neighbours_differ"] > 0.3
    assert seen["close"] > 0.5


def test_flip_p_counts_all_signs():
    for differences in ([3, -1, 2, 0, 5], [1, 1, 1, 1], [0, 0], [-4, 2, 2]):
        sums = [np.dot(signs, differences) for signs in itertools.product((-1, 1), repeat=len(differences))]
        assert _flip_p(differences) == pytest.approx(np.mean(np.abs(sums) >= abs(sum(differences))))


@pytest.fixture(scope="module")
def table():
    return al.read_map()


def test_what_is_said_of_a_data_set_does_not_depend_on_its_own_answer(table):
    question = [*QUESTIONS][2]
    before = left_out(question, table)
    name = before.index[0]
    own = (table["data_set"] == name) & (table["rule"] == "twice_random")
    changed = left_out(question, table.assign(gain=table["gain"].where(~own, -table["gain"] - 0.5)))
    assert changed.loc[name, "said"] == before.loc[name, "said"]
    assert not changed.loc[name, "answer"] and before.drop(name)["answer"].equals(
        changed.drop(name)["answer"]
    )


def test_what_holds_is_derived_from_the_map(table):
    found = module.when_it_pays(table)
    print(found.round(4).to_string())
    assert tuple(found.loc[found["p_value"] <= 0.05, "question"]) == HELD
    assert (found["n_sets"] > 40).all() and (found["commonest"] >= 0.5).all()


def test_a_table_that_is_no_map_is_refused():
    with pytest.raises(ValueError, match="rows of read_map"):
        module.when_it_pays(pd.DataFrame({"a": [1]}))


def test_part_of_the_map_gives_numbers_or_nan_where_too_few_sets_are_left_to_learn_from(table):
    texts = module.when_it_pays(table[table["kind"] == "text"])
    assert texts["right"].between(0, 1).all() and (texts["n_sets"] < 40).all()
    for part in (table[table["data_set"] == "digits"], table.query("rule == 'margin' and n == 100")):
        found = module.when_it_pays(part)
        assert found[["right", "p_value"]].isna().all(axis=None) and (found["n_sets"] <= 1).all()
    with pytest.raises(ValueError, match=r"with the columns .*low"):
        module.when_it_pays(table.drop(columns="low"))


def labelled(n, classes=2, rare=0):
    """A table of 300 rows of which n have a label; of the last class `rare` of them."""
    rng = np.random.default_rng(1)
    y = rng.integers(classes, size=300)
    frame = pd.DataFrame(rng.normal(size=(300, 3)) + y[:, None], columns=["a", "b", "c"])
    shown = y.astype(str).astype(object)
    shown[:rare] = "rare"
    shown[n:] = ""
    return al.load_table(frame.assign(y=shown), "y")


def test_a_table_with_fifty_labels_is_told_of_sets_that_looked_like_it():
    sentences = outlook(labelled(60))
    assert len(sentences) == len(HELD)
    for sentence, question in zip(sentences, HELD, strict=True):
        assert sentence.startswith("On ") and sentence.endswith(f"with 50 labels, {question}.")
        so, of = (int(word) for word in sentence.split()[1:4:2])
        assert 0 <= so <= of


@pytest.mark.parametrize(
    ("table", "model"),
    [
        (labelled(49), None),
        (labelled(101), None),
        (labelled(50, rare=1), None),
        (labelled(100, classes=14), None),
        (labelled(60), "extra_trees"),
    ],
    ids=["too few", "too many", "a class with one", "too many classes", "another classifier"],
)
def test_a_table_that_early_csv_does_not_speak_for_is_told_nothing(table, model):
    assert outlook(table, model) == []


def test_a_row_of_early_csv_comes_out_again(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import map_early

    dataset = al.load_dataset("breast_cancer")
    seen = map_early.seen_by(dataset, default_model(), 0)
    known = pd.read_csv(module.EARLY).query("data_set == 'breast_cancer' and user == 0").iloc[0]
    assert {name: round(value, 4) for name, value in seen.items()} == pytest.approx(
        dict(known[[*seen]]), abs=2e-4
    )
    for name in ("map", "map_sources", "map_candidates", "map_early"):
        sys.modules.pop(name, None)
