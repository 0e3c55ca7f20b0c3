"""HHH: which answer of an assistant is more helpful, honest and harmless?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.pack import BIG_BENCH, big_bench_examples, pack_fingerprint
from outgrow.tasks.rows import Pair, key, preference

FILES = tuple(f"hhh_{part}.json" for part in ("helpful", "honest", "harmless", "other"))


@tasks.register(
    "hhh",
    about="which answer is more helpful, honest and harmless? 221 pairs: enough for a test set at most",
    source="Askell et al. 2021, in BIG-bench; pack bigbench",
)
@spec
class HHH:
    """A request and two answers; pairs with the same request are a group.

    Args:
        limit: at most so many examples, whole groups, drawn by a hash of the group; 0 is all.
    """

    name: ClassVar[str] = "hhh"
    limit: Annotated[int, Field(ge=0)] = 0

    @property
    def kind(self) -> Kind:
        return "preference"

    def identity(self) -> dict[str, Any]:
        """Name, limit, and the pack's fingerprint."""
        return {"name": self.name, "limit": self.limit, "fingerprint": pack_fingerprint(BIG_BENCH)}

    def load(self) -> Examples:
        """Read the four parts; PackMissing says how to fetch them."""
        return preference(self._pairs(), source=f"pack {BIG_BENCH!r}, hhh", limit=self.limit)

    def _pairs(self) -> Iterator[Pair]:
        for file in FILES:
            for record in big_bench_examples(file):
                worse, better = sorted(record["target_scores"], key=record["target_scores"].__getitem__)
                start = f"Human: {record['input'].strip()}\n\nAssistant: "
                yield Pair(better=start + better.strip(), worse=start + worse.strip(), group=key(start))
