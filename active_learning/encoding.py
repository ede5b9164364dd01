"""The bytes of a reader's file, read whole or refused, and the characters that they stand for.

Every file becomes UTF-8 here, and can be turned back byte for byte. Not here: what a cell is (cutting).
"""

import codecs
import gzip
import os
import re
import stat

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
PIECE = 2**24  # bytes handled at a time, so that a large file is not in memory several times over


def read_bytes(path):
    """A file's bytes, unpacked if it ends in .gz; ValueError if it changes meanwhile or is too large."""
    with open(path, "rb") as file:
        before = os.fstat(file.fileno())
        check_size(before.st_size)
        packed = os.fspath(path).lower().endswith(".gz")
        content = _unpack(file) if packed else file.read()
        after = os.fstat(file.fileno())
    changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    torn = not packed and len(content) != before.st_size
    if stat.S_ISREG(before.st_mode) and (changed or torn):  # a pipe has neither size nor time
        raise ValueError("it changed while it was read; wait until it is written, and run this again")
    return content


def _unpack(file):
    content = bytearray()
    with gzip.GzipFile(fileobj=file) as unpacked:
        while piece := unpacked.read(PIECE):
            content += piece
            check_size(len(content))
    return bytes(content)


def check_size(size):
    """Raise ValueError if a table of so many bytes cannot be held in this machine's memory."""
    memory = _memory()
    if 2 * size > memory:  # its text and its columns
        large = (
            f"it is larger than memory allows ({size / 2**30:.1f} GiB of text, {memory / 2**30:.1f} GiB here)"
        )
        raise ValueError(f"{large}; give a part of its rows, or only the columns to learn from")


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

    raises: ValueError naming the line if it is no text, or a mixture of encodings
    """
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):  # .xlsx and .zip; .xls
        raise ValueError("it is a workbook or an archive; save it as 'CSV UTF-8' in the spreadsheet")
    mark = next((mark for mark in MARKS if raw.startswith(mark)), b"")
    encoding, content = MARKS.get(mark) or _unmarked(raw), raw[len(mark) :] if mark else raw
    try:
        data = content if encoding == "utf-8" else content.decode(encoding).encode("utf-8")
    except UnicodeDecodeError as error:
        line = line_of(content[: error.start].decode(encoding, "ignore").encode("utf-8"), None)
        raise ValueError(f"line {line} is not {name_of(encoding)}; save it as 'CSV UTF-8'") from None
    if mark == codecs.BOM_UTF8 and (wrong := _not_utf8(data)) is not None:
        raise ValueError(
            f"its mark says UTF-8, but line {line_of(data, wrong)} is not; save it as 'CSV UTF-8'"
        )
    if (nul := data.find(b"\0")) >= 0:
        raise ValueError(
            f"line {line_of(data, nul)} holds a NUL byte, so it is no text; save it as 'CSV UTF-8'"
        )
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
    proof = (match.start() for match in UTF8.finditer(raw) if not CHANCE.fullmatch(match[0]))
    if (right := next(proof, None)) is not None:
        lines = f"line {line_of(raw, right)} is UTF-8 and line {line_of(raw, wrong)} is not"
        raise ValueError(f"it mixes encodings: {lines}; save it as 'CSV UTF-8' and mend that line")
    if unknown := re.search(rb"[\x81\x8d\x8f\x90\x9d]", raw):
        where = f"line {line_of(raw, unknown.start())} is neither UTF-8 nor Windows-1252"
        raise ValueError(f"{where} (byte {unknown[0].hex()}); save it as 'CSV UTF-8'")
    return "cp1252"


def _not_utf8(raw):
    """Where the first byte is that is not UTF-8, or None."""
    if raw.isascii():
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(raw), PIECE):
        kept = len(decoder.getstate()[0])  # of a character that the last piece had begun
        try:
            decoder.decode(raw[start : start + PIECE], final=start + PIECE >= len(raw))
        except UnicodeDecodeError as error:
            return start - kept + error.start
    return None


def from_utf8(data, encoding, mark):
    """The bytes that to_utf8 would turn into this text; ValueError naming what the encoding cannot write."""
    if encoding == "utf-8":
        return mark + data
    try:
        return mark + data.decode("utf-8").encode(encoding)
    except UnicodeEncodeError as error:
        fault = f"{name_of(encoding)}, the table's encoding, cannot write {error.object[error.start]!r}"
        raise ValueError(f"{fault}; save the table as 'CSV UTF-8' first") from None


def name_of(encoding):
    """What a reader calls an encoding."""
    return {"cp1252": "Windows-1252 (Latin-1)"}.get(encoding, encoding.upper()[:6].rstrip("-"))


def line_of(data, position):
    """The number, from 1, of the line of a file that holds this position (None: its end)."""
    head = data[:position]
    return head.count(b"\n") + head.count(b"\r") - head.count(b"\r\n") + 1
