"""Target leakage: columns that give the label away are named, and no others."""

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.features.columns import Column
from active_learning.features.leakage import filled_when_labeled, leaking_columns

RNG = np.random.default_rng(0)


def names_of(leaks):
    return [name for leak in leaks for name in leak.names]


def coins(n=400, shown=0.5):
    """A table of noise, its labels coin tosses, and which rows have one."""
    y, labeled = RNG.choice(["yes", "no"], n), RNG.random(n) < shown
    frame = pd.DataFrame({"size": RNG.normal(size=n).round(3), "kind": RNG.choice([*"abc"], n)})
    return frame.assign(label=np.where(labeled, y, "")), y, labeled


def learnt_from(frame, name, **how):
    """Whether a column of a frame is learnt from, and the notes that name it."""
    table = al.load_table(frame, "label", **how)
    without = al.load_table(frame.drop(columns=name), "label")
    return table.X.shape[1] > without.X.shape[1], [note for note in table.notes if repr(name) in note]


def test_columns_that_give_the_label_away_are_named_and_no_others():
    rng = np.random.default_rng(0)
    y = rng.choice(["neg", "pos", "neutral"], 300)
    frame = pd.DataFrame(
        {
            "code": pd.Series(y).map({"neg": 1, "pos": 7, "neutral": 3}),
            "reason": np.where(y == "neg", rng.choice(["late", "rude"], 300), ""),
            "noise": rng.normal(size=300),
            "near": np.where(rng.random(300) < 0.85, y, "pos"),
            "label": y,
        }
    )
    table = al.load_table(frame, "label")
    notes = [note for note in table.notes if "gives the label away" in note]
    assert [note.split("'")[1] for note in notes] == ["code", "reason"]
    assert all("not learnt from" in note and "--keep" in note and "% without" in note for note in notes)
    assert table.X.shape[1] == 2  # noise and near
    assert al.load_table(frame, "label", keep=["code", "reason"]).X.shape[1] == 4


def test_a_column_that_nearly_gives_the_label_away_is_judged_alike_each_time():
    """Two cells in 200 are wrong: 98 or 100 % on a half of the rows, by which half they are in."""
    y = np.arange(200) % 2
    column = Column("x", "number", np.where(np.arange(200) < 2, 1 - y, y)[:, None].astype(float))
    assert len({str(leaking_columns([column], y)) for _ in range(20)}) == 1


def test_a_column_that_tells_two_classes_apart_is_named():
    y = np.arange(60) % 2
    tells, silent = Column("x", "number", y[:, None] * 2.0), Column("z", "number", np.ones((60, 1)))
    assert names_of(leaking_columns([tells, silent], y)) == ["x"]
    assert leaking_columns([tells, silent], np.where(np.arange(60) < 29, y, None)) == []  # too few to say


def test_a_column_that_tells_a_dozen_classes_apart_is_named():
    y = np.arange(240) % 12
    assert names_of(leaking_columns([Column("x", "number", y[:, None] * 2.0)], y)) == ["x"]


def test_a_rare_class_gives_no_column_away():
    """That no cell is missing agrees with 99.4 % of the rows, which are of other classes."""
    y = np.r_[np.zeros(6), np.arange(994) % 2 + 1].astype(int)
    noise = np.random.default_rng(0).normal(size=(1000, 1))
    assert leaking_columns([Column("x", "number", noise)], y) == []


def test_a_date_or_text_that_one_class_alone_has_gives_the_label_away():
    y = np.array(["kept", "left"] * 100)
    cells = {"date": "2024-01-05", "text": [f"they were late and rude, {i}" for i in range(200)]}
    for cell in cells.values():
        frame = pd.DataFrame({"why": np.where(y == "left", cell, ""), "n": np.arange(200) % 7, "y": y})
        notes = al.load_table(frame, "y").notes
        assert any("'why' alone gives the label away" in note for note in notes), notes
    frame["why"] = cells["text"]
    assert not any("gives the label away" in note for note in al.load_table(frame, "y").notes)


def test_what_is_filled_in_with_the_label_is_not_learnt_from():
    frame, y, labeled = coins()
    columns = {
        "who": np.where(labeled, RNG.choice(["ann", "bob"], 400), ""),
        "only_ann": np.where(labeled & (RNG.random(400) < 0.3), y, ""),
        "seconds": np.where(labeled, RNG.gamma(3, 4, 400).round(2).astype(str), ""),
        "votes": np.where(labeled, RNG.integers(1, 9, 400), 0),
        "state": np.where(labeled, "done", "todo"),
        "said": np.where(labeled, [f"this is remark {i} of ours" for i in range(400)], ""),
        "mostly": np.where(labeled ^ (RNG.random(400) < 0.03), RNG.choice(["ann", "bob"], 400), ""),
    }
    for name, cells in columns.items():
        learnt, notes = learnt_from(frame.assign(**{name: cells}), name)
        assert not learnt and "filled in where a label is" in notes[0] and f"--keep {name}" in notes[0]
        assert learnt_from(frame.assign(**{name: cells}), name, keep=[name])[0]


