"""The step `crossfit`: two models, each of which labels what the other one learned from."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.features import Features
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part


@dataclass(frozen=True, eq=False, kw_only=True)
class CrossFitted(Predictor):
    """Models that each learned from a part without one piece; that piece is answered by the model that has not seen it.

    All other rows are answered by the mean of the models; where texts are generated, by the first.
    """

    name: ClassVar[str] = "crossfit"
    members: tuple[Predictor, ...]
    pieces: tuple[Part, ...]

    def identity(self) -> dict[str, Any]:
        return {"pieces": [piece.identity() for piece in self.pieces]}

    def inputs(self) -> dict[str, Step]:
        return {f"member {i}": one for i, one in enumerate(self.members)}

    @property
    def label(self) -> str:
        return self.members[0].label

    @property
    def cost(self) -> float | None:
        return self.members[0].cost

    @property
    def features(self) -> Features | None:
        return self.members[0].features

    def compute(self, context: Context, folder: Path) -> None:
        """Nothing is computed: what it is made of is written down."""
        (folder / "members.json").write_text(json.dumps([one.key for one in self.members]))

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        own = self.pieces[0]
        if not (isinstance(inputs, Part) and inputs.name == own.name and inputs.split.key == own.split.key):
            found = [one.answers(context, inputs) for one in self.members]
            return found[0] if found[0].dtype == object else np.asarray(np.mean(found, 0), np.float32)
        assert self.pieces[0].start <= inputs.start
        assert inputs.stop <= self.pieces[-1].stop
        said = []
        for one, piece in zip(self.members, self.pieces, strict=True):
            start, stop = max(piece.start, inputs.start), min(piece.stop, inputs.stop)
            if start < stop:
                said.append(one.answers(context, dataclasses.replace(inputs, start=start, size=stop - start)))
        return np.concatenate(said)

    def notes(self, context: Context) -> list[str]:
        return [note for one in self.members for note in one.notes(context)]
