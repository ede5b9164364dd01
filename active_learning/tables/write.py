"""A table as a file: the merged table, equal to the input but for its new labels, or the rows to label next.

Of a CSV, only the cells of new labels are written; every other byte is copied. A file appears under its name
whole or not at all, whatever happens to the program or the machine: it is written beside its place as
`.active-learning-*.partial`. A killed program leaves that file, and the next one that writes to the folder
removes it; deleting it by hand does no harm. Not here: where the cells are (csv_file).
"""

import codecs
import errno
import math
import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pandas as pd

from active_learning._validation import some
from active_learning.tables.csv_file import CsvText, bounds, cell_texts, column, from_utf8, quote, spell
from active_learning.tables.labels import as_text
from active_learning.tables.records import (
    EXCEL_NEEDS,
    JsonText,
    Sheet,
    as_records,
    book_file,
    excel_text,
    form_of,
    json_cells,
    json_file,
    json_records,
    merged_json,
    merged_sheet,
    with_row,
)

try:
    import fcntl
except ImportError:  # Windows, where a file left by a killed program stays until it is deleted by hand
    fcntl = None

ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xlsx")


def check_output(path, sources, force):
    """Check that a table may be written at a path.

    Parameters
    ----------
    path : str or path
    sources : sequence of paths
        Files that were read, and are never written to.
    force : bool
        Whether an existing file may be replaced.

    Raises
    ------
    ValueError
        Unless the path ends in one of ENDINGS.
    FileExistsError
        If the path is taken.
    """
    path = os.fspath(path)
    if not path.lower().endswith(ENDINGS):
        raise ValueError(f"the name of the output must end in {' or '.join(ENDINGS)}, got {path!r}")
    if not os.path.exists(path):
        return
    if any(os.path.exists(file) and os.path.samefile(path, file) for file in sources):
        raise FileExistsError(errno.EEXIST, "an input is never written to; choose another name", path)
    if not (os.path.isfile(path) or os.path.isdir(path)):
        raise FileExistsError(errno.EEXIST, "this is a device or a pipe, which no file replaces", path)
    if not force:
        raise FileExistsError(errno.EEXIST, "the file exists; choose another name or force it", path)


@contextmanager
def replacing(path, sources, force):
    """A file to write bytes to, which takes its name when it is whole and on the disk.

    raises: OSError, with nothing written and nothing lost
    """
    target = Path(os.path.realpath(path))
    temporary = None
    try:
        _remove_stale(target.parent)
        file, temporary = _create(target.parent)
        with file:
            _take_mode(temporary, target)
            yield file
            file.flush()
            os.fsync(file.fileno())
            if fcntl is None:
                file.close()  # Windows renames no open file
            check_output(path, sources, force)  # another program may have taken the name meanwhile
            _rename(temporary, target, force)
        _sync(target.parent)
    except OSError as error:  # with the path that the user knows
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _create(folder):
    """A new file, open and locked for as long as it is written, and its path."""
    while True:
        path = folder / f".active-learning-{secrets.token_hex(8)}.partial"
        file = open(path, "xb")  # noqa: SIM115, the caller closes it
        if fcntl is None:
            return file, path
        with suppress(BlockingIOError):  # another program takes it for stale just now
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists():  # or did before it was locked
                return file, path
        file.close()


def _remove_stale(folder):
    """Remove what killed programs left in a folder: the files that nobody holds a lock on."""
    for path in folder.glob(".active-learning-*.partial") if fcntl else ():
        with suppress(OSError), open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _take_mode(path, target):
    """Give a file the owner and the permissions of the one that it will replace."""
    with suppress(FileNotFoundError):
        status = target.stat()
        with suppress(OSError, AttributeError):  # only some may give a file away
            os.chown(path, status.st_uid, status.st_gid)
        path.chmod(stat.S_IMODE(status.st_mode))


