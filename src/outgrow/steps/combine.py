"""The step `combine`: several predictors answer as one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.learning.objective import Transform
from outgrow.spec import plain
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.labels import weak_labels
from outgrow.steps.predictor import Inputs, Predictor


@dataclass(frozen=True, eq=False, kw_only=True)
class Combined(Predictor):
    """Several predictors, and the rule that makes one answer of theirs."""

    name: ClassVar[str] = "combine"
    members: tuple[Predictor, ...]
    rule: Transform

    def identity(self) -> dict[str, Any]:
        return {"rule": plain(self.rule)}

    def inputs(self) -> dict[str, Step]:
        return {f"member {i}": one for i, one in enumerate(self.members)}

    @property
    def label(self) -> str:
        return f"{self.rule.label} of {len(self.members)}"

    @property
    def cost(self) -> float | None:
        costs = [one.cost for one in self.members if one.cost is not None]
        return sum(costs) if costs else None

    @property
    def answering(self) -> float:
        return sum(one.answering for one in self.members)

    def compute(self, context: Context, folder: Path) -> None:
        """Nothing is computed: what it is made of is written down."""
        (folder / "members.json").write_text(json.dumps([one.key for one in self.members]))

    def votes(self, context: Context, inputs: Inputs) -> np.ndarray:
        return np.concatenate([one.votes(context, inputs) for one in self.members])

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        weak = weak_labels(self.votes(context, inputs), inputs, context)
        mean = self.rule.apply(weak, seed=0).mean()
        if weak.texts is None:
            return mean
        return np.array([*weak.texts, ""], dtype=object)[np.where(mean.any(1), mean.argmax(1), -1)]

    def notes(self, context: Context) -> list[str]:
        return [note for one in self.members for note in one.notes(context)]
