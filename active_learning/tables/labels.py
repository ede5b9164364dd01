"""The labels of a table: one spelling a class, which cells are no label, and what cannot be a class.

Labels are text. Two are one class if they show the same characters or are the same number; all that was
decided is said. Not here: which row a label belongs to (merging).

What a column of labels holds, beyond its cells: several labels a row, classes too small, columns that give
it away.

Not here: which cells are labels, and how they are spelt (tables).
"""

import re
import shlex
import unicodedata
from collections import Counter
from functools import lru_cache

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from active_learning._arrays import spaced
from active_learning._validation import some

# Marks that people put where they mean "no label"; they are classes unless they are declared, and warned of.
# fmt: off
NO_LABEL = {
    "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "nil", "null", "none", "?", "??", "-", "--", "–", "—", ".",
    "unsure", "not sure", "skip", "skipped", "unknown", "undecided", "unlabeled", "unlabelled",
    "no label", "not labeled", "not labelled", "(blank)", "tbd", "todo", "to do",
    "don't know", "cannot say", "can't say",
}
# fmt: on
UNSEEN = re.compile(
    "[\u00ad\u200b-\u200f\u2060\ufeff]"
)  # soft hyphen, zero-width characters, direction marks
NUMBER = re.compile(r"([+-]?)(0|[1-9]\d*)(?:\.(\d+))?")
AMOUNT = re.compile(  # a number as people write amounts: currency, thousands, decimal comma, per cent
    r"[-+]?\s*(?P<unit>[$€£¥₹]|(EUR|USD|GBP|CHF)\s)?\s*[-+]?"
    r"(?P<whole>\d{1,3}(?P<group>[ ,'’\u00a0\u202f]\d{3})+|\d*)(?P<part>[.,]\d+)?"
    r"([eE][+-]?\d+)?\s*(?P<after>[$€£¥₹%]|EUR|USD|GBP|CHF)?"
)
DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{2,4}([ T].*)?")
LISTS = (list, tuple, set, dict, np.ndarray)
DATES = ("date", "datetime", "datetime64", "period")
PLAIN = ("string", "integer", "floating", "mixed-integer-float", "boolean", "decimal", "categorical", "empty")


@lru_cache(maxsize=10_000)  # a table repeats its few labels
def spelling(label):
    """What two labels of one class have in common: the text that tells the class, case and outer spaces kept.

    One class: letters composed and decomposed (NFC), with or without characters that nobody sees, with any
    kind and number of spaces inside; and numbers of one value, as 1, 1.0 and 1.00. But 01 is another code.
    """
    text = UNSEEN.sub("", unicodedata.normalize("NFC", label))
    text = re.sub(r"(?<=\S)\s+(?=\S)", " ", text)
    text = re.sub(r"^[^\S \t\r\n]+|[^\S \t\r\n]+$", "", text)  # outer hard spaces; plain ones are warned of
    number = NUMBER.fullmatch(text)
    if not number:
        return text
    sign, whole, part = number[1].replace("+", ""), number[2], (number[3] or "").rstrip("0")
    return (sign if part or whole != "0" else "") + whole + ("." + part if part else "")


def as_text(column):
    """A column's cells as text, "" where one is empty: as they are written and compared."""
    text = (
        column.map(str).where(column.notna()) if column.dtype.kind in "Mm" else column
    )  # in full, each alike
    return text.astype(str).where(text.notna(), "")


def check_cells(column):
    """Raise ValueError, saying what to type, for cells that are lists or dates or mix their types."""
    if column.dtype.kind != "O" and column.dtype.kind != "M":
        return
    name, kind = column.name, pd.api.types.infer_dtype(column.dropna())  # skipna leaves None beside NaT in
    type_text = f"type table[{name!r}] = table[{name!r}].astype(str)"
    if kind in DATES:
        raise ValueError(
            f"column {name!r} holds dates, not classes; if each is a class of its own, {type_text}"
        )
    if kind not in PLAIN:
        cells = column.dropna().astype(object)
        if (lists := cells.map(lambda cell: isinstance(cell, LISTS))).any():
            shown = f"column {name!r} holds lists ({cells[lists].iloc[0]!r}), and a row has one label"
            raise ValueError(f"{shown}; type table = table.explode({name!r}), or keep one of them")
        first = cells.groupby(cells.map(lambda cell: type(cell).__name__), sort=False).first()
        shown = " and ".join(f"{value!r} ({name})" for name, value in first.items())
        raise ValueError(f"column {name!r} holds labels of mixed types, {shown}; {type_text}")


