"""Claims about the map: what is read off it, and that its rows come out again."""

import doctest
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import al_helpers as al
from active_learning.labelling.draw import AUDIT_SHARE
from active_learning.report.benchmark import (
    GROUPS,
    compare_candidates,
    coverage_of_next,
    expect,
    harmful,
    judged,
    paired_worth,
    prediction_interval,
    random_share,
    recommendation,
)
from active_learning.strategies.registry import BATCHES

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def rows_of(worths, gains=None, *, rule="margin", half_width=0.01, kind="table", batch=10, n=100):
    """Rows of a map: one a data set."""
    gains = np.log(worths) / 10 if gains is None else np.asarray(gains, dtype=float)
    table = pd.DataFrame(
        {"data_set": [f"set {i}" for i in range(len(worths))], "worth": worths, "gain": gains}
    )
    table = table.assign(kind=kind, rows=2000, columns=5, classes=2, rule=rule, batch=batch, n=n, splits=10)
    table = table.assign(
        classifier="logistic_regression", low=table["worth"] * 0.9, high=table["worth"] * 1.1
    )
    table = table.assign(gain_low=table["gain"] - half_width, gain_high=table["gain"] + half_width)
    return judged(table)


def test_p_values_are_those_of_students_test_on_the_splits():
    runs = np.random.default_rng(0).normal(0.02, 0.03, 10)
    half = stats.t.ppf(0.975, 9) * stats.sem(runs)
    row = rows_of([1.2], [runs.mean()], half_width=half)
    assert row["p_value"].iloc[0] == pytest.approx(stats.ttest_1samp(runs, 0).pvalue)


def test_no_spread_and_no_gain_is_no_evidence_and_no_spread_with_a_gain_is_all_of_it():
    assert list(rows_of([1.0, 1.5], [0.0, 0.02], half_width=0.0)["p_value"]) == [1.0, 0.0]


@pytest.mark.parametrize(("m", "level", "k"), [(79, 0.9, 4), (19, 0.9, 1), (39, 0.95, 1), (5, 0.9, 1)])
def test_the_prediction_interval_is_of_the_kth_values_from_either_end(m, level, k):
    worths = np.random.default_rng(0).permutation(np.arange(1.0, m + 1))
    assert prediction_interval(worths, level) == (k, m + 1 - k)


def test_the_prediction_interval_holds_the_next_value_as_often_as_it_says():
    rng, held = np.random.default_rng(1), 0
    for _ in range(2000):
        *known, new = rng.lognormal(size=40)
        low, high = prediction_interval(known, 0.9)
        held += low <= new <= high
    assert held / 2000 == pytest.approx(1 - 2 * 2 / 40, abs=0.02)  # the 2nd values from either end of 39


@pytest.mark.parametrize(("m", "held"), [(1, 0), (6, 5 / 7), (18, 17 / 19), (19, 0.9), (78, 73 / 79)])
def test_expect_says_how_often_the_interval_of_few_sets_holds(m, held):
    row = expect(rows_of(np.arange(1.0, m + 1))).iloc[0]
    assert row["held"] == pytest.approx(held) and np.isnan(row["covered"]) == (m == 1)


def test_coverage_leaves_each_data_set_out_and_takes_infinite_worths():
    held, m = coverage_of_next([1.0, 2.0, 3.0, np.inf, np.inf])
    assert (held, m) == (4, 5)  # 1.0 lies below all others; inf is within (., inf]


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_coverage_is_that_of_the_interval_of_all_others(level):
    rng = np.random.default_rng(2)
    for m in (2, 5, 40):
        worths = rng.choice([0.5, 1.0, 1.5, 2.0, np.inf], m) + rng.integers(0, 2, m) * rng.random(m)
        ends = [prediction_interval(np.delete(worths, i), level) for i in range(m)]
        held = sum(low <= worth <= high for worth, (low, high) in zip(worths, ends, strict=True))
        assert coverage_of_next(worths, level) == (held, m)


