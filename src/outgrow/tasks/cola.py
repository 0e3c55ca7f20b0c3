"""CoLA: is a sentence good English?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key


@tasks.register(
    "cola",
    about="is this sentence acceptable English?",
    source="Warstadt et al. 2019, in GLUE; hub dataset nyu-mll/glue",
)
@spec
class Cola(HubTask):
    """The sentence. Minimal pairs stand side by side unmarked in the data and may be split."""

    name: ClassVar[str] = "cola"
    repo: ClassVar[str] = "nyu-mll/glue"
    config: ClassVar[str] = "cola"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation")
    columns: ClassVar[tuple[str, ...]] = ("sentence", "label")
    classes: ClassVar[tuple[str, ...]] = ("unacceptable", "acceptable")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            yield TextRow(text=record["sentence"], label=record["label"], group=key(record["sentence"]))
