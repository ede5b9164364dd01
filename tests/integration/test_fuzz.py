"""Claims about odd input: generated calls (fuzz.py) give a right result or a documented error."""

import fuzz
import numpy as np
import pandas as pd
import pytest

import al_helpers as al
from active_learning.cli.parser import build_parser
from active_learning.datasets.bundled import read_docstrings
from active_learning.features.text import TextEncoder, Texts
from active_learning.features.vectors import VectorScaler
from active_learning.labelling.plan import better_classifier
from active_learning.models.label_spreading import GraphSpreading
from active_learning.notebook import moving_picture
from active_learning.report.sentences import beside_constant
from active_learning.statistics.curves import areas, mean_curve_crossings
from active_learning.statistics.equal_budget import gains, reachable
from active_learning.statistics.power import false_alarm_rate, ranking, splits_to_show
from active_learning.statistics.ranks import holm, pseudo_median
from active_learning.strategies.base import score_pool


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A generated folder may be "", which is the one that tests run in."""
    monkeypatch.chdir(tmp_path)


def check(n, first):
    outcomes, faults = fuzz.fuzz(n, first)
    ways = {
        way: sum(k for (_, outcome), k in outcomes.items() if outcome == way) for way in ("worked", "refused")
    }
    print(f"{n} generated calls of {len({name for name, _ in outcomes})} functions: {ways}")
    assert faults == {}
    assert sum(ways.values()) == n


def test_generated_calls_end_in_a_result_or_a_documented_error():
    check(40, first=0)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 11_000, 1000))
def test_ten_thousand_generated_calls_end_in_a_result_or_a_documented_error(first):
    check(1000, first)


def test_every_exported_name_is_called_or_left_out_for_a_reason(tmp_path):
    made = {*fuzz.calls(np.random.default_rng(0), str(tmp_path))}
    print(f"{len(made)} functions are called; not called: {', '.join(sorted(fuzz.UNCALLED))}")
    assert made | fuzz.UNCALLED == set(fuzz.FUNCTIONS) and not made & fuzz.UNCALLED


def test_every_option_of_the_command_is_tried(monkeypatch):
    for files in ("path_of", "vectors"):
        monkeypatch.setattr(fuzz, files, lambda rng, folder: "t.csv")
    rng, tried = np.random.default_rng(0), set()
    for _ in range(400):
        tried |= {word for word in fuzz.options(rng, "folder") if word.startswith("--")}
    known = {name for action in build_parser()._actions for name in action.option_strings}
    assert known - tried == {"-h"}


CURVES = pd.DataFrame({"strategy": "random", "split": 0, "n_labels": [6, 9], "accuracy": [0.5, 0.9]})
WIDE = pd.DataFrame({"random": [50.0, 60], "margin": [30.0, 40]})
FOUND = {  # once a traceback of another kind, or a wrong result
    "VectorScaler": lambda: VectorScaler().fit(7),
    "TextEncoder": lambda: TextEncoder(np.zeros(3)).fit(np.zeros((3, 1))),
    "codes": lambda: TextEncoder(Texts(["a b"])).fit(np.float64(0)),
    "GraphSpreading": lambda: GraphSpreading().fit(np.zeros((3, 2)), 0),
    "no budget": lambda: al.plot_reached_share(WIDE, -1),
    "reachable": lambda: reachable(CURVES, "nobody"),
    "no strategy": lambda: gains(CURVES.assign(strategy=np.nan)),
    "text": lambda: areas(CURVES.assign(accuracy="x")),
    "a round twice": lambda: areas(pd.concat([CURVES, CURVES])),
    "a column twice": lambda: areas(pd.concat([CURVES, CURVES[["accuracy"]]], axis=1)),
    "infinite": lambda: al.labels_to_target(CURVES.assign(accuracy=np.inf), 0.9),
    "ranking": lambda: ranking(WIDE, "nobody"),
    "level 1": lambda: al.paired_saving([30, 40], [50, 60], level=1.0),
    "level 99.5": lambda: al.paired_saving([30, 40], [50, 60], level=99.5),
    "budget": lambda: al.paired_saving([30, 40], [50, 60], -1),
    "plot_forecast": lambda: al.plot_forecast(al.forecast(RUN, 0.9), 0.5),
    "moving_picture": lambda: moving_picture("ab"),
    "plot_speed": lambda: al.plot_speed(pd.Series([1.0], ["ours"]), "theirs"),
    "score_pool": lambda: score_pool(len, np.float32(3), np.arange(3), al.margin),
    "split_dataset": lambda: al.split_dataset([], random_state=0),
    "false_alarm_rate": lambda: false_alarm_rate(WIDE, 300, n_studies=0),
    "bootstrap_interval": lambda: al.bootstrap_interval(np.zeros((2, 0))),
    "no resamples": lambda: al.bootstrap_interval([1, 2], n_resamples=0),
    "Split": lambda: al.Split([0], [1], np.inf),
    "summarise": lambda: al.summarise(CURVES, 0.9, parts=7),
    "mean_curve_crossings": lambda: mean_curve_crossings(CURVES[["strategy", "split", "n_labels"]], 0.9),
    "pseudo_median": lambda: pseudo_median([]),
    "plot_images": lambda: al.plot_images(np.zeros((2, 3, 3)), "ab", "cd"),
    "beside_constant": lambda: beside_constant(CURVES, []),
    "better_classifier": lambda: better_classifier(None, None, {}, "f1"),
    "a pause for ever": lambda: moving_picture([], pause=np.inf),
    "plot_border": lambda: al.plot_border(None, np.zeros((30, 2)), np.zeros(20), [0], [1]),
    "a plane of nothing": lambda: al.plot_border(None, 0.0, 0, [0], [1]),
    "holm": lambda: holm(np.zeros((2, 3))),
    "a saving of all": lambda: splits_to_show(1, [30, 40, 50], [50, 60, 50]),
    "no resamples of curves": lambda: mean_curve_crossings(CURVES, 0.9, n_resamples=0),
    "beside_constant of blanks": lambda: beside_constant(CURVES, [np.nan, None]),
    "read_docstrings": lambda: read_docstrings(length=20),
}
RUN = al.History(np.array([6, 9, 12]), np.array([0.5, 0.6, 0.7]), np.arange(6))


@pytest.mark.parametrize("call", FOUND.values(), ids=FOUND)
def test_what_was_found_is_refused_in_a_sentence(call):
    with pytest.raises((ValueError, TypeError), match=r"must|unknown|none|needs|column|every|no round|pair"):
        call()
