"""One run: fit, score the test set, query, label, and again until the budget is spent.

Not here: many runs (study.py), or what a learning curve is worth (statistics).
"""

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from active_learning._arrays import on_one_thread, take
from active_learning._validation import (
    METRICS,
    History,
    check_choice,
    check_integer,
    last_step,
    named_keywords,
)
from active_learning.models.registry import SEMI_SUPERVISED, fit_once, make_model, represented, shared_fits
from active_learning.strategies.base import Round
from active_learning.strategies.registry import check_strategy, pick_strategies, remove_queried


@named_keywords
@on_one_thread
def run_loop(
    dataset,
    split,
    strategy,
    *,
    model=None,
    batch=10,
    budget=300,
    metric="accuracy",
    stop_at=None,
    random_state=0,
):
    """Fit, score the test set, query, label; repeat until the budget is spent or the pool is empty.

    Parameters
    ----------
    dataset : Dataset
    split : Split
        Of the rows of the data set.
    strategy : str or callable
        A name in STRATEGIES, or a function Round -> rows to query.
    model : str, classifier or None
        A name in CLASSIFIERS, any scikit-learn classifier, pipelines included (it is cloned), or None for
        default_model(). A Represented one learns its representation once, from seed and pool.
    batch : int
        Labels queried in a round; the last batch ends exactly on the budget or with the pool.
    budget : int
        Labels in all; the seed set counts.
    metric : {"accuracy", "balanced_accuracy"}
    stop_at : float or None
        End the run as soon as this accuracy is reached, if only labels to a target are of interest.
    random_state : int, SeedSequence or Generator
        Anything numpy.random.default_rng takes.

    Returns
    -------
    History

    Raises
    ------
    ValueError, TypeError
        If a setting or the data cannot work, naming the value, or if a rule returns other than pool rows.

    References
    ----------
    Settles 2009 (pool-based active learning).

    Examples
    --------
    >>> from active_learning.datasets.dataset import load_dataset
    >>> from active_learning.datasets.splits import split_dataset
    >>> iris = load_dataset("iris")
    >>> run_loop(iris, split_dataset(iris.y, random_state=0), "margin", budget=20).n_labels
    array([ 6, 16, 20])
    """
    ((name, strategy),) = pick_strategies(strategy).items()
    model, X = represented(model, dataset.X, split)
    model, batch = make_model(model), check_integer("batch", batch, 1)
    _check_run(X, dataset.y, split, model, budget)
    check_strategy(name, strategy, model, X)
    measure = METRICS[check_choice("metric", metric, METRICS)]
    y, y_clean, rng = dataset.y, dataset.evaluation_labels, np.random.default_rng(random_state)
    if isinstance(last_step(model), SEMI_SUPERVISED):  # which want integers, as unknown labels are -1
        y, y_clean = (np.searchsorted(np.unique(y), labels) for labels in (y, y_clean))
    X_test, y_test = take(X, split.test), y_clean[split.test]
    labeled, pool, n_labels, scores = split.seed, np.sort(split.pool), [], []
    fits = shared_fits(X)
    while True:
        model = fit_once(model, X, y, labeled, pool, batch, fits)
        n_labels.append(len(labeled))
        scores.append(measure(y_test, model.predict(X_test)))
        n = min(batch, budget - len(labeled), len(pool))
        if n == 0 or (stop_at is not None and scores[-1] >= stop_at):
            return History(np.array(n_labels), np.array(scores), labeled[len(split.seed) :])
        round = Round(*shown_to(strategy, model, X), labeled, y[labeled], pool, n, rng)
        queried, pool = remove_queried(name, strategy(round), pool, n)
        labeled = np.concatenate([labeled, queried])


def shown_to(strategy, model, X):
    """(classifier, X) for a Round: a rule that measures distances sees X as a pipeline's last step does."""
    if isinstance(model, Pipeline) and "numeric" in getattr(strategy, "requirements", ()):
        return model[-1], model[:-1].transform(X)
    return model, X


def _check_run(X, y, split, model, budget):
    """Raise if the loop cannot run on this data with this model and this budget."""
    if not is_classifier(model):
        raise TypeError(f"model must be a scikit-learn classifier, got {model!r}")
    if check_integer("budget", budget, 1) < len(split.seed):
        raise ValueError(f"budget must be at least the seed set's {len(split.seed)} labels, got {budget}")
    if (last := max(rows.max(initial=0) for rows in (split.seed, split.pool, split.test))) >= len(y):
        raise ValueError(f"the split holds row {last}, and the data set has only {len(y)} rows")
    if len(np.unique(y[split.seed])) < 2:
        raise ValueError(f"the seed set has the one class {y[split.seed][0]}; 2 are needed")
    imputes = isinstance(model, Pipeline)  # whose tags do not say; its own steps complain if they cannot
    _check_finite(X, imputes or get_tags(model).input_tags.allow_nan)


def _check_finite(X, allow_nan):
    """Raise ValueError if X holds infinity, or NaN where the model cannot take it."""
    values = X.select_dtypes("number") if hasattr(X, "iloc") else X.data if sparse.issparse(X) else X
    values = np.asarray(values)
    with np.errstate(over="ignore", invalid="ignore"):  # one pass, no copy of a large pool
        if values.dtype.kind != "f" or np.isfinite(values.sum(dtype=np.float64)):
            return
    infinite, missing = np.isinf(values).sum(), np.isnan(values).sum()
    if infinite:
        raise ValueError(f"X holds {infinite} infinite values; all must be finite")
    if missing and not allow_nan:
        advice = "impute them, for instance with make_pipeline(SimpleImputer(), model)"
        raise ValueError(f"X holds {missing} missing values (NaN); {advice}")
