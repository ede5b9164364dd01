"""Claims about the report's classifier, checked against scikit-learn's own optimum."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import check_estimator

import al_helpers as al
from active_learning.models import logistic as newton
from active_learning.models.logistic import BalancedLogisticRegression, NewtonLogisticRegression

DIGITS, LABELS = load_digits(return_X_y=True)


DIGITS = DIGITS / 16


def loss_and_gradient(X, y, C, coef, intercept):
    """Return the penalised loss and its gradient (k, d + 1) at the weights, naively and class by class."""
    logits = X @ coef.T + intercept
    if len(coef) == 1:
        logits = np.column_stack([np.zeros(len(X)), logits[:, 0]])
    log_proba = log_softmax(logits, axis=1)
    codes = np.unique(y, return_inverse=True)[1]
    loss = -log_proba[np.arange(len(X)), codes].sum() + (coef**2).sum() / (2 * C)
    residual = np.exp(log_proba) - np.eye(logits.shape[1])[codes]
    residual = residual[:, 1:] if len(coef) == 1 else residual
    return loss, np.column_stack([residual.T @ X + coef / C, residual.sum(axis=0)])


def oracle(X, y, C):
    """Return scikit-learn's tightly converged fit: newton-cholesky, or newton-cg where that falls short."""

    def steepest(model):
        return abs(loss_and_gradient(X, y, C, model.coef_, model.intercept_)[1]).max()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=100).fit(X, y)
        if steepest(model) > 1e-7 * min(1, 1 / C):
            second = LogisticRegression(C=C, solver="newton-cg", tol=1e-10, max_iter=500).fit(X, y)
            model = min(model, second, key=steepest)
    return model


def clusters(rng, n, d, k, spread):
    """Return X (n, d) and y (n,): k classes around centres `spread` apart; 10 makes them separable."""
    y = rng.permutation(np.arange(n) % k)
    return rng.normal(size=(n, d)) + spread * rng.normal(size=(k, d))[y], y


