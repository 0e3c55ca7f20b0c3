"""Tweets that take a side: negative or positive?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow
from outgrow.tasks.tweets import Tweets


@tasks.register(
    "tweets-binary",
    about="is this tweet negative or positive? (the neutral ones left out)",
    source="as tweets; pack tweets",
)
@spec
class TweetsBinary(Tweets):
    """The tweets that are not neutral: as sentences of film reviews, so a test of students that learned on those."""

    name: ClassVar[str] = "tweets-binary"
    classes: ClassVar[tuple[str, ...]] = ("negative", "positive")
    balance: bool = True

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        return super().rows(record for record in records if record["label"] in self.classes)
