"""What a forecast says: its verdict, its lines for the command, and what a batch may gain.

Each sentence is chosen by the numbers of the dict that `forecast` returns. A target that is said to be
probably reached is reached in nine cases of ten, but 10 to 20 audit rows show that for only a third of the
targets that are reached. Three other ways were tried: on other data sets none of them said it more often and
was still right in nine cases of ten (tests/benchmarks/reached.csv). Not here: the numbers (forecast).
"""

from active_learning.report.sentences import format_percent

PROBABLY = 0.65  # of the way down to the 80 % interval's end: about that of 60 %
NOT_SHOWN = "about reached, which is not shown"
SELDOM_SHOWN = (
    "A few audit rows seldom show more: in replayed jobs 'probably reached' was true 92% of the time, and "
    "said of only 30% of the targets that were reached."
)


def too_early(tested, classes, least):
    """Why nothing can be said of so few labels, in a sentence."""
    return (
        f"Too early to say: {tested} labels of {classes} classes; a forecast needs {max(least, 3 * classes)} "
        "chosen at random."
    )


def undecided(needed, labels):
    """Whether the 80 % interval of labels_needed reaches from none more to out of sight.

    The score at the forecast, of `labels` labels, is taken to be below the target.
    """
    return needed["low_80"] == labels and needed["high_80"] is None and needed["median"] != labels


def verdict_on(answer, audited=False):
    """What a forecast says, in one or two sentences; `audited`: its score now is of audit rows."""
    rule = list(answer["labels_needed"])[-1]
    needed, target = answer["labels_needed"][rule], format_percent(answer["target"])
    now = answer["score_now"]
    if reached := _reached(answer):
        return reached + f" {SELDOM_SHOWN}" * (audited and NOT_SHOWN in reached)
    if undecided(needed, answer["labels_now"]):
        return (
            f"Too early to say how many more labels {target} takes: with {rule} anything from none more to "
            "out of sight (80% interval). Label some more rows, a part of them at random, and ask again."
        )
    caution = " The labelled rows look harder than the others; label some at random to be surer." * (
        answer["labelled_by"] == "rule"
    )
    if needed["median"] is None and needed["low_80"] is None:
        return f"{target} is not in sight: with {rule} the curve levels off below it.{caution}"
    if needed["median"] is None:
        best = f"at best {needed['low_80']} labels with {rule} reach it"
        return f"{target} is probably not in sight; {best}.{caution}"
    if needed["median"] == answer.get("all_rows"):
        return f"{target} takes all rows of the table, or more.{caution}"
    more = needed["median"] - answer["labels_now"]
    if more <= 0:
        return f"{target} is about reached: the score now is {_interval(now)}.{caution}"
    in_all = f"{needed['median']} {_label_interval(needed, 80, answer.get('all_rows'))} in all"
    return f"About {more} more labels with {rule} reach {target}, {in_all}.{caution}"


def _reached(answer):
    """A sentence where the target is reached, or is none; else ""."""
    target, now, shown = answer["target"], answer["score_now"], format_percent(answer["target"])
    if answer.get("constant") and target <= answer["constant"]["score"]:
        return f"{shown} is not a target: {_always(answer, start='always')}."
    if now["estimate"] < target:
        return ""
    near = now["estimate"] - PROBABLY * (now["estimate"] - now["low_80"])
    sure = [name for name, end in (("surely", now["low"]), ("probably", near)) if end >= target]
    how = f"{sure[0]} reached" if sure else NOT_SHOWN
    return f"{shown} is {how}: the score now is {_interval(now)}."


def unlearnt(answer):
    """What to add where the score now may be no better than the constant answer; else ""."""
    if answer["score_now"]["low"] > answer["constant"]["score"]:
        return ""
    return (
        f" {_always(answer)}: it is not shown that anything was learnt, and then forecasts promise too much."
    )


def _always(answer, start="Always"):
    """What the constant answer scores, which needs no model."""
    constant = answer["constant"]
    return f"{start} saying {constant['label']!r} scores {format_percent(constant['score'], 1)}"


