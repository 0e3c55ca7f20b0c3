"""Anthropic's helpful and harmless dialogues: which of two is better?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.hub import commit, parquet_files
from outgrow.tasks.records import parquet_records
from outgrow.tasks.rows import Pair, key, preference

REPO = "Anthropic/hh-rlhf"


@tasks.register(
    "anthropic-hh",
    about="which of two dialogues with an assistant is better?",
    source=f"Bai et al. 2022; hub dataset {REPO}",
)
@spec
class AnthropicHH:
    """Pairs of whole dialogues that differ from some turn on; those that begin with the same question are a group.

    Args:
        limit: at most so many examples, whole groups, drawn by a hash of the group; 0 is all.
    """

    name: ClassVar[str] = "anthropic-hh"
    limit: Annotated[int, Field(ge=0)] = 0

    @property
    def kind(self) -> Kind:
        return "preference"

    def identity(self) -> dict[str, Any]:
        """Name, limit, and the dataset's commit; DataError if neither the hub nor the cache has it."""
        return {"name": self.name, "limit": self.limit, "commit": commit(REPO)}

    def load(self) -> Examples:
        """Read both splits, from the hub or its cache; DataError says why that cannot be."""
        return preference(self._pairs(), source=f"dataset {REPO}", limit=self.limit)

    def _pairs(self) -> Iterator[Pair]:
        files = parquet_files(REPO, "default", ("train", "test"))
        for _, record in parquet_records(files, ("chosen", "rejected"), source=f"dataset {REPO}"):
            question = record["chosen"].split("\n\nAssistant:")[0].strip()
            yield Pair(better=record["chosen"], worse=record["rejected"], group=key(question))