@pytest.mark.parametrize(
    ("change", "settings", "words"),
    [
        (lambda table: table, {"level": 90}, "level must lie between 0 and 1, got 90"),
        (lambda table: table, {"level": "high"}, "level must lie between 0 and 1, got 'high'"),
        (lambda table: table.drop(columns="p_holm"), {}, "rows of read_map, with the columns data_set"),
        (lambda table: "map.csv", {}, "rows of read_map"),
        (lambda table: table.iloc[:0], {}, "no row of a real data set"),
        (lambda table: table.assign(kind="generator"), {}, "no row of a real data set"),
        (lambda table: table.assign(worth=np.nan), {}, "a worth or a gain that is nan"),
    ],
)
def test_what_is_no_map_is_refused_in_a_sentence(change, settings, words):
    with pytest.raises(ValueError, match=words):
        expect(change(rows_of([1.0, 2.0])), **settings)


def test_expect_counts_real_data_sets_only_and_each_kind_apart():
    table = pd.concat(
        [rows_of([1.0, 2.0, 4.0]), rows_of([0.1], kind="generator"), rows_of([8.0], kind="text")]
    )
    rows = expect(judged(table)).set_index("group")
    assert dict(rows["n_sets"]) == {"all": 4, "table": 3, "text": 1, "few classes": 4}
    assert rows.loc["all", "median"] == 3 and rows.loc["table", "median"] == 2
    assert tuple(rows.loc["all", ["low", "high"]]) == (1, 8)
    assert (rows.loc["all", "more"], rows.loc["all", "fewer"]) == (3, 0)  # the one of worth 1 has no gain


def with_both(worths, rule, **settings):
    """Rows of a map with both classifiers, the second of which finds no harm."""
    table = rows_of(worths, rule=rule, **settings)
    trees = rows_of(np.ones(len(worths)), rule=rule, **settings).assign(classifier="extra_trees")
    return pd.concat([table, trees])


def test_a_rule_that_harms_a_data_set_is_not_recommended_whatever_its_median():
    good = with_both([1.5, 1.6, 1.7], "margin")
    better = with_both([3.0, 3.0, 0.5], "diverse_margin")
    assert harmful(pd.concat([good, better]), "diverse_margin") == ["set 2"]
    assert recommendation(pd.concat([good, better])) == "margin"
    harmless = with_both([3.0, 3.0, 1.0], "diverse_margin")
    assert recommendation(pd.concat([good, harmless])) == "diverse_margin"
    unknown = rows_of([3.0, 3.0, 1.0], rule="diverse_margin")  # what it does to trees was not measured
    assert recommendation(pd.concat([good, unknown])) == "margin"


def test_the_settled_rule_gives_way_only_to_one_that_is_shown_to_be_better():
    settled, rng = with_both(np.full(12, 1.5), al.RECOMMENDED), np.random.default_rng(0)
    better = with_both(np.full(12, 1.6), "margin")
    assert recommendation(pd.concat([settled, better])) == "margin"
    mixed = 1.5 * np.exp(rng.permutation(np.linspace(-0.2, 0.3, 12)))  # larger in the median, and not shown
    assert np.median(mixed) > 1.5
    assert recommendation(pd.concat([settled, with_both(mixed, "margin")])) == al.RECOMMENDED


def test_a_kind_departs_from_the_usual_rule_only_where_the_difference_is_shown():
    tables = [with_both(np.full(12, 2.0), "margin"), with_both(np.full(12, 1.0), "diverse_margin")]
    worths = {"margin": np.full(8, 1.1), "diverse_margin": np.full(8, 1.9)}
    texts = [with_both(worth, rule, kind="text") for rule, worth in worths.items()]
    texts = [table.assign(data_set="text " + table["data_set"]) for table in texts]
    assert recommendation(pd.concat([*tables, *texts]), group="text") == "diverse_margin"
    few = [table.groupby("classifier").head(4) for table in texts]  # four sets cannot show it
    assert recommendation(pd.concat([*tables, *few]), group="text") == "margin"


