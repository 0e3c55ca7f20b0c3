"""The step `calibrate`: somebody's answers made as sure as they are right, by rows that it has not learned from."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from outgrow.errors import DataError
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.features import Features
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part
from outgrow.steps.stored import stored

if TYPE_CHECKING:
    from outgrow.learning.calibration import Calibration, Way

FILE = "calibration.json"


@dataclass(frozen=True, eq=False, kw_only=True)
class Calibrated(Predictor):
    """A predictor, and the part by whose truth its probabilities are calibrated: none of its rows taught it."""

    name: ClassVar[str] = "calibrate"
    of: Predictor
    part: Part
    way: Way

    def identity(self) -> dict[str, Any]:
        return {"part": self.part.identity(), "by": self.way}

    def inputs(self) -> dict[str, Step]:
        return {"model": self.of, "split": self.part.split}

    @property
    def label(self) -> str:
        return f"calibrated {self.of.label}"

    @property
    def cost(self) -> float | None:
        return self.of.cost

    @property
    def features(self) -> Features | None:
        return self.of.features

    @property
    def work(self) -> float:
        return self.answering * self.part.size

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.learning.calibration import calibration

        data = self.part.split.read(context)
        truth, groups = data.known_truth(self.part), [data.groups[row] for row in data.rows(self.part)]
        try:
            found = calibration(self.of.answers(context, self.part), truth, groups, by=self.way)
        except ValueError as error:
            raise DataError(f"{self.label}, by rows of {self.part.name}: {error}") from error
        (folder / FILE).write_text(json.dumps(dataclasses.asdict(found)))

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        return self._read(context).apply(self.of.answers(context, inputs))

    def notes(self, context: Context) -> list[str]:
        return [*self.of.notes(context), f"{self.label}: {self._read(context).words}"]

    def _read(self, context: Context) -> Calibration:
        from outgrow.learning.calibration import Calibration

        return stored(context.store, self.key, lambda folder: Calibration(**json.loads((folder / FILE).read_bytes())))
