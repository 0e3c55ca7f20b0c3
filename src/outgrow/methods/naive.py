"""Naive fine-tuning on the weak labels: the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from outgrow.methods.base import Method, harden, methods
from outgrow.spec import spec

if TYPE_CHECKING:
    from torch import Tensor


@methods.register("naive", about="cross-entropy on the weak labels, soft or hard", source="Burns et al. 2023, sec. 3")
@spec
class Naive(Method):
    """Cross-entropy on the weak labels.

    Args:
        labels: `soft` trains on the supervisor's probabilities, `hard` on its most probable class.
    """

    name: ClassVar[str] = "naive"
    labels: Literal["soft", "hard"] = "soft"

    def targets(self, weak: Tensor) -> Tensor:
        return harden(weak) if self.labels == "hard" else weak
