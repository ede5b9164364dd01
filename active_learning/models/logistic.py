"""The report's classifier: multinomial logistic regression, solved fast until it has converged.

Here are the estimator and its solver; neither knows anything of active learning.
"""

import warnings

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from active_learning._arrays import dense, inverse_of, is_plain, product_with, row_axes, with_ones

EPS = np.finfo(np.float64).eps


def softmax(logits):
    """Probabilities (k, n) from logits of any size, which are overwritten; each column sums to 1.

    One row of logits is that of the second of two classes against the first; one row is returned.
    """
    if len(logits) == 1:
        return expit(logits, out=logits)
    logits -= np.maximum.reduce(logits, axis=0)  # long rows, one a class, are what numpy is fast on
    np.exp(logits, out=logits)
    logits /= np.add.reduce(logits, axis=0)
    return logits


def shared_preconditioner(A, P, ridge, widest=3000, sizes=None):
    """Invert one matrix that stands for the Hessian's block of every class.

    A (n, d), an array or CSR, holds the rows, P (k, n) their class probabilities as softmax returns them, and
    ridge (d,) the penalty's curvature. It is A' diag(w) A + diag(ridge), where w, sum(p - p^2) divided by
    max(k - 1, 1), is the mean curvature of a row's log-loss over class directions; above `widest` columns
    only the diagonal is inverted. Rows count `sizes` (n,) times; None: once. Returns an array or a sparse
    diagonal (d, d).
    """
    w = np.add.reduce(P - P * P, axis=0) / max(len(P) - 1, 1) + 1e-12  # a row never weighs exactly nothing
    w = w if sizes is None else w * sizes
    w, ridge = w.astype(A.dtype), ridge.astype(A.dtype)
    if A.shape[1] > widest:
        return sparse.diags_array(1 / (w @ (A * A) + ridge))
    B = A * np.sqrt(w)[:, None]  # times its own transpose: half the products of (A' w) A
    H = dense(B.T @ B)
    H.flat[:: len(H) + 1] += ridge
    inverse = inverse_of(H)  # None: singular to working precision
    return sparse.diags_array(1 / H.diagonal()) if inverse is None else inverse


def gradient_of(A, Y, ridge, sizes=None):
    """The function W (k, d) -> class probabilities P (k, n), gradient G (k, d) of the penalised loss.

    A, ridge and sizes are as in shared_preconditioner; Y (k, n) holds the labels as 0 and 1.
    """
    dot = product_with(A)

    def gradient(W):
        P = softmax(dot(W, A.T))
        G = dot(P - Y if sizes is None else (P - Y) * sizes, A)
        G += W * ridge
        return P, G

    return gradient


@np.errstate(divide="ignore")
def start_at(W, gradient, Y, ridge, M, sizes=None):
    """W (k, d) with P, G and M there; or 0 with its P and G, where the penalised loss of Y (k, n) is less.

    It is less where new rows are so far out and so confidently wrong that Newton steps from W hardly return.
    Rows count `sizes` (n,) times, n in all.
    """
    P, G = gradient(W)
    if W.any():
        p_true = np.add.reduce(P * Y, axis=0) if len(P) > 1 else np.abs(1 - Y - P)
        loss = ridge @ (W * W).sum(axis=0) / 2 - (np.log(p_true) * (1 if sizes is None else sizes)).sum()
        if loss > Y.shape[1] * np.log(max(len(P), 2)):
            W, M = np.zeros_like(W), None
            P, G = gradient(W)
    return W, P, G, M


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def newton_step(A, P, G, ridge, M, stop, most, sizes=None):
    """Solve Hessian @ S = -G approximately, by preconditioned conjugate gradients, in the precision of A.

    A, P, ridge and sizes are as in shared_preconditioner, which returns M; G (k, d) is the gradient. It stops
    at the share `stop` of the first residual, in the norm of M, or after `most` Hessian products. Returns the
    step S (k, d), not finite where all probabilities are 0 or 1, so that the loss is linear, and the number
    of products. Dembo & Steihaug 1983.
    """
    weights = P if len(P) > 1 else P * (1 - P)  # of one row of logits, the curvature itself
    P, weights, ridge, M = (array.astype(A.dtype, copy=False) for array in (P, weights, ridge, M))
    G = G.astype(A.dtype, order="C", copy=False)  # so that r and v are views of R and V
    S, R, V, last, target = np.zeros_like(G), -G, np.zeros_like(G), np.inf, 0.0
    At = A.T if sparse.issparse(A) else A.T.copy()  # its rows in one piece: a quarter off a product by it
    ones, r, v = np.ones(len(P), A.dtype), R.ravel(), V.ravel()
    dot, precondition = product_with(A), product_with(M)
    for products in range(most):  # noqa: B007
        D = precondition(R, M)
        size = r.dot(D.ravel())
        if not size > target:
            break
        target = target or size * stop**2
        V *= size / last
        V += D
        last = size
        T = dot(V, At)
        T *= weights
        if len(P) > 1:
            T -= P * ones.dot(T)
        if sizes is not None:
            T *= sizes
        HV = dot(T, A)
        HV += V * ridge
        length = size / v.dot(HV.ravel())
        S += V * length
        HV *= length
        R -= HV
    return S, products


