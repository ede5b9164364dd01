"""Claims about the results table and the sentences made from its numbers."""

import re

import numpy as np
import pandas as pd
import pytest
from examples import INF, make_curves, needing

import al_helpers as al
from active_learning.report.sentences import describe, describe_gains, seed_meets


def test_a_target_that_nobody_reaches_is_a_result():
    curves = needing(random=[INF] * 3, margin=[INF] * 3)
    table = al.results_table(curves, 0.95)
    assert list(table["labels -> 95%"]) == ["> 60", "> 60"]
    assert describe(curves, 0.95) == ""


def test_results_table_puts_random_first_with_no_saving_of_its_own():
    table = al.results_table(needing(margin=[20, 30, 30], random=[40, 50, 50]), 0.9)
    assert list(table["strategy"]) == ["random", "margin"]
    assert list(table["saved vs random"]) == ["-", "43% [26, 56]"]  # three splits: Student's t
    assert list(table["cost more than random in"]) == ["-", "0% (ties 0%)"]


def test_labels_of_the_table_are_read_between_batches_as_the_saving_is():
    curves = make_curves({"random": [[0.5, 0.8, 1.0]] * 3, "margin": [[0.5, 1.0, 1.0]] * 3})
    table = al.results_table(curves, 0.9).set_index("strategy")
    assert list(table["labels -> 90%"]) == ["35", "28"]  # 20 + 10 * 4 / 5, and 30 + 10 / 2
    assert table.loc["margin", "saved vs random"].startswith("20%")  # 1 - 28 / 35


def test_describe_says_who_saves_who_costs_and_what_is_not_shown():
    n = np.array([30, 40, 40, 30, 40, 50, 40, 40, 30, 40])
    curves = needing(random=n, better=n - 10, worse=n + 10, same=n[::-1])
    better, worse, same = describe(curves, 0.9).split("; ")
    assert better.startswith("better saves 25% [")
    assert worse.startswith("worse costs 25% more [")
    assert same == "same is not shown to differ."


def test_one_split_has_an_estimate_and_no_interval():
    curves = needing(random=[50], margin=[30])
    assert al.results_table(curves, 0.9)["saved vs random"].iloc[1] == "40%"
    assert np.isnan(
        al.summarise(curves, 0.9).loc["margin", ["saving_low", "saving_high"]].astype(float)
    ).all()


def curves_that_need(**needed):
    """A study in which each strategy reaches 90 % at the given labels, one number per split (inf: never)."""
    rows = [
        (name, split, labels, 0.95 if labels >= needs else 0.5)
        for name, splits in needed.items()
        for split, needs in enumerate(splits)
        for labels in range(10, 101, 10)
    ]
    return pd.DataFrame(rows, columns=["strategy", "split", "n_labels", "accuracy"])


@pytest.mark.parametrize(
    "random, margin, text",
    [
        ([50, 60, 50, 60] * 5, [20, 20, 30, 20] * 5, "^Use margin: it reaches 90% with 6"),
        ([50, 60, 50, 60] * 5, [60, 50, 40, 70] * 5, "^Label at random here.*margin comes closest"),
        ([20, 20, 20, 30] * 5, [60, 50, 40, 70] * 5, "^Label at random here.*Even margin needs more labels"),
        ([np.inf] * 20, [np.inf] * 20, "^Most runs miss 90%"),
        ([50], [20], "^One split cannot recommend a rule"),
    ],
)
def test_recommendation_says_how_sure_it_is(random, margin, text):
    assert re.search(text, al.advise(curves_that_need(random=random, margin=margin), 0.9))


def test_a_target_that_the_seed_set_meets_is_called_so_and_a_harder_one_named():
    accuracy = [0.95, 0.96, 0.99, 0.99]
    curves = make_curves({"random": [accuracy] * 8, "margin": [accuracy] * 8})
    text = al.advise(curves, 0.9)
    assert "the seed set's 20 labels already meet 90%" in text and "from 96% on" in text
    assert describe(curves, 0.9) == ""


