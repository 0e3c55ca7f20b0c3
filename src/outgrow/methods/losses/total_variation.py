"""Total variation: half of the absolute differences of probabilities."""

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
    "total_variation",
    about="total variation distance: bounded by 1",
    source="f-divergences, arXiv 2506.03109",
)
@spec
class TotalVariation(RowLoss):
    """sum_k |f_k - w_k| / 2, in [0, 1].

    Its gradient goes by the sign of f - w, and does not fade as f comes near w. With hard labels it is 1 - f_y, which
    tolerates labels wrong evenly at random (Ghosh et al. 2017), and learns slowly where there are many classes.

    The source is theory with small trials; we know of no figures on large students. It cannot help against errors that
    follow a rule.
    """

    name: ClassVar[str] = "total_variation"
    kinds: ClassVar[frozenset[Kind]] = OF_CLASSES

    def costs(self, batch: Batch) -> Tensor:
        from outgrow.learning.divergences import total_variation

        return total_variation(batch.logits, batch.targets)