def test_a_kind_or_batch_that_the_usual_rule_harms_gets_one_that_does_not():
    settled, other = with_both(np.full(12, 1.5), al.RECOMMENDED), with_both(np.full(12, 1.2), "margin")
    one = rows_of([*np.full(11, 1.5), 0.5], rule=al.RECOMMENDED, batch=1, kind="text")
    fine = rows_of(np.full(12, 1.2), rule="margin", batch=1, kind="text")  # trees were not run at this batch
    table = pd.concat([settled, other, one, fine])
    assert recommendation(table) == recommendation(table, group="table") == al.RECOMMENDED
    assert recommendation(table, group="text", batch=1) == "margin"


def test_paired_worth_counts_a_worth_beyond_all_labels_as_all_of_them():
    table = pd.concat([rows_of([2.0, np.inf]), rows_of([1.0, 7.0], rule="diverse_margin")])
    assert paired_worth(table, "margin", "diverse_margin") == pytest.approx(np.log([2, 14 / 7]))


# The committed map


@pytest.fixture(scope="module")
def table():
    return al.read_map()


def test_the_map_has_sixty_real_data_sets_twelve_texts_and_three_of_images(table):
    kinds = table.drop_duplicates("data_set")["kind"].value_counts()
    print(kinds.to_dict())
    assert kinds.drop("generator").sum() >= 60 and kinds["text"] >= 12 and kinds["image"] >= 3
    assert table.drop_duplicates("data_set")["source"].is_unique
    key = ["data_set", "classifier", "rule", "batch", "n"]
    assert not table.duplicated(key).any()


def test_every_data_set_of_the_map_is_in_the_list_that_was_chosen_before(table):
    sources = pd.read_csv(BENCHMARKS / "map_sources.csv", keep_default_na=False)
    chosen = dict(zip(sources["name"], sources["source"], strict=True))
    found = table.drop_duplicates("data_set")
    assert all(
        chosen[name] == source for name, source in zip(found["data_set"], found["source"], strict=True)
    )


def test_twice_as_many_random_labels_are_worth_two_in_the_map(table):
    control = table[(table["rule"] == "twice_random") & (table["classifier"] == "logistic_regression")]
    control = control[control["n"] == 100]
    assert control["worth"].median() == pytest.approx(2, abs=0.02)
    assert ((control["low"] <= 2) & (control["high"] >= 2)).mean() > 0.9


def test_the_prediction_interval_covers_data_sets_left_out(table):
    part = table[
        (table["n"] == 100) & (table["batch"] == 10) & (table["classifier"] == "logistic_regression")
    ]
    for rule, rows in part[GROUPS["all"](part)].groupby("rule"):
        held, m = coverage_of_next(rows["worth"])
        low, high = stats.binomtest(held, m).proportion_ci()
        print(f"{rule}: {held} of {m} = {held / m:.0%} [{low:.0%}, {high:.0%}]")
        assert high >= 0.9


def test_the_recommended_rule_is_derived_from_the_map(table):
    assert recommendation(table) == al.RECOMMENDED
    for kind in ("table", "text", "image"):
        for batch in BATCHES:
            assert al.recommend_rule(kind, batch) == recommendation(table, group=kind, batch=batch)


def test_the_share_of_random_rows_in_the_loop_is_the_maps(table):
    assert random_share(table) == 10 * AUDIT_SHARE


def test_recommend_rule_takes_the_nearest_batch_and_refuses_other_kinds():
    assert al.recommend_rule("table", 12) == al.recommend_rule("table", 10)
    assert al.recommend_rule("text", 3) == al.recommend_rule("text", 1) != al.recommend_rule("text", 4)
    with pytest.raises(ValueError, match="video"):
        al.recommend_rule("video", 10)
    with pytest.raises(ValueError, match="batch"):
        al.recommend_rule("table", 0)


def test_the_candidates_stand_beside_margin_with_their_intervals(table):
    candidates = compare_candidates(table)
    print(candidates.round(2).to_string())
    assert candidates.loc["margin", "ratio"] == 1 and (candidates["low"] <= candidates["high"]).all()


@pytest.mark.parametrize("worths", [[1.0, np.inf, np.inf], [1.0, 2.0, 3.0]])
def test_the_figure_has_a_mark_for_every_data_set(worths):
    ax = al.plot_worths(rows_of(worths))
    assert sum(len(line.get_xdata()) for line in ax.lines[1:]) == 3
    assert ax.get_ylabel() == "3 data sets, sorted"


