"""The steps `simulate` and `disturb`: labels with known errors, for experiments on what errors do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from outgrow.errors import DataError
from outgrow.learning.synthetic import Seen, draws, swapped
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.features import Features
from outgrow.steps.outside import PARTS, FromOutside, Voice
from outgrow.steps.predictor import Inputs, NewRows, Predictor
from outgrow.steps.split import Part, SplitData


class Simulant(Voice, Protocol):
    """Who labels rows whose truth it is shown."""

    def say(self, seen: Seen) -> tuple[np.ndarray, list[str]]:
        """Probabilities of the rows, float32 [n, classes], and notes."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Simulated(FromOutside):
    """A simulated supervisor's labels of transfer, validation and test; it is shown the ground truth of all three.

    What it says of a row rests on the truth of that row, and on shares and cuts of `transfer`. So a student that is
    trained on its labels learns nothing of the truth of `test`.

    Args:
        judge: whose answers to the rows it is shown.
        frozen: features that it is shown, with the truth of `supervisor`.
    """

    name: ClassVar[str] = "simulate"
    labeller: Simulant
    seed: int
    judge: Predictor | None = None
    frozen: Features | None = None

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "seed": self.seed}

    def inputs(self) -> dict[str, Step]:
        found = super().inputs()
        if self.judge:
            found |= {"judge": self.judge} | {
                f"also {i}": one for i, one in enumerate(self.judge.elsewhere(self.split))
            }
        return found | ({"features": self.frozen} if self.frozen else {})

    @property
    def title(self) -> str:
        return self.label

    def look(self, context: Context, data: SplitData, rows: np.ndarray) -> tuple[np.ndarray, list[str]]:
        parts = [self.split.part(name) for name in PARTS]
        if not self.split.part("transfer").size:
            raise DataError(
                f"{self.label} is wrong on a share of transfer, and another task's test has no such part: leave "
                "[shift] out, or choose a supervisor that is a model"
            )
        truth = np.concatenate([data.known_truth(part) for part in parts])
        answers = features = lesson = None
        if self.judge is not None:
            answers = np.concatenate([self.judge.answers(context, part) for part in parts])
        if self.frozen is not None:
            whole, own = self.frozen.read(context), self.split.part("supervisor")
            features, learned = np.asarray(whole[rows]), data.rows(own)
            if len(learned):
                groups = [data.groups[row] for row in learned]
                lesson = np.asarray(whole[learned]), data.known_truth(own), groups
        seen = Seen(
            ids=[data.ids[row] for row in rows], inputs=data.inputs[rows], truth=truth, output=data.output,
            transfer=self.split.part("transfer").size, seed=self.seed, answers=answers, features=features,
            lesson=lesson,
        )  # fmt: skip
        probabilities, notes = self.labeller.say(seen)
        return probabilities[None].astype(np.float32), notes

    def new(self, context: Context, rows: NewRows) -> np.ndarray:
        raise DataError(f"{self.label} labels rows whose ground truth it is shown, and new rows have none")


@dataclass(frozen=True, eq=False, kw_only=True)
class Disturbed(Predictor):
    """Somebody's answers, of which some are made worse: the best class changes places with another. Truth is not seen.

    Args:
        rate: share of the rows, drawn by seed and row id.
    """

    name: ClassVar[str] = "disturb"
    of: Predictor
    rate: float
    seed: int

    def identity(self) -> dict[str, Any]:
        return {"rate": self.rate, "seed": self.seed}

    def inputs(self) -> dict[str, Step]:
        return {"of": self.of}

    @property
    def label(self) -> str:
        return f"{self.of.label} with {self.rate:g} injected errors"

    @property
    def cost(self) -> float | None:
        return self.of.cost

    def compute(self, context: Context, folder: Path) -> None:
        """Nothing is computed: whose answers they are is written down."""
        (folder / "of.json").write_text(json.dumps(self.of.key))

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        found = self.of.answers(context, inputs)
        if isinstance(inputs, Part):
            data = inputs.split.read(context)
            ids = [data.ids[row] for row in data.rows(inputs)]
        else:
            ids = list(inputs.ids) or [str(i) for i in range(len(found))]
        wrong, other = (draws(ids, seed=self.seed, what=what) for what in ("injected", "another"))
        return swapped(found, wrong < self.rate, other)

    def notes(self, context: Context) -> list[str]:
        injected = f"errors were injected into {self.rate:.1%} of the labels of {self.of.label}, whatever the truth is"
        return [*self.of.notes(context), injected]
