"""What stands in a file: unpacked if it is compressed, and as text."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

from outgrow.errors import DataError
from outgrow.tasks.sources.files import errors_name

UNPACK: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ\x00": lzma.decompress,
    b"\x28\xb5\x2f\xfd": lambda packed: _zstd(packed),
}


def content(file: Path) -> bytes:
    """A file's bytes, unpacked if they begin as gzip, bzip2, xz or Zstandard do; a broken file is a DataError."""
    with errors_name(file):
        found = file.read_bytes()
        for mark, unpack in UNPACK.items():
            if found.startswith(mark):
                try:
                    return unpack(found)
                except (EOFError, zlib.error, lzma.LZMAError) as error:
                    raise DataError(f"{file} cannot be unpacked: {error}; it may have been cut short") from error
    return found


def decoded(file: Path, content: bytes, encoding: str = "") -> str:
    """The text; by default UTF-8, with or without a mark at its start. DataError names the first byte that is not."""
    try:
        return content.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{file} is not UTF-8 text: byte {error.start:,}, in line {line:,}, is {content[error.start]:#04x}; "
            "save it as UTF-8"
        ) from None


def _zstd(packed: bytes) -> bytes:
    import pyarrow

    with pyarrow.CompressedInputStream(pyarrow.BufferReader(packed), "zstd") as stream:
        return bytes(stream.read())
