"""The step `silence`: somebody who says nothing of some rows of `transfer`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.learning.synthetic import draws
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.features import Features
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part


@dataclass(frozen=True, eq=False, kw_only=True)
class Silent(Predictor):
    """Somebody's answers, but none to a share of the rows of `transfer`, drawn by seed and row id."""

    name: ClassVar[str] = "silence"
    of: Predictor
    share: float
    seed: int

    def identity(self) -> dict[str, Any]:
        return {"share": self.share, "seed": self.seed}

    def inputs(self) -> dict[str, Step]:
        return {"of": self.of}

    @property
    def label(self) -> str:
        return self.of.label

    @property
    def cost(self) -> float | None:
        return self.of.cost

    @property
    def features(self) -> Features | None:
        return self.of.features

    @property
    def speaks_of(self) -> Part | None:
        return self.of.speaks_of

    def compute(self, context: Context, folder: Path) -> None:
        """Nothing is computed: whose answers they are is written down."""
        (folder / "of.json").write_text(json.dumps(self.of.key))

    def votes(self, context: Context, inputs: Inputs) -> np.ndarray:
        said = self.of.votes(context, inputs)
        if not isinstance(inputs, Part) or inputs.name != "transfer":
            return said
        data = inputs.split.read(context)
        drawn = draws([data.ids[row] for row in data.rows(inputs)], seed=self.seed, what="without an answer")
        return np.where((drawn < self.share)[None, :, None], np.float32(0), said)

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        said = self.of.answers(context, inputs)
        speaks = np.asarray(self.votes(context, inputs).any((0, 2)))
        return np.where(speaks[:, None], said, np.float32(0))

    def notes(self, context: Context) -> list[str]:
        return self.of.notes(context)
