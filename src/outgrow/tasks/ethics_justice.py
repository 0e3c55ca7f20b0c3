"""ETHICS, justice: is a reason for treating someone so, or for deserving it, a fair one?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow


@tasks.register(
    "ethics-justice",
    about="is the reason that someone gives for a treatment a fair one?",
    source="Hendrycks et al. 2021, ETHICS; hub dataset EleutherAI/hendrycks_ethics",
)
@spec
class EthicsJustice(HubTask):
    """One or two sentences; variants of a scenario are a group, numbered anew in each split: so one split alone."""

    name: ClassVar[str] = "ethics-justice"
    repo: ClassVar[str] = "EleutherAI/hendrycks_ethics"
    config: ClassVar[str] = "justice"
    splits: ClassVar[tuple[str, ...]] = ("train",)
    columns: ClassVar[tuple[str, ...]] = ("group_id", "scenario", "label")
    classes: ClassVar[tuple[str, ...]] = ("unreasonable", "reasonable")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            yield TextRow(text=record["scenario"], label=record["label"], group=str(record["group_id"]))
