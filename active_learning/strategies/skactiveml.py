"""Pool rules of scikit-activeml as query rules of this package; an optional extra."""

from functools import partial
from inspect import Parameter, signature

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import has_fit_parameter

from active_learning._arrays import take
from active_learning._validation import import_optional
from active_learning.strategies.base import requires

OURS = ("X", "y", "candidates", "batch_size", "return_utilities")  # arguments of query that the loop sets
CLASSIFIER = ("clf", "estimator")  # what query calls the classifier
EXAMPLE = "such as skactiveml.pool.MaxHerding()"


def from_skactiveml(query_strategy, **settings):
    """Turn a pool rule of scikit-activeml into a rule for run_study.

    It sees what every rule sees: the labelled and the pool rows, the labels of the former, and the
    classifier, which it fits itself. What it draws at random comes from the run's random stream.

    Parameters
    ----------
    query_strategy : object
        A pool rule, such as `skactiveml.pool.MaxHerding()`. In tables its name is "skactiveml:MaxHerding".
    **settings
        Further arguments of its `query`: `ensemble` for a committee, or `clf` for another classifier than
        the study's; classes are 0, 1, ... there.

    Returns
    -------
    callable
        A rule.

    Raises
    ------
    ImportError
        Without scikit-activeml.
    TypeError
        For what is not a pool rule, a rule for regression, or arguments that its `query` does not take, that
        the loop sets itself, or that are missing.

    References
    ----------
    Kottke et al. 2021 (scikit-activeml).

    Examples
    --------
    >>> import al_helpers as al
    >>> from skactiveml.pool import MaxHerding  # doctest: +SKIP
    >>> rules = ["random", "margin", al.from_skactiveml(MaxHerding())]  # doctest: +SKIP
    >>> al.run_study(al.load_dataset("iris"), rules, n_splits=5, budget=40)  # doctest: +SKIP
    """
    base = import_optional("skactiveml.base").SingleAnnotatorPoolQueryStrategy
    if not isinstance(query_strategy, base):
        raise TypeError(
            f"query_strategy must be a pool rule of scikit-activeml, {EXAMPLE}, got {query_strategy!r}"
        )
    name = type(query_strategy).__name__
    _check_settings(name, signature(query_strategy.query).parameters, settings)
    rule = partial(_query, query_strategy=query_strategy, settings=settings)
    rule.__name__ = f"skactiveml:{name}"
    return requires("numeric", "dense")(rule)


def _check_settings(name, parameters, settings):
    """Raise TypeError if a rule's query cannot be called with the settings and what the loop gives."""
    if "reg" in parameters:
        raise TypeError(f"{name} is a rule for regression; rules here choose rows for a classifier")
    for word in settings:
        if word in OURS:
            raise TypeError(f"{word} cannot be set: the loop gives it to {name}")
        if word not in parameters:
            valid = ", ".join(other for other in parameters if other not in OURS)
            raise TypeError(f"{name}'s query takes no {word!r}; valid: {valid}")
    needed = {word for word, parameter in parameters.items() if parameter.default is Parameter.empty}
    if missing := sorted(needed - {*OURS, *CLASSIFIER, *settings}):
        given = ", ".join(f"{word}=..." for word in missing)
        raise TypeError(f"{name} needs {' and '.join(missing)}: from_skactiveml({name}(), {given})")


def _query(round, query_strategy, settings):
    """Let a rule of scikit-activeml choose rows of the pool."""
    rows = np.concatenate([round.labeled, round.pool])
    classes, codes = np.unique(round.y, return_inverse=True)
    known = np.full(len(rows), np.nan)
    known[: len(codes)] = codes
    rule = clone(query_strategy).set_params(random_state=int(round.rng.integers(2**31)))
    given = dict(X=take(round.X, rows), y=known, batch_size=round.batch) | settings
    words = {*CLASSIFIER} & {*signature(rule.query).parameters} - {*settings}
    for word in words:
        wrapper = import_optional("skactiveml.classifier").SklearnClassifier
        weighted = has_fit_parameter(round.model, "sample_weight")
        model = clone(round.model) if weighted else _Classifier(round.model)
        given[word] = wrapper(model, classes=np.arange(len(classes)))
    try:
        return rows[rule.query(**given)]
    except (TypeError, ValueError, AttributeError) as error:
        hint = "".join(f" (to give it another classifier: {word}=...)" for word in words)
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"skactiveml:{type(rule).__name__}: {error}{hint}") from error


class _Classifier(ClassifierMixin, BaseEstimator):
    """Lets fit take `sample_weight=None`, which some rules pass; real weights raise."""

    def __init__(self, original):
        self.original = original

    def fit(self, X, y, sample_weight=None):
        if sample_weight is not None:
            raise ValueError("this rule weights rows; the study's classifier takes no sample_weight")
        self.fitted_ = clone(self.original).fit(X, y)
        self.classes_ = self.fitted_.classes_
        return self

    def predict(self, X):
        return self.fitted_.predict(X)

    def predict_proba(self, X):
        return self.fitted_.predict_proba(X)
