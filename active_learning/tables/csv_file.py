"""The bytes of a CSV file, the text that they stand for, and where its records and cells are.

Every file becomes UTF-8 here, and can be turned back byte for byte. What cannot be read for certain is
refused with its line. A cell is known by its place in the text, so that a label can be written there and
nothing else changes. What an unquoted cell holds is taken as it is; a quoted one ends at the quote before a
separator or line end. Not here: what the columns mean (table, features).
"""

import codecs
import csv
import gzip
import io
import os
import re
import stat
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

MARKS = {  # the byte order marks, UTF-32 first, as its mark begins like that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    codecs.BOM_UTF8: "utf-8",
}
# What shows UTF-8: letters of common scripts. (Two bytes of Windows-1252 may be a rare letter by chance.)
UTF8 = re.compile(
    rb"[\xc2-\xc5\xce-\xd1\xd7-\xd9][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
# A capital and a quotation mark, dash or hard space of Windows-1252 ("CAFÉ”") happen to be UTF-8 too.
CHANCE = re.compile(rb"[\xc4-\xdf][\x85\x91-\x94\x96\x97\xa0\xab\xbb]")
# Bytes that Windows-1252 lacks, or the letters of Japanese in Shift-JIS, two in a row.
UNKNOWN = re.compile(rb"[\x81\x8d\x8f\x90\x9d]|(?:\x82[\x9f-\xf1]|\x83[\x40-\x7e\x80-\x96]){2}")
LOST = re.compile("\ufffd".encode())  # what stands for a letter that could not be read
TWICE = re.compile(
    rb"\xc3\x83\xc2[\xa1-\xaa\xac-\xba\xbc-\xbf]|\xc3\x82\xc2[\xa3\xa7\xa9\xae\xb0-\xb7]|\xc3\xa2\xe2\x82\xac"
)
ADVICE = "save it as 'CSV UTF-8'"
DOUBLE = 'write a quote inside a cell as ""'
PIECE = 2**24  # bytes handled at a time, so that a large file is not in memory several times over
QUOTE, CR, LF = b'"\r\n'
SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class CsvText:
    """A CSV file: its text as UTF-8, and where its cells are; a quoted cell includes its quotes."""

    data: bytes
    encoding: str  # of the file, with its mark
    mark: bytes
    sep: str
    headed: bool  # whether the first record is the header
    starts: np.ndarray  # int (n,), where each record starts
    ends: np.ndarray  # int (n, c), where each of its cells ends
    quoted: bool = True  # whether a quote encloses a cell; or it is a character like any other


def read_bytes(path):
    """A file's bytes, unpacked if it ends in .gz; ValueError if it changes meanwhile or is too large."""
    with open(path, "rb") as file:
        before = os.fstat(file.fileno())
        check_size(before.st_size)
        packed = os.fspath(path).lower().endswith(".gz")
        content = gzip.GzipFile(fileobj=file).read() if packed else file.read()
        after = os.fstat(file.fileno())
    check_size(len(content))
    changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    torn = not packed and len(content) != before.st_size
    if stat.S_ISREG(before.st_mode) and (changed or torn):  # a pipe has neither size nor time
        raise ValueError("it changed while it was read; wait until it is written, and run this again")
    return content


def check_size(size):
    """Raise ValueError if a table of so many bytes cannot be held in this machine's memory."""
    memory = _memory()
    if 2 * size > memory:  # its text and its columns
        sizes = f"{size / 2**30:.1f} GiB of text, {memory / 2**30:.1f} GiB here"
        raise ValueError(f"it is larger than memory allows ({sizes}); give a part of its rows or columns")


def _memory():
    if not hasattr(os, "sysconf"):  # Windows
        return float("inf")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        with open("/sys/fs/cgroup/memory.max") as file:  # what a container may use
            return min(memory, int(file.read()))
    except (OSError, ValueError):  # no container, or one without a limit
        return memory


def to_utf8(raw):
    """The text of a file's bytes: (its UTF-8, without a mark; its encoding; its mark).

    raises: ValueError naming the line if it is not text, or a mixture of encodings
    """
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):  # .xlsx and .zip; .xls
        raise ValueError(f"it is a workbook or an archive; {ADVICE} in the spreadsheet")
    mark = next((mark for mark in MARKS if raw.startswith(mark)), b"")
    encoding, content = MARKS.get(mark) or _unmarked(raw), raw[len(mark) :] if mark else raw
    if mark == codecs.BOM_UTF8 and (wrong := _not_utf8(content)) is not None:
        raise ValueError(f"its mark says UTF-8, but line {line_of(content, wrong)} is not; {ADVICE}")
    try:
        data = content if encoding == "utf-8" else content.decode(encoding).encode("utf-8")
    except UnicodeDecodeError as error:
        line = line_of(content[: error.start].decode(encoding, "ignore").encode("utf-8"), None)
        raise ValueError(f"line {line} is not {encoding_name(encoding)}; {ADVICE}") from None
    if (nul := data.find(b"\0")) >= 0:
        raise ValueError(f"line {line_of(data, nul)} holds a NUL byte, so it is not text; {ADVICE}")
    return data, encoding, mark


