"""What a label chosen by a rule is worth, in labels chosen at random: the currency for many data sets.

Labels to a target compare badly across data sets: where the reference's curve is flat at the target, a tenth
of a point moves the crossing by a hundred labels. Reading the rule's score back on the reference's curve says
where the curve is flat, and how far the rule is ahead where it is not.
"""

from functools import cache, partial
from numbers import Real

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import isotonic_regression

from active_learning._validation import check_choice, check_integer
from active_learning.statistics.curves import check_curves

RESAMPLES = 2_000
LEAST = 5  # splits: the mean of fewer lies outside of all of them in more than 1 of 10 cases
FURTHER = 2**0.5  # a reference that goes on for less than half a doubling cannot be called flat


def label_worth(curves, n_labels, *, reference="random", reference_curves=None, flat=0.015, random_state=0):
    """Compute how many random labels reach the score of a rule with n labels, as a ratio to n.

    The reference's mean curve is made monotone (isotonic regression). At `n_labels` it stands at a level; the
    rule stands above or below it by its gain, the mean difference over the splits that both ran on. The worth
    is where the curve reaches that sum, divided by `n_labels`; of several such places the nearest.

    Parameters
    ----------
    curves : DataFrame
        Table of run_study, the reference among its strategies; it may have run on more splits than the rules.
    n_labels : int
        Labels in all, the seed set included; a number between two rounds is interpolated.
    reference : str
        The strategy whose labels are the unit.
    reference_curves : DataFrame, optional
        Longer runs of the reference, up to the whole pool, for instance with larger batches; runs of the
        same split are averaged. Without them the worth is `inf` above what the reference reaches in `curves`.
    flat : float
        Fraction; the verdict is "flat" if the reference gains less than this when its labels double.
    random_state : int
        Seed of the resampling.

    Returns
    -------
    DataFrame
        One row per strategy except the reference. `worth`, `low`, `high`: ratios; `inf` where all labels of
        the reference do not suffice; for a score below its first round's, that round counts. `gain`,
        `gain_low`, `gain_high`: fractions. `verdict`: "flat"; "more" or "fewer" where the interval of the
        worth lies above or below 1; else "unclear". The 95 % intervals resample splits in pairs, and are
        widened for few splits: of 5 with normal scores they hold the mean gain in 92 %, of 20 in 95 %. They
        are nan for fewer than 5, which are too few to resample.

    Raises
    ------
    ValueError
        For an unknown reference, a rule that shares no split with it, runs that end before n_labels,
        reference_curves without the reference, or a negative `flat`.

    References
    ----------
    Barlow et al. 1972 (isotonic regression); Hesterberg 2015 (the widening, "expanded percentile").

    Examples
    --------
    >>> import al_helpers as al
    >>> curves = al.run_study(al.load_dataset("iris"), ["random", "margin"], n_splits=5, budget=40, n_jobs=1)
    >>> bool(al.label_worth(curves, 20).loc["margin", "worth"] > 0)
    True
    """
    n, seed = check_integer("n_labels", n_labels, 1), check_integer("random_state", random_state, 0)
    if isinstance(flat, bool) or not isinstance(flat, Real) or not flat >= 0:
        raise ValueError(f"flat must be a fraction of 0 or more, got {flat!r}")
    names = list(check_curves(curves)["strategy"].unique())
    check_choice("reference strategy", reference, names)
    curve = _reference_scores(curves, reference, reference_curves)
    resampled = cache(partial(_resampled, curve, seed))  # all rules of the same splits share it
    own = _scores_at(curves, reference, n)
    rules = [name for name in names if name != reference]
    gains = [(_scores_at(curves, name, n) - own).reindex(curve.index) for name in rules]
    rows = [_row(curve.columns.to_numpy(float), gain, resampled, n, flat) for gain in gains]
    columns = ["worth", "low", "high", "gain", "gain_low", "gain_high", "verdict"]
    return pd.DataFrame(rows, index=pd.Index(rules, name="strategy"), columns=columns)


def _reference_scores(curves, reference, longer):
    """Scores of the reference, one row per split and one column per number of labels; nan without a round."""
    tables = [curves] if longer is None else [curves, check_curves(longer, "reference_curves")]
    if reference not in tables[-1]["strategy"].unique():
        raise ValueError(f"reference_curves hold no run of {reference!r}")
    runs = pd.concat([table[table["strategy"] == reference] for table in tables])
    return runs.pivot_table(index="split", columns="n_labels", values="accuracy", aggfunc="mean")


