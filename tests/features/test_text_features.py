"""Claims about texts: lengths, zeros for an empty one, and nothing learnt but from what fit is given."""

import copy
import gc

import numpy as np
import pandas as pd
import pytest
from examples import WORDS, said_in

import al_helpers as al
from active_learning.features.text import (
    COMMON,
    LENGTH,
    TextEncoder,
    Texts,
    _frequent,
    _in_use,
    count,
    shared_texts,
)
from active_learning.statistics.curves import final_scores

SAID = np.array(
    ["win a prize now", "see you at home", "free cash prize", "lunch at home", ""] * 8, dtype=object
)


def encoder():
    known = np.array([f"{text} {i % 7}" if text else "" for i, text in enumerate(SAID)], dtype=object)
    return TextEncoder(Texts(known)), np.arange(len(known), dtype=float)[:, None]


def test_empty_or_missing_texts_are_zero_and_the_usual_row_has_the_length():
    model, codes = encoder()
    Z = model.fit(codes).transform(np.vstack([codes, [[-1.0]]]))
    empty = np.append(SAID == "", True)
    assert (Z[empty] == 0).all() and Z.dtype == np.float64
    squares = (model.transform(codes[~empty[:-1]]) ** 2).sum(axis=1)
    np.testing.assert_allclose(squares.mean(), LENGTH**2, rtol=0.3)


@pytest.mark.parametrize("missing", [False, True])
def test_learning_and_turning_out_at_once_is_one_after_the_other(missing, monkeypatch):
    model, codes = encoder()
    codes[5] = -1.0 if missing else codes[5]
    np.testing.assert_allclose(model.fit_transform(codes), model.fit(codes).transform(codes), atol=1e-6)
    monkeypatch.setattr("active_learning.features.text.AXES_FROM", 10)  # axes from some of the texts
    np.testing.assert_allclose(model.fit_transform(codes), model.fit(codes).transform(codes), atol=1e-6)


def test_a_text_of_mostly_unknown_words_speaks_less_loudly():
    known = np.array([*SAID[SAID != ""], "zqx vbn prize wkj plm ygh"], dtype=object)
    codes = np.arange(len(known), dtype=float)[:, None]
    lengths = np.linalg.norm(TextEncoder(Texts(known)).fit(codes[:-1]).transform(codes), axis=1)
    assert 0 < lengths[-1] < lengths[:-1].min()


def test_a_text_that_fit_did_not_see_changes_nothing():
    model, codes = encoder()
    seen = codes[:20]
    before = model.fit(seen).transform(seen)
    model.texts.distinct[30] = "words that nobody has ever used before"
    model.texts.__dict__.pop("table", None)
    np.testing.assert_allclose(np.abs(model.fit(seen).transform(seen)), np.abs(before), atol=1e-9)


def test_texts_are_shared_and_not_copied():
    model, _ = encoder()
    assert copy.deepcopy(model.texts) is model.texts


@pytest.mark.parametrize(
    "n_rare, n_common, levels", [(450, 150, 19), (300, 300, 5), (40, 20, 4), (100, 200, 40)]
)
@pytest.mark.parametrize("mark", [" ", "-"])
def test_levels_that_were_never_seen_end_no_worse_than_a_constant(n_rare, n_common, levels, mark):
    rare = [(f"complaint{mark}{i}", "no") for i in range(n_rare)]
    common = [(f"thanks{mark}{i % levels}", "yes") for i in range(n_common)]
    frame = pd.DataFrame(rare + common, columns=["text", "y"]).sample(frac=1, random_state=0)
    dataset, settings, _, _ = al.plan_study(al.load_table(frame.reset_index(drop=True), "y"), target=0.9)
    every = settings | {"batch": 10**6, "budget": 10**6}
    score = final_scores(al.run_study(dataset, "random", n_splits=4, n_jobs=1, **every))["random"]
    share = frame["y"].value_counts(normalize=True).iloc[0]
    error = np.sqrt(share * (1 - share) / (0.3 * len(frame)) / 4)
    assert score.mean() >= share - 2 * error


