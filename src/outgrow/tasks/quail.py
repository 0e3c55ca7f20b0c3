"""QuAIL: is an answer to a question about a text right?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers


@tasks.register(
    "quail",
    about="is this answer to a question about a longer text right?",
    source="Rogers et al. 2020; hub dataset textmachinelab/quail",
)
@spec
class Quail(HubTask):
    """Text, question and one of four answers, which may be that the text does not say; a text is a group."""

    name: ClassVar[str] = "quail"
    repo: ClassVar[str] = "textmachinelab/quail"
    config: ClassVar[str] = "quail"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation")
    columns: ClassVar[tuple[str, ...]] = ("context_id", "context", "question", "answers", "correct_answer_id")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            right = record["answers"][record["correct_answer_id"]]
            start = f"Passage: {record['context']}\nQuestion: {record['question']}\nAnswer: "
            yield from answers(start, right=[right], wrong=record["answers"], group=record["context_id"])
