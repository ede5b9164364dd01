"""The map: what a label is worth by each rule on many real data sets, and what to expect of the next one.

The numbers stand in map.csv, which tests/benchmarks/map.py computes: one row per data set, classifier, rule,
batch and number of labels, with the columns of label_worth. Data sets, not splits, are the sample; those made
by a generator are in the table and are not counted. Not here: the worth itself (label_worth), its picture.
"""

from functools import cache
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from active_learning.statistics.ranks import holm, pseudo_median, signed_rank_interval, signed_rank_p
from active_learning.strategies.registry import RECOMMENDED

MAP = Path(__file__).with_name("map.csv")
CLASSIFIERS = ("logistic_regression", "extra_trees")
ONE = ["classifier", "rule", "batch", "n"]  # what one question to the map is about
FLAT = 0.015  # a doubling of random labels that gains less hardly matters
MANY = 10  # classes
COLUMNS = ("data_set", "kind", "rows", "classes", *ONE, "worth", "gain", "p_holm")  # that are read here
GROUPS = {
    "all": lambda table: table["kind"] != "generator",
    "table": lambda table: table["kind"] == "table",
    "text": lambda table: table["kind"] == "text",
    "image": lambda table: table["kind"] == "image",
    "few classes": lambda table: (table["kind"] != "generator") & (table["classes"] < MANY),
    "many classes": lambda table: (table["kind"] != "generator") & (table["classes"] >= MANY),
}


@cache
def _stored_map():
    return pd.read_csv(MAP)


def read_map():
    """The committed map of real data sets.

    Returns
    -------
    DataFrame
        Columns data_set, kind ("table", "text", "image" for images and signals, "generator"), source, rows,
        columns, classes, classifier, rule (of another package: "skactiveml:ProbCover"), batch, n, splits;
        worth, low, high, gain, gain_low, gain_high as in label_worth; p_value (two-sided, of no gain) and
        p_holm (adjusted for the real data sets that the same question was put to). The rule "twice_random" is
        random with twice the labels.

    Examples
    --------
    >>> table = read_map()
    >>> bool((table.query("rule == 'twice_random' and n == 100")["worth"].median() - 2) < 0.1)
    True
    """
    return judged(_stored_map())


def judged(table):
    """The rows of a map with p_value and p_holm."""
    table = table.assign(p_value=p_values(table), p_holm=np.nan)
    real = table["kind"] != "generator"
    table.loc[real, "p_holm"] = table[real].groupby(ONE)["p_value"].transform(holm)
    return table


def checked_map(table, columns=COLUMNS):
    """The rows of read_map, or all of them for None; ValueError if there is none of a real data set."""
    if table is None:
        return read_map()
    if not isinstance(table, pd.DataFrame) or not {*columns} <= {*table}:
        raise ValueError(f"table must hold rows of read_map, with the columns {', '.join(columns)}")
    if not (table["kind"] != "generator").any():
        raise ValueError("table holds no row of a real data set")
    if table[["worth", "gain"]].isna().any(axis=None):
        raise ValueError("table holds a worth or a gain that is nan")
    return table


def p_values(table):
    """Two-sided p values of no gain (m,), from the gains' intervals, by Student's t over the splits."""
    degrees = table["splits"] - 1
    errors = (table["gain_high"] - table["gain_low"]) / 2 / stats.t.ppf(0.975, degrees)
    ratio = table["gain"].abs() / errors.where(errors > 0)
    exact = (table["gain"] == 0).astype(float)  # no spread at all between the splits
    return 2 * pd.Series(stats.t.sf(ratio, degrees), index=table.index).fillna(exact / 2)


def shown(table):
    """1 where a row's rule is shown (Holm) to be worth more than random, -1 less, 0 neither: (m,)."""
    return np.sign(table["gain"]).where(table["p_holm"] <= 0.05, 0).astype(int)


def prediction_interval(worths, level=0.9):
    """Where the worth on one more data set would lie.

    Parameters
    ----------
    worths : array of shape (m,)
        One a data set; inf is allowed.
    level : float
        What is promised, on average over data sets.

    Returns
    -------
    tuple of float
        The k-th smallest and largest worth, which hold the next one in (m + 1 - 2 k) / (m + 1) of cases;
        the smallest and the largest where m is too small for the promise (below 19 at 0.9).

    References
    ----------
    Hahn & Meeker 1991, section 5.2.

    Examples
    --------
    >>> prediction_interval([1.0, 2.0, 3.0, 4.0], level=0.5)
    (1.0, 4.0)
    """
    worths = np.sort(np.asarray(worths, dtype=float))
    k = _left_out(len(worths), level)
    return float(worths[k - 1]), float(worths[-k])


