"""Tweets: negative, neutral or positive?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.pack import PackTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key

WORD = re.compile(r"\w+")
VARIES = re.compile(r"https?:\S*|@\w+|\brt\b")  # between copies of a tweet: links, names, who passes it on


@tasks.register(
    "tweets",
    about="is this tweet negative, neutral or positive? (three classes)",
    source="crowd-sourced collections of CrowdFlower, about 2015; pack tweets",
)
@spec
class Tweets(PackTask):
    """The tweet; those that differ in links and names alone are a group. Three classes are not balanced."""

    name: ClassVar[str] = "tweets"
    classes: ClassVar[tuple[str, ...]] = ("negative", "neutral", "positive")
    pack: ClassVar[str] = "tweets"
    file: ClassVar[str] = "tweets.parquet"
    columns: ClassVar[tuple[str, ...]] = ("text", "label")
    balance: bool = False

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            group = key(*WORD.findall(VARIES.sub(" ", record["text"].lower())))
            yield TextRow(text=record["text"], label=self.classes.index(record["label"]), group=group)
