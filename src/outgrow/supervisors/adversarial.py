"""A simulated supervisor that is wrong where it is surest what is right."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from outgrow.learning.synthetic import Seen
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor, supervisors
from outgrow.supervisors.bases.simulated import Rate, SimulatedSupervisor, told


@supervisors.register(
    "adversarial",
    about="simulated: wrong where a model trained on truth is surest and right",
    source="Burns et al. 2023, E.2",
)
@spec
class Adversarial(SimulatedSupervisor):
    """A model that learns the truth of `supervisor` judges the rows: those that it is surest of, and right, are wrong.

    The paper's judge is the strong model, trained on the truth of the rows that it judges; this one has not seen them.

    Args:
        of: the judge, a model or a table as of [weak]; it may be as large as the student.
        where: errors are where the judge is right and `surest`, or where it gives the truth the least (`unsurest`).
        rate: of errors, overall.
        soft: labels as sure as the supervisor is right on average, instead of certain ones.
    """

    learns: ClassVar[bool] = True
    name: ClassVar[str] = "adversarial"
    of: Supervisor
    where: Literal["surest", "unsurest"] = "surest"
    rate: Rate = 0.1
    soft: bool = False

    @property
    def roles(self) -> tuple[Role, ...]:
        return self.of.roles

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.simulate(self, data, seed=seed, judge=self.of.predictor(steps, data, seed=seed))

    def say(self, seen: Seen) -> tuple[np.ndarray, list[str]]:
        assert seen.answers is not None
        of_truth = seen.answers[np.arange(len(seen.truth)), seen.truth]
        right = seen.answers.argmax(1) == seen.truth
        scores = np.where(right, of_truth, of_truth - 1) if self.where == "surest" else -of_truth
        labels = seen.wrong_where(seen.top(scores, self.rate))
        return told(seen, labels, f"it errs where {self.of.label} is {self.where}", soft=self.soft)
