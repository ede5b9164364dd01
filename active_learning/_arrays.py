"""Rows of numbers, dense or sparse, in memory or in a file: picking them, distances, products, one thread.

The results must be the same on every machine. A converged classifier still differs by about 1e-8 between two
of them, so a squared distance below ROUNDING is 0 and values closer than TIE are equal. Not here: labels.
"""

import operator
from copy import copy
from functools import cache, partial, wraps

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.linalg import lapack, solve_triangular
from threadpoolctl import ThreadpoolController


def take(X, rows):
    """Pick rows of a matrix by their positions.

    Parameters
    ----------
    X : ndarray, DataFrame or CSR matrix of shape (n, d)
    rows : ndarray of shape (m,), int, or slice

    Returns
    -------
    matrix of shape (m, d)
        Of the kind of X; of an array and a slice a view.

    Examples
    --------
    >>> take(np.array([[1, 2], [3, 4]]), np.array([1]))
    array([[3, 4]])
    """
    if type(X) is np.ndarray and type(rows) is np.ndarray:
        return X.take(rows, axis=0, mode="clip")  # half the time of X[rows]
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def read_only(X):
    """A view of an array, a frame or a CSR matrix, that cannot change the original; others as they are."""
    if isinstance(X, np.ndarray):
        X = X.view()
        X.flags.writeable = False
    elif sparse.issparse(X):
        X = copy(X)
        X.data, X.indices, X.indptr = map(read_only, (X.data, X.indices, X.indptr))
    elif hasattr(X, "iloc"):
        X = X.copy(deep=pd.__version__ < "3")  # from 3 on a copy is made when it is written to
    return X


def blocks(n, size=1024):
    """Yield slices that cover range(n), `size` rows at a time."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def evenly_spaced(values, most):
    """At most so many of the values (n,), evenly spaced: a table's first rows are seldom like its last."""
    if len(values) <= most:
        return values
    return values[np.linspace(0, len(values) - 1, most).astype(int)]


TIE = 1e-9  # relative: what lies closer than this is equal
ROUNDING = 1e-12  # relative to the squared lengths: a squared distance below this is 0
TURN = 40  # rows: turning to own axes and back takes as long as a fit takes for so many more
round_scores = partial(np.round, decimals=10)  # equal rows get equal scores in any order of summation


def as_floats(X, rows):
    """The given rows of X as floats: a dense (m, d) array, or CSR when X is sparse."""
    part = take(X, rows)
    return part.astype(float) if sparse.issparse(part) else np.asarray(part, dtype=float)


def dense(product):
    """A product of matrices as an array, which that of two sparse ones is not."""
    return product.toarray() if sparse.issparse(product) else product


def centred(A):
    """Move the origin of A (m, d), if dense, to its first row: distances stay, offsets cost no digits.

    The first row and not the mean, because it keeps data on a grid, such as pixels, exact.
    """
    return A if sparse.issparse(A) else A - A[:1]


def squared_norms(A):
    """|a|^2 for each row of A (..., m, d), dense, or (m, d), sparse: array (..., m)."""
    if sparse.issparse(A):
        return np.asarray(A.multiply(A).sum(axis=1)).ravel()
    return np.einsum("...j,...j->...", A, A)


def squared_distances(A, B, lengths=None):
    """|a - b|^2 for each row of A (m, d) and of B (k, d): array (m, k), rounding errors as 0.

    The caller may have lengths, the squared_norms of A.
    """
    lengths = (squared_norms(A) if lengths is None else lengths)[:, None] + squared_norms(B)
    squared = lengths - 2 * dense(A @ B.T)
    return np.where(squared > ROUNDING * lengths, squared, 0.0)


def inverse_of(H):
    """Inverse of a symmetric H (n, n), three times as fast as numpy's; None if not positive definite."""
    factorise, invert = lapack.get_lapack_funcs(("potrf", "potri"), (H,))
    factor, failed = factorise(H)
    if failed:
        return None
    inverse, _ = invert(factor, overwrite_c=True)  # fills the upper triangle only
    inverse += np.triu(inverse, 1).T
    return inverse


def row_axes(X, k):
    """Write far fewer rows than columns in coordinates of the space that they span, where the optimum lies.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    k : int
        How many rows of weights a classifier seeks.

    Returns
    -------
    tuple of ndarray, or None
        L (n, r) and orthonormal axes (r, d) with X = L @ axes; r < n where rows repeat. None where it would
        save no time (n + TURN is d / 2 or more, d / 4 where k is 1), or every row is 0.

    References
    ----------
    Kimeldorf & Wahba 1971 (the representer theorem).
    """
    if sparse.issparse(X) or 4 * (len(X) + TURN) >= X.shape[1] * min(k, 2):
        return None
    products = X @ X.T
    factor, order, rank, _ = lapack.dpstrf(products, lower=True, tol=1e-10 * products.max())
    if rank == 0:
        return None
    order -= 1  # LAPACK counts from 1
    L = np.empty((len(X), rank))
    L[order] = np.tril(factor)[:, :rank]
    first = order[:rank]
    return L, solve_triangular(L[first], X[first], lower=True, check_finite=False)


def with_ones(X):
    """X (n, d) and, for the intercept, a column of ones: array or CSR (n, d + 1)."""
    both = [X, np.ones((X.shape[0], 1))]
    return sparse.csr_array(sparse.hstack(both)) if sparse.issparse(X) else np.hstack(both)


def product_with(A):
    """The function that multiplies an array by A: dot, which for small ones starts faster than @."""
    return operator.matmul if sparse.issparse(A) else np.ndarray.dot


def is_plain(X):
    """Whether X is an array (n, d) of float64 numbers; if finite too, it needs no further checks."""
    return type(X) in (np.ndarray, np.memmap) and X.dtype == np.float64 and X.ndim == 2 and X.size > 0


_threadpools = cache(ThreadpoolController)  # finds the BLAS and OpenMP libraries, which takes 3 ms, only once


def on_one_thread(function):
    """Decorate a function whose matrix products are small, so that several threads would take longer."""

    @wraps(function)
    def limited(*args, **settings):
        with _threadpools().limit(limits=1):
            return function(*args, **settings)

    return limited
