"""Claims about forecasts: curves that are recovered, rows that test, intervals that hold, and what is
refused."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier

import al_helpers as al
from active_learning.cli.main import main
from active_learning.forecast import learning_curve
from active_learning.forecast.forecast import BIASED, LEAST
from active_learning.forecast.learning_curve import class_errors
from active_learning.forecast.wording import forecast_lines, gain_line, verdict_on
from active_learning.models.registry import default_model


def made(seed, n=1500):
    """A data set that no constant was made with."""
    sizes = dict(n_samples=n, n_features=10, n_informative=4, n_redundant=0, flip_y=0.04, class_sep=0.8)
    return al.Dataset("made", *make_classification(**sizes, random_state=seed))


def labelled(dataset, rows):
    """A table of the data set in which only these rows have a label."""
    frame = pd.DataFrame(dataset.X).rename(columns=str)
    frame["y"] = np.where(np.isin(np.arange(len(frame)), rows), np.char.mod("c%d", dataset.y), "")
    return al.load_table(frame, "y")


@pytest.fixture(scope="module")
def some_labels():
    dataset = made(5)
    rows = np.random.default_rng(0).permutation(len(dataset.y))[:80]
    return dataset, rows, labelled(dataset, rows)


def power_law(labels, level, share, power):
    """A SubsetCurve that lies on an inverse power law, and is known nearly exactly."""
    sizes = learning_curve.subset_sizes(labels)
    errors = level * (share + (1 - share) * (sizes / sizes[-1]) ** -power)
    return learning_curve.SubsetCurve(labels, sizes, errors, 1e-8 * np.eye(len(sizes)), 0.0)


@pytest.mark.parametrize(("share", "power"), [(0.0, 0.5), (0.3, 0.8), (0.8, 0.4)])
def test_the_continuation_recovers_a_power_law(share, power):
    curve = power_law(1000, 0.2, share, power)
    at = np.array([1000, 3000])
    truth = 0.2 * (share + (1 - share) * (at / curve.sizes[-1]) ** -power)
    np.testing.assert_allclose(learning_curve.continuation(curve).errors(at), truth, rtol=0.05)


def test_a_flat_curve_goes_on_near_its_level_even_where_it_is_uncertain():
    sizes = learning_curve.subset_sizes(60)
    for spread in (0.001, 0.003):  # of all sizes together: the rows may be harder than most
        noise = spread * np.ones((6, 6)) + 1e-4 * np.eye(6)
        flat = learning_curve.SubsetCurve(60, sizes, np.full(6, 0.2), noise, 0.0)
        assert 0.15 < learning_curve.continuation(flat).errors([160])[0] < 0.22


def test_no_error_among_few_rows_is_not_taken_for_an_error_of_zero():
    noise = np.full((6, 6), 1e-3) + 1e-3 * np.eye(6)
    never = learning_curve.SubsetCurve(40, learning_curve.subset_sizes(40), np.zeros(6), noise, 0.0)
    assert 0.001 < learning_curve.continuation(never).errors([40])[0] < 0.05


def test_weights_of_the_curves_sum_to_one_and_errors_fall():
    curves = learning_curve.continuation(power_law(100, 0.3, 0.2, 0.5))
    assert curves.weight.sum() == pytest.approx(1)
    assert (np.diff(curves.errors([100, 200, 400, 2000])) < 0).all()


def test_any_first_part_of_a_stratified_permutation_has_its_share_of_each_class():
    y = np.repeat([0, 1, 2], [60, 30, 10])
    order = learning_curve.stratified_permutation(y, np.random.default_rng(0))
    assert sorted(order) == list(range(100))
    for first in (10, 37, 80):
        parts = np.bincount(y[order[:first]], minlength=3)
        assert np.abs(parts - first * np.array([0.6, 0.3, 0.1])).max() <= 2


def test_no_row_tests_a_classifier_that_was_trained_on_it():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)), rng.integers(2, size=200)  # nothing to learn, all to remember
    nobody = np.arange(0)
    curve = learning_curve.subset_curve(X, y, np.arange(200), nobody, KNeighborsClassifier(1), rng)
    assert (np.abs(curve.errors - 0.5) < 0.12).all()


def test_only_the_random_rows_test_when_a_history_tells_them_apart():
    """Rows that a rule queried are hard; the plain score on them is far too low, the others' is not."""
    errors = []
    for seed in range(6):
        dataset = made(seed)
        split = al.split_dataset(dataset.y, seed_per_class=40, random_state=seed)
        run = al.run_loop(dataset, split, "margin", budget=200)
        rows, tested = np.concatenate([split.seed, run.queried]), np.arange(len(split.seed))
        settings = (dataset.X, dataset.y, rows, np.arange(0), default_model(), np.random.default_rng(0))
        parts = [learning_curve.subset_curve(*settings, tested=part).errors[-1] for part in (None, tested)]
        errors.append([*parts, 1 - run.accuracy[-1]])
    plain, random_part, truth = np.mean(errors, axis=0)
    print(f"true error {truth:.3f}, of all labelled rows {plain:.3f}, of the random part {random_part:.3f}")
    assert plain > truth + 0.05
    assert abs(random_part - truth) < 0.03


