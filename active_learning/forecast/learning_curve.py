"""Learning curves from the labels at hand, and how they may go on: the numbers behind a forecast.

Here: the score of a classifier trained on subsets of the labelled rows, and a family of curves through those
scores. Not here: how wrong such curves were in replays, and what is promised (forecast).
Sources: Figueroa et al. 2012 (inverse power law of the subsets' scores); Viering & Loog 2023 (what shapes
learning curves have); Angelopoulos et al. 2023 (a model's guesses for unlabelled rows, corrected by
labelled ones).
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from active_learning._arrays import on_one_thread, take
from active_learning._progress import progress
from active_learning.models.registry import fit

FRACTIONS = (0.25, 0.35, 0.5, 0.65, 0.8, 0.9)  # of the labelled rows, trained on; the others test
FOLDS = 10
POOL_ROWS = 500  # of the unlabelled ones, which stand for all of them


@dataclass(frozen=True)
class SubsetCurve:
    """Errors of classifiers trained on s subset sizes of m labelled rows, and how well they are known."""

    labels: int  # m, the rows that are labelled now
    sizes: np.ndarray  # int (s,), ascending, rows trained on
    errors: np.ndarray  # (s,), share of new rows guessed wrong
    covariance: np.ndarray  # (s, s), of the errors: other labelled rows would move all of them together
    harder: float  # by how many standard errors the labelled rows look harder than those without a label


def dealt(y, rng):
    """The rows 0..m-1 in random order, the classes of y (m,) spread evenly over it: any first part has
    its share."""
    order = rng.permutation(len(y))
    codes, counts = np.unique(y[order], return_inverse=True, return_counts=True)[1:]
    rank = np.empty(len(y))
    for code, count in enumerate(counts):
        rank[codes == code] = (np.arange(count) + rng.random(count)) / count
    return order[np.argsort(rank, kind="stable")]


def subset_sizes(m):
    """The sizes (s,) of the subsets that m labelled rows are cut into."""
    return np.unique([max(4, int(share * m)) for share in FRACTIONS])


def _tasks(y, sizes, rng):
    """Yield (rows to train on, rows to test on, which size): cross-validation, on growing parts of
    each training set."""
    for _ in range(max(1, min(3, 200 // len(y)))):
        folds = np.arange(len(y)) % FOLDS
        order = dealt(y, rng)
        for fold in range(FOLDS):
            train, test = order[folds != fold], order[folds == fold]
            train = train[dealt(y[train], rng)]
            for which, size in enumerate(sizes):
                yield train[:size], test, which


def _guesses(model, X, y, train, pool, rows):
    """Fit on rows `train`; for rows `rows` the guesses and, where the model has probabilities, how
    sure it is."""
    known = model if len(np.unique(y[train])) > 1 else DummyClassifier(strategy="prior")
    with warnings.catch_warnings():  # of few rows many classes, which is no fault of theirs
        warnings.filterwarnings("ignore", "The number of unique classes")
        fit(known, X, y, train, pool)
    part = take(X, rows)
    if not hasattr(known, "predict_proba"):
        return known.predict(part), None
    proba = known.predict_proba(part)
    return known.classes_[proba.argmax(axis=1)], proba.max(axis=1)


@on_one_thread
def subset_curve(X, y, labeled, pool, model, rng, *, tested=None, quiet=False):
    """Score classifiers trained on subsets of the labelled rows, by repeated cross-validation.

    X: matrix (n, d); y: (n,), of which only the labelled rows' are looked at
    labeled, pool: int arrays, the rows with a label and those without; model: classifier, fitted to many
        subsets
    rng: numpy Generator
    tested: positions in `labeled` of the rows that are a random sample, which alone test; None = all of them,
        and then the guesses for the pool say what kind of rows are missing among them
    quiet: show no progress
    returns: SubsetCurve
    """
    sizes, model = subset_sizes(len(labeled)), clone(model)
    tested = np.arange(len(labeled)) if tested is None else tested
    shown = rng.permutation(pool)[: POOL_ROWS if len(tested) == len(labeled) else 0]
    hits, odds, seen = np.zeros((3, len(sizes), len(labeled)))
    guessed = [[] for _ in sizes]
    tasks = [*_tasks(y[labeled], sizes, rng)]
    for train, test, which in tasks if quiet else progress(iter(tasks), len(tasks)):
        rows = np.concatenate([labeled[test], shown])
        guess, confidence = _guesses(model, X, y, labeled[train], pool, rows)
        hits[which, test] += guess[: len(test)] == y[labeled[test]]
        seen[which, test] += 1
        if confidence is not None:
            values = logit(np.clip(confidence, 0.02, 0.98))
            odds[which, test] += values[: len(test)]
            guessed[which].append(values[len(test) :])
    hits, odds = (sums[:, tested] / seen[:, tested] for sums in (hits, odds))
    return _curve(hits, odds, guessed, sizes, len(labeled), len(pool) if len(shown) else 0)


def _curve(hits, odds, guessed, sizes, labels, n_pool):
    """The SubsetCurve of rows' shares of right guesses (s, m), their log-odds (s, m) and those of pool
    rows."""
    m, residuals, errors, harder = hits.shape[1], hits.copy(), 1 - hits.mean(axis=1), 0.0
    if n_pool and guessed[0]:
        for which, pool_odds in enumerate(guessed):
            right = calibration(odds[which], hits[which])
            elsewhere = 1 - right(np.concatenate(pool_odds)).mean()
            errors[which] = (m * errors[which] + n_pool * elsewhere) / (m + n_pool)
            residuals[which] -= right(odds[which])
        others = np.mean(guessed[-1], axis=0)
        spread = np.sqrt(odds[-1].var() / m + others.var() / len(others)) + 1e-9
        harder = (others.mean() - odds[-1].mean()) / spread
    covariance = np.cov(residuals) / m + (1 + np.eye(len(sizes))) / m**2
    return SubsetCurve(labels, sizes, errors, covariance, harder)


def calibration(odds, hits):
    """The function log-odds -> chance of a right guess, from guesses (m,) and the shares (m,) that were
    right.

    source: Platt 1999
    """
    column, m = odds[:, None], len(odds)
    model = LogisticRegression().fit(
        np.vstack([column, column]), np.repeat([1, 0], m), np.concatenate([hits, 1 - hits]) + 0.5 / m
    )
    return lambda values: model.predict_proba(np.asarray(values)[:, None])[:, 1]


SHARES = np.array(
    [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
)  # of the error now that no label removes
POWERS = np.array([0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.3, 1.7])  # how fast the rest falls


@dataclass(frozen=True)
class Continuation:
    """Many curves, error = level * (share + (1 - share) * (n / size) ^ -power), and how likely each is."""

    size: int
    level: np.ndarray  # (t,), the error at `size` labels
    share: np.ndarray  # (t,)
    power: np.ndarray  # (t,)
    weight: np.ndarray  # (t,), sums to 1

    def curves(self, n):
        """The error of every curve at n (c,) labels: array (t, c)."""
        falling = (np.asarray(n, dtype=float) / self.size) ** -self.power[:, None]
        return self.level[:, None] * (self.share[:, None] + (1 - self.share[:, None]) * falling)

    def log_odds(self, n):
        """Mean and standard deviation (c,) of the log-odds of an error at n (c,) labels."""
        values = logit(np.clip(self.curves(n), 1e-4, 0.99))
        mean = self.weight @ values
        return mean, np.sqrt(self.weight @ (values - mean) ** 2)

    def errors(self, n):
        """The middle error (c,) at n (c,) labels."""
        return expit(self.log_odds(n)[0])


def continuation(curve):
    """Weigh a family of curves by how well each fits the errors of a SubsetCurve, in log-odds.

    In log-odds, rows that are harder than most move all errors alike; in plain shares a flat curve would look
    like one near 0, which has no room to fall.

    returns: Continuation
    source: Figueroa et al. 2012 (the inverse power law); averaged over its parameters, not fitted once
    """
    errors = (curve.labels * curve.errors + 0.5) / (curve.labels + 1)  # half a row more: no error is 0 or 1
    slope = 1 / (errors * (1 - errors))
    covariance, last = curve.covariance * np.outer(slope, slope), logit(errors[-1])
    reach, least = 4 * np.sqrt(covariance[-1, -1]), logit(0.1 / curve.labels)
    levels = expit(np.linspace(max(last - reach, least), min(last + reach, logit(0.97)), 41))
    grid = np.meshgrid(levels, SHARES, POWERS, indexing="ij")
    level, share, power = (part.ravel() for part in grid)
    prior = np.log(1.02 - share) - (np.log(power) / 0.4) ** 2 / 2  # of the replays, more or less
    flat = Continuation(int(curve.sizes[-1]), level, share, power, np.ones(len(level)))
    off = logit(np.clip(flat.curves(curve.sizes), 1e-4, 0.99)) - logit(errors)
    fits = prior - 0.5 * np.einsum("ts,ts->t", off @ np.linalg.inv(covariance), off)
    keep = fits > fits.max() - 20  # the others weigh nothing, and are two thirds
    weight = np.exp(fits[keep] - fits.max())
    return Continuation(flat.size, level[keep], share[keep], power[keep], weight / weight.sum())