def _unmarked(raw):
    """The encoding of bytes without a mark: UTF-8, or what else they can only be."""
    for encoding in ("utf-16-le", "utf-16-be") if b"\0" in raw[:PIECE] and len(raw) % 2 == 0 else ():
        start = raw[:PIECE].decode(encoding, "ignore")
        if {*"\n\r"} & {*start} and "\0" not in start:  # it has lines, and every zero is half of a letter
            return encoding
    wrong = _not_utf8(raw)
    if wrong is None:
        return "utf-8"
    letters = (match.start() for match in UTF8.finditer(raw) if not CHANCE.fullmatch(match[0]))
    if (right := next(letters, None)) is not None:
        n_wrong = sum(_not_utf8(line) is not None for line in raw.splitlines())
        lines = f"line {line_of(raw, right)} is UTF-8 and line {line_of(raw, wrong)} is not"
        counted = f"{n_wrong} line{'s' * (n_wrong > 1)} in all"
        raise ValueError(f"it mixes encodings: {lines} ({counted}); {ADVICE} and mend them")
    if unknown := UNKNOWN.search(raw):
        where = f"line {line_of(raw, unknown.start())} is neither UTF-8 nor Windows-1252"
        raise ValueError(f"{where} (byte {unknown[0][:1].hex()}); {ADVICE}")
    return "cp1252"


def letter_notes(data):
    """Notes on letters that were lost or encoded twice before a file was written."""
    notes = []
    for fate, pattern in (("lost", LOST), ("encoded twice", TWICE)) if not data.isascii() else ():
        if match := pattern.search(data):
            line, around = line_of(data, match.start()), data[max(match.start() - 6, 0) : match.end()]
            sample = around.splitlines()[-1].decode("utf-8", "ignore")
            notes.append(
                f"letters were {fate}, as in {sample!r} in line {line}; mend the file where it was made"
            )
    return notes


def _not_utf8(raw):
    """Where the first byte is that is not UTF-8, or None."""
    try:
        raw.isascii() or raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def from_utf8(data, encoding, mark):
    """The bytes that to_utf8 would turn into this text; ValueError naming what the encoding cannot write."""
    if encoding == "utf-8":
        return mark + data
    try:
        return mark + data.decode("utf-8").encode(encoding)
    except UnicodeEncodeError as error:
        letter = repr(error.object[error.start])
        fault = f"{encoding_name(encoding)}, the table's encoding, cannot write {letter}"
        raise ValueError(f"{fault}; save the table as 'CSV UTF-8' first") from None


def encoding_name(encoding):
    """What a user calls an encoding."""
    return {"cp1252": "Windows-1252 (Latin-1)"}.get(encoding, encoding.upper()[:6].rstrip("-"))


def line_of(data, position):
    """The number, from 1, of the line of a file that holds this position (None: its end)."""
    head = data[:position]
    return head.count(b"\n") + head.count(b"\r") - head.count(b"\r\n") + 1