def _interval(score):
    """A score with its 95 % interval."""
    low, high = (format_percent(score[end], 1) for end in ("low", "high"))
    return f"{format_percent(score['estimate'], 1)} [{low}, {high}]"


def _label_interval(needed, level, all_rows=None):
    """An interval of the labels needed: "[100, 160]"."""
    low, high = (_count(needed[f"{end}_{level}"], all_rows) for end in ("low", "high"))
    return f"[{low}, {high}]"


def _count(labels, all_rows=None):
    """A number of labels or batches."""
    if labels is None:
        return "not in sight"
    return "all rows" if labels == all_rows else f"{labels}"


def forecast_lines(answer):
    """What the command prints of a forecast: the score now, labels needed, scores to come, verdict.

    Parameters
    ----------
    answer : dict
        As `forecast` returns it.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import al_helpers as al
    >>> few = al.forecast(al.load_dataset("iris"), 0.95, labeled=range(0, 150, 15), quiet=True)
    >>> forecast_lines(few)
    ['Too early to say: 10 labels of 3 classes; a forecast needs 30 chosen at random.']
    """
    if answer["score_now"]["estimate"] is None:
        return [answer["verdict"]]
    target, rows = format_percent(answer["target"]), answer.get("all_rows")
    metric = "score" if answer["metric"] in (None, "accuracy") else answer["metric"].replace("_", " ")
    lines = [f"{answer['warning']}.", ""] if answer["warning"] else []
    lines += [f"{answer['labels_now']} labels; {metric} now {_interval(answer['score_now'])} (95% interval)"]
    lines += [f"{_always(answer)}.", ""] if answer["constant"] else [""]
    lines.append(f"labels in all to reach {target}:")
    for rule, needed in answer["labels_needed"].items():
        near, wide = (f"{level}% {_label_interval(needed, level, rows)}" for level in (80, 95))
        lines.append(f"  {rule:<15} {_count(needed['median'], rows):>12}   {near}   {wide}")
    lines += ["", "score to expect (95% interval):"]
    for row in answer["score_after"]:
        lines.append(f"  {row['rule']:<15} {row['labels']:>5} labels   {_interval(row)}")
    return [*lines, "", answer["verdict"]]


def gain_line(answer, batch, target=None, rule=None):
    """What `batch` suggested rows may gain and, with a target, what is left, in one line.

    Parameters
    ----------
    answer : dict
        Of `forecast` with ``ahead=(batch, 100)``.
    batch : int
        Number of rows suggested.
    target : float, optional
        Accuracy wanted.
    rule : str, optional
        The rule that chose the rows; if forecasts do not know it, the recommended one stands for it.

    Returns
    -------
    str
    """
    rules = list(answer["labels_needed"])
    now, rule = answer["score_now"]["estimate"], rule if rule in rules else rules[-1]
    if now is None:
        return answer["verdict"]
    after = next(row["estimate"] for row in answer["score_after"] if row["rule"] == rule)
    points = f"{100 * max(after - now, 0):.1f} points, from {format_percent(now, 1)}"
    line = f"Expected gain of these {batch} labels: {points}"
    if answer["metric"] != "accuracy":
        line += f" {answer['metric'].replace('_', ' ')}"
    if target is not None and target <= answer["constant"]["score"]:
        line += f"; {format_percent(target)} is not a target"
    elif target is not None:
        line += f"; {_distance(answer['labels_needed'][rule], answer['labels_now'], batch, target)}"
    return f"{line}.{unlearnt(answer) or f' {_always(answer)}.'}"


def _distance(needed, labels, batch, target):
    """How many batches the target is away."""
    goal = format_percent(target)
    if undecided(needed, labels):
        return f"it is too early to say how far {goal} is"
    if needed["median"] is None:
        return f"{goal} is not in sight"
    batches = {level: None if n is None else -(-(n - labels) // batch) for level, n in needed.items()}
    return f"{goal} is {batches['median']} {_label_interval(batches, 80)} batches away"
