"""Labels of transfer, validation and test that come from outside, whoever gives them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from outgrow.learning.objective import Transform
from outgrow.spec import plain
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.labels import weak_labels
from outgrow.steps.predictor import Inputs, NewRows, Predictor
from outgrow.steps.split import Part, Split, SplitData
from outgrow.steps.stored import demand, read_texts, stored

FILE, NOTES = "given.safetensors", "notes.json"
PARTS = ("transfer", "validation", "test")


class Voice(Protocol):
    """Who gives labels."""

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


@dataclass(frozen=True, eq=False, kw_only=True)
class FromOutside(Predictor):
    """Somebody's labels of transfer, validation and test."""

    labeller: Voice
    split: Split

    def identity(self) -> dict[str, Any]:
        return {"labels": plain(self.labeller)}

    def inputs(self) -> dict[str, Step]:
        return {"split": self.split}

    def elsewhere(self, split: Split) -> list[Step]:
        return [] if split.key == self.split.key else [self.on(split)]

    def on(self, split: Split) -> FromOutside:
        """The same, for the rows of another dataset."""
        return replace(self, split=split)

    @property
    def label(self) -> str:
        return self.labeller.label

    @property
    def cost(self) -> float | None:
        return None

    def look(self, context: Context, data: SplitData, rows: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """Labels of some rows, float32 [labellers, n, classes], and notes; a row of zeros is an abstention."""
        raise NotImplementedError

    def new(self, context: Context, rows: NewRows) -> np.ndarray:
        """Labels of rows that no split has, as of `look`."""
        raise NotImplementedError

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        data = self.split.read(context)
        rows = {name: data.rows(self.split.part(name)) for name in PARTS}
        votes, notes = self.look(context, data, np.concatenate(list(rows.values())))
        found, silent, start = {}, [], 0
        for name, own in rows.items():
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
            return self.new(context, inputs)
        if inputs.split.key != self.split.key:
            return self.on(inputs.split).votes(context, inputs)
        whole = stored(
            context.store,
            self.key,
            lambda folder: demand(load_file(folder / FILE)[inputs.name], inputs.name, kinds="f", dimensions=3),
        )
        return whole[:, inputs.start : inputs.stop]

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        weak = weak_labels(self.votes(context, inputs), inputs, context)
        return self.labeller.rule.apply(weak, seed=0).mean()

    def notes(self, context: Context) -> list[str]:
        return read_texts(context.store, self.key, NOTES)
