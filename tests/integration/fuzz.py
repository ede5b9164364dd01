"""Generated calls of every exported function, of others, and of the command: python tests/integration/fuzz.py [cases] [first seed].

A case is a call that would work, with something odd put in the place of one or two of its arguments, or none.
It may return, or raise ValueError, TypeError or OSError with a message. Anything else is a fault, printed with
the seed that makes it again. tests/integration/test_fuzz.py runs some.
"""

# ruff: noqa: E501  (one call per line reads better)

import contextlib
import inspect
import io
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.naive_bayes import GaussianNB

import al_helpers as al
from active_learning import notebook
from active_learning._arrays import take
from active_learning._text import printable
from active_learning.cli.main import main as run_command
from active_learning.datasets.bundled import read_docstrings
from active_learning.features.text import TextEncoder, Texts
from active_learning.features.vectors import VectorScaler
from active_learning.forecast.backtest import backtest_forecasts
from active_learning.labelling.plan import better_classifier, study_sizes, table_model
from active_learning.models.label_spreading import GraphSpreading
from active_learning.models.logistic import NewtonLogisticRegression
from active_learning.models.registry import CLASSIFIERS, default_model, fit
from active_learning.plots.style import color_of, ink_of
from active_learning.report import sentences
from active_learning.statistics import curves as measures
from active_learning.statistics import equal_budget, power, ranks
from active_learning.strategies import base, batch
from active_learning.strategies.registry import check_strategy, pick_strategies
from active_learning.study.study import cut_rows, run_parts
from active_learning.tables.table import MISSING, Table

EXPORTED = {name: value for name, value in vars(al).items() if not name.startswith("_")}
BEHIND = [  # what is not exported, and takes arguments from tests, the command or other modules
    *(take, printable, read_docstrings, TextEncoder, VectorScaler),
    *(better_classifier, study_sizes, table_model, GraphSpreading, cut_rows),
    *(NewtonLogisticRegression, default_model, fit, color_of, ink_of, check_strategy, pick_strategies),
    *(getattr(sentences, name) for name in ("describe", "format_cost", "format_saving")),
    *(getattr(sentences, name) for name in ("format_labels", "format_percent", "format_share", "effect")),
    *(sentences.seed_meets, sentences.beside_constant, notebook.text_table, notebook.moving_picture),
    *(getattr(measures, name) for name in ("by_split", "areas", "area_under_curve", "final_scores")),
    *(measures.mean_curve_crossings, power.false_alarm_rate, run_parts, sentences.format_range),
    *(measures.crossing_bounds, equal_budget.gains, equal_budget.reachable, ranks.pseudo_median, ranks.holm),
    *(power.ranking, power.smallest_saving_shown, power.splits_to_show),
    *(base.Round, base.top_rows, base.score_pool, base.requires, base.highest, base.random_rows),
    *(base.smallest_margin, batch.annealed_margin, batch.badge, batch.cluster_margin, batch.committee),
    *(batch.core_set, batch.density_margin, batch.diverse_margin, batch.power_margin, batch.typiclust),
]
FUNCTIONS = EXPORTED | {function.__name__: function for function in BEHIND} | {"main": run_command}
by_split, Round = measures.by_split, base.Round
DOCUMENTED = (ValueError, TypeError, OSError)
OURS = (al.Dataset, al.Split, Table, Round, matplotlib.axes.Axes, pd.DataFrame, pd.Series, dict)
SECONDS = 60  # a call that computes for longer hangs, as does one that waits for ten times as long
NAMES = [
    "a",
    "b",
    "random",
    "żółć",
    "日本",
    "<script>x</script>",
    "a\x1b[31m",
    "x\u202ey",
    "n\0l",
    "two\nlines",
    "$x$",
    "**m**",
    "",
    " ",
]
# fmt: off
JUNK = [
    None, True, -1, 0, 1, 7, 2**70, 0.5, -0.0, float("nan"), float("inf"), "", "x", "n\0l", "a\x1b[31m\u202e", b"x",
    [], [1], ["a", 1], {}, {"a": 1}, (), object(), np.int64(3), np.float32(0.5), len, int, pd.NaT, pd.NA, 1j,
    np.array(3), np.array([]), np.zeros((2, 0)), range(3), set(), pd.DataFrame(), pd.Series(dtype=float),
]
# fmt: on


def one_of(rng, things):
    return things[rng.integers(len(things))]


