"""Tables in JSON and Excel files: their cells as text, and the files with new labels, nothing lost.

A record of JSON keeps its place in the text, so that only its label changes. Not here: CSV (csv_file).
"""

import datetime
import json
import os
import re
import shlex
import zipfile
from dataclasses import dataclass
from io import BytesIO

import pandas as pd

from active_learning._validation import some
from active_learning.tables.csv_file import from_utf8, read_bytes, to_utf8

ENDINGS = {"parquet": (".parquet", ".pq"), "json": (".json", ".jsonl", ".ndjson"), "excel": (".xlsx",)}
EXCEL_NEEDS = "Excel needs openpyxl (pip install openpyxl)"
LONGEST = 32_767  # characters of a cell of Excel
SPACE = re.compile(r"[ \t\r\n]*")


def form_of(path):
    """What a file is by its name: json, excel, parquet; or csv, also where the name does not tell."""
    name = os.fspath(path).lower().removesuffix(".gz")
    return next((form for form, endings in ENDINGS.items() if name.endswith(endings)), "csv")


class Number(str):
    """A number of JSON as it is written."""

    __slots__ = ()


def _object(pairs):
    """An object of JSON as a dict; ValueError if a key repeats, as one of its values would be lost."""
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} repeats")
    return record


READER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=Number
)


@dataclass(frozen=True)
class JsonText:
    """A JSON file: its text, and where each record starts and ends."""

    text: str
    encoding: str  # of the file, with its mark
    mark: bytes
    spans: list  # of (start, end)
    lines: bool  # whether it is JSON lines, and no list
    sep: str = ","  # of a CSV file written from it


def read_json(path):
    """Read JSON lines, or a list of records.

    returns: DataFrame of texts, empty for null and missing keys; JsonText; notes
    raises: ValueError with the line of what is not a record
    """
    data, encoding, mark = to_utf8(read_bytes(path))
    text = data.decode("utf-8")
    listed = text[SPACE.match(text).end() :][:1] == "["
    records, spans = _records(text, listed)
    nested = (
        [name for name, value in records[0].items() if isinstance(value, (dict, list))] if records else []
    )
    if len(records) == 1 and nested and not listed:
        raise ValueError(
            f"it holds one object (with {some(nested)}), and no list of records: one object a row"
        )
    names = [*dict.fromkeys(name for record in records for name in record)]
    columns = [pd.array([cell_text(record.get(name)) for record in records], dtype="str") for name in names]
    frame = pd.DataFrame(dict(enumerate(columns)), index=range(len(records))).set_axis(names, axis=1)
    objects = [name for name in names if any(isinstance(record.get(name), dict) for record in records)]
    nested = "holds nested objects, read as text; to leave it out, type --drop"
    notes = [f"column {name!r} {nested} {shlex.quote(name)}" for name in objects]
    return frame, JsonText(text, encoding, mark, spans, not listed), notes


def _records(text, listed):
    """The records of a file, and their places; ValueError with the line of a fault."""
    records, spans, at = [], [], SPACE.match(text).end() + listed
    while (at := SPACE.match(text, at).end()) < len(text) and not (listed and text[at] == "]"):
        record, end = _decode(text, at)
        if not isinstance(record, dict):
            raise _fault(text, at, f"{text[at:end][:40]} is not a record: a row is an object, with names")
        records.append(record)
        spans.append((at, end))
        at = SPACE.match(text, end).end() if listed else end
        if listed and text[at : at + 1] not in ("]", ","):
            raise _fault(text, at, "after a record of a list comes a comma, or ] at its end")
        at += listed and text[at] == ","
    if listed and text[at:].strip(" \t\r\n") != "]":
        raise _fault(text, at, "the list does not end, or more comes after it")
    return records, spans


def _decode(text, at):
    """The value that starts at a place, and where it ends; ValueError with the line if it is not JSON."""
    try:
        return READER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        last = len(text[: error.pos].rstrip())  # of the line that ends too early
        raise _fault(text, max(at, last - 1), f"{error.msg} (JSON)") from None
    except (ValueError, RecursionError) as error:
        raise _fault(text, at, error) from None


def _fault(text, at, fault):
    lines = text.count("\n", 0, at) + 1
    return ValueError(f"line {lines}: {fault}")


def cell_text(value):
    """A value of JSON as the text of a cell: a string as it is, null as none, anything else as JSON."""
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else _spelled(value)


