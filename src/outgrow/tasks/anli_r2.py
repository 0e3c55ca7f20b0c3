"""Adversarial NLI, round 2: does a premise entail a hypothesis?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key


@tasks.register(
    "anli-r2",
    about="does the premise entail the hypothesis? (neutral counts as no)",
    source="Nie et al. 2020; hub dataset facebook/anli",
)
@spec
class AnliR2(HubTask):
    """Premise and hypothesis; neutral is grouped with contradiction (Burns et al. 2023, A.1). A premise is a group."""

    name: ClassVar[str] = "anli-r2"
    repo: ClassVar[str] = "facebook/anli"
    config: ClassVar[str] = "plain_text"
    splits: ClassVar[tuple[str, ...]] = ("train_r2", "dev_r2", "test_r2")
    columns: ClassVar[tuple[str, ...]] = ("premise", "hypothesis", "label")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            text = f"Premise: {record['premise']}\nHypothesis: {record['hypothesis']}\nIs the hypothesis entailed?"
            label = {0: 1, 1: 0, 2: 0}.get(record["label"], -1)  # the hub's: entailment, neutral, contradiction
            yield TextRow(text=text, label=label, group=key(record["premise"]))
