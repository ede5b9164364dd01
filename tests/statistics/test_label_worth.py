"""Claims about label_worth, on curves whose truth is known."""

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.statistics import label_worth


def score(n_labels):
    """The score that random labels reach in the mean: rising, ever more slowly, towards 0.95."""
    return 0.95 - 0.35 * (np.asarray(n_labels) / 20) ** -0.6


def runs(name, scores, n_labels, *, n_splits=5):
    """Curves of a strategy: the same scores on every split."""
    tables = [
        pd.DataFrame({"strategy": name, "split": split, "n_labels": n_labels, "accuracy": scores})
        for split in range(n_splits)
    ]
    return pd.concat(tables, ignore_index=True)


ROUNDS, POOL = np.arange(20, 301, 10), np.arange(20, 1221, 100)


def curves_of(rule, *, n_splits=5, reference=score):
    """Random and one rule, without noise; rule: n labels -> score."""
    return pd.concat(
        [
            runs("random", reference(ROUNDS), ROUNDS, n_splits=n_splits),
            runs("rule", rule(ROUNDS), ROUNDS, n_splits=n_splits),
        ]
    )


def noisy(rng, factor, n_splits, noise=0.012, between=0.02):
    """Curves of a rule that is random with `factor` times the labels, and longer ones of random."""
    luck = rng.normal(0, between, n_splits)  # of a split, shared by all that run on it

    def noisy_runs(name, factor, n_labels):
        scores = score(n_labels * factor) + luck[:, None] + rng.normal(0, noise, (n_splits, len(n_labels)))
        index = pd.MultiIndex.from_product([range(n_splits), n_labels], names=["split", "n_labels"])
        return pd.Series(scores.ravel(), index, name="accuracy").reset_index().assign(strategy=name)

    near = pd.concat([noisy_runs("random", 1, ROUNDS), noisy_runs("rule", factor, ROUNDS)])
    return near, noisy_runs("random", 1, POOL)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("n", [100, 145])
def test_a_rule_that_is_random_with_f_times_the_labels_is_worth_f(factor, n):
    row = al.label_worth(curves_of(lambda m: score(m * factor)), n).loc["rule"]
    assert row["worth"] == pytest.approx(factor, abs=0.02)  # the curve is a polygon between the rounds
    assert row["low"] == pytest.approx(row["worth"]) == pytest.approx(row["high"])
    assert row["gain"] == pytest.approx(score(n * factor) - score(n), abs=0.001)
    assert row["verdict"] == {0.5: "fewer", 1.0: "unclear", 1.5: "more", 2.0: "more"}[factor]


def test_a_rule_that_is_random_run_by_run_is_worth_exactly_one():
    near, longer = noisy(np.random.default_rng(0), 1.0, 10)
    same = near[near["strategy"] == "random"].assign(strategy="rule")
    both = pd.concat([near[near["strategy"] == "random"], same])
    row = al.label_worth(both, 100, reference_curves=longer).loc["rule"]
    assert (row["worth"], row["low"], row["high"], row["gain"]) == (1, 1, 1, 0)
    assert row["verdict"] == "unclear"


def test_worth_is_infinite_where_all_random_labels_do_not_suffice():
    curves = curves_of(lambda m: score(m) + 0.2)
    assert al.label_worth(curves, 100).loc["rule", "worth"] == np.inf
    assert al.label_worth(curves, 100).loc["rule", "verdict"] == "more"


def test_longer_curves_of_random_say_what_the_short_ones_leave_open():
    curves = curves_of(lambda m: score(m * 6))
    assert al.label_worth(curves, 100).loc["rule", "worth"] == np.inf
    row = al.label_worth(curves, 100, reference_curves=runs("random", score(POOL), POOL)).loc["rule"]
    assert row["worth"] == pytest.approx(6, rel=0.02)


def test_where_the_next_doubling_of_random_labels_gains_little_the_verdict_is_flat():
    curves = curves_of(lambda m: score(m * 1.5))
    for n in (100, 150, 200):
        end = min(2 * n, 300)  # the last round
        doubling = (score(end) - score(n)) / np.log2(end / n)
        assert al.label_worth(curves, n, flat=doubling * 1.001).loc["rule", "verdict"] == "flat"
        assert al.label_worth(curves, n, flat=doubling * 0.999).loc["rule", "verdict"] == "more"


def test_a_curve_that_does_not_rise_at_all_is_flat_and_a_label_worth_one():
    row = al.label_worth(curves_of(lambda m: 0.8 + 0 * m, reference=lambda m: 0.8 + 0 * m), 100).loc["rule"]
    assert (row["worth"], row["gain"], row["verdict"]) == (1, 0, "flat")


def test_flatness_is_not_claimed_where_random_ends_before_half_a_doubling():
    level = lambda m: 0.8 + 0 * m  # noqa: E731
    curves = curves_of(level, reference=level)
    for n, verdict in ((212, "flat"), (213, "unclear"), (290, "unclear")):  # to 300: 1.415, 1.408
        assert al.label_worth(curves, n).loc["rule", "verdict"] == verdict


