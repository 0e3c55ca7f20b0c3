"""The index of a store: a listing of its artefacts that can always be made anew, and so may always be missing."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from outgrow.artefacts import Manifest
from outgrow.store.manifests import checked

TABLE = "CREATE TABLE IF NOT EXISTS artefacts (key TEXT PRIMARY KEY, manifest TEXT NOT NULL)"
log = logging.getLogger(__name__)
PATIENCE = 5.0  # seconds that another process may hold it


class Index:
    """A database beside the artefacts. What goes wrong with it costs time, never a result."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._patience = PATIENCE

    def add(self, manifest: Manifest) -> None:
        """List one more artefact, if the index can be written now."""
        with contextlib.suppress(sqlite3.Error, OSError), self._connect() as database:
            database.execute(
                "INSERT OR REPLACE INTO artefacts VALUES (?, ?)", (manifest.key, json.dumps(vars(manifest)))
            )

    def manifests(self) -> dict[str, Manifest]:
        """What is listed, by key; {} where the index cannot be read or holds anything that is no manifest."""
        with contextlib.suppress(
            sqlite3.Error, OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError
        ):
            with self._connect() as database:
                rows = database.execute("SELECT key, manifest FROM artefacts").fetchall()
            return {key: checked(json.loads(text), key) for key, text in rows}
        return {}

    def replace(self, manifests: Sequence[Manifest]) -> bool:
        """List these and no others, and tell whether that was done.

        A file that is no database is replaced; one that is in use is left.
        """
        for _ in range(2):
            try:
                with self._connect() as database:
                    database.execute("DELETE FROM artefacts")
                    rows = [(manifest.key, json.dumps(vars(manifest))) for manifest in manifests]
                    database.executemany("INSERT OR REPLACE INTO artefacts VALUES (?, ?)", rows)
                return True
            except sqlite3.OperationalError:  # locked by another process, or read-only
                return False
            except (sqlite3.DatabaseError, OSError):  # no database any more
                with contextlib.suppress(OSError):
                    for path in self._path.parent.glob(f"{self._path.name}*"):
                        path.unlink()
        return False

    @contextlib.contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        if self._path.is_symlink():  # whoever made it could have another database written to
            raise OSError(errno.ELOOP, "the index is a link", str(self._path))
        with contextlib.closing(sqlite3.connect(self._path, timeout=self._patience)) as connection, connection:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(TABLE)
                yield connection
            except sqlite3.OperationalError as error:
                if "locked" in str(error) and self._patience:
                    self._patience = 0.0  # once is enough
                    log.warning("another process holds the index %r; going on without it", str(self._path))
                raise
            except UnicodeDecodeError as error:  # out of what sqlite3 has to say of damage
                raise sqlite3.DatabaseError(str(error)) from error
