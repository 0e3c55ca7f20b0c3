"""MultiRC: is an answer to a question about a paragraph right?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers, key


@tasks.register(
    "multirc",
    about="is this answer to a question about a paragraph right?",
    source="Khashabi et al. 2018, in SuperGLUE; hub dataset aps/super_glue",
)
@spec
class MultiRC(HubTask):
    """Paragraph, question and one answer, as many wrong as right ones per question; a paragraph is a group."""

    name: ClassVar[str] = "multirc"
    repo: ClassVar[str] = "aps/super_glue"
    config: ClassVar[str] = "multirc"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation")
    columns: ClassVar[tuple[str, ...]] = ("paragraph", "question", "answer", "label")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        questions: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
        for record in records:
            sides = questions.setdefault((record["paragraph"], record["question"]), ([], []))
            if record["label"] in (0, 1):
                sides[record["label"]].append(record["answer"])
        for (paragraph, question), (wrong, right) in questions.items():
            start = f"Passage: {paragraph}\nQ: {question} A: "
            yield from answers(start, right=right, wrong=wrong, group=key(paragraph))
