"""MC-TACO: is an answer to a question about time plausible?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers, key


@tasks.register(
    "mc-taco",
    about="is this answer to a question about an event's time plausible?",
    source="Zhou et al. 2019; hub dataset CogComp/mc_taco",
)
@spec
class McTaco(HubTask):
    """Sentence, question and one answer, as many wrong as right ones per question; a sentence is a group."""

    name: ClassVar[str] = "mc-taco"
    repo: ClassVar[str] = "CogComp/mc_taco"
    config: ClassVar[str] = "plain_text"
    splits: ClassVar[tuple[str, ...]] = ("validation", "test")
    columns: ClassVar[tuple[str, ...]] = ("sentence", "question", "answer", "label")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        questions: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
        for record in records:
            sides = questions.setdefault((record["sentence"], record["question"]), ([], []))
            if record["label"] in (0, 1):
                sides[record["label"]].append(record["answer"])
        for (sentence, question), (wrong, right) in questions.items():
            start = f"{sentence}\nQ: {question} A: "
            yield from answers(start, right=right, wrong=wrong, group=key(sentence))
