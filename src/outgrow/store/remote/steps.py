"""Finished steps in a remote store: listed, read through the copies here, and published once."""

from __future__ import annotations

import contextlib
import json
import math
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outgrow.artefacts import Manifest
from outgrow.disk import sha256
from outgrow.errors import DamagedArtefact, MissingArtefact, StoreError
from outgrow.store.manifests import KEY, MANIFEST, check_key, described, parse_manifest
from outgrow.store.remote.base import ARTEFACTS, DAMAGED, LOCKS, MANIFESTS, STOPPED
from outgrow.store.remote.unfinished import Unfinished

GARBAGE = LOCKS + "garbage"
NAME = re.compile(rf"{KEY.pattern}\.json")  # of a manifest; others may put other things there
PAUSE = 0.5  # seconds between two looks whether garbage is still being collected


class Steps(Unfinished):
    """The artefacts of a remote store."""

    def _open(self) -> None:
        super()._open()
        self._known = dict[str, str]()  # complete ones, and the tags of their manifests as listed
        self._read = dict[str, tuple[str, Manifest]]()  # manifests, and the tags that they were read with

    def has(self, key: str) -> bool:
        """Whether the artefact is there, complete. What was once seen here is not asked for again."""
        if check_key(key) not in self._known:
            if not self.bucket.has(manifest_of(key)):
                return False
            self._known[key] = ""
        return True

    def keys(self) -> set[str]:
        """Keys of all complete artefacts, as one listing shows them; none where there is no store yet."""
        listed = self.bucket.listed(MANIFESTS)
        known = {name.removesuffix(".json"): one.tag for name, one in listed.items() if NAME.fullmatch(name)}
        self._known = known
        self._read = {key: one for key, one in self._read.items() if known.get(key) == one[0]}  # some computed anew
        return {*self._known}

    def manifest(self, key: str) -> Manifest:
        """The manifest of a complete artefact.

        Raises:
            DamagedArtefact: it is none of this key; the artefact is moved aside. MissingArtefact: there is none.
        """
        self._open_once()
        if check_key(key) not in self._read:
            tag = self._known.get(key, "")
            copy = self._copies.one(manifest_of(key), tag) if tag else None
            found = self.bucket.tagged(manifest_of(key)) if copy is None else (copy, tag)
            if found is None:
                self._known.pop(key, None)
                raise MissingArtefact(f"the store has no artefact {key[:12]}; run again to recompute it")
            try:
                self._read[key] = found[1], parse_manifest(found[0], key)
            except DamagedArtefact as error:
                raise self._damaged(key, str(error)) from error
        return self._read[key][1]

    def open(self, key: str) -> Path:
        """A folder with the files of an artefact, all of which fit their checksums. What is damaged is moved aside."""
        manifest = self.manifest(key)
        for _ in range(3):  # another process may throw it out just before it is held
            if found := self._cache.whole(manifest):
                return found
            with self._cache.partial() as folder:
                if self._fetch(manifest, folder) and (problem := self._fetch(manifest, folder)):
                    raise self._damaged(key, f"artefact {key[:12]}: {problem}; run again to recompute it")
                self._cache.put(key, folder)
        raise StoreError(f"what is written to {str(self._cache.root)!r} is not what is read there; see to the disk")

    def _fetch(self, manifest: Manifest, folder: Path) -> str:
        """Fetch the files of an artefact; in words, which of them are not as they should be."""
        try:
            self.bucket.download({there: folder / name for name, there in files_of(manifest).items()})
        except FileNotFoundError:
            return "a file is missing"
        for name, entry in manifest.files.items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != entry["size"] or sha256(path) != entry["sha256"]:
                return f"{name} does not match its checksum"
        return ""

    @contextlib.contextmanager
    def write(
        self, *, key: str, step: str, identity: dict[str, Any], inputs: dict[str, str], versions: dict[str, str]
    ) -> Iterator[Path]:
        """A temporary folder that becomes the artefact when the block ends without an error, and vanishes otherwise."""
        self.create()
        check_key(key)
        started = time.time()
        with self._cache.partial() as folder:
            yield folder
            manifest = described(
                folder, key=key, step=step, identity=identity, inputs=inputs, versions=versions, started=started
            )
            if self._publish(manifest, folder):
                self._cache.put(key, folder)

    def receive(self, manifest: Manifest, folder: Path) -> None:
        """Publish an artefact of another store, whose files lie in a folder and fit their checksums."""
        self.create()
        self._publish(manifest, folder)

    def _publish(self, manifest: Manifest, folder: Path) -> bool:
        """Upload the files, then the manifest unless there is one; whether it is ours that is there now."""
        there = files_of(manifest)
        self.bucket.upload({there[name]: folder / name for name in manifest.files})
        tag = self.bucket.create(manifest_of(manifest.key), json.dumps(vars(manifest), indent=1).encode())
        if tag is not None:
            self._known[manifest.key], self._read[manifest.key] = "", (tag, manifest)
        else:  # somebody took over while this process was thought to be gone
            others = self.manifest(manifest.key)
            self.bucket.remove(set(there.values()) - set(files_of(others).values()))
        return tag is not None

    @contextlib.contextmanager
    def lock(self, key: str, *, title: str = "", patience: float = math.inf) -> Iterator[bool]:
        """Hold the only right to compute `key`, across machines, and tell whether it is held.

        Waits for another holder, for `patience` seconds at most, and tells so by `title` after some.
        """
        self.create()
        whose = f"another run that computes {title or key[:12]!r}"
        with self.leases.held(LOCKS + check_key(key), patience=patience, whose=whose) as held:
            self._look_again(key)
            yield held

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Nothing is deleted inside the block: who collects garbage sees this process, or is waited for."""
        self.create()
        with self.presence.held(linger=False):
            while self.leases.is_taken(GARBAGE):
                time.sleep(PAUSE)
            yield
            self.leases.finish()

    def set_weights_aside(self, key: str, weights: bytes) -> str:
        """Keep the last good weights of a training that failed; they are no artefact. Returns their address."""
        name = f"{STOPPED}{check_key(key)[:16]}.safetensors"
        with self._cache.partial() as folder:  # a file goes in parts where it is too large for one request
            (folder / "weights").write_bytes(weights)
            self.bucket.upload({name: folder / "weights"})
        return f"{self._address}/{name}"

    def _damaged(self, key: str, why: str) -> DamagedArtefact:
        """Move an artefact to `damaged/`, and what to say of it."""
        self._known.pop(key, None)
        self._read.pop(key, None)
        self._cache.drop(key)
        aside = f"{DAMAGED}{key}-{uuid.uuid4().hex[:8]}/"
        try:
            self.bucket.move({manifest_of(key): aside + MANIFEST})
            self.bucket.move({_folder(key) + name: aside + name for name in self.bucket.listed(_folder(key))})
        except StoreError as error:
            return DamagedArtefact(f"{why}; it cannot be moved aside: {error}")
        return DamagedArtefact(f"{why}; it was moved aside")


def manifest_of(key: str) -> str:
    """The object that makes an artefact complete."""
    return f"{MANIFESTS}{key}.json"


def _folder(key: str) -> str:
    return f"{ARTEFACTS}{key[:2]}/{key}/"


def files_of(manifest: Manifest) -> dict[str, str]:
    """The objects of an artefact's files, by the files' names."""
    return {name: f"{_folder(manifest.key)}{name}.{entry['sha256']}" for name, entry in manifest.files.items()}
