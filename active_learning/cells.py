"""What the cells of one column say: missing, numbers however they were typed, dates, vectors.

Each function reads the different cells of a column and takes one decision for the whole of it. Not here: what
is learnt from a column, or left out (columns).
"""

import re
import warnings
from collections import Counter

import numpy as np
import pandas as pd

from active_learning.checks import some
from active_learning.tables import MISSING

MARKS = frozenset({mark.casefold() for mark in MISSING} | {"?", "-", "--", ".", "n.a.", "#n/a", "#div/0!"})
AGREE = 0.95  # a column is numbers, or dates, if this share of its different cells are
UNIT = r"[$€£¥₹₽₩%‰°]|[A-Z]{3}|Fr\.?|kr\.?|zł"  # a currency, a per cent sign; the same all along a column
READINGS = {  # the decimal mark -> a number in which it is one, and the other mark parts thousands
    ".": re.compile(r"[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)?(?:(?<=\d)\.\d*|\.\d+)?(?:[eE][+-]?\d+)?"),
    ",": re.compile(r"[+-]?(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+)?(?:(?<=\d),\d*|,\d+)?(?:[eE][+-]?\d+)?"),
}
SPACES = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?:\D|$))")  # between thousands, and no other
DATE_LIKE = re.compile(r"\d.*[-/. ,:].*\d|\d{1,2}\s?[A-Za-z]{3}")


def is_missing(column):
    """Which cells (n,) of a column say that nothing is known: empty, blank, ?, -, n/a and the like."""
    missing = column.isna().to_numpy(copy=True)
    if not missing.all() and _vector_like(column[~missing].iloc[0]):
        return missing
    if pd.api.types.is_string_dtype(column.dtype) or column.dtype == object:
        codes, levels = pd.factorize(column)  # a cell that repeats is read once; -1 is NaN
        blank = np.array([isinstance(x, str) and x.strip().casefold() in MARKS for x in levels], dtype=bool)
        missing |= np.append(blank, True)[codes]
    return missing


