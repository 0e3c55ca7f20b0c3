"""Labels whose cross-entropy is, on average over their errors, that of the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.channel import estimated, symmetric, told, unbiased
from outgrow.learning.objective import Transform, WeakLabels
from outgrow.methods.transforms.base import transforms
from outgrow.spec import spec
from outgrow.tasks.base import Kind


@transforms.register(
    "backward_correction",
    about="labels times the inverse of their errors: unbiased, and below zero where they have to be",
    source="Patrini et al. 2017; errors as of Hendrycks et al. 2018",
)
@spec
class BackwardCorrection(Transform):
    """q = w T^-1 with T[j, l] = P(label l | truth j): E_l CE(f, q) = CE(f, truth) if labels err by T and nothing else.

    Rows sum to 1 and can be below zero, so only the cross-entropy learns them. T is the mean label of the rows of known
    truth of each class, or `flip` says it. Rows of known truth have the truth.

    Unbiased is not good: far from the identity the variance is large, and a network can drive the loss below all bounds
    on rows that it knows by heart, so it suits linear heads with a penalty. It cannot help against errors that depend
    on the row, as those of a weak model do. On texts with pretrained models, handling of noise "does not always help"
    (arXiv 2204.09371). `dawid_skene` with known truth before it leaves nothing to judge errors by.

    Args:
        flip: how often a label is wrong, where that is known: then no truth is needed.
    """

    name: ClassVar[str] = "backward_correction"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    signed: ClassVar[bool] = True
    flip: Annotated[float, Field(ge=0, lt=1)] | None = None

    @property
    def uses_truth(self) -> bool:  # type: ignore[override]
        return self.flip is None

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        said, truth = weak.mean(), np.full(len(weak.ids), -1) if weak.truth is None else weak.truth
        channel = estimated(said, truth) if self.flip is None else symmetric(self.flip, said.shape[1])
        notes = (*weak.notes, told(channel, int((truth >= 0).sum()) if self.flip is None else 0))
        return replace(weak, probabilities=unbiased(said, channel)[None], notes=notes)
