"""Rows of the results table, what runs say of themselves, and unfinished work, in a remote store."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from outgrow.disk import sha256
from outgrow.errors import StoreError
from outgrow.store.manifests import KEY, check_key, check_name, pack_row, unpack_row
from outgrow.store.remote.base import RESULTS, RUNS, UNFINISHED, Base
from outgrow.store.remote.bucket import Listed


class Rows(Base):
    """The small documents of a remote store."""

    def write_result(self, name: str, record: dict[str, Any]) -> None:
        """Write one row of the results table atomically, with its checksum."""
        self.create()
        self.bucket.put(_row(name), pack_row(name, record).encode())

    def result(self, name: str) -> dict[str, Any] | None:
        """One row of the results table, or None. Raises StoreError where it is damaged."""
        content = self.bucket.get(_row(name))
        return None if content is None else unpack_row(content, self._where(name), name)

    def forget_result(self, name: str) -> None:
        """Remove one row; none where there is none."""
        self.bucket.remove([_row(name)])

    def row_written(self, name: str) -> float:
        """When a row was written, by the server's clock, in seconds since 1970."""
        return self.bucket.listed(RESULTS)[f"{name}.json"].written

    def results(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """All rows by name. Raises StoreError where one is damaged, or a copy. Only new ones are fetched."""
        for name, content in self._rows():
            yield name, unpack_row(content, self._where(name), name)

    def row_stamps(self) -> dict[str, str]:
        """By the name of each row, a text that differs when the row does; empty where that cannot be told yet."""
        return {name.removesuffix(".json"): one.tag for name, one in self._listed_rows().items()}

    def aside(self, name: str) -> Path:
        """Where a file may be kept, on this machine, that can be made anew from what is here."""
        return self._cache.root / name

    def _listed_rows(self) -> dict[str, Listed]:
        self.require()
        return {name: one for name, one in self.bucket.listed(RESULTS).items() if re.fullmatch(r"[^/]+\.json", name)}

    def _rows(self) -> list[tuple[str, bytes]]:
        found = self._copies.read(self.bucket, RESULTS, self._listed_rows())
        return [(name.removesuffix(".json"), found[name]) for name in sorted(found)]

    def _where(self, name: str) -> str:
        return f"{self._address}/{_row(name)}"

    def publish(self, name: str, state: dict[str, Any]) -> None:
        """Put a small JSON document where others can read it while a run goes on; it may be lost without harm."""
        self.bucket.put(_run(name), json.dumps(state).encode())

    def published(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What runs have published, by name; what is damaged is passed over."""
        names = [name for name in self.bucket.listed(RUNS) if name.endswith(".json")]
        for name, content in sorted(self.bucket.several(RUNS + name for name in names).items()):
            with contextlib.suppress(ValueError, RecursionError):
                state = json.loads(content)
                if isinstance(state, dict):
                    yield name.removeprefix(RUNS).removesuffix(".json"), state

    def withdraw(self, name: str) -> None:
        """Remove what was published by this name; none where there is none."""
        self.bucket.remove([_run(name)])

    def keep_unfinished(self, key: str, name: str, write: Callable[[Path], None]) -> None:
        """Keep a file of work that is not finished, whole or not at all, in the place of the one of this name."""
        self.create()
        folder = _unfinished(key)
        with self._cache.partial() as partial:
            write(partial / check_name(name))
            kept = f"{name}.{sha256(partial / name)}"
            self.bucket.upload({folder + kept: partial / name})
        self.bucket.remove([folder + one for one in self._kept(key, name) if one != kept])

    def unfinished(self, key: str, name: str) -> Path | None:
        """A file that was kept, its checksum verified; None where there is none, or it is damaged."""
        for one in self._kept(key, check_name(name)):
            path = self._cache.root / UNFINISHED / key / one
            with contextlib.suppress(OSError):
                if sha256(path) == one[-64:]:
                    return path
            with contextlib.suppress(FileNotFoundError), self._cache.partial() as partial:
                self.bucket.download({_unfinished(key) + one: partial / name})
                if sha256(partial / name) == one[-64:]:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(partial / name, path)
                    return path
        return None

    def drop_unfinished(self, key: str) -> None:
        """Delete all files that were kept for a key."""
        folder = _unfinished(key)
        self.bucket.remove([folder + name for name in self.bucket.listed(folder)])
        shutil.rmtree(self._cache.root / folder, ignore_errors=True)

    def _kept(self, key: str, name: str) -> list[str]:
        """What is kept by a name, newest first."""
        listed = self.bucket.listed(_unfinished(key))
        pattern = re.compile(rf"{re.escape(name)}\.{KEY.pattern}")
        return sorted((one for one in listed if pattern.fullmatch(one)), key=lambda one: -listed[one].written)


def _row(name: str) -> str:
    if not name or "/" in name or not name.isprintable():
        raise StoreError(f"{name[:80]!r} is no name of a row")
    return f"{RESULTS}{name}.json"


def _run(name: str) -> str:
    return f"{RUNS}{check_name(name)}.json"


def _unfinished(key: str) -> str:
    return f"{UNFINISHED}{check_key(key)}/"
