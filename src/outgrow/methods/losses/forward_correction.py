"""The student's answers are made as wrong as the labels are, and then compared with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.channel import estimated, symmetric, told
from outgrow.learning.corrected import Corrected
from outgrow.learning.losses import Batch, Loss
from outgrow.methods.losses.base import losses
from outgrow.spec import spec
from outgrow.tasks.base import Kind

if TYPE_CHECKING:
    from torch import Tensor


@losses.register(
    "forward_correction",
    about="cross-entropy of the labels with the student's answers, made as wrong as they",
    source="Patrini et al. 2017; errors as of Hendrycks et al. 2018",
)
@spec
class ForwardCorrection(Loss):
    """CE(T^t f, w) with T[j, l] = P(label l | truth j): its optimum is the f that explains the labels by their errors.

    T is the mean label of the rows of known truth of each class, as the transforms leave it that see no truth; or
    `flip` says it. Rows of known truth cost CE(f, y). With T the identity it is `naive`.

    It is not convex in the head. It cannot help against errors that depend on the row, as those of a weak model do: T
    knows classes alone. On texts with pretrained models, handling of noise "does not always help" (Zhu et al. 2022,
    arXiv 2204.09371).

    Args:
        flip: how often a label is wrong, where that is known: then no truth is needed.
    """

    name: ClassVar[str] = "forward_correction"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    rowwise: ClassVar[bool] = True
    flip: Annotated[float, Field(ge=0, lt=1)] | None = None

    @property
    def uses_truth(self) -> bool:  # type: ignore[override]
        return self.flip is None

    def fitted(self, said: Callable[[], np.ndarray], truth: np.ndarray) -> Loss:
        labels, known = said(), truth >= 0
        channel = estimated(labels, truth) if self.flip is None else symmetric(self.flip, labels.shape[1])
        note = told(channel, 0 if self.flip is not None else int(known.sum()))
        return Corrected(channel=channel, known=known, notes=(note,))

    def start(self, targets: Tensor | None) -> Callable[[Batch], Tensor]:
        raise NotImplementedError("forward_correction has to be fitted to the labels that it corrects")
