"""The step `rework`: labels of a part made anew by what models say of the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.labels import Labels, read_votes, write_votes
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part
from outgrow.steps.stored import stored


class Rule(Protocol):
    """What makes new labels."""

    @property
    def label(self) -> str:
        """What to call it."""
        ...

    def identity(self) -> dict[str, Any]:
        """What determines its numbers."""
        ...

    def apply(self, targets: np.ndarray, said: list[np.ndarray]) -> np.ndarray:
        """New labels [n, classes] of the rows of a part.

        Args:
            targets: the labels so far, [n, classes]; zeros where there is none.
            said: what each of the models answers, [n, classes].
        """
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Reworked(Predictor):
    """New labels of the rows that `labels` labels; all other rows are answered by whoever gave those."""

    name: ClassVar[str] = "rework"
    labels: Labels
    models: tuple[Predictor, ...]
    rule: Rule

    def identity(self) -> dict[str, Any]:
        return {"rule": self.rule.identity()}

    def inputs(self) -> dict[str, Step]:
        return {"labels": self.labels} | {f"model {i}": one for i, one in enumerate(self.models)}

    @property
    def label(self) -> str:
        return f"{self.labels.by.label}, {self.rule.label}"

    @property
    def cost(self) -> float | None:
        return self.labels.by.cost

    @property
    def answering(self) -> float:
        return self.labels.by.answering

    def elsewhere(self, split: Any) -> list[Step]:
        return self.labels.by.elsewhere(split)

    def compute(self, context: Context, folder: Path) -> None:
        part = self.labels.part
        targets = self.labels.read(context).mean()
        write_votes(self.rule.apply(targets, [one.answers(context, part) for one in self.models])[None], folder)

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        own = self.labels.part
        if not (isinstance(inputs, Part) and inputs.name == own.name and inputs.split.key == own.split.key):
            return self.labels.by.answers(context, inputs)
        found = stored(context.store, self.key, read_votes)[0]
        return np.asarray(found[inputs.start - own.start : inputs.stop - own.start])

    def notes(self, context: Context) -> list[str]:
        return self.labels.by.notes(context)
