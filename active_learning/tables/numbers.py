"""The grammar of numbers and dates as people type them: signs, units, decimal and thousands marks.

Headers, labels and features ask here whether a cell is a number, so that they agree. Not here: what follows
from it, such as that labels are not classes (labels) or that a column is numeric (features).
"""

import re
from collections import Counter

import numpy as np

MONEY = r"[A-Z]{0,2}[$€£¥₹₽₩]|[%‰]|EUR|USD|GBP|CHF|Rs\.?|Fr\.?|kr\.?|zł"  # and shares: never classes
UNIT = rf"{MONEY}|°|[A-Z]{{3}}"
MEASURE = (  # units after a number; other words, as in 3 rooms, make a text of it
    r"°\s?[CF]|[kcmµ]?m[²³]?|km/h|mph|mi|ft|[kmµ]?g|lbs?|oz|[cm]?[lL]|[kMGT]B|[kM]?Wh?|[km]?s|min|hr?s?|[kKM]"
)
AMOUNT = re.compile(rf"([+-]?)\s*({UNIT})?\s*([+-]?[\d.,][\d\s.,'’eE+-]*?)\s*({UNIT}|{MEASURE})?")
NEGATIVE = re.compile(r"([^\d()]{0,5})\((.*)\)|(.*\d)\s?-")  # as accountants write it: $(5), or 5-
DASHES = str.maketrans("\u2212\u2013", "--")
NUMBER = (  # {d}: the decimal mark; {t}: the thousands mark, which no number with an exponent has
    r"[+-]?(?:[1-9]\d{{0,2}}(?:{t}\d{{3}})+(?:{d}\d*)?|(?:\d+(?:{d}\d*)?|{d}\d+)(?:[eE][+-]?\d+)?)"
)
READINGS = {  # decimal mark -> a number that is written with it, the other mark between thousands
    ".": re.compile(NUMBER.format(d=r"\.", t=r",(?:\d\d,)*")),  # lakhs too: 12,34,567
    ",": re.compile(NUMBER.format(d=",", t=r"\.")),
}
SPACES = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?:\D|$))")  # the other thousands marks
PLAIN = re.compile(r"(-?)\+?(0|[1-9]\d*)(?:\.(\d+))?")
MARKED = re.compile(r"\d[\s,'’]\d{3}|[.,]\d*[1-9]")  # thousands, or a fraction
CODE = re.compile(rf"(?!{MONEY})[A-Z]{{3}}\s?\d")
DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{2,4}([ T].*)?")


def split_unit(cell):
    """The unit ("" where there is none) and the number of a cell such as $1,200, 12 % or (5 kg)."""
    cell = cell.translate(DASHES).strip()
    if cell[-1:] in (")", "-") and (negative := NEGATIVE.fullmatch(cell)):
        cell = "-" + "".join(filter(None, negative.groups()))
    if match := AMOUNT.fullmatch(cell):
        sign, before, number, after = match.groups()
        return before or after or "", sign + number
    return "", cell


def is_number(cell):
    """Whether a cell is a number, whichever its decimal mark."""
    number = SPACES.sub("", split_unit(cell)[1])
    return any(reading.fullmatch(number) for reading in READINGS.values())


def is_date(cell):
    """Whether a cell looks like a date in digits."""
    return bool(DATE.fullmatch(cell.strip()))


def are_amounts(cells):
    """Which numbers are amounts and no codes or counts: money, shares, thousands, fractions, measures."""
    parts = [split_unit(cell) for cell in cells]
    many = len(parts) > 20  # two or three, such as 5 min and 10 min, may be classes
    units = rf"{MONEY}|{MEASURE}" if many else MONEY
    return [bool(re.fullmatch(units, unit) or MARKED.search(number)) for unit, number in parts]


def plain_spelling(text):
    """The shortest spelling of a number without unit, thousands or exponent; None for another text, or 01."""
    match = PLAIN.fullmatch(text.translate(DASHES))
    if not match:
        return None
    sign, whole, fraction = match[1], match[2], (match[3] or "").rstrip("0")
    return (sign if fraction or whole != "0" else "") + whole + ("." + fraction if fraction else "")


def read_numbers(cells, decimal="."):
    """Read the cells of one column as numbers.

    Parameters
    ----------
    cells : list of str, length m
    decimal : {".", ","}
        The decimal mark where the cells leave it open.

    Returns
    -------
    ndarray of shape (m,)
        The numbers, NaN where a cell is none or has another unit than the others.
    str or None
        A note if the decimal mark was left open.

    Examples
    --------
    >>> read_numbers(["$1,200.50", "$7", "lots"])[0].tolist()
    [1200.5, 7.0, nan]
    """
    parts = [split_unit(cell) for cell in cells]
    units = Counter(unit for unit, _ in parts)
    common = next((unit for unit, _ in units.most_common() if unit), "")
    valid = {common, ""} if common != "%" else {common}  # 5 beside $5 is money, 5 beside 5 % is unclear
    texts = [SPACES.sub("", number) if unit in valid else "" for unit, number in parts]
    fits = {mark: [bool(reading.fullmatch(text)) for text in texts] for mark, reading in READINGS.items()}
    best = max(READINGS, key=lambda mark: (sum(fits[mark]), mark == decimal))
    thousands = "," if best == "." else "."
    plain = [text.replace(thousands, "").replace(best, ".") for text in texts]
    numbers = [float(text) if fit else np.nan for text, fit in zip(plain, fits[best], strict=True)]
    marked = [i for i, fit in enumerate(fits[best]) if fit and ("," in texts[i] or "." in texts[i])]
    note = None
    if marked and sum(fits["."]) == sum(fits[","]):
        shown = f"{texts[marked[0]]} as {numbers[marked[0]]:g}"
        note = f"could have a decimal or a thousands mark; it is read with a decimal {best!r}: {shown}"
    return np.array(numbers, dtype=float), note
