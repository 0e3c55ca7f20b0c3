"""Rows of the results table, what runs say of themselves, and unfinished work, in a folder."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from outgrow.disk import disk_errors, unreadable
from outgrow.store.folder import runs, stamps, unfinished
from outgrow.store.folder.base import Base
from outgrow.store.manifests import pack_row, read_row


class Rows(Base):
    """The small documents of a folder."""

    def write_result(self, name: str, record: dict[str, Any]) -> None:
        """Write one row of the results table atomically, with its checksum."""
        self.create()
        with disk_errors(self.root):
            partial = self.root / "tmp" / f"{name}-{uuid.uuid4().hex[:8]}"
            try:
                partial.write_text(pack_row(name, record))
                target = self._results / f"{name}.json"
                if target.is_dir() and not target.is_symlink():  # whoever put it there
                    self._move_aside(target)
                os.replace(partial, target)
            finally:
                partial.unlink(missing_ok=True)

    def result(self, name: str) -> dict[str, Any] | None:
        """One row of the results table, or None. Raises StoreError where it is damaged."""
        path = self._results / f"{name}.json"
        return read_row(path) if path.exists() else None

    def forget_result(self, name: str) -> None:
        """Remove one row; none where there is none."""
        with disk_errors(self.root):
            (self._results / f"{name}.json").unlink(missing_ok=True)

    def row_written(self, name: str) -> float:
        """When a row was written, in seconds since 1970."""
        with disk_errors(self.root):
            return (self._results / f"{name}.json").stat().st_mtime

    def results(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """All rows by name. Raises StoreError where one is damaged, or a copy, or where they cannot be listed."""
        for path in self._rows():
            yield path.stem, read_row(path)

    def row_stamps(self) -> dict[str, str]:
        """By the name of each row, a text that differs when the row does; empty where that cannot be told yet."""
        self.require()
        return stamps.stamps(self._results)

    def aside(self, name: str) -> Path:
        """Where a file may be kept, on this machine, that can be made anew from what is here."""
        return self.root / name

    def _rows(self) -> list[Path]:
        self.require()
        try:
            return [self._results / name for name in sorted(os.listdir(self._results)) if name.endswith(".json")]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unreadable(self._results, error) from error

    def publish(self, name: str, state: dict[str, Any]) -> None:
        """Put a small JSON document where others can read it while a run goes on; it may be lost without harm."""
        self.create()
        runs.publish(self.root, name, state)

    def published(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What runs have published, by name; what is damaged is passed over."""
        return runs.published(self.root)

    def withdraw(self, name: str) -> None:
        """Remove what was published by this name; none where there is none."""
        runs.withdraw(self.root, name)

    def keep_unfinished(self, key: str, name: str, write: Callable[[Path], None]) -> None:
        """Keep a file of work that is not finished, whole or not at all, in the place of the one of this name."""
        self.create()
        unfinished.keep(self.root, key, name, write)

    def unfinished(self, key: str, name: str) -> Path | None:
        """A file that was kept, its checksum verified; None where there is none, or it is damaged."""
        return unfinished.find(self.root, key, name)

    def drop_unfinished(self, key: str) -> None:
        """Delete all files that were kept for a key."""
        unfinished.drop(self.root, key)
