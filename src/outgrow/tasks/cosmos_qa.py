"""Cosmos QA: does an answer fit a question about what goes on between a story's lines?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, answers, key

NONE = "none of the above"


@tasks.register(
    "cosmos-qa",
    about="is this answer to a question about an everyday story right?",
    source="Huang et al. 2019; hub dataset allenai/cosmos_qa",
)
@spec
class CosmosQA(HubTask):
    """Story, question and one answer; a story is a group.

    "None of the above" says nothing without the other answers, so it is left out, and with it questions it answers.
    """

    name: ClassVar[str] = "cosmos-qa"
    repo: ClassVar[str] = "allenai/cosmos_qa"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation")
    columns: ClassVar[tuple[str, ...]] = ("context", "question", "answer0", "answer1", "answer2", "answer3", "label")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            start = f"Context: {record['context']}\nQuestion: {record['question']}\nAnswer: "
            choices = [record[f"answer{i}"] for i in range(4)]
            real = {i: choice for i, choice in enumerate(choices) if NONE not in choice.lower()}
            right = [choice for i, choice in real.items() if i == record["label"]]
            wrong = [choice for i, choice in real.items() if i != record["label"]]
            yield from answers(start, right=right, wrong=wrong, group=key(record["context"]))
