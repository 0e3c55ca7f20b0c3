"""VitaminC: is a claim true, false or neither, given a sentence of an encyclopedia?"""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.pack import BigBenchTask


@tasks.register(
    "vitaminc",
    about="is the claim true, false or neither, given a sentence? (three classes; hard for small models)",
    source="Schuster et al. 2021, in BIG-bench; pack bigbench",
)
@spec
class VitaminC(BigBenchTask):
    """Sentence after the name of its article, then claim; an article is a group. Three classes are not balanced."""

    name: ClassVar[str] = "vitaminc"
    file: ClassVar[str] = "vitaminc.json"
    classes: ClassVar[tuple[str, ...]] = ("false", "neither", "true")
    answers: ClassVar[tuple[str, ...]] = ("False", "Neither", "True")
    balance: bool = False

    def group(self, text: str) -> str:
        return text.split(":")[0].strip()
