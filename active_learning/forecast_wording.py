"""The words of a forecast: its verdict, what the command prints, and the line that goes with a suggestion.

Each sentence is chosen by the numbers of the dict that forecast returns. Not here: the numbers (forecast).
"""

from active_learning.wording import format_percent


def too_early(tested, classes, least):
    """Why nothing can be said of so few labels, in a sentence."""
    wanted = max(least, 3 * classes)
    return (
        f"Too early to say: {tested} labels of {classes} classes; a forecast needs {wanted} chosen at random."
    )


def undecided(needed, labels):
    """Whether the labels needed may be anything, at 80 %: none more, or too many to be in sight.

    needed: dict of labels_needed; labels: int, at the forecast, whose score is below the target
    """
    return needed["low_80"] == labels and needed["high_80"] is None and needed["median"] != labels


def verdict_on(answer):
    """What a forecast says, in one or two sentences."""
    rule = list(answer["labels_needed"])[-1]
    needed, target = answer["labels_needed"][rule], format_percent(answer["target"])
    now = answer["score_now"]
    if now["estimate"] >= answer["target"]:
        sure = "surely" if now["low_80"] >= answer["target"] else "probably"
        return f"{target} is {sure} reached: the score now is {_interval(now)}."
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
    more = needed["median"] - answer["labels_now"]
    if more <= 0:
        return f"{target} is about reached: the score now is {_interval(now)}.{caution}"
    return f"About {more} more labels with {rule} reach {target}, {_labels(needed)} in all.{caution}"


def unlearnt(answer, majority):
    """A sentence to add where the score now may be that of always saying the commonest class; else "".

    majority: the share of that class among the labelled rows
    """
    if answer["score_now"]["low"] > majority:
        return ""
    return (
        f" Always saying the commonest class scores {format_percent(majority, 1)}: it is not shown that "
        "anything was learnt, and then a forecast promises too much."
    )


def _interval(score):
    low, high = (format_percent(score[end], 1) for end in ("low", "high"))
    return f"{format_percent(score['estimate'], 1)} [{low}, {high}]"


def _labels(needed):
    """Labels in all with their 80 % interval: "120 [100, 160]"."""
    return f"{_count(needed['median'])} [{_count(needed['low_80'])}, {_count(needed['high_80'])}]"


def _count(labels):
    return "not in sight" if labels is None else f"{labels}"


def forecast_lines(answer):
    """What the command prints of a forecast: the score now, labels needed, scores to come, verdict.

    answer: dict of forecast.forecast
    returns: list of str
    """
    if answer["score_now"]["estimate"] is None:
        return [answer["verdict"]]
    target = format_percent(answer["target"])
    lines = [f"{answer['labels_now']} labels; score now {_interval(answer['score_now'])} (95% interval)", ""]
    lines.append(f"labels in all to reach {target}:")
    for rule, needed in answer["labels_needed"].items():
        wide = f"95% [{_count(needed['low_95'])}, {_count(needed['high_95'])}]"
        near = f"80% [{_count(needed['low_80'])}, {_count(needed['high_80'])}]"
        lines.append(f"  {rule:<15} {_count(needed['median']):>12}   {near}   {wide}")
    lines += ["", "score to expect (95% interval):"]
    for row in answer["score_after"]:
        lines.append(f"  {row['rule']:<15} {row['labels']:>5} labels   {_interval(row)}")
    return [*lines, "", answer["verdict"]]


def gain_line(answer, batch, target=None, rule=None):
    """The line that goes with a suggestion of `batch` rows: what they may gain and, with a target, what is
    left.

    answer: dict of forecast with ahead=(batch, 100); rule: that chose them, if forecasts know it
    """
    rules = list(answer["labels_needed"])
    now, rule = answer["score_now"]["estimate"], rule if rule in rules else rules[-1]
    if now is None:
        return answer["verdict"]
    after = [row["estimate"] - now for row in answer["score_after"] if row["rule"] == rule]
    points = f"{100 * max(after[0], 0):.1f} points, from {format_percent(now, 1)}"
    line = f"Expected gain of these {batch} labels: {points}"
    if target is not None:
        line += f"; {_left(answer['labels_needed'][rule], answer['labels_now'], batch, target)}"
    return line + "."


def _left(needed, labels, batch, target):
    """How many batches the target is away."""
    goal = format_percent(target)
    if undecided(needed, labels):
        return f"it is too early to say how far {goal} is"
    if needed["median"] is None:
        return f"{goal} is not in sight"
    ends = [
        None if needed[end] is None else -(-(needed[end] - labels) // batch) for end in ("low_80", "high_80")
    ]
    middle = -(-(needed["median"] - labels) // batch)
    return f"{goal} is {middle} [{_count(ends[0])}, {_count(ends[1])}] batches away"
