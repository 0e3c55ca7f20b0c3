"""The auxiliary confidence loss: the student is also rewarded for trusting itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from outgrow.methods.base import Loss, Method, cross_entropy, harden, methods
from outgrow.spec import spec

if TYPE_CHECKING:
    from torch import Tensor

RECENT = 32  # rows at least behind the adaptive threshold, however small the batches are


@methods.register(
    "confidence",
    about="the weak labels mixed with the student's own hardened predictions",
    source="Burns et al. 2023, sec. 4.3.2 and A.4",
)
@spec
class Confidence(Method):
    """CE(f, (1 - a) w + a h), where h are the student's own hardened predictions, without gradient.

    Args:
        alpha: the final a; the paper uses 0.75 for its largest students and 0.5 otherwise.
        ramp: a rises linearly from 0 to alpha over this share of the training, then stays.
        positive_share: two classes: the threshold lets this share of recent predictions be positive.
        labels: weak labels as probabilities (`soft`) or as their most probable class (`hard`).
    """

    name: ClassVar[str] = "confidence"
    convex: ClassVar[bool] = False
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.5
    ramp: Annotated[float, Field(ge=0, le=1)] = 0.2
    positive_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    labels: Literal["soft", "hard"] = "soft"

    def targets(self, weak: Tensor) -> Tensor:
        return harden(weak) if self.labels == "hard" else weak

    def weight(self, progress: float) -> float:
        """The mixing weight a at `progress` in [0, 1]."""
        return self.alpha if self.ramp == 0 else self.alpha * min(1.0, progress / self.ramp)

    def new_loss(self) -> Loss:
        from torch.nn.functional import one_hot

        threshold = AdaptiveThreshold(self.positive_share)

        def loss(logits: Tensor, targets: Tensor, progress: float) -> Tensor:
            own = logits.detach().softmax(-1)
            hardened = threshold.harden(own) if own.shape[-1] == 2 else harden(own)
            weight = self.weight(progress)
            if targets.ndim == 1:
                targets = one_hot(targets, own.shape[-1]).to(own.dtype)
            return cross_entropy(logits, (1 - weight) * targets + weight * hardened)

        return loss


class AdaptiveThreshold:
    """Two classes: hardens predictions so that a given share of the recent ones is positive.

    Looks back over at least `RECENT` rows, so that it stays right with micro-batches of one row.
    """

    def __init__(self, positive_share: float) -> None:
        self.positive_share = positive_share
        self._recent: Tensor | None = None

    def harden(self, probabilities: Tensor) -> Tensor:
        """Probabilities [b, 2] -> one-hot [b, 2]; the batch itself counts among the recent rows."""
        import torch

        positive = probabilities[:, 1]
        recent = positive if self._recent is None else torch.cat([self._recent, positive])
        self._recent = recent[-max(RECENT, len(positive)) :]
        threshold = self._recent.float().quantile(1 - self.positive_share)
        is_positive = (positive.float() > threshold).to(probabilities.dtype)
        return torch.stack([1 - is_positive, is_positive], -1)
