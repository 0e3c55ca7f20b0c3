"""The step `given`: labels that come from outside, by example id: people, an API, another program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from outgrow.errors import DataError
from outgrow.learning.objective import mean_of
from outgrow.spec import plain
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part, Split
from outgrow.tasks.base import Output

FILE, NOTES = "given.safetensors", "notes.json"
PARTS = ("transfer", "validation", "test")


class Labeller(Protocol):
    """Who gives labels by id."""

    @property
    def label(self) -> str:
        """What to call it."""
        ...

    def identity(self) -> dict[str, Any]:
        """What determines its labels."""
        ...

    def read(self, ids: Sequence[str], output: Output, *, known: Sequence[str]) -> np.ndarray:
        """Its labels of some examples, float32 [labellers, n, classes]; a row of zeros is an abstention.

        Args:
            known: ids of all the examples in use; labels of others are left out, but some must be among them.
        """
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Given(Predictor):
    """A labeller's labels of transfer, validation and test."""

    name: ClassVar[str] = "given"
    version: ClassVar[int] = 2
    labeller: Labeller
    split: Split

    def identity(self) -> dict[str, Any]:
        return {"labels": plain(self.labeller)}

    def inputs(self) -> dict[str, Step]:
        return {"split": self.split}

    @property
    def label(self) -> str:
        return self.labeller.label

    @property
    def title(self) -> str:
        return f"read {self.label}"

    @property
    def cost(self) -> float | None:
        return None

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        data = self.split.read(context)
        found, notes = {}, []
        for name in PARTS:
            ids = [data.ids[row] for row in data.rows(self.split.part(name))]
            found[name] = self.labeller.read(ids, data.output, known=data.ids)
            if silent := int((found[name].sum((0, 2)) == 0).sum()):
                notes.append(f"{self.label} has no label for {silent:,} of {len(ids):,} examples of {name}")
        (folder / FILE).write_bytes(save(found))
        (folder / NOTES).write_text(json.dumps(notes))

    def votes(self, context: Context, inputs: Inputs) -> np.ndarray:
        from safetensors.numpy import load_file

        if not isinstance(inputs, Part):
            raise DataError(f"{self.label} can only answer the examples of its file, not new ones")
        return load_file(context.store.open(self.key) / FILE)[inputs.name][:, inputs.start : inputs.stop]

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        return mean_of(self.votes(context, inputs))

    def notes(self, context: Context) -> list[str]:
        found: list[str] = json.loads((context.store.open(self.key) / NOTES).read_text())
        return found
