"""The learning curve of the labelled rows, and its extrapolation: the numbers behind a forecast.

The score of a classifier trained on subsets of the labelled rows, and a family of curves through those
scores. Not here: how wrong such curves were in backtests, and the intervals made from that (forecast).
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from active_learning._arrays import on_one_thread, take
from active_learning._progress import progress
from active_learning.models.registry import fit

FRACTIONS = (0.25, 0.35, 0.5, 0.65, 0.8, 0.9)  # of the labelled rows, trained on; the others test
FOLDS = 10
POOL_ROWS = 500  # of the unlabelled ones, a random sample that stands for all of them


@dataclass(frozen=True)
class SubsetCurve:
    """Errors of classifiers trained on s subset sizes of m labelled rows, and how well they are known."""

    labels: int  # m, the rows that are labelled now
    sizes: np.ndarray  # int (s,), ascending, rows trained on
    errors: np.ndarray  # (s,), share of new rows classified wrongly
    covariance: np.ndarray  # (s, s), of the errors: other labelled rows would move all of them together
    selection_bias: float  # by how many standard errors the labelled rows look harder than the pool


def stratified_permutation(y, rng):
    """The rows of y (m,) in random order, such that any first part has its share of each class."""
    order = rng.permutation(len(y))
    codes, counts = np.unique(y[order], return_inverse=True, return_counts=True)[1:]
    rank = np.empty(len(y))
    for code, count in enumerate(counts):
        rank[codes == code] = (np.arange(count) + rng.random(count)) / count
    return order[np.argsort(rank, kind="stable")]


def subset_sizes(m):
    """The sizes (s,) of the subsets of m labelled rows that are trained on."""
    return np.unique([max(4, int(share * m)) for share in FRACTIONS])


def _tasks(y, sizes, rng, folds_of):
    """Yield (rows to train on, rows to test on, index of the size): cross-validation on growing parts."""
    for _ in range(max(1, min(3, 200 // len(y)))):
        for train, test in folds_of(y, rng):
            train = train[stratified_permutation(y[train], rng)]
            for index, size in enumerate(sizes):
                yield train[:size], test, index


def _row_folds(y, rng):
    """Yield (rows to train on, rows to test on) of a cross-validation by rows."""
    folds = np.arange(len(y)) % FOLDS
    order = stratified_permutation(y, rng)
    for fold in range(FOLDS):
        yield order[folds != fold], order[folds == fold]


def _group_folds(groups):
    """Likewise by whole groups (m,), codes, which are dealt out so that the folds are of like sizes."""

    def folds_of(y, rng):
        sizes, fold_of, filled = np.bincount(groups), np.zeros(groups.max() + 1, dtype=int), np.zeros(FOLDS)
        shuffled = rng.permutation(len(sizes))
        for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
            fold_of[group] = filled.argmin()
            filled[fold_of[group]] += sizes[group]
        for fold in np.flatnonzero(filled):
            test = fold_of[groups] == fold
            yield np.flatnonzero(~test), np.flatnonzero(test)

    return folds_of


LATER = 0.3  # share of the labelled rows that test where rows have times


def _time_folds(times):
    """Likewise with the earlier rows to train on and the later ones to test on, three times over."""
    start = np.sort(times)[int((1 - LATER) * len(times))]
    earlier, later = np.flatnonzero(times < start), np.flatnonzero(times >= start)
    if not len(earlier):
        raise ValueError("the times of the labelled rows leave no earlier rows to train on")
    return lambda y, rng: ((earlier, later) for _ in range(3))


def _predictions(model, X, y, train, pool, rows):
    """Fit on rows `train`; the predicted classes of rows `rows` and, if any, their probabilities."""
    classifier = model if len(np.unique(y[train])) > 1 else DummyClassifier(strategy="prior")
    with warnings.catch_warnings():  # many classes of few rows are not the user's fault
        warnings.filterwarnings("ignore", "The number of unique classes")
        fit(classifier, X, y, train, pool)
    X_rows = take(X, rows)
    if not hasattr(classifier, "predict_proba"):
        return classifier.predict(X_rows), None
    proba = classifier.predict_proba(X_rows)
    return classifier.classes_[proba.argmax(axis=1)], proba.max(axis=1)


@on_one_thread
def subset_curve(
    X, y, labeled, pool, model, rng, *, tested=None, metric="accuracy", quiet=False, groups=None, times=None
):
    """Score classifiers trained on subsets of the labelled rows, by repeated cross-validation.

    Parameters
    ----------
    X : matrix of shape (n, d)
    y : array of shape (n,)
        Class codes, of which only the labelled rows' are looked at.
    labeled, pool : int arrays
        The rows with a label and those without.
    model : classifier
        It is cloned, and fitted to many subsets.
    rng : numpy.random.Generator
    tested : int array, optional
        Positions in `labeled` of the rows that are a random sample, which alone test. By default all of them
        test, and the predictions for the pool show what kind of rows are missing among them.
    metric : {"accuracy", "balanced_accuracy"}
        The second is not corrected by the pool, whose classes are not known.
    quiet : bool
        Whether to show no progress.
    groups, times : array of shape (m,), optional
        Of the labelled rows, one of both: whole groups are tested, or later rows than are trained on. The
        pool is then not looked at: it may hold rows of the same groups.

    Returns
    -------
    SubsetCurve

    References
    ----------
    Figueroa et al. 2012 (learning curves of subsets); Angelopoulos et al. 2023 (predictions for unlabelled
    rows, corrected by labelled ones).
    """
    model, clusters, folds_of, share = clone(model), None, _row_folds, 1.0
    if groups is not None:
        clusters = np.unique(groups, return_inverse=True)[1]
        folds_of = _group_folds(clusters)
    if times is not None:
        clusters, folds_of, share = _time_blocks(times, y[labeled]), _time_folds(times), 1 - LATER
    sizes = subset_sizes(int(share * len(labeled)))
    tested = np.arange(len(labeled)) if tested is None else tested
    plain = len(tested) == len(labeled) and clusters is None
    pool_rows = rng.permutation(pool)[: POOL_ROWS if plain else 0]
    hits, odds, counts = np.zeros((3, len(sizes), len(labeled)))
    pool_odds = [[] for _ in sizes]
    tasks = [*_tasks(y[labeled], sizes, rng, folds_of)]
    for train, test, index in tasks if quiet else progress(iter(tasks), len(tasks)):
        rows = np.concatenate([labeled[test], pool_rows])
        predicted, confidence = _predictions(model, X, y, labeled[train], pool, rows)
        hits[index, test] += predicted[: len(test)] == y[labeled[test]]
        counts[index, test] += 1
        if confidence is not None:
            values = logit(np.clip(confidence, 0.02, 0.98))
            odds[index, test] += values[: len(test)]
            pool_odds[index].append(values[len(test) :])
    tested = tested[counts[0, tested] > 0]
    hits, odds = (sums[:, tested] / counts[:, tested] for sums in (hits, odds))
    classes = None if metric == "accuracy" else y[labeled][tested]
    n_pool = len(pool) if len(pool_rows) else 0
    curve = _curve(hits, odds, pool_odds, sizes, len(labeled), n_pool, classes)
    return curve if clusters is None else replace(curve, covariance=_clustered(hits, clusters[tested]))


def _time_blocks(times, y, size=20, most=100):
    """Codes (m,) of rows that follow one another and are right or wrong together: `size` rows or more.

    A block goes on while the label stays the same, to `most` rows.
    """
    order, codes = np.argsort(times, kind="stable"), np.empty(len(times), dtype=int)
    start, code = 0, 0
    for place, row in enumerate(order):
        n = place - start
        if n >= most or (n >= size and y[row] != y[order[place - 1]]):
            start, code = place, code + 1
        codes[row] = code
    return codes


PRIOR = 5  # clusters that the guess that their rows are right or wrong together weighs


def _clustered(hits, codes):
    """The covariance (s, s) of errors whose rows (s, m) of one code are right or wrong together.

    References
    ----------
    Liang & Zeger 1986 (the sandwich of sums over clusters).
    """
    codes, m = np.unique(codes, return_inverse=True)[1], hits.shape[1]
    sums = np.array([np.bincount(codes, row) for row in hits - hits.mean(axis=1, keepdims=True)])
    n, share = sums.shape[1], (hits.mean() * sums.shape[1] + 1) / (sums.shape[1] + 2)
    found = sums @ sums.T / m**2 * n / max(n - 1, 1)
    together = share * (1 - share) / n  # the variance if all rows of a cluster were right or wrong together
    few = (stats.t.ppf(0.975, max(n - 1, 1)) / stats.norm.ppf(0.975)) ** 2
    return few * (n * found + PRIOR * together) / (n + PRIOR) + (1 + np.eye(len(hits))) / m**2


def _curve(hits, odds, pool_odds, sizes, labels, n_pool, classes=None):
    """The SubsetCurve of rows' shares of right predictions (s, m), their log-odds (s, m) and the pool's.

    With the classes (m,) of the rows its errors are those of the balanced accuracy.
    """
    m, residuals, errors, bias = hits.shape[1], hits.copy(), 1 - hits.mean(axis=1), 0.0
    most = 1.0  # the weight of a row
    if classes is not None:
        errors, residuals, most = class_errors(hits, classes)
    if n_pool and pool_odds[0]:
        for index, values in enumerate(pool_odds if classes is None else []):
            chance_right = calibration(odds[index], hits[index])
            pool_error = 1 - chance_right(np.concatenate(values)).mean()
            errors[index] = (m * errors[index] + n_pool * pool_error) / (m + n_pool)
            residuals[index] -= chance_right(odds[index])
        others = np.mean(pool_odds[-1], axis=0)
        spread = np.sqrt(odds[-1].var() / m + others.var() / len(others)) + 1e-9
        bias = (others.mean() - odds[-1].mean()) / spread
    covariance = np.cov(residuals) / m + (1 + np.eye(len(sizes))) * (most / m) ** 2
    return SubsetCurve(labels, sizes, errors, covariance, bias)


def class_errors(hits, classes):
    """Errors (s,) in balanced accuracy of rows' hits (s, m), the rows' residuals (s, m), the largest weight.

    A row counts as much less as its class has more rows; only the rows of one class vary among themselves.
    """
    members = np.eye(classes.max() + 1)[:, classes]
    members = members[members.any(axis=1)]  # (k, m)
    shares = members / members.sum(axis=1, keepdims=True)
    recalls, weights = hits @ shares.T, len(classes) * shares.mean(axis=0)
    return 1 - recalls.mean(axis=1), weights * (hits - recalls @ members), weights.max()


def calibration(odds, hits):
    """The function log-odds -> chance of being right, fitted to odds (m,) and hits (m,) (Platt 1999)."""
    column, m = odds[:, None], len(odds)
    model = LogisticRegression().fit(
        np.vstack([column, column]), np.repeat([1, 0], m), np.concatenate([hits, 1 - hits]) + 0.5 / m
    )
    return lambda values: model.predict_proba(np.asarray(values)[:, None])[:, 1]


SHARES = np.r_[np.arange(10) / 10, 0.95]  # of the error now that no label removes
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
        """The expected error (c,) at n (c,) labels."""
        return expit(self.log_odds(n)[0])


def continuation(curve):
    """Weigh a family of curves by how well each fits the errors of a SubsetCurve, in log-odds.

    In log-odds, rows that are harder than most move all errors alike; in plain shares a flat curve would look
    like one near 0, which has no room to fall.

    Parameters
    ----------
    curve : SubsetCurve

    Returns
    -------
    Continuation

    References
    ----------
    Figueroa et al. 2012 (the inverse power law, here averaged over its parameters instead of fitted once);
    Viering & Loog 2023 (the shapes of learning curves).
    """
    errors = (curve.labels * curve.errors + 0.5) / (curve.labels + 1)  # half a row more: no error is 0 or 1
    slope = 1 / (errors * (1 - errors))
    covariance, last = curve.covariance * np.outer(slope, slope), logit(errors[-1])
    reach, least = 4 * np.sqrt(covariance[-1, -1]), logit(0.1 / curve.labels)
    levels = expit(np.linspace(max(last - reach, least), min(last + reach, logit(0.97)), 41))
    grid = np.meshgrid(levels, SHARES, POWERS, indexing="ij")
    level, share, power = (part.ravel() for part in grid)
    prior = np.log(1.02 - share) - (np.log(power) / 0.4) ** 2 / 2  # about what the backtests showed
    equal = Continuation(int(curve.sizes[-1]), level, share, power, np.ones(len(level)))
    residuals = logit(np.clip(equal.curves(curve.sizes), 1e-4, 0.99)) - logit(errors)
    fits = prior - 0.5 * np.einsum("ts,ts->t", residuals @ np.linalg.inv(covariance), residuals)
    keep = fits > fits.max() - 20  # the others weigh nothing, and are two thirds
    weight = np.exp(fits[keep] - fits.max())
    return Continuation(equal.size, level[keep], share[keep], power[keep], weight / weight.sum())