def score_of(frame):
    """Accuracy at 40 random labels, the mean of three splits, on a table with labels `y`; and its notes."""
    table = al.load_table(frame, "y")
    dataset, settings, _, _ = al.plan_study(table, target=0.9, batch=36, budget=40)
    curves = al.run_study(dataset, "random", n_splits=3, n_jobs=1, **settings)
    return final_scores(curves)["random"].mean(), table.notes


@pytest.mark.parametrize("script", WORDS)
def test_texts_in_any_script_are_read_as_text_and_learnt_from(script):
    spaces = "" if script in ("Chinese", "Thai") else " "
    texts, y = said_in(WORDS[script], together=spaces)
    score, notes = score_of(pd.DataFrame({"text": texts, "y": np.where(y, "b", "a")}))
    assert "is read as text" in notes[0] and score > 0.85


def test_every_text_column_is_learnt_from():
    (first, _), (second, _) = (said_in(WORDS["Cyrillic"], seed=seed) for seed in (1, 2))
    subject, body = said_in(WORDS["Cyrillic"])[0], said_in(WORDS["Arabic"])[0]
    y = np.arange(120) % 2
    noise = np.random.default_rng(0).permutation(120)  # of either column a half says nothing
    subject = np.where(noise < 60, subject, np.array(first)[noise])
    body = np.where(noise >= 60, body, np.array(second)[noise])
    frame = pd.DataFrame({"subject": subject, "body": body, "y": np.where(y, "b", "a")})
    both, notes = score_of(frame)
    assert sum("is read as text" in note for note in notes) == 2
    assert both > max(score_of(frame.drop(columns=one))[0] for one in ("subject", "body"))


def test_texts_and_numbers_beside_each_other_are_both_learnt_from():
    texts, y = said_in(WORDS["Cyrillic"], n=240)
    size = np.random.default_rng(0).normal(size=240).round(3)
    label = np.where(y == 1, np.where(size > 0, "large offer", "small offer"), "other")
    frame = pd.DataFrame({"text": texts, "size": size, "y": label})
    both = score_of(frame)[0]
    assert both > max(score_of(frame.drop(columns=one))[0] for one in ("text", "size")) + 0.05


def test_empty_texts_among_others_are_no_hindrance_and_of_none_but_empty_ones_nothing_is_learnt():
    texts, y = said_in(WORDS["Greek, in capitals"], n=150)
    texts = [("", "  ", None)[i % 3] if i % 10 == 0 else text for i, text in enumerate(texts)]
    frame = pd.DataFrame({"text": texts, "y": np.where(y, "b", "a")})
    assert score_of(frame)[0] > 0.8
    notes = al.load_table(frame.assign(text=["", "  ", None] * 50), "y").notes
    assert "no column is left" in notes[0] and "'text' is dropped: it is empty" in notes[1]


def word(letters, n):
    return "".join(np.random.default_rng(n).choice([*letters], 9))


@pytest.mark.parametrize(
    "strings",
    {
        "addresses": [f"https://{word('abcdefghi', i)}.{('com', 'tk')[i % 2]}/{i}" for i in range(200)],
        "sequences": [
            word("ACGT", i) + ("TATAAT", "GCGCGC")[i % 2] + word("ACGT", i + 999) for i in range(200)
        ],
        "codes": [f"{('AX', 'BQ')[i % 2]}{i % 89}-{word('ABCDEFGHIJKLM', i)}" for i in range(200)],
        "network addresses": [
            f"{(10, 81)[i % 2]}.{i * 7 % 255}.{i * 11 % 255}.{i % 253}" for i in range(200)
        ],
        "emoji": [
            "".join(("😀", "😡")[i % 2] + "🍎🚗🏠📚🎈🌧🐟🎁"[i >> k & 7] for k in (0, 3, 5))
            for i in range(200)
        ],
    }.items(),
    ids=lambda pair: pair[0],
)
def test_strings_without_blanks_are_read_as_characters(strings):
    frame = pd.DataFrame({"x": strings[1], "y": ["a", "b"] * 100})
    accuracy, notes = score_of(frame)
    assert accuracy > 0.95 and any("is read as characters" in note for note in notes)


