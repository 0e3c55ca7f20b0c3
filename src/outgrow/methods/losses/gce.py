"""Generalised cross-entropy: rows whose label the student finds improbable count less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from outgrow.learning.losses import Batch, RowLoss
from outgrow.methods.losses.base import losses
from outgrow.spec import spec

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "gce",
    about="generalised cross-entropy: rows whose label the student finds improbable count less",
    source="Zhang and Sabuncu 2018; tried by Burns et al. 2023",
)
@spec
class GeneralisedCrossEntropy(RowLoss):
    """sum_k w_k (1 - f_k^q) / q; with a hard label y, (1 - f_y^q) / q, whose gradient is f_y^q (f - e_y).

    Cross-entropy as q goes to 0, and 1 - f_y at q = 1. It was made for hard labels wrong at random. A supervisor's
    errors are not random, and a student that has learned them finds them probable: Burns et al. saw no gain.

    Of soft labels it is not least at w, but nearer to the most probable class. Where texts are generated, a row is a
    token.

    Args:
        q: how much less such rows count.
    """

    name: ClassVar[str] = "gce"
    q: Annotated[float, Field(gt=0, le=1)] = 0.7

    def costs(self, batch: Batch) -> Tensor:
        from torch import expm1

        logs = batch.logits.log_softmax(-1)
        if batch.targets.ndim == 1:
            return -expm1(self.q * logs.gather(1, batch.targets[:, None]).squeeze(1)) / self.q
        return -(batch.targets * expm1(self.q * logs)).sum(-1) / self.q
