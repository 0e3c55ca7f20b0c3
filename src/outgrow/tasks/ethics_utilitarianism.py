"""ETHICS, utilitarianism: which of two scenarios is the more pleasant one?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import HubTask
from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import TextRow, key


@tasks.register(
    "ethics-utilitarianism",
    about="which of two scenarios is more pleasant for the one it happens to?",
    source="Hendrycks et al. 2021, ETHICS; hub dataset EleutherAI/hendrycks_ethics",
)
@spec
class EthicsUtilitarianism(HubTask):
    """A comparison as binary classification: two scenarios in one text, in an order decided by a hash; which is better?

    In the data `activity` is always the more pleasant. Scenarios that begin with the same sentence are a group.
    """

    name: ClassVar[str] = "ethics-utilitarianism"
    repo: ClassVar[str] = "EleutherAI/hendrycks_ethics"
    config: ClassVar[str] = "utilitarianism"
    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    columns: ClassVar[tuple[str, ...]] = ("activity", "baseline")
    classes: ClassVar[tuple[str, ...]] = ("first", "second")

    def rows(self, records: Iterable[Cells]) -> Iterator[TextRow]:
        for record in records:
            better, worse = record["activity"].strip(), record["baseline"].strip()
            one, two = sorted((better, worse), key=lambda text: key("order", text))
            text = f"Which is more pleasant?\n1) {one}\n2) {two}"
            yield TextRow(text=text, label=int(two == better), group=key(better.split(".")[0].lower()))
