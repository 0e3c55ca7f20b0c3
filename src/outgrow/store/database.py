"""A small database beside what it lists, which can always be made anew, and so may always be missing."""

from __future__ import annotations

import contextlib
import errno
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)
PATIENCE = 5.0  # seconds that another process may hold it


class Database:
    """A file of SQLite with one table. What goes wrong with it costs time, never a result."""

    def __init__(self, path: Path, table: str) -> None:
        self._path, self._table = path, table
        self._patience = PATIENCE

    def delete(self) -> None:
        """Remove the file; it is made anew when something is written."""
        with contextlib.suppress(OSError):
            for path in self._path.parent.glob(f"{self._path.name}*"):
                path.unlink()

    @contextlib.contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """A connection, committed at the end. Raises OSError and sqlite3.Error."""
        if self._path.is_symlink():  # whoever made it could have another database written to
            raise OSError(errno.ELOOP, "the index is a link", str(self._path))
        with contextlib.closing(sqlite3.connect(self._path, timeout=self._patience)) as connection, connection:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(self._table)
                yield connection
            except sqlite3.OperationalError as error:
                if "locked" in str(error) and self._patience:
                    self._patience = 0.0  # once is enough
                    log.warning("another process holds the index %r; going on without it", str(self._path))
                raise
            except UnicodeDecodeError as error:  # out of what sqlite3 has to say of damage
                raise sqlite3.DatabaseError(str(error)) from error