def _spelled(value):
    """A value as JSON, its numbers as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_spelled, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_spelled(key)}: {_spelled(x)}' for key, x in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


def _members(record):
    """The keys of an object, in its text, and where the value of each starts and ends."""
    places, at = {}, SPACE.match(record, 1).end()
    while record[at] != "}":
        key, at = READER.raw_decode(record, at)
        start = SPACE.match(record, SPACE.match(record, at).end() + 1).end()
        places[key] = start, READER.raw_decode(record, start)[1]
        at = SPACE.match(record, places[key][1]).end()
        at = SPACE.match(record, at + (record[at] == ",")).end()
    return places


def _with_value(record, name, value):
    """The text of an object with one value, itself text, put in or added at its end."""
    places = _members(record)
    if name in places:
        start, end = places[name]
        return record[:start] + value + record[end:]
    comma = ", " if places else ""
    return f"{record[:-1].rstrip()}{comma}{json.dumps(name, ensure_ascii=False)}: {value}}}"


def json_cells(source, name):
    """The cells of one column, as text."""
    records = (READER.decode(source.text[start:end]) for start, end in source.spans)
    return [cell_text(record.get(name)) for record in records]


def json_records(source, name, labels):
    """The records of a JSON file, as text, with these labels.

    labels: dict from a record's number to the text of its label; "" is null
    """
    records = [source.text[start:end] for start, end in source.spans]
    written = {"": "null"}
    for record in records if any(labels.values()) else ():
        if name in (places := _members(record)):
            start, end = places[name]
            written.setdefault(cell_text(READER.decode(record[start:end])), record[start:end])
    are_numbers = len(written) > 1 and not any(value.startswith('"') for value in written.values())
    for i, label in labels.items():
        is_number = are_numbers and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", label)
        value = written.get(label, label if is_number else json.dumps(label, ensure_ascii=False))
        records[i] = _with_value(records[i], name, value)
    return records


def merged_json(source, records, lines):
    """The bytes of a JSON file with other records in the places of its own; or in the other form, anew."""
    if lines != source.lines:
        return json_file(records, lines)
    pieces, at = [], 0
    for (start, end), record in zip(source.spans, records, strict=True):
        pieces += [source.text[at:start], record]
        at = end
    text = "".join([*pieces, source.text[at:]])
    return from_utf8(text.encode("utf-8"), source.encoding, source.mark)


def json_file(records, lines):
    """The bytes of JSON lines or of a list, of objects that are text; a line break is not part of one."""
    texts = [re.sub(r"[ \t]*[\r\n]+[ \t]*", " ", record) for record in records]
    return ("".join(f"{x}\n" for x in texts) if lines else "[\n" + ",\n".join(texts) + "\n]\n").encode(
        "utf-8"
    )


def as_records(rows, label_column):
    """Objects of JSON as text, from rows of texts, the names first; a label that is empty is null."""
    names, *rows = rows
    objects = [dict(zip(names, row, strict=True)) for row in rows]
    objects = [record | {label_column: record[label_column] or None} for record in objects]
    return [json.dumps(record, ensure_ascii=False) for record in objects]


def with_row(record, name, row):
    """The text of an object with the number of its row before its own keys."""
    rest = record[1:].lstrip()
    return f"{{{json.dumps(name)}: {row}{'' if rest == '}' else ', '}{rest}"


@dataclass(frozen=True)
class Sheet:
    """The sheet of a workbook that holds a table, with the places of its rows and columns in it, from 1."""

    content: bytes
    title: str
    rows: list
    columns: list
    header_row: int  # 0 if there is none
    cells: list  # of lists of values, as Excel has them
    sep: str = ","  # of a CSV file written from it


def read_sheet(path, header=True):
    """Read the one sheet of a workbook that is not empty; rows and columns without a cell are left out.

    returns: DataFrame of texts; Sheet; notes
    raises: ValueError naming the sheets if there are several; ImportError without openpyxl
    """
    content = read_bytes(path)
    filled = {title: rows for title, rows in _sheets(content).items() if rows}
    if len(filled) != 1:
        advice = "keep the one that holds the table, or save it as 'CSV UTF-8'"
        raise ValueError(f"it has {len(filled)} sheets with cells ({some([*filled])}); {advice}")
    ((title, rows),) = filled.items()
    columns = sorted({j for row in rows.values() for j, value in enumerate(row) if value is not None})
    values = [[row[j] if j < len(row) else None for j in columns] for row in rows.values()]
    names = [str(j + 1) for j in range(len(columns))]
    header_row, places = 0, [*rows]
    if header:
        names, header_row, values, places = map(excel_text, values[0]), places[0], values[1:], places[1:]
    cells = zip(*values, strict=True) if values else [[] for _ in columns]
    frame = pd.DataFrame({j: pd.array([*map(excel_text, x)], dtype="str") for j, x in enumerate(cells)})
    sheet = Sheet(content, title, places, [j + 1 for j in columns], header_row, values)
    return frame.set_axis([*names], axis=1), sheet, _merged_notes(content)


def _merged_notes(content):
    """A note on merged cells of a workbook, of which the first alone has a value, or none."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        found = [
            ref for name in parts for ref in re.findall(rb'<mergeCell ref="([^"]+)"', archive.read(name))
        ]
    places = some([ref.decode() for ref in found], 3)
    return [f"cells are merged ({places}): the first of each alone has a value, the others are empty"] * bool(
        found
    )


