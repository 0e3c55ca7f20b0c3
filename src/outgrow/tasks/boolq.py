"""BoolQ: is the answer to a question yes, given a passage?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key


@tasks.register(
    "boolq",
    about="is the answer to a question yes, given a passage?",
    source="Clark et al. 2019; hub dataset google/boolq",
)
@spec
class BoolQ(HubTask):
    """Passage, then question as it was searched for: lower case, no question mark. A passage is a group."""

    name: ClassVar[str] = "boolq"
    repo: ClassVar[str] = "google/boolq"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation")
    columns: ClassVar[tuple[str, ...]] = ("passage", "question", "answer")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            text = f"Passage: {record['passage']}\nQuestion: {record['question']}"
            yield TextRow(text=text, label=int(record["answer"]), group=key(record["passage"]))
