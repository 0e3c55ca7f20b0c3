"""Outside files: their content hash, and errors that name them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from outgrow.disk import sha256
from outgrow.errors import DataError


def fingerprint(file: Path) -> str:
    """SHA-256 of a file's content, 64 hex digits; an unchanged file is read once."""
    with errors_name(file):
        status = file.stat()
        return content_hash(str(file.absolute()), status.st_size, status.st_mtime_ns)


def regular_file(path: str | Path) -> Path:
    """The file, its tilde expanded; DataError if it is not there, no regular file, or empty."""
    file = Path(os.path.expanduser(path))
    if not os.path.isfile(file):  # unlike Path's, never an error, however odd the path
        why = "is no regular file" if os.path.exists(file) else "does not exist"
        if os.path.islink(file) and not os.path.exists(file):
            why = f"is a link to {os.readlink(file)}, which does not exist"
        raise DataError(f"{file} {why}; path is taken from the folder {os.getcwd()}")
    if not os.path.getsize(file):
        raise DataError(f"{file} is empty")
    return file


@contextmanager
def errors_name(file: Path) -> Iterator[None]:
    """Turn what goes wrong in reading into a DataError that names the file."""
    try:
        yield
    except (OSError, ValueError) as error:  # so are most of Arrow's errors
        raise DataError(f"{file} cannot be read: {error}") from error


@lru_cache(maxsize=64)
def content_hash(path: str, size: int, modified: int) -> str:
    """SHA-256 of a file; size and time of change are there so that a changed file is read again."""
    return sha256(Path(path))
