"""Many data sets side by side: which rule saves labels where, and what to expect of another data set.

The targets of a data set are set by what random labelling reaches on it, not by eye: `near` with a quarter of
the labels to buy and `far` with half of them, so that a rule which costs up to twice as much is still
measured.
Not here: the saving itself (savings), the picture (plots).
"""

import numpy as np
import pandas as pd

from active_learning._validation import check_choice
from active_learning.report.sentences import format_interval, format_share, format_whole
from active_learning.statistics.curves import check_curves, student_interval
from active_learning.statistics.savings import holm, log_ratios, saving_of
from active_learning.study.study import run_study

REACHES = {"near": 0.25, "far": 0.5}  # a target -> the share of the labels to buy that random needs for it
GROUPS = {"2 to 9": (2, 9), "10 or more": (10, np.inf)}  # how many classes a data set has


def goals_of(curves, *, reference="random"):
    """The targets of a data set: what the reference reaches, on average, with a share of the labels to buy.

    curves: table of run_study with the reference, up to the whole budget
    returns: dict reach -> accuracy, on the mean curve, for each of REACHES; and "seed", that of the seed set
    raises: ValueError or TypeError for curves that are none, or without the reference
    """
    check_choice("reference strategy", reference, list(check_curves(curves)["strategy"].unique()))
    mean = curves[curves["strategy"] == reference].groupby("n_labels")["accuracy"].mean()
    start, budget = mean.index[[0, -1]]
    places = {"seed": start} | {name: start + share * (budget - start) for name, share in REACHES.items()}
    return {name: float(np.interp(place, mean.index, mean)) for name, place in places.items()}


