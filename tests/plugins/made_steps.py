"""Steps that compute nothing, to be handed out on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from outgrow.nominal import SPEED
from outgrow.plan import Plan
from outgrow.steps import Needs, Step


@dataclass(frozen=True, eq=False, kw_only=True)
class Made(Step):
    """A step of so many seconds on a nominal machine."""

    name: ClassVar[str] = "made"
    which: str
    after: tuple[Made, ...] = ()
    group: str = ""
    seconds: float = 0.0
    asked: Needs = field(default_factory=Needs)

    def identity(self) -> dict[str, Any]:
        return {"which": self.which}

    def inputs(self) -> dict[str, Step]:
        return {str(i): one for i, one in enumerate(self.after)}

    @property
    def together(self) -> str:
        return self.group

    @property
    def work(self) -> float:
        return self.seconds * SPEED

    @property
    def title(self) -> str:
        return self.which

    @property
    def needs(self) -> Needs:
        return self.asked


def planned(*steps: Made) -> Plan:
    by_key: dict[str, Step] = {one.key: one for one in steps}
    return Plan(results=[], steps=by_key, cached=set(), todo=list(by_key), trainings_unshared=0)
