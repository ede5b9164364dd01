"""Claims about the study that notebook 2 walks through, on small runs and on cases worked by hand."""

import numpy as np
import pandas as pd
import pytest
from examples import make_curves, needing

import al_helpers as al
from active_learning.report.benchmark import compare_candidates
from active_learning.report.digits import DigitsStudy
from active_learning.statistics.curves import mean_curve_crossings


@pytest.fixture(scope="module")
def study():
    return DigitsStudy(target=0.7, batch=20, budget=60, splits=4, seed=0).measure()


def with_curves(curves, **settings):
    """A study that found these curves."""
    return DigitsStudy(**dict(target=0.9, batch=10, budget=60, splits=20, seed=0) | settings, curves=curves)


def test_the_main_study_is_that_of_run_histories_on_digits(study):
    again = al.run_histories(al.load_dataset("digits"), study.rules, n_splits=4, batch=20, budget=60)
    assert al.checksum(again) == al.checksum(study.histories)
    assert study.rules[:4] == [*al.CLASSIC] and al.RECOMMENDED in study.rules


def test_the_answer_table_has_medians_between_two_rounds():
    runs = needing(**dict.fromkeys(["random", al.RECOMMENDED], [40] * 3 + [50] * 3))  # 0 to 1 in a round
    table = with_curves(runs).labels_table([0.5, 0.9]).split("\n")
    assert table[0].endswith("| 50% accuracy | 90% accuracy |") and len(table) == 4
    medians = al.labels_to_target(runs, 0.9, interpolate=True).groupby("strategy")["n_labels"].median()
    assert table[2].endswith(f"| {medians['random']:.0f} |") and al.RECOMMENDED in table[3]


def test_labels_that_are_not_reached_are_more_than_the_budget():
    table = al.saving_table(make_curves({"random": [[0.5, 0.6]] * 8, "margin": [[0.5, 0.95]] * 8}), 0.9)
    assert table["labels to 90%"].tolist() == ["> 30", "29"]
    assert table["labels saved"].tolist()[1].startswith("> ")
    assert table["acc. at 30"].tolist() == ["60.0%", "95.0%"]


def test_the_batch_of_the_main_study_is_not_run_again(study, monkeypatch):
    monkeypatch.setattr(DigitsStudy, "run", lambda self, rules, *, batch, n_splits: self.curves)
    prices = study.batch_prices((10, 20), n_splits=3)
    own = prices[prices["batch"] == 20].set_index("strategy")["crossing"]
    first = study.curves[study.curves["split"] < 3]
    assert own.equals(mean_curve_crossings(first, 0.7)["crossing"])


def test_growth_is_of_the_largest_batch_against_the_smallest_in_words():
    study = with_curves(None)
    prices = pd.DataFrame({"strategy": study.rules * 2, "batch": np.repeat([5, 50], len(study.rules))})
    prices["crossing"] = [100.0] * len(study.rules) + [100.0, 150, 90, np.inf, 100]
    growth = study.growth(prices)
    assert growth[["least_confidence", "margin"]].tolist() == ["50% more", "10% fewer"]
    assert growth.index[-1] == "entropy" and growth["entropy"] == "an unknown number"


def test_chance_is_the_range_of_random_over_groups_of_splits():
    runs = needing(random=[40] * 10 + [50] * 10)
    words = with_curves(runs).chance(10)
    assert words.endswith("in 2 groups of 10 splits") and words.split(" to ")[0] < words.split(" to ")[1]
    assert with_curves(runs).chance(20) == "an unknown number of labels, as the splits are few"


def test_savings_take_the_longer_runs_of_random(study):
    saved = study.savings([0.7, 0.8], budget=100)
    assert "random" not in set(saved["strategy"]) and len(saved) == 2 * (len(study.rules) - 1)
    longer = study.run("random", budget=100, stop_at=0.8)
    both = pd.concat([longer, study.curves.query("strategy == 'margin'")])
    margin = saved.query("strategy == 'margin' and target == 0.8")["saving_min"].item()
    assert margin == al.summarise(both, 0.8).loc["margin", "saving_min"]


