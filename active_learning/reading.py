"""The text of a CSV file cut into cells, strictly: what cannot be read for certain is refused with its line.

A cell is known by where it stands in the text, so that a label can be written in its place and nothing else
changes. Not here: which characters the bytes are (encoding), what the columns mean (tables, features).
"""

import csv
import io
import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from active_learning.cutting import QUOTE, cut
from active_learning.encoding import read_bytes, to_utf8

SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class CsvText:
    """A CSV file: its text as UTF-8, and where its cells are; a quoted cell includes its quotes."""

    data: bytes
    encoding: str  # of the file, with its mark
    mark: bytes
    sep: str
    headed: bool  # is the first record the header?
    starts: np.ndarray  # int (n,), where each record starts
    ends: np.ndarray  # int (n, c), where each of its cells ends


def read_csv(path, *, wanted=(), header=True):
    """Read a CSV file, .gz too, in any separator and encoding that is certain.

    wanted: names of columns that the header should hold: they tell the separator where several would do
    returns: CsvText
    raises: OSError; ValueError with the line if a row has another number of cells than the header, a quote
        stands where none can, the text is no text or mixes encodings, or the file changes meanwhile
    """
    data, encoding, mark = to_utf8(read_bytes(path))
    hint = re.match(
        rb'"?sep=([\t !#-~])"?(\r\n|\r|\n)', data
    )  # a line that tells a spreadsheet the separator
    begin = hint.end() if hint else 0
    if not data[begin:].strip(b" \t\r\n"):
        raise ValueError("it is empty")
    seps = [hint[1].decode()] if hint else _likely_separators(data, wanted, header)
    faults = []
    for sep in seps:
        try:
            return CsvText(data, encoding, mark, sep, header, *cut(data, begin, sep))
        except ValueError as fault:
            faults.append(fault)
    raise faults[0]


def _likely_separators(data, wanted, header):
    """The separators that find most of the wanted names in the first row, those with the most cells first."""
    text = io.StringIO(data[: 2**20].decode("utf-8", "ignore"), newline="")
    names = {}
    for sep in SEPARATORS:
        text.seek(0)
        names[sep] = _first_row(csv.reader(text, delimiter=sep))
    found = {sep: len({*wanted} & {*cells}) * header for sep, cells in names.items()}
    seps = [sep for sep in SEPARATORS if len(names[sep]) > 1 and found[sep] == max(found.values())]
    return sorted(seps, key=lambda sep: -len(names[sep])) or [","]


def _first_row(rows):
    try:
        return next((cells for cells in rows if any(cell.strip(" ") for cell in cells) or len(cells) > 1), [])
    except csv.Error:  # a cell too large for a name
        return []


def cell_texts(csv_text, i):
    """The cells of a record, by its place; the header, if there is one, is record 0."""
    bounds = [int(csv_text.starts[i]), *(csv_text.ends[i] + 1).tolist()]
    cells = [csv_text.data[start : end - 1] for start, end in pairwise(bounds)]
    return [unquote(cell).decode("utf-8") for cell in cells]


def unquote(cell):
    """The content of a cell as it stands in the text."""
    return cell[1:-1].replace(b'""', b'"') if cell[:1] == b'"' else cell


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
    import pandas as pd
    import pyarrow.compute as pc

    buffer = np.frombuffer(csv_text.data, np.uint8)
    starts, ends = bounds(csv_text, j)
    quoted = (starts < ends) & (buffer[np.minimum(starts, len(buffer) - 1)] == QUOTE)
    texts = _gather(buffer, starts + quoted, ends - quoted)
    if quoted.any():
        texts = pc.if_else(quoted, pc.replace_substring(texts, '""', '"'), texts)
    return pd.array(texts, dtype="str")


def _gather(buffer, starts, ends, rows=2**17):
    """Pieces of a text as an arrow array; some rows at a time, as the index takes 8 bytes a character."""
    import pyarrow as pa

    offsets = np.append(0, np.cumsum(ends - starts, dtype=np.int64))
    texts = np.empty(offsets[-1], np.uint8)
    for i in range(0, len(starts), rows):
        part = slice(i, i + rows)
        begin, lengths = offsets[i : i + rows + 1], (ends - starts)[part]
        index = np.repeat(starts[part] - begin[: len(lengths)], lengths) + np.arange(
            begin[0], begin[len(lengths)]
        )
        texts[begin[0] : begin[len(lengths)]] = buffer[index]
    return pa.LargeStringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(texts))
