"""SpamAssassin: is a mail spam?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.pack import PackTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key

LETTERS = re.compile(r"[^a-z]+")
BEGINNING = 100  # letters; copies of a mail that differ in numbers, or only further on, are a group


@tasks.register(
    "spam",
    about="is this mail ham or spam? (headers removed; easy, so a gap between models is small)",
    source="SpamAssassin public corpus, 2002-2003; pack spam",
)
@spec
class Spam(PackTask):
    """The mail without its headers; mails whose first letters are the same are a group."""

    name: ClassVar[str] = "spam"
    classes: ClassVar[tuple[str, ...]] = ("ham", "spam")
    pack: ClassVar[str] = "spam"
    file: ClassVar[str] = "mails.parquet"
    columns: ClassVar[tuple[str, ...]] = ("text", "label")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            group = key(LETTERS.sub("", record["text"].lower())[:BEGINNING])
            yield TextRow(text=record["text"], label=self.classes.index(record["label"]), group=group)
