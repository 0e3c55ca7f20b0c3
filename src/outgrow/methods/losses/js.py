"""Jensen-Shannon divergence: a wrong label can cost no more than log 2."""

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
    "js",
    about="Jensen-Shannon divergence: bounded, between forward and reverse KL",
    source="f-divergences, arXiv 2506.03109",
)
@spec
class JensenShannon(RowLoss):
    """KL(w || m) / 2 + KL(f || m) / 2, where m = (f + w) / 2.

    It lies in [0, log 2] and is least where f = w. A student that is sure of another class is hardly moved: that helps
    against labels wrong at random, and cannot help against those wrong in a way that the student learns.

    The source is theory with small trials; we know of no figures on large students.
    """

    name: ClassVar[str] = "js"
    kinds: ClassVar[frozenset[Kind]] = OF_CLASSES

    def costs(self, batch: Batch) -> Tensor:
        from outgrow.learning.divergences import js

        return js(batch.logits, batch.targets)
