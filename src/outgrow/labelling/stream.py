"""The bytes of an input, of a file or of standard input, unpacked as they are read."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from outgrow.errors import ConfigError, DataError
from outgrow.tasks.sources.content import (
    check_encoding,
    check_not_utf8,
    check_table,
    encoding_of,
    most_unpacked,
    undecodable,
    unpacker,
    unpacking,
)
from outgrow.tasks.sources.files import errors_name, regular_file
from outgrow.tasks.sources.reading import FORMS, NAMES, form_of, other_form, suffix

HEAD = 1 << 16  # bytes that tell what the input is
LONGEST = 1 << 25  # characters of a row: memory stays bounded whatever is read


class Stream:
    """An input, which is opened as often as it is read; standard input only once.

    Args:
        source: a file, or `-` for standard input.
        form: `csv`, `jsonl` or `parquet`; by default as the name ends, or as the first bytes look.
    """

    def __init__(self, source: str, *, form: str = "", encoding: str = "") -> None:
        check_encoding(encoding, where="--encoding")
        self.piped = source == "-"
        self.file = Path("standard input") if self.piped else regular_file(source)
        self._encoding = encoding
        if not self.head.strip(b"\0 \t\r\n"):
            raise DataError(f"{self.file} is empty{' but for blanks' if self.head else ''}")
        named = form or ("csv" if self.piped or suffix(self.file) not in FORMS else form_of(self.file))
        self.form = other_form(self.head, named)
        if self.form != named and (form or not self.piped):
            raise DataError(f"{self.file} holds {NAMES[self.form]}, not {NAMES[named]}; say --form {self.form}")
        if self.form == "parquet" and self.piped:
            raise ConfigError("Parquet cannot be read from standard input: its end tells where its columns are")
        if self.form != "parquet":
            check_table(self.file, self.head)

    @property
    def tabs(self) -> bool:
        """Whether the name says that tabs stand between cells."""
        return not self.piped and suffix(self.file) in (".tsv", ".tab")

    @cached_property
    def head(self) -> bytes:
        """The first bytes, unpacked."""
        with unpacking(self.file):
            if self.piped:
                self._once = _unpacked(sys.stdin.buffer)
                return bytes(self._once.read(HEAD))
            with open(self.file, "rb") as raw:
                return bytes(_unpacked(raw).read(HEAD))

    @cached_property
    def marked(self) -> bool:
        """Whether a byte order mark stands at the start."""
        return self.head.decode(self.encoding, "replace").startswith("\ufeff") or self.encoding in ("utf-16", "utf-32")

    @cached_property
    def encoding(self) -> str:
        """Of the text."""
        found = encoding_of(self.file, self.head, self._encoding)
        check_not_utf8(self.file, self.head.rpartition(b"\n")[0], self._encoding)
        return found

    @contextlib.contextmanager
    def lines(self) -> Iterator[Lines]:
        """Its text, from the start."""
        with contextlib.ExitStack() as stack:
            if self.piped:
                raw, most = self._once, sys.maxsize
            else:
                with errors_name(self.file):
                    opened = stack.enter_context(open(self.file, "rb"))
                    raw, most = _unpacked(opened), most_unpacked(os.path.getsize(self.file))
                    most = sys.maxsize if unpacker(opened.peek(8)[:8]) is None else most
            yield Lines(self, raw, most)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What tells this file from another, or from itself after a change."""
        with errors_name(self.file):
            status = self.file.stat()
        return {
            "size": status.st_size,
            "changed": status.st_mtime_ns,
            "head": hashlib.sha256(self.head).hexdigest(),
        }


class Lines:
    """Lines of a text with their ends, none longer than a row may be. `fed` counts the characters given out."""

    def __init__(self, stream: Stream, raw: Any, most: int) -> None:
        head = stream.head if stream.piped else b""
        self._bytes = _Bytes(stream.file, head, raw, most)
        self._file, self._encoding, self._said = stream.file, stream.encoding, stream._encoding
        self._text = io.TextIOWrapper(self._bytes, self._encoding, newline="")  # type: ignore[type-var]
        self.fed = self.number = self.row = 0  # `row`: what was fed when the row being read began

    def __iter__(self) -> Iterator[str]:
        readline = self._text.readline
        with self._errors_told():
            line = readline(LONGEST + 1).removeprefix("\ufeff")
            while line:
                self.fed += len(line)
                if self.fed - self.row > LONGEST:
                    raise DataError(
                        f"{self._file}, line {self.number + 1:,}: a row has more than {LONGEST:,} characters; look "
                        "whether a quote before it has swallowed other rows, or whether this is a table"
                    )
                yield line
                self.number += 1
                line = readline(LONGEST + 1)

    def read(self, size: int) -> str:
        """So many characters, or fewer at the end."""
        with self._errors_told():
            found = self._text.read(size)
        self.number += found.count("\n")
        return found

    @contextlib.contextmanager
    def _errors_told(self) -> Iterator[None]:
        try:
            with unpacking(self._file):
                yield
        except DataError as error:
            cause = error.__cause__
            if not isinstance(cause, UnicodeDecodeError):
                raise
            before = self._bytes.given - len(cause.object)
            line = self.number + 1 + cause.object[: cause.start].count(b"\n")
            raise undecodable(
                self._file, self._encoding, self._said, cause.object,
                at=cause.start, byte=before + cause.start, line=line,
            ) from None  # fmt: skip


class _Bytes(io.RawIOBase):
    """Bytes read already and those that follow; `given` counts them. It stops at more than a file may unpack to."""

    def __init__(self, file: Path, head: bytes, raw: Any, most: int) -> None:
        self._file, self._head, self._raw, self._most, self.given = file, head, raw, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = len(buffer)
        if self._head:
            found, self._head = self._head[:size], self._head[size:]
        else:
            found = self._raw.read(size)
        self.given += len(found)
        if self.given > self._most:
            raise DataError(
                f"{self._file} unpacks to more than {self._most:,} bytes; if it is sound, unpack it and name the "
                "unpacked file"
            )
        buffer[: len(found)] = found
        return len(found)


def _unpacked(raw: Any) -> Any:
    """What a file of bytes holds, unpacked if it is packed."""
    unpack = unpacker(raw.peek(8)[:8])
    return unpack(raw) if unpack else raw
