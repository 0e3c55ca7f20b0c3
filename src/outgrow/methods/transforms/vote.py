"""The majority vote of several supervisors."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from outgrow.learning.objective import Transform, WeakLabels
from outgrow.methods.transforms.base import transforms
from outgrow.methods.transforms.harden import hardened
from outgrow.spec import spec


@transforms.register("vote", about="the majority vote of several supervisors", source="standard")
@spec
class Vote(Transform):
    """All mass on the class that most supervisors choose; a tie is shared evenly. Abstentions do not vote."""

    name: ClassVar[str] = "vote"

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        counts = hardened(weak.probabilities).sum(0)
        most = (counts == counts.max(-1, keepdims=True)) & (counts > 0)
        total = most.sum(-1, keepdims=True)
        shared = np.divide(most, total, out=np.zeros(most.shape), where=total > 0)
        return weak.with_probabilities(shared[None].astype(np.float32))
