"""Anthropic's helpful and harmless dialogues: which of two is better?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import commit, parquet_files
from outgrow.tasks.sources.records import parquet_records
from outgrow.tasks.sources.rows import Pair, key
from outgrow.tasks.sources.text import PairTask

REPO = "Anthropic/hh-rlhf"


@tasks.register(
    "anthropic-hh",
    about="which of two dialogues with an assistant is better?",
    source=f"Bai et al. 2022; hub dataset {REPO}",
)
@spec
class AnthropicHH(PairTask):
    """Pairs of whole dialogues that differ from some turn on; those that begin with the same question are a group."""

    name: ClassVar[str] = "anthropic-hh"

    @property
    def source(self) -> str:
        return f"dataset {REPO}"

    def fingerprint(self) -> str:
        """The dataset's commit; DataError if neither the hub nor the cache has it."""
        return commit(REPO)

    def pairs(self) -> Iterator[Pair]:
        """Both splits, from the hub or its cache; DataError says why that cannot be."""
        files = parquet_files(REPO, "default", ("train", "test"))
        for _, record in parquet_records(files, ("chosen", "rejected"), source=self.source):
            question = record["chosen"].split("\n\nAssistant:")[0].strip()
            yield Pair(better=record["chosen"], worse=record["rejected"], group=key(question), prompt=question)
