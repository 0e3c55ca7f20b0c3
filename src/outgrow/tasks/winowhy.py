"""WinoWhy: does a reason explain what a pronoun stands for?"""

from __future__ import annotations

import re
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.pack import BigBenchTask
from outgrow.tasks.sources.rows import key

REFERS = re.compile(r" The '[^']+' refers to ", re.IGNORECASE)


@tasks.register(
    "winowhy",
    about="does this reason explain what the pronoun stands for?",
    source="Zhang et al. 2020, in BIG-bench; pack bigbench",
)
@spec
class WinoWhy(BigBenchTask):
    """Sentence, what the pronoun stands for, and a reason; rows with the same sentence are a group."""

    name: ClassVar[str] = "winowhy"
    file: ClassVar[str] = "winowhy.json"
    classes: ClassVar[tuple[str, ...]] = ("incorrect", "correct")
    answers: ClassVar[tuple[str, ...]] = ("incorrect", "correct")

    def group(self, text: str) -> str:
        return key(REFERS.split(text)[0])
