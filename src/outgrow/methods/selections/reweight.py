"""Rows count as much as the supervisor is sure of them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from outgrow.learning.objective import Selection, WeakLabels
from outgrow.methods.selections.base import selections
from outgrow.spec import spec


@selections.register(
    "reweight",
    about="rows weighted by the margin of their label over the next",
    source="confidence weighting; arXiv 2603.04968",
)
@spec
class Reweight(Selection):
    """The weight of a row is the margin between the two most probable classes: a row without a lead does not count."""

    name: ClassVar[str] = "reweight"

    def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        mean = weak.mean()
        if mean.shape[-1] == 1:  # all the texts generated are one text
            return np.ones(len(mean))
        highest = np.partition(mean, -2, axis=-1)[:, -2:]
        return np.asarray(highest[:, 1] - highest[:, 0], np.float64)
