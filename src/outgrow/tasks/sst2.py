"""SST-2: is a piece of a film review positive?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key


@tasks.register(
    "sst2",
    about="is this piece of a film review positive?",
    source="Socher et al. 2013; hub dataset stanfordnlp/sst2",
)
@spec
class Sst2(HubTask):
    """The piece. Most are phrases of longer ones, the data do not say of which: so parts of a split overlap."""

    name: ClassVar[str] = "sst2"
    repo: ClassVar[str] = "stanfordnlp/sst2"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation")
    columns: ClassVar[tuple[str, ...]] = ("sentence", "label")
    classes: ClassVar[tuple[str, ...]] = ("negative", "positive")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            yield TextRow(text=record["sentence"], label=record["label"], group=key(record["sentence"].strip()))
