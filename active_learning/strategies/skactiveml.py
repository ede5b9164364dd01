"""Pool rules of scikit-activeml as query rules of this package; an optional extra."""

from functools import partial
from inspect import signature

import numpy as np
from sklearn.base import clone

from active_learning._arrays import take
from active_learning._validation import import_optional
from active_learning.strategies.base import requires


def from_skactiveml(query_strategy, **settings):
    """Turn a pool rule of scikit-activeml into a rule for run_study.

    It sees what every rule sees: the labelled and the pool rows, the labels of the former, and the
    classifier, which it fits itself. What it draws at random comes from the run's random stream.

    Parameters
    ----------
    query_strategy : object
        Such as `skactiveml.pool.MaxHerding()`.
    **settings
        Further arguments of its `query`.

    Returns
    -------
    callable
        A rule.

    Raises
    ------
    ImportError
        Without scikit-activeml.

    References
    ----------
    Kottke et al. 2021 (scikit-activeml).

    Examples
    --------
    >>> from skactiveml.pool import MaxHerding  # doctest: +SKIP
    >>> al.run_study(iris, {"random": al.STRATEGIES["random"], "max_herding": from_skactiveml(MaxHerding())})
    ... # doctest: +SKIP
    """
    import_optional("skactiveml", "peers")
    rule = partial(_query, query_strategy=query_strategy, settings=settings)
    return requires("numeric", "dense")(rule)


def _query(round, query_strategy, settings):
    """Let a rule of scikit-activeml choose rows of the pool."""
    rows = np.concatenate([round.labeled, round.pool])
    classes, codes = np.unique(round.y, return_inverse=True)
    known = np.full(len(rows), np.nan)
    known[: len(codes)] = codes
    rule = clone(query_strategy).set_params(random_state=int(round.rng.integers(2**31)))
    given = dict(X=take(round.X, rows), y=known, batch_size=round.batch) | settings
    if wanted := {"clf", "estimator"} & {*signature(rule.query).parameters}:
        wrapper = import_optional("skactiveml.classifier", "peers").SklearnClassifier
        given[wanted.pop()] = wrapper(clone(round.model), classes=np.arange(len(classes)))
    return rows[rule.query(**given)]
