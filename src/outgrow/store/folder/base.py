"""A store that is a folder: written atomically, checked by checksum, locked across processes.

Layout of the folder:
    artefacts/ab/abcd.../   the files of one step's result and its manifest.json; there means complete
    results/                one small JSON file per row of the results table, with a checksum
    tmp/  locks/  damaged/  half-written, guards, and what failed its checksum
    unfinished/             files of trainings that can be gone on with, by key
    runs/                   what runs say of themselves while they go on
    stopped/                last good weights of trainings whose loss ran away
    in-use                  held by runs together, and by whoever collects garbage alone
    index.sqlite            a listing of the artefacts that can always be rebuilt from them
    rows  pooled            what rows say in columns, and evaluations of several seeds: both can always be made anew

A store may come from somebody else, or be damaged by anything: what is read is checked, and no name out of it is taken
for a path.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import uuid
from pathlib import Path

from outgrow.disk import disk_errors, own_path
from outgrow.errors import StoreError
from outgrow.store.folder.index import Index

IN_USE = "in-use"


def _unusable(root: Path, error: OSError | ValueError) -> StoreError:
    where, why = "", str(error)
    if isinstance(error, OSError):
        where = f" ({str(error.filename)!r})" if str(error.filename) != str(root) else ""
        why = str(error.strerror)
    return StoreError(f"cannot use {str(root)!r} as a store: {why}{where}; choose another with --store")


class Base:
    """A folder. The first thing written makes it, so reading from a mistyped name leaves none."""

    def __init__(self, root: str | Path) -> None:
        self.root = own_path(root)
        self._artefacts, self._results = self.root / "artefacts", self.root / "results"
        self._index = Index(self.root / "index.sqlite")

    def __str__(self) -> str:
        return str(self.root)

    @property
    def address(self) -> str:
        """By which another process opens it."""
        return str(self.root)

    def require(self) -> None:
        """StoreError unless there is such a store."""
        try:
            os.stat(self._artefacts)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, ValueError) as error:  # a name that is too long, or holds NUL; a link that leads to itself
            raise _unusable(self.root, error) from error
        if not os.path.isdir(self._artefacts):
            command = shlex.join(["outgrow", "run", "quickstart", "--store", str(self.root)])
            raise StoreError(f"no store at {str(self.root)!r}; `{command}` makes one")

    def create(self) -> None:
        """Make the folders that are not there. Raises StoreError."""
        try:
            for folder in (self._artefacts, self._results, self.root / "tmp", self.root / "locks"):
                folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise _unusable(self.root, error) from error

    def _move_aside(self, path: Path) -> None:
        damaged = self.root / "damaged"
        with disk_errors(self.root), contextlib.suppress(FileNotFoundError):
            damaged.mkdir(exist_ok=True)
            os.rename(path, damaged / f"{path.name}-{uuid.uuid4().hex[:8]}")
