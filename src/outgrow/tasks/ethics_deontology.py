"""ETHICS, deontology: does an excuse hold, or does a duty follow from a role?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key


@tasks.register(
    "ethics-deontology",
    about="is this a reasonable excuse, or a duty of this role?",
    source="Hendrycks et al. 2021, ETHICS; hub dataset EleutherAI/hendrycks_ethics",
)
@spec
class EthicsDeontology(HubTask):
    """Scenario, then excuse or duty; a scenario is a group."""

    name: ClassVar[str] = "ethics-deontology"
    repo: ClassVar[str] = "EleutherAI/hendrycks_ethics"
    config: ClassVar[str] = "deontology"
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    columns: ClassVar[tuple[str, ...]] = ("scenario", "excuse", "label")
    classes: ClassVar[tuple[str, ...]] = ("unreasonable", "reasonable")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            text = f"{record['scenario'].strip()}\n{record['excuse'].strip()}"
            yield TextRow(text=text, label=record["label"], group=key(record["scenario"].strip()))
