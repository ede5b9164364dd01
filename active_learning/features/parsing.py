"""What the cells of one column are: missing, numbers however they were typed, dates, vectors.

Each function reads the different cells of a column and takes one decision for the whole of it. Not here: the
grammar of a single number (tables.numbers), and whether a column is learnt from (columns).
"""

import re
import warnings
from collections import Counter
from contextlib import suppress
from numbers import Real

import numpy as np
import pandas as pd

from active_learning._validation import some
from active_learning.tables.labels import LISTS
from active_learning.tables.numbers import READINGS, read_numbers
from active_learning.tables.table import MISSING

MARKS = {mark.casefold() for mark in MISSING} | {"?", "-", "--", ".", "n.a.", "#n/a", "#div/0!"}
AGREE = 0.95  # a column is numbers, or dates, if this share of its different cells are
AS_TEXT = "leave it out (--drop {0}), or read it as text: table[{0!r}] = table[{0!r}].astype(str)"
DAYS = ["%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%m-%d-%y", "%d-%m-%y", "%d-%b-%y", "%d %b %y"]
DAYS += ["%m/%d/%Y", "%d/%m/%Y"]
UNGUESSED = [  # formats that pandas cannot guess
    *(day + time for day in DAYS for time in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")),
    *("%a %b %d %H:%M:%S %z %Y", "%d/%b/%Y:%H:%M:%S %z", "%Y年%m月%d日"),
]
DATE_LIKE = re.compile(r"\d.*[-/. ,:年].*\d|\d{1,2}\s?[A-Za-z]{3}")
RANGE = re.compile(r"\(\s*[^()\[\]]*[\])]|\[[^()\[\]]*\)")  # with a round bracket at one end or both
BRACKETED = re.compile(r"\[\s*(?:[+-]?[\d.]|nan|[+-]?inf)[\d\s.,eE+;aifn-]*\]", re.IGNORECASE)


def different(column):
    """The different cells of a column (n,), each read once however often it repeats.

    returns: bool (n,), which cells say that nothing is known: empty, blank, ?, -, n/a and the like; int (m,),
        of each of the others its number; and these, all different. A column of vectors has no numbers: None
    raises: ValueError for lists beside other cells, which cannot be told apart
    """
    if _holds_vectors(column):
        return column.isna().to_numpy() | _are_marks(column), None, None
    try:
        codes, levels = pd.factorize(column)  # -1 is NaN
    except TypeError:
        odd = next(cell for cell in column if isinstance(cell, LISTS))
        fault = f"column {column.name!r} holds lists that are not vectors of numbers, such as {odd!r}"
        raise ValueError(f"{fault}; {AS_TEXT.format(column.name)}") from None
    if pd.api.types.is_string_dtype(column.dtype) or column.dtype == object:
        marks = _are_marks(pd.Series(levels))
        codes = np.append(np.where(marks, -1, np.cumsum(~marks) - 1), -1)[codes]
        levels = levels[~marks]
    return codes < 0, codes[codes >= 0], levels


def _are_marks(cells):
    """Which cells (m,) of a Series are marks; a few array operations, as there may be a million."""
    if not isinstance(cells.dtype, pd.StringDtype):
        return np.array([isinstance(x, str) and x.strip().casefold() in MARKS for x in cells], dtype=bool)
    return cells.str.strip().str.lower().isin(MARKS).to_numpy()


def as_numbers(levels, decimal="."):
    """Numbers from the different cells of a column, if nearly all of them are.

    levels: array (m,) of texts or numbers; decimal: the mark to believe where the cells leave it open
    returns: floats (m,), nan where a cell is not a number, and a note or None; or None if it is not a numeric
        column
    """
    if getattr(levels, "dtype", None) is not None and levels.dtype.kind in "iuf":
        return np.asarray(levels, dtype=float), None  # numbers already, which were not typed
    text = pd.Series(levels).astype("str").str.strip()  # array operations, as there may be a million
    sample = text.iloc[:: max(1, len(text) // 200)].tolist()
    if np.isnan(read_numbers(sample, decimal)[0]).mean() > 0.5 and "inf" not in {*map(str.casefold, sample)}:
        return None  # which spares texts a closer look; well below AGREE, so that a sample is sure
    if text.str.fullmatch(r"[+-]?0\d+").mean() > 1 / 20:
        return None  # 00501: a code, whose zeros would be lost
    numbers, note = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float), None
    marked = text[text.str.contains(".", regex=False)]
    if np.isnan(numbers).any() or (len(marked) and all(map(READINGS[","].fullmatch, marked))):
        numbers, note = read_numbers(text.tolist(), decimal)
    if not len(text) or np.isnan(numbers).mean() > 1 - AGREE:
        return None
    if odd := text[np.isnan(numbers)].tolist():
        missing = f"is read as numbers; {some(odd, 3)} count{'s' if len(odd) == 1 else ''} as missing"
        note = f"{missing}; {note}" if note else missing
    return numbers, note


def as_dates(levels):
    """Dates from the different cells of a column, if nearly all of them are in one and the same format.

    levels: array (m,) of texts
    returns: Series (m,) of datetimes, NaT where a cell is not a date, and a note; or None
    """
    sample = [str(level).strip() for level in levels[:: max(1, len(levels) // 50)]]
    if sum(bool(DATE_LIKE.search(cell)) for cell in sample) < len(sample) / 2:
        return None
    text, dates = pd.Series(levels, dtype=str).str.strip(), None
    for form in _formats(sample):
        read = pd.to_datetime(text, format=form, errors="coerce", utc=True)
        if dates is None or read.notna().sum() > dates.notna().sum():
            dates, best = read, form
    if dates is None or dates.isna().mean() > max(1 - AGREE, 1 / len(text) if len(text) > 4 else 0):
        return None
    note = f"is read as dates ({best})"
    if re.match("%[dm][-/]%[dm]", best) and _day_or_month(text, dates, best):
        note += "; day and month could be the other way round"
    odd = text[dates.isna()]
    return dates, note + (f"; {some(odd, 3)} cannot be a date: missing" if len(odd) else "")


def _formats(sample):
    """Formats of the cells of a sample, the commonest first; only those that name day, month and year."""
    from pandas.tseries.api import guess_datetime_format

    guesses = Counter()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Parsing dates in")  # both ways round are tried
        for cell in sample:
            for dayfirst in (cell.count(".") >= 2, False, True):  # Europeans separate dates by dots
                with suppress(ValueError, OverflowError):  # not every text that looks like a date is one
                    guesses[guess_datetime_format(cell, dayfirst=dayfirst)] += 1
    whole = [g for g in guesses if g and re.search("%[Yy]", g) and re.search("%[mbB]", g) and "%d" in g]
    formats = sorted(whole, key=lambda g: -guesses[g])[:6] or _unguessed(sample)
    return [*formats, "ISO8601"] if formats and formats[0].startswith("%Y-") else formats


def _unguessed(sample):
    """The formats of UNGUESSED that fit half of a sample, the commonest first."""
    cells = pd.Series(sample, dtype=str)
    read = {form: pd.to_datetime(cells, format=form, errors="coerce", utc=True) for form in UNGUESSED}
    fits = {form: dates.notna().mean() for form, dates in read.items()}
    return sorted((form for form in fits if fits[form] >= 0.5), key=lambda form: -fits[form])[:6]


def _day_or_month(text, dates, best):
    """Whether a column's dates can be read as well with day and month exchanged."""
    other = best.replace("%m", "%_").replace("%d", "%m").replace("%_", "%d")
    read = pd.to_datetime(text, format=other, errors="coerce", utc=True)
    return bool((read.notna() == dates.notna()).all()) and not read.equals(dates)


def as_vectors(column, missing):
    """A column of lists of numbers, or of their text in brackets: floats (n, k); None if it is neither.

    missing: bool (n,), cells that become rows of NaN
    raises: ValueError naming the first row that holds no vector, one of another length, or NaN or infinity
    """
    if not _holds_vectors(column):
        return None
    rows, places = [_vector(cell) for cell in column[~missing]], np.flatnonzero(~missing)

    def refuse(bad, fault):
        if any(bad):
            row = f"row {places[np.argmax(bad)]}, counted from 0"
            raise ValueError(f"column {column.name!r} {fault} ({row}); {AS_TEXT.format(column.name)}")

    refuse([row is None for row in rows], "holds a cell that is not a vector of numbers")
    lengths = [length for length, _ in Counter(map(len, rows)).most_common()]
    bad = [len(row) != lengths[0] for row in rows]
    refuse(bad, f"holds vectors of {lengths[0]} and of {lengths[-1]} numbers")
    values = np.full((len(column), lengths[0]), np.nan)
    values[~missing] = rows
    refuse(~np.isfinite(values[~missing]).all(axis=1), "holds a vector with NaN or infinity in it")
    return values


def _holds_vectors(column):
    """Whether half of the cells of a column, of those that are not empty, are vectors; by a sample.

    A column that mixes [0, 5] and (5, 9] holds ranges, and no vectors.
    """
    if column.dtype.kind in "biufcmM" or isinstance(column.dtype, pd.CategoricalDtype):
        return False
    filled = _not_empty(column.iloc[:: max(1, len(column) // 1000)])
    filled = filled if len(filled) else _not_empty(column)
    if any(isinstance(cell, str) and RANGE.fullmatch(cell.strip()) for cell in filled):
        return False
    return 2 * sum(map(_vector_like, filled)) >= max(1, len(filled))


def _not_empty(cells):
    return cells[~(cells.isna().to_numpy() | _are_marks(cells))]


def _vector_like(cell):
    if isinstance(cell, str):
        return bool(BRACKETED.fullmatch(cell.strip()))
    return isinstance(cell, (list, tuple, np.ndarray)) and len(cell) and isinstance(cell[0], Real)


def _vector(cell):
    """One vector, from a list of numbers or its text; None if it is something else."""
    try:
        if isinstance(cell, str):
            inside = re.fullmatch(r"\[\s*(.*?)\s*\]", cell.strip(), re.S)[1]
            if "," in inside and ";" in inside:
                return None  # decimal commas, or rows of a matrix: it cannot be told
            cell = re.split(r"\s*[,;]\s*|\s+", inside)
        return np.asarray(cell, dtype=float).reshape(len(cell))
    except (ValueError, TypeError, OverflowError):  # the last for whole numbers that no float holds
        return None