def run_atlas(
    datasets, rules, *, models=None, batches=(1, 10, 20), n_splits=16, budget=160, random_state=0, n_jobs=-1
):
    """Study many data sets: random labelling first, for the targets, then every rule at every batch size.

    Parameters
    ----------
    datasets : dict of str to Dataset
    rules : list of str
        Names of rules, random among them.
    models : dict of str to model, optional
        Classifiers to compare, the first one the reference: strategies are then "classifier: rule".
    batches : tuple of int, default=(1, 10, 20)
        Labels queried a round.
    n_splits, random_state, n_jobs
        As in `run_histories`.
    budget : int, default=160
        Labels in all, at most; half of the rows of a small data set.

    Returns
    -------
    tuple of DataFrame and dict
        The savings of `atlas`, and (data set, batch) -> table of `run_study`; runs end at the far target.

    Examples
    --------
    >>> from active_learning.datasets.dataset import load_dataset
    >>> few = {"batches": (5,), "n_splits": 1, "budget": 20, "n_jobs": 1}
    >>> table, studies = run_atlas({"iris": load_dataset("iris")}, ["random", "margin"], **few)
    >>> table["reach"].tolist(), [*studies]
    (['near', 'far'], [('iris', 5)])
    """
    same, goals, studies = dict(n_splits=n_splits, random_state=random_state, n_jobs=n_jobs), {}, {}
    prefixes = {"": None} if models is None else {f"{name}: ": model for name, model in models.items()}
    first, model = next(iter(prefixes.items()))
    for name, data in datasets.items():
        same["budget"] = min(budget, len(data.y) // 2)
        goals[name] = goals_of(run_study(data, "random", batch=10, model=model, **same))
        ends = dict(stop_at=goals[name]["far"], **same)
        for batch in batches:
            runs = {key: run_study(data, rules, batch=batch, model=m, **ends) for key, m in prefixes.items()}
            tables = [curves.assign(strategy=key + curves["strategy"]) for key, curves in runs.items()]
            studies[name, batch] = pd.concat(tables, ignore_index=True)
    classes = {name: len(np.unique(data.y)) for name, data in datasets.items()}
    table = atlas(studies, goals, reference=f"{first}random")
    return table.assign(classes=table["study"].map(classes)), studies


def atlas(studies, goals, *, reference="random"):
    """The saving of every rule on every data set, at every batch size and target.

    studies: dict (data set, batch) -> table of run_study
    goals: dict data set -> goals_of its curves; reference: the strategy that savings are against
    returns: DataFrame, a row a (data set, batch, reach, strategy), with the columns of savings.Saving, p_holm
        (adjusted for all rows of a reach) and verdict: win, loss, or tie where Holm leaves no difference
        shown
    """
    rows = []
    for (name, batch), curves in studies.items():
        for reach in REACHES:
            lows, highs = log_ratios(curves, goals[name][reach], reference=reference)
            for rule in lows.columns.drop(reference):
                saving = saving_of(lows[rule].to_numpy(), highs[rule].to_numpy())
                rows.append(
                    {"study": name, "batch": batch, "reach": reach, "strategy": rule, **saving._asdict()}
                )
    table = pd.DataFrame(rows)
    table["p_holm"] = table.groupby("reach")["p_value"].transform(holm)
    shown = table["p_holm"] <= 0.05
    table["verdict"] = np.select(
        [shown & (table["low"] > 0), shown & (table["high"] < 0)], ["win", "loss"], "tie"
    )
    return table


def atlas_cells(table, reach):
    """The atlas as a picture: values and texts for plot_cells.

    table: of atlas; reach: one of REACHES
    returns: two DataFrames with a row a data set and a column a (rule, batch): the saving (the middle of its
        bounds where runs are censored, nan where it is open), and as text with its interval
    raises: ValueError for an unknown reach
    """
    part = table[table["reach"] == check_choice("reach", reach, REACHES)].copy()
    part["value"] = (
        part[["lowest", "highest"]].where(np.isfinite(part[["lowest", "highest"]])).mean(axis=1, skipna=False)
    )
    part["text"] = [_cell(row) for row in part.itertuples()]
    part["column"] = [_heading(row) for row in part.itertuples()]
    order = part.sort_values("batch", kind="stable").sort_values(
        "strategy", kind="stable", key=_as_given(part)
    )
    where = {"index": part["study"].unique(), "columns": order["column"].unique()}
    values, texts = (part.pivot(index="study", columns="column", values=v) for v in ("value", "text"))
    return values.reindex(**where), texts.reindex(**where)


def _heading(row):
    """A column's heading, narrow enough for twelve of them."""
    words = row.strategy.replace("confidence", "conf.").replace("logistic_regression", "logistic")
    return words.replace(": ", "\n").replace("_", "\n") + f"\n{row.batch}"


def _as_given(table):
    places = {name: place for place, name in enumerate(table["strategy"].unique())}
    return lambda names: names.map(places)


def _cell(row):
    known = format_share(row.lowest, row.highest).replace("%", "")
    mark = {"win": "", "loss": "", "tie": " ="}[row.verdict]
    finite = np.isfinite([row.low, row.high]).all()
    return f"{known}{mark}\n{format_interval(row.low, row.high)}" if finite else known


def wins_and_losses(table):
    """On how many data sets each rule wins, ties and loses: DataFrame of counts, a row a (reach, batch,
    rule).

    table: of atlas
    """
    counts = table.groupby(["reach", "batch", "strategy"], sort=False)["verdict"].value_counts().unstack()
    return counts.reindex(columns=["win", "tie", "loss"]).fillna(0).astype(int)


def expected(table):
    """What a rule saves on a data set that was not measured, from rows of atlas of one rule, batch and reach.

    Returns (estimate, low, high, n): the mean log ratio over the n data sets whose saving is known or
    bounded, as a saving, with Student's 95 % interval of that mean; nan where fewer than two are.
    """
    gains = _gains(table)
    if len(gains) < 2:
        return np.nan, np.nan, np.nan, len(gains)
    low, high, _ = student_interval(gains)
    return *(-np.expm1(-end) for end in (gains.mean(), low, high)), len(gains)


def _gains(table):
    """The log ratios (n,) of the rows of atlas whose saving is known; of one known within bounds, the lower.

    Where that is open, as the rule misses the target, the upper one of a cost: a failure is not left out.
    """
    highest = table.get("highest", table["estimate"])
    failed = highest.where(highest < 0)
    least = table["lowest"].where(np.isfinite(table["lowest"]), failed)
    return -np.log1p(-table["estimate"].where(table["estimate"].notna(), least).dropna().to_numpy())


def decide(table):
    """The rule for each kind of project: the one whose expected saving is surely the largest, or random.

    table: of run_atlas, with its column classes
    returns: DataFrame, a row a (batch, classes, reach): strategy, estimate, low, high, n_sets, p_holm
        (adjusted for the rules of its row); strategy is "random" where no rule is shown to save
    """
    rows = []
    for batch in sorted(table["batch"].unique()):
        for group, (few, many) in GROUPS.items():
            inside = table["classes"].between(few, many)
            for reach in REACHES:
                part = table[inside & (table["batch"] == batch) & (table["reach"] == reach)]
                if len(part):
                    rows.append((batch, group, reach, *_best(part)))
    columns = ["batch", "classes", "reach", "strategy", "estimate", "low", "high", "n_sets", "p_holm"]
    return pd.DataFrame(rows, columns=columns)


def _best(part):
    each = {rule: expected(rows) for rule, rows in part.groupby("strategy", sort=False)}
    rule = max(each, key=lambda name: -np.inf if np.isnan(each[name][1]) else each[name][1])
    p_values = [student_interval(_gains(rows))[2] for _, rows in part.groupby("strategy", sort=False)]
    p_holm = dict(zip(each, holm(p_values), strict=True))[rule]
    return rule if each[rule][1] > 0 and p_holm <= 0.05 else "random", *each[rule], p_holm


def decision_table(table):
    """The decisions on a table of run_atlas: a row a batch size and number of classes, a column a reach."""
    decisions = decide(table)
    texts = decisions.assign(text=[_decision(row) for row in decisions.itertuples()])
    wide = texts.pivot(index=["batch", "classes"], columns="reach", values="text")[[*REACHES]]
    order = sorted(wide.index, key=lambda key: (key[0], [*GROUPS].index(key[1])))
    wide = wide.loc[order].reset_index().astype(str)
    columns = ["labels a batch", "classes", "target near the start", "target far above it"]
    return wide.set_axis(columns, axis=1)


def _decision(row):
    saving = f"{format_whole(row.estimate)}% {format_interval(row.low, row.high)}, {row.n_sets} sets"
    return "random (no rule is shown to save)" if row.strategy == "random" else f"{row.strategy}: {saving}"