def test_rules_of_which_the_same_is_true_share_one_clause():
    n = np.array([30, 40, 40, 30, 40, 50, 40, 40, 30, 40])
    curves = needing(random=n, a=n - 10, b=n - 10, same=n)
    clauses = describe(curves, 0.9).split("; ")
    assert len(clauses) == 2 and clauses[0].startswith("a and b save 25% [")


def test_one_split_claims_no_saving():
    curves = needing(random=[40], margin=[50])
    assert describe(curves, 0.9) == "On this one split 90% takes random 40 and margin 50 labels."
    assert "cannot recommend" in al.advise(curves, 0.9)


def test_a_study_that_only_everything_saved_would_show_claims_no_power():
    """Two splits that point either way: what they would show in 80 % prints as 100 %, which is no saving."""
    text = al.advise(needing(random=[60, 30], margin=[30, 60]), 0.9)
    assert "comes closest" in text and "usually shows" not in text
    text = al.advise(needing(random=[60, 30, 40] * 5, margin=[30, 60, 40] * 5), 0.9)
    assert "usually shows a saving of" in text and "of 100%" not in text


def test_new_rows_are_told_apart_from_other_splits():
    curves = needing(random=[50, 60, 50, 60] * 5, margin=[30, 30, 40, 30] * 5)
    parts = pd.concat([curves.assign(cut=0, part=part) for part in range(5)])
    assert "new rows of the same kind" in al.advise(curves, 0.9, parts=parts)
    assert "new rows" not in al.advise(curves, 0.9)


def test_the_sentences_and_the_table_give_the_same_numbers(small_study):
    _, curves = small_study
    table, summary, text = al.results_table(curves, 0.9), al.summarise(curves, 0.9), describe(curves, 0.9)
    shown = summary.index[summary["p_holm"] <= 0.05]
    for row in table.itertuples():
        assert (row[3] in text) == (row.strategy in shown)


def test_a_saving_that_holm_leaves_unshown_is_not_called_no_difference():
    n = np.array([40, 50] * 5)
    mostly = n + np.r_[10, np.full(9, -10)]  # p = 0.03 alone, 0.08 among three
    assert al.advise(needing(random=n, margin=mostly), 0.9).startswith("Use margin: ")
    among = al.advise(needing(random=n, margin=mostly, one=n, other=n), 0.9)
    assert "margin comes closest" in among and "which is not shown among 3 rules (Holm)" in among


def test_the_sentences_and_the_table_are_about_a_target_that_is_held():
    once, twice = [0.5, 0.9, 0.5, 0.9, 0.9], [0.5, 0.5, 0.9, 0.9, 0.9]
    curves = make_curves({"random": [once] * 8, "margin": [twice] * 8})
    assert [*al.results_table(curves, 0.9)["labels -> 90%"]] == ["30", "40"]
    assert [*al.results_table(curves, 0.9, hold=2)["labels -> 90%"]] == ["50", "40"]
    assert "margin costs" in describe(curves, 0.9)
    assert "margin saves" in describe(curves, 0.9, hold=2)
    assert "Use margin: " in al.advise(curves, 0.9, hold=2)
    assert "Even margin needs more labels" in al.advise(curves, 0.9)


def test_a_difference_that_would_be_printed_as_0_percent_is_no_saving_and_no_cost():
    random = [[0.5, 0.5, 0.902], [0.5, 0.5, 0.902]]
    near = {
        "faster": [[0.5, 0.5, 0.905], [0.5, 0.5, 0.9051]],
        "slower": [[0.5, 0.5, 0.9], [0.5, 0.5, 0.9001]],
    }
    for name, runs in near.items():
        curves = make_curves({"random": random, name: runs})
        row = al.summarise(curves, 0.9).loc[name]
        assert row["saving_low"] > 0 or row["saving_high"] < 0  # two splits that nearly tie, by Student's t
        assert describe(curves, 0.9) == ""
        assert f"Label at random here: no rule is shown to save labels. {name}" in al.advise(curves, 0.9)


