"""SciQ: is an answer to a science exam question right?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers, key


@tasks.register(
    "sciq",
    about="is this answer to a science exam question right?",
    source="Welbl et al. 2017; hub dataset allenai/sciq",
)
@spec
class SciQ(HubTask):
    """Question and one of four answers, without the supporting passage; a question is a group."""

    name: ClassVar[str] = "sciq"
    repo: ClassVar[str] = "allenai/sciq"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation", "test")
    columns: ClassVar[tuple[str, ...]] = ("question", "correct_answer", "distractor1", "distractor2", "distractor3")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            yield from answers(
                f"Q: {record['question']} A: ",
                right=[record["correct_answer"]],
                wrong=[record[f"distractor{i}"] for i in (1, 2, 3)],
                group=key(record["question"]),
            )
