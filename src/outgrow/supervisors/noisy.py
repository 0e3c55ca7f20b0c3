"""A supervisor with errors injected into its labels."""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Committee, Supervisor, supervisors
from outgrow.supervisors.bases.simulated import Rate
from outgrow.tasks.base import Kind


@supervisors.register(
    "noisy", about="any supervisor with random errors injected into its labels", source="made by this project"
)
@spec
class Noisy(Committee):
    """Of a share of the rows, the most probable class changes places with another, each as likely. No truth is seen.

    An injected error can make a wrong label right. Several supervisors in it answer as one, by their rule.

    Args:
        of: the supervisor, a model or a table as of [weak].
        rate: share of the rows, drawn by seed and row id; of validation and test too.
    """

    name: ClassVar[str] = "noisy"
    simulated: ClassVar[bool] = True
    of: Supervisor
    rate: Rate = 0.1

    @property
    def everyone(self) -> tuple[Supervisor, ...]:
        return (self.of,)

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return self.of.kinds - {"generation"}

    @property
    def label(self) -> str:
        return f"{self.of.label} with {self.rate:g} injected errors"

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.disturb(self.of.predictor(steps, data, seed=seed), rate=self.rate, seed=seed)
