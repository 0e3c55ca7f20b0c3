"""The step `truth`: somebody knows the ground truth of some rows, and says nothing of others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.errors import DataError
from outgrow.plain import counted
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part


@dataclass(frozen=True, eq=False, kw_only=True)
class Told(Predictor):
    """The ground truth of a part's rows: a budget that a student may learn from. No other truth is read for it."""

    name: ClassVar[str] = "truth"
    part: Part

    def identity(self) -> dict[str, Any]:
        return {"part": self.part.identity()}

    def inputs(self) -> dict[str, Step]:
        return {"split": self.part.split}

    @property
    def label(self) -> str:
        return f"{counted(self.part.size, 'row')} of known truth"

    @property
    def title(self) -> str:
        return f"ground truth of {counted(self.part.size, 'row')} of {self.part.name}"

    @property
    def cost(self) -> float | None:
        return None

    @property
    def speaks_of(self) -> Part | None:
        return self.part

    def compute(self, context: Context, folder: Path) -> None:
        """Nothing is computed: which rows they are is written down."""
        data = self.part.split.read(context)
        (folder / "rows.json").write_text(json.dumps([data.ids[row] for row in data.rows(self.part)]))

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        if not isinstance(inputs, Part):
            raise DataError(f"the {self.label} tell nothing of new rows")
        data = self.part.split.read(context)
        known = dict(zip(data.rows(self.part).tolist(), data.known_truth(self.part).tolist(), strict=True))
        truth = np.array([known.get(row, -1) for row in data.rows(inputs).tolist()], np.int64)
        if data.output.kind == "generation":
            return np.array([*data.output.class_names, ""], dtype=object)[truth]
        return np.asarray(truth[:, None] == np.arange(data.output.n_classes), np.float32)
