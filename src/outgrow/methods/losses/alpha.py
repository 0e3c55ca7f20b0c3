"""Alpha divergence: a family that leads from the reverse to the forward KL divergence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from outgrow.learning.losses import Batch, RowLoss
from outgrow.learning.option import OF_CLASSES
from outgrow.methods.losses.base import losses
from outgrow.spec import spec
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "alpha",
    about="alpha divergence: from reverse (a near 0) to forward KL (a near 1)",
    source="f-divergences, arXiv 2506.03109",
)
@spec
class AlphaDivergence(RowLoss):
    """(sum_k w_k^a f_k^(1 - a) - 1) / (a (a - 1)), least where f = w.

    Near a = 1 it is cross-entropy but for a constant, near 0 the reverse KL divergence, and at 1/2 four times the
    squared Hellinger distance. With hard labels it is `gce` with q = 1 - a, times 1 / a.

    The source is theory with small trials; we know of no figures on large students. It cannot help against errors that
    the student comes to find probable.

    Args:
        a: the less, the less a row counts whose label the student finds improbable.
    """

    name: ClassVar[str] = "alpha"
    kinds: ClassVar[frozenset[Kind]] = OF_CLASSES
    a: Annotated[float, Field(gt=0, lt=1)] = 0.5

    def costs(self, batch: Batch) -> Tensor:
        from outgrow.learning.divergences import alpha

        return alpha(batch.logits, batch.targets, a=self.a)
