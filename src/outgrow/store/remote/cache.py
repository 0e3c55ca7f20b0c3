"""Artefacts of a remote store as files of this machine: whole or absent, used in turn, the oldest thrown out.

Layout of the folder, one for each store:
    artefacts/KEY/      the files of an artefact; the time of the folder is when it was used last
    unfinished/         files of work that is not finished
    tmp/                half-written
    copies.sqlite       manifests and rows as they were read last
    rows  pooled        what rows say in columns, and evaluations of several seeds
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from outgrow.artefacts import Manifest
from outgrow.disk import disk_errors, sha256, size_of
from outgrow.errors import ConfigError
from outgrow.packs import cache_folder

LIMIT = "OUTGROW_STORE_CACHE_GB"
GIGABYTES = 50.0
HELD = 64  # artefacts that a process may be reading: those that it opened last
OLD = 24 * 3600.0  # seconds after which what is half-written is nobody's any more


def limit() -> float:
    """Bytes that the copies of one store may take: $OUTGROW_STORE_CACHE_GB, else 50 GB. Raises ConfigError."""
    said = os.environ.get(LIMIT) or str(GIGABYTES)
    try:
        found = float(said)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise ConfigError(f"{LIMIT} = {said!r}: give gigabytes, such as 50")
    return found * 1e9


class Cache:
    """The folder of copies of one store's artefacts."""

    def __init__(self, address: str) -> None:
        self.root = cache_folder() / "stores" / hashlib.sha256(address.encode()).hexdigest()[:16]
        self._artefacts, self._held = self.root / "artefacts", OrderedDict[str, int]()
        self._limit, self._grown, self._guard = limit(), 0, threading.RLock()

    def create(self) -> None:
        """Make the folders. Raises StoreError."""
        with disk_errors(self.root):
            for folder in (self._artefacts, self.root / "tmp"):
                folder.mkdir(parents=True, exist_ok=True)

    def folder(self, key: str) -> Path:
        """Where the files of an artefact lie, or would."""
        return self._artefacts / key

    @contextlib.contextmanager
    def partial(self) -> Iterator[Path]:
        """An empty folder, gone after the block unless it was moved."""
        self.create()
        folder = self.root / "tmp" / uuid.uuid4().hex
        try:
            with disk_errors(self.root):
                folder.mkdir()
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def whole(self, manifest: Manifest) -> Path | None:
        """The folder of an artefact, held while it may be read, if all its files are there and fit their checksums."""
        folder = self.folder(manifest.key)
        self._hold(manifest.key)
        try:
            for name, entry in manifest.files.items():
                path = folder / name
                if path.is_symlink() or path.stat().st_size != entry["size"] or sha256(path) != entry["sha256"]:
                    return None
            os.utime(folder)
        except OSError:
            return None
        return folder

    def put(self, key: str, partial: Path) -> None:
        """Let a folder be the copy of an artefact, in the place of the one that is there."""
        with disk_errors(self.root):
            self._grown += size_of(partial)
            self._let_go(key)
            target = self.folder(key)
            with contextlib.suppress(FileNotFoundError):
                self._throw_out(target)
            with contextlib.suppress(OSError):  # another process was quicker, and its copy is as good
                os.rename(partial, target)
        self._hold(key)
        if self._grown > self._limit / 20:
            self._grown = 0
            self.make_room()

    def drop(self, key: str) -> None:
        """Throw an artefact's files out."""
        self._let_go(key)
        with contextlib.suppress(OSError):
            self._throw_out(self.folder(key))

    def make_room(self) -> None:
        """Throw out what was used longest ago until the limit is kept; what a process may be reading stays."""
        for old in [*(self.root / "tmp").glob("*"), *(self.root / "unfinished").glob("*")]:
            with contextlib.suppress(OSError):
                if time.time() - old.stat().st_mtime > OLD:
                    shutil.rmtree(old, ignore_errors=True)
        sizes = {}
        for folder in self._artefacts.iterdir():
            with contextlib.suppress(OSError):
                sizes[folder] = (folder.stat().st_mtime, size_of(folder))
        total = sum(size for _, size in sizes.values())
        for folder, (_, size) in sorted(sizes.items(), key=lambda item: item[1]):
            if total <= self._limit:
                return
            with contextlib.suppress(OSError), _locked(folder, fcntl.LOCK_EX):
                self._throw_out(folder)
                total -= size

    def _hold(self, key: str) -> None:
        """Keep others from throwing an artefact out, until this process has opened HELD others."""
        with self._guard:
            self._take_hold(key)

    def _take_hold(self, key: str) -> None:
        with contextlib.suppress(OSError):
            if key in self._held and os.path.samestat(os.fstat(self._held[key]), os.stat(self.folder(key))):
                self._held.move_to_end(key)
                return
        self._let_go(key)
        with contextlib.suppress(OSError):
            handle = os.open(self.folder(key), os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(handle, fcntl.LOCK_SH)
            self._held[key] = handle
        while len(self._held) > HELD:
            os.close(self._held.popitem(last=False)[1])

    def _let_go(self, key: str) -> None:
        with self._guard:
            if (handle := self._held.pop(key, None)) is not None:
                os.close(handle)

    def _throw_out(self, folder: Path) -> None:
        gone = self.root / "tmp" / uuid.uuid4().hex
        os.rename(folder, gone)
        shutil.rmtree(gone, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, mode: int) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
