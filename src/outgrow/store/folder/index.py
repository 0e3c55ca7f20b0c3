"""The index of a store: a listing of its artefacts that can always be made anew, and so may always be missing."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from outgrow.artefacts import Manifest
from outgrow.store.database import Database
from outgrow.store.manifests import checked

TABLE = "CREATE TABLE IF NOT EXISTS artefacts (key TEXT PRIMARY KEY, manifest TEXT NOT NULL)"


class Index(Database):
    """A database beside the artefacts. What goes wrong with it costs time, never a result."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, TABLE)

    def add(self, manifest: Manifest) -> None:
        """List one more artefact, if the index can be written now."""
        with contextlib.suppress(sqlite3.Error, OSError), self.connected() as database:
            database.execute(
                "INSERT OR REPLACE INTO artefacts VALUES (?, ?)", (manifest.key, json.dumps(vars(manifest)))
            )

    def manifests(self) -> dict[str, Manifest]:
        """What is listed, by key; {} where the index cannot be read or holds anything that is no manifest."""
        with contextlib.suppress(
            sqlite3.Error, OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError
        ):
            with self.connected() as database:
                rows = database.execute("SELECT key, manifest FROM artefacts").fetchall()
            return {key: checked(json.loads(text), key) for key, text in rows}
        return {}

    def replace(self, manifests: Sequence[Manifest]) -> bool:
        """List these and no others, and tell whether that was done.

        A file that is no database is replaced; one that is in use is left.
        """
        for _ in range(2):
            try:
                with self.connected() as database:
                    database.execute("DELETE FROM artefacts")
                    rows = [(manifest.key, json.dumps(vars(manifest))) for manifest in manifests]
                    database.executemany("INSERT OR REPLACE INTO artefacts VALUES (?, ?)", rows)
                return True
            except sqlite3.OperationalError:  # locked by another process, or read-only
                return False
            except (sqlite3.DatabaseError, OSError):  # no database any more
                self.delete()
        return False
