"""HellaSwag: is this how a scene goes on?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers


@tasks.register(
    "hellaswag",
    about="is this how the scene goes on?",
    source="Zellers et al. 2019; hub dataset Rowan/hellaswag",
)
@spec
class HellaSwag(HubTask):
    """Context and one of four endings; scenes of one video or article are a group."""

    name: ClassVar[str] = "hellaswag"
    repo: ClassVar[str] = "Rowan/hellaswag"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation")
    columns: ClassVar[tuple[str, ...]] = ("ctx", "endings", "label", "source_id")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            right = int(record["label"])
            yield from answers(
                f"{record['ctx']} ",
                right=[record["endings"][right]],
                wrong=[ending for i, ending in enumerate(record["endings"]) if i != right],
                group=record["source_id"],
            )
