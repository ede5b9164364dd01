"""Rows of one thing, copies and series are found, and independent rows are left alone."""

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.features.dependence import find_dependence
from active_learning.features.near_rows import near_rows
from active_learning.labelling.plan import study_settings

WORDS = [f"{a}{b}" for a in ("bal", "cor", "den", "fil", "gor") for b in ("an", "er", "il", "ot", "um", "ys")]


def sentences(n, rng):
    return [" ".join(rng.choice(WORDS, 7)) for _ in range(n)]


def found(frame):
    """What is found in a table whose labels are in `label`."""
    y = np.where(frame["label"] == "", None, frame["label"]).astype(object)
    return find_dependence(frame, "label", y)


@pytest.mark.parametrize(
    "change",
    [str.upper, lambda text: f"{text}!!", lambda text: text.replace("e", "é"), lambda text: f"{text} again"],
)
def test_copies_of_a_text_are_one_group(change):
    rng = np.random.default_rng(0)
    texts, labels = sentences(60, rng), rng.choice(["yes", "no"], 60)
    frame = pd.DataFrame({"text": [*texts, *map(change, texts)], "label": [*labels, *labels]})
    groups = found(frame).groups
    assert (groups[:60] == groups[60:]).all() and len(np.unique(groups)) == 60


def test_independent_texts_and_numbers_are_left_alone():
    rng = np.random.default_rng(1)
    columns = {"text": sentences(200, rng), "city": rng.choice(["Rome", "Oslo", "Lima"], 200)}
    columns |= {
        "size": rng.normal(size=200).round(3).astype(str),
        "label": rng.choice(["yes", "no", ""], 200),
    }
    assert found(pd.DataFrame(columns)).notes == []


def test_equal_rows_of_few_categories_are_no_copies():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.integers(0, 3, (300, 4)).astype(str), columns=list("abcd"))
    assert found(frame.assign(label=rng.choice(["yes", "no"], 300))).notes == []


def test_equal_rows_of_measurements_are_one_group():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(60, 4)).round(3).astype(str), columns=list("abcd"))
    frame = frame.assign(label=rng.choice(["yes", "no"], 60))
    groups = found(pd.concat([frame, frame], ignore_index=True)).groups
    assert (groups[:60] == groups[60:]).all()


