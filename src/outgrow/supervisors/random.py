"""A simulated supervisor that errs at random."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from outgrow.learning.synthetic import Seen
from outgrow.spec import spec
from outgrow.supervisors.base import supervisors
from outgrow.supervisors.bases.simulated import Rate, SimulatedSupervisor, told


@supervisors.register(
    "random", about="simulated: wrong at random, at a rate", source="Burns et al. 2023, E.1 and E.2: random flips"
)
@spec
class Random(SimulatedSupervisor):
    """Each label is wrong with the same chance, and then each other class is as likely.

    Nothing in the inputs tells where it errs, so a student that learns from many rows outgrows it the most easily.

    Args:
        rate: the chance of an error.
        soft: labels as sure as the supervisor is right on average, instead of certain ones.
    """

    name: ClassVar[str] = "random"
    rate: Rate = 0.1
    soft: bool = False

    def say(self, seen: Seen) -> tuple[np.ndarray, list[str]]:
        labels = seen.wrong_where(seen.draws("wrong") < self.rate)
        return told(seen, labels, "it errs at random", soft=self.soft)
