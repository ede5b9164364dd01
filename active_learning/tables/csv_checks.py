"""Doubts about a CSV file that its syntax leaves: rows inside a quoted cell, and a first row of data.

Not here: the syntax itself (csv_file).
"""

import re
from collections import Counter

import numpy as np

from active_learning._validation import some
from active_learning.tables.csv_file import CsvText, cell_texts, find_marks, line_of, plain_quotes
from active_learning.tables.numbers import is_date, is_number, split_unit

MOST_ROWS = 500  # to look at
MOST_CELLS = 100_000  # likewise
ENOUGH = 8  # cells that show the values or the shape of a column


def check_swallowed(csv_text):
    """Notes on quoted cells that may be rows between two stray quotes; ValueError if it is all but sure.

    Each line of such a record has as many cells as the header. It is refused if the cells between the quotes
    look like those of all other rows, in the columns that can tell: numbers, codes of one shape, and few
    values that repeat. Where no column can tell, there is a note.
    """
    suspects = _suspects(csv_text) if csv_text.quoted else ()
    if not len(suspects):
        return []
    others = np.setdiff1d(np.arange(1, min(len(csv_text.starts), MOST_ROWS)), suspects)
    columns = [*zip(*(cell_texts(csv_text, i) for i in others), strict=True)]
    tests = {j: test for j, cells in enumerate(columns) if (test := _test(cells))}
    for i in suspects[:MOST_ROWS]:
        lines = _lines_of(csv_text, i)
        if _fit(_between_quotes([line.split(csv_text.sep) for line in lines]), tests, csv_text.sep):
            first = line_of(csv_text.data, csv_text.starts[i])
            last = first + len(lines) - 1
            fault = f"a quote makes lines {first} to {last} one row, and each looks like one"
            mend = 'take the stray quote out, or write it as "" in a quoted cell'
            raise ValueError(
                f"{fault}; {mend}{plain_quotes(csv_text.data, csv_text.starts[0], csv_text.sep)}"
            )
    if tests:
        return []
    first = line_of(csv_text.data, csv_text.starts[suspects[0]])
    return [f"a row in line {first} has a cell of lines that each look like a row: is a quote astray?"]


def _suspects(csv_text):
    """The records of several lines, each with as many separators as a row has."""
    data, n = csv_text.data, len(csv_text.starts)
    if data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n") + (data[-1:] not in b"\r\n") <= n:
        return np.empty(0, int)  # no record has several
    marks, stops = find_marks(np.frombuffer(csv_text.data, np.uint8), csv_text.starts[0], csv_text.sep)
    lines, n, width = np.flatnonzero(stops), len(csv_text.starts), csv_text.ends.shape[1]
    if len(lines) <= n or width < 2:
        return np.empty(0, int)
    record = np.searchsorted(csv_text.starts, marks[lines], side="right") - 1
    n_lines = np.bincount(record, minlength=n)
    n_whole = np.bincount(record, np.diff(lines, prepend=-1) == width, minlength=n)
    return np.flatnonzero((n_lines > 1) & (n_whole == n_lines))


def _lines_of(csv_text, i):
    record = csv_text.data[csv_text.starts[i] : csv_text.ends[i, -1]].decode("utf-8")
    return re.split("\r\n|\r|\n", record)


def _between_quotes(rows):
    """The cells of rows (lists of texts), by column, that one pair of quotes encloses; None at both ends."""
    opening = next((j for j, cell in enumerate(rows[0]) if cell[:1] == '"'), 0)
    closing = next((j for j, cell in reversed([*enumerate(rows[-1])]) if cell[-1:] == '"'), len(rows[-1]))
    first = [cell if j > opening else None for j, cell in enumerate(rows[0])]
    last = [cell if j < closing else None for j, cell in enumerate(rows[-1])]
    return [*zip(first, *rows[1:-1], last, strict=True)]


def _fit(columns, tests, sep):
    """Whether nearly all cells pass the tests of their columns, and enough of them are filled to be sure.

    In a cell of text a line may well end with a comma, but hardly with a tab.
    """
    cells = [(tests[j], cell.strip()) for j in tests for cell in columns[j] if cell is not None]
    passed = [test(cell) for test, cell in cells if cell]
    return sum(passed) >= 0.8 * len(passed) and bool(passed or (cells and sep == "\t"))


def _test(cells):
    """What tells whether a cell is of a column, given some of its cells; None if nothing does."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if _most(is_number, filled):
        return is_number
    counts = Counter(filled)
    if len(filled) >= ENOUGH and sum(n for n in counts.values() if n > 1) >= 0.95 * len(filled):
        return counts.__contains__
    shape, n = Counter(map(_shape, filled)).most_common(1)[0] if filled else ("", 0)
    shaped = len(filled) >= ENOUGH and n >= 0.95 * len(filled) and "9" in shape
    return (lambda cell: _shape(cell) == shape) if shaped else None


def _shape(cell):
    """A cell with each run of digits as 9 and of letters as a: a code or date has the shape of the others."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", cell))


def _most(test, cells):
    """Whether two cells at least, and all but one in twenty, of those that are not empty pass a test."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) > 1 and sum(map(test, filled)) >= 0.95 * len(filled)


def lacks_header(csv_text, *, surely=False):
    """Whether the first row looks like the others: numbers above numbers, or texts that occur again below.

    Parameters
    ----------
    csv_text : CsvText
    surely : bool
        Ask that each of its cells does, instead of one at least and that none cannot.

    Returns
    -------
    bool
    """
    n, width = csv_text.ends.shape
    rows = [cell_texts(csv_text, i) for i in range(min(MOST_ROWS, 10 + MOST_CELLS // width, n))]
    if rows[0] in ([str(j + first) for j in range(width)] for first in (0, 1)):
        return False  # columns that are numbered
    votes = [_vote(name, cells) for name, *cells in zip(*rows, strict=True)]
    return all(vote == 1 for vote in votes) if surely else 1 in votes and -1 not in votes


def _vote(name, cells):
    """1 if a first cell looks like those below it, -1 if it cannot be one of them, 0 if it is open."""
    cells = [cell for cell in cells if cell.strip()]
    if not name.strip():
        return 0
    if _most(is_number, cells):
        units = {split_unit(cell)[0] for cell in cells}
        return 1 if is_number(name) and split_unit(name)[0] in units else -1
    if _most(is_date, cells):
        return 1 if is_date(name) else -1
    return int(name in cells)


def check_header(csv_text, name, *, surely=False):
    """Raise ValueError naming --no-header if the first row of a CSV file looks like the others."""
    if isinstance(csv_text, CsvText) and csv_text.headed and lacks_header(csv_text, surely=surely):
        fault = f"the first row ({some(cell_texts(csv_text, 0), 3)}) looks like the rows below"
        last = f"--label-column {csv_text.ends.shape[1]}, say"
        advice = f"if the file has no header, type --no-header, which names the columns 1, 2, 3, ... ({last})"
        raise ValueError(f"{name}: {fault}; {advice}")
