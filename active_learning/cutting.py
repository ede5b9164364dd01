"""A CSV text cut into records and cells, all at once with numpy, or refused with the line.

What an unquoted cell holds is taken as it is; a quoted one ends at the quote before a separator or line end.
"""

import re

import numpy as np

from active_learning.encoding import PIECE, line_of

QUOTE, CR, LF = b'"\r\n'
UNCLOSED = 'a quote opens a cell here and is never closed; write a quote inside a cell as ""'


def cut(data, begin, sep):
    """Where the records from begin on start (n,) and their cells end (n, c); blank lines are no records.

    raises: ValueError with the line of a quote that stands where none can, or of a record of another length
    """
    buffer = np.frombuffer(data, np.uint8)
    marks, stops = find_marks(buffer, begin, sep)
    quotes = _find(buffer, b'"', begin)
    if len(quotes):
        quotes = quotes if _paired(buffer, quotes, begin, sep) else _walk(data, begin, sep)
        outside = np.searchsorted(quotes, marks) % 2 == 0
        marks, stops = marks[outside], stops[outside]
    return _records(data, begin, marks, stops)


def find_marks(buffer, begin, sep):
    """All that could end a cell, in quotes or not: where it stands (m,), and whether it ends a line (m,)."""
    marks = _find(buffer, sep.encode() + b"\r\n", begin)
    marks = marks[~((buffer[marks] == LF) & (buffer[marks - 1] == CR) & (marks > begin))]
    stops = buffer[marks] != ord(sep)
    if buffer[-1] not in (CR, LF):  # the last line has no end
        marks, stops = np.append(marks, marks.dtype.type(len(buffer))), np.append(stops, True)
    return marks, stops


def _find(buffer, characters, begin):
    """Where these characters stand from begin on; int32 where it can hold them, to save memory."""
    table = np.zeros(256, dtype=bool)
    table[list(characters)] = True
    kind = np.int32 if len(buffer) < 2**31 - 1 else np.int64
    pieces = [np.empty(0, kind)]
    for start in range(begin, len(buffer), PIECE):
        pieces.append((np.flatnonzero(table[buffer[start : start + PIECE]]) + start).astype(kind))
    return np.concatenate(pieces)


def _paired(buffer, quotes, begin, sep):
    """Whether quotes stand in pairs about whole cells, doubled ones apart: then they are all of one kind."""
    if len(quotes) % 2:
        return False
    limits = np.zeros(256, dtype=bool)
    limits[[ord(sep), CR, LF]] = True
    opening, closing = quotes[::2], quotes[1::2]
    doubled = closing[:-1] + 1 == opening[1:]
    first = (opening == begin) | limits[buffer[np.maximum(opening, 1) - 1]]
    last = (closing == len(buffer) - 1) | limits[buffer[np.minimum(closing + 1, len(buffer) - 1)]]
    first[1:] |= doubled
    last[:-1] |= doubled
    return bool(first.all() and last.all())


def _walk(data, begin, sep):
    """The quotes that open and close cells, one by one; those amid an unquoted cell are characters of it."""
    limits = sep.encode() + b"\r\n"
    quoted, bare = re.compile(rb'"(?:[^"]++|"")*+"'), re.compile(rb"[^" + re.escape(limits) + rb"]*")
    found, at = [], data.find(b'"', begin)
    while at >= 0:
        if at > begin and data[at - 1] not in limits:
            end = bare.match(data, at).end()
        else:
            cell = quoted.match(data, at)
            if cell is None:
                raise ValueError(f"line {line_of(data, at)}: {UNCLOSED}")
            end = cell.end()
            if end < len(data) and data[end] not in limits:
                opened, closed = line_of(data, at), line_of(data, end)
                where = f"line {opened}: a quote opens a cell, and closes amid one in line {closed}"
                raise ValueError(f'{where}; write a quote inside a cell as "", and the cell in quotes')
            found += [at, end - 1]
        at = data.find(b'"', end)
    return np.array(found, dtype=np.int64)


def _records(data, begin, marks, stops):
    """Starts (n,) and ends (n, c) of records, blank lines left out; ValueError if they differ in length."""
    last = np.flatnonzero(stops)
    counts = np.diff(last, prepend=-1)
    after = marks[last[:-1]] + 1
    buffer = np.frombuffer(data, np.uint8)
    after += (buffer[after - 1] == CR) & (buffer[after] == LF)
    starts = np.append(np.array([begin], dtype=marks.dtype), after)
    blank = (counts == 1) & (starts == marks[last])
    alone = np.flatnonzero((counts == 1) & ~blank)
    if counts.max() > 1:  # where a line of spaces is no row either
        blank[[i for i in alone if not data[starts[i] : marks[last[i]]].strip(b" ")]] = True
    kept = np.flatnonzero(~blank)
    width = counts[kept[0]]
    wrong = kept[counts[kept] != width]
    if len(wrong):
        line, first = line_of(data, starts[wrong[0]]), line_of(data, starts[kept[0]])
        cells = f"line {line} has {_cells(counts[wrong[0]])}, but line {first} has {width}"
        raise ValueError(f"{cells}; put a cell that holds a separator or a line break in quotes")
    ends = marks if len(kept) == len(counts) else marks[np.repeat(~blank, counts)]
    return starts[kept], ends.reshape(-1, width)


def _cells(count):
    return "1 cell" if count == 1 else f"{count} cells"
