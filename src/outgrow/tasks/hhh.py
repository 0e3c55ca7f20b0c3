"""HHH: which answer of an assistant is more helpful, honest and harmless?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.pack import BIG_BENCH, big_bench_examples, pack_fingerprint
from outgrow.tasks.sources.rows import Pair, key
from outgrow.tasks.sources.text import PairTask

FILES = tuple(f"hhh_{part}.json" for part in ("helpful", "honest", "harmless", "other"))


@tasks.register(
    "hhh",
    about="which answer is more helpful, honest and harmless? 221 pairs: enough for a test set at most",
    source="Askell et al. 2021, in BIG-bench; pack bigbench",
)
@spec
class HHH(PairTask):
    """A request and two answers; pairs with the same request are a group."""

    name: ClassVar[str] = "hhh"

    @property
    def source(self) -> str:
        return f"pack {BIG_BENCH!r}, hhh"

    def fingerprint(self) -> str:
        """That of the pack."""
        return pack_fingerprint(BIG_BENCH)

    def pairs(self) -> Iterator[Pair]:
        """The four parts; PackMissing says how to fetch them."""
        for file in FILES:
            for record in big_bench_examples(file):
                worse, better = sorted(record["target_scores"], key=record["target_scores"].__getitem__)
                start = f"Human: {record['input'].strip()}\n\nAssistant: "
                yield Pair(better=start + better.strip(), worse=start + worse.strip(), group=key(start), prompt=start)
