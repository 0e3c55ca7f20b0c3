"""A simulated supervisor that follows a cue."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.learning.cues import Cue, cue_of
from outgrow.learning.synthetic import Seen
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor, supervisors
from outgrow.supervisors.bases.simulated import SimulatedSupervisor, frozen, reach, told


@supervisors.register(
    "spurious", about="simulated: follows a cue, such as a word, into errors", source="shortcuts; made by this project"
)
@spec
class Spurious(SimulatedSupervisor):
    """It takes rows with the cue for one class, and rows without it for another; errors are where the cue misleads.

    Of the rows that the cue misleads on, so many are wrong that the rate is met. It can be no more than these are.

    Args:
        cue: `length`, `word`, or `feature`, the first: `learning/cues.py` says who has it.
        word: for the cue `word`; several words too.
        of: for the cue `feature`, a model whose frozen features are looked at; not needed for inputs that are numbers.
        says: the class that rows with the cue are taken for.
        rate: of errors, overall; 0 for all that the cue misleads on, so that it says what the cue says.
        soft: labels as sure as the supervisor is right on average, instead of certain ones.
    """

    name: ClassVar[str] = "spurious"
    cue: Cue = "length"
    word: str = ""
    of: Supervisor | None = None
    says: int = 1
    rate: Annotated[float, Field(ge=0, lt=1)] = 0.1
    soft: bool = False

    def __post_init__(self) -> None:
        if (self.cue == "word") != bool(self.word.strip()):
            raise ConfigError(f'word = {self.word!r}: set a word for cue = "word", and none for others', key="word")

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.simulate(self, data, seed=seed, features=frozen(self.of, steps, data) if self.of else None)

    def say(self, seen: Seen) -> tuple[np.ndarray, list[str]]:
        found = cue_of(seen, self.cue, self.word)
        misled = (found != 0) & ((found == 1) != (seen.truth == self.says))
        most, why = float(misled[: seen.transfer].mean()), f"the cue {self.cue!r} misleads on fewer rows"
        share = reach(self.rate, most, why) if self.rate else 1.0
        wrong = misled & (seen.draws("wrong") < share)
        labels = np.where(wrong & (found == 1), self.says, seen.wrong_where(wrong))
        return told(seen, labels, f"it follows the cue {self.word or self.cue!r}", soft=self.soft)
