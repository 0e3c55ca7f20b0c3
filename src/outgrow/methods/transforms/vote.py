"""The majority vote of several supervisors."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from outgrow.learning.featured import voted
from outgrow.learning.objective import Transform, WeakLabels
from outgrow.methods.transforms.base import transforms
from outgrow.spec import spec


@transforms.register("vote", about="the majority vote of several supervisors", source="standard")
@spec
class Vote(Transform):
    """All mass on the class that most supervisors choose; a tie is shared evenly. Abstentions do not vote.

    Other definitions give a tie to the higher mean probability: where many abstain, sharing it was 2 to 8 points better
    than a rule that decides it. It cannot help where the few know better than the many: `dawid_skene` can tell.
    """

    name: ClassVar[str] = "vote"
    several: ClassVar[bool] = True

    def apply(self, weak: WeakLabels, *, seed: int) -> WeakLabels:
        return weak.with_probabilities(voted(weak.probabilities)[None].astype(np.float32))
