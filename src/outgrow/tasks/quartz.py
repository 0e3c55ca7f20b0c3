"""QuaRTz: is an answer right, given a sentence on how one quantity moves another?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers, key


@tasks.register(
    "quartz",
    about="is this answer right, given how one quantity depends on another?",
    source="Tafjord et al. 2019; hub dataset allenai/quartz",
)
@spec
class Quartz(HubTask):
    """General sentence, question and one of two answers; a sentence is a group."""

    name: ClassVar[str] = "quartz"
    repo: ClassVar[str] = "allenai/quartz"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation", "test")
    columns: ClassVar[tuple[str, ...]] = ("para", "question", "choices", "answerKey")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            choices = dict(zip(record["choices"]["label"], record["choices"]["text"], strict=True))
            right = choices.pop(record["answerKey"])
            start = f"Passage: {record['para']}\nQ: {record['question']} A: "
            yield from answers(start, right=[right], wrong=choices.values(), group=key(record["para"]))
