"""What a store must be able to do: a folder does, and whatever does as much can stand in for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an artefact is: its key, step, full identity, input keys, files (name -> size, SHA-256), cost and origin."""

    key: str
    step: str
    identity: dict[str, Any]
    inputs: dict[str, str]
    files: dict[str, dict[str, Any]]
    seconds: float
    created: float
    versions: dict[str, str]

    @property
    def size(self) -> int:
        """Bytes on disk, the manifest aside."""
        return sum(entry["size"] for entry in self.files.values())


class Artefacts(Protocol):
    """Finished steps by key, and the rows of the results table by name."""

    def __str__(self) -> str:
        """Its name, as it can be given to `--store`."""
        ...

    @property
    def address(self) -> str:
        """By which another process opens it."""
        ...

    @property
    def pages(self) -> Path:
        """The folder of this machine in which pages on it are written."""
        ...

    def create(self) -> None:
        """Make it, if it is not there. Raises StoreError."""
        ...

    def require(self) -> None:
        """StoreError unless it is there."""
        ...

    def has(self, key: str) -> bool:
        """Whether the artefact is there, complete."""
        ...

    def keys(self) -> set[str]:
        """Keys of all complete artefacts; none where there is no store yet."""
        ...

    def manifest(self, key: str) -> Manifest:
        """The manifest of a complete artefact."""
        ...

    def open(self, key: str) -> Path:
        """A folder with the files of an artefact, its checksums verified."""
        ...

    def write(
        self, *, key: str, step: str, identity: dict[str, Any], inputs: dict[str, str], versions: dict[str, str]
    ) -> AbstractContextManager[Path]:
        """A temporary folder that becomes the artefact when the block ends without an error, and vanishes otherwise."""
        ...

    def receive(self, manifest: Manifest, folder: Path) -> None:
        """Take the artefact of another store, whose files lie in a folder; one that is there is kept."""
        ...

    def lock(self, key: str, *, title: str = "", patience: float = math.inf) -> AbstractContextManager[bool]:
        """Hold the only right to compute `key`, across processes, and tell whether it is held.

        Waits for another holder, and tells so by `title` after some seconds.

        Args:
            patience: seconds to wait at most; then it is not held. 0 is one try.
        """
        ...

    def set_weights_aside(self, key: str, weights: bytes) -> str:
        """Keep the last good weights of a training that failed; they are no artefact. Returns where."""
        ...

    def in_use(self) -> AbstractContextManager[None]:
        """Nothing is deleted inside the block, whoever collects garbage meanwhile."""
        ...

    def write_result(self, name: str, record: dict[str, Any]) -> None:
        """Write one row of the results table atomically."""
        ...

    def result(self, name: str) -> dict[str, Any] | None:
        """One row, its checksum verified, or None."""
        ...

    def results(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """All rows by name, their checksums verified."""
        ...

    def row_stamps(self) -> dict[str, str]:
        """By the name of each row, a text that differs when the row does; empty where that cannot be told yet."""
        ...

    def aside(self, name: str) -> Path:
        """Where a file may be kept, on this machine, that can be made anew from what is here."""
        ...

    def forget_result(self, name: str) -> None:
        """Remove one row; none where there is none."""
        ...

    def publish(self, name: str, state: dict[str, Any]) -> None:
        """Put a small JSON document where others can read it while a run goes on; it may be lost without harm."""
        ...

    def published(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What runs have published, by name; what is damaged is passed over."""
        ...

    def withdraw(self, name: str) -> None:
        """Remove what was published by this name; none where there is none."""
        ...

    def keep_unfinished(self, key: str, name: str, write: Callable[[Path], None]) -> None:
        """Keep a file of work that is not finished, whole or not at all, in the place of the one of this name.

        Args:
            write: makes the file at the path that it is given.
        """
        ...

    def unfinished(self, key: str, name: str) -> Path | None:
        """A file that was kept, its checksum verified; None where there is none, or it is damaged."""
        ...

    def drop_unfinished(self, key: str) -> None:
        """Delete all files that were kept for a key."""
        ...

    def row_written(self, name: str) -> float:
        """When a row was written, in seconds since 1970."""
        ...

    def manifests(self) -> list[Manifest]:
        """Manifests of all complete artefacts, oldest first."""
        ...

    def rebuild(self) -> int:
        """Make anew what is kept to list it quickly; returns how many artefacts there are."""
        ...

    def verify(self) -> list[str]:
        """Check every checksum, of artefacts and rows; what is damaged is named in the lines returned."""
        ...

    def alone(self, *, dry_run: bool) -> AbstractContextManager[bool]:
        """Whether nobody else uses it; nobody begins to inside the block, unless it is a `dry_run`."""
        ...

    def leftovers(self) -> dict[str, int]:
        """Bytes of what is no part of an artefact or row, by folder, where there are any."""
        ...

    def discard(self, keys: Collection[str]) -> None:
        """Delete artefacts and all leftovers. To be alone is for the caller to see to."""
        ...

    def annex(self, name: str) -> Self:
        """A store within this one, for what is computed anew."""
        ...

    def adopt(self, annex: Self) -> None:
        """Put what an annex holds in the place of what is here. A row that failed replaces none that did not."""
        ...
