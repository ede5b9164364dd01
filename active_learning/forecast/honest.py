"""A forecast that starts from the honest score of a table's audit rows, where it has any.

Rows that a rule queried are harder than the others, so a curve through scores on them lies too low. It is
moved, in log-odds, to where the audit rows say that the score is now. Not here: the curve (learning_curve),
the score (labelling.score).
"""

from dataclasses import replace

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from active_learning.forecast.learning_curve import continuation
from active_learning.labelling.score import audit_evidence, majority_of, scores_of

LEAST_AUDIT = 10  # audit rows, below which they tell too little to start from


def honest_evidence(table, model, metric, random_state):
    """The Evidence of a table's audit rows; None where there are too few, and for a metric but accuracy."""
    if (
        metric != "accuracy"
        or not hasattr(table, "audit")
        or (table.audit & table.labeled).sum() < LEAST_AUDIT
    ):
        return None
    return audit_evidence(table, model, random_state)


def moved_curve(curve, evidence):
    """The SubsetCurve moved to the honest score now, and as uncertain as that is at least.

    Parameters
    ----------
    curve : SubsetCurve
    evidence : Evidence

    Returns
    -------
    SubsetCurve
    """
    score = scores_of(evidence)[0]
    half = 0.5 / (score.n_audit + 1)
    now = logit(np.clip(1 - score.estimate, half, 1 - half))
    shift = now - continuation(curve).log_odds(np.array([curve.labels]))[0][0]
    errors = expit(logit(np.clip(curve.errors, 1e-3, 1 - 1e-3)) + shift)
    deviation = (score.high - score.low) / (2 * norm.ppf(0.975))
    return replace(curve, errors=errors, covariance=curve.covariance + deviation**2, selection_bias=0.0)


def honest_now(evidence):
    """The score on new rows with its 95 % and 80 % intervals, as a forecast's score_now."""
    wide, near = scores_of(evidence)[0], scores_of(evidence, 0.8)[0]
    levels = {"low": wide.low, "low_80": near.low, "estimate": wide.estimate}
    levels |= {"high_80": near.high, "high": wide.high}
    return {name: round(float(value), 4) for name, value in levels.items()}


def honest_constant(table):
    """The commonest class, and what always saying it scores on the audit rows."""
    majority = majority_of(table)
    return {"label": majority["class"], "score": round(majority["score"], 4)}