@pytest.fixture
def script(monkeypatch):
    """The script that computes the map, as a module."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import map as script

    yield script
    for name in ("map", "map_sources", "map_candidates"):
        sys.modules.pop(name, None)


def recomputed(script, name, rules, plan_name="logistic", folder=None):
    """Rows of the map of a data set, computed anew, for some (rule, batch)."""
    row = next(row for row in script.read_sources().itertuples(index=False) if row.name == name)
    plan = script.PLANS[plan_name]
    dataset, model = script.load_source(row, folder)
    model = script.with_classifier(model, plan.classifier)
    curves = pd.concat(script.study(dataset, model, script.runs_of(plan, rules, dataset)))
    return script.rows_of(row, dataset, plan, rules, curves)


def test_rows_of_a_bundled_data_set_come_out_again_exactly(script, table):
    new = recomputed(script, "breast_cancer", [("margin", 10), ("margin_random_2", 10)])
    key = ["data_set", "classifier", "rule", "batch", "n"]
    both = new.merge(table, on=key, suffixes=("", "_map"))
    assert len(both) == len(new) > 3
    for column in ("worth", "low", "high", "gain", "gain_low", "gain_high"):
        assert both[column].to_numpy() == pytest.approx(both[f"{column}_map"].to_numpy(), abs=2e-4)


def test_margin_random_2_has_no_name_in_the_command_and_run_studys_example_is_it(script, iris):
    assert "margin_random_2" not in al.STRATEGIES
    examples, names = doctest.DocTestParser().get_examples(al.run_study.__doc__), {"np": np}
    exec("".join(example.source for example in examples[:2]), names)
    split = al.split_dataset(iris.y, random_state=0)
    rules = names["margin_random_2"], script.CANDIDATES["margin_random_2"]
    own, maps = (al.run_loop(iris, split, rule, batch=10, budget=66).queried for rule in rules)
    assert list(own) == list(maps)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "phoneme"])
def test_rows_of_other_data_sets_come_out_again_where_their_data_are_there(script, table, name):
    try:
        new = recomputed(script, name, script.PLANS["logistic"].rules)
    except ModuleNotFoundError as error:
        pytest.skip(str(error))
    both = new.merge(table, on=["data_set", "classifier", "rule", "batch", "n"], suffixes=("", "_map"))
    assert both["gain"].to_numpy() == pytest.approx(both["gain_map"].to_numpy(), abs=2e-4)


def test_rows_are_added_once_and_the_file_is_replaced_at_once(script, tmp_path):
    path = tmp_path / "map.csv"
    rows = rows_of([1.0, 2.0])[[*script.KEY, "splits", "worth"]]
    for added in (rows, rows.assign(worth=9.0, splits=5), rows.assign(n=200)):
        script.add_rows(added, path)
    assert list(pd.read_csv(path)["worth"]) == [1.0, 1.0, 2.0, 2.0] and list(tmp_path.iterdir()) == [path]
    script.add_rows(rows.assign(worth=9.0, splits=20), path)
    assert list(pd.read_csv(path)["worth"]) == [9.0, 1.0, 9.0, 2.0]
    script.add_rows(rows.assign(worth=8.0, splits=20), path)
    assert list(pd.read_csv(path)["worth"]) == [8.0, 1.0, 8.0, 2.0]


def test_anybodys_rule_gets_its_row_and_the_sets_on_which_it_does_harm(script):
    rows = rows_of([1.5, 1.6, 0.5], rule="my:rule").drop(columns=["p_value", "p_holm"])
    report = script.rule_report(rows, "my:rule")
    assert "set 2 at 100." in report and "set 1 at" not in report and "1.5" in report.splitlines()[2]
    assert script.rule_report(rows.iloc[:2], "my:rule").endswith("worth less than random on no set.")


def test_a_rule_that_is_not_there_is_refused_in_a_sentence(script, monkeypatch, capsys, tmp_path):
    for options, words in (
        (["--rule", "nope:rule"], "No module named 'nope'"),
        (["--rule", "margn"], "did you mean 'margin'?"),
        (["--rule", ""], "got ''"),
        (["--rule", "sys:path"], "it is not a function"),
        (["--shard", "4/4"], "invalid shard value: '4/4'"),
        (["--data", "nowhere"], "--data must be a folder, got 'nowhere'"),
    ):
        options = ["logistic", "--data", str(tmp_path), "--curves", str(tmp_path), *options]
        monkeypatch.setattr(sys, "argv", ["map.py", *options])
        with pytest.raises(SystemExit) as stop:
            script.main()
        assert stop.value.code == 2 and words in capsys.readouterr().err


RULE = "def first(round):\n    return round.pool[: round.batch]\n"


def test_a_rule_that_was_edited_is_computed_anew_and_one_that_fails_names_the_set(
    script, monkeypatch, capsys, tmp_path
):
    def run(source):
        (tmp_path / "own_rule.py").write_text(source)
        sys.modules.pop("own_rule", None)
        code = script.main()
        said = capsys.readouterr()
        return code, [line for line in said.out.splitlines() if line.startswith("breast_cancer")], said.err

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    plan = script.PLANS["logistic"]._replace(n_splits=5, reference_splits=5, sizes=(50,))
    monkeypatch.setitem(script.PLANS, "logistic", plan)
    sources = script.read_sources().query("name == 'breast_cancer'")
    monkeypatch.setattr(script, "read_sources", lambda: sources)
    options = ["--data", str(tmp_path), "--curves", str(tmp_path), "--rule", "own_rule:first"]
    monkeypatch.setattr(sys, "argv", ["map.py", "logistic", *options])
    first, again, edited = (
        run(RULE),
        run(RULE),
        run(RULE.replace("[:", "[-").replace("round.batch]", "round.batch :]")),
    )
    assert first[0] == edited[0] == 0 and first[1] == again[1] != edited[1] and len(first[1]) > 1
    code, _, said = run(RULE.replace("[: round.batch]", "[:1]"))
    assert code == 1 and "breast_cancer failed: ValueError: strategy" in said


@pytest.mark.parametrize("rule", ["least_confidence", "entropy"])
def test_a_rule_that_equals_margin_on_two_classes_runs_there_when_it_is_asked_for(script, rule, tmp_path):
    row = next(row for row in script.read_sources().itertuples(index=False) if row.name == "breast_cancer")
    plan = script.PLANS["logistic"]._replace(n_splits=5, reference_splits=5, sizes=(50,))
    runs = script.runs_of(plan, ((rule, 10),), script.load_source(row, tmp_path)[0])
    assert [run[0] for run in runs] == [f"{rule}@10", "random", "longer"]


def test_a_run_of_generators_only_says_so(script):
    rows = rows_of([1.5, 1.6], rule="my:rule", kind="generator").drop(columns=["p_value", "p_holm"])
    assert "No real data set" in script.rule_report(rows, "my:rule")


def test_rules_of_other_packages_are_never_advised():
    foreign = with_both(np.full(12, 9.0), "skactiveml:ProbCover")
    assert recommendation(pd.concat([with_both(np.full(12, 1.5), al.RECOMMENDED), foreign])) == al.RECOMMENDED


def test_a_file_that_is_not_the_one_measured_is_refused(script, tmp_path):
    import map_sources

    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is not the file that was measured"):
        map_sources.checked(tmp_path / "table.csv", "owner/name:table.csv#0000")


def test_the_advice_holds_on_the_data_sets_that_were_held_out(table):
    """They were computed after the advice was settled, and are not in the map."""
    held_out = pd.read_csv(BENCHMARKS / "map_held_out.csv")
    assert not {*held_out["data_set"]} & {*table["data_set"]}
    question = f"rule == '{al.RECOMMENDED}' and batch == 10 and n == 100"
    known = table[GROUPS["all"](table) & (table["classifier"] == "logistic_regression")].query(question)
    new = held_out.query(question)["worth"]
    low, high = prediction_interval(known["worth"])
    inside, old = new.between(low, high).sum(), new.between(1 / (1 - 0.18), 1 / (1 - 0.52)).sum()
    print(f"median {new.median():.2f}; new advice holds {inside} of {len(new)}, the old one's interval {old}")
    assert inside / len(new) >= 0.7
