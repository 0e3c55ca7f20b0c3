"""A simulated supervisor whose errors a student can copy."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.simulable import head_of
from outgrow.learning.synthetic import Seen
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor, supervisors
from outgrow.supervisors.bases.simulated import Rate, SimulatedSupervisor, frozen, told


@supervisors.register(
    "simulable",
    about="simulated: a linear head that sees the first k features alone",
    source="Burns et al. 2023, E.1: perfectly simulable errors",
)
@spec
class Simulable(SimulatedSupervisor):
    """A logistic regression on the first k features, trained on the truth of `supervisor`.

    A linear student on all of the same features can say just what it says, mistakes included. It is no model of a size:
    its labels use no truth of the rows that it labels, though its notes count how many of them are wrong.

    Args:
        of: the model whose frozen features it sees; for the paper's experiment, the student.
        k: how many features; 0 chooses those whose errors, out of fold, are nearest to `rate`.
        rate: see `k`.
        soft: the head's probabilities, instead of its most probable class.
    """

    learns: ClassVar[bool] = True
    name: ClassVar[str] = "simulable"
    of: Supervisor
    k: Annotated[int, Field(ge=0)] = 0
    rate: Rate = 0.1
    soft: bool = False

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.simulate(self, data, seed=seed, features=frozen(self.of, steps, data))

    def say(self, seen: Seen) -> tuple[np.ndarray, list[str]]:
        answers, what = head_of(seen, k=self.k, rate=self.rate)
        found, notes = told(seen, answers.argmax(1), what, shown=False)
        return (answers if self.soft else found), notes
