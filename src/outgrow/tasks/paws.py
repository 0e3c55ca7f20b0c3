"""PAWS: are two sentences of nearly the same words paraphrases?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key


@tasks.register(
    "paws",
    about="do two sentences of nearly the same words say the same?",
    source="Zhang et al. 2019; hub dataset google-research-datasets/paws",
)
@spec
class Paws(HubTask):
    """Both sentences; pairs whose first sentence has the same words, in any order, are a group."""

    name: ClassVar[str] = "paws"
    repo: ClassVar[str] = "google-research-datasets/paws"
    config: ClassVar[str] = "labeled_final"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation", "test")
    columns: ClassVar[tuple[str, ...]] = ("sentence1", "sentence2", "label")
    classes: ClassVar[tuple[str, ...]] = ("different", "same")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            text = f"Sentence 1: {record['sentence1']}\nSentence 2: {record['sentence2']}"
            yield TextRow(text=text, label=record["label"], group=key(*sorted(record["sentence1"].lower().split())))
