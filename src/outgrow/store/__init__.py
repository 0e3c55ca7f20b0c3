"""Content-addressed artefacts on disk: written atomically, checked by checksum, locked across processes.

Layout of the folder:
    artefacts/ab/abcd.../   the files of one step's result and its manifest.json; there means complete
    results/                one small JSON file per row of the results table, with a checksum
    tmp/  locks/  damaged/  half-written, guards, and what failed its checksum
    unfinished/             files of trainings that can be gone on with, by key
    runs/                   what runs say of themselves while they go on
    stopped/                last good weights of trainings whose loss ran away
    in-use                  held by runs together, and by whoever collects garbage alone
    index.sqlite            a listing of the artefacts that can always be rebuilt from them
    rows  pooled            what rows say in columns, and evaluations of several seeds: both can always be made anew

A store may come from somebody else, or be damaged by anything: what is read is checked, and no name out of it is taken
for a path.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from outgrow.artefacts import Manifest
from outgrow.disk import disk_errors, locked, own_path, sha256, sync, unreadable
from outgrow.errors import DamagedArtefact, MissingArtefact, StoreError
from outgrow.store import rows, runs, unfinished
from outgrow.store.index import Index
from outgrow.store.manifests import KEY, MANIFEST, check_key, pack_row, read_manifest, unpack_row

IN_USE = "in-use"


def _unusable(root: Path, error: OSError | ValueError) -> StoreError:
    where, why = "", str(error)
    if isinstance(error, OSError):
        where = f" ({str(error.filename)!r})" if str(error.filename) != str(root) else ""
        why = str(error.strerror)
    return StoreError(f"cannot use {str(root)!r} as a store: {why}{where}; choose another with --store")


class Store:
    """A folder of artefacts. The first thing written makes it, so reading from a mistyped name leaves none."""

    def __init__(self, root: str | Path) -> None:
        self.root = own_path(root)
        self._artefacts, self._results = self.root / "artefacts", self.root / "results"
        self._index = Index(self.root / "index.sqlite")

    @classmethod
    def existing(cls, root: str | Path) -> Store:
        """Open a store that must exist already."""
        store = cls(root)
        store.require()
        return store

    def require(self) -> None:
        """StoreError unless there is such a store."""
        try:
            os.stat(self._artefacts)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, ValueError) as error:  # a name that is too long, or holds NUL; a link that leads to itself
            raise _unusable(self.root, error) from error
        if not os.path.isdir(self._artefacts):
            command = shlex.join(["outgrow", "run", "quickstart", "--store", str(self.root)])
            raise StoreError(f"no store at {str(self.root)!r}; `{command}` makes one")

    def create(self) -> None:
        """Make the folders that are not there. Raises StoreError."""
        try:
            for folder in (self._artefacts, self._results, self.root / "tmp", self.root / "locks"):
                folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise _unusable(self.root, error) from error

    @property
    def address(self) -> str:
        """By which another process opens it."""
        return str(self.root)

    def folder(self, key: str) -> Path:
        """Where the artefact of `key` lies, or would. Raises StoreError where it is no key."""
        return self._artefacts / check_key(key)[:2] / key

    def has(self, key: str) -> bool:
        """Whether the artefact is there, complete."""
        return (self.folder(key) / MANIFEST).is_file()

    def keys(self) -> set[str]:
        """Keys of all complete artefacts; none where there is no store yet. What is named otherwise is no artefact."""
        return {entry.name for entry in self._entries() if os.path.isfile(os.path.join(entry.path, MANIFEST))}

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        """The folders that are named as artefacts are, where they belong."""
        for bucket in self._listed(self._artefacts):
            for entry in self._listed(Path(bucket.path)) if bucket.is_dir(follow_symlinks=False) else ():
                named = KEY.fullmatch(entry.name) and entry.name.startswith(bucket.name)
                if named and entry.is_dir(follow_symlinks=False):
                    yield entry

    def _listed(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                return list(found)
        except FileNotFoundError:  # it went meanwhile, or was never there
            return []
        except OSError as error:
            raise unreadable(folder, error, kept=": nothing was changed") from error

    def manifest(self, key: str) -> Manifest:
        """The manifest of a complete artefact.

        Raises:
            DamagedArtefact: it is none of this key; the artefact is moved aside. MissingArtefact: there is none.
            StoreError: it cannot be read.
        """
        folder = self.folder(key)
        try:
            return read_manifest(folder, key)
        except MissingArtefact:
            raise
        except DamagedArtefact as error:
            if kept := self._set_aside(key):
                raise DamagedArtefact(f"{error}; {kept}") from error
            raise

    def open(self, key: str) -> Path:
        """The folder of an artefact after its checksums were verified; what is damaged is moved aside."""
        problem = self._problem(self.manifest(key))
        if problem:
            kept = self._set_aside(key) or "it was moved aside, run again to recompute it"
            raise DamagedArtefact(f"artefact {key[:12]}: {problem}; {kept}")
        return self.folder(key)

    @contextlib.contextmanager
    def write(
        self, *, key: str, step: str, identity: dict[str, Any], inputs: dict[str, str], versions: dict[str, str]
    ) -> Iterator[Path]:
        """A temporary folder that becomes the artefact when the block ends without an error, and vanishes otherwise."""
        self.create()
        target = self.folder(key)
        folder = self.root / "tmp" / f"{key[:16]}-{uuid.uuid4().hex[:8]}"
        started = time.time()
        try:
            with disk_errors(self.root):
                folder.mkdir(parents=True)
                yield folder
                listed = {}
                for path in sorted(folder.iterdir()):
                    sync(path)
                    listed[path.name] = {"size": path.stat().st_size, "sha256": sha256(path)}
                manifest = Manifest(
                    key=key, step=step, identity=identity, inputs=inputs, files=listed,
                    seconds=time.time() - started, created=started, versions=versions,
                )  # fmt: skip
                (folder / MANIFEST).write_text(json.dumps(vars(manifest), indent=1))
                sync(folder / MANIFEST)
                sync(folder)
                target.parent.mkdir(exist_ok=True)
                if not self.has(key):
                    shutil.rmtree(target, ignore_errors=True)  # a folder without a manifest was never complete
                    os.rename(folder, target)
                    sync(target.parent)
                    self._index.add(manifest)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def lock(self, key: str, *, title: str = "") -> Iterator[None]:
        """Hold the only right to compute `key`, across processes; waits for another holder, and tells so by `title`."""
        self.create()
        path, whose = self.root / "locks" / check_key(key)[:16], f"another run that computes {title or key[:12]!r}"
        with disk_errors(self.root), locked(path, whose=whose):
            yield

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Nothing is deleted inside the block, whoever collects garbage meanwhile."""
        self.create()
        with disk_errors(self.root), locked(self.root / IN_USE, shared=True, whose="`outgrow store gc`"):
            yield

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
        return unpack_row(path) if path.exists() else None

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
            yield path.stem, unpack_row(path)

    def row_stamps(self) -> dict[str, str]:
        """By the name of each row, a text that differs when the row does; empty where that cannot be told yet."""
        self.require()
        return rows.stamps(self._results)

    def aside(self, name: str) -> Path:
        """Where a file may be kept that can be made anew from what is here."""
        return self.root / name

    def _rows(self) -> list[Path]:
        self.require()
        try:
            return [self._results / name for name in sorted(os.listdir(self._results)) if name.endswith(".json")]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unreadable(self._results, error) from error

    def set_weights_aside(self, key: str, weights: bytes) -> Path:
        """Keep the last good weights of a training that failed; they are no artefact. Returns the file."""
        self.create()
        folder = self.root / "stopped"
        with disk_errors(self.root):
            folder.mkdir(exist_ok=True)
            path = folder / f"{check_key(key)[:16]}.safetensors"
            partial = self.root / "tmp" / f"{key[:16]}-{uuid.uuid4().hex[:8]}"
            partial.write_bytes(weights)
            os.replace(partial, path)
        return path

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

    # Looking after it

    def manifests(self) -> list[Manifest]:
        """Manifests of all complete artefacts, oldest first; from the index where that is up to date.

        Nothing is moved or deleted. Raises DamagedArtefact where a manifest is none, StoreError where it cannot be
        read.
        """
        self.require()
        listed, keys = self._index.manifests(), self.keys()
        found = list(listed.values()) if listed.keys() == keys else self._rebuild(keys)[0]
        return sorted(found, key=lambda manifest: manifest.created)

    def rebuild(self) -> int:
        """Make the index anew from the artefacts; returns how many there are."""
        self.require()
        found, listed = self._rebuild(self.keys())
        if not listed:
            raise StoreError(
                f"the index {str(self.root / 'index.sqlite')!r} cannot be written, or another process holds it; "
                "nothing else needs it: delete it if it is no file of yours"
            )
        return len(found)

    def _rebuild(self, keys: set[str]) -> tuple[list[Manifest], bool]:
        """The manifests, and whether the index lists them now."""
        found = []
        for key in sorted(keys):
            with contextlib.suppress(MissingArtefact):  # it went meanwhile
                found.append(read_manifest(self.folder(key), key))
        return found, self._index.replace(found)

    def verify(self) -> list[str]:
        """Check every checksum, of artefacts and rows; what is damaged is named in the lines returned.

        Damaged artefacts are moved aside. What cannot be read, what is no artefact, and rows stay where they are.
        """
        self.require()
        problems = []
        for entry in sorted(self._entries(), key=lambda entry: entry.name):
            key = entry.name
            try:
                self.open(key)
            except MissingArtefact:
                kept = self._set_aside(key) or "run again to recompute it"
                problems.append(f"artefact {key[:12]}: it has no manifest; {kept}")
            except StoreError as error:
                problems.append(str(error))
        for path in self._rows():
            try:
                unpack_row(path)
            except StoreError as error:
                problems.append(str(error))
        return problems

    def _problem(self, manifest: Manifest) -> str | None:
        for name, entry in manifest.files.items():
            path = self.folder(manifest.key) / name
            try:
                if path.is_symlink() or not path.is_file():
                    return f"{name} is missing"
                if path.stat().st_size != entry["size"] or sha256(path) != entry["sha256"]:
                    return f"{name} does not match its checksum"
            except OSError as error:
                raise unreadable(path, error, kept=": nothing was moved") from error
        return None

    def _set_aside(self, key: str) -> str:
        """Move an artefact to `damaged/`, unless somebody else did so meanwhile; in words, why it cannot be, or ""."""
        try:
            self._move_aside(self.folder(key))
        except StoreError as error:
            return f"it cannot be moved aside: {error}"
        return ""

    def _move_aside(self, path: Path) -> None:
        damaged = self.root / "damaged"
        with disk_errors(self.root), contextlib.suppress(FileNotFoundError):
            damaged.mkdir(exist_ok=True)
            os.rename(path, damaged / f"{path.name}-{uuid.uuid4().hex[:8]}")
