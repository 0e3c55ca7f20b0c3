"""Finished steps in a folder: whole or not there, and checked whenever they are read."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outgrow.artefacts import Manifest
from outgrow.disk import disk_errors, locked, sha256, sync, unreadable
from outgrow.errors import DamagedArtefact, MissingArtefact, StoreError
from outgrow.store.folder.base import IN_USE, Base
from outgrow.store.manifests import KEY, MANIFEST, check_key, described, read_manifest


class Steps(Base):
    """The artefacts of a folder."""

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
        check_key(key)
        started = time.time()
        with self._partial(key) as folder:
            yield folder
            for path in folder.iterdir():
                sync(path)
            manifest = described(
                folder, key=key, step=step, identity=identity, inputs=inputs, versions=versions, started=started
            )
            self._put(manifest, folder)

    def receive(self, manifest: Manifest, folder: Path) -> None:
        """Take the artefact of another store, whose files lie in a folder. Raises StoreError where one does not fit."""
        self.create()
        with self._partial(check_key(manifest.key)) as partial:
            for name, entry in manifest.files.items():
                shutil.copyfile(folder / name, partial / name)
                if sha256(partial / name) != entry["sha256"]:
                    raise StoreError(f"artefact {manifest.key[:12]}: {name} has changed while it was copied")
                sync(partial / name)
            self._put(manifest, partial)

    @contextlib.contextmanager
    def _partial(self, key: str) -> Iterator[Path]:
        folder = self.root / "tmp" / f"{key[:16]}-{uuid.uuid4().hex[:8]}"
        try:
            with disk_errors(self.root):
                folder.mkdir(parents=True)
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _put(self, manifest: Manifest, folder: Path) -> None:
        """Let a folder whose files are on the disk be an artefact, unless there is one."""
        target = self.folder(manifest.key)
        (folder / MANIFEST).write_text(json.dumps(vars(manifest), indent=1))
        sync(folder / MANIFEST)
        sync(folder)
        target.parent.mkdir(exist_ok=True)
        if not self.has(manifest.key):
            shutil.rmtree(target, ignore_errors=True)  # a folder without a manifest was never complete
            os.rename(folder, target)
            sync(target.parent)
            self._index.add(manifest)

    @contextlib.contextmanager
    def lock(self, key: str, *, title: str = "", patience: float = math.inf) -> Iterator[bool]:
        """Hold the only right to compute `key`, across processes, and tell whether it is held.

        Waits for another holder, for `patience` seconds at most, and tells so by `title` after some.
        """
        self.create()
        path, whose = self.root / "locks" / check_key(key)[:16], f"another run that computes {title or key[:12]!r}"
        with disk_errors(self.root), locked(path, patience=patience, whose=whose) as held:
            yield held

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Nothing is deleted inside the block, whoever collects garbage meanwhile."""
        self.create()
        with disk_errors(self.root), locked(self.root / IN_USE, shared=True, whose="`outgrow store gc`"):
            yield

    def set_weights_aside(self, key: str, weights: bytes) -> str:
        """Keep the last good weights of a training that failed; they are no artefact. Returns where."""
        self.create()
        folder = self.root / "stopped"
        with disk_errors(self.root):
            folder.mkdir(exist_ok=True)
            path = folder / f"{check_key(key)[:16]}.safetensors"
            partial = self.root / "tmp" / f"{key[:16]}-{uuid.uuid4().hex[:8]}"
            partial.write_bytes(weights)
            os.replace(partial, path)
        return str(path)

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
