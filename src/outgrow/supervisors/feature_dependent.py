"""A simulated supervisor that errs in a region of the features."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from outgrow.errors import ConfigError
from outgrow.learning.synthetic import Seen
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor, supervisors
from outgrow.supervisors.bases.simulated import Rate, SimulatedSupervisor, frozen, told


@supervisors.register(
    "feature_dependent",
    about="simulated: wrong in a region of the features",
    source="instance-dependent noise; e.g. NoisyAG-News",
)
@spec
class FeatureDependent(SimulatedSupervisor):
    """Rows that lie far out in a direction, which the seed draws, are the region; errors are there alone.

    A student that sees the same features finds the region, and so can copy the errors: the smaller the region, the
    more of it is wrong, and the easier they are to copy.

    Args:
        of: a model whose frozen features are looked at; for inputs that are numbers, none is needed.
        rate: of errors, overall.
        region: its share of the rows.
        soft: labels as sure as the supervisor is right on average, instead of certain ones.
    """

    name: ClassVar[str] = "feature_dependent"
    of: Supervisor | None = None
    rate: Rate = 0.1
    region: Rate = 0.25
    soft: bool = False

    def __post_init__(self) -> None:
        if self.rate > self.region:
            raise ConfigError(f"rate = {self.rate:g}: the errors must fit into the region, {self.region:g}", key="rate")

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.simulate(self, data, seed=seed, features=frozen(self.of, steps, data) if self.of else None)

    def say(self, seen: Seen) -> tuple[np.ndarray, list[str]]:
        numbers = seen.numbers()
        direction = np.random.default_rng(seen.seed).standard_normal(numbers.shape[1])
        region = seen.top((numbers - numbers[: seen.transfer].mean(0)) @ direction, self.region)
        labels = seen.wrong_where(region & (seen.draws("wrong") < self.rate / self.region))
        return told(seen, labels, f"it errs in a region of {self.region:.0%} of the rows", soft=self.soft)
