"""Social IQa: is an answer to a question about people's doings right?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers, key


@tasks.register(
    "social-i-qa",
    about="is this answer about what people do and feel right?",
    source="Sap et al. 2019; hub dataset allenai/social_i_qa",
)
@spec
class SocialIQa(HubTask):
    """Situation, question and one of three answers; a situation is a group."""

    name: ClassVar[str] = "social-i-qa"
    repo: ClassVar[str] = "allenai/social_i_qa"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation")
    columns: ClassVar[tuple[str, ...]] = ("context", "question", "answerA", "answerB", "answerC", "label")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            choices = [record[f"answer{letter}"] for letter in "ABC"]
            right = choices.pop(int(record["label"]) - 1)
            start = f"{record['context']} Q: {record['question']} A: "
            yield from answers(start, right=[right], wrong=choices, group=key(record["context"]))