@st.composite
def problems(draw, scales=(1.0,)):
    """Draw (X, y, C): 2 to 10 classes, 30 to 300 rows, 1 to 40 columns; collinear, constant, separable."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k, n, d = draw(st.integers(2, 10)), draw(st.integers(30, 300)), draw(st.integers(1, 40))
    X, y = clusters(rng, n, d, k, spread=draw(st.sampled_from([0.0, 1.0, 10.0])))
    if d > 2 and draw(st.booleans()):
        X[:, 1] = 2 * X[:, 0]
    if d > 2 and draw(st.booleans()):
        X[:, 2] = draw(st.sampled_from([0.0, 1.0, -3.0]))
    X = X * np.array(scales)[rng.integers(len(scales), size=d)]
    return X, y, draw(st.sampled_from([1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3]))


def hard_problem(seed, n, d, k, spread, scales):
    """Return (X, y, C): columns of different scales, and hardly a penalty."""
    rng = np.random.default_rng(seed)
    X, y = clusters(rng, n, d, k, spread)
    return X * rng.choice(scales, size=d), y, 100.0


def twice_the_same_column(seed):
    """Return (X, y, C): a column is twice another, so large that rounding hides the penalty."""
    X, y, C = hard_problem(seed, 100, 9, 3, 1, (1e-3, 1, 1e3))
    X[:, 0] *= 1e4 / np.abs(X[:, 0]).max()
    X[:, 1] = 2 * X[:, 0]
    return X, y, C


slow = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@slow
@given(problems())
def test_weights_equal_a_tightly_converged_scikit_learn_fit(problem):
    X, y, C = problem
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        ours = NewtonLogisticRegression(C=C).fit(X, y)
    theirs = oracle(X, y, C)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        ours.intercept_, theirs.intercept_, rtol=0, atol=1e-5 * max(1, np.abs(X).max())
    )


@slow
@given(problems(scales=(1e-3, 1.0, 1e3)))
@example(hard_problem(22, 150, 20, 9, 1, (1e-3, 1, 1e3)))  # whole steps overshoot
@example(hard_problem(16, 280, 20, 8, 1, (1e-3, 1, 1e3)))  # a step takes thousands of products
@example(hard_problem(52, 100, 1, 7, 10, (1e3,)))  # logits of thousands, so rounding hides the gradient
@example(twice_the_same_column(59))  # rounding leaves the preconditioner indefinite
def test_gradient_is_zero_at_the_fit_even_with_badly_scaled_columns(problem):
    X, y, C = problem
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = NewtonLogisticRegression(C=C).fit(X, y)
    gradient = loss_and_gradient(X, y, C, model.coef_, model.intercept_)[1]
    known = 1e-14 * len(X) * np.abs(X).max()  # the gradient cannot be evaluated more precisely than this
    assert np.abs(gradient).max() <= 1.1 * max(1e-7 * min(1, 1 / C), known)


@slow
@given(st.integers(0, 2**32 - 1), st.sampled_from(["plain", "rows twice", "rows nearly twice", "far from 0"]))
def test_fewer_rows_than_columns_reach_the_optimum_of_all_columns(seed, kind):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(10, 60)), int(rng.integers(2, 8))
    X, y = clusters(rng, n, int(rng.integers(n + 1, 400)), k, spread=1.0)
    if kind.startswith("rows"):
        X[n // 2 : 2 * (n // 2)] = X[: n // 2] + (1e-7 if "nearly" in kind else 0.0)
    X += 1e3 if kind == "far from 0" else 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = NewtonLogisticRegression(warm_start=True).fit(X[:-k], y[:-k]).fit(X, y)
    gradient = loss_and_gradient(X, y, 1.0, model.coef_, model.intercept_)[1]
    assert np.abs(gradient).max() <= 1.1 * max(1e-7, 1e-14 * n * np.abs(X).max())


def test_far_fewer_rows_than_columns_take_no_step_among_all_columns(monkeypatch):
    widths, newton_step = [], newton.newton_step

    def recorded(A, *others):
        widths.append(A.shape[1])
        return newton_step(A, *others)

    monkeypatch.setattr(newton, "newton_step", recorded)
    model = NewtonLogisticRegression().fit(*clusters(np.random.default_rng(0), 25, 200, 4, spread=1.0))
    assert {*widths} == {26} and model.n_iter_ == len(widths)


@pytest.mark.parametrize("rows", [8, 30])
def test_features_whose_squares_overflow_are_refused_by_value(rows):
    X = np.random.default_rng(0).normal(size=(rows, 20))
    y = np.arange(rows) % 2
    assert np.isfinite(NewtonLogisticRegression(max_iter=3).fit(X * 1e-3, y).coef_).all()
    with pytest.raises(ValueError, match=r"X holds \d.*e\+200, and squares overflow: scale its columns"):
        NewtonLogisticRegression().fit(X * 1e200, y)


def test_only_a_warm_start_keeps_what_the_next_fit_can_use():
    for warm in (False, True):
        model = NewtonLogisticRegression(warm_start=warm).fit(DIGITS[:200], LABELS[:200])
        kept = [name for name, value in vars(model).items() if np.shape(value) == (65, 65)]
        assert bool(kept) == warm


def test_two_classes_give_the_binomial_solution_and_its_sigmoid():
    rows = LABELS < 2
    X, y = DIGITS[rows], LABELS[rows]
    ours, theirs = (
        NewtonLogisticRegression(C=3).fit(X, y),
        LogisticRegression(C=3, tol=1e-10, solver="newton-cg").fit(X, y),
    )
    assert ours.coef_.shape == (1, 64) and ours.intercept_.shape == (1,)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-7)
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-6)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-7)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


def test_sparse_rows_give_the_dense_solution():
    X, y = DIGITS[:200], LABELS[:200]
    dense, thin = NewtonLogisticRegression().fit(X, y), NewtonLogisticRegression().fit(sparse.csr_array(X), y)
    np.testing.assert_allclose(thin.coef_, dense.coef_, atol=1e-9)
    np.testing.assert_allclose(thin.predict_proba(sparse.csr_matrix(X)), dense.predict_proba(X), atol=1e-9)


def test_very_wide_sparse_rows_still_reach_the_optimum():
    rng = np.random.default_rng(0)
    X = sparse.random_array((60, 4000), density=0.02, rng=rng, format="csr")
    y = np.arange(60) % 3
    model = NewtonLogisticRegression().fit(X, y)
    gradient = loss_and_gradient(X.toarray(), y, 1.0, model.coef_, model.intercept_)[1]
    assert np.abs(gradient).max() <= 1.1e-7


def test_warm_start_reaches_the_same_optimum_in_fewer_steps():
    cold = NewtonLogisticRegression().fit(DIGITS[:200], LABELS[:200])
    warm = (
        NewtonLogisticRegression(warm_start=True)
        .fit(DIGITS[:190], LABELS[:190])
        .fit(DIGITS[:200], LABELS[:200])
    )
    np.testing.assert_allclose(warm.coef_, cold.coef_, atol=1e-7)
    assert warm.n_iter_ < cold.n_iter_


def test_warm_start_is_forgotten_when_classes_or_columns_change():
    model = NewtonLogisticRegression(warm_start=True).fit(DIGITS[:200], LABELS[:200])
    for X, y in [(DIGITS[:200], LABELS[:200] % 2), (DIGITS[:200, :30], LABELS[:200] % 2)]:
        fresh = NewtonLogisticRegression().fit(X, y)
        np.testing.assert_array_equal(model.fit(X, y).coef_, fresh.coef_)


def test_stopping_short_of_the_optimum_warns():
    with pytest.warns(ConvergenceWarning, match="after 2 Newton steps"):
        NewtonLogisticRegression(max_iter=2).fit(DIGITS[:200], LABELS[:200])


def test_impossible_tolerance_warns_or_stops_at_rounding():
    model = NewtonLogisticRegression(tol=1e-300).fit(DIGITS[:200], LABELS[:200])
    gradient = loss_and_gradient(DIGITS[:200], LABELS[:200], 1.0, model.coef_, model.intercept_)[1]
    assert np.abs(gradient).max() < 1e-12


def test_huge_logits_give_certain_probabilities():
    model = NewtonLogisticRegression().fit(DIGITS[:200], LABELS[:200])
    model.coef_ = model.coef_ * 1e6
    proba = model.predict_proba(DIGITS)
    assert np.isfinite(proba).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[proba.argmax(axis=1)], model.predict(DIGITS))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_non_finite_rows_raise(bad):
    X = DIGITS[:100].copy()
    model = NewtonLogisticRegression().fit(X, LABELS[:100])
    X[3, 5] = bad
    for method in (
        lambda: model.fit(X, LABELS[:100]),
        lambda: model.predict(X),
        lambda: model.predict_proba(X),
    ):
        with pytest.raises(ValueError, match=r"NaN|infinity"):
            method()


def test_bad_input_raises_and_names_the_value():
    with pytest.raises(ValueError, match="C must be positive, got -1"):
        NewtonLogisticRegression(C=-1).fit(DIGITS, LABELS)
    with pytest.raises(ValueError, match="only one class: 3"):
        NewtonLogisticRegression().fit(DIGITS[:9], np.full(9, 3))
    with pytest.raises(NotFittedError):
        NewtonLogisticRegression().predict(DIGITS)
    with pytest.raises(ValueError, match="30 features"):
        NewtonLogisticRegression().fit(DIGITS, LABELS).predict(DIGITS[:, :30])


def test_frames_keep_their_column_names():
    frame = pd.DataFrame(DIGITS[:100]).add_prefix("pixel_")
    model = NewtonLogisticRegression().fit(frame, LABELS[:100].astype(str))
    assert list(model.feature_names_in_) == list(frame.columns)
    np.testing.assert_allclose(
        model.predict_proba(frame), clone(model).fit(DIGITS[:100], LABELS[:100]).predict_proba(DIGITS[:100])
    )
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])


def test_check_estimator_passes():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its tiny problems are not about convergence
        checks = check_estimator(NewtonLogisticRegression(), on_skip=None)
    assert {check["status"] for check in checks} <= {"passed", "skipped"}


@pytest.mark.parametrize(
    ("X", "y", "C", "precision"),
    [(DIGITS[:300], LABELS[:300], 1.0, np.float32), (*hard_problem(0, 120, 4, 10, 10, (1e3,)), np.float64)],
    ids=["digits", "hard"],
)
def test_steps_use_half_the_digits_unless_the_problem_is_too_hard(X, y, C, precision, monkeypatch):
    used, newton_step = [], newton.newton_step

    def recorded(A, *others):
        used.append(A.dtype)
        return newton_step(A, *others)

    monkeypatch.setattr(newton, "newton_step", recorded)
    model = NewtonLogisticRegression(C=C).fit(X, y)
    assert used[0] == np.float32 and used[-1] == precision
    gradient = loss_and_gradient(X, y, C, model.coef_, model.intercept_)[1]
    assert np.abs(gradient).max() <= max(1.1e-7 * min(1, 1 / C), 1e-14 * len(X) * np.abs(X).max())


def test_rows_without_the_names_that_a_frame_had_are_warned_of():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(20, 2)), columns=["a", "b"])
    model = NewtonLogisticRegression().fit(X, np.arange(20) % 2)
    with pytest.warns(UserWarning, match="feature names"):
        model.predict_proba(X.to_numpy())


def far_out(classes, scale, seed):
    """30 rows of which the last ten lie so many times farther out, and contradict the others."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(30, 4))
    y = (X[:, 0] + 0.3 * rng.normal(size=30) > 0).astype(int)
    X[20:] *= scale
    y[20:] = 1 - y[20:]
    if classes == 3:
        y[rng.random(30) < 0.3] = 2
    return X, y


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("scale", [1e2, 1e3, 1e4])
def test_a_warm_start_finds_the_optimum_when_new_rows_lie_far_out(classes, scale):
    """At the last weights they are surely wrong: the loss is straight there, and a Newton step endless."""
    for seed in range(20):
        X, y = far_out(classes, scale, seed)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warm = NewtonLogisticRegression(warm_start=True).fit(X[:20], y[:20]).fit(X, y)
            cold = NewtonLogisticRegression().fit(X, y)
        np.testing.assert_allclose(warm.coef_, cold.coef_, atol=1e-6)
        np.testing.assert_allclose(warm.intercept_, cold.intercept_, rtol=1e-5, atol=1e-5)


