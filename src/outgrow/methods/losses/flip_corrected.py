"""Labels that are turned about at a known rate: the loss that is right on average."""

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
    "flip_corrected",
    about="cross-entropy that is right on average where labels are flipped at a known rate",
    source="robust DPO, arXiv 2403.00409; Natarajan et al. 2013",
)
@spec
class FlipCorrected(RowLoss):
    """((1 - e) l(+) - e l(-)) / (1 - 2 e) for two classes; l(+) is the loss of the label, l(-) that of the other.

    Of K classes, a flip goes to each of the others equally often: CE(f, u) with u = (w - e / (K - 1)) / (1 - e K / (K -
    1)). Averaged over such flips it is the cross-entropy with the true labels. With `rate = 0` it is cross-entropy.

    That holds for hard labels flipped by chance; of soft ones, it is the mean over the classes. A supervisor's errors
    hang on the row, and then nothing is promised. A row's loss has no least value: train briefly, or with
    `keep = "best"`. The source's evidence is of language models whose preferences were flipped by chance.

    Args:
        rate: e, the share of wrong labels, as rows that somebody checked tell it.
    """

    name: ClassVar[str] = "flip_corrected"
    kinds: ClassVar[frozenset[Kind]] = OF_CLASSES
    rate: Annotated[float, Field(ge=0, lt=0.5)] = 0.1

    def costs(self, batch: Batch) -> Tensor:
        other = self.rate / (batch.targets.shape[-1] - 1)  # the chance of each of the others
        return cross_entropy(batch.logits, (batch.targets - other) / (1 - self.rate - other))
