"""Words in Context: does a word mean the same in two sentences?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow


@tasks.register(
    "wic",
    about="does this word mean the same in both sentences?",
    source="Pilehvar and Camacho-Collados 2019, in SuperGLUE; hub dataset aps/super_glue",
)
@spec
class WordsInContext(HubTask):
    """Word and both sentences; a word is a group."""

    name: ClassVar[str] = "wic"
    repo: ClassVar[str] = "aps/super_glue"
    config: ClassVar[str] = "wic"
    splits: ClassVar[tuple[str, ...]] = ("train", "validation")
    columns: ClassVar[tuple[str, ...]] = ("word", "sentence1", "sentence2", "label")
    classes: ClassVar[tuple[str, ...]] = ("different", "same")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            text = f"Word: {record['word']}\nSentence 1: {record['sentence1']}\nSentence 2: {record['sentence2']}"
            yield TextRow(text=text, label=record["label"], group=record["word"])
