"""The step `given`: labels that come from outside, by example id: people, an API, another program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from outgrow.errors import DataError
from outgrow.learning.objective import Transform
from outgrow.spec import plain
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.labels import weak_labels
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part, Split
from outgrow.steps.stored import demand, read_texts, stored
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

    @property
    def rule(self) -> Transform:
        """What makes one answer of several labels."""
        ...

    def read(self, ids: Sequence[str], output: Output, *, known: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        """Its labels of some examples, float32 [labellers, n, classes], and notes; a row of zeros is an abstention.

        Args:
            known: ids of all the examples in use; labels of others are left out, but some must be among them.
        """
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Given(Predictor):
    """A labeller's labels of transfer, validation and test."""

    name: ClassVar[str] = "given"
    version: ClassVar[int] = 3
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
        ids = {name: [data.ids[row] for row in data.rows(self.split.part(name))] for name in PARTS}
        votes, notes = self.labeller.read([one for own in ids.values() for one in own], data.output, known=data.ids)
        found, silent, start = {}, [], 0
        for name, own in ids.items():
            found[name] = votes[:, start : start + len(own)]
            start += len(own)
            if (n := int((found[name].sum((0, 2)) == 0).sum())) and name != "transfer":  # a training says so itself
                silent.append(f"{n:,} of {len(own):,} examples of {name}")
        if silent:
            notes.append(f"{self.label}: no label for {' and '.join(silent)}, which count as wrong answers")
        (folder / FILE).write_bytes(save({name: np.ascontiguousarray(own) for name, own in found.items()}))
        (folder / NOTES).write_text(json.dumps(notes))

    def votes(self, context: Context, inputs: Inputs) -> np.ndarray:
        from safetensors.numpy import load_file

        if not isinstance(inputs, Part):
            raise DataError(f"{self.label} can only answer the examples of its file, not new ones")
        whole = stored(
            context.store,
            self.key,
            lambda folder: demand(load_file(folder / FILE)[inputs.name], inputs.name, kinds="f", dimensions=3),
        )
        return whole[:, inputs.start : inputs.stop]

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        votes = self.votes(context, inputs)
        assert isinstance(inputs, Part)  # so said `votes`
        return self.labeller.rule.apply(weak_labels(votes, inputs, context), seed=0).mean()

    def notes(self, context: Context) -> list[str]:
        return read_texts(context.store, self.key, NOTES)
