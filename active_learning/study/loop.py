"""One learning curve: fit, score the test set, query, label, and again until the budget is spent.

Source: Settles 2009. Not here: many runs (study), or what a curve is worth (measures).
"""

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from active_learning._arrays import on_one_thread, take
from active_learning._validation import METRICS, History, check_choice, check_integer, last_step
from active_learning.models.registry import SEMI_SUPERVISED, fit_once, make_model, represented, shared_fits
from active_learning.strategies.base import Round
from active_learning.strategies.registry import check_strategy, pick_strategies


@on_one_thread
def run_loop(
    dataset,
    split,
    strategy,
    *,
    model=None,
    batch=10,
    budget=300,
    random_state=0,
    metric="accuracy",
    stop_at=None,
):
    """Fit, score the test set, query, label; repeat until the budget is spent or the pool is empty.

    dataset, split: Dataset, and a Split of its rows
    strategy: a name in STRATEGIES, or a callable Round -> rows to buy
    model: any scikit-learn classifier, pipelines included (it is cloned), or a name in CLASSIFIERS;
        default_model() if None. A Represented one learns its representation once, from seed and pool
    batch: labels bought a round; the last batch is cut to end exactly on the budget or the pool's end
    budget: labels in all, the seed set included
    random_state: anything numpy.random.default_rng takes
    metric: "accuracy" or "balanced_accuracy"
    stop_at: end the run as soon as this accuracy is reached; for who asks only about labels to target
    returns: History
    raises: ValueError or TypeError, naming the value, for a setting or data that cannot work
    """
    ((name, strategy),) = pick_strategies(strategy).items()
    model, X = represented(model, dataset.X, split)
    model, batch = make_model(model), check_integer("batch", batch, 1)
    _check_run(X, dataset.y, split, model, budget)
    check_strategy(name, strategy, model, X)
    measure = METRICS[check_choice("metric", metric, METRICS)]
    y, judge, rng = dataset.y, dataset.judge, np.random.default_rng(random_state)
    if isinstance(last_step(model), SEMI_SUPERVISED):  # which want integers, as unknown labels are -1
        y, judge = (np.searchsorted(np.unique(y), labels) for labels in (y, judge))
    X_test, y_test = take(X, split.test), judge[split.test]
    labeled, pool, n_labels, scores = split.seed, np.sort(split.pool), [], []
    known = shared_fits(X)
    while True:
        model = fit_once(model, X, y, labeled, pool, batch, known)
        n_labels.append(len(labeled))
        scores.append(measure(y_test, model.predict(X_test)))
        wanted = min(batch, budget - len(labeled), len(pool))
        if wanted == 0 or (stop_at is not None and scores[-1] >= stop_at):
            return History(np.array(n_labels), np.array(scores), labeled[len(split.seed) :])
        bought = strategy(Round(*shown_to(strategy, model, X), labeled, y[labeled], pool, wanted, rng))
        pool = _remove(pool, bought, wanted, name)
        labeled = np.concatenate([labeled, bought])


def shown_to(strategy, model, X):
    """(classifier, X) for a Round: a rule that measures distances sees X as a pipeline's last step does."""
    if isinstance(model, Pipeline) and "numeric" in getattr(strategy, "needs", ()):
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
        how = "impute them, for instance with make_pipeline(SimpleImputer(), model)"
        raise ValueError(f"X holds {missing} missing values (NaN); {how}")


def _remove(pool, bought, wanted, name):
    """The pool without the rows bought; ValueError if these are not `wanted` distinct rows of the pool."""
    at, keep = np.minimum(pool.searchsorted(bought), len(pool) - 1), np.ones(len(pool), dtype=bool)
    keep[at] = False
    left = pool[keep]  # a row bought twice leaves one row too many
    if len(bought) != wanted or len(left) != len(pool) - wanted or not np.array_equal(pool[at], bought):
        raise ValueError(f"strategy {name!r} must return {wanted} distinct rows of the pool")
    return left
