"""What stands in a file: unpacked if it is compressed, told if it is no table, and as text."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from outgrow.errors import ConfigError, DataError
from outgrow.tasks.sources.files import errors_name

UNPACK: dict[bytes, Callable[[Any], Any]] = {  # files that unpack what is read from another
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"\x28\xb5\x2f\xfd": lambda packed: _zstd(packed),
}
SMALL, RATIO, LARGEST = 64 << 20, 1_000, 8 << 30  # bytes that any file may unpack to, times its size, and at most
PIECE = 1 << 20  # bytes unpacked at once
MARKS = {  # at a text's start; those of four bytes first, since UTF-32's begins as UTF-16's
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
SHEET = "save it as CSV in the program that wrote it"
OTHERS = {  # what a file begins with that is no table of ours: what it is, and what to do
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("an Excel or other old Office file", SHEET),
    b"%PDF-": ("a PDF", "take the table out of it, and save it as CSV"),
    b"Rar!\x1a": ("an archive (RAR)", "unpack it"),
    b"7z\xbc\xaf": ("an archive (7z)", "unpack it"),
    b"version https://git-lfs": ("a Git LFS pointer, not the file itself", "fetch the file: git lfs pull"),
    b"ARROW1\0\0": ("an Arrow file", "save it as Parquet"),
    b"Obj\x01": ("an Avro file", "save it as Parquet"),
    b"\x89HDF": ("an HDF5 file", "save it as Parquet"),
    b"SQLite format 3": ("an SQLite database", "save the table as CSV"),
    b"\x93NUMPY": ("a NumPy array", "save it as CSV, with a header"),
    b"\x80\x04\x95": ("a Python pickle", "save it as Parquet"),
    b"\x80\x05\x95": ("a Python pickle", "save it as Parquet"),
    b"\x1f\x8b": ("compressed twice", "unpack it once"),
    b"BZh9": ("compressed twice", "unpack it once"),
    b"{\\rtf": ("a text of a word processor (RTF)", "save it as CSV"),
}
PAGE = re.compile(rb"\s*<(!doctype|html|head|body)\b", re.IGNORECASE)
XML = re.compile(rb"\s*<\?xml\b", re.IGNORECASE)


def content(file: Path) -> bytes:
    """A file's bytes, unpacked if they begin as gzip, bzip2, xz or Zstandard do; a broken file is a DataError."""
    with unpacking(file):
        found = file.read_bytes()
        if unpack := unpacker(found):
            with unpack(io.BytesIO(found)) as stream:
                found = _unpacked(stream, file, len(found))
    check_table(file, found)
    return found


def unpacker(head: bytes) -> Callable[[Any], Any] | None:
    """What unpacks a file that begins so; None if it is not packed."""
    return next((unpack for mark, unpack in UNPACK.items() if head.startswith(mark)), None)


@contextmanager
def unpacking(file: Path) -> Iterator[None]:
    """Turn what goes wrong in reading a file that may be packed into a DataError that names it."""
    with errors_name(file):
        try:
            yield
        except (EOFError, zlib.error, lzma.LZMAError) as error:
            raise DataError(f"{file} cannot be unpacked: {error}; it may have been cut short") from error


def most_unpacked(packed: int) -> int:
    """Bytes that a file of that size may unpack to: a few hundred can be made to unpack to any size."""
    return max(SMALL, RATIO * packed)


def check_table(file: Path, head: bytes) -> None:
    """A DataError if a file begins as one that is no table."""
    if other := _other(head):
        raise DataError(f"{file} is {other[0]}, not a table; {other[1]}")


def decoded(file: Path, content: bytes, encoding: str = "") -> str:
    """The text, without a mark at its start; by default of the encoding that the mark says, or UTF-8.

    Raises:
        DataError: a byte is not of the encoding, or the encoding is not that of the mark.
    """
    used = encoding_of(file, content, encoding)
    try:
        text = content.decode(used).removeprefix("\ufeff")
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
    else:
        check_not_utf8(file, content, encoding)
        return text
    line = content[:at].decode(used, "replace").count("\n") + 1
    if used == "utf-8" and (found := _lines_of_utf8(content))[1]:
        raise DataError(
            f"{file} is partly UTF-8, as line {found[2]:,} is, and partly not: byte {at:,}, in line {line:,}, is "
            f"{content[at]:#04x}; it was put together from files in two encodings: save it anew as UTF-8 throughout"
        )
    raise undecodable(file, used, encoding, content, at=at, byte=at, line=line)


def encoding_of(file: Path, head: bytes, encoding: str = "") -> str:
    """The encoding of a text that begins so: the one given, or what the mark at its start says, or UTF-8."""
    mark, marked = next(((mark, name) for mark, name in MARKS.items() if head.startswith(mark)), (b"", ""))
    if encoding and mark.decode(encoding, "replace").strip("\ufeff"):
        raise DataError(
            f"{file} begins with the mark of {marked.upper()}, and encoding is {encoding!r}; leave encoding out"
        )
    if not encoding and not marked and (wide := _wide(head)):
        raise DataError(
            f'{file} looks like {wide.upper()} without a mark; set encoding = "{wide}", or save it as UTF-8'
        )
    return encoding or marked or "utf-8"