def test_a_run_on_heavy_tails_fits_without_a_warning():
    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.4).astype(int)
    X = rng.standard_t(1, size=(300, 6)) * 30
    X[:, 0] += 20 * y
    split = al.split_dataset(y, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rule in ("random", "margin"):
            run = al.run_loop(al.Dataset("heavy", X, y), split, rule, batch=5, budget=120)
            assert len(run.queried) == 120 - len(split.seed)


@pytest.mark.parametrize("seed", [55, 197, 208, 271, 378, 616, 1078])
def test_rows_that_lie_a_thousand_times_farther_out_do_not_hold_up_a_fit(seed):
    """Newton's method gets stuck among them, or crawls; a strong penalty, lifted step by step, leads past."""
    rng = np.random.default_rng(seed)
    n, d, k = (int(rng.integers(*ends)) for ends in ((10, 200), (2, 60), (2, 8)))
    rng.normal(size=(n, d))
    X = rng.standard_t(1, size=(n, d))
    noisy = X[:, :1] * rng.normal(size=k) + rng.normal(size=(n, k)) if rng.random() >= 0.5 else None
    y = np.arange(n) % k if noisy is None else np.argmax(noisy, axis=1)
    model = NewtonLogisticRegression(warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X[:-5], y[:-5]).fit(X, y)
    gradient = loss_and_gradient(X, y, 1.0, model.coef_, model.intercept_)[1]
    assert np.abs(gradient).max() <= 1e-14 * n * np.abs(X).max() + 1.1e-7


def test_curvature_is_not_lost_where_single_precision_sees_certainty():
    """Rows with probabilities 1 - 1e-9 are 1 in 32 bits, and 1 - 1 is no curvature at all."""
    A = np.ones((5, 1), np.float32)
    P, ridge = np.full((1, 5), 1 - 1e-9), np.zeros(1)
    M, G = np.eye(1, dtype=np.float32) / 5e-9, np.full((1, 1), 1e-9)
    step, products = newton.newton_step(A, P, G, ridge, M, 1e-3, 10)
    assert products == 1 and step[0, 0] == pytest.approx(-1e-9 / 5e-9, rel=1e-3)


@pytest.mark.parametrize("classes", [[3, 8], [1, 3, 8]])
def test_balanced_classes_give_the_optimum_of_balanced_class_weights(classes):
    X, y = DIGITS[np.isin(LABELS, classes)][:200], LABELS[np.isin(LABELS, classes)][:200]
    kept = (y != classes[0]) | (np.arange(len(y)) % 9 == 0)  # one class is rare
    X, y = X[kept], y[kept]
    ours = BalancedLogisticRegression().fit(X, y)
    theirs = LogisticRegression(class_weight="balanced", tol=1e-10, max_iter=10_000).fit(X, y)
    assert np.allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)
    again = BalancedLogisticRegression(warm_start=True).fit(X[::2], y[::2]).fit(X, y)
    assert np.allclose(ours.predict_proba(X), again.predict_proba(X), atol=1e-5)
