"""Products of weak labels and the student's own predictions as targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from outgrow.learning.losses import Batch, RowLoss, cross_entropy
from outgrow.learning.option import OF_CLASSES
from outgrow.methods.losses.base import losses
from outgrow.spec import spec
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "product",
    about="a product of weak label and the student's own prediction as the target",
    source="Burns et al. 2023, who tried a geometric mean",
)
@spec
class Product(RowLoss):
    """CE(f, q) with q proportional to w^weak f^own; no gradient flows through q, so the gradient is f - q.

    It rests where f is proportional to w^(weak / (1 - own)). So the halves of the geometric mean lead to w itself, as
    `naive` does, which explains why Burns et al. saw no gain. With weak / (1 - own) above 1 it sharpens, below 1 it
    softens. With `own = 1` nothing holds it: f runs to the most probable class of w.

    For completeness: no gain is known. `weak = 1`, `own = 0` is `naive`; a generated token would be its own product.

    Args:
        weak: the power of the weak label.
        own: the power of the student's own prediction.
    """

    name: ClassVar[str] = "product"
    kinds: ClassVar[frozenset[Kind]] = OF_CLASSES
    weak: Annotated[float, Field(ge=0)] = 0.5
    own: Annotated[float, Field(ge=0, le=1)] = 0.5

    def costs(self, batch: Batch) -> Tensor:
        from outgrow.learning.self_trust import product

        return cross_entropy(batch.logits, product(batch.logits, batch.targets, weak=self.weak, own=self.own))