class NewtonLogisticRegression(ClassifierMixin, BaseEstimator):
    """Fit multinomial logistic regression to its optimum, several times faster than scikit-learn.

    Minimises sum of log-losses + ||coef||^2 / (2 C) with a free intercept, as LogisticRegression does
    (two classes: the binomial solution; more: intercepts with mean 0), and has its fitted attributes.

    Parameters
    ----------
    C : float
        The inverse of the penalty's strength, > 0.
    tol : float
        Fitting stops when no entry of the gradient exceeds tol * min(1, 1/C), or rounding hides what is left
        of it; > 0. The loss is 1/C-strongly convex in the weights, so they are within
        C * ||gradient|| <= tol * sqrt(k * (d + 1)) of the optimum: 3e-6 on digits, and far less as Newton's
        last step overshoots.
    max_iter : int
        The most Newton steps of a try, > 0; stopping there raises a ConvergenceWarning.
    warm_start : bool
        Start from the previous fit where its classes and columns are the same.

    Attributes
    ----------
    classes_ : ndarray of shape (k,)
    coef_ : ndarray of shape (k, d), or (1, d) for two classes
    intercept_ : ndarray of shape (k,), or (1,) for two classes
    n_iter_ : ndarray of shape (1,)

    References
    ----------
    Dembo, Eisenstat & Steihaug 1982 (truncated Newton); Bohning 1992 (a bound shared by classes).

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0], [4.0], [5.0]]), np.array(["a", "a", "b", "b"])
    >>> NewtonLogisticRegression().fit(X, y).predict([[2.0], [3.0]])
    array(['a', 'b'], dtype='<U1')
    """

    def __init__(self, C=1.0, tol=1e-7, max_iter=100, warm_start=False):
        self.C, self.tol, self.max_iter, self.warm_start = C, tol, max_iter, warm_start

    def fit(self, X, y):
        """Fit to X, array, frame or sparse matrix (n, d), and y (n,), of at least two classes.

        Raises ValueError for bad parameters, X that is not finite or too large, or a single class.
        """
        for name in ("C", "tol", "max_iter"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)!r}")
        X, y = self._checked(X, y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y must hold at least 2 classes, got only one class: {classes[0]}")
        Y = (np.arange(len(classes))[:, None] == codes).astype(np.float64)
        Y = Y if len(classes) > 2 else Y[1:]  # one row of weights tells two classes apart
        W = self._optimum(X, Y, self._start(classes, len(Y)))
        self.classes_, self.coef_, self.intercept_ = classes, W[:, :-1].copy(), W[:, -1].copy()
        if len(classes) > 2:  # only differences between intercepts matter
            self.intercept_ -= self.intercept_.mean()
        return self

    def _checked(self, X, y):
        """Check X and y, record the columns; plain arrays skip scikit-learn's checks, which take 0.5 ms."""
        plain = type(y) is np.ndarray and y.dtype.kind in "biuU" and is_plain(X) and y.shape == X.shape[:1]
        if plain and np.isfinite(np.vdot(X, X)):
            self.n_features_in_ = X.shape[1]
            self.__dict__.pop("feature_names_in_", None)
            return X, y
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(y)
        numbers = X.data if sparse.issparse(X) else X
        if not np.isfinite(np.vdot(numbers, numbers)):
            raise ValueError(f"X holds {np.abs(numbers).max():.3g}, and squares overflow: scale its columns")
        return X, y

    def _start(self, classes, k):
        """The weights (k, d + 1), intercepts last, to start from: the previous fit's or 0."""
        fitted = self.warm_start and np.array_equal(getattr(self, "classes_", None), classes)
        if not (fitted and self.coef_.shape[1] == self.n_features_in_):
            return np.zeros((k, self.n_features_in_ + 1))
        return np.column_stack([self.coef_, self.intercept_])

    def _optimum(self, X, Y, W):
        """The weights (k, d + 1) of least loss on X (n, d) and labels Y (k, n), from the weights W."""
        M = getattr(self, "_inverse", None) if W.any() else None  # from the last fit, as W is
        steps, inside = 0, row_axes(X, len(Y))
        if inside is not None:  # a smaller problem with the same optimum; all columns confirm it
            L, axes = inside
            V = np.column_stack([W[:, :-1] @ axes.T, W[:, -1]])
            V, steps, _, _ = self._minimise(with_ones(L), Y, V, 1 / np.sqrt(len(L)))
            W = np.column_stack([V[:, :-1] @ axes, V[:, -1]])
        W, further, short, M = self._minimise(with_ones(X), Y, W, M=M)
        steps += further
        if short and further < self.max_iter:  # stuck among outliers: come from where the penalty is strong
            W = np.zeros_like(W)
            for share in (1e-4, 1e-2, 1.0):
                W, further, short, M = self._minimise(with_ones(X), Y, W, C=share * self.C)
                steps += further
        self._inverse = M if self.warm_start else None
        self.n_iter_ = np.array([steps], dtype=np.int32)
        if short:
            short = f"after {steps} Newton steps an entry of the gradient is {short}"
            warnings.warn(f"{short}; increase max_iter or scale the data", ConvergenceWarning, stacklevel=3)
        return W

    def _precision(self, A):
        """How small a gradient is small enough, and the rows A in the precision of the steps.

        Single precision makes as good a step in less time; the gradient, which decides, has double.
        """
        scale = max(A.max(), -A.min())
        enough = max(self.tol * min(1, 1 / self.C), 8 * EPS * A.shape[0] * scale)  # it is not known better
        return enough, A.astype(np.float32) if max(scale, self.C, 1 / self.C) < 1e6 else A

    def _minimise(self, A, Y, W, share=1.0, M=None, C=None):
        """Take Newton steps from W (k, d) until the gradient vanishes, to a share of what is small enough.

        A (n, d) holds the rows, Y (k, n) the labels as 0 and 1; M is a preconditioner or None. Returns the
        weights, the number of steps, what is left of the gradient ("" where that is small enough), and M.
        """
        ridge, sizes = np.append(np.full(A.shape[1] - 1, 1 / (C or self.C)), 0.0), self._sizes(Y)
        gradient = gradient_of(A, Y, ridge, sizes)
        enough, rows = self._precision(A)
        enough *= share
        W, P, G, M = start_at(W, gradient, Y, ridge, M, sizes)
        largest = first = np.abs(G).max()
        products, steps, slow = np.inf if M is None else 0, 0, 0
        while largest > enough and steps < self.max_iter and slow < 60:
            if products > 10 or M.dtype != rows.dtype:  # an old one serves as well until it fails
                M = shared_preconditioner(rows, P, ridge, sizes=sizes)
            # Eisenstat & Walker 1996: solve loosely far away, tightly nearby, never beyond what is enough.
            stop = max(min(0.3 * np.sqrt(largest / first), 0.5), 0.5 * enough / largest)
            most = 5000 if rows is A else 150
            S, products = newton_step(rows, P, G, ridge, M, stop, most, sizes)
            if products == 0:  # columns nearly repeat, and rounding has left M indefinite
                M = shared_preconditioner(rows, P, ridge, widest=0, sizes=sizes)
                S, products = newton_step(rows, P, G, ridge, M, stop, most, sizes)
            slope = np.vdot(G, S)
            sound = np.isfinite(slope) and (rows is A or (products < most - 1 and slope < 0))
            if sound:
                W, P, G = self._walk(gradient, W, S, slope)
                steps += 1
            elif rows is A:
                break
            before, largest = largest, np.abs(G).max()
            if rows is A and 0 < np.abs(S).max() <= EPS * np.abs(W).max():
                enough = largest  # the weights are known to the last digit: with large logits, G is not
            slow += not largest < before / 2
            rows = A if slow > 3 or not sound else rows  # far away all are slow; later precision is lacking
        return W, steps, "" if largest <= enough else f"{largest:.1e}, not {enough:.1e}", M

    @staticmethod
    def _sizes(Y):
        """How often each row counts (n,), given the labels Y (k, n) as 0 and 1; None: all once."""
        return None

    @staticmethod
    def _walk(gradient, W, S, slope):
        """Step from W along S to its end or, where the convex loss climbs there, to near its minimum."""
        low, high, t = (0.0, slope), (1.0, np.nan), 1.0  # steps, and the slopes there
        while True:
            P, G = gradient(W + t * S)
            end = np.vdot(G, S)
            low, high = ((t, end), high) if end < 0 else (low, (t, end))
            if abs(end) <= -0.5 * slope or high[0] - low[0] < 1e-10:
                return W + t * S, P, G
            share = low[1] / (low[1] - high[1])
            t = low[0] + (high[0] - low[0]) * min(0.9, max(0.1, share))  # 0.1 where it is not a number

    def _logits(self, X):
        """The logits (k, n) of the rows of X, or (1, n) for two classes."""
        if not hasattr(self, "coef_"):
            check_is_fitted(self)  # which takes longer than a small product
        if is_plain(X) and X.shape[1] == self.n_features_in_ and not hasattr(self, "feature_names_in_"):
            with np.errstate(invalid="ignore"):
                logits = self.coef_ @ X.T
                logits += self.intercept_[:, None]
                if np.isfinite(logits.sum()):  # then X is finite too, which takes longer to look through
                    return logits
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        return self.coef_ @ X.T + self.intercept_[:, None]

    def decision_function(self, X):
        """The logits of the rows of X (n, d): (n, k), or (n,) for two classes."""
        logits = self._logits(X)
        return logits[0] if len(logits) == 1 else logits.T

    def predict_proba(self, X):
        """The class probabilities (n, k) of the rows of X (n, d), columns as in classes_."""
        P = softmax(self._logits(X))
        return (np.vstack([1 - P, P]) if len(P) == 1 else P).T

    def predict(self, X):
        """The most likely class (n,) of each row of X (n, d)."""
        logits = self._logits(X)
        return self.classes_[(logits[0] > 0).astype(int) if len(logits) == 1 else logits.argmax(axis=0)]

    def __sklearn_tags__(self):
        """Tell scikit-learn that sparse rows are accepted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class BalancedLogisticRegression(NewtonLogisticRegression):
    """Logistic regression that counts each class as often as any other, however few rows it has.

    Parameters and attributes are those of NewtonLogisticRegression; the optimum is that of scikit-learn's
    LogisticRegression with class_weight="balanced".

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0], [1.5], [2.0]]), np.array(["a", "a", "a", "b"])
    >>> BalancedLogisticRegression().fit(X, y).predict([[1.5]])
    array(['b'], dtype='<U1')
    """

    @staticmethod
    def _sizes(Y):
        Y = np.vstack([1 - Y, Y]) if len(Y) == 1 else Y
        return (Y.shape[1] / (len(Y) * Y.sum(axis=1))) @ Y