def _left_out(m, level):
    """The k of the interval from the k-th smallest to the k-th largest of m values."""
    return max(int((m + 1) * (1 - level) / 2 + 1e-9), 1)


def level_held(m, level=0.9):
    """How often the interval of m worths holds one more, on average: less than `level` where m is small."""
    return max(m + 1 - 2 * _left_out(m, level), 0) / (m + 1)


def coverage_of_next(worths, level=0.9):
    """How often the interval of all other data sets holds the one left out: (held, m)."""
    worths = np.sort(np.asarray(worths, dtype=float))
    m, k = len(worths), _left_out(len(worths) - 1, level)
    no_larger, smaller = (worths.searchsorted(worths, side) for side in ("right", "left"))
    held = (no_larger - 1 >= k) & (m - smaller - 1 >= k)  # k of the others at least on either side
    return int(held.sum()), m


def expect(table=None, *, level=0.9):
    """Say what to expect of a data set that was not measured.

    Parameters
    ----------
    table : DataFrame, optional
        Of read_map; some of its rows, say.
    level : float
        Of the prediction interval.

    Returns
    -------
    DataFrame
        One row per classifier, rule, batch, n and group of data sets ("all", a kind, few or many classes):
        n_sets, median, low and high (the prediction interval for the worth on a new data set), held (how
        often such an interval holds it; less than `level` if n_sets is small), covered (the share of the data
        sets here that lie in the interval of all others; nan for one) and error (its standard error), more
        and fewer (data sets where the rule is shown, by Holm, to be worth more or less than random), worst
        (the smallest gain), gain (mean, a fraction).

    Raises
    ------
    ValueError
        For a table that is not of read_map or holds no real data set, or a level that is not a share.

    Examples
    --------
    >>> row = expect().query("rule == 'margin' and batch == 10 and n == 100 and group == 'all'").iloc[0]
    >>> bool(row["low"] < row["median"] < row["high"])
    True
    """
    table, rows = checked_map(table), []
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level!r}")
    worths, gains, signs = table["worth"].to_numpy(), table["gain"].to_numpy(), shown(table).to_numpy()
    for group, inside in GROUPS.items():
        belongs = inside(table).to_numpy()
        for key, places in table.groupby(ONE).indices.items():
            if len(part := places[belongs[places]]):
                numbers = _expected(worths[part], level) | _harm(signs[part], gains[part])
                mean = dict(gain=gains[part].mean())
                rows.append(dict(zip(ONE, key, strict=True)) | {"group": group} | numbers | mean)
    return pd.DataFrame(rows)


def _expected(worths, level):
    """What the worths (m,) of a rule say of the one on a new data set."""
    low, high = prediction_interval(worths, level)
    inside, m = coverage_of_next(worths, level) if len(worths) > 1 else (np.nan, 1)
    numbers = dict(n_sets=m, median=np.median(worths), low=low, high=high, held=level_held(m, level))
    return numbers | dict(covered=inside / m, error=np.sqrt(inside * (m - inside) / m**3))


def flat_share(table, n):
    """The share of real data sets on which twice n random labels gain less than FLAT over n."""
    part = table[(table["rule"] == "twice_random") & (table["n"] == n) & GROUPS["all"](table)]
    return (part[part["classifier"] == "logistic_regression"]["gain"] < FLAT).mean()


def harmful(table, rule, *, batch=10):
    """The real data sets on which 100 labels by the rule are shown to be worth less than random (Holm)."""
    part = table[GROUPS["all"](table) & (table["n"] == 100) & (table["batch"] == batch)]
    part = part[part["rule"] == rule]
    return sorted(part.loc[shown(part) < 0, "data_set"].unique())


def may_be_advised(table, rule, *, batch=10):
    """Whether a rule of this package, run with every classifier measured, harms no data set."""
    part = table[(table["n"] == 100) & (table["batch"] == batch)]
    with_it = part.loc[part["rule"] == rule, "classifier"]
    return ":" not in rule and {*with_it} == {*part["classifier"]} and not harmful(table, rule, batch=batch)


