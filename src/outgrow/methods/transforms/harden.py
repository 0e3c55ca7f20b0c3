"""Hard labels: the most probable class."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from outgrow.learning.objective import Transform, WeakLabels
from outgrow.methods.transforms.base import transforms
from outgrow.spec import spec


@transforms.register("harden", about="each supervisor's most probable class", source="Burns et al. 2023, sec. 3")
@spec
class Harden(Transform):
    """One-hot rows of the most probable class; the first of equals. Abstentions stay.

    The paper's chess students learn such labels. It cannot help where right labels are surer than wrong ones: that is
    lost, and selections that go by it find nothing.
    """

    name: ClassVar[str] = "harden"

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        return weak.with_probabilities(hardened(weak.probabilities))


def hardened(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities [..., classes] to one-hot rows; a row of zeros stays one."""
    classes = np.arange(probabilities.shape[-1])
    best = probabilities.argmax(-1)[..., None] == classes
    return np.asarray(best & probabilities.any(-1, keepdims=True), np.float32)