@pytest.mark.parametrize(
    "strings",
    [
        [f"u{i}" for i in range(200)],
        [f"INV-2024-{i:05d}" for i in range(200)],
        [word("0123456789abcdef", i) for i in range(200)],
        [f"{i * 7919 % 9000 + 1000}-{word('ABCDEFGHIJKLMNOPQRSTUVWXYZ', i)[:5]}" for i in range(200)],
    ],
)
def test_strings_that_only_name_the_rows_are_left_out(strings):
    frame = pd.DataFrame({"x": strings, "n": np.arange(200) % 7, "y": ["a", "b"] * 100})
    assert "column 'x' is dropped: it names the rows" in al.load_table(frame, "y").notes


def test_single_characters_count_in_scripts_without_blanks():
    rng = np.random.default_rng(0)
    letters = [*"的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会"]
    y = rng.integers(0, 2, 400)
    texts = ["".join(rng.permutation([*rng.choice(letters, 5), "差好"[k]])) for k in y]
    assert score_of(pd.DataFrame({"x": texts, "y": np.where(y, "good", "bad")}))[0] > 0.8


def test_codes_are_alike_only_if_they_are_equal():
    codes = Texts(["J45.32", "J45.33", "cc", "CC"], characters=True)
    assert len({codes.key(i) for i in range(4)}) == 4 and codes.key(-1) == ""
    reviews = Texts(["很快，好吃", "很快好吃!", "很快 好吃"], characters=True)
    assert reviews.key(0) == reviews.key(2)


def test_of_equally_common_words_the_first_are_looked_at_on_every_machine():
    assert _frequent(np.arange(7000), np.full(7000, 3))[0].tolist() == list(range(COMMON))


def test_what_occurs_in_three_texts_is_looked_at_and_what_occurs_in_two_is_not():
    columns, often = np.array([5, 7, 9]), np.array([4, 3, 2])
    assert [part.tolist() for part in _frequent(columns, often)] == [[5, 7], [4, 3]]
    assert _frequent(columns[1:], often[1:])[0].tolist() == [7]
    assert _frequent(columns[2:], often[2:])[0].tolist() == [9]  # where none does, all that occur


def test_two_texts_are_enough_to_tell_them_apart():
    rows = TextEncoder(Texts(["red apple", "blue sky"])).fit_transform(np.array([[0.0], [1.0]]))
    assert not np.allclose(rows[0], rows[1])


def test_the_numbers_of_texts_may_be_a_list():
    model, codes = encoder()
    np.testing.assert_array_equal(model.fit(codes.tolist()).transform([[0], [1]]), model.transform(codes[:2]))


def test_texts_that_repeat_have_no_axes_of_noise():
    said = [f"{a} {b}" for a in ("red", "green", "blue") for b in ("apple", "melon", "grape")]
    codes = np.arange(90)[:, None] % len(said)
    rows = TextEncoder(Texts(said)).fit(codes).transform(codes)
    assert rows.shape[1] <= len(said)  # nine texts span no more, and the rest would be rounding
    assert np.linalg.matrix_rank(rows) == rows.shape[1]


def test_a_part_of_many_texts_is_counted_once_and_encoded_as_all_of_them_are(monkeypatch):
    texts, rows = (
        [f"item {i % 97} of order {i % 31} no{i}" for i in range(400)],
        np.arange(0, 400, 4)[:, None],
    )
    whole = TextEncoder(Texts(texts)).fit_transform(rows)
    monkeypatch.setattr("active_learning.features.text.MANY", 300)
    part, calls = Texts(texts), []
    counted = "active_learning.features.text.count"
    monkeypatch.setattr(counted, lambda values, *how: calls.append(len(values)) or count(values, *how))
    encoder = TextEncoder(part)
    np.testing.assert_allclose(encoder.fit_transform(rows) @ whole.T, whole @ whole.T, atol=1e-4)
    assert calls == [100]
    encoder.transform(np.arange(400)[:, None])
    np.testing.assert_allclose(encoder.transform(rows) @ whole.T, whole @ whole.T, atol=1e-4)


def test_a_table_that_is_read_again_while_it_is_in_use_is_not_counted_again():
    first = shared_texts([*SAID[:5]])
    assert shared_texts(np.array(SAID[:5])) is first
    others = [shared_texts([*SAID[:5]], characters=True), shared_texts([*SAID[4::-1]])]
    assert first not in others and others[0] is not others[1]
    before = len(_in_use)
    del first, others
    gc.collect()
    assert len(_in_use) == before - 3  # nothing is kept of a table that is not