def patients(rng, n=40, k=5):
    """Rows of patients, k each, that are alike and have one label; half of the patients have none."""
    who = np.repeat(np.arange(n), k)
    x = rng.normal(size=(n, 4))[who] + 0.2 * rng.normal(size=(n * k, 4))
    frame = pd.DataFrame(x.round(3).astype(str), columns=list("abcd")).assign(patient=[f"P{i}" for i in who])
    return frame.assign(label=np.where(who < n // 2, rng.choice(["yes", "no"], n)[who], ""))


def test_patients_who_are_labelled_whole_are_named_with_the_option():
    frame = patients(np.random.default_rng(4))
    dependence = found(frame)
    assert any("--group-column patient" in note for note in dependence.notes)
    assert len(np.unique(dependence.groups[:100])) == 20


def test_a_series_is_named_with_the_option():
    rng, n = np.random.default_rng(5), 300
    columns = {"when": pd.date_range("2024-01-01", periods=n, freq="h").strftime("%Y-%m-%d %H:%M")}
    columns |= {name: np.cumsum(rng.normal(size=n)).round(2).astype(str) for name in "ab"}
    frame = pd.DataFrame(columns).assign(label=np.repeat(rng.choice(["up", "down"], n // 10), 10))
    assert "--time-column when" in found(frame).notes[0]


def test_a_table_sorted_by_class_is_no_series():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(rng.normal(size=(150, 3)).round(2).astype(str), columns=list("abc"))
    assert found(frame.assign(label=np.repeat(["x", "y", "z"], 50))).notes == []


def test_declared_groups_are_whole_in_study_and_forecast():
    frame = patients(np.random.default_rng(7), n=60)
    table = al.load_table(frame, "label", group_column="patient")
    assert table.X.shape[1] == 4  # it is not learnt from
    dataset, settings, _ = study_settings(table)
    split = al.split_dataset(dataset.y, groups=dataset.groups, random_state=0)
    learnt = np.concatenate([split.seed, split.pool])
    assert not np.intersect1d(dataset.groups[split.test], dataset.groups[learnt]).size
    assert settings["budget"] <= len(learnt)
    now = al.forecast(table, 0.9, quiet=True)["score_now"]
    assert now["low"] <= 0.5 <= now["high"]  # the labels are coin tosses


def test_bad_columns_are_refused_by_name():
    frame = patients(np.random.default_rng(8)).assign(one="same")
    for options, fault in (
        ({"group_column": "label"}, "'label' is the label column"),
        ({"group_column": "patiant"}, "did you mean 'patient'"),
        ({"group_column": "one"}, "the one group 'same'"),
        ({"time_column": "patient"}, "'patient' wants a date.*'P0'"),
        ({"group_column": "patient", "time_column": "a"}, "not both"),
    ):
        with pytest.raises(ValueError, match=fault):
            al.load_table(frame, "label", **options)


def test_rows_of_numbers_that_differ_by_noise_are_one_group():
    rng = np.random.default_rng(11)
    X = np.repeat(rng.normal(size=(60, 5)), 3, axis=0) + 0.01 * rng.normal(size=(180, 5))
    frame = pd.DataFrame(X.round(3).astype(str), columns=list("abcde"))
    dependence = found(frame.assign(label=np.repeat(rng.choice(["yes", "no"], 60), 3)))
    assert (dependence.groups.reshape(60, 3) == dependence.groups[::3, None]).all()
    assert "180 of 180 labelled rows nearly equal another" in dependence.notes[0]


@pytest.mark.parametrize("d", [3, 5, 20, 100])
def test_independent_numbers_have_no_copies(d):
    rng = np.random.default_rng(d)
    for X in (
        rng.normal(size=(300, d)),
        rng.standard_t(3, size=(300, d)),
        rng.uniform(size=(300, d)).round(2),
    ):
        assert near_rows(X) is None


def test_vectors_that_repeat_are_kept_on_one_side(tmp_path):
    rng = np.random.default_rng(12)
    vectors = np.repeat(rng.normal(size=(70, 30)), 2, axis=0) + 0.05 * rng.normal(size=(140, 30))
    frame = pd.DataFrame({"file": [f"{i}.png" for i in rng.permutation(140)]})
    frame["label"] = np.repeat(rng.choice(["yes", "no"], 70), 2)
    dataset, _, sentences = study_settings(al.load_table(frame, "label", features=vectors))
    assert (dataset.groups[::2] == dataset.groups[1::2]).all() and len(np.unique(dataset.groups)) == 70
    assert any("labelled vectors nearly equal another" in sentence for sentence in sentences)


@pytest.mark.parametrize("form", ["%Y-%m", "%H:%M", "%H:%M:%S", "%d.%m.%Y"])
def test_months_and_times_of_the_day_are_times(form):
    steps = {"%Y-%m": "31D", "%d.%m.%Y": "5D"}
    when = pd.Series(pd.date_range("2020-01-01", periods=60, freq=steps.get(form, "7min"))).dt.strftime(form)
    frame = pd.DataFrame({"x": range(60), "when": when, "label": ["a", "b"] * 30})
    times = al.load_table(frame, "label", time_column="when").dependence.times
    assert (np.diff(times) > 0).all()


def test_a_column_of_one_time_is_refused_by_its_cell():
    frame = pd.DataFrame({"x": range(60), "when": "2024-01-01", "label": ["a", "b"] * 30})
    with pytest.raises(ValueError, match=r"'when' wants.*'2024-01-01' in all of them"):
        al.load_table(frame, "label", time_column="when")


def test_columns_of_vectors_and_texts_of_the_same_words_are_looked_through():
    rng = np.random.default_rng(13)
    frame = pd.DataFrame({"v": [str(row.round(3)) for row in rng.normal(size=(90, 4))]})
    frame["label"] = rng.choice(["yes", "no"], 90)
    assert study_settings(al.load_table(frame, "label"))[0].groups is None
    frame["v"] = [f"one two three four five six seven {'.' * i}" for i in range(90)]
    assert "90 of 90 labelled texts say the same" in found(frame).notes[0]


def test_equal_rows_of_whole_numbers_are_found_where_chance_makes_few():
    rng = np.random.default_rng(30)
    rows = np.repeat(rng.integers(0, 9, (54, 5)), 3, axis=0)
    frame = pd.DataFrame(rows.astype(str), columns=list("abcde"))
    groups = found(frame.assign(label=np.repeat(rng.choice(["yes", "no"], 54), 3))).groups
    assert (groups.reshape(54, 3) == groups.reshape(54, 3)[:, :1]).all()


@pytest.mark.parametrize("in_order", [True, False])
def test_a_series_whose_seconds_are_numbers_is_found_in_any_order(in_order):
    rng = np.random.default_rng(31)
    walk = np.cumsum(rng.normal(size=(240, 4)), axis=0).round(3)
    frame = pd.DataFrame(walk.astype(str), columns=list("abcd"))
    frame = frame.assign(when=(1_700_000_000 + 60 * np.arange(240)).astype(str))
    frame = frame.assign(label=np.repeat(rng.choice(["yes", "no"], 20), 12))
    found_in = found(frame if in_order else frame.sample(frac=1, random_state=0).reset_index(drop=True))
    assert "by 'when'" in found_in.notes[0] and len(np.unique(found_in.groups)) == 12


def test_a_whole_number_that_one_other_goes_with_is_no_time():
    rng = np.random.default_rng(32)
    income = rng.permutation(100_000)[:200]
    others = {"tax": (0.3 * income + rng.normal(0, 4000, 200)).round(), "age": rng.integers(18, 80, 200)}
    frame = pd.DataFrame({"income": income, **others}).astype(str)
    assert found(frame.assign(label=np.where(income > 50_000, "rich", "poor"))).notes == []
