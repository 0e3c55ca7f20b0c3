"""Symmetric cross-entropy: some of the forward, some of the reverse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from outgrow.learning.losses import Batch, RowLoss, cross_entropy
from outgrow.methods.losses.base import losses
from outgrow.spec import spec

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "sce", about="symmetric cross-entropy: some of the forward, some of the reverse", source="Wang et al. 2019"
)
@spec
class SymmetricCrossEntropy(RowLoss):
    """forward * CE(f, w) - reverse * sum_k f_k max(log w_k, log_zero); with a hard label y, the sum is A (1 - f_y).

    The reverse part is bounded, so it stays with a student that is sure of another class than its label. With
    `reverse = 0` and `forward = 1` it is cross-entropy.

    It cannot help against errors that the student learns as well as what is right. The defaults are the source's for
    few classes; it takes 6 and 0.1 for many. On pretrained text encoders the results of others are mixed. Where texts
    are generated, a row is a token.

    Args:
        forward: weight of the cross-entropy.
        reverse: weight of the reverse cross-entropy.
        log_zero: A, what the logarithm of a label's probability is at least.
    """

    name: ClassVar[str] = "sce"
    forward: Annotated[float, Field(ge=0)] = 0.1
    reverse: Annotated[float, Field(ge=0)] = 1.0
    log_zero: Annotated[float, Field(lt=0)] = -4.0

    def costs(self, batch: Batch) -> Tensor:
        forward, own = cross_entropy(batch.logits, batch.targets), batch.logits.softmax(-1)
        if batch.targets.ndim == 1:
            reverse = -self.log_zero * (1 - own.gather(1, batch.targets[:, None]).squeeze(1))
        else:
            reverse = -(own * batch.targets.log().clamp(min=self.log_zero)).sum(-1)
        return self.forward * forward + self.reverse * reverse
