"""A simulated supervisor whose errors are random in part, and in part such as a student can copy."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.simulable import flips_for, head_of
from outgrow.learning.synthetic import Seen, another
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor, supervisors
from outgrow.supervisors.bases.simulated import Rate, SimulatedSupervisor, frozen, told


@supervisors.register(
    "mixed",
    about="simulated: errors of a head on the first k features, and random ones",
    source="Burns et al. 2023, E.1: the mixture",
)
@spec
class Mixed(SimulatedSupervisor):
    """Labels of `simulable`, of which some, drawn at random, are replaced by another class.

    A student can outgrow the random errors, and copies the others. For so many flips as you like, whatever the rate,
    use `noisy` around `simulable`. Of the truth of what it labels, it is told how often the head errs.

    Args:
        of: the model whose frozen features the head sees; for the paper's experiment, the student.
        k: how many features; 0 chooses those whose errors, out of fold, are nearest to the head's part of the rate.
        rate: of errors, overall.
        random: share of the rate that random errors have.
        soft: labels as sure as the supervisor is right on average, instead of certain ones.
    """

    learns: ClassVar[bool] = True
    name: ClassVar[str] = "mixed"
    of: Supervisor
    k: Annotated[int, Field(ge=0)] = 0
    rate: Rate = 0.1
    random: Rate = 0.5
    soft: bool = False

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.simulate(self, data, seed=seed, features=frozen(self.of, steps, data))

    def say(self, seen: Seen) -> tuple[np.ndarray, list[str]]:
        answers, what = head_of(seen, k=self.k, rate=self.rate * (1 - self.random))
        chosen, classes = answers.argmax(1), seen.output.n_classes
        flips = flips_for(self.rate, float((chosen != seen.truth)[: seen.transfer].mean()), classes)
        other = another(chosen, seen.draws("another"), classes)
        labels = np.where(seen.draws("wrong") < flips, other, chosen)
        return told(seen, labels, f"{what}; {flips:.1%} of its labels are flipped", soft=self.soft, shown=False)