def _rename(temporary, target, force):
    """Give a file its name; without force, only if nobody has it, as a link finds out in the same instant."""
    if not force:
        try:
            return os.link(temporary, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            pass
    os.replace(temporary, target)


def _sync(folder):
    """Have the folder's entries on the disk too, where folders can be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# A spreadsheet runs a cell that begins so; apostrophes too, so that two cells never become one.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def write_table(table, path, *, ids=None, force=False, spreadsheet_safe=False):
    """Write a table to a new file, whole or not at all, every cell as it was but the labels filled in.

    Of a CSV or JSON file in its own form, every byte but those of the labels is kept.

    Parameters
    ----------
    table : Table
    path : str or path
        Its ending tells the form: .csv, .tsv, .json (a list of records), .jsonl or .ndjson, .xlsx.
    ids : sequence, optional
        Write only these rows, in this order, each with an empty label to fill in.
    force : bool
        Replace an existing file, keeping its permissions; but one that was read is never written to.
    spreadsheet_safe : bool
        Put an apostrophe before the cells of these rows that a spreadsheet would run.

    Raises
    ------
    OSError
        With nothing written and nothing lost.
    ValueError
        For another ending, if the form or encoding cannot write a cell, or an id is unknown.
    ImportError
        For Excel without openpyxl.

    Examples
    --------
    >>> import pandas as pd
    >>> import al_helpers as al
    >>> table = al.load_table(pd.DataFrame({"size": [1.5, 9.0], "label": ["small", None]}), "label")
    >>> al.write_table(table, "next.csv", ids=[1])  # doctest: +SKIP
    """
    check_output(path, table.sources, force)
    try:
        if ids is not None:
            content = _rows_to_label(table, path, ids, safe if spreadsheet_safe else str)
        elif spreadsheet_safe:
            fault = "spreadsheet_safe is for rows to label (ids, --suggest): a merged table is exact"
            raise ValueError(fault)
        else:
            content = _merged(table, path)
    except ImportError:
        raise ImportError(f"{path}: {EXCEL_NEEDS}") from None
    with replacing(path, table.sources, force) as file:
        file.writelines(content)


def safe(cell):
    """A cell that no spreadsheet runs as a formula: with an apostrophe before it, unless it is a number."""
    try:
        is_plain = math.isfinite(float(cell)) and cell == cell.strip()
    except ValueError:
        is_plain = False
    return "'" + cell if FORMULA.match(cell) and not is_plain else cell


def _merged(table, path):
    """The bytes of the whole table, in the form of its own file if the path says so."""
    text, form = table.text, form_of(path)
    if isinstance(text, CsvText) and form == "csv" and _separator(table, path) == text.sep:
        return _filled_in(table)
    new = dict(enumerate(table.frame[table.label_column]))
    if isinstance(text, JsonText) and form == "json":
        records = json_records(text, table.label_column, _changed(table, new))
        return [merged_json(text, records, _are_lines(path))]
    if isinstance(text, Sheet) and form == "excel":
        j = table.frame.columns.get_loc(table.label_column)
        return [merged_sheet(text, j, table.label_column, _changed(table, new))]
    named = table.numbered and not isinstance(table.frame.index, pd.RangeIndex)
    return _encoded(table, path, _text_rows(table.frame.reset_index() if named else table.frame))


def _changed(table, labels):
    """The labels (dict from a row's place) that are not in the table's file."""
    text = table.text
    if isinstance(text, Sheet):
        j = table.frame.columns.get_loc(table.label_column)
        old = [excel_text(row[j]) if j < len(row) else "" for row in text.cells]
    else:
        old = json_cells(text, table.label_column)
    return {i: label for i, label in labels.items() if label != old[i]}


def _filled_in(table):
    """The bytes of the CSV file that the table was read from, with the labels that it did not hold."""
    text, j = table.text, table.frame.columns.get_loc(table.label_column)
    if j == text.ends.shape[1]:
        return _with_column(table, text)
    old, new = column(text, j), table.frame[table.label_column].array
    starts, ends = bounds(text, j)
    pieces, at = [], 0
    for i in np.flatnonzero(np.asarray(old != new)):
        always = text.data[starts[i] : starts[i] + 1] == b'"'  # as its cell was
        pieces += [text.data[at : starts[i]], spell(new[i], text, always=always).encode("utf-8")]
        at = ends[i]
    return [from_utf8(b"".join([*pieces, text.data[at:]]), text.encoding, text.mark)]


def _with_column(table, text):
    """The bytes of the file with the labels in a column of their own, at its end."""
    cells = [*[table.label_column] * text.headed, *table.frame[table.label_column]]
    pieces, at = [], 0
    for end, cell in zip(text.ends[:, -1], cells, strict=True):
        pieces += [text.data[at:end], (text.sep + spell(cell, text)).encode("utf-8")]
        at = end
    return [from_utf8(b"".join([*pieces, text.data[at:]]), text.encoding, text.mark)]


def _separator(table, path):
    """The separator of a file: a tab in .tsv; in .csv that of the table's, but no tab if it is no .csv."""
    if os.fspath(path).lower().endswith(".tsv"):
        return "\t"
    own = table.sources and os.fspath(table.sources[0]).lower().removesuffix(".gz").endswith(".csv")
    return table.sep if own or table.sep != "\t" else ","


def _are_lines(path):
    return not os.fspath(path).lower().endswith(".json")


def _text_rows(frame, names=None):
    """The rows of a frame as texts, its names first."""
    columns = [as_text(frame.iloc[:, j]) for j in range(frame.shape[1])]
    return [[*map(str, frame.columns if names is None else names)], *zip(*columns, strict=True)]


def _encoded(table, path, rows):
    """The bytes of rows of texts in the form of the path; spreadsheets need the mark for all but ASCII."""
    form = form_of(path)
    if form == "json":
        return [json_file(as_records(rows, table.label_column), _are_lines(path))]
    if form == "excel":
        return [book_file([rows[0], *_with_numbers(table, rows[1:])])]
    data = _lines(rows, _separator(table, path))
    return [b"" if data.isascii() else codecs.BOM_UTF8, data]


def _with_numbers(table, rows):
    """Rows of texts, their cells the numbers and dates that the table's own workbook or frame has."""
    offset, known = len(rows[0]) - table.frame.shape[1] if rows else 0, []
    frame = table.frame.reset_index() if offset else table.frame
    for j in range(frame.shape[1]):
        if isinstance(table.text, Sheet) and j >= offset:
            values = [row[j - offset] for row in table.text.cells if j - offset < len(row)]
        else:
            values = frame.iloc[:, j].dropna().tolist() if frame.dtypes.iloc[j].kind in "iuf" else []
        known.append({excel_text(x): x for x in values if not isinstance(x, str)})
    return [[cells.get(cell, cell) for cells, cell in zip(known, row, strict=True)] for row in rows]


def _lines(rows, sep, end="\n"):
    return "".join(sep.join(quote(cell, sep) for cell in row) + end for row in rows).encode("utf-8")


def _rows_to_label(table, path, ids, spell):
    """The bytes of some rows, with their ids and an empty label; spell: how a cell is written."""
    places = table.frame.index.get_indexer(ids)
    if (places < 0).any():
        raise ValueError(f"these ids are not in {table.name}: {some(np.asarray(ids)[places < 0])}")
    frame, text, form = table.frame.iloc[places].assign(**{table.label_column: ""}), table.text, form_of(path)
    if form == "json" and isinstance(text, JsonText):
        records = json_records(text, table.label_column, dict.fromkeys(places, ""))
        rows = [records[i] for i in places]
        if table.numbered:
            rows = [with_row(row, frame.index.name, i) for i, row in zip(frame.index, rows, strict=True)]
        return [json_file(rows, _are_lines(path))]
    names = cell_texts(text, 0) if isinstance(text, CsvText) and text.headed else []
    names = [*names, *frame.columns[len(names) :]]
    if table.numbered:
        names, frame = [frame.index.name, *names], frame.reset_index()
    rows = [[spell(cell) for cell in row] for row in _text_rows(frame, names)]
    if form == "csv" and isinstance(text, CsvText) and _separator(table, path) == text.sep:
        return _as_in(text, rows)
    return _encoded(table, path, rows)


def _as_in(text, rows):
    """The bytes of rows of texts, encoded as a CSV file is."""
    data = text.data[: text.starts[0]] + _lines(rows, text.sep, _line_end(text))
    encoding, mark = text.encoding, text.mark
    mark = codecs.BOM_UTF8 if encoding == "utf-8" and not data.isascii() else mark
    return [from_utf8(data, encoding, mark)]


def _line_end(text):
    after = text.data[text.ends[0, -1] :][:2]
    return "\r\n" if after == b"\r\n" else after[:1].decode() or "\n"
