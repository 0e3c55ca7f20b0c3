"""The mean of several supervisors."""

from __future__ import annotations

from typing import ClassVar

from outgrow.learning.objective import Transform, WeakLabels
from outgrow.methods.transforms.base import transforms
from outgrow.spec import spec


@transforms.register("mean", about="the mean of several supervisors' probabilities", source="standard")
@spec
class Mean(Transform):
    """Probabilities averaged over the supervisors that do not abstain.

    It cannot help against mistakes that all have in common.
    """

    name: ClassVar[str] = "mean"
    several: ClassVar[bool] = True

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        return weak.with_probabilities(weak.mean()[None])