def check_not_utf8(file: Path, content: bytes, encoding: str) -> None:
    """A DataError if text is said to be in a Western encoding, which any byte fits, and is UTF-8."""
    if not (encoding and _is_western(encoding)):
        return
    beyond, good, first = _lines_of_utf8(content)
    if 10 * good > beyond:  # which text in another encoding is by accident, and seldom
        cure = "leave encoding out" if good == beyond else "save the file anew as UTF-8 throughout"
        raise DataError(
            f"{file}: {good:,} of {beyond:,} lines with letters beyond ASCII are UTF-8, such as line "
            f"{first:,}, and encoding = {encoding!r} would garble them; {cure}"
        )


def undecodable(file: Path, used: str, encoding: str, content: bytes, *, at: int, byte: int, line: int) -> DataError:
    """What to say of a byte, `content[at]`, that is not of the encoding used; `byte` and `line` are its place."""
    western = "cp1252" if re.search(rb"[\x80-\x9f]", content) else "latin-1"
    cure = "leave encoding out, or set what" if encoding else f'set encoding = "{western}", or what'
    return DataError(
        f"{file} is not {used.upper()} text: byte {byte:,}, in line {line:,}, is {content[at]:#04x}; "
        f"{cure} it was saved in, or save it as UTF-8"
    )


def check_encoding(encoding: str, *, where: str) -> None:
    """ConfigError unless an encoding of text is named so."""
    try:
        b"abcd".decode(encoding or "utf-8", "replace")
    except (LookupError, ValueError):
        raise ConfigError(
            f'{where}: encoding = {encoding!r} is unknown; "utf-8", "latin-1", "cp1252", "utf-16" and '
            '"gb18030" are some that are known'
        ) from None


def _is_western(encoding: str) -> bool:
    return codecs.lookup(encoding).name.startswith(("iso8859", "cp125", "mac-", "latin"))


def _lines_of_utf8(content: bytes) -> tuple[int, int, int]:
    """How many lines have letters beyond ASCII, how many of these are UTF-8, and the first of them, from 1."""
    beyond = good = first = 0
    if not content.isascii():
        for number, line in enumerate(content.split(b"\n"), start=1):
            if line.isascii():
                continue
            beyond += 1
            try:
                line.decode()
            except UnicodeDecodeError:
                continue
            good, first = good + 1, first or number
    return beyond, good, first


def _other(found: bytes) -> tuple[str, str] | None:
    for mark, told in OTHERS.items():
        if found.startswith(mark):
            return told
    if found.startswith(b"PK\x03\x04"):
        if b"xl/workbook" in found:
            return "an Excel file", SHEET
        if b"opendocument.spreadsheet" in found[:200]:
            return "a spreadsheet (ODS)", SHEET
        return "an archive (ZIP)", "unpack it"
    if found[257:262] == b"ustar":
        return "an archive (tar)", "unpack it"
    if PAGE.match(found[:1_000]):
        return "a web page", "download the file itself"
    return ("an XML file", "save it as CSV") if XML.match(found[:1_000]) else None


def _wide(content: bytes) -> str:
    """UTF-16 has a zero in every second byte of Western text, before or after the letter; UTF-32 has three of four."""
    for start in (content[:1_000], content[:16]):  # a header in English above texts in Chinese
        quarter = len(start) // 4
        zeros = [start[i::4].count(0) for i in range(4)]
        if quarter and min(zeros[1:]) > 0.8 * quarter > zeros[0]:
            return "utf-32-le"
        if quarter and min(zeros[:3]) > 0.8 * quarter > zeros[3]:
            return "utf-32-be"
        even, odd = start[::2].count(0), start[1::2].count(0)
        if len(start) > 3 and max(even, odd) > 0.4 * len(start) // 2 and min(even, odd) < 0.1 * len(start) // 2 + 1:
            return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def _unpacked(stream: Any, file: Path, packed: int) -> bytes:
    """All that a packed file holds, read in pieces: a few hundred bytes can be made to unpack to any size."""
    most = min(most_unpacked(packed), LARGEST)
    found = io.BytesIO()
    while piece := stream.read(PIECE):
        found.write(piece)
        if found.tell() > most:
            raise DataError(
                f"{file} has {packed:,} bytes and unpacks to more than {most:,}; packed tables may unpack to "
                f"{RATIO:,} times their size or {SMALL >> 20} MiB, and to {LARGEST >> 30} GiB at most: if it is sound, "
                "unpack it and name the unpacked file"
            )
    return found.getvalue()


def _zstd(packed: io.BytesIO) -> Any:
    import pyarrow

    return pyarrow.CompressedInputStream(packed, "zstd")
