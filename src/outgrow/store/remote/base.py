"""What the parts of a remote store have in common: its objects, its copies here, and the signs of life of its users.

Layout below the address:
    store.json                      there means that this is a store
    manifests/KEY.json              one step's manifest, written last and only once; there means complete
    artefacts/ab/KEY/NAME.SHA256    its files, under their own checksums: nobody can write another file over one
    results/NAME.json               one small document per row of the results table, with a checksum
    unfinished/KEY/NAME.SHA256      files of trainings that can be gone on with
    runs/NAME.json                  what runs say of themselves while they go on
    locks/KEY  in-use/PROCESS       who computes what, and signs of life (lease.py, presence.py)
    damaged/  stopped/  tmp/        what failed its checksum; last good weights; what is computed anew
"""

from __future__ import annotations

import os
import shlex

from outgrow.errors import StoreError
from outgrow.store.remote.address import checked
from outgrow.store.remote.bucket import Bucket
from outgrow.store.remote.cache import Cache
from outgrow.store.remote.copies import Copies
from outgrow.store.remote.lease import Leases
from outgrow.store.remote.presence import Presence

MARKER = "store.json"
MANIFESTS, ARTEFACTS, RESULTS, UNFINISHED = "manifests/", "artefacts/", "results/", "unfinished/"
RUNS, LOCKS, DAMAGED, STOPPED, TMP = "runs/", "locks/", "damaged/", "stopped/", "tmp/"


class Base:
    """An address, and what is opened for it: anew in a process that was forked, as connections cannot be shared."""

    def __init__(self, address: str) -> None:
        scheme, path = checked(address)
        self._address, self._process = f"{scheme}://{path}", 0
        self._open_once()

    @property
    def bucket(self) -> Bucket:
        """Its objects."""
        self._open_once()
        return self._bucket

    @property
    def presence(self) -> Presence:
        """The signs of life of this process."""
        self._open_once()
        return self._presence

    @property
    def leases(self) -> Leases:
        """The rights that this process holds."""
        self._open_once()
        return self._leases

    def _open_once(self) -> None:
        if self._process != os.getpid():
            self._open()

    def _open(self) -> None:
        self._bucket = opened(self._address)
        self._presence = Presence(self._bucket)
        self._leases = Leases(self._bucket, self._presence)
        self._cache = Cache(self._address)
        self._copies = Copies(self._cache.root / "copies.sqlite")
        self._made = self._found = False
        self._process = os.getpid()

    def create(self) -> None:
        """Make it, if it is not there. Raises StoreError where it cannot be written, or runs could not agree by it."""
        self._open_once()
        if not self._made:
            if why := self._bucket.refusal(MARKER):
                raise StoreError(
                    f"the store {self._address!r} cannot be used: the server {why}, so runs cannot agree who computes "
                    "what; take another server, a newer s3fs and botocore, or a folder"
                )
            self._cache.create()
            self._made = self._found = True

    def require(self) -> None:
        """StoreError unless it is there."""
        self._open_once()
        if not self._found:
            if self._bucket.get(MARKER) is None and not self._bucket.listed(MANIFESTS):
                command = shlex.join(["outgrow", "run", "quickstart", "--store", self._address])
                raise StoreError(f"no store at {self._address!r}; `{command}` makes one")
            self._cache.create()
            self._found = True


def opened(address: str) -> Bucket:
    """The objects at an address."""
    if checked(address)[0] in ("s3", "s3a"):
        from outgrow.store.remote.s3 import S3Bucket

        return S3Bucket(address)
    return Bucket(address)
