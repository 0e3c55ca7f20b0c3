"""Contrast-consistent search: what a model holds to be true, found without labels."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.learning.contrast import ConsistentContrast
from outgrow.methods.base import methods
from outgrow.methods.bases.contrast import Contrast
from outgrow.spec import spec


@methods.register(
    "ccs",
    about="a direction in features of both answers that is consistent and sure; weak labels give its sign alone",
    source="Burns et al. 2022, arXiv 2212.03827",
)
@spec
class Ccs(Contrast):
    """p = sigmoid(u . phi + b) on both sides of a pair, least mean (p_1 - (1 - p_0))^2 + min(p_1, p_0)^2.

    A control: it shows what the student's features say when weak labels teach it one bit. It cannot help where the
    strongest consistent contrast is another one than the task's: what a text is about, say. With few rows and wide
    features the loss falls to zero whatever the direction. Reported with models of billions of parameters; nothing is
    promised for small ones.

    Args:
        epochs: updates with AdamW, at its rate 1e-3 and a decay of .01.
        restarts: beginnings, of which the one of the lowest loss is kept.
    """

    name: ClassVar[str] = "ccs"
    epochs: Annotated[int, Field(ge=1)] = 1_000
    restarts: Annotated[int, Field(ge=1)] = 10

    def finder(self) -> ConsistentContrast:
        return ConsistentContrast(epochs=self.epochs, restarts=self.restarts)