def label_text(column):
    """A column's labels as text, "" where there is none; ValueError if they cannot be any."""
    check_cells(column)  # whole numbers beside an empty cell are floats, but 1.0 was 1
    return as_text(column if isinstance(column.dtype, pd.StringDtype) else column.convert_dtypes())


def read_labels(column, *, unlabeled=(), skip=()):
    """The classes that a column of labels tells, one spelling each: the commonest.

    unlabeled, skip: values that are no label, besides the empty cell; the rows of skip belong to no pool
    returns: object (n,), None where there is no label; bool (n,), the rows to skip; notes on what was
        decided; warnings of labels that may be an accident
    raises: ValueError if the labels are a quantity, dates, lists or of mixed types instead of classes
    """
    codes, raw = pd.factorize(label_text(column))
    counts = dict(zip(raw, np.bincount(codes, minlength=len(raw)).tolist(), strict=True))
    key_of = {label: spelling(label) for label in raw}
    skips, none = (_keys(values) for values in (skip, (*unlabeled, *skip, "")))
    spellings = {}
    for label, key in key_of.items():
        if key.strip() not in none:
            spellings.setdefault(key, []).append(label)
    best = {key: max(ways, key=lambda way: (counts[way], way == key)) for key, ways in spellings.items()}
    classes = {best[key]: sum(map(counts.get, ways)) for key, ways in spellings.items()}
    check_classes(column.name, classes)
    told = _declared_notes({label: key.strip() for label, key in key_of.items()}, counts, unlabeled, skip)
    y = np.array([*(best.get(key) for key in key_of.values()), None], dtype=object)[codes]
    skipped = np.array([key.strip() in skips for key in key_of.values()], dtype=bool)[codes]
    notes = [*_spelling_notes(spellings, best, counts), *told]
    return y, skipped, notes, [*_odd_marks(column.name, classes), *_odd_spellings(classes)]


def _keys(values):
    """Declared values as they are compared: outer spaces make no difference."""
    return {spelling(value).strip() for value in values}


def _spelling_notes(spellings, best, counts):
    """A note for each class that is spelled in several ways."""
    return [
        f"{len(ways)} spellings are one class, {best[key]!r}: "
        + ", ".join(f"{way!a} ({counts[way]})" for way in ways)
        for key, ways in spellings.items()
        if len(ways) > 1
    ]


def _declared_notes(keys, counts, unlabeled, skip):
    """A note for each value that was said to be no label: how many rows have it, and what becomes of them."""
    notes = []
    for values, fate in ((unlabeled, "counts as none"), (skip, "is skipped")):
        for value in values:
            rows = sum(counts[label] for label, key in keys.items() if key in _keys([value]))
            notes.append(f"label {value!r} ({rows}) {fate}")
    return notes


def check_classes(name, counts):
    """Raise ValueError if labels, given with their counts, are no classes."""
    labels = [*counts]
    many = len(labels) > max(20, 0.75 * sum(counts.values()))
    if labels and (amounts := _amounts(labels, many)):
        advice = "this is classification: give classes, for example ranges of it with a name each"
        raise ValueError(f"column {name!r} holds a quantity, such as {max(amounts, key=len)}; {advice}")
    if many and all(DATE.fullmatch(label.strip()) for label in labels):
        advice = "give classes, for example the month or the weekday"
        raise ValueError(f"column {name!r} holds dates, such as {labels[0]}; {advice}")


def _odd_spellings(labels):
    """A warning of classes that are all but alike."""
    alike = pd.Series([*labels], dtype=object).groupby([_loosely(label) for label in labels])
    groups = [[*group] for _, group in alike]
    odd = [" / ".join(map(repr, g)) for g in groups if len(g) > 1 or g[0] != g[0].strip()]
    rule = "labels with spaces around them, or differing only in case or zeros, are classes of their own: "
    return [rule + ", ".join(odd)] if odd else []


def _loosely(label):
    return re.sub(r"^0+(?=\d+$)", "", label.strip().casefold())


def _amounts(labels, many):
    """The labels that make all of them a quantity; none if they could be classes."""
    labels = [label for label in labels if label.strip().casefold() not in NO_LABEL]
    matches = [AMOUNT.fullmatch(label.strip()) for label in labels]
    if not all(match and (match["whole"] or match["part"]) for match in matches):
        return []
    if many:
        return labels
    odd = [
        match["unit"] or match["after"] or match["group"] or (match["part"] or "").strip(".,0")
        for match in matches
    ]
    return [label for label, is_odd in zip(labels, odd, strict=True) if is_odd]


