"""Files that can always be made anew, and so may be missing: what is read of them is whole and was written by us."""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from outgrow.disk import beside

FOLDERS = (
    "results", "intervals", "metrics", "config", "", "tasks", "models", "models/bases", "supervisors", "methods",
    "methods/transforms", "methods/selections", "methods/losses",
)  # fmt: skip
"""What evaluates, and what has the fields that settings are completed by."""


def read_aside(path: Path) -> bytes:
    """What was written there last, by the code that is here now; empty where there is nothing such that is whole."""
    with contextlib.suppress(OSError):
        if not path.is_symlink():
            head, _, content = path.read_bytes().partition(b"\n")
            if head == _head(content):
                return content
    return b""


def write_aside(path: Path, content: bytes) -> None:
    """Put content in the place of what is there; where nothing can be written, it stays as it is."""
    partial = beside(path)
    with contextlib.suppress(OSError):
        try:
            partial.write_bytes(_head(content) + b"\n" + content)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _head(content: bytes) -> bytes:
    return f"{code()} {hashlib.sha256(content).hexdigest()}".encode()


@cache
def code() -> str:
    """A digest of the code that reads and evaluates results, and of the libraries whose last bits it gives."""
    found, root = hashlib.sha256(), files("outgrow")
    for folder in FOLDERS:  # none of which is imported for this
        for file in sorted(root.joinpath(folder).iterdir(), key=lambda one: one.name):
            if file.name.endswith(".py"):
                found.update(file.name.encode() + b"\0" + file.read_bytes())
    for library in ("outgrow", "numpy", "scipy"):
        with contextlib.suppress(Exception):
            found.update(version(library).encode())
    return found.hexdigest()
