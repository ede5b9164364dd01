"""Claims about texts: one length, zeros for an empty one, and nothing learnt but from what fit is given."""

import copy

import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.texts import LENGTH, Texts

SAID = np.array(
    ["win a prize now", "see you at home", "free cash prize", "lunch at home", ""] * 8, dtype=object
)


def encoder():
    known = np.array([f"{text} {i % 7}" if text else "" for i, text in enumerate(SAID)], dtype=object)
    return al.TextEncoder(Texts(known)), np.arange(len(known), dtype=float)[:, None]


def test_rows_have_one_length_and_empty_or_missing_texts_are_zero():
    model, codes = encoder()
    Z = model.fit(codes).transform(np.vstack([codes, [[-1.0]]]))
    lengths = np.linalg.norm(Z, axis=1)
    empty = np.append(SAID == "", True)
    np.testing.assert_allclose(lengths[~empty], LENGTH)
    assert (Z[empty] == 0).all() and Z.dtype == np.float64


def test_a_text_that_fit_did_not_see_changes_nothing():
    model, codes = encoder()
    seen = codes[:20]
    before = model.fit(seen).transform(seen)
    model.texts.known[30] = "words that nobody has ever used before"
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
    score = al.final_scores(al.run_study(dataset, "random", n_splits=4, n_jobs=1, **every))["random"]
    share = frame["y"].value_counts(normalize=True).iloc[0]
    error = np.sqrt(share * (1 - share) / (0.3 * len(frame)) / 4)
    assert score.mean() >= share - 2 * error
