"""A table as a file: the merged table, equal to the input but for its new labels, or the rows to label next.

Of a CSV, only the cells of new labels are written; every other byte is copied. Not here: how a file gets its
name when it is whole (replacing), where the cells are (cutting).
"""

import codecs
import math
import re

import numpy as np
import pandas as pd

from active_learning.checks import some
from active_learning.encoding import from_utf8
from active_learning.labels import as_text
from active_learning.reading import bounds, cell_texts, column, quote
from active_learning.replacing import check_output, replacing

# A spreadsheet runs a cell that begins so; apostrophes too, so that two cells never become one.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
ROWS = 50_000  # made into text at a time


def write_table(table, path, *, ids=None, force=False, spreadsheet_safe=False):
    """Write a table to a new CSV file, whole or not at all, every cell as it was but the labels filled in.

    ids: write only these rows, in this order, each with an empty label to fill in; None: all, as they are
    force: replace an existing file, keeping its permissions; but one that was read is never written to
    spreadsheet_safe: put an apostrophe before the cells of these rows that a spreadsheet would run
    raises: OSError with nothing written and nothing lost; ValueError unless the path ends in .csv, and if the
        table's encoding cannot write a label
    """
    check_output(path, table.sources, force)
    if ids is not None:
        content = _rows_to_label(table, ids, safe if spreadsheet_safe else str)
    elif spreadsheet_safe:
        raise ValueError("spreadsheet_safe is for rows to label (ids, --suggest): a merged table is exact")
    else:
        content = _spelled_out(table) if table.text is None else _filled_in(table)
    with replacing(path, table.sources, force) as file:
        file.writelines(content)


def safe(cell):
    """A cell that no spreadsheet runs as a formula: with an apostrophe before it, unless it is a number."""
    if not FORMULA.match(cell):
        return cell
    try:
        return cell if math.isfinite(float(cell)) and cell == cell.strip() else "'" + cell
    except ValueError:
        return "'" + cell


def _filled_in(table):
    """The bytes of the file that the table was read from, with the labels that it did not hold."""
    text, j = table.text, table.frame.columns.get_loc(table.label_column)
    old, new = column(text, j), table.frame[table.label_column].array
    starts, ends = bounds(text, j)
    pieces, at = [], 0
    for i in np.flatnonzero(np.asarray(old != new)):
        always = text.data[starts[i] : starts[i] + 1] == b'"'  # as its cell was
        pieces += [text.data[at : starts[i]], quote(new[i], text.sep, always=always).encode("utf-8")]
        at = ends[i]
    return [from_utf8(b"".join([*pieces, text.data[at:]]), text.encoding, text.mark)]


def _spelled_out(table):
    """The bytes, some rows at a time, of a table that was read from no CSV file."""
    named = table.numbered and not isinstance(table.frame.index, pd.RangeIndex)
    frame = table.frame.reset_index() if named else table.frame
    texts = frame.apply(as_text)
    names = [*frame.columns]
    ascii_only = "".join(names).isascii() and all(texts[name].str.isascii().all() for name in names)
    yield b"" if ascii_only else codecs.BOM_UTF8  # spreadsheets need the mark for all but ASCII
    yield _lines([names], table.sep)
    for start in range(0, len(texts), ROWS):
        part = texts.iloc[start : start + ROWS]
        yield _lines(zip(*(part[name] for name in names), strict=True), table.sep)


def _lines(rows, sep, end="\n"):
    return "".join(sep.join(quote(cell, sep) for cell in row) + end for row in rows).encode("utf-8")


def _rows_to_label(table, ids, spell):
    """The bytes of some rows, with their ids and an empty label; spell: how a cell is written."""
    places = table.frame.index.get_indexer(ids)
    if (places < 0).any():
        raise ValueError(f"these ids are not in {table.name}: {some(np.asarray(ids)[places < 0])}")
    frame, text = table.frame.iloc[places].assign(**{table.label_column: ""}), table.text
    names = cell_texts(text, 0) if text is not None and text.headed else [*frame.columns]
    if table.numbered:
        names, frame = [frame.index.name, *names], frame.reset_index()
    rows = [names, *zip(*(as_text(frame.iloc[:, j]) for j in range(len(names))), strict=True)]
    rows = [[spell(cell) for cell in row] for row in rows]
    if text is None:
        data, encoding, mark = _lines(rows, table.sep), "utf-8", b""
    else:
        data, encoding, mark = (
            text.data[: text.starts[0]] + _lines(rows, text.sep, _line_end(text)),
            text.encoding,
            text.mark,
        )
    if encoding == "utf-8" and not data.isascii():
        mark = codecs.BOM_UTF8
    return [from_utf8(data, encoding, mark)]


def _line_end(text):
    after = text.data[text.ends[0, -1] :][:2]
    return "\r\n" if after == b"\r\n" else after[:1].decode() or "\n"
