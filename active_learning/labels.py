"""The labels of a table: one spelling a class, which cells are no label, and what cannot be a class.

Labels are text. Two are one class if they show the same characters or are the same number; all that was
decided is said. Not here: which row a label belongs to (merging).
"""

import re
import unicodedata
import warnings

import numpy as np
import pandas as pd

# Marks that people put where they mean "no label"; they are classes unless they are declared, and warned of.
# fmt: off
NO_LABEL = {
    "na", "n/a", "#n/a", "<na>", "nan", "nil", "null", "none", "?", "??", "-", "--", ".", "unsure",
    "not sure", "skip", "skipped", "unknown", "undecided", "unlabeled", "unlabelled", "no label", "tbd",
    "todo", "to do", "don't know", "cannot say", "can't say",
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
DATES = ("date", "datetime", "datetime64", "period")
PLAIN = ("string", "integer", "floating", "mixed-integer-float", "boolean", "decimal", "categorical", "empty")


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
    if isinstance(column.dtype, pd.StringDtype):
        return column.fillna("").astype(str)
    return column.map(str).where(column.notna(), "").astype(str)


def check_cells(column):
    """Raise ValueError, saying what to type, for cells that are lists or dates or mix their types."""
    if column.dtype.kind != "O" and column.dtype.kind != "M":
        return
    name, kind = column.name, pd.api.types.infer_dtype(column, skipna=True)
    type_text = f"type table[{name!r}] = table[{name!r}].astype(str)"
    if kind in DATES:
        raise ValueError(
            f"column {name!r} holds dates, not classes; if each is a class of its own, {type_text}"
        )
    if kind not in PLAIN:
        cells = column.dropna().astype(object)
        if (lists := cells.map(lambda cell: isinstance(cell, (list, tuple, set, dict, np.ndarray)))).any():
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
    returns: object (n,), None where there is no label; bool (n,), the rows to skip; notes on what was decided
    raises: ValueError if the labels are a quantity, dates, lists or of mixed types instead of classes
    """
    codes, raw = pd.factorize(label_text(column))
    levels = pd.DataFrame(
        {"raw": np.asarray(raw, dtype=object), "count": np.bincount(codes, minlength=len(raw))}
    )
    levels["key"] = levels["raw"].map(spelling)
    levels["skip"], named = _among(levels["key"], skip), _among(levels["key"], (*unlabeled, *skip))
    classes = levels[~named & (levels["key"].str.strip() != "")]
    classes = classes.assign(plain=classes["raw"] == classes["key"])  # wins a tie
    best = classes.sort_values(["count", "plain"], ascending=False, kind="stable").drop_duplicates("key")
    best = best.set_index("key")["raw"]
    check_classes(column.name, classes.groupby(classes["key"].map(best), sort=False)["count"].sum())
    written = classes["key"].map(best).reindex(levels.index).astype(object)
    notes = [*_spelling_notes(classes, best), *_declared_notes(column.name, levels, unlabeled, skip)]
    return np.where(written.isna(), None, written)[codes], levels["skip"].to_numpy(bool)[codes], notes


def _among(keys, values):
    return keys.str.strip().isin([spelling(value).strip() for value in values])


def _spelling_notes(classes, best):
    """A note for each class that is spelled in several ways."""
    notes = []
    for key, group in classes.groupby("key", sort=False):
        if len(group) > 1:
            shown = ", ".join(
                f"{raw!a} ({count})" for raw, count in zip(group["raw"], group["count"], strict=True)
            )
            notes.append(f"{len(group)} spellings are one class, {best[key]!r}: {shown}")
    return notes


def _declared_notes(name, levels, unlabeled, skip):
    """A note for each value that was said to be no label: how many rows have it, and what becomes of them."""
    notes = []
    for values, fate in ((unlabeled, "have no label yet"), (skip, "are skipped")):
        for value in values:
            rows = levels["count"][_among(levels["key"], [value])].sum()
            notes.append(
                f"{rows} rows whose {name!r} is {value!r} {fate}" if rows else f"no {name!r} is {value!r}"
            )
    return notes


def check_classes(name, counts):
    """Raise ValueError if labels, given with their counts, are no classes; warn of likely accidents."""
    labels = [*counts.index]
    many = len(labels) > max(20, 0.75 * counts.sum())
    if labels and (amounts := _amounts(labels, many)):
        advice = "this is classification: give classes, for example ranges of it with a name each"
        raise ValueError(f"column {name!r} holds a quantity, such as {max(amounts, key=len)}; {advice}")
    if many and all(DATE.fullmatch(label.strip()) for label in labels):
        raise ValueError(
            f"column {name!r} holds dates, such as {labels[0]}; give classes, for example the month"
        )
    _warn_of_marks(name, counts)
    alike = pd.Series(labels, dtype=object).groupby([_loosely(label) for label in labels])
    odd = [
        " / ".join(map(repr, group))
        for _, group in alike
        if len(group) > 1 or group.iloc[0] != group.iloc[0].strip()
    ]
    if odd:
        rule = (
            "labels with spaces around them, or differing only in case or zeros, are classes of their own: "
        )
        warnings.warn(rule + ", ".join(odd), UserWarning, stacklevel=1)  # one place: warned of once


def _loosely(label):
    return re.sub(r"^0+(?=\d+$)", "", label.strip().casefold())


def _amounts(labels, many):
    """The labels that make all of them a quantity; none if they could be classes."""
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


def _warn_of_marks(name, counts):
    marks = {label: count for label, count in counts.items() if label.strip().casefold() in NO_LABEL}
    if marks:
        shown, typed = ", ".join(f"{label!r} ({count})" for label, count in marks.items()), " ".join(marks)
        said = f"{name!r} holds {shown} as a class; if that means no label, type --unlabeled {typed}"
        warnings.warn(f"{said} (or --skip {typed}, to leave such rows out)", UserWarning, stacklevel=1)
