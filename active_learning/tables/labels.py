"""The labels of a column: which cells are labels, which of them are one class, and what cannot be a class.

Labels are text. Two are one class if they show the same characters or are the same number; every decision is
noted. Not here: which row a label belongs to (merge).
"""

import csv
import html
import re
import shlex
import unicodedata
from functools import lru_cache
from itertools import compress

import numpy as np
import pandas as pd

from active_learning._several import several_labels
from active_learning._validation import some
from active_learning.tables.numbers import CODE, are_amounts, is_date, is_number, plain_spelling

# Marks that people put where they mean "no label"; they are classes unless they are declared, and warned of.
# fmt: off
NO_LABEL = {
    "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "nil", "null", "none", "?", "??", "-", "--", "–", "—", ".",
    "unsure", "not sure", "skip", "skipped", "unknown", "undecided", "unlabeled", "unlabelled", "(blank)",
    "no label", "not labeled", "not labelled", "todo", "to do", "don't know", "cannot say",
    "can't say", "tbd", "pending", "needs review", "to review", "to be labelled", "to be labeled", "idk",
    "i don't know", "n.a", "(none)", "missing", "undefined", "untagged", "not annotated", "#ref!", "#value!",
    "#name?", "#div/0!", "#num!", "#null!", "(empty)", "empty", "xxx", "tba", "label me", "to be done",
    "to be determined", "not applicable", "undef", "unclear", "no answer", "cannot tell", "can't tell", "dk",
    "unassigned", "unset", "no annotation", "n.v.", "k.a.", "k. a.", "unbekannt", "未知", "未标注", "无",
    "未定", "不明", "[]", "{}", "()", "['']", '[""]', "[none]", "[null]",
}
# fmt: on
NO_LETTER = re.compile(r"[?.…_*~#–—-]+")  # nor a digit
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")  # soft hyphen, zero widths, direction marks
LISTS = (list, tuple, set, dict, np.ndarray)
DATES = ("date", "datetime", "datetime64", "period")
PLAIN = ("string", "integer", "floating", "mixed-integer-float", "boolean", "decimal", "categorical", "empty")
NEGATIVE_MARKS = {"-1", "-9", "-99", "-999", "-9999"}  # numbers that usually mean "no label"
NINES = {"99", "999", "9999"}  # and those that may
FORMULA = re.compile(r"=[A-Z+(-].*")


@lru_cache(maxsize=10_000)  # a table repeats its few labels
def spelling(label):
    """What two labels of one class have in common: the text that tells the class, case and outer spaces kept.

    One class: letters composed and decomposed (NFC), with or without characters that nobody sees, with any
    kind and number of spaces inside; and numbers of one value, as 1, 1.0 and 1.00. But 01 is another code.
    """
    text = UNSEEN.sub("", unicodedata.normalize("NFC", label))
    text = re.sub(r"(?<=\S)\s+(?=\S)", " ", text)
    text = re.sub(r"^[^\S \t\r\n]+|[^\S \t\r\n]+$", "", text)  # outer hard spaces; plain ones are warned of
    number = plain_spelling(text)
    return text if number is None else number


def are_values(labels, values):
    """Which labels (m,) are among some values, outer spaces apart: bool (m,)."""
    keys = {spelling(value).strip() for value in values}
    return np.array([spelling(label).strip() in keys for label in labels], dtype=bool)


def as_text(column):
    """The cells of a column as text, exactly, as they are written and compared.

    Parameters
    ----------
    column : Series of length n

    Returns
    -------
    Series of str, length n
        An empty cell is "".
    """
    if column.dtype.kind in "Mm":  # each in full, whatever the others are
        column = column.map(str).where(column.notna())
    return column.astype(str).where(column.notna(), "")


def label_text(column):
    """A column's labels as text, "" where there is none; ValueError if they cannot be any."""
    _check_cells(column)  # whole numbers beside an empty cell are floats, but 1.0 was 1
    return as_text(column if isinstance(column.dtype, pd.StringDtype) else column.convert_dtypes())


