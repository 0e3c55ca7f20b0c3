"""A simulated supervisor that errs on the longest texts."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from outgrow.errors import ConfigError
from outgrow.learning.synthetic import Seen
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import supervisors
from outgrow.supervisors.bases.simulated import Rate, SimulatedSupervisor, told


@supervisors.register("longest", about="simulated: wrong on the longest texts", source="Burns et al. 2023, E.2")
@spec
class Longest(SimulatedSupervisor):
    """The longest texts of transfer are wrong, as many as the rate says, and all of the other parts that are as long.

    Of pairs, both texts count together. Errors that go by length are easy to see, and so are soon copied.

    Args:
        order: `longest`, or `shortest` for the other end.
        rate: of errors, on transfer.
        soft: labels as sure as the supervisor is right on average, instead of certain ones.
    """

    name: ClassVar[str] = "longest"
    order: Literal["longest", "shortest"] = "longest"
    rate: Rate = 0.1
    soft: bool = False

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        if hasattr(data.dataset.task, "located"):
            raise ConfigError(f"{self.label!r} goes by texts, and {data.dataset.task.name!r} has files", key="weak")
        return steps.simulate(self, data, seed=seed)

    def say(self, seen: Seen) -> tuple[np.ndarray, list[str]]:
        lengths = seen.lengths()
        lengths = lengths.sum(1) if lengths.ndim == 2 else lengths
        wrong = seen.top(lengths if self.order == "longest" else -lengths, self.rate)
        return told(seen, seen.wrong_where(wrong), f"it errs on the {self.order} texts", soft=self.soft)
