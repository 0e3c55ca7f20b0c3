"""The step `elicit`: a language model labels rows so that it predicts each label from the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from outgrow.learning.icm import Problem, one_true, search
from outgrow.models.base import Model
from outgrow.plain import counted
from outgrow.spec import plain
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.predictor import Predictor
from outgrow.steps.split import Part
from outgrow.steps.stored import read_texts, stored
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.learning.network import Network

SHOTS, NOTES = "shots.json", "notes.json"


@dataclass(frozen=True, eq=False, kw_only=True)
class Elicited(Predictor):
    """A causal language model with rows of a part in its prompt, labelled by itself; neither truth nor weak labels.

    Args:
        alpha: weight of predictability against contradictions.
        steps: of the search.
        consistent: whether at most one row of a group can be of class 1.
    """

    name: ClassVar[str] = "elicit"
    model: Model
    part: Part
    alpha: float
    steps: int
    consistent: bool
    seed: int

    def identity(self) -> dict[str, Any]:
        return {
            "model": plain(self.model), "part": self.part.identity(), "alpha": self.alpha, "steps": self.steps,
            "consistent": self.consistent, "seed": self.seed,
        }  # fmt: skip

    def inputs(self) -> dict[str, Step]:
        return {"split": self.part.split}

    @property
    def label(self) -> str:
        return self.model.label

    @property
    def cost(self) -> float | None:
        return self.model.cost * (self.part.size + 1)

    @property
    def work(self) -> float:
        return self.model.cost * self.part.size**2 * self.steps / 2

    @property
    def title(self) -> str:
        return f"{self.label} labels {counted(self.part.size, 'row')} by itself"

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.learning.predict import predict

        data = self.part.split.read(context)
        rows = data.rows(self.part)
        texts, groups = [str(data.inputs[row]) for row in rows], [data.groups[row] for row in rows]
        machine = context.machine
        network: Any = machine.team.build(lambda: self.model.prompted(data.output, shots=[]))

        def read(row: int, labels: Mapping[int, int]) -> np.ndarray:
            network.show([(texts[other], label) for other, label in labels.items()])
            said = predict(network, network.encode(np.array([texts[row]], object)), machine=machine)[0]
            return np.asarray(np.log(np.maximum(said.astype(np.float64), 1e-9)))

        clashes = one_true(groups) if self.consistent else lambda labels: []
        problem = Problem(read=read, clashes=clashes, groups=groups, classes=data.output.n_classes, alpha=self.alpha)
        found = search(problem, steps=self.steps, seed=self.seed)
        counts = np.bincount([*found.labels.values()], minlength=data.output.n_classes)
        note = (
            f"icm: {len(found.labels):,} of {counted(len(rows), 'row')} labelled, by class "
            f"{', '.join(map(str, counts))}; {found.accepted:,} of {counted(self.steps, 'step')} accepted; utility "
            f"{found.utility:.2f}; {counted(len(clashes(found.labels)), 'contradiction')} left"
        )
        (folder / SHOTS).write_text(json.dumps([(texts[row], label) for row, label in found.labels.items()]))
        (folder / NOTES).write_text(json.dumps([note]))

    def network(self, context: Context, output: Output) -> Network:
        def read(folder: Path) -> list[tuple[str, int]]:
            return [(str(text), int(label)) for text, label in json.loads((folder / SHOTS).read_bytes())]

        return self.model.prompted(self.part.kind(context), shots=stored(context.store, self.key, read))

    def notes(self, context: Context) -> list[str]:
        return read_texts(context.store, self.key, NOTES)