def test_a_rule_whose_curve_falls_is_worth_less_than_random():
    row = al.label_worth(curves_of(lambda m: score(20) - 0.0005 * (m - 20)), 100).loc["rule"]
    assert row["worth"] == pytest.approx(20 / 100)  # below random's first round, that round counts
    assert row["gain"] == pytest.approx(score(20) - 0.04 - score(100)) and row["verdict"] == "fewer"


def test_a_random_curve_that_falls_for_a_while_is_read_as_flat_there():
    dip = lambda m: score(m) - 0.05 * (m == 150)  # noqa: E731
    row = al.label_worth(curves_of(lambda m: score(m * 1.2), reference=dip), 100).loc["rule"]
    assert np.isfinite(row["worth"]) and row["worth"] > 1


def test_rounds_that_one_split_of_the_reference_has_count_as_often_as_they_are_there():
    longer = runs("random", score(POOL), POOL, n_splits=1)
    row = al.label_worth(curves_of(lambda m: score(m * 2)), 200, reference_curves=longer).loc["rule"]
    assert row["low"] == pytest.approx(row["worth"]) == pytest.approx(row["high"])
    assert row["worth"] == pytest.approx(2, abs=0.05)


def test_the_split_of_the_reference_that_no_rule_ran_on_is_used_and_does_not_bias():
    rng = np.random.default_rng(3)
    near, longer = noisy(rng, 1.5, 40)
    paired = near[(near["strategy"] == "random") | (near["split"] < 20)]
    worth = al.label_worth(paired, 100, reference_curves=longer).loc["rule", "worth"]
    assert worth == pytest.approx(1.5, abs=0.3)


@pytest.mark.parametrize(("n_splits", "factor"), [(20, 1.0), (20, 1.5), (5, 1.5)])
def test_the_interval_holds_the_truth_in_most_repetitions(n_splits, factor):
    rng, held = np.random.default_rng(7), 0
    for _ in range(25):
        near, longer = noisy(rng, factor, n_splits)
        row = al.label_worth(near, 100, reference_curves=longer).loc["rule"]
        held += row["low"] <= factor <= row["high"]
    assert held >= 21  # of 25, of which 95 % are 24; 20 or fewer come once in 140 times


@pytest.mark.parametrize(("n_splits", "share"), [(5, 0.92), (20, 0.95)])
def test_the_interval_of_the_gain_holds_as_often_as_the_docstring_says(n_splits, share):
    rng = np.random.default_rng(0)
    runs = rng.normal(size=(2000, n_splits))
    counts = rng.multinomial(n_splits, np.full(n_splits, 1 / n_splits), size=2000)
    ends = [label_worth._interval(counts @ run / n_splits, n_splits) for run in runs]
    assert np.mean([low <= 0 <= high for low, high in ends]) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("n_splits", [1, 2, 4])
def test_fewer_than_five_splits_have_a_worth_and_no_interval(n_splits):
    """Two resampled splits hold the truth in half of the cases, four in seven of eight."""
    row = al.label_worth(curves_of(lambda m: score(m * 1.5), n_splits=n_splits), 100).loc["rule"]
    assert row["worth"] == pytest.approx(1.5, abs=0.02)
    assert np.isnan(row[["low", "high", "gain_low", "gain_high"]].astype(float)).all()
    assert row["verdict"] == "unclear"


def test_the_order_of_the_rows_and_other_strategies_do_not_matter():
    near, longer = noisy(np.random.default_rng(1), 1.5, 6)
    more = pd.concat([near, near[near["strategy"] == "rule"].assign(strategy="other")])
    one = al.label_worth(near, 100, reference_curves=longer).loc["rule"]
    shuffled = al.label_worth(more.sample(frac=1, random_state=0), 100, reference_curves=longer)
    pd.testing.assert_series_equal(one, shuffled.loc["rule"])
    assert set(shuffled.index) == {"rule", "other"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_labels": 400}, "n_labels is 400, and the runs of 'random' all have 20 to 300 labels"),
        ({"n_labels": 10}, "n_labels is 10"),
        ({"n_labels": 100, "reference": "badge"}, "badge"),
        ({"n_labels": 100, "flat": -0.1}, "flat must be a fraction of 0 or more, got -0.1"),
        ({"n_labels": 100, "flat": True}, "flat must be a fraction of 0 or more, got True"),
        ({"n_labels": 100, "flat": "0.1"}, "flat must be a fraction of 0 or more, got '0.1'"),
        ({"n_labels": 100, "flat": np.nan}, "flat must be a fraction of 0 or more, got nan"),
        ({"n_labels": 100, "random_state": -1}, "random_state must be at least 0, got -1"),
        (
            {"n_labels": 100, "reference_curves": runs("rule", score(POOL), POOL)},
            "reference_curves hold no run of 'random'",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(changes, words):
    with pytest.raises(ValueError, match=words):
        al.label_worth(curves_of(score), **changes)
    with pytest.raises(TypeError, match="table of run_study"):
        al.label_worth([1, 2], 100)


def test_a_rule_that_shares_no_split_with_random_is_refused():
    curves = curves_of(score)
    curves.loc[curves["strategy"] == "rule", "split"] += 100
    with pytest.raises(ValueError, match="no split in common"):
        al.label_worth(curves, 100)
