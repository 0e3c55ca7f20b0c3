"""A window: only rows of which the student is not sure yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from outgrow.learning.losses import Batch, Loss, cross_entropy, weighted_mean
from outgrow.learning.option import OF_CLASSES
from outgrow.methods.losses.base import losses
from outgrow.spec import spec
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "window", about="cross-entropy on rows of which the student is not sure yet", source="EleutherAI, w2s, 2024"
)
@spec
class Window(Loss):
    """CE(f, w) on rows with max f of at most 1/2 + r; other rows cost nothing. The sum is divided by all rows.

    With `r = 0.5` it is cross-entropy. Its authors report results that are not better than that, on average. It cannot
    help a student that is sure from the first, as hardly a row counts then. It was made for two classes; of more, max f
    is below 1/2 + r more often, so more rows count.

    Args:
        r: the half of the window's width; or `midweak`, with which 1/2 + r is the median of max w over all rows.
    """

    name: ClassVar[str] = "window"
    kinds: ClassVar[frozenset[Kind]] = OF_CLASSES  # most tokens of a text are sure from the first
    rowwise: ClassVar[bool] = True
    r: Annotated[float, Field(ge=0, le=0.5)] | Literal["midweak"] = 0.15

    def start(self, targets: Tensor | None) -> Callable[[Batch], Tensor]:
        assert targets is not None, "texts that are generated are refused"
        most = float(targets.amax(-1).median()) if isinstance(self.r, str) else 0.5 + self.r

        def loss(batch: Batch) -> Tensor:
            inside = batch.logits.detach().softmax(-1).amax(-1) <= most
            return weighted_mean(cross_entropy(batch.logits, batch.targets) * inside, batch)

        return loss
