"""Looking after a folder: its listing, its checksums, what nobody needs, and steps computed anew."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path

from outgrow.artefacts import Manifest
from outgrow.disk import disk_errors, locked, size_of
from outgrow.errors import MissingArtefact, StoreError
from outgrow.store.folder.base import IN_USE
from outgrow.store.folder.rows import Rows
from outgrow.store.folder.steps import Steps
from outgrow.store.folder.unfinished import UNFINISHED, sizes
from outgrow.store.manifests import read_manifest, read_row

LEFTOVERS = ("tmp", "damaged", "stopped", "locks", "runs")


class Store(Steps, Rows):
    """A folder of artefacts. The first thing written makes it, so reading from a mistyped name leaves none."""

    @classmethod
    def existing(cls, root: str | Path) -> Store:
        """Open a store that must exist already."""
        store = cls(root)
        store.require()
        return store

    @property
    def pages(self) -> Path:
        """Where reports are written: the folder itself."""
        return self.root

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
                read_row(path)
            except StoreError as error:
                problems.append(str(error))
        return problems

    @contextlib.contextmanager
    def alone(self, *, dry_run: bool) -> Iterator[bool]:
        """Whether nobody else uses the store; nobody begins to inside the block."""
        lock: contextlib.AbstractContextManager[bool] = locked(self.root / IN_USE, patience=0)
        if dry_run and not os.access(self.root, os.W_OK):  # then nobody else can be about to write either
            lock = contextlib.nullcontext(True)
        with disk_errors(self.root), lock as alone:
            yield alone

    def leftovers(self) -> dict[str, int]:
        """Bytes of half-written files, damaged artefacts and the like, by folder, where there are any."""
        found = {name: size_of(self.root / name) for name in LEFTOVERS if (self.root / name).is_dir()}
        found[UNFINISHED] = sum(self._finished().values())
        return {name: size for name, size in found.items() if size}

    def discard(self, keys: Collection[str]) -> None:
        """Delete artefacts and all leftovers. To be alone is for the caller to see to."""
        self.create()
        for key in keys:  # gone at once: whoever is killed here leaves none in its place half deleted
            os.rename(self.folder(key), self.root / "tmp" / f"{key}-{uuid.uuid4().hex[:8]}")
        for key in self._finished():
            self.drop_unfinished(key)
        for name in LEFTOVERS:
            shutil.rmtree(self.root / name, ignore_errors=True)
        self.create()
        with contextlib.suppress(StoreError):  # the index is made anew when it can be
            self.rebuild()

    def _finished(self) -> dict[str, int]:
        """Bytes that are kept of work that is finished since, by key."""
        return {key: size for key, size in sizes(self.root).items() if self.has(key)}

    def annex(self, name: str) -> Store:
        """A store within this one, for what is computed anew."""
        place = self.root / "tmp" / name
        if os.path.islink(place):  # whoever made it would have all of it written elsewhere
            raise StoreError(f"{str(place)!r} is a link: delete it; what is computed anew is a folder of its own")
        return Store(place)

    def adopt(self, annex: Store) -> None:
        """Put what an annex holds in the place of what is here. A row that failed replaces none that did not."""
        with self.in_use(), disk_errors(self.root):
            for key in sorted(annex.keys()):
                with self.lock(key):
                    target, aside = self.folder(key), annex.root / f"old-{key}"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    if target.exists():
                        os.rename(target, aside)
                    os.rename(annex.folder(key), target)
            for name, row in annex.results():
                if not row["failure"] or self.result(name) is None:
                    self.write_result(name, row)
            self.rebuild()
            if not (annex.root / "stopped").is_dir():  # weights that an error has told the place of
                shutil.rmtree(annex.root)