def test_predictions_for_the_pool_bring_the_score_of_queried_rows_nearer_to_the_truth():
    errors = []
    for seed in range(6):
        dataset = made(seed)
        split = al.split_dataset(dataset.y, random_state=seed)
        run = al.run_loop(dataset, split, "margin", budget=150)
        rows = np.concatenate([split.seed, run.queried])
        pool = np.setdiff1d(split.pool, rows)
        curves = [
            learning_curve.subset_curve(
                dataset.X, dataset.y, rows, p, default_model(), np.random.default_rng(0)
            )
            for p in (np.arange(0), pool)
        ]
        assert curves[1].selection_bias > BIASED
        errors.append([*(curve.errors[-1] for curve in curves), 1 - run.accuracy[-1]])
    plain, weighed, truth = np.mean(errors, axis=0)
    print(f"true error {truth:.3f}, of the labelled rows {plain:.3f}, weighed by the pool {weighed:.3f}")
    assert abs(weighed - truth) < abs(plain - truth)


def test_random_rows_do_not_look_queried(some_labels):
    assert al.forecast(some_labels[2], 0.9)["labelled_by"] == "random"


def test_a_forecast_has_the_promised_shape_and_its_levels_are_in_order(some_labels):
    answer = al.forecast(some_labels[2], 0.9)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert set(answer) >= {"target", "labels_now", "score_now", "labels_needed", "score_after", "verdict"}
    assert answer["labels_now"] == 80
    levels = ("low_95", "low_80", "median", "high_80", "high_95")
    assert list(answer["labels_needed"]) == ["random", al.RECOMMENDED]
    for needed in answer["labels_needed"].values():
        values = [np.inf if needed[level] is None else needed[level] for level in levels]
        assert values == sorted(values) and values[0] >= 80
    assert [row["labels"] for row in answer["score_after"]] == [130, 180, 280, 580] * 2
    for row in [answer["score_now"], *answer["score_after"]]:
        assert 0 < row["low"] < row["low_80"] < row["estimate"] < row["high_80"] < row["high"] <= 1


def test_a_forecast_is_reproducible_and_depends_on_no_hidden_label(some_labels):
    dataset, rows, table = some_labels
    other = al.Dataset("other", dataset.X, np.where(np.isin(np.arange(1500), rows), dataset.y, 1 - dataset.y))
    assert al.forecast(table, 0.9) == al.forecast(table, 0.9) == al.forecast(labelled(other, rows), 0.9)


@pytest.mark.slow  # a measurement of 24 projects
def test_eighty_percent_of_new_projects_end_within_eighty_percent():
    held = []
    for seed in range(100, 124):
        dataset, rng = made(seed, n=2000), np.random.default_rng(seed)
        order = rng.permutation(2000)
        answer = al.forecast(
            labelled(al.Dataset("x", dataset.X[order[:1000]], dataset.y[order[:1000]]), np.arange(100)), 0.9
        )
        model = default_model().fit(dataset.X[order[:200]], dataset.y[order[:200]])
        score = model.score(dataset.X[order[1000:]], dataset.y[order[1000:]])
        row = answer["score_after"][1]
        held.append([row["low_80"] <= score <= row["high_80"], row["low"] <= score <= row["high"]])
    print("held by 80 % and by 95 %:", np.mean(held, axis=0))
    assert np.sum(held, axis=0)[0] >= 14 and np.sum(held, axis=0)[1] >= 20  # 99 % of draws at 80 % and 95 %


def test_the_labels_needed_are_where_the_median_score_gets_to_the_target(some_labels):
    answer = al.forecast(some_labels[2])
    needed = answer["labels_needed"]["random"]["median"]
    again = al.forecast(some_labels[2], answer["target"], ahead=(needed - 80,))["score_after"][0]
    assert abs(again["estimate"] - answer["target"]) < 0.02


