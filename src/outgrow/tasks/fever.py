"""FEVER: is a claim true?"""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.pack import BigBenchTask
from outgrow.tasks.sources.rows import key


@tasks.register(
    "fever",
    about="is this claim true? no evidence is given",
    source="Thorne et al. 2018, in BIG-bench; pack bigbench",
)
@spec
class Fever(BigBenchTask):
    """The claim with its date and question; each is a group of its own."""

    name: ClassVar[str] = "fever"
    file: ClassVar[str] = "fever.json"
    classes: ClassVar[tuple[str, ...]] = ("false", "true")
    answers: ClassVar[tuple[str, ...]] = ("false", "true")

    def group(self, text: str) -> str:
        return key(text)
