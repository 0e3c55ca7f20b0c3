"""The step `prompt`: a language model sees some labelled examples in its prompt, and is not trained at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from outgrow.errors import ConfigError
from outgrow.models.base import Model
from outgrow.spec import plain
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.labels import Labels
from outgrow.steps.predictor import Predictor, Untrained
from outgrow.steps.split import Part
from outgrow.steps.stored import stored
from outgrow.steps.truth import chosen
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.learning.network import Network

SHOTS = "shots.json"


@dataclass(frozen=True, eq=False, kw_only=True)
class Prompted(Predictor):
    """A causal language model and the examples in its prompt: with weak labels, or with ground truth."""

    name: ClassVar[str] = "prompt"
    version: ClassVar[int] = 2
    model: Model
    part: Part
    labels: Labels | None
    shots: int
    seed: int

    def identity(self) -> dict[str, Any]:
        return {
            "model": plain(self.model),
            "part": self.part.identity(),
            "shots": self.shots,
            "seed": self.seed,
        }

    def inputs(self) -> dict[str, Step]:
        found: dict[str, Step] = {"split": self.part.split}
        return found | ({"labels": self.labels} if self.labels else {})

    @property
    def label(self) -> str:
        return self.model.label

    @property
    def cost(self) -> float | None:
        return self.model.cost

    @property
    def title(self) -> str:
        return f"prompt {self.label} with {self.shots} examples"

    def compute(self, context: Context, folder: Path) -> None:
        """Draw the examples, as many of each label as can be, and write them with their labels."""
        data = self.part.split.read(context)
        if data.output.kind != "classification":
            raise ConfigError(f"few_shot is for classification tasks, and this one is of kind {data.output.kind}")
        if not self.model.generates:
            raise ConfigError(f"few_shot needs a causal language model, and {self.label!r} is none")
        rows = data.rows(self.part)
        if self.labels is None:
            labels = data.known_truth(self.part)
        else:
            labels = chosen(self.labels.read(context, self.part), data)
        rng = np.random.default_rng(self.seed)
        order = [int(i) for i in rng.permutation(len(rows))]
        piles = [[i for i in order if labels[i] == label] for label in range(data.output.n_classes)]
        drawn: list[int] = []
        while len(drawn) < self.shots and any(piles):
            drawn += [pile.pop() for pile in piles if pile]
        drawn = [drawn[i] for i in rng.permutation(min(self.shots, len(drawn)))]
        shots = [(str(data.inputs[rows[i]]), int(labels[i])) for i in drawn]
        (folder / SHOTS).write_text(json.dumps(shots))

    def network(self, context: Context, output: Output) -> Network:
        def read(folder: Path) -> list[tuple[str, int]]:
            return [(str(text), int(label)) for text, label in json.loads((folder / SHOTS).read_bytes())]

        return self.model.prompted(self.part.kind(context), shots=stored(context.store, self.key, read))


@dataclass(frozen=True, eq=False, kw_only=True)
class Unprompted(Untrained):
    """A causal language model that is shown no example: what it answers is the same for all seeds."""

    name: ClassVar[str] = "unprompted"

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "shots": 0}

    def network(self, context: Context, output: Output) -> Network:
        return self.model.prompted(output, shots=[])