def cut(data, begin, sep, quoted=True):
    """Where the records from begin on start (n,) and their cells end (n, c); blank lines are not records.

    raises: ValueError with the line of a quote that stands where none can, or of a record of another length
    """
    buffer = np.frombuffer(data, np.uint8)
    marks, stops = find_marks(buffer, begin, sep)
    quotes = _find(buffer, b'"' * quoted, begin)
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
    table = np.isin(np.arange(256), [*characters])
    kind = np.int32 if len(buffer) < 2**31 - 1 else np.int64
    pieces = [np.empty(0, kind)]
    for start in range(begin, len(buffer), PIECE):
        pieces.append((np.flatnonzero(table[buffer[start : start + PIECE]]) + start).astype(kind))
    return np.concatenate(pieces)


def _paired(buffer, quotes, begin, sep):
    """Whether quotes enclose whole cells, or double inside them: then they need not be walked through."""
    if len(quotes) % 2:
        return False
    limits = np.isin(np.arange(256), [ord(sep), CR, LF])
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
    enclosing, at = [], data.find(b'"', begin)
    while at >= 0:
        if at > begin and data[at - 1] not in limits:
            end = bare.match(data, at).end()
        else:
            cell = quoted.match(data, at)
            if cell is None:
                line = line_of(data, at)
                raise ValueError(f"line {line}: a quote opens a cell here and is never closed; {DOUBLE}")
            end = cell.end()
            if end < len(data) and data[end] not in limits:
                opened, closed = line_of(data, at), line_of(data, end)
                fault = f"line {opened}: a quote opens a cell, and closes amid one in line {closed}"
                raise ValueError(f"{fault}; {DOUBLE}, and the cell in quotes")
            enclosing += [at, end - 1]
        at = data.find(b'"', end)
    return np.array(enclosing, dtype=np.int64)


def _records(data, begin, marks, stops):
    """Starts (n,) and ends (n, c) of records, blank lines left out; ValueError if they differ in length."""
    buffer = np.frombuffer(data, np.uint8)
    last = np.flatnonzero(stops)
    counts = np.diff(last, prepend=-1)
    after = marks[last[:-1]] + 1
    after += (buffer[after - 1] == CR) & (buffer[after] == LF)
    starts = np.append(np.array([begin], dtype=marks.dtype), after)
    blank = (counts == 1) & (starts == marks[last])
    if counts.max() > 1:  # a line of spaces is not a row either
        single = np.flatnonzero((counts == 1) & ~blank)
        blank[[i for i in single if not data[starts[i] : marks[last[i]]].strip(b" ")]] = True
    rows = np.flatnonzero(~blank)
    width = counts[rows[0]]
    if len(wrong := rows[counts[rows] != width]):
        line, first = line_of(data, starts[wrong[0]]), line_of(data, starts[rows[0]])
        cells = "1 cell" if counts[wrong[0]] == 1 else f"{counts[wrong[0]]} cells"
        fault = f"line {line} has {cells}, but line {first} has {width}"
        raise ValueError(f"{fault}; put a cell that holds a separator or a line break in quotes")
    ends = marks if len(rows) == len(counts) else marks[np.repeat(~blank, counts)]
    return starts[rows], ends.reshape(-1, width)


def read_csv(path, *, wanted=(), header=True, quoted=True):
    """Read a CSV file, .gz too, in any separator and encoding that is certain.

    wanted: names of columns that the header should hold: they tell the separator where several would do
    quoted: whether a quote encloses a cell
    returns: CsvText
    raises: OSError; ValueError with the line if a row has another number of cells than the header, a quote
        stands where none can, the bytes are not text or mix encodings, or the file changes meanwhile
    """
    data, encoding, mark = to_utf8(read_bytes(path))
    hint = re.match(rb'"?sep=([\t !#-~])"?(\r\n|\r|\n)', data)  # tells a spreadsheet the separator
    begin = hint.end() if hint else 0
    if not data[begin:].strip(b" \t\r\n"):
        raise ValueError("it is empty")
    faults = []
    seps = [hint[1].decode()] if hint else _likely_separators(data, wanted, header, quoted)
    for sep in seps:
        try:
            return CsvText(data, encoding, mark, sep, header, *cut(data, begin, sep, quoted), quoted)
        except ValueError as fault:
            faults.append(fault)
    raise ValueError(f"{faults[0]}{plain_quotes(data, begin, seps[0]) if quoted else ''}")


