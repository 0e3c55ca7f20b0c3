"""Content-addressed artefacts on disk: written atomically, checked by checksum, locked across processes.

Layout of the folder:
    artefacts/ab/abcd.../   the files of one step's result and its manifest.json; there means complete
    results/                one small JSON file per row of the results table
    tmp/  locks/  damaged/  half-written, guards, and what failed its checksum
    stopped/                last good weights of trainings whose loss ran away
    index.sqlite            a listing of the artefacts that can always be rebuilt from them
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outgrow.artefacts import Manifest
from outgrow.errors import DamagedArtefact, StoreError

MANIFEST = "manifest.json"


class Store:
    """A folder of artefacts, made when the first thing is written: a mistyped name that is only read leaves none."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._artefacts, self._results = self.root / "artefacts", self.root / "results"

    @classmethod
    def existing(cls, root: str | Path) -> Store:
        """Open a store that must exist already."""
        store = cls(root)
        store.require()
        return store

    def require(self) -> None:
        """StoreError unless there is such a store."""
        if not self._artefacts.is_dir():
            raise StoreError(f"no store at {str(self.root)!r}; `outgrow run quickstart --store {self.root}` makes one")

    def create(self) -> None:
        """Make the folders that are not there. Raises StoreError."""
        try:
            for folder in (self._artefacts, self._results, self.root / "tmp", self.root / "locks"):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot use {str(self.root)!r} as a store: {error.strerror}; choose another with --store"
            ) from error

    @property
    def address(self) -> str:
        """By which another process opens it."""
        return str(self.root)

    def folder(self, key: str) -> Path:
        """Where the artefact of `key` lies, or would."""
        return self._artefacts / key[:2] / key

    def has(self, key: str) -> bool:
        """Whether the artefact is there, complete."""
        return (self.folder(key) / MANIFEST).is_file()

    def keys(self) -> set[str]:
        """Keys of all complete artefacts; none where there is no store yet."""
        return {
            entry.name
            for bucket in (os.scandir(self._artefacts) if self._artefacts.is_dir() else ())
            if bucket.is_dir()
            for entry in os.scandir(bucket.path)
            if os.path.isfile(os.path.join(entry.path, MANIFEST))
        }

    def manifest(self, key: str) -> Manifest:
        """The manifest of a complete artefact."""
        path = self.folder(key) / MANIFEST
        try:
            return Manifest(**json.loads(path.read_text()))
        except FileNotFoundError:
            raise StoreError(f"the store has no artefact {key[:12]}") from None
        except (OSError, ValueError, TypeError) as error:
            self._set_aside(key)
            raise DamagedArtefact(
                f"artefact {key[:12]}: its manifest is damaged ({error}); run again to recompute it"
            ) from error

    def open(self, key: str) -> Path:
        """The folder of an artefact after its checksums were verified."""
        problem = self._problem(self.manifest(key))
        if problem:
            self._set_aside(key)
            raise DamagedArtefact(f"artefact {key[:12]}: {problem}; it was moved aside, run again to recompute it")
        return self.folder(key)

    @contextlib.contextmanager
    def write(
        self, *, key: str, step: str, identity: dict[str, Any], inputs: dict[str, str], versions: dict[str, str]
    ) -> Iterator[Path]:
        """A temporary folder that becomes the artefact when the block ends without an error, and vanishes otherwise."""
        self.create()
        folder = self.root / "tmp" / f"{key[:16]}-{uuid.uuid4().hex[:8]}"
        started = time.time()
        try:
            with _disk_errors(self.root):
                folder.mkdir(parents=True)
                yield folder
                listed = {}
                for path in sorted(folder.iterdir()):
                    _sync(path)
                    listed[path.name] = {"size": path.stat().st_size, "sha256": _sha256(path)}
                manifest = Manifest(
                    key=key, step=step, identity=identity, inputs=inputs, files=listed,
                    seconds=time.time() - started, created=started, versions=versions,
                )  # fmt: skip
                (folder / MANIFEST).write_text(json.dumps(vars(manifest), indent=1))
                _sync(folder / MANIFEST)
                _sync(folder)
                target = self.folder(key)
                target.parent.mkdir(exist_ok=True)
                if not self.has(key):
                    shutil.rmtree(target, ignore_errors=True)  # a folder without a manifest was never complete
                    os.rename(folder, target)
                    _sync(target.parent)
                    self._index(manifest)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the only right to compute `key`, across processes; waits for another holder."""
        self.create()
        with _disk_errors(self.root), open(self.root / "locks" / key[:16], "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def write_result(self, name: str, record: dict[str, Any]) -> None:
        """Write one row of the results table atomically."""
        self.create()
        with _disk_errors(self.root):
            partial = self.root / "tmp" / f"{name}-{uuid.uuid4().hex[:8]}"
            try:
                partial.write_text(json.dumps(record))
                os.replace(partial, self._results / f"{name}.json")
            finally:
                partial.unlink(missing_ok=True)

    def result(self, name: str) -> str | None:
        """One row of the results table as text, or None."""
        path = self._results / f"{name}.json"
        return path.read_text() if path.is_file() else None

    def results(self) -> Iterator[tuple[str, str]]:
        """All rows by name, each as text; StoreError where one cannot be read."""
        self.require()
        for path in sorted(self._results.glob("*.json")):
            try:
                yield path.stem, path.read_text()
            except (OSError, UnicodeDecodeError) as error:
                raise StoreError(
                    f"{path} is not a results row ({error}); delete it and run its experiment again"
                ) from error

    def set_weights_aside(self, key: str, weights: bytes) -> Path:
        """Keep the last good weights of a training that failed; they are no artefact. Returns the file."""
        self.create()
        folder = self.root / "stopped"
        with _disk_errors(self.root):
            folder.mkdir(exist_ok=True)
            path = folder / f"{key[:16]}.safetensors"
            partial = self.root / "tmp" / f"{key[:16]}-{uuid.uuid4().hex[:8]}"
            partial.write_bytes(weights)
            os.replace(partial, path)
        return path

    # Looking after it

    def manifests(self) -> list[Manifest]:
        """Manifests of all complete artefacts, oldest first; from the index, which is rebuilt if it lags behind."""
        self.require()
        listed: dict[str, str] = {}
        with contextlib.suppress(StoreError), self._connect() as database:
            listed = dict(database.execute("SELECT key, manifest FROM artefacts").fetchall())
        whole = listed.keys() == self.keys()
        found = [Manifest(**json.loads(text)) for text in listed.values()] if whole else self._rebuild()
        return sorted(found, key=lambda manifest: manifest.created)

    def rebuild(self) -> int:
        """Make the index anew from the artefacts; returns how many there are."""
        self.require()
        return len(self._rebuild())

    def verify(self) -> list[str]:
        """Check every checksum; what is damaged is moved aside and named in the lines returned."""
        self.require()
        damaged = []
        for key in sorted(self.keys()):
            try:
                self.open(key)
            except DamagedArtefact as error:
                damaged.append(str(error))
        for bucket in filter(Path.is_dir, self._artefacts.iterdir()):
            for folder in bucket.iterdir():
                if not (folder / MANIFEST).is_file():
                    damaged.append(f"artefact {folder.name[:12]}: it has no manifest; run again to recompute it")
                    self._set_aside(folder.name)
        return damaged

    def collect_garbage(self, reachable: set[str], *, dry_run: bool) -> tuple[int, int]:
        """Delete artefacts that no result needs, and leftovers; returns how many and their bytes."""
        unreachable = [manifest for manifest in self.manifests() if manifest.key not in reachable]
        if not dry_run:
            for manifest in unreachable:
                shutil.rmtree(self.folder(manifest.key))
            for leftover in ("tmp", "damaged", "stopped", "locks"):
                shutil.rmtree(self.root / leftover, ignore_errors=True)
            self.create()
            self.rebuild()
        return len(unreachable), sum(manifest.size for manifest in unreachable)

    def _problem(self, manifest: Manifest) -> str | None:
        for name, entry in manifest.files.items():
            path = self.folder(manifest.key) / name
            if not path.is_file():
                return f"{name} is missing"
            if path.stat().st_size != entry["size"] or _sha256(path) != entry["sha256"]:
                return f"{name} does not match its checksum"
        return None

    def _set_aside(self, key: str) -> None:
        damaged = self.root / "damaged"
        damaged.mkdir(exist_ok=True)
        os.rename(self.folder(key), damaged / f"{key}-{uuid.uuid4().hex[:8]}")

    @contextlib.contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        path = self.root / "index.sqlite"
        try:
            connection = sqlite3.connect(path, timeout=60)
            try:
                with connection:
                    connection.execute("PRAGMA journal_mode=WAL")
                    connection.execute(
                        "CREATE TABLE IF NOT EXISTS artefacts (key TEXT PRIMARY KEY, manifest TEXT NOT NULL)"
                    )
                    yield connection
            finally:
                connection.close()
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"the index {str(path)!r} cannot be used ({error}); delete it, then `outgrow store rebuild`"
            ) from error

    def _rebuild(self) -> list[Manifest]:
        found = []
        for key in sorted(self.keys()):
            with contextlib.suppress(DamagedArtefact):
                found.append(self.manifest(key))
        try:
            self._replace_index(found)
        except StoreError:  # no database any more
            for path in self.root.glob("index.sqlite*"):
                path.unlink()
            self._replace_index(found)
        return found

    def _replace_index(self, manifests: list[Manifest]) -> None:
        rows = [(manifest.key, json.dumps(vars(manifest))) for manifest in manifests]
        with self._connect() as database:
            database.execute("DELETE FROM artefacts")
            database.executemany("INSERT INTO artefacts VALUES (?, ?)", rows)

    def _index(self, manifest: Manifest) -> None:
        with (
            contextlib.suppress(StoreError),
            self._connect() as database,
        ):  # a listing only: it can be rebuilt at any time
            database.execute(
                "INSERT OR REPLACE INTO artefacts VALUES (?, ?)", (manifest.key, json.dumps(vars(manifest)))
            )


@contextlib.contextmanager
def _disk_errors(root: Path) -> Iterator[None]:
    """Say plainly what is wrong with the store's disk; errors about files elsewhere are not the store's."""
    try:
        yield
    except OSError as error:
        name = error.filename
        if isinstance(name, str | Path) and not Path(name).absolute().is_relative_to(root.absolute()):
            raise
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            free = shutil.disk_usage(root).free
            raise StoreError(
                f"the disk of {str(root)!r} is full ({free:,} bytes free); "
                "what was finished is kept: free some space and run again"
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise StoreError(
                f"cannot write to the store {str(root)!r}: {error.strerror}; choose another with --store"
            ) from error
        raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
