"""The words of a forecast: its verdict, what the command prints, and the line that goes with a suggestion.

Each sentence is chosen by the numbers of the dict that forecast returns. Not here: the numbers (forecast).
"""

from active_learning.wording import format_percent

WORTH = 0.01  # a gain below one point in 100 labels is called little


def too_early(tested, classes, least):
    """Why nothing can be said of so few labels, in a sentence."""
    wanted = max(least, 3 * classes)
    return (
        f"Too early to say: {tested} labels of {classes} classes; a forecast needs {wanted} chosen at random."
    )


def verdict_on(answer):
    """What a forecast says, in one or two sentences."""
    rule = list(answer["labels_needed"])[-1]
    needed, target = answer["labels_needed"][rule], format_percent(answer["target"])
    now = answer["score_now"]
    if now["estimate"] >= answer["target"]:
        sure = "surely" if now["low_80"] >= answer["target"] else "probably"
        return f"{target} is {sure} reached: the score now is {_interval(now)}."
    caution = " The labelled rows look harder than the others; label some at random to be surer." * (
        answer["labelled_by"] == "rule"
    )
    if needed["median"] is None and needed["low_80"] is None:
        return f"{target} is not in sight: with {rule} the curve levels off below it.{caution}"
    if needed["median"] is None:
        return f"{target} is probably not in sight; at best {needed['low_80']} labels with {rule} reach it.{caution}"
    more = needed["median"] - answer["labels_now"]
    return f"About {more} more labels with {rule} reach {target}, {_labels(needed)} in all.{caution}"


def unlikely_to_help(answer):
    """Whether 100 more labels are unlikely to be worth a point of score, by the upper end of 80 %."""
    now, later = answer["score_now"], [row for row in answer["score_after"] if row["rule"] != "random"]
    later = next(row for row in later or answer["score_after"] if row["labels"] == answer["labels_now"] + 100)
    return now["estimate"] is not None and later["estimate"] - now["estimate"] < WORTH / 4


def _interval(score):
    low, high = (format_percent(score[end], 1) for end in ("low", "high"))
    return f"{format_percent(score['estimate'], 1)} [{low}, {high}]"


def _labels(needed):
    """Labels in all with their 80 % interval: "120 [100, 160]"."""
    return f"{_count(needed['median'])} [{_count(needed['low_80'])}, {_count(needed['high_80'])}]"


def _count(labels):
    return "not in sight" if labels is None else f"{labels}"


def forecast_lines(answer):
    """What the command prints of a forecast, line by line: the score now, labels needed, scores to come, verdict."""
    if answer["score_now"]["estimate"] is None:
        return [answer["verdict"]]
    target = format_percent(answer["target"])
    lines = [f"{answer['labels_now']} labels; score now {_interval(answer['score_now'])} (95% interval)", ""]
    lines.append(f"labels in all to reach {target}:")
    for rule, needed in answer["labels_needed"].items():
        wide = f"95% [{_count(needed['low_95'])}, {_count(needed['high_95'])}]"
        near = f"80% [{_count(needed['low_80'])}, {_count(needed['high_80'])}]"
        lines.append(f"  {rule:<15} {_count(needed['median']):>5}   {near}   {wide}")
    lines += ["", "score to expect (95% interval):"]
    for row in answer["score_after"]:
        lines.append(f"  {row['rule']:<15} {row['labels']:>5} labels   {_interval(row)}")
    return [*lines, "", answer["verdict"]]


def gain_line(answer, batch):
    """The line that goes with a suggestion of `batch` rows: its gain and, with a target, the batches left."""
    if answer["score_now"]["estimate"] is None:
        return answer["verdict"]
    rule = list(answer["labels_needed"])[-1]
    rows = [answer["score_now"] | {"labels": answer["labels_now"]}]
    rows += [row for row in answer["score_after"] if row["rule"] == rule]
    return rows, batch
