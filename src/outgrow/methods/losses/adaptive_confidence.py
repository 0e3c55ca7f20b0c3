"""Adaptive confidence: how much the student trusts itself depends on the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from outgrow.learning.losses import Batch, RowLoss, as_probabilities, cross_entropy
from outgrow.methods.losses.base import losses
from outgrow.spec import spec

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "adaptive_confidence",
    about="the weak labels mixed with the student's own predictions, by a weight for each row",
    source="AdaptConf, arXiv 2402.03749",
)
@spec
class AdaptiveConfidence(RowLoss):
    """CE(f, (1 - a) w + a h), where h is f hardened and a = e^(s/T) / (e^(s/T) + e^(l/T)); s = CE(f, h), l = CE(f, y).

    y is the most probable class of w; no gradient flows through h and a. Written out, a is f_y^(1/T) over f_y^(1/T) +
    (max f)^(1/T). So it is one half where student and supervisor are of one mind, and goes to 0 where the student is
    sure of another class: there it follows the supervisor the more. That is the opposite of what it was made for: it
    cannot help where the student is sure, and right, that a label is wrong. `inverted` takes 1 - a instead: an ablation
    of ours.

    The gains reported, 0.4 to 0.8 points, were had with ground truth added to the loss; we know of none from weak
    labels alone. Where texts are generated, a row is a token.

    Args:
        temperature: T; the source takes 0.5 for noisy labels and 4 for ImageNet. The larger, the nearer is a to 1/2.
        inverted: whether the student trusts itself the more, the surer it is of another class.
    """

    name: ClassVar[str] = "adaptive_confidence"
    temperature: Annotated[float, Field(gt=0)] = 0.5
    inverted: bool = False

    def costs(self, batch: Batch) -> Tensor:
        from outgrow.learning.self_trust import hard, own_share

        labels = as_probabilities(batch)
        share = own_share(batch.logits, labels, temperature=self.temperature)[:, None]
        if self.inverted:
            share = 1 - share
        return cross_entropy(batch.logits, (1 - share) * labels + share * hard(batch.logits.detach()))
