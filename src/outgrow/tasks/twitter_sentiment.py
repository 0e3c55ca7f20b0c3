"""Twitter sentiment: is a tweet positive?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key


@tasks.register(
    "twitter-sentiment",
    about="is this tweet positive?",
    source="Go et al. 2009, Sentiment140; hub dataset EleutherAI/twitter-sentiment",
)
@spec
class TwitterSentiment(HubTask):
    """The tweet; its label is the emoticon that was taken out of it."""

    name: ClassVar[str] = "twitter-sentiment"
    repo: ClassVar[str] = "EleutherAI/twitter-sentiment"
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    columns: ClassVar[tuple[str, ...]] = ("text", "label")
    classes: ClassVar[tuple[str, ...]] = ("negative", "positive")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            yield TextRow(text=record["text"], label=record["label"], group=key(record["text"].strip()))
