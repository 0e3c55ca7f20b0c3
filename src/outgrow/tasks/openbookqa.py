"""OpenBookQA: is an answer to a question of elementary science right?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers, key


@tasks.register(
    "openbookqa",
    about="is this answer to a question of elementary science right?",
    source="Mihaylov et al. 2018; hub dataset allenai/openbookqa",
)
@spec
class OpenBookQA(HubTask):
    """Question, or start of a sentence, and one of four answers; a question is a group."""

    name: ClassVar[str] = "openbookqa"
    repo: ClassVar[str] = "allenai/openbookqa"
    config: ClassVar[str] = "main"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation", "test")
    columns: ClassVar[tuple[str, ...]] = ("question_stem", "choices", "answerKey")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            choices = dict(zip(record["choices"]["label"], record["choices"]["text"], strict=True))
            right = choices.pop(record["answerKey"])
            start = f"Q: {record['question_stem']} A: "
            yield from answers(start, right=[right], wrong=choices.values(), group=key(record["question_stem"]))