def test_targets_below_the_score_and_beyond_any_model(some_labels):
    low = al.forecast(some_labels[2], 0.55)
    assert low["labels_needed"]["random"]["median"] == 80 and "is surely reached" in low["verdict"]
    high = al.forecast(some_labels[2], 1.0)
    assert high["labels_needed"]["random"]["median"] is None and "not in sight" in high["verdict"]


def needing(median, low_80, high_80, estimate=0.8):
    """A forecast of 90 % made at 60 labels."""
    needed = dict(low_95=60, low_80=low_80, median=median, high_80=high_80, high_95=None)
    now = dict(estimate=estimate, low=0.7, high=0.95, low_80=0.75, high_80=0.92)
    known = dict(target=0.9, labels_now=60, score_now=now, labelled_by="random")
    return known | {"labels_needed": {al.RECOMMENDED: needed}}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (needing(150, 60, None), "Too early to say how many more labels 90% takes"),
        (needing(None, 60, None), "Too early to say how many more labels 90% takes"),
        (
            needing(150, 70, None),
            "About 90 more labels with diverse_margin reach 90%, 150 [70, not in sight]",
        ),
        (needing(None, 70, None), "90% is probably not in sight; at best 70 labels"),
        (needing(None, None, None), "90% is not in sight"),
        (needing(60, 60, None, 0.9), "90% is about reached, which is not shown"),
    ],
)
def test_the_verdict_says_no_more_than_the_interval(answer, words):
    assert verdict_on(answer).startswith(words)


def test_a_dataset_is_forecast_from_the_rows_whose_labels_may_be_seen(some_labels):
    dataset, rows, _ = some_labels
    hidden = np.where(np.isin(np.arange(1500), rows), dataset.y, 1 - dataset.y)
    answers = [al.forecast(d, 0.9, labeled=rows) for d in (dataset, al.Dataset("made", dataset.X, hidden))]
    assert answers[0] == answers[1] and answers[0]["labels_now"] == 80


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([*range(39), 1500], "labeled names row 1500, and made has 1500 rows"),
        ([1] * 40, "labeled must name each row once"),
        (np.ones(1500, dtype=bool), "labeled must name each row once, by its number; got bool"),
        (None, "the 40 labels of made hold 1 class; 2 are needed"),
    ],
)
def test_rows_that_cannot_be_the_labelled_ones_are_refused(some_labels, rows, words):
    dataset = some_labels[0]
    with pytest.raises(ValueError, match=words):
        al.forecast(dataset, labeled=np.flatnonzero(dataset.y == 0)[:40] if rows is None else rows)
    with pytest.raises(TypeError, match="labeled names rows of a Dataset; a Table has its own"):
        al.forecast(some_labels[2], labeled=np.arange(40))


def test_too_few_labels_are_too_early_and_say_how_many_it_takes():
    answer = al.forecast(labelled(made(1), np.arange(LEAST - 1)), 0.9)
    assert answer["verdict"].startswith("Too early to say") and str(LEAST) in answer["verdict"]
    assert answer["score_now"]["estimate"] is None and answer["labels_needed"]["random"]["median"] is None


def test_a_history_goes_on_from_its_measured_scores(digits):
    run = al.run_histories(digits, ["random"], n_splits=1, budget=100, n_jobs=1)["random", 0]
    answer = al.forecast(run, 0.9, strategy="random")
    assert answer["labels_now"] == 100 and list(answer["labels_needed"]) == ["random"]
    assert abs(answer["score_now"]["estimate"] - run.accuracy[-1]) < 0.03
    needed = answer["labels_needed"]["random"]
    assert needed["low_95"] <= 128 <= (needed["high_95"] or np.inf)
    with pytest.raises(ValueError, match="a History of 1 round"):
        al.forecast(al.History(np.array([20]), np.array([0.5]), np.arange(0)), 0.9)


