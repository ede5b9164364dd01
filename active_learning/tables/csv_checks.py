"""What a CSV file looks like but does not say: rows swallowed by stray quotes, a first row that is no header.

A file is read by its syntax (cutting). Here it is asked whether a careful reader would have read it so.
"""

import re

import numpy as np

from active_learning._validation import some
from active_learning.tables.csv_file import cell_texts, find_marks, line_of

NUMBER = re.compile(r"\s*[+-]?(\d[\d.,]*|[.,]\d+)([eE][+-]?\d+)?\s*%?\s*")
DATE = re.compile(r"\s*\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T].*)?")
FEW = 500  # rows to look at where a glance must do
MANY = 100_000  # cells, likewise


def check_swallowed(csv_text):
    """Notes on quoted cells that look like rows between two stray quotes; ValueError if it is all but sure.

    Each line of such a record has as many cells as the header; it is refused if they hold numbers where all
    other rows do.
    """
    doubtful = _doubtful(csv_text)
    plain = np.setdiff1d(np.arange(1, min(len(csv_text.starts), FEW)), doubtful) if len(doubtful) else []
    rows = [cell_texts(csv_text, i) for i in plain]
    numeric = [j for j in range(csv_text.ends.shape[1]) if _are(NUMBER, [row[j] for row in rows])]
    for i in doubtful[:FEW]:
        record = csv_text.data[csv_text.starts[i] : csv_text.ends[i, -1]].decode("utf-8")
        lines = re.split("\r\n|\r|\n", record)
        if _fit([line.split(csv_text.sep) for line in lines], numeric):
            first = line_of(csv_text.data, csv_text.starts[i])
            where = (
                f"a quote makes lines {first} to {first + len(lines) - 1} one row, and each looks like one"
            )
            raise ValueError(f'{where}; take the stray quote out, or write it as "" in a quoted cell')
    if not len(doubtful) or csv_text.ends.shape[1] < 3:
        return []
    first = line_of(csv_text.data, csv_text.starts[doubtful[0]])
    return [f"a row in line {first} has a cell of lines that each look like a row: is a quote astray?"]


def _doubtful(csv_text):
    """The records of several lines, each with as many separators as a row has."""
    marks, stops = find_marks(np.frombuffer(csv_text.data, np.uint8), csv_text.starts[0], csv_text.sep)
    lines, n, width = np.flatnonzero(stops), len(csv_text.starts), csv_text.ends.shape[1]
    if len(lines) <= n or width < 2:
        return np.empty(0, int)
    cells = np.diff(lines, prepend=-1)
    of = np.searchsorted(csv_text.starts, marks[lines], side="right") - 1
    many, whole = np.bincount(of, minlength=n), np.bincount(of, cells == width, minlength=n)
    return np.flatnonzero((many > 1) & (whole == many))


def _fit(rows, numeric):
    """Whether rows have numbers in columns of numbers, and in one of them each row has one."""
    cells = [[row[j].strip() for row in rows] for j in numeric]
    numbers = [[bool(NUMBER.fullmatch(cell)) for cell in column] for column in cells]
    fit = all(
        not cell or is_number
        for pair in zip(cells, numbers, strict=True)
        for cell, is_number in zip(*pair, strict=True)
    )
    return fit and any(all(column) for column in numbers)


def _are(pattern, cells):
    """Whether the cells that are not empty, two at least, all but one in twenty match a pattern."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) > 1 and sum(bool(pattern.fullmatch(cell)) for cell in filled) >= 0.95 * len(filled)


def lacks_header(csv_text, *, surely=False):
    """Whether the first row looks like the others: numbers above numbers, texts that come again below.

    surely: ask that each of its cells does, instead of one at least and the others none that cannot
    """
    n, width = csv_text.ends.shape
    rows = [cell_texts(csv_text, i) for i in range(min(FEW, 10 + MANY // width, n))]
    if rows[0] in ([str(j + first) for j in range(len(rows[0]))] for first in (0, 1)):
        return False  # columns that are numbered
    votes = (_alike(first, cells) for first, *cells in zip(*rows, strict=True))
    if surely:
        return all(vote == 1 for vote in votes)
    votes = {*votes}
    return 1 in votes and -1 not in votes


def _alike(name, cells):
    """1 if a first cell looks like those below it, -1 if it cannot be one of them, 0 if nobody can say."""
    if not name.strip():
        return 0
    for pattern in (NUMBER, DATE):
        if _are(pattern, cells):
            return 1 if pattern.fullmatch(name) else -1
    return int(name in cells)


def headless(csv_text):
    """What to say of a file whose first row looks like the others."""
    return (
        f"the first row ({some(cell_texts(csv_text, 0), 3)}) looks like the rows below; if the file "
        "has no header, type --no-header, which names the columns 1, 2, 3, ... "
        f"(--label-column {csv_text.ends.shape[1]}, say)"
    )