def _check_cells(column):
    """Raise ValueError, saying what to type, for cells that are lists or dates or mix their types."""
    if column.dtype.kind not in "OM":
        return
    name, cells = f"column {column.name!r}", column.dropna()
    kind = pd.api.types.infer_dtype(cells)  # its own skipna leaves None beside NaT in
    typed = f"type table[{column.name!r}] = table[{column.name!r}].astype(str)"
    if kind in DATES:
        raise ValueError(f"{name} holds dates, not classes; if each is a class of its own, {typed}")
    if kind not in PLAIN:
        cells = cells.astype(object)
        if (lists := cells.map(lambda cell: isinstance(cell, LISTS))).any():
            fault = f"{name} holds lists ({cells[lists].iloc[0]!r}), and a row has one label"
            raise ValueError(f"{fault}; type table = table.explode({column.name!r}), or keep one of them")
        first = cells.groupby(cells.map(lambda cell: type(cell).__name__), sort=False).first()
        shown = " and ".join(f"{value!r} ({type_name})" for type_name, value in first.items())
        raise ValueError(f"{name} holds labels of mixed types, {shown}; {typed}")


def class_names(words):
    """Names of classes as they are typed: with commas between them, or blanks, or in quotes.

    Parameters
    ----------
    words : sequence of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> class_names(["-,new york", '"a,b"'])
    ['-', 'new york', 'a,b']
    """
    rows = csv.reader([*words], skipinitialspace=True)
    return [name.strip() for row in rows for name in row if name.strip()]


def read_labels(column, *, unlabeled=(), skip=(), declared=()):
    """The classes of a column of labels, each in its commonest spelling.

    unlabeled, skip: values that are not labels, besides the empty cell; the rows of skip belong to no pool
    declared: values that are classes, whatever they look like
    returns: object (n,), None where there is no label; bool (n,), the rows to skip; notes on decisions;
        warnings of labels that may be an accident
    raises: ValueError if the labels are a quantity, dates, lists, several a row or of mixed types instead of
        classes, or one is a number that usually means "no label"
    """
    codes, labels = pd.factorize(label_text(column))
    counts = dict(zip(labels, np.bincount(codes, minlength=len(labels)).tolist(), strict=True))
    spellings = {}
    for label, is_none in zip(labels, are_values(labels, [*unlabeled, *skip, ""]), strict=True):
        if not is_none:
            spellings.setdefault(spelling(label), []).append(label)
    best = {key: max(same, key=lambda x: (counts[x], x == key)) for key, same in spellings.items()}
    classes = {best[key]: sum(map(counts.get, same)) for key, same in spellings.items()}
    doubtful = dict(compress(classes.items(), ~are_values(classes, declared)))
    if doubtful:
        _check_classes(column.name, classes)
        _check_negative(column.name, doubtful, classes)
    check_single([*doubtful], column.name, others=classes)
    y = np.array([best.get(spelling(label)) for label in labels], dtype=object)[codes]
    notes = [
        *(_spelling_note(best[key], same, counts) for key, same in spellings.items() if len(same) > 1),
        *(_declared_note(value, counts, "counts as none") for value in unlabeled),
        *(_declared_note(value, counts, "is skipped") for value in skip),
    ]
    return y, are_values(labels, skip)[codes], notes, _warnings(column.name, classes, doubtful)


def _spelling_note(label, spellings, counts):
    shown = ", ".join(f"{each!a} ({counts[each]})" for each in spellings)
    return f"{len(spellings)} spellings are one class, {label!r}: {shown}"


def _declared_note(value, counts, fate):
    n_rows = sum(np.compress(are_values(counts, [value]), [*counts.values()]))
    return f"label {value!r} ({n_rows}) {fate}"


def _check_classes(name, counts):
    """Raise ValueError if labels, given with their counts, are not classes."""
    many = len(counts) > max(20, 0.75 * sum(counts.values()))
    if amounts := _amounts([*counts], many):
        advice = "this is classification: give classes, for example ranges of it with a name each"
        raise ValueError(f"column {name!r} holds a quantity, such as {max(amounts, key=len)}; {advice}")
    if many and all(map(is_date, counts)):
        advice = "give classes, for example the month or the weekday"
        raise ValueError(f"column {name!r} holds dates, such as {next(iter(counts))}; {advice}")


def _check_negative(name, doubtful, counts):
    """Raise ValueError for one negative number beside two classes or more, such as -1 beside 0, 1."""
    negative = [label for label in counts if re.fullmatch(r"-\d+", spelling(label).strip())]
    if len(negative) != 1 or len(counts) < 3 or negative[0] not in doubtful:
        return
    if (mark := spelling(negative[0]).strip()) in NEGATIVE_MARKS:
        shown = f"{negative[0]!r} ({counts[negative[0]]}) beside {len(counts) - 1} other classes"
        others = [shlex.quote(label.strip()) for label in counts if label != negative[0]]
        typed = " ".join([mark, *others[:3]])
        advice = f"that usually means no label: type --unlabeled {mark}; or, if it is a class, declare them"
        raise ValueError(
            f"column {name!r} holds {shown}; {advice}: --classes {typed}{' ...' * (len(counts) > 4)}"
        )


