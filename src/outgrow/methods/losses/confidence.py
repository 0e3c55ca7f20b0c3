"""The auxiliary confidence loss: the student is also rewarded for trusting itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from outgrow.learning.losses import Batch, Loss, as_probabilities, cross_entropy, weighted_mean
from outgrow.methods.losses.base import losses
from outgrow.spec import spec

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "confidence_loss",
    about="the targets mixed with the student's own hardened predictions",
    source="Burns et al. 2023, sec. 4.3.2 and A.4",
)
@spec
class ConfidenceLoss(Loss):
    """CE(f, (1 - a) w + a h), where h are the student's own hardened predictions, without gradient.

    What was reported stands under the method `confidence`. It cannot help where these are no better than the labels.

    Args:
        alpha: the final a; the paper uses 0.75 for its largest students and 0.5 otherwise.
        ramp: a rises linearly from 0 to alpha over this share of the training, then stays.
        shares: what h is hardened to: the class shares of the weak labels (`weak`), equal shares as in the paper, which
            suit balanced tasks alone (`even`), or simply the most probable class (`free`).
    """

    name: ClassVar[str] = "confidence_loss"
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.5
    ramp: Annotated[float, Field(ge=0, le=1)] = 0.2
    shares: Literal["weak", "even", "free"] = "weak"

    def weight(self, progress: float) -> float:
        """The mixing weight a at `progress` in [0, 1]."""
        return self.alpha if self.ramp == 0 else self.alpha * min(1.0, progress / self.ramp)

    def start(self, targets: Tensor | None) -> Callable[[Batch], Tensor]:
        from outgrow.learning.hardening import Hardening
        from outgrow.learning.memory import Remembering

        hardening = Hardening(None if targets is None else targets.mean(0), kind=self.shares)

        def loss(batch: Batch) -> Tensor:
            own = batch.logits.detach().softmax(-1)
            weight = self.weight(batch.progress)
            mixed = (1 - weight) * as_probabilities(batch) + weight * hardening(own)
            return weighted_mean(cross_entropy(batch.logits, mixed), batch)

        return Remembering(loss, hardening)
