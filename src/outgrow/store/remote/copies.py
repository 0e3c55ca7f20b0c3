"""Small documents of a remote store as they were read last: a database here that may always be missing."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from outgrow.store.database import Database
from outgrow.store.remote.bucket import Bucket, Listed

TABLE = "CREATE TABLE IF NOT EXISTS copies (name TEXT PRIMARY KEY, tag TEXT NOT NULL, content BLOB NOT NULL)"
AT_ONCE = 1000  # documents that are fetched before they are kept


class Copies(Database):
    """Documents by name, each with the tag that the store showed for it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, TABLE)

    def read(self, bucket: Bucket, folder: str, listed: Mapping[str, Listed]) -> dict[str, bytes]:
        """The documents of a folder as it was listed; only what is new is fetched, and what is gone is forgotten."""
        kept = self._kept(folder)
        found = {
            name: kept[name][1] for name, one in listed.items() if name in kept and one.tag and kept[name][0] == one.tag
        }
        gone = [(folder + name,) for name in kept.keys() - listed.keys()]
        if gone:
            self._change("DELETE FROM copies WHERE name = ?", gone)
        new = sorted(listed.keys() - found.keys())
        for start in range(0, len(new), AT_ONCE):  # what was fetched is kept, should the rest fail
            some = bucket.several(folder + name for name in new[start : start + AT_ONCE])
            fetched = {name.removeprefix(folder): content for name, content in some.items()}
            tagged = [(folder + name, listed[name].tag, content) for name, content in fetched.items()]
            self._change("INSERT OR REPLACE INTO copies VALUES (?, ?, ?)", [row for row in tagged if row[1]])
            found |= fetched
        return found

    def _change(self, command: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with contextlib.suppress(sqlite3.Error, OSError), self.connected() as database:
            database.executemany(command, rows)

    def one(self, name: str, tag: str) -> bytes | None:
        """A document that is here as it is there."""
        with contextlib.suppress(sqlite3.Error, OSError), self.connected() as database:
            found = database.execute("SELECT content FROM copies WHERE name = ? AND tag = ?", (name, tag)).fetchone()
            return found[0] if found and isinstance(found[0], bytes) else None
        return None

    def _kept(self, folder: str) -> dict[str, tuple[str, bytes]]:
        with contextlib.suppress(sqlite3.Error, OSError), self.connected() as database:
            rows = database.execute("SELECT name, tag, content FROM copies WHERE name GLOB ?", (f"{folder}*",))
            return {
                name.removeprefix(folder): (tag, content) for name, tag, content in rows if isinstance(content, bytes)
            }
        return {}