def _scores_at(curves, name, n):
    """Scores of a strategy's runs with n labels, by split; ValueError if one does not go so far."""
    runs = curves[curves["strategy"] == name].sort_values("n_labels").groupby("split")
    fewest, most = runs["n_labels"].min().max(), runs["n_labels"].max().min()
    if not fewest <= n <= most:
        raise ValueError(f"n_labels is {n}, and the runs of {name!r} all have {fewest} to {most} labels")
    return pd.Series({split: np.interp(n, run["n_labels"], run["accuracy"]) for split, run in runs})


def _row(places, gains, resampled, n, flat):
    """A row of label_worth; gains: by split, nan for one that is not paired; resampled: of _resampled."""
    paired = gains.notna().to_numpy()
    if not paired.any():
        raise ValueError("a rule and the reference have no split in common")
    weights, levels = resampled(tuple(paired))
    means = weights[:, paired] @ gains[paired].to_numpy() / paired.sum()
    worths = _read_back(places, levels, n, means) / n
    low, high = _interval(worths[1:], paired.sum())
    verdict = "more" if low > 1 else "fewer" if high < 1 else "unclear"
    if _doubling_gain(places, levels[0], n) < flat:
        verdict = "flat"
    return worths[0], low, high, means[0], *_interval(means[1:], paired.sum()), verdict


def _resampled(curve, random_state, paired):
    """How often each split counts (1 + RESAMPLES, splits), once in the first row, and the rising curves.

    Splits without a partner among the rule's are drawn apart from the paired ones.
    """
    rng, weights, paired = (
        np.random.default_rng(random_state),
        np.ones((1 + RESAMPLES, len(curve))),
        [*paired],
    )
    for rows in (np.flatnonzero(paired), np.flatnonzero(np.invert(paired))):
        if len(rows):
            weights[1:, rows] = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=RESAMPLES)
    return weights, _monotone(curve, weights)


def _monotone(curve, weights):
    """The weighted means (w, g) of the splits' scores as rising curves, by isotonic regression."""
    scores, known = curve.fillna(0.0).to_numpy(), curve.notna().to_numpy(dtype=float)
    counts, runs = weights @ known, known.sum(axis=0)
    means = np.where(counts > 0, weights @ scores / np.maximum(counts, 1), scores.sum(axis=0) / runs)
    return np.array([isotonic_regression(mean, weights=runs).x for mean in means])


def _read_back(places, levels, n, gains):
    """Where each rising curve (w, g) is `gains` (w,) above its value at n; of several the nearest to n."""
    wanted = _at(places, levels, n) + gains
    first, last = (levels < wanted[:, None]).sum(axis=1), (levels <= wanted[:, None]).sum(axis=1) - 1
    end = len(places) - 1
    low, high = np.clip(last, 0, end), np.clip(first, 0, end)  # the rounds on either side
    below, above = np.take_along_axis(levels, np.stack([low, high], axis=1), axis=1).T
    share = (wanted - below) / np.where(above > below, above - below, 1)
    between = places[low] + np.clip(share, 0, 1) * (places[high] - places[low])
    level = np.clip(n, places[high], places[low])  # a value of the curve: of its flat stretch the nearest
    return np.where(first > end, np.inf, np.where(first <= last, level, between))


def _at(places, levels, n):
    """The values (w,) of the curves (w, g) at n, a place between the first and the last."""
    after = np.clip(np.searchsorted(places, n), 1, len(places) - 1) if len(places) > 1 else 0
    before = max(after - 1, 0)
    share = (n - places[before]) / max(places[after] - places[before], 1)
    return levels[:, before] + share * (levels[:, after] - levels[:, before])


def _interval(values, n_splits):
    """The 95 % percentile interval of resampled values, widened for few splits; nan for fewer than LEAST."""
    if n_splits < LEAST:
        return np.nan, np.nan
    tail = stats.norm.cdf(np.sqrt(n_splits / (n_splits - 1)) * stats.t.ppf(0.025, n_splits - 1))
    ordered = np.sort(values)
    place = int(tail * len(ordered))
    return ordered[place], ordered[-1 - place]


def _doubling_gain(places, level, n):
    """The gain of a rising curve (g,) from n to 2 n, per doubling; nan if it ends before half a doubling."""
    end = min(2 * n, places[-1])
    if end < FURTHER * n:
        return np.nan
    return (np.interp(end, places, level) - np.interp(n, places, level)) / np.log2(end / n)