def test_gaps_and_values_that_do_not_go_with_the_labelling_are_learnt_from():
    frame, y, labeled = coins()
    columns = {
        "age": np.where(RNG.random(400) < 0.6, RNG.integers(18, 80, 400).astype(str), ""),
        "rare": np.where(
            np.arange(400) == np.argmax(labeled), "x", "y"
        ),  # one row, that happens to be labelled
        "date": np.arange(400) + RNG.normal(0, 3, 400).round(1),
        "strong": np.where(RNG.random(400) < 0.8, y, "no"),
    }
    for name, cells in columns.items():
        learnt, notes = learnt_from(frame.assign(**{name: cells}), name)
        assert learnt and not notes


def test_no_column_is_filled_in_with_labels_that_are_not_there():
    column = Column("x", "number", np.ones((5, 1)))
    everything = np.ones(5, dtype=bool)
    assert filled_when_labeled([column], everything, ~everything) == []
    assert filled_when_labeled([column], ~everything, everything) == []


def test_a_leak_with_errors_is_left_out_if_the_others_tell_far_less():
    frame, y, _ = coins(1000, shown=0.8)
    clue = np.where(RNG.random(1000) < 0.96, y, np.where(y == "yes", "no", "yes"))
    learnt, notes = learnt_from(frame.assign(clue=clue), "clue")
    assert not learnt and "% right" in notes[0]
    told = np.where(RNG.random(1000) < 0.96, y, np.where(y == "yes", "no", "yes"))
    assert learnt_from(frame.assign(clue=clue, told=told), "clue")[0]  # two honest ones: neither stands out


def test_a_measured_number_that_tells_the_label_is_named_and_learnt_from():
    frame, y, _ = coins()
    learnt, notes = learnt_from(frame.assign(weight=RNG.random(400) + 2 * (y == "yes")), "weight")
    assert learnt and "alone gives the label away" in notes[0] and "--drop weight" in notes[0]


def test_the_only_column_is_learnt_from_whatever_it_tells():
    y = np.array(["yes", "no"] * 50)
    table = al.load_table(pd.DataFrame({"copy": np.where(y == "yes", "ja", "nein"), "label": y}), "label")
    assert table.X.shape == (100, 1) and "--drop copy" in table.notes[0]


def test_one_to_one_twins_of_a_leak_are_named_with_it():
    frame, y, _ = coins()
    code = np.where(y == "yes", RNG.integers(0, 3, 400), RNG.integers(3, 6, 400))
    texts = np.array(
        [f"the bank has sent {word} of it back" for word in ("all", "most", "half", "few", "one", "none")]
    )
    learnt, notes = learnt_from(frame.assign(code=[f"c{k}" for k in code], why=texts[code]), "why")
    assert not learnt and "'code', 'why'" in notes[0]


def test_a_text_in_which_the_label_stands_gives_it_away():
    frame, y, _ = coins()
    path = [f"/data/{label}/{i % 7}_img_{i % 11}{i}.png" for i, label in enumerate(y)]
    learnt, notes = learnt_from(frame.assign(path=path), "path")
    assert not learnt and "gives the label away" in notes[0]


def test_columns_that_give_the_label_away_together_are_named_together():
    frame = coins()[0].drop(columns="label")
    a, b, c = RNG.integers(0, 2, (3, 400))
    either = frame.assign(a=a, b=b, label=np.where(a | b, "yes", "no"))
    odd = frame.assign(a=a, b=b, label=np.where(a ^ b, "odd", "even"))
    siblings = frame.assign(a=a, b=b, c=c, label=[f"leaf {i}" for i in 4 * a + 2 * b + c])
    for table, names in ((either, "'a', 'b'"), (odd, "'a', 'b'"), (siblings, "'a', 'b', 'c'")):
        notes = [note for note in al.load_table(table, "label").notes if "together" in note]
        assert len(notes) == 1 and all(name in notes[0] for name in names.split(", ")), notes
    honest = frame.assign(a=a, b=b, label=np.where(RNG.random(400) < 0.9, a | b, 0))
    assert not any("together" in note for note in al.load_table(honest, "label").notes)


def named(frame, **how):
    """The notes on columns that give the label away."""
    return [note for note in al.load_table(frame, "label", **how).notes if "the label away" in note]


@pytest.mark.parametrize("combine", [np.subtract, np.add, np.multiply, np.divide])
def test_two_numbers_that_give_the_label_away_together_are_named_and_learnt_from(combine):
    rng = np.random.default_rng(21)
    a, b = rng.uniform(1, 9, size=(2, 400)).round(3)
    values = combine(a, b)
    frame = pd.DataFrame({"noise": rng.normal(size=400), "start": a, "other": rng.normal(size=400), "end": b})
    (note,) = named(frame.assign(label=np.where(values > np.median(values), "late", "early")))
    assert "'start'" in note and "'end'" in note and "together" in note and "--drop" in note


