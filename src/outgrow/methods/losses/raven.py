"""Supervisors whose weights are learned while the student learns from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.losses import Loss
from outgrow.learning.weighing import Mixture, Weighed
from outgrow.methods.losses.base import losses
from outgrow.spec import spec
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "raven",
    about="the mean of several supervisors, whose weights fall with the student's loss on their labels",
    source="RAVEN, NeurIPS 2025, as its code has it",
)
@spec
class Raven(Loss):
    """CE(f, sum_m a_m w_m); after each update a_m falls by rate times the mean CE(f, w_m), and all sum to 1 again.

    At first a is even, and only rows count whose supervisors are all of one mind. With `rate` and `easy` 0 it is
    `naive` on the mean. The source reports 40 % more than alternatives out of distribution, no more within it, and
    weights that follow accuracy; its settings are read in its code, its numbers in a summary alone.

    It cannot help with one supervisor. It follows whom the student finds easy to learn: a supervisor whose errors are
    regular, or whose labels are surer, gains weight though it is wrong. The loss is linear in a: with a larger rate or
    many updates, all weight goes to one supervisor; with a hundred at the default rate, weights hardly move.

    Args:
        rate: of the weights of supervisors; the source has 1e-3 for images.
        easy: share of the training at whose start only rows count that all agree on; 0.1 to 0.5 in the source.
    """

    name: ClassVar[str] = "raven"
    several: ClassVar[bool] = True
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    hears: ClassVar[bool] = True
    rate: Annotated[float, Field(ge=0)] = 1e-3
    easy: Annotated[float, Field(ge=0, lt=1)] = 0.2

    def hearing(self, votes: np.ndarray) -> Loss:
        return Weighed(votes=np.ascontiguousarray(votes), rate=self.rate, easy=self.easy)

    def start(self, targets: Tensor | None) -> Mixture:
        return Mixture(None, rate=self.rate, easy=self.easy)