def test_the_bill_counts_the_test_set():
    study = with_curves(make_curves({"random": [[0, 0, 1.0]] * 6, al.RECOMMENDED: [[0, 1.0, 1.0]] * 6}))
    bill = study.bill(61)  # 39 and 29 labels to 0.9
    assert (bill.random, bill.rule, bill.saved, bill.share) == ("100", "90", "10", "10%")
    missed = with_curves(make_curves({"random": [[0, 0, 0]] * 6, al.RECOMMENDED: [[0, 1.0, 1.0]] * 6}))
    assert missed.bill(61).share == "an unknown share" and missed.bill(61).random.startswith("> ")


def test_the_halves_are_of_the_mean_random_curve():
    study = with_curves(make_curves({"random": [[0.2, 0.6, 0.7], [0.4, 0.6, 0.9]]}))
    assert study.halves == ("30", "20")


def test_what_a_rule_does_to_trees_is_of_all_real_sets_with_trees():
    found = with_curves(None).with_trees("margin")
    part = al.read_map().query("kind != 'generator' and classifier == 'extra_trees' and rule == 'margin'")
    part = part.query("batch == 10 and n == 100")
    assert found.n_sets == len(part) > 70
    assert found.lost == f"a loss of {-100 * part['gain'].min():.0f} points"
    assert found.fewer == sum((part["p_holm"] <= 0.05) & (part["gain"] < 0))


def test_candidates_are_the_smallest_margins_and_hold_both_batches(study):
    dataset = study.dataset
    split = al.split_dataset(dataset.y, random_state=study.random_state(0))
    model = al.make_model("logistic_regression").fit(dataset.X[split.seed], dataset.y[split.seed])
    proba = model.predict_proba(dataset.X)
    near, chosen, plane, nearest = study.candidates(proba, split.pool)
    assert len(near) == 10 * study.batch and plane.shape == (len(near), 2)
    assert [*near[chosen["margin"]]] == [*near[: study.batch]]  # margin takes the smallest
    assert [*nearest[chosen["diverse_margin"]]] == [*range(study.batch)]  # each is nearest to itself


def test_checks_are_in_words_even_where_nothing_is_known(study):
    check = study.check()
    assert check.alarms.endswith("%") and check.new.split()[0].strip("%-").isdigit()
    few = DigitsStudy(target=0.99, batch=20, budget=60, splits=2, seed=0).measure().check()
    assert few.shown == few.new == "an unknown share"


def test_only_what_is_shown_to_be_foreseen_is_told():
    rows = [("a?", 60, 0.55, 0.78, 0.01), ("b?", 70, 0.67, 0.75, 0.2)]
    table = pd.DataFrame(rows, columns=["question", "n_sets", "commonest", "right", "p_value"])
    told = with_curves(None).foreseen(table)
    assert told == "- *a?*: foreseen on 78% of 60 sets (the commoner answer: 55%)."
    assert with_curves(None).foreseen(table[1:]) == "They are not shown to tell anything."


def test_the_rule_is_set_against_another_as_the_map_does():
    row = compare_candidates(al.read_map()).loc[al.RECOMMENDED]
    words = f"{row['ratio']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
    assert with_curves(None).against("margin") == words


def test_single_splits_whose_random_labels_miss_the_target_have_no_upper_end():
    missed = with_curves(make_curves({"random": [[0, 0, 0]] * 6, al.RECOMMENDED: [[0, 1.0, 1.0]] * 6}))
    assert missed.single.endswith(" or more")
    runs = {"random": [[0, 0, 1.0]] * 6, al.RECOMMENDED: [[0, 1.0, 1.0]] * 6}
    assert with_curves(make_curves(runs)).single == "26% to 26%"  # 29 of 39 labels


def test_where_no_rule_is_worse_than_random_none_is_said_to_be():
    runs = {"random": [[0, 0, 1.0]] * 6, "margin": [[0, 1.0, 1.0]] * 6}
    assert with_curves(make_curves(runs)).costly == ("margin", "none")
    runs["margin"][0] = [0, 0, 0]
    assert with_curves(make_curves(runs)).costly == ("margin", "17%")