def test_the_scores_of_another_model_are_not_learnt_from():
    rng = np.random.default_rng(22)
    y, scores = rng.choice([*"abc"], 300), rng.dirichlet([1, 1, 1], 300)
    scores[np.arange(300), np.searchsorted([*"abc"], y)] += 1
    frame = pd.DataFrame((scores / 2).round(3), columns=["x", "y", "z"]).assign(
        size=rng.normal(size=300), label=y
    )
    (note,) = named(frame)
    assert "'x', 'y', 'z' together" in note and al.load_table(frame, "label").X.shape[1] == 1
    assert named(frame, keep=["x", "y", "z"]) == []


def test_a_number_that_is_right_on_95_percent_of_200_rows_is_named_and_one_on_85_is_not():
    rng, y = np.random.default_rng(23), np.arange(200) % 2
    for share, n_notes in ((0.95, 1), (0.85, 0)):
        wrong = rng.permutation(200) < 200 * (1 - share)
        x = np.where(wrong, 1 - y, y) + rng.normal(0, 0.1, 200)
        frame = pd.DataFrame({"x": x, "size": rng.normal(size=200), "label": np.array(["no", "yes"])[y]})
        assert len(named(frame)) == n_notes


def test_a_feature_that_is_the_label_is_left_out_and_can_be_kept(tmp_path):
    rng, y = np.random.default_rng(24), np.arange(200) % 2
    X = np.column_stack([rng.normal(size=(200, 4)), 7.5 - 2 * y])
    frame = pd.DataFrame({"file": range(200), "label": np.where(rng.random(200) < 0.6, y.astype(str), "")})
    table = al.load_table(frame, "label", features=X)
    assert any("'number 4' alone gives the label away" in note for note in table.notes)
    assert (table.preprocessor.fit_transform(table.X)[:, 4] == 0).all()
    kept = al.load_table(frame, "label", features=X, keep=["number 4"])
    assert (kept.preprocessor.fit_transform(kept.X)[:, 4] != 0).all()


def test_a_feature_that_is_filled_in_with_the_label_is_left_out():
    rng = np.random.default_rng(25)
    frame, _, labeled = coins(300)
    X = np.column_stack([rng.normal(size=(300, 3)), np.where(labeled, 3 + rng.random(300), 0)])
    table = al.load_table(frame, "label", features=pd.DataFrame(X, columns=[*"abcd"]))
    assert table.preprocessor.left_out == [3]
    assert any("'d' is filled in where a label is" in note for note in table.notes)


def test_three_columns_that_tell_the_label_only_together_are_named():
    frame, votes = coins(300)[0].drop(columns="label"), RNG.integers(0, 2, (300, 3))
    for told in (votes.sum(axis=1) > 1, votes.sum(axis=1) % 2):
        table = frame.assign(**dict(zip("abc", votes.T, strict=True)), label=np.where(told, "yes", "no"))
        (note,) = named(table)
        assert "together give" in note and all(repr(name) in note for name in "abc")


def test_what_is_made_from_the_label_is_named_beside_what_gives_it_away():
    kind = RNG.choice(["ash", "oak", "fir", "yew"], 300)
    frame = pd.DataFrame({"size": RNG.normal(size=300), "leaves": np.isin(kind, ["ash", "oak"]).astype(int)})
    frame = frame.assign(label=kind)
    assert al.load_table(frame, "label").X.shape[1] == 2  # an honest part of what a class is
    table = al.load_table(frame.assign(variety=pd.Series(kind) + RNG.choice(["1", "2"], 300)), "label")
    assert table.X.shape[1] == 1 and any(
        "'leaves' is the same in all rows of a label" in n for n in table.notes
    )


def test_two_dates_whose_order_is_the_label_are_named():
    days, late = RNG.integers(0, 300, 300), RNG.random(300) < 0.5
    begun = pd.Timestamp("2024-01-01") + pd.to_timedelta(days, "D")
    ended = begun + pd.to_timedelta(np.where(late, 1, -1) * RNG.integers(1, 20, 300), "D")
    frame = coins(300)[0].assign(due=begun.strftime("%Y-%m-%d"), paid=ended.strftime("%Y-%m-%d"))
    (note,) = named(frame.assign(label=np.where(late, "late", "in time")))
    assert "'due'" in note and "'paid'" in note and "--drop" in note


def test_codes_that_begin_with_a_letter_of_the_label_are_named():
    frame, y, _ = coins(200)
    (note,) = named(frame.assign(label=y, code=[f"{name[0].upper()}{i:05}" for i, name in enumerate(y)]))
    assert "'code' alone gives the label away" in note


def test_what_is_nearly_always_one_value_in_the_pool_alone_is_not_learnt_from():
    frame, _, labeled = coins()
    again = labeled | (RNG.random(400) < 0.04)  # sent back, and without a label since
    for rounds in (np.where(again, "done", "to do"), np.where(again, RNG.integers(1, 4, 400), 0)):
        learnt, notes = learnt_from(frame.assign(rounds=rounds), "rounds")
        assert not learnt and "filled in where a label is" in notes[0]
    rare = np.where(RNG.random(400) < 0.92, 0, RNG.integers(1, 9, 400))
    assert learnt_from(frame.assign(rare=rare), "rare")[0]