def test_bad_input_is_refused_in_a_sentence(some_labels):
    table = some_labels[2]
    with pytest.raises(ValueError, match=r"did you mean 0\.9"):
        al.forecast(table, 90)
    with pytest.raises(TypeError, match="takes a Table, a Dataset or a History, got list"):
        al.forecast([1, 2], 0.9)
    with pytest.raises(ValueError, match="ahead must be at least 1, got 0"):
        al.forecast(table, 0.9, ahead=(0,))
    stranger = al.History(np.array([40, 50]), np.array([0.5, 0.6]), np.arange(700, 710))
    with pytest.raises(ValueError, match="the history is of another table: it queried row 700"):
        al.forecast(labelled(made(1), np.arange(100)), 0.9, history=stranger)
    one = pd.DataFrame({"x": np.arange(40.0) % 7, "y": ["a"] * 35 + [""] * 5})
    with pytest.raises(ValueError, match="the one class 'a'"):
        al.forecast(al.load_table(one, "y"), 0.9)


def test_a_forecast_shows_no_probability_where_the_classifier_has_none(some_labels):
    assert al.forecast(some_labels[2], 0.9, model="svm")["score_now"]["estimate"] > 0.6


@pytest.fixture(scope="module")
def csv(some_labels, tmp_path_factory):
    dataset, rows, _ = some_labels
    frame = pd.DataFrame(dataset.X.round(3)).add_prefix("x")
    frame["y"] = np.where(np.isin(np.arange(len(frame)), rows), np.where(dataset.y, "yes", "no"), "")
    path = tmp_path_factory.mktemp("forecast") / "mine.csv"
    frame.to_csv(path, index=False)
    return str(path)


def run(capsys, *options):
    """(exit code, stdout, stderr) of the command."""
    try:
        code = main([*options])
    except SystemExit as stop:
        code = stop.code
    return code, *capsys.readouterr()


def test_the_command_forecasts(capsys, csv):
    code, out, err = run(capsys, "forecast", csv, "--label-column", "y", "--target-acc", "0.9")
    assert (code, err) == (0, "")
    for words in (
        "80 labelled rows, 1420 without",
        "score now",
        "labels in all to reach 90%",
        "random",
        "95%",
    ):
        assert words in out
    assert all(f" {n} " in out for n in (130, 180, 280, 580)) and out.rstrip().endswith(".")


def test_the_command_says_that_it_is_too_early_in_a_sentence(capsys, tmp_path):
    path = tmp_path / "few.csv"
    pd.DataFrame({"x": np.arange(60.0) % 7, "y": ["a", "b"] * 10 + [""] * 40}).to_csv(path, index=False)
    code, out, err = run(capsys, "forecast", str(path), "--label-column", "y")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == (
        "Too early to say: 20 labels of 2 classes; a forecast needs 30 chosen at random."
    )


@pytest.mark.parametrize(
    ("target", "words"), [("0.55", "is surely reached"), ("0.3", "is not a target"), ("1", "not in sight")]
)
def test_the_command_says_when_a_target_is_reached_or_out_of_reach(capsys, csv, target, words):
    code, out, _ = run(capsys, "forecast", csv, "--label-column", "y", "--target-acc", target)
    assert code == 0 and words in out.splitlines()[-1]


def test_the_command_forecasts_as_json(capsys, csv, some_labels):
    code, out, _ = run(capsys, "forecast", csv, "--label-column", "y", "--json")
    answer = json.loads(out)["forecast"]
    assert code == 0 and 0 < answer["target"] < 1 and answer["labels_now"] == 80


def test_a_suggestion_comes_with_what_it_may_gain(capsys, csv):
    options = ("suggest", csv, "--label-column", "y", "-n", "5")
    _, out, _ = run(capsys, *options)
    assert "Expected gain of these 5 labels:" in out and "away" not in out
    _, out, _ = run(capsys, *options, "--target-acc", "0.95", "--json")
    assert "95% is" in json.loads(out)["expected_gain"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-n", "3"], "-n is not an option of forecast, but of suggest"),
        (["--metric", "f1"], "unknown metric 'f1'; valid: accuracy, balanced_accuracy"),
        (["--output", "new.csv"], "--output is not an option of forecast"),
        (["--target-acc", "90"], "did you mean 0.9"),
    ],
)
def test_the_command_refuses_in_one_line(capsys, csv, options, words):
    code, out, err = run(capsys, "forecast", csv, "--label-column", "y", *options)
    assert (code, out) == (2, "") and words in err and err.count("\n") == 1


def test_skipped_rows_are_no_part_of_a_forecast():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(160, 4))).add_prefix("x")
    frame["y"] = np.where(frame["x0"] + 0.5 * rng.normal(size=160) > 0, "a", "b")
    frame.loc[80:, "y"] = ""
    broken = frame.assign(y="broken")
    broken[["x0", "x1"]] = rng.normal(50, 30, (160, 2))
    both = pd.concat([frame, broken], ignore_index=True)
    tables = al.load_table(frame, "y"), al.load_table(both, "y", skip="broken")
    alone, beside = (al.forecast(table, 0.9, quiet=True) for table in tables)
    assert alone == beside