def plain_quotes(data, begin, sep):
    """Advice for a file that can be read if its quotes are plain characters; "" if it cannot."""
    try:
        cut(data, begin, sep, quoted=False)
    except ValueError:
        return ""
    return "; or type --quoting none, if quotes are plain characters in this file"


def _likely_separators(data, wanted, header, quoted):
    """The separators that find most of the wanted names in the first row, those with the most cells first."""
    start = data[: 2**20].decode("utf-8", "ignore")
    names = {sep: _first_row(start, sep, quoted) for sep in SEPARATORS}
    n_found = {sep: len({*wanted} & {*cells}) * header for sep, cells in names.items()}
    seps = [sep for sep in SEPARATORS if len(names[sep]) > 1 and n_found[sep] == max(n_found.values())]
    return sorted(seps, key=lambda sep: -len(names[sep])) or [","]


def _first_row(text, sep, quoted):
    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=sep, quoting=quoting)
    try:
        return next((cells for cells in rows if any(cell.strip(" ") for cell in cells) or len(cells) > 1), [])
    except csv.Error:  # a cell too large for a name
        return []


def cell_texts(csv_text, i):
    """The cells of a record, by its place; the header, if there is one, is record 0."""
    limits = [int(csv_text.starts[i]), *(csv_text.ends[i] + 1).tolist()]
    cells = [csv_text.data[start : end - 1] for start, end in pairwise(limits)]
    if csv_text.quoted:
        cells = [cell[1:-1].replace(b'""', b'"') if cell[:1] == b'"' else cell for cell in cells]
    return [cell.decode("utf-8") for cell in cells]


def spell(text, csv_text, *, always=False):
    """A cell as it is written in a file: in quotes where it must be, if the file has any."""
    if csv_text.quoted:
        return quote(text, csv_text.sep, always=always)
    if any(character in text for character in (csv_text.sep, "\r", "\n")):
        fault = (
            f"the table has no quotes (--quoting none), and cannot hold a separator or line break: {text!r}"
        )
        raise ValueError(fault)
    return text


def quote(text, sep, *, always=False):
    """A cell as it is written: in quotes where it must be."""
    needed = always or any(character in text for character in (sep, '"', "\r", "\n"))
    return '"' + text.replace('"', '""') + '"' if needed else text


def bounds(csv_text, j):
    """Where the cells of a column start and end in the text: (n,), (n,), the header's left out."""
    body = slice(int(csv_text.headed), None)
    starts = csv_text.starts if j == 0 else csv_text.ends[:, j - 1] + 1
    return starts[body], csv_text.ends[body, j]


def column(csv_text, j):
    """The texts of a column, as an array of pandas' str type."""
    import pyarrow.compute as pc

    buffer = np.frombuffer(csv_text.data, np.uint8)
    starts, ends = bounds(csv_text, j)
    quoted = (starts < ends) & (buffer[np.minimum(starts, len(buffer) - 1)] == QUOTE) & csv_text.quoted
    texts = _gather(buffer, starts + quoted, ends - quoted)
    if quoted.any():
        texts = pc.if_else(quoted, pc.replace_substring(texts, '""', '"'), texts)
    return pd.array(texts, dtype="str")


def _gather(buffer, starts, ends, rows=2**12):
    """Pieces of a text as an arrow array; some rows at a time, as the index takes 8 bytes a character."""
    import pyarrow as pa

    offsets = np.append(0, np.cumsum(ends - starts, dtype=np.int64))
    texts = np.empty(offsets[-1], np.uint8)
    for i in range(0, len(starts), rows):
        begin = offsets[i : i + rows + 1]
        shifts = np.repeat(starts[i : i + rows] - begin[:-1], np.diff(begin))
        texts[begin[0] : begin[-1]] = buffer[shifts + np.arange(begin[0], begin[-1])]
    return pa.LargeStringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(texts))