def recommendation(table, *, group="all", batch=10):
    """The rule that the map advises, as the script that computes it says.

    It is RECOMMENDED, unless that harms; in a group or at another batch size, the rule for all sets. The
    allowed rule with the largest median worth of 100 labels replaces it if it is not allowed, or if that
    worth, paired set by set, is shown to be larger.
    """
    part = table[GROUPS[group](table)]
    usual = RECOMMENDED if (group, batch) == ("all", 10) else recommendation(table)
    allowed = [rule for rule in part["rule"].unique() if may_be_advised(part, rule, batch=batch)]
    best = _largest(part, allowed, batch)
    if best is None or usual not in allowed:
        return best or usual
    ratios = paired_worth(part, best, usual, batch=batch)
    shown_larger = len(ratios) > 5 and signed_rank_p(ratios, ratios) <= 0.05 and pseudo_median(ratios) > 0
    return best if shown_larger else usual


def _largest(table, rules, batch):
    """Of the rules measured at this batch with the default classifier, the one of largest median worth."""
    part = table[(table["batch"] == batch) & (table["n"] == 100) & table["rule"].isin(rules)]
    medians = part[part["classifier"] == "logistic_regression"].groupby("rule")["worth"].median()
    return medians.idxmax() if len(medians) else None


def paired_worth(table, rule, other, *, batch=10, n=100, classifier="logistic_regression"):
    """Log ratios (m,) of two rules' worths on the real data sets that both ran on.

    A worth beyond all random labels counts as all of them: 0.7 of the rows, at n labels.
    """
    part = table[(table["batch"] == batch) & (table["n"] == n) & (table["classifier"] == classifier)]
    part = part[GROUPS["all"](part)]
    logs = np.log(np.minimum(part["worth"], 0.7 * part["rows"] / n)).to_numpy()
    wide = part.assign(log=logs).pivot(index="data_set", columns="rule", values="log")
    if not {rule, other} <= {*wide}:
        return np.array([])
    return (wide[rule] - wide[other]).dropna().to_numpy()


def compare_candidates(table):
    """The rules that were measured beside margin: worth, paired with margin's, and where each does harm.

    Returns
    -------
    DataFrame
        Indexed by rule, for 100 labels, 10 at a time. With the default classifier: n_sets, median worth;
        ratio, low, high (pseudo-median of the worth over margin's on the same sets, signed-rank interval);
        more, fewer (data sets where it is shown, by Holm, to be worth more and less than random), worst (the
        smallest gain). With the other one: n_trees, more_trees, fewer_trees, worst_trees; nan where it was
        not measured.
    """
    part = table[(table["batch"] == 10) & (table["n"] == 100) & GROUPS["all"](table)]
    of = [dict(iter(part[part["classifier"] == name].groupby("rule"))) for name in CLASSIFIERS]
    rows = {}
    for rule, own in of[0].items():
        ratios = paired_worth(table, rule, "margin")
        low, high = np.exp(signed_rank_interval(ratios))
        numbers = dict(n_sets=len(own), median=own["worth"].median(), ratio=np.exp(pseudo_median(ratios)))
        rows[rule] = numbers | dict(low=low, high=high) | _harm(shown(own), own["gain"])
        if rule in of[1]:
            trees = dict(n=len(of[1][rule])) | _harm(shown(of[1][rule]), of[1][rule]["gain"])
            rows[rule] |= {f"{name}_trees": number for name, number in trees.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")


def _harm(signs, gains):
    return dict(more=(signs > 0).sum(), fewer=(signs < 0).sum(), worst=gains.min())


def random_share(table):
    """The random share that the map advises, in tenths: the smallest that does no harm and costs little."""
    candidates = compare_candidates(table)
    for tenths in (1, 2, 3, 5):
        name = f"margin_random_{tenths}"
        if name in candidates.index and candidates.loc[name, "low"] > 0.9 and may_be_advised(table, name):
            return tenths
    return 2


def as_labels(worth, n=100):
    """A worth of n labels as a number of random ones: "174", or "all" where all of them do not suffice."""
    return "all" if np.isinf(worth) else f"{worth * n:.0f}"
