"""DREAM: is an answer to a question about a dialogue right?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers


@tasks.register(
    "dream",
    about="is this answer to a question about a dialogue right?",
    source="Sun et al. 2019; hub dataset dataset-org/dream",
)
@spec
class Dream(HubTask):
    """Dialogue, one turn a line, question and one of three answers; a dialogue is a group."""

    name: ClassVar[str] = "dream"
    repo: ClassVar[str] = "dataset-org/dream"
    config: ClassVar[str] = "plain_text"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation", "test")
    columns: ClassVar[tuple[str, ...]] = ("dialogue_id", "dialogue", "question", "choice", "answer")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            start = f"{chr(10).join(record['dialogue'])}\n\nQ: {record['question']} A: "
            wrong = [choice for choice in record["choice"] if choice != record["answer"]]
            yield from answers(start, right=[record["answer"]], wrong=wrong, group=record["dialogue_id"])