def _amounts(labels, many):
    """The labels that make all of them a quantity; none if they could be classes."""
    labels = [label for label in labels if label.strip().casefold() not in NO_LABEL]
    if not all(is_number(label) and not CODE.match(label) for label in labels):
        return []
    return labels if many else [*compress(labels, are_amounts(labels))]


def is_mark(label, labels):
    """Whether a label mostly means "no label": a word of NO_LABEL, a formula, or 99 beside small numbers."""
    text = label.strip()
    if text.casefold().replace("’", "'") in NO_LABEL or FORMULA.fullmatch(text) or NO_LETTER.fullmatch(text):
        return True
    others = [other.strip() for other in labels if other != label]
    return text in NINES and len(others) > 1 and all(re.fullmatch(r"\d", other) for other in others)


def _warnings(name, counts, doubtful):
    """Warnings of classes that mostly mean "no label", and of those that are all but alike."""
    marks = [label for label in doubtful if is_mark(label, counts)]
    warnings = []
    if marks:
        shown = ", ".join(f"{label!r} ({counts[label]})" for label in marks)
        options = (label.strip() for label in marks)  # options end at --, but not at a quoted '-- '
        typed = " ".join(shlex.quote(label + " " * label.startswith("--")) for label in options)
        warning = f"{name!r} holds {shown} as a class; if that means no label, type --unlabeled {typed}"
        declared = "; if it is a class, --classes lists it"
        warnings.append(f"{warning} (or --skip {typed}, to leave such rows out){declared}")
    similar = {}
    for label in sorted(counts, key=_loosely):
        similar.setdefault(_loosely(label), []).append(label)
    odd = [labels for labels in similar.values() if len(labels) > 1 or labels[0] != labels[0].strip()]
    if odd:
        shown = ", ".join(" / ".join(map(repr, labels)) for labels in odd)
        rule = "labels with spaces around them, or differing only in case, zeros or marks"
        rule += ", are classes of their own"
        warnings.append(f"{rule}: {shown}")
    return warnings


def _loosely(label):
    """What labels that are all but alike have in common: without case, zeros, entities and the like."""
    text = re.sub(r"\s*(?:\([\d.,%?\s]+\)|[?|;,]+)$", "", html.unescape(label).strip()) or label
    text = re.sub(r"^[\[({]\s*(['\"]?)([^'\"]+)\1\s*[\])}]$", r"\2", text)
    text = re.sub(r"^(\d+)(?:\s*[.)]\s*|\s+-\s+)(?=[^\W\d])", r"\1 ", text)
    return re.sub(r"^0+(?=\d+$)", "", text.strip().casefold())


def check_single(labels, name, others=()):
    """Raise ValueError if labels name several classes a row, as in comedy|drama: several_labels.

    Parameters
    ----------
    labels : sequence of str
        They differ.
    name : str
        The column's name.
    others : sequence of str
        Further classes, that were declared.
    """
    several = several_labels(labels, others)
    if several:
        advice = "this is one class per row; keep one of them, or ask one class at a time (yes or no)"
        own = "if each is a class of its own, declare them all: --classes"
        raise ValueError(
            f"column {name!r} holds several labels a row, such as {some(several, 2)}; {advice}; {own}"
        )


def check_class_name(name, column, others):
    """Raise ValueError if a new class's name is several labels, or a mark such as -1, beside the others."""
    check_single([name], column, others=others)
    _check_negative(column, [name], dict.fromkeys([*others, name], 1))


def without_rare(y, least):
    """Leave out the labels of classes that are too small.

    Parameters
    ----------
    y : array of shape (n,)
    least : int
        The rows that a class needs.

    Returns
    -------
    ndarray of bool, shape (n,)
        Which labels are of large enough classes.
    str or None
        A sentence on the others.
    """
    counts = pd.Series(y).value_counts()
    rare = counts[counts < least]
    shown = some([f"{label} ({count})" for label, count in rare.items()])
    sentence = f"Too few to be split, and left out of the measurement: {shown}." if len(rare) else None
    return ~np.isin(y, rare.index), sentence
