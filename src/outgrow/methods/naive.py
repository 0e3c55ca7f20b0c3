"""Naive fine-tuning on the weak labels: the baseline."""

from __future__ import annotations

from typing import ClassVar, Literal

from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.methods.transforms.harden import Harden
from outgrow.spec import spec


@methods.register("naive", about="cross-entropy on the weak labels, soft or hard", source="Burns et al. 2023, sec. 3")
@spec
class Naive(Method):
    """Cross-entropy on the weak labels: what all other methods are judged against.

    Reported: students nearly always beat their supervisors. On text they recover a fifth to more than half of the gap,
    on rewards a tenth, on chess the less, the larger they are. It cannot help where a supervisor's mistakes are as easy
    to learn as what it knows: such a student becomes its supervisor.

    Args:
        labels: `soft` trains on the supervisor's probabilities, `hard` on its most probable class.
    """

    name: ClassVar[str] = "naive"
    labels: Literal["soft", "hard"] = "soft"

    def objective(self) -> Objective:
        return Objective(transforms=(Harden(),) if self.labels == "hard" else ())
