"""The numbers and the figure of twelve rounds: the old score, the new one, and the truth."""

import numpy as np
from scipy.stats import binomtest

import al_helpers as al
from active_learning.forecast.backtest import score_history


def test_the_score_of_audit_rows_is_near_the_truth_and_cross_validation_is_far_below():
    rounds = score_history()
    assert rounds["labels"].tolist() == [60, 90, 120, 150] and (rounds["jobs"] == 100).all()
    last = rounds.iloc[-1]
    assert abs(last["score"] - last["truth"]) < 0.01 and last["truth"] - last["cross_validation"] > 0.1
    assert ((rounds["low"] < rounds["truth"]) & (rounds["truth"] < rounds["high"])).all()


def test_a_forecasts_score_now_and_labels_needed_hold_as_often_as_they_say():
    rounds = score_history()
    for said, held in ((0.95, "now_95"), (0.8, "now_80")):
        hits = rounds[held] * rounds["jobs"]
        assert all(binomtest(round(k), 100, said, alternative="less").pvalue > 0.05 for k in hits)
    for said, held in ((0.95, "needed_95"), (0.8, "needed_80")):
        hits = (rounds[held] * rounds["forecasts"]).sum()
        assert hits / rounds["forecasts"].sum() >= said


def test_the_figure_draws_the_three_lines_and_the_interval():
    rounds = score_history()
    ax = al.plot_score_history(rounds)
    lines = {tuple(line.get_ydata()) for line in ax.lines}
    assert lines == {tuple(rounds[name]) for name in ("truth", "score", "cross_validation")}
    (band,) = ax.collections
    np.testing.assert_allclose(band.get_paths()[0].vertices[:, 1].max(), rounds["high"].max())
    assert [text.get_text().strip() for text in ax.texts] == [
        "truth",
        "score of audit rows",
        "cross-validation",
    ]
