"""Looking after a remote store: its listing, its checksums, what nobody needs, and steps computed anew."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from outgrow.artefacts import Manifest
from outgrow.errors import MissingArtefact, StoreError
from outgrow.store.manifests import KEY, parse_manifest, unpack_row
from outgrow.store.remote.base import ARTEFACTS, DAMAGED, LOCKS, MANIFESTS, RUNS, STOPPED, TMP, UNFINISHED
from outgrow.store.remote.presence import IN_USE
from outgrow.store.remote.rows import Rows
from outgrow.store.remote.steps import GARBAGE, Steps, files_of, manifest_of

LEFTOVERS = (TMP, DAMAGED, STOPPED, LOCKS, RUNS, IN_USE)


class RemoteStore(Steps, Rows):
    """A store at an address of fsspec, such as `s3://bucket/study`, read through checked copies on this machine."""

    @property
    def address(self) -> str:
        """By which another process opens it. A store in memory has none."""
        if self.bucket.scheme == "memory":
            raise StoreError(f"{self._address!r} is in the memory of this process: use the executor serial")
        return self._address

    def __str__(self) -> str:
        return self._address

    @property
    def pages(self) -> Path:
        """Where reports are written: the folder in which the command runs, as a page is to be looked at here."""
        return Path()

    def manifests(self) -> list[Manifest]:
        """Manifests of all complete artefacts, oldest first: one listing, and what is new of them is fetched.

        Nothing is moved or deleted. Raises DamagedArtefact where a manifest is none.
        """
        self.require()
        listed = self.bucket.listed(MANIFESTS)
        named = {name: one for name, one in listed.items() if KEY.fullmatch(name.removesuffix(".json"))}
        found = self._copies.read(self.bucket, MANIFESTS, named)
        read = [parse_manifest(content, name.removesuffix(".json")) for name, content in found.items()]
        self._read.update({one.key: (named[f"{one.key}.json"].tag, one) for one in read})
        return sorted(read, key=lambda manifest: manifest.created)

    def rebuild(self) -> int:
        """Read all manifests and rows anew; returns how many artefacts there are."""
        self.require()
        self._copies.delete()
        return len(self.manifests())

    def verify(self) -> list[str]:
        """Fetch everything and check every checksum; what is damaged is named in the lines returned, and moved aside.

        Rows stay where they are.
        """
        self.require()
        problems = []
        for key in sorted(self.keys()):
            self._read.pop(key, None)
            try:
                manifest = self.manifest(key)
                with self._cache.partial() as folder:
                    if problem := self._fetch(manifest, folder) and self._fetch(manifest, folder):
                        problems.append(str(self._damaged(key, f"artefact {key[:12]}: {problem}; run again")))
            except MissingArtefact:
                pass  # it went meanwhile
            except StoreError as error:
                problems.append(str(error))
        for name, content in self._rows():
            try:
                unpack_row(content, self._where(name), name)
            except StoreError as error:
                problems.append(str(error))
        return problems

    @contextlib.contextmanager
    def alone(self, *, dry_run: bool) -> Iterator[bool]:
        """Whether nobody else uses the store; nobody begins to inside the block, unless nothing is to be changed."""
        if dry_run:
            yield True
            return
        self.create()
        with self.presence.held(linger=False):
            tag = self.leases.take(GARBAGE)
            try:
                yield tag is not None and self.presence.alone
            finally:
                if tag is not None:
                    self.leases.give_back(GARBAGE, tag)

    def leftovers(self) -> dict[str, int]:
        """Bytes of what is no part of an artefact or row, by folder, where there are any."""
        found: dict[str, int] = {}
        for name, size in self._left().items():
            folder = name.partition("/")[0]
            if not (folder + "/").startswith((LOCKS, IN_USE)):
                found[folder] = found.get(folder, 0) + size
        return found

    def discard(self, keys: Collection[str]) -> None:
        """Delete artefacts and all leftovers. To be alone is for the caller to see to."""
        gone = {manifest_of(key) for key in keys}
        self.bucket.remove(gone)
        for key in keys:
            self._known.pop(key, None)
            self._read.pop(key, None)
            self._cache.drop(key)
        ours = {GARBAGE, IN_USE + self.presence.name}
        self.bucket.remove(name for name in self._left() if name not in ours)

    def _left(self) -> dict[str, int]:
        """Bytes of all objects that no artefact, row or resumable work needs, by name."""
        listed = {name: one.size for name, one in self.bucket.listed("").items()}
        complete = {one.key: one for one in self.manifests()}
        needed = {there for one in complete.values() for there in files_of(one).values()}
        left = {}
        for name, size in listed.items():
            finished = name.startswith(UNFINISHED) and name.split("/")[1] in complete
            if name.startswith(LEFTOVERS) or finished or (name.startswith(ARTEFACTS) and name not in needed):
                left[name] = size
        return left

    def annex(self, name: str) -> RemoteStore:
        """A store within this one, for what is computed anew."""
        return RemoteStore(f"{self._address}/{TMP}{name}")

    def adopt(self, annex: RemoteStore) -> None:
        """Put what an annex holds in the place of what is here. A row that failed replaces none that did not."""
        within = annex._address.removeprefix(f"{self._address}/") + "/"
        with self.in_use():
            for key in sorted(annex.keys()):
                with self.lock(key):
                    files = files_of(annex.manifest(key)).values()
                    self.bucket.move({within + name: name for name in files})
                    self.bucket.move({within + manifest_of(key): manifest_of(key)})
                    self._read.pop(key, None)
            for name, row in annex.results():
                if not row["failure"] or self.result(name) is None:
                    self.write_result(name, row)
            left = self.bucket.listed(within)
            self.bucket.remove(within + name for name in left if not name.startswith(STOPPED))
            shutil.rmtree(annex._cache.root, ignore_errors=True)
