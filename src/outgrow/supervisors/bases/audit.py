"""Somebody who knows the truth of some rows of `transfer`, and says nothing of others: a declared budget."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor
from outgrow.tasks.base import Kind


@spec
class Audit(Supervisor):
    """The ground truth of the first rows of `transfer`, whose order is a seeded hash.

    Args:
        rows: how many. A group may lie across the end of them: then some of its rows are among them, others not.
    """

    name: ClassVar[str] = "audit"
    learns: ClassVar[bool] = False
    rows: Annotated[int, Field(ge=1)]

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return frozenset({"classification", "preference", "generation"})

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.tell(data.part("transfer").first(self.rows))
