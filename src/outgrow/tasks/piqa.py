"""PIQA: does a way of doing something work?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers, key


@tasks.register(
    "piqa",
    about="does this way to reach a practical goal work?",
    source="Bisk et al. 2020; hub dataset ybisk/piqa",
)
@spec
class Piqa(HubTask):
    """Goal and one of two ways; a goal is a group."""

    name: ClassVar[str] = "piqa"
    repo: ClassVar[str] = "ybisk/piqa"
    config: ClassVar[str] = "plain_text"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation")
    columns: ClassVar[tuple[str, ...]] = ("goal", "sol1", "sol2", "label")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            ways = [record["sol1"], record["sol2"]]
            right = ways.pop(record["label"])
            yield from answers(f"Q: {record['goal']} A: ", right=[right], wrong=ways, group=key(record["goal"]))