def _sheets(content):
    """The rows of each sheet that hold something: title -> number of the row, from 1 -> its values."""
    book = _open_book(content, data_only=True, read_only=True)
    sheets = {sheet.title: _filled_rows(sheet) for sheet in book.worksheets}
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        if any(re.search(rb"<f[ >]", archive.read(name)) for name in parts):
            _check_formulas(sheets, _open_book(content, read_only=True))
    return sheets


def _open_book(content, **how):
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return load_workbook(BytesIO(content), **how)
    except (KeyError, TypeError, zipfile.BadZipFile, InvalidFileException):
        raise ValueError("it is not a workbook that can be read; save it as .xlsx or 'CSV UTF-8'") from None


def _filled_rows(sheet):
    sheet.reset_dimensions()  # what a file says of its size may be wrong
    rows = enumerate(sheet.iter_rows(values_only=True), 1)
    return {i: row for i, row in rows if any(value is not None for value in row)}


def _check_formulas(sheets, book):
    """Raise ValueError, naming a cell, if the value of a formula is not in the file."""
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        for row in sheet.iter_rows():
            for cell in row:
                values = sheets[sheet.title].get(getattr(cell, "row", 0), ())
                if cell.data_type == "f" and (len(values) < cell.column or values[cell.column - 1] is None):
                    fault = f"the value of the formula in {sheet.title}!{cell.coordinate} is not in the file"
                    raise ValueError(f"{fault}; open it in the spreadsheet and save it")


def excel_text(value):
    """A value of Excel as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(value)


def merged_sheet(source, j, name, labels):
    """The bytes of a workbook with these labels in a column of its table.

    j: the column's place in the table; labels: dict from a row's number to the text of its label
    raises: ValueError if the workbook holds pictures or charts, which openpyxl would leave out
    """
    with zipfile.ZipFile(BytesIO(source.content)) as archive:
        if lost := [
            part for part in archive.namelist() if re.match("xl/(charts|media|drawings/drawing)", part)
        ]:
            fault = f"the workbook holds pictures or charts ({lost[0]}), which would be lost"
            raise ValueError(f"{fault}; write a .csv file, or take them out first")
    book = _open_book(source.content)
    sheet, added = book[source.title], j == len(source.columns)
    column = source.columns[-1] + 1 if added else source.columns[j]
    known = {} if added else {excel_text(row[j]): row[j] for row in source.cells}
    cells = {source.rows[i]: known.get(label, label) for i, label in labels.items()}
    if added and source.header_row:
        cells[source.header_row] = name
    for row, value in cells.items():
        _set(sheet.cell(row=row, column=column), _checked(value))
    return _saved(book)


def _checked(value):
    """A value that Excel can hold, None for an empty text; ValueError for one that it would cut or refuse."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if isinstance(value, str) and (len(value) > LONGEST or ILLEGAL_CHARACTERS_RE.search(value)):
        fault = f"Excel cannot hold a cell of {len(value):,} characters (at most {LONGEST:,}, printable): "
        raise ValueError(f"{fault}{value[:40]!r}; write a .csv file")
    return None if value == "" else value


def _set(cell, value):
    """Give a cell of a workbook a value; a text that begins like a formula is none."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    return cell


def book_file(rows):
    """The bytes of a new workbook of rows of values."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    rows = [[*map(_checked, row)] for row in rows]  # before the book is open, as it must be closed whole
    book = Workbook(write_only=True)
    sheet = book.create_sheet("table")
    for row in rows:
        sheet.append([_set(WriteOnlyCell(sheet), value) for value in row])
    return _saved(book)


def _saved(book):
    content = BytesIO()
    book.save(content)
    return content.getvalue()