def test_a_saving_that_is_shown_is_told_though_half_of_the_seed_sets_meet_the_target():
    met = [0.95] * 5
    runs = {
        "random": [met] * 20 + [[0.5] * 4 + [0.95]] * 20,
        "margin": [met] * 20 + [[0.5] + [0.95] * 4] * 20,
    }
    text = describe(make_curves(runs), 0.9)
    assert "margin saves 30% [30, 30]; the seed set's 20 labels already meet 90% in 50% of them." in text
    assert al.advise(make_curves(runs), 0.9).startswith("Use margin: ")


def test_a_seed_set_that_does_not_hold_the_target_does_not_meet_it():
    runs = {"random": [[0.92, 0.8, 0.8, 0.92, 0.92]] * 8, "margin": [[0.92] * 5] * 8}
    curves = make_curves(runs)
    assert "already meet" in seed_meets(curves, 0.9) and seed_meets(curves, 0.9, hold=2) == ""
    assert describe(curves, 0.9, hold=2).startswith("margin saves 59%")
    with pytest.raises(ValueError, match="random"):
        seed_meets(curves[curves["strategy"] == "margin"], 0.9)


def test_a_cost_that_is_unshown_among_many_is_not_called_a_cost():
    rng = np.random.default_rng(11)
    random = rng.integers(30, 80, 12)
    rule = [*(random * np.exp(rng.normal(0.15, 0.3, 12)))]
    curves = curves_that_need(random=[*random], a=rule, b=rule, c=rule)
    assert describe(curves, 0.9) == ""
    assert "Label at random here" in al.advise(curves, 0.9) and "more labels" not in al.advise(curves, 0.9)


def test_a_cost_without_a_bound_is_more_than_what_is_known():
    assert "m costs > 100% more [100, ∞]" in describe(needing(random=[30] * 8, m=[INF] * 8), 0.9)


def test_few_splits_are_said_first_and_many_are_not():
    for n_splits, few in ((2, True), (9, True), (10, False)):
        curves = needing(random=[50, 60] * 5, margin=[40, 50] * 5)
        curves = curves[curves["split"] < n_splits]
        text = al.advise(curves, 0.9)
        assert text.startswith(f"{n_splits} splits are few") == few and ("--splits" in text) == few


def test_the_most_promising_rule_has_the_largest_known_saving_and_not_the_first_name():
    late = [30, 50, 40, INF, 60]
    curves = needing(random=[50, 60, 50, 60, 60], first=late, saves=[30, INF, 30, 30, 40])
    text = al.advise(curves, 0.9)
    assert "saves comes closest" in text and "no interval known" in text


def test_a_rule_that_saves_nothing_comes_closest_and_is_not_advised():
    curves = needing(random=[40, 50, 40, 50, 60], worse=[50, 50, 50, 60, 60], worst=[60, 60, 60, 60, INF])
    text = al.advise(curves, 0.9)
    assert "Label at random here" in text and "worse comes closest" in text


@pytest.mark.parametrize("n_splits", [2, 3, 5])
def test_no_sentence_prints_an_end_that_is_not_known(n_splits):
    rng = np.random.default_rng(n_splits)
    for n_rules in (1, 2, 2, 12, 24):
        needed = rng.choice([20, 21, 30, 50, 60, INF], (1 + n_rules, n_splits))
        names = ["random", *(f"rule {'abcdefghijklmnopqrstuvwxyz'[i]}" for i in range(n_rules))]
        curves = needing(**dict(zip(names, needed, strict=True)))
        for text in (describe(curves, 0.9), al.advise(curves, 0.9)):
            assert not re.search(r"-∞|-inf|-\d{4,}|\d{5,}", text)


def test_a_rule_that_ends_below_random_is_warned_of_and_not_recommended():
    soon, late = [0.5, 0.9, 0.7], [0.5, 0.5, 0.9]
    curves = make_curves({"random": [late] * 12, "hasty": [soon] * 12, "good": [[0.5, 0.85, 0.92]] * 12})
    assert al.advise(curves, 0.9).startswith("Use good: ")
    end = "Do not use hasty (-20.0 points) here: with the same 40 labels it ends below random."
    assert describe_gains(curves)[2:] == [end]
    assert len(describe_gains(curves[curves["strategy"] != "hasty"])) == 2
