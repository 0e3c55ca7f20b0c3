"""What nobody needs of a store: told, or deleted."""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.artefacts import Artefacts, Manifest
from outgrow.errors import StoreError


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


def collect_garbage(store: Artefacts, reachable: set[str], *, dry_run: bool, all_of_it: bool = False) -> Garbage:
    """Delete artefacts that no result needs, and leftovers; or say what would go.

    Args:
        reachable: keys that the rows of the results table need.
        all_of_it: whether that may be everything.

    Raises:
        StoreError: a run is under way; a manifest or row cannot be read; or no row needs anything that is there.
    """
    store.require()
    with store.alone(dry_run=dry_run) as alone:
        if not alone:
            raise StoreError(f"a run uses the store {str(store)!r}; run gc when it has ended")
        there = store.manifests()
        unreachable = [manifest for manifest in there if manifest.key not in reachable]
        if there and len(unreachable) == len(there) and not all_of_it:
            raise StoreError(
                f"no row of the results table needs any of the {len(there):,} artefacts: to delete them all, "
                "say --all; if rows are missing, put them back into results/, or finish the run that was stopped"
            )
        garbage = Garbage(artefacts=unreachable, leftovers=store.leftovers())
        if not dry_run:
            store.discard([manifest.key for manifest in unreachable])
    return garbage
