"""Rows of the results table, and what runs say of themselves, in a remote store."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outgrow.errors import StoreError
from outgrow.store.manifests import check_name, pack_row, unpack_row
from outgrow.store.remote.base import RESULTS, RUNS, Base
from outgrow.store.remote.bucket import Listed


class Rows(Base):
    """The small documents of a remote store."""

    def _open(self) -> None:
        super()._open()
        self._told = dict[str, tuple[str, bytes]]()  # what runs said last, by name, and its tag

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
        listed = {name: one.tag for name, one in self.bucket.listed(RUNS).items() if name.endswith(".json")}
        told = {name: one for name, one in self._told.items() if one[0] and listed.get(name) == one[0]}
        new = self.bucket.several(RUNS + name for name in listed.keys() - told.keys())
        self._told = told | {name.removeprefix(RUNS): (listed[name.removeprefix(RUNS)], new[name]) for name in new}
        for name, (_, content) in sorted(self._told.items()):
            with contextlib.suppress(ValueError, RecursionError):
                state = json.loads(content)
                if isinstance(state, dict):
                    yield name.removesuffix(".json"), state

    def withdraw(self, name: str) -> None:
        """Remove what was published by this name; none where there is none."""
        self.bucket.remove([_run(name)])


def _row(name: str) -> str:
    if not name or "/" in name or not name.isprintable():
        raise StoreError(f"{name[:80]!r} is no name of a row")
    return f"{RESULTS}{name}.json"


def _run(name: str) -> str:
    return f"{RUNS}{check_name(name)}.json"
