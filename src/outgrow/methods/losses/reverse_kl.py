"""Reverse KL divergence: the student pays for what it says and the supervisor does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from outgrow.learning.losses import Batch, RowLoss
from outgrow.learning.option import OF_CLASSES
from outgrow.methods.losses.base import losses
from outgrow.spec import spec
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "reverse_kl",
    about="reverse KL divergence: the student may pass over what the supervisor doubts",
    source="arXiv 2502.11107",
)
@spec
class ReverseKL(RowLoss):
    """KL(f || w) = sum_k f_k log(f_k / w_k).

    A label of two classes is clipped to [0.001, 0.999], since a hard one would make it infinite; of more classes, each
    keeps at least 0.002 over their number. The least value is where f = w, as of cross-entropy: a student that can say
    w for every row ends there, and only the way differs: it cannot help such a one. It is not convex.

    Reported for two classes and reward data only: gains in 12 of 12 pairs of GPT-2, none at 14 B, one setting each,
    and perhaps losses where half of the labels are wrong. More classes are an extension of ours. To be tried beside
    `naive`, not trusted.
    """

    name: ClassVar[str] = "reverse_kl"
    kinds: ClassVar[frozenset[Kind]] = OF_CLASSES

    def costs(self, batch: Batch) -> Tensor:
        from outgrow.learning.divergences import reverse_kl

        return reverse_kl(batch.logits, batch.targets)