def odd_array(rng, a):
    """The array as others might hand it over: of another dtype, order or kind, or with values gone wild."""
    a = np.array(a)
    if a.dtype.kind not in "fiu" or a.size == 0:
        return one_of(
            rng, [a.tolist(), a.astype(object), a[::-1], a[:0], pd.Series(a) if a.ndim == 1 else a.T]
        )
    spots = a.astype(float)
    spots.flat[rng.integers(a.size)] = one_of(rng, [np.nan, np.inf, -np.inf, 1e308, -1e308, 1e-320, 1e19])
    frozen = a.copy()
    frozen.flags.writeable = False
    wide = np.repeat(a, 2, axis=-1)[..., ::2]  # not contiguous
    ways = [
        a,
        spots,
        frozen,
        wide,
        np.asfortranarray(a),
        a.astype("f4"),
        a.astype("f2"),
        a.astype(">f8"),
        a.astype(object),
    ]
    ways += [
        np.ma.masked_array(a, mask=rng.random(a.shape) < 0.2),
        a.astype(str),
        a[:0],
        a[..., :0],
        a[:1],
        a[None],
        a.ravel(),
    ]
    ways += [
        a.tolist(),
        a * 1e200,
        a.astype(int),
        a.astype(bool),
        a.astype(complex),
        a[::-1],
        np.zeros_like(a),
        a.astype("g"),
    ]
    if a.ndim == 2:
        ways += [
            pd.DataFrame(a),
            sparse.csr_array(a),
            sparse.coo_matrix(a),
            np.asmatrix(a),
            pd.DataFrame(a).astype(str),
        ]
    return one_of(rng, ways)


def odd_frame(rng, frame):
    """The frame with rows or columns gone, twice, in another order or of another kind."""
    column = one_of(rng, list(frame.columns))
    ways = [
        frame.drop(columns=column),
        frame.iloc[:0],
        frame.iloc[:1],
        frame.sample(frac=1, random_state=int(rng.integers(99))),
        pd.concat([frame, frame.iloc[:2]]),
        pd.concat([frame, frame[[column]]], axis=1),
        frame.assign(**{column: one_of(rng, [np.nan, "x", None, -1, 1e300, np.inf])}),
        frame.astype({column: object}),
        frame.astype({column: "category"}),
        frame.mask(rng.random(frame.shape) < 0.1),
        frame.rename(columns={column: one_of(rng, NAMES)}),
        frame.set_index(column),
        frame[frame.columns[::-1]],
        frame.iloc[rng.random(len(frame)) < 0.7],
    ]
    return one_of(rng, ways)


def odd(rng, value):
    """Something else than the value, often of its kind."""
    if isinstance(value, OURS) or callable(value) or hasattr(value, "_fields"):
        return value  # whose kind a docstring names; what they hold is made odd where they are made
    if rng.random() < 0.35:
        return one_of(rng, JUNK)
    if isinstance(value, np.ndarray):
        return odd_array(rng, value)
    if isinstance(value, str):
        return one_of(rng, [*NAMES, *al.STRATEGIES, *CLASSIFIERS, "balanced_accuracy"])
    if isinstance(value, (int, float)):
        return one_of(
            rng, [0, 1, 2, 3, 50, 10**6, -5, 0.3, 1.0, 99.5, float("nan"), 1e-300, np.int32(4), "3", True]
        )
    return one_of(rng, JUNK)


# Calls that work -----------------------------------------------------------------------------------------------