def _odd_marks(name, counts):
    """A warning of classes that people use for "no label"."""
    marks = {label: count for label, count in counts.items() if label.strip().casefold() in NO_LABEL}
    shown = ", ".join(f"{label!r} ({count})" for label, count in marks.items())
    typed = (label.strip() for label in marks)  # options end at --, but not at a quoted '-- '
    typed = " ".join(shlex.quote(label + " " * label.startswith("--")) for label in typed)
    said = f"{name!r} holds {shown} as a class; if that means no label, type --unlabeled {typed}"
    return [f"{said} (or --skip {typed}, to leave such rows out)"] if marks else []


MARKS = ("|", ";", ",")  # between several labels of a row
# One of several in a printed list, as 'a' of ['a', 'b'].
LISTED = re.compile(r"""[\[({]?\s*(['"])(.*)\1\s*[\])}]?""")


def check_single(y, name):
    """Raise ValueError if labels y (n,), None where there is none, name several classes a row, as in
    comedy|drama.

    They do if their parts recur: in other combinations, or alone. name: str, the column's
    """
    labels = [label for label in pd.unique(y) if label is not None]
    for mark in MARKS:
        parts = {label: {LISTED.sub(r"\2", part.strip()) for part in label.split(mark)} for label in labels}
        several = [label for label, own in parts.items() if len(own) > 1 and all(own)]
        if not several:
            continue
        used = Counter(part for own in parts.values() for part in own)
        recurs = [label for label in several if all(used[part] > 1 for part in parts[label])]
        if len(recurs) >= max(1, len(several) / 2) and len(used) <= len(labels):
            shown = some(recurs, 2)
            advice = "this is one class a row; keep one of them, or ask one class at a time (yes or no)"
            raise ValueError(f"column {name!r} holds several labels a row, such as {shown}; {advice}")


def giveaways(columns, y, *, at_least=0.99, most=2000):
    """Columns that alone give the label away, perhaps because they are known only after labelling.

    A shallow tree on the column, or the mere fact that a cell is missing, scores `at_least` on held-out rows,
    and well above the majority. Of a text only that it is missing is looked at.
    columns: list of Column; y: labels (n,), None where there is none
    most: int, labelled rows at the most that are looked at
    returns: list of names
    """
    counts = pd.Series(y).value_counts()
    rows = np.flatnonzero(pd.Series(y).isin(counts.index[counts >= 5]))
    rows = spaced(rows, most)
    codes, classes = pd.factorize(y[rows])
    if len(rows) < 30 or len(classes) < 2 or np.bincount(codes).min() < 2:
        return []
    halves = train_test_split(np.arange(len(rows)), test_size=0.5, stratify=codes, random_state=0)
    simple = [column for column in columns if column.kind in ("number", "category", "text")]
    values = (np.minimum(c.numbers[rows], 0) if c.kind == "text" else c.numbers[rows] for c in simple)
    return [
        column.name
        for column, parts in zip(simple, values, strict=True)
        if any(_tells(part, codes, halves, at_least) for part in parts.T)
    ]


def _tells(values, codes, halves, at_least):
    """Whether values (m,) of a column, or where they are missing, give the classes `codes` (m,) away."""
    missing = np.isnan(values) | (values == -1)
    known, share = codes[halves[1]], np.bincount(codes) / len(codes)
    for label in np.flatnonzero((share > 0.05) & (share < 0.95)):
        agree = (missing == (codes == label)).mean()
        if max(agree, 1 - agree) >= at_least:
            return True
    tree = DecisionTreeClassifier(max_leaf_nodes=max(8, 2 * len(share)), random_state=0)
    filled = np.where(missing, -1e30, values).clip(-1e30, 1e30)[:, None]
    score = tree.fit(filled[halves[0]], codes[halves[0]]).score(filled[halves[1]], known)
    return score >= at_least and 1 - score <= (1 - share.max()) / 3


def without_rare(y, least):
    """Which labels y (n,) are of classes with `least` rows or more, and a sentence on the others or None."""
    counts = pd.Series(y).value_counts()
    rare = counts[counts < least]
    if not len(rare):
        return np.ones(len(y), dtype=bool), None
    named = [f"{label} ({count})" for label, count in rare.items()]
    sentence = f"Too few to be split, and left out of the measurement: {some(named)}."
    return ~np.isin(y, rare.index), sentence
