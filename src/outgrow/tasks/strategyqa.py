"""StrategyQA: is the answer to a question that takes several steps yes?"""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.pack import BigBenchTask
from outgrow.tasks.sources.rows import key


@tasks.register(
    "strategyqa",
    about="is the answer to this question yes? it takes several steps",
    source="Geva et al. 2021, in BIG-bench; pack bigbench",
)
@spec
class StrategyQA(BigBenchTask):
    """The question; each is a group of its own."""

    name: ClassVar[str] = "strategyqa"
    file: ClassVar[str] = "strategyqa.json"
    classes: ClassVar[tuple[str, ...]] = ("no", "yes")
    answers: ClassVar[tuple[str, ...]] = ("No", "Yes")

    def group(self, text: str) -> str:
        return key(text)