def labels(rng, n):
    """n labels of 2 to 200 classes, of one kind or mixed."""
    k = one_of(rng, [2, 2, 3, 5, max(2, n // 6)])
    codes = np.concatenate([np.arange(k), rng.integers(k, size=n - k)])
    texts = np.array([f"{one_of(rng, NAMES)}{i}" for i in range(k)], dtype=object)
    kinds = [
        codes,
        codes - 1,
        codes * 10**12,
        codes.astype(float),
        codes.astype("u1"),
        texts[codes],
        codes % 2 == 0,
    ]
    kinds += [
        texts[codes].astype(str),
        np.where(codes == 0, "a", codes.astype(object)),
        codes.astype(str),
        list(codes),
    ]
    return one_of(rng, kinds)


def dataset(rng):
    n = int(rng.integers(14, 70))
    if rng.random() < 0.03:
        n = 1300
    X = rng.normal(size=(n, int(rng.integers(1, 5)))).round(one_of(rng, [0, 1, 8]))
    if rng.random() < 0.3:
        X = odd_array(rng, X)
    try:
        return al.Dataset(one_of(rng, NAMES), X, labels(rng, n))
    except DOCUMENTED:
        return al.Dataset("plain", rng.normal(size=(40, 2)), np.arange(40) % 2)


@cache
def plain():
    """(dataset, split, histories, curves) of a small study that worked."""
    iris = al.load_dataset("iris")
    settings = dict(n_splits=3, batch=5, budget=21, n_jobs=1)
    histories = al.run_histories(iris, ["random", "margin", "entropy"], **settings)
    return iris, al.split_dataset(iris.y, random_state=0), histories, al.curves_of(histories)


def a_round(rng):
    data, split, *_ = plain()
    model = one_of(rng, [default_model(), GaussianNB(), al.make_model("knn"), al.make_model("extra_trees")])
    model.fit(data.X[split.seed], data.y[split.seed])
    return Round(model, data.X, split.seed, data.y[split.seed], split.pool, int(rng.integers(1, 9)), rng)


def cells(rng, n):
    kinds = [
        rng.normal(size=n).round(2).astype(str), rng.integers(9, size=n).astype(str),
        [one_of(rng, NAMES) for _ in range(n)], [one_of(rng, MISSING) for _ in range(n)],
        [f"2024-0{i % 9 + 1}-1{i % 7}" for i in range(n)], [str(i % 2 == 0) for i in range(n)],
        rng.normal(size=n), [one_of(rng, [None, 1, "x", 2.5, "=1+1", "-3"]) for _ in range(n)],
        [f"{i:.1f},{i}" for i in range(n)], ["1e400"] * n, pd.date_range("2020", periods=n), np.arange(n) % 3 == 0,
    ]  # fmt: skip
    return one_of(rng, kinds)


def frame(rng, n=48):
    table = pd.DataFrame({f"c{i}{one_of(rng, NAMES)}": cells(rng, n) for i in range(int(rng.integers(1, 5)))})
    classes = [str(one_of(rng, NAMES)) or "z" for _ in range(3)]
    table["y"] = [classes[i % 3] if i < n - 12 else "" for i in range(n)]
    return table


def table(rng):
    try:
        return al.load_table(frame(rng), "y")
    except DOCUMENTED:
        return al.load_table(pd.DataFrame({"x": np.arange(48.0) % 7, "y": [*"ab" * 18, *[""] * 12]}), "y")


def needed(rng):
    return al.labels_to_target(plain()[3], one_of(rng, [0.5, 0.8, 0.95]))


def by_strategy(rng):
    return by_split(needed(rng))


def summary_row(rng):
    return one_of(rng, [*al.summarise(plain()[3], 0.9).itertuples()])


def path_of(rng, folder):
    source = Path(folder, one_of(rng, ["t.csv", "ü <b>.csv", "a\x1b.csv", "t.csv.gz"]))
    frame(rng).to_csv(source, index=False, sep=one_of(rng, [",", ";", "\t"]))
    if rng.random() < 0.3 and source.suffix == ".csv":
        raw = source.read_bytes()
        at = int(rng.integers(len(raw)))
        source.write_bytes(
            raw[:at] + one_of(rng, [b"\0", b'"', b"\xff", b"\n", b"\x1b", b"", b"\r"]) + raw[at + 1 :]
        )
    return str(source)


SMALL = dict(n_splits=2, batch=4, budget=30, n_jobs=1)
RULE_MODULES = {"active_learning.strategies.base", "active_learning.strategies.batch"}
ROUND_RULES = [name for name, call in FUNCTIONS.items() if getattr(call, "__module__", "") in RULE_MODULES]
ROUND_RULES = [
    name for name in ROUND_RULES if list(inspect.signature(FUNCTIONS[name]).parameters)[:1] == ["round"]
]


def calls(rng, folder):
    """name -> (args, kwargs) that would work; made by the function that is asked for."""
    iris, split, histories, curves = plain()
    seed = int(rng.integers(1000))
    ax = lambda: al.new_figure()[1]  # noqa: E731
    made = {
        "Dataset": lambda: (["d", rng.normal(size=(9, 2)), labels(rng, 9)], {}),
        "Split": lambda: ([np.arange(3), np.arange(3, 6), np.arange(6, 9)], {}),
        "load_dataset": lambda: ([one_of(rng, ["synthetic", "iris", "wine"])], {}),
        "split_dataset": lambda: ([labels(rng, 60)], dict(seed_per_class=1, test_size=0.3, random_state=seed)),
        "take": lambda: ([rng.normal(size=(9, 2)), np.array([1, 3])], {}),
        "top_rows": lambda: ([rng.random(9), np.arange(9), 3], {}),
        "score_pool": lambda: ([GaussianNB().fit(iris.X, iris.y).predict_proba, iris.X, np.arange(9), al.margin], {}),
        "highest": lambda: ([a_round(rng), al.entropy], {}),
        "check_strategy": lambda: (["margin", al.STRATEGIES["margin"], GaussianNB(), iris.X], {}),
        "pick_strategies": lambda: ([["random", "margin"]], {}),
        "make_model": lambda: (["knn"], {}),
        "fit": lambda: ([default_model(), iris.X, iris.y, split.seed, split.pool], {}),
        "run_loop": lambda: ([iris, split, "margin"], dict(model="logistic_regression", batch=4, budget=30, random_state=seed, metric="accuracy", stop_at=0.9)),
        "run_histories": lambda: ([iris, ["random", "margin"]], dict(SMALL, random_state=seed, seed_per_class=2, test_size=0.3, model=None, checkpoint=None)),
        "run_study": lambda: ([dataset(rng), one_of(rng, [*al.STRATEGIES])], dict(SMALL, model=one_of(rng, [None, *CLASSIFIERS]), seed_per_class=1, test_size=0.4)),
        "checksum": lambda: ([histories], {}),
        "curves_of": lambda: ([histories], {}),
        "area_under_curve": lambda: ([np.array([6, 11, 16]), np.array([0.5, 0.7, 0.8])], {}),
        "bootstrap_interval": lambda: ([rng.normal(size=9), np.median], dict(level=0.95, random_state=0)),
        "by_split": lambda: ([needed(rng)], {}),
        "false_alarm_rate": lambda: ([by_strategy(rng), 21], dict(n_studies=3)),
        "labels_to_target": lambda: ([curves, 0.9], dict(hold=1)),
        "summarise": lambda: ([curves, 0.9], dict(hold=1, reference="random", parts=None)),
        "describe": lambda: ([curves, 0.9], dict(hold=1)),
        "label_worth": lambda: ([curves, int(rng.integers(1, 40))], dict(flat=0.015, random_state=seed)),
        "results_table": lambda: ([curves, 0.9], dict(hold=1)),
        "format_labels": lambda: ([float(seed), 300], {}),
        "format_percent": lambda: ([0.5], {}),
        "load_table": lambda: ([one_of(rng, [frame(rng), odd_frame(rng, frame(rng)), path_of(rng, folder)]), "y"], dict(drop=(), id_column=None)),
        "merge_labels": lambda: ([table(rng), pd.DataFrame({"id": ["37"], "y": ["a"]})], {}),
        "write_table": lambda: ([table(rng), Path(folder, "out.csv")], dict(force=True)),
        "score": lambda: ([table(rng)], dict(random_state=seed)),
        "Score": lambda: (["pool", 0.9, 0.8, 0.95, 40, 0], {}),
        "plan_study": lambda: ([table(rng)], dict(target=None, batch=4, budget=20, model=None, metric="accuracy")),
        "study_sizes": lambda: ([labels(rng, 60)], dict(batch=5, budget=30)),
        "suggest": lambda: ([table(rng), 3], dict(strategy=one_of(rng, [*al.STRATEGIES]), model=one_of(rng, [None, *CLASSIFIERS]), random_state=seed)),
        "table_model": lambda: ([table(rng)], dict(model="knn")),
        "color_of": lambda: (["margin"], {}),
        "ink_of": lambda: (["margin"], {}),
        "title": lambda: ([ax(), one_of(rng, NAMES), one_of(rng, NAMES)], {}),
        "text_table": lambda: ([pd.DataFrame({n: [one_of(rng, NAMES)] for n in NAMES[:3]})], {}),
        "markdown_text": lambda: ([one_of(rng, NAMES)], {}),
        "printable": lambda: ([one_of(rng, NAMES)], {}),
        "plot_learning_curves": lambda: ([curves, 0.9, ax()], {}),
        "plot_paired_savings": lambda: ([by_strategy(rng), 21, ax()], {}),
        "plot_reached_share": lambda: ([by_strategy(rng), 21, ax()], {}),
        "plot_one_run": lambda: ([histories["margin", 0], "margin", ax()], {}),
        "main": lambda: ([options(rng, folder)], {}),
    }  # fmt: skip
    made |= {
        name: lambda: ([rng.dirichlet(np.ones(4), 9)], {})
        for name in ("margin", "entropy", "least_confidence")
    }
    made |= {name: lambda: ([curves], {}) for name in ("areas", "final_scores")}
    made |= {
        name: lambda: ([np.array([9.0, 20]), np.array([12.0, np.inf]), 21], {})
        for name in ("labels_saved", "saving_interval")
    }
    made |= {name: lambda: ([summary_row(rng)], {}) for name in ("format_cost", "format_saving")}
    made |= {name: lambda: ([a_round(rng)], {}) for name in ROUND_RULES if name not in made}
    made |= calls_of_results(rng, folder)
    return {name: call for name, call in made.items() if name in FUNCTIONS}


@cache
def study_table():
    """A table with two classes that some column tells apart."""
    return al.load_table(pd.DataFrame({"x": np.arange(60.0) % 7, "y": [*"ab" * 20, *[""] * 20]}), "y")


@cache
def watched():
    """(dataset, histories of random, forecast) of a small project."""
    iris, _, histories, _ = plain()
    own = {split: run for (name, split), run in histories.items() if name == "random"}
    return iris, own, al.forecast(own[0], 0.9)


@cache
def replayed():
    """(histories of random on iris, table of backtest_forecasts of them)."""
    iris = plain()[0]
    found = al.run_histories(iris, ["random"], n_splits=2, batch=5, budget=45, n_jobs=1)
    own = {split: run for (_, split), run in found.items()}
    return own, backtest_forecasts(iris, own, labels=30, more=10, n_jobs=1)


def tall(rng):
    """Curves as run_study makes them, or with rows or columns gone, twice, or gone wild."""
    curves = plain()[3]
    return odd_frame(rng, curves) if rng.random() < 0.3 else curves


def crossings(rng):
    """Labels to target by batch size, some of them not reached."""
    table = pd.DataFrame(rng.uniform(20, 90, (3, 3)).round(1), [5, 10, 40], ["random", "margin", "badge"])
    return table.mask(rng.random((3, 3)) < 0.2, np.inf)


def prices(rng):
    """A table for plot_batch_price."""
    table = crossings(rng).rename_axis("batch").reset_index()
    table = table.melt("batch", var_name="strategy", value_name="median")
    return table.assign(low=table["median"] - 3, high=table["median"] + 9)


def pairs(rng):
    """Labels to target of a rule and of random on the same splits, some beyond the budget."""
    n = int(one_of(rng, [1, 2, 5, 6, 30, 60]))
    both = rng.uniform(10, 99, (2, n)).round(one_of(rng, [0, 3]))
    return [*np.where(rng.random((2, n)) < one_of(rng, [0, 0.1, 0.9]), np.inf, both), 100]


def plane(rng):
    """(model, plane, labels, labelled rows, queried rows) for a border."""
    points, y = rng.normal(size=(30, 2)), np.arange(30) % 2
    return default_model().fit(points, y), points, y, np.arange(4), np.arange(4, 9)


def calls_of_results(rng, folder):
    """As calls, of what is made from a study's results."""
    iris = plain()[0]
    _, runs, answer = watched()
    summary, seed = al.summarise(plain()[3], 0.9), int(rng.integers(1000))
    ax = lambda: al.new_figure()[1]  # noqa: E731
    _, judged = replayed()
    costs = pd.DataFrame({"strategy": ["a", "b"] * 2, "pool": [9, 9, 99, 99], "ms": rng.random(4) + 0.1})
    return {
        "read_docstrings": lambda: ([int(rng.integers(1, 9)), int(rng.integers(200, 400))], {}),
        "requires": lambda: (["proba"], {}),
        "Round": lambda: ([*vars(a_round(rng)).values()], {}),
        "History": lambda: ([np.array([6, 9]), np.array([0.5, 0.6]), np.array([1, 2, 3])], {}),
        "default_model": lambda: ([], {}),
        "crossing_bounds": lambda: ([tall(rng), 0.9], dict(hold=1, interpolate=True)),
        "mean_curve_crossings": lambda: ([tall(rng), 0.9], dict(n_resamples=20, random_state=seed)),
        "pseudo_median": lambda: ([rng.normal(size=9)], {}),
        "paired_saving": lambda: (pairs(rng), dict(level=0.95)),
        "holm": lambda: ([rng.random(4)], {}),
        "ranking": lambda: ([by_strategy(rng)], dict(reference="random")),
        "smallest_saving_shown": lambda: (pairs(rng), {}),
        "splits_to_show": lambda: ([0.1, *pairs(rng)], {}),
        "cut_rows": lambda: ([labels(rng, 60), 2], dict(random_state=seed)),
        "run_parts": lambda: ([iris, one_of(rng, [*al.CLASSIC])], dict(SMALL, n_parts=2, test_size=0.3)),
        "effect": lambda: ([summary_row(rng)], {}),
        "listed": lambda: ([["a", "b", "c"][: rng.integers(1, 4)]], {}),
        "format_share": lambda: ([0.2, 0.3], {}),
        "format_range": lambda: ([0.2, 0.3], {}),
        "seed_meets": lambda: ([tall(rng), 0.5], {}),
        "advise": lambda: ([tall(rng), 0.9], dict(hold=1)),
        "beside_constant": lambda: ([tall(rng), labels(rng, 60)], {}),
        "gains": lambda: ([tall(rng)], dict(reference="random", random_state=seed)),
        "reachable": lambda: ([tall(rng), "random"], {}),
        "label_worth": lambda: ([tall(rng), 30], dict(reference="random", flat=0.02, random_state=seed)),
        "recommend_rule": lambda: (["text", int(rng.integers(1, 99))], {}),
        "read_map": lambda: ([], {}),
        "expect": lambda: ([al.read_map()], dict(level=0.9)),
        "when_it_pays": lambda: ([al.read_map()], {}),
        "plot_worths": lambda: ([al.read_map().query("n == 100 and rule == 'margin'"), ax()], {}),
        "VectorScaler": lambda: ([rng.normal(size=(12, 3)), None], {}),
        "TextEncoder": lambda: ([np.arange(12.0)[:, None] % 9 - 1, None], dict(texts=Texts([f"{one_of(rng, NAMES)} {i % 3} and so on" for i in range(8)]), n_components=3)),
        "NewtonLogisticRegression": lambda: ([rng.normal(size=(12, 3)), labels(rng, 12)], dict(C=1.0, tol=1e-7, max_iter=100, warm_start=True)),
        "GraphSpreading": lambda: ([rng.normal(size=(12, 3)), np.arange(12) % 4 - 1], dict(n_neighbors=4, alpha=0.98)),
        "better_classifier": lambda: ([study_table(), iris, dict(batch=5, budget=20), "knn"], dict(n_splits=2, n_jobs=1)),
        "forecast": lambda: ([one_of(rng, [table(rng), dataset(rng), runs[0]]), 0.9], dict(ahead=(20, 50), random_state=seed)),
        "coverage": lambda: ([odd_frame(rng, judged) if rng.random() < 0.3 else judged, ("data", "labels")], {}),
        "new_figure": lambda: ([1, int(rng.integers(1, 4))], {}),
        "plot_batch_price": lambda: ([prices(rng), ax()], {}),
        "plot_dots": lambda: ([{("a", "margin"): rng.normal(size=9)}, ax()], {}),
        "plot_intervals": lambda: ([pd.DataFrame(rng.random((2, 3)), ["margin", "a"], ["estimate", "low", "high"]), ax()], {}),
        "plot_forecast": lambda: ([answer, one_of(rng, [None, runs[0]]), ax()], dict(rule="random")),
        "plot_forecasts": lambda: ([{"iris": (runs[0], answer)}], {}),
        "plot_forecast_truth": lambda: ([odd_frame(rng, judged) if rng.random() < 0.3 else judged, ax()], {}),
        "plot_border": lambda: ([*plane(rng), ax()], {}),
        "plot_images": lambda: ([rng.random((2, 8, 8)), ["a", one_of(rng, NAMES)], al.new_figure(1, 2)[1]], {}),
        "plot_query_cost": lambda: ([costs, ax()], {}),
        "plot_score_triangle": lambda: ([al.entropy, ax()], {}),
        "score_history": lambda: ([], {}),
        "plot_score_history": lambda: ([pd.DataFrame(rng.random((3, 6)), columns=["labels", "truth", "score", "low", "high", "cross_validation"]), ax()], {}),
        "plot_split": lambda: ([rng.random((9, 8, 8)), al.Split([0, 1], [2, 3, 4], [5]), ax()], {}),
        "plot_guesses": lambda: ([rng.random((8, 8)), rng.dirichlet(np.ones(4)), al.new_figure(1, 2)[1]], {}),
        "plot_choices": lambda: ([rng.random((4, 8, 8)), np.arange(4), rng.dirichlet(np.ones(4), 4)], dict(score=al.margin)),
        "plot_plane": lambda: ([rng.random((9, 2)), np.arange(9) % 3, rng.random((9, 8, 8)), {"margin": [0, 1], "entropy": [2]}], {}),
        "plot_spread": lambda: ([tall(rng), "random", ax()], {}),
        "plot_saving_by_target": lambda: ([summary.drop("random").assign(target=0.9).reset_index(), ax()], {}),
        "saving_table": lambda: ([tall(rng), 0.9], {}),
        "show_text": lambda: ([one_of(rng, NAMES)], {}),
        "study_digits": lambda: ([], dict(target=0.9, batch=30, budget=50, splits=2, seed=0)),
        "plot_speed": lambda: ([pd.Series([3.0, 9], ["ours", "theirs"]), "ours", ax()], {}),
        "plot_steps": lambda: ([["fit", one_of(rng, NAMES), "ask"], ax()], {}),
        "moving_picture": lambda: ([[al.new_figure(figsize=(1, 1))[0] for _ in range(2)]], dict(pause=0.1, last=0.2)),
        "show_figure": lambda: ([ax(), "f", one_of(rng, NAMES)], dict(folder=folder)),
        "check_parameters": lambda: ([], dict(target=0.9, splits=3, seed=0, price=0.5, lows={"splits": 2})),
        "show_table": lambda: ([pd.DataFrame({n: [one_of(rng, NAMES)] for n in NAMES[:3]})], {}),
    }  # fmt: skip


def options(rng, folder):
    """Options of the command on a small study or on a table, some of them odd."""
    numbers = ["0", "1", "2", "-1", "x", "", "1e3", "nan", "99999999999999999999", "0.5"]
    base = ["--dataset", "iris", "--splits", "1", "--budget", "14", "--jobs", "1", "--strategies", "margin"]
    if rng.random() < 0.4:
        path, label = path_of(rng, folder), ["--label-column", "y"]
        commands = [
            ["study", path, *label, "--splits", "1", "--budget", "14", "--jobs", "1"],
            ["suggest", path, *label, "-n", "2", "--output", str(Path(folder, f"o{rng.integers(9)}.csv"))],
            ["add", path, path_of(rng, folder), *label],
            ["score", path, *label],
            ["forecast", path, *label],
            ["export", path, *label, "--output", str(Path(folder, f"o{rng.integers(9)}.csv"))],
        ]
        base = one_of(rng, commands)
    names = [*NAMES, *al.STRATEGIES, *CLASSIFIERS]
    more = {
        "--batch": numbers, "--budget": numbers, "--splits": ["0", "-1", "2", "x"], "--hold": numbers,
        "--target-acc": [*numbers, "0.9", "90", "inf"], "--seed": numbers, "--jobs": ["0", "x", "1"],
        "--metric": ["accuracy", "balanced_accuracy", "f1"], "--classifier": names, "--strategy": names,
        "--strategies": names, "--drop": names, "--id-column": names, "--label-column": names,
        "--dataset": names, "--classes": names, "--who": names, "--by": names, "--given": ["random", "x"],
        "--output": [folder, str(Path(folder, "n\0l")), ""], "--checkpoint": [path_of(rng, folder), folder, "", "n\0l"],
        "-n": numbers, "--audit-share": numbers, "--within": numbers, "--unlabeled": names, "--skip": names,
        "--features": [vectors(rng, folder), path_of(rng, folder), folder, ""], "--csv": [folder, "", "n\0l"],
    }  # fmt: skip
    for _ in range(int(rng.integers(0, 3))):
        name = one_of(rng, [*more])
        base += [name, one_of(rng, more[name])]
    flags = [
        "--force",
        "--no-header",
        "--relabel",
        "--only-audit",
        "--spreadsheet-safe",
        "--verbose",
        "--version",
        "--help",
    ]
    return base + [flag for flag in flags if rng.random() < 0.04] + ["--json"] * int(rng.random() < 0.3)


def vectors(rng, folder):
    """A file of vectors, a row each of a table's 48, or of some other length."""
    path = Path(folder, f"v{rng.integers(99)}.npy")
    odd = odd_array(rng, rng.normal(size=(one_of(rng, [48, 48, 9]), 3)))
    np.save(path, np.ma.getdata(odd) if np.ma.isMA(odd) else odd, allow_pickle=True)
    return str(path)


# What no case calls: constants, registries, what writes a log or a table, the cell that needs a page, what
# needs another package, and what sets up whole notebooks
UNCALLED = {"DESCRIPTIONS", "CLASSIC", "RECOMMENDED", "STRATEGIES", "LabelLog", "label"}
UNCALLED |= {"from_skactiveml", "appendix", "first_loop", "own_table", "past_projects"}

# What gets its arguments from another of our functions, or has options that are odd as they are: called as made
INNER = {
    "main",
    "highest",
    "take",
    "top_rows",
    "fit",
    "check_strategy",
    "plot_one_run",
    "new_figure",
    "plot_paired_savings",
    *("read_map", "expect", "plot_worths"),
    *(
        "plot_score_history",
        "plot_split",
        "plot_guesses",
        "plot_choices",
        "plot_plane",
        "plot_spread",
        "plot_saving_by_target",
    ),
    *ROUND_RULES,
}

# Cases ---------------------------------------------------------------------------------------------------------


class Hang(BaseException):
    """A call took too long."""


def ring(*_):
    raise Hang


COUNTS = ("n_splits", "n_resamples", "n_studies", "n_parts")  # a large one asks for much work, and gets it


def some_odd(rng, args, kwargs):
    """The arguments with none, one or two made odd."""
    places = [place for place in [*range(len(args)), *kwargs] if place not in ("n_jobs", "checkpoint")]
    for place in rng.permutation(len(places))[: one_of(rng, [0, 1, 1, 2])]:
        where, key = (args, places[place]) if places[place] in range(len(args)) else (kwargs, places[place])
        if key in COUNTS:
            where[key] = one_of(rng, [0, 1, 3, -2, 2.5, np.int64(2), "3", None, True])
        elif isinstance(where[key], Round):
            field = one_of(rng, ["X", "labeled", "y", "pool", "batch", "model"])
            where[key] = replace(where[key], **{field: odd(rng, getattr(where[key], field))})
        else:
            where[key] = odd(rng, where[key])


def check_result(name, result, args):
    """The least that must be right about a result."""
    if name == "main":
        assert result == 0
    if name in ("margin", "entropy", "least_confidence"):
        known = ~np.isnan(np.asarray(args[0], dtype=float)).any(axis=1)
        assert result.shape == (len(args[0]),) and not np.isnan(np.asarray(result, dtype=float))[known].any()
    if name == "run_loop":
        assert len(set(result.queried)) == len(result.queried) and np.isin(result.queried, args[1].pool).all()
        assert len(result.n_labels) == len(result.accuracy) and (np.diff(result.n_labels) > 0).all()
    if name == "run_study":
        assert list(result.columns) == ["strategy", "split", "n_labels", "accuracy"]
        assert result["accuracy"].between(0, 1).all()
    if name == "suggest":
        assert (
            result["id"].is_unique
            and ((p := result[["p_1", "p_2"]].to_numpy()) >= 0).all()
            and (p <= 1).all()
        )


def run_main(args):
    """The command: exit codes 0 and 2, one line on stderr with the latter and nothing on stdout."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            return run_command(*args)
        except SystemExit as stop:
            if stop.code == 0 and {"--help", "--version"} & {*args[0]}:
                return 0
            assert stop.code == 2, (stop.code, err.getvalue())
            assert err.getvalue().count("\n") == 1 and out.getvalue() == "", err.getvalue()
            return 0


def run_estimator(name, X, y, **settings):
    """Fit one of ours, and use it on the rows it was fitted on."""
    model = FUNCTIONS[name](**settings).fit(X, y)
    return model.transform(X) if hasattr(model, "transform") else model.predict_proba(X)


ESTIMATORS = ("VectorScaler", "TextEncoder", "NewtonLogisticRegression", "GraphSpreading")


def run(name, args, kwargs):
    """The result of a call; what it prints or shows goes nowhere."""
    if name == "main":
        return run_main(args)
    with contextlib.redirect_stdout(io.StringIO()):
        if name in ESTIMATORS:
            return run_estimator(name, *args, **kwargs)
        return FUNCTIONS[name](*args, **kwargs)


def case(seed, folder):
    """Run one case: (function, outcome), where a fault's outcome begins with FAULT."""
    rng = np.random.default_rng(seed)
    made = calls(rng, folder)
    name = (
        [*made][seed % len(made)]
        if rng.random() < 0.7
        else one_of(rng, ["run_study", "suggest", "main", "run_loop", "load_table"])
    )
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(10 * SECONDS)
    try:
        args, kwargs = made[name]()
        if name not in INNER:
            some_odd(rng, args, kwargs)
        result = run(name, args, kwargs)
        check_result(name, result, args)
        return name, "worked"
    except DOCUMENTED as error:
        return name, "refused" if str(error).strip() else f"FAULT no message {type(error).__name__}"
    except (Exception, Hang) as error:
        here = traceback.extract_tb(error.__traceback__)
        ours = [entry for entry in here if "active_learning" in entry.filename] or here
        return (
            name,
            f"FAULT {type(error).__name__}: {str(error)[:90]!r} at {Path(ours[-1].filename).name}:{ours[-1].lineno}",
        )
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        plt.close("all")


def fuzz(n, first=0):
    """(outcomes, faults) of n cases: Counter of (function, outcome); dict fault -> seeds."""
    signals, outcomes, faults = (signal.SIGALRM, signal.SIGPROF), Counter(), {}
    before = [signal.signal(each, ring) for each in signals]
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for seed in range(first, first + n):
                name, outcome = case(seed, folder)
                outcomes[name, outcome.split()[0]] += 1
                if outcome.startswith("FAULT"):
                    faults.setdefault(f"{name}: {outcome}", []).append(seed)
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
    return outcomes, faults


def main(n=1000, first=0):
    outcomes, faults = fuzz(n, first)
    for fault, seeds in sorted(faults.items()):
        print(fault, seeds[:5], f"x {len(seeds)}")
    ways = Counter(outcome for (_, outcome), k in outcomes.items() for _ in range(k))
    print(f"{n} cases of {len({name for name, _ in outcomes})} functions: {dict(ways)}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