def test_most_forecasts_of_noise_say_that_nothing_was_learnt():
    warned = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(rng.normal(size=(120, 5))).add_prefix("x")
        frame["y"] = np.where(np.arange(120) < 60, rng.choice(["a", "b"], 120), "")
        verdict = al.forecast(al.load_table(frame, "y"), 0.9, quiet=True)["verdict"]
        warned += "it is not shown that anything was learnt" in verdict
    assert warned >= 6


@pytest.mark.parametrize(
    "n_labels, accuracy",
    [
        ([10, 20, 30], [50, 60, 70]),
        ([10, 20, 30], [0.5, np.nan, 0.7]),
        ([30, 20, 10], [0.7, 0.6, 0.5]),
        ([0, 10, 20], [0.5, 0.6, 0.7]),
        ([10, 20, 30], [0.5, 0.6]),
    ],
)
def test_a_history_that_cannot_be_is_refused(n_labels, accuracy):
    history = al.History(np.array(n_labels), np.array(accuracy), np.arange(3))
    with pytest.raises(ValueError, match=r"rising n_labels|shares from 0 to 1"):
        al.forecast(history, 0.9)


def test_many_classes_of_few_rows_raise_no_warning():
    rng = np.random.default_rng(0)
    y = np.arange(300) % 30
    X = np.eye(30)[y] + 0.3 * rng.normal(size=(300, 30))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        al.forecast(al.Dataset("thirty", X, y), 0.9, labeled=np.arange(120), model="knn", quiet=True)


def test_no_figure_is_drawn_where_it_is_too_early(iris):
    answer = al.forecast(iris, 0.9, labeled=np.arange(0, 150, 15), quiet=True)
    with pytest.raises(ValueError, match=r"no forecast to draw. Too early to say"):
        al.plot_forecast(answer)


def test_errors_of_the_balanced_accuracy_are_the_mean_of_the_classes_errors():
    hits, classes = np.array([[1, 1, 0, 0, 1, 0], [1, 1, 1, 1, 0, 0.0]]), np.array([0, 0, 0, 0, 1, 1])
    errors, residuals, most = class_errors(hits, classes)
    np.testing.assert_allclose(errors, [1 - (0.5 + 0.5) / 2, 1 - (1 + 0) / 2])
    np.testing.assert_allclose(residuals.sum(axis=1), 0, atol=1e-12)
    variance = (residuals[0] ** 2).sum() / 6**2  # of a mean of two recalls, of 4 and of 2 rows
    assert variance == pytest.approx((0.25 / 4 + 0.25 / 2) / 4) and most == 6 / (2 * 2)


def test_a_balanced_forecast_holds_the_true_score_and_stands_beside_the_constant_answer():
    data = al.load_dataset("unbalanced")
    rows = np.random.default_rng(0).choice(3000, 150, replace=False)
    answer = al.forecast(data, 0.8, labeled=rows, metric="balanced_accuracy", quiet=True)
    others = np.setdiff1d(np.arange(3000), rows)
    model = default_model().fit(data.X[rows], data.y[rows])
    truth = balanced_accuracy_score(data.y[others], model.predict(data.X[others]))
    assert answer["score_now"]["low"] <= truth <= answer["score_now"]["high"]
    assert answer["constant"] == {"label": "0", "score": 0.3333} and answer["metric"] == "balanced_accuracy"
    first, second, *_ = forecast_lines(answer)
    assert "balanced accuracy now" in first and second == "Always saying '0' scores 33.3%."
    with pytest.raises(ValueError, match="unknown metric of a forecast 'f1'; valid: accuracy, balanced"):
        al.forecast(data, 0.8, labeled=rows, metric="f1", quiet=True)


def test_a_target_no_higher_than_the_constant_answer_is_said_beside_a_gain_too():
    y = np.repeat(["no", "yes"], [80, 20])
    noise = al.Dataset("noise", np.random.default_rng(0).normal(size=(100, 2)), y)
    answer = al.forecast(noise, 0.7, ahead=(10, 100), quiet=True)
    for text in (answer["verdict"], gain_line(answer, 10, 0.7)):
        assert "Always saying 'no' scores 80.0%: it is not shown that anything was learnt" in text
        assert "70% is not a target" in text