def as_numbers(levels, decimal="."):
    """Numbers from the different cells of a column, if nearly all of them are.

    levels: array (m,) of texts or numbers; decimal: the mark to believe where the cells leave it open
    returns: floats (m,), nan where a cell is no number, and a note or None; or None if it is not a numeric
        column
    """
    sample = [str(level) for level in levels[:: max(1, len(levels) // 200)]]
    if sum(any(map(str.isdigit, cell)) or "inf" in cell.casefold() for cell in sample) < 0.8 * len(sample):
        return None  # which spares long texts a closer look
    if len(sample) >= 100 and np.isnan(_typed_numbers(sample, decimal)[0]).mean() > 0.5:
        return None  # and texts with a digit in them; well below AGREE, so that a sample is sure
    numbers = pd.to_numeric(pd.Series(levels), errors="coerce").to_numpy(dtype=float)
    text = [str(level).strip() for level in levels]
    if sum(bool(re.fullmatch(r"[+-]?0\d+", cell)) for cell in text) > len(text) / 20:
        return None  # 00501: a code, whose zeros would be lost
    note = None
    marked = [cell for cell in text if "." in cell]
    if np.isnan(numbers).any() or (marked and all(READINGS[","].fullmatch(cell) for cell in marked)):
        numbers, note = _typed_numbers(text, decimal)
    if not len(text) or np.isnan(numbers).mean() > 1 - AGREE:
        return None
    if odd := [cell for cell, number in zip(text, numbers, strict=True) if np.isnan(number)]:
        said = f"is read as numbers; {some(odd, 3)} count{'s' if len(odd) == 1 else ''} as missing"
        note = f"{said}; {note}" if note else said
    return numbers, note


def _typed_numbers(text, decimal):
    """Numbers (m,) from cells as people type them, units and thousands marks included, and a note or None."""
    parts = [_split_unit(cell) for cell in text]
    units = Counter(unit for unit, _ in parts)
    common = next((unit for unit, _ in units.most_common() if unit), "")
    fits = {common, ""} if common != "%" else {common}  # 5 beside $5 is a sum of money, beside 5 % who knows
    cells = [SPACES.sub("", number) if unit in fits else "" for unit, number in parts]
    read = {mark: [bool(cell and form.fullmatch(cell)) for cell in cells] for mark, form in READINGS.items()}
    best = max(READINGS, key=lambda mark: (sum(read[mark]), mark == decimal))
    other = "," if best == "." else "."
    numbers = [
        _number(cell, best, other) if good else np.nan for cell, good in zip(cells, read[best], strict=True)
    ]
    marked = [c for c, good in zip(cells, read[best], strict=True) if good and ("," in c or "." in c)]
    open_to_doubt = marked if sum(read["."]) == sum(read[","]) else []
    note = None
    if open_to_doubt:
        shown = f"{open_to_doubt[0]} as {_number(open_to_doubt[0], best, other):g}"
        note = f"could have a decimal or a thousands mark; it is read with a decimal {best!r}: {shown}"
    return np.array(numbers, dtype=float), note


def _split_unit(cell):
    """(unit, number) of a cell such as $1,200, 12 % or 5 EUR; a minus sign of typographers is one."""
    cell = cell.replace("\u2212", "-").strip()
    if "(" in cell and (negative := re.fullmatch(r"\((.*)\)", cell)):  # as accountants write it
        cell = f"-{negative[1]}"
    if match := re.fullmatch(rf"([+-]?)\s*({UNIT})?\s*([+-]?[\d.,][\d\s.,'’eE+-]*?)\s*({UNIT})?", cell):
        sign, before, number, after = match.groups()
        return before or after or "", sign + number
    return "", cell


def _number(cell, decimal, thousands):
    plain = cell.replace(thousands, "").replace(decimal, ".")
    return float(plain) if any(map(str.isdigit, plain)) else np.nan


def as_dates(levels):
    """Dates from the different cells of a column, if nearly all of them are in one and the same format.

    levels: array (m,) of texts
    returns: Series (m,) of datetimes, NaT where a cell is no date, and a note; or None
    """
    text = pd.Series(levels, dtype=str).str.strip()
    sample = text.iloc[:: max(1, len(text) // 50)]
    if sum(bool(DATE_LIKE.search(cell)) for cell in sample) < len(sample) / 2:
        return None
    dates = None
    for format in _formats(sample):
        read = pd.to_datetime(text, format=format, errors="coerce", utc=True)
        if dates is None or read.notna().sum() > dates.notna().sum():
            dates, best = read, format
    if dates is None or dates.isna().mean() > max(1 - AGREE, 1 / len(text) if len(text) > 4 else 0):
        return None
    note = f"is read as dates ({best})"
    if best.startswith(("%m/%d", "%d/%m")) and _day_or_month(text, dates, best):
        note += "; day and month could be the other way round"
    odd = text[dates.isna()]
    return dates, note + (f"; {some(odd, 3)} cannot be a date: missing" if len(odd) else "")


def _formats(sample):
    """Formats of the cells of a sample, the commonest first; only those that name day, month and year."""
    from pandas.tseries.api import guess_datetime_format

    guesses = Counter()
    for cell in sample:
        for dayfirst in (cell.count(".") >= 2, False, True):  # a dot is what Europeans part dates with
            guesses[_guess(guess_datetime_format, cell, dayfirst)] += 1
    whole = [g for g in guesses if g and re.search("%[Yy]", g) and re.search("%[mbB]", g) and "%d" in g]
    found = sorted(whole, key=lambda g: -guesses[g])[:6]
    return [*found, "ISO8601"] if found and found[0].startswith("%Y-") else found


def _guess(guess, cell, dayfirst):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Parsing dates in")  # it is what we try: both ways round
        try:
            return guess(cell, dayfirst=dayfirst)
        except (ValueError, OverflowError):  # not every text that looks like a date is one
            return None


def _day_or_month(text, dates, best):
    """Whether a column's dates can be read as well with day and month exchanged."""
    other = best.replace("%m", "%_").replace("%d", "%m").replace("%_", "%d")
    read = pd.to_datetime(text, format=other, errors="coerce", utc=True)
    return bool((read.notna() == dates.notna()).all()) and not read.equals(dates)


def as_vectors(column, missing):
    """A column of lists of numbers, or of their text in brackets: floats (n, k); None if it is neither."""
    known = column[~missing]
    if not len(known) or not _vector_like(known.iloc[0]):
        return None
    rows = [_vector(cell) for cell in known]
    if len({len(row) for row in rows}) > 1:
        lengths = Counter(map(len, rows)).most_common()
        raise ValueError(
            f"column {column.name!r} holds vectors of {lengths[0][0]} and of {lengths[-1][0]} numbers"
        )
    values = np.full((len(column), len(rows[0])), np.nan)
    values[~missing] = rows
    if np.isinf(values).any():
        raise ValueError(f"column {column.name!r} holds a vector with infinity in it")
    return values


def _vector_like(cell):
    text = isinstance(cell, str) and re.fullmatch(r"\[\s*[+-]?[\d.][\d\s.,eE+;-]*\]", cell.strip())
    return bool(text) or (
        isinstance(cell, (list, tuple, np.ndarray))
        and len(cell)
        and np.ndim(cell[0]) == 0
        and isinstance(cell[0], (int, float, np.number))
    )


def _vector(cell):
    """One vector, from a list of numbers or its text; an empty one if it is something else."""
    try:
        cell = re.split(r"[\s,;]+", cell.strip().strip("[]").strip()) if isinstance(cell, str) else cell
        return np.asarray(cell, dtype=float)
    except (ValueError, TypeError):
        return np.empty(0)
