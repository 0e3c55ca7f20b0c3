"""ETHICS, virtue: does someone in a scene show a trait?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key


@tasks.register(
    "ethics-virtue",
    about="does the person in this scene show this trait of character?",
    source="Hendrycks et al. 2021, ETHICS; hub dataset EleutherAI/hendrycks_ethics",
)
@spec
class EthicsVirtue(HubTask):
    """Scene, then trait; four of five traits are wrong, so balancing drops most rows. A scene is a group."""

    name: ClassVar[str] = "ethics-virtue"
    repo: ClassVar[str] = "EleutherAI/hendrycks_ethics"
    config: ClassVar[str] = "virtue"
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    columns: ClassVar[tuple[str, ...]] = ("scenario", "trait", "label")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            scene = record["scenario"].strip()
            yield TextRow(text=f"{scene}\nTrait: {record['trait'].strip()}", label=record["label"], group=key(scene))
