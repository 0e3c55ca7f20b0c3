"""What nobody needs of a store: told, or deleted."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from dataclasses import dataclass

from outgrow.artefacts import Manifest
from outgrow.disk import disk_errors, locked, size_of
from outgrow.errors import StoreError
from outgrow.store import IN_USE, Store, unfinished

LEFTOVERS = ("tmp", "damaged", "stopped", "locks", "runs")


@dataclass(frozen=True, kw_only=True)
class Garbage:
    """What a collection deletes, or would delete.

    Args:
        artefacts: that no row needs.
        leftovers: bytes of half-written files, damaged artefacts, weights set aside, and what is kept of work that is
            finished since, by folder, where there are any.
    """

    artefacts: list[Manifest]
    leftovers: dict[str, int]

    @property
    def size(self) -> int:
        """Bytes of the artefacts."""
        return sum(manifest.size for manifest in self.artefacts)


def collect_garbage(store: Store, reachable: set[str], *, dry_run: bool, all_of_it: bool = False) -> Garbage:
    """Delete artefacts that no result needs, and leftovers; or say what would go.

    Args:
        reachable: keys that the rows of the results table need.
        all_of_it: whether that may be everything.

    Raises:
        StoreError: a run is under way; a manifest or row cannot be read; or no row needs anything that is there.
    """
    store.require()
    lock: contextlib.AbstractContextManager[bool] = locked(store.root / IN_USE, patience=0)
    if dry_run and not os.access(store.root, os.W_OK):  # then nobody else can be about to write either
        lock = contextlib.nullcontext(True)
    with disk_errors(store.root), lock as alone:
        if not alone:
            raise StoreError(f"a run uses the store {str(store.root)!r}; run gc when it has ended")
        there = store.manifests()
        unreachable = [manifest for manifest in there if manifest.key not in reachable]
        if there and len(unreachable) == len(there) and not all_of_it:
            raise StoreError(
                f"no row of the results table needs any of the {len(there):,} artefacts: to delete them all, "
                "say --all; if rows are missing, put them back into results/, or finish the run that was stopped"
            )
        leftovers = {name: size_of(store.root / name) for name in LEFTOVERS if (store.root / name).is_dir()}
        finished = {key: size for key, size in unfinished.sizes(store.root).items() if store.has(key)}
        leftovers[unfinished.UNFINISHED] = sum(finished.values())
        garbage = Garbage(
            artefacts=unreachable, leftovers={name: size for name, size in leftovers.items() if size}
        )  # fmt: skip
        if not dry_run:
            store.create()
            for manifest in unreachable:  # gone at once: whoever is killed here leaves none in its place half deleted
                os.rename(store.folder(manifest.key), store.root / "tmp" / f"{manifest.key}-{uuid.uuid4().hex[:8]}")
            for key in finished:
                store.drop_unfinished(key)
            for name in LEFTOVERS:
                shutil.rmtree(store.root / name, ignore_errors=True)
            store.create()
            with contextlib.suppress(StoreError):  # the index is made anew when it can be
                store.rebuild()
    return garbage
