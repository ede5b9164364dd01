"""What the cells of one column say: missing, numbers however they were typed, dates, vectors.

Each function reads the different cells of a column and takes one decision for the whole of it. Not here: what
is learnt from a column, or left out (columns).
"""

import re
import warnings
from collections import Counter
from numbers import Real

import numpy as np
import pandas as pd

from active_learning._validation import some
from active_learning.tables.labels import LISTS
from active_learning.tables.table import MISSING

MARKS = frozenset({mark.casefold() for mark in MISSING} | {"?", "-", "--", ".", "n.a.", "#n/a", "#div/0!"})
AGREE = 0.95  # a column is numbers, or dates, if this share of its different cells are
UNIT = r"[A-Z]{0,2}[$€£¥₹₽₩]|[%‰°]|[A-Z]{3}|Rs\.?|Fr\.?|kr\.?|zł"  # the same all along a column
MEASURE = (  # what numbers are of; a noun, as of 3 rooms, makes words of them
    r"°\s?[CF]|[kcmµ]?m[²³]?|km/h|mph|mi|ft|[kmµ]?g|lbs?|oz|[cm]?[lL]|[kMGT]B|[kM]?Wh?|[km]?s|min|hr?s?|[kKM]"
)
AMOUNT = re.compile(rf"([+-]?)\s*({UNIT})?\s*([+-]?[\d.,][\d\s.,'’eE+-]*?)\s*({UNIT}|{MEASURE})?")
NEGATIVE = re.compile(r"([^\d()]{0,5})\((.*)\)|(.*\d)\s?-")  # as accountants write it: $(5), or 5-
DASHES = str.maketrans("\u2212\u2013", "--")
NUMBER = (  # {d}: the decimal mark; {t}: what parts thousands, which nobody does before an exponent
    r"[+-]?(?:[1-9]\d{{0,2}}(?:{t}\d{{3}})+(?:{d}\d*)?|(?:\d+(?:{d}\d*)?|{d}\d+)(?:[eE][+-]?\d+)?)"
)
READINGS = {  # the decimal mark -> a number in which it is one, and the other mark parts thousands
    ".": re.compile(NUMBER.format(d=r"\.", t=r",(?:\d\d,)*")),  # lakhs too: 12,34,567
    ",": re.compile(NUMBER.format(d=",", t=r"\.")),
}
SPACES = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?:\D|$))")  # between thousands, and no other
DAYS = (
    *("%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%m-%d-%y", "%d-%m-%y", "%d-%b-%y", "%d %b %y"),
    *("%m/%d/%Y", "%d/%m/%Y"),
)
UNGUESSED = [  # formats that pandas cannot guess
    *(day + time for day in DAYS for time in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")),
    *("%a %b %d %H:%M:%S %z %Y", "%d/%b/%Y:%H:%M:%S %z", "%Y年%m月%d日"),
]
DATE_LIKE = re.compile(r"\d.*[-/. ,:年].*\d|\d{1,2}\s?[A-Za-z]{3}")


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
        fault = f"column {column.name!r} holds lists that are no vectors of numbers, such as {odd!r}"
        raise ValueError(f"{fault}; leave it out (--drop), or give it as text") from None
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
    returns: floats (m,), nan where a cell is no number, and a note or None; or None if it is not a numeric
        column
    """
    if getattr(levels, "dtype", None) is not None and levels.dtype.kind in "iuf":
        return np.asarray(levels, dtype=float), None  # numbers already, which were not typed
    sample = [str(level) for level in levels[:: max(1, len(levels) // 200)]]
    if sum(any(map(str.isdigit, cell)) or "inf" in cell.casefold() for cell in sample) < 0.8 * len(sample):
        return None  # which spares long texts a closer look
    if len(sample) >= 100 and np.isnan(_typed_numbers(sample, decimal)[0]).mean() > 0.5:
        return None  # and texts with a digit in them; well below AGREE, so that a sample is sure
    text = pd.Series(levels).astype("str").str.strip()  # array operations, as there may be a million
    if text.str.fullmatch(r"[+-]?0\d+").mean() > 1 / 20:
        return None  # 00501: a code, whose zeros would be lost
    numbers, note = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float), None
    marked = text[text.str.contains(".", regex=False)]
    if np.isnan(numbers).any() or (len(marked) and all(map(READINGS[","].fullmatch, marked))):
        numbers, note = _typed_numbers(text.tolist(), decimal)
    if not len(text) or np.isnan(numbers).mean() > 1 - AGREE:
        return None
    if odd := text[np.isnan(numbers)].tolist():
        said = f"is read as numbers; {some(odd, 3)} count{'s' if len(odd) == 1 else ''} as missing"
        note = f"{said}; {note}" if note else said
    return numbers, note


def _typed_numbers(text, decimal):
    """Numbers (m,) from cells as people type them, units and thousands marks included, and a note or None."""
    parts = [*map(_split_unit, text)]
    units = Counter(unit for unit, _ in parts)
    common = next((unit for unit, _ in units.most_common() if unit), "")
    fits = {common, ""} if common != "%" else {common}  # 5 beside $5 is a sum of money, beside 5 % who knows
    cells = [SPACES.sub("", number) if unit in fits else "" for unit, number in parts]
    read = {mark: [bool(form.fullmatch(cell)) for cell in cells] for mark, form in READINGS.items()}
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
    """(unit, number) of a cell such as $1,200, 12 % or 5 kg; a minus sign of typographers is one."""
    cell = cell.translate(DASHES).strip()
    if cell[-1:] in (")", "-") and (negative := NEGATIVE.fullmatch(cell)):
        cell = "-" + "".join(filter(None, negative.groups()))
    if match := AMOUNT.fullmatch(cell):
        sign, before, number, after = match.groups()
        return before or after or "", sign + number
    return "", cell


def _number(cell, decimal, thousands):
    return float(cell.replace(thousands, "").replace(decimal, "."))


def as_dates(levels):
    """Dates from the different cells of a column, if nearly all of them are in one and the same format.

    levels: array (m,) of texts
    returns: Series (m,) of datetimes, NaT where a cell is no date, and a note; or None
    """
    sample = [str(level).strip() for level in levels[:: max(1, len(levels) // 50)]]
    if sum(bool(DATE_LIKE.search(cell)) for cell in sample) < len(sample) / 2:
        return None
    text, dates = pd.Series(levels, dtype=str).str.strip(), None
    for format in _formats(sample):
        read = pd.to_datetime(text, format=format, errors="coerce", utc=True)
        if dates is None or read.notna().sum() > dates.notna().sum():
            dates, best = read, format
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
    for cell in sample:
        for dayfirst in (cell.count(".") >= 2, False, True):  # a dot is what Europeans part dates with
            guesses[_guess(guess_datetime_format, cell, dayfirst)] += 1
    whole = [g for g in guesses if g and re.search("%[Yy]", g) and re.search("%[mbB]", g) and "%d" in g]
    found = sorted(whole, key=lambda g: -guesses[g])[:6] or _unguessed(sample)
    return [*found, "ISO8601"] if found and found[0].startswith("%Y-") else found


def _unguessed(sample):
    """Those of the formats that are not guessed that half of a sample is in, the commonest first."""
    cells, how = pd.Series(sample, dtype=str), {"errors": "coerce", "utc": True}
    fits = {format: pd.to_datetime(cells, format=format, **how).notna().mean() for format in UNGUESSED}
    return sorted((format for format in fits if fits[format] >= 0.5), key=lambda format: -fits[format])[:6]


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
    """A column of lists of numbers, or of their text in brackets: floats (n, k); None if it is neither.

    missing: bool (n,), cells that become rows of NaN
    raises: ValueError naming the first row that holds no vector, one of another length, or NaN or infinity
    """
    if not _holds_vectors(column):
        return None
    rows, places = [_vector(cell) for cell in column[~missing]], np.flatnonzero(~missing)

    def refuse(bad, fault):
        if any(bad):
            raise ValueError(f"column {column.name!r} {fault} (row {places[np.argmax(bad)]}, counted from 0)")

    refuse([row is None for row in rows], "holds a cell that is no vector of numbers")
    lengths = Counter(map(len, rows)).most_common()
    bad = [len(row) != lengths[0][0] for row in rows]
    refuse(bad, f"holds vectors of {lengths[0][0]} and of {lengths[-1][0]} numbers")
    values = np.full((len(column), lengths[0][0]), np.nan)
    values[~missing] = rows
    refuse(~np.isfinite(values[~missing]).all(axis=1), "holds a vector with NaN or infinity in it")
    return values


def _holds_vectors(column):
    """Whether half of the cells of a column, of those that are not empty, are vectors; by a sample."""
    if column.dtype.kind in "biufcmM" or isinstance(column.dtype, pd.CategoricalDtype):
        return False
    known = _not_empty(column.iloc[:: max(1, len(column) // 1000)])
    known = known if len(known) else _not_empty(column)
    return 2 * sum(map(_vector_like, known)) >= max(1, len(known))


def _not_empty(cells):
    return cells[~(cells.isna().to_numpy() | _are_marks(cells))]


def _vector_like(cell):
    if isinstance(cell, str):
        return bool(re.fullmatch(r"\[\s*(?:[+-]?[\d.]|nan|[+-]?inf)[\d\s.,eE+;aifn-]*\]", cell.strip(), re.I))
    return isinstance(cell, (list, tuple, np.ndarray)) and len(cell) and isinstance(cell[0], Real)


def _vector(cell):
    """One vector, from a list of numbers or its text; None if it is something else."""
    try:
        if isinstance(cell, str):
            inside = re.fullmatch(r"\[\s*(.*?)\s*\]", cell.strip(), re.S)[1]
            if "," in inside and ";" in inside:
                return None  # decimal commas, or rows of a matrix: who knows
            cell = re.split(r"\s*[,;]\s*|\s+", inside)
        return np.asarray(cell, dtype=float).reshape(len(cell))
    except (ValueError, TypeError, OverflowError):  # the last for whole numbers that no float holds
        return None
