"""How wrong forecasts were in replayed labelling projects: the constants behind every interval.

Made by `python tests/bench_forecast.py calibrate FILE`; a test compares them with a small replay. Not here: how they
are used (forecast).
"""

import numpy as np

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
FLOOR = 0.15  # log-odds: no curve is known better than this
HARDER = 5.0  # standard errors by which labelled rows look harder than others, from where a rule bought them
STAGES = (30, 60, 100, 200)  # labels at the forecast
RATIOS = (1.0, 1.5, 2.5, 5.0)  # labels forecast / labels at the forecast

# (what, labelled by, rule to come) -> for each stage and ratio, the quantiles at LEVELS of
# (log-odds of the true error - of the forecast) / spread of the forecast; "best" is the best score until then
ERRORS = {}


def error_quantiles(what, kind, rule, labels, n):
    """How far the log-odds of a true error lay from the forecast's, in its spreads, at LEVELS.

    what: "score", or "best" for the best score until then; kind: "random", "rule" or "measured", where the labels
    come from; rule: the one that goes on; labels: int, at the forecast; n: int (c,), labels forecast
    returns: array (levels, c), ascending in the levels
    """
    table = np.array(ERRORS.get((what, kind, rule), ERRORS[what, "random", "random"]))
    stage = np.interp(np.log(labels), np.log(STAGES), np.arange(len(STAGES)))
    low, high = int(stage), min(int(stage) + 1, len(STAGES) - 1)
    between = table[low] + (stage - low) * (table[high] - table[low])  # (ratios, levels)
    ratio = np.log(np.asarray(n) / labels)
    return np.array([np.interp(ratio, np.log(RATIOS), column) for column in between.T])
