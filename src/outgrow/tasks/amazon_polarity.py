"""Amazon polarity: is a product review positive?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key


@tasks.register(
    "amazon-polarity",
    about="is this product review positive?",
    source="Zhang et al. 2015; not among the 22, but in the authors' code; hub dataset fancyzhx/amazon_polarity",
)
@spec
class AmazonPolarity(HubTask):
    """Title and text of 400,000 reviews: the test split alone, since the other has 3.6 million."""

    name: ClassVar[str] = "amazon-polarity"
    repo: ClassVar[str] = "fancyzhx/amazon_polarity"
    config: ClassVar[str] = "amazon_polarity"
    splits: ClassVar[tuple[str, ...]] = ("test",)
    columns: ClassVar[tuple[str, ...]] = ("title", "content", "label")
    classes: ClassVar[tuple[str, ...]] = ("negative", "positive")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            text = f"{record['title']} {record['content']}".strip()
            yield TextRow(text=text, label=record["label"], group=key(text))
