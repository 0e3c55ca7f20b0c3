"""Reverse cross-entropy: the student's expectation of the label's log-probability."""

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
    "reverse_ce",
    about="reverse cross-entropy: it ends at the supervisor's most probable class",
    source="arXiv 2502.11107",
)
@spec
class ReverseCE(RowLoss):
    """-sum_k f_k log w_k, with labels clipped as for `reverse_kl`.

    This is reverse KL plus the student's entropy, and another method: its least value is all mass on the most probable
    class of w, so it hardens. Its gradient is zero where the label is even: such rows teach nothing. It cannot help
    where the supervisor is surely wrong.

    On rows labelled hard it is, but for a factor, 1 - f_y (mean absolute error). What was reported stands under
    `reverse_kl`: two classes, few settings.
    """

    name: ClassVar[str] = "reverse_ce"
    kinds: ClassVar[frozenset[Kind]] = OF_CLASSES

    def costs(self, batch: Batch) -> Tensor:
        from outgrow.learning.divergences import reverse_ce

        return reverse_ce(batch.logits, batch.targets)
