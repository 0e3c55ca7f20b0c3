"""The paper's main method: weak labels, and the student's own confident predictions."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.methods.losses.confidence import ConfidenceLoss
from outgrow.methods.transforms.harden import Harden
from outgrow.spec import spec


@methods.register(
    "confidence",
    about="the weak labels mixed with the student's own hardened predictions",
    source="Burns et al. 2023, sec. 4.3.2 and A.4",
)
@spec
class Confidence(Method):
    """CE(f, (1 - a) w + a h), where h are the student's own hardened predictions, without gradient.

    Reported on text: a little worse than `naive` for small students, a median of .80 of the gap for .25 at the widest
    gap, no help to reward models; one study of models that nobody else has. A replication with small ones saw losses at
    alpha = 0.75. It cannot help where the student's own first answers are no better than its supervisor's.

    Args:
        alpha: the final a; the paper uses 0.75 for its largest students and 0.5 otherwise.
        ramp: a rises linearly from 0 to alpha over this share of the training, then stays.
        shares: the class shares of h: those of the weak labels (`weak`), or equal ones as in the paper, which suit only
            balanced tasks (`even`); or h is the most probable class (`free`).
        labels: weak labels as probabilities (`soft`) or as their most probable class (`hard`).
    """

    name: ClassVar[str] = "confidence"
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.5
    ramp: Annotated[float, Field(ge=0, le=1)] = 0.2
    shares: Literal["weak", "even", "free"] = "weak"
    labels: Literal["soft", "hard"] = "soft"

    def objective(self) -> Objective:
        loss = ConfidenceLoss(alpha=self.alpha, ramp=self.ramp, shares=self.shares)
        return Objective(transforms=(Harden(),) if self.labels == "hard" else (), loss=loss)
