"""The step `contrast`: a direction that tells both statements of a pair apart, with weak labels for its sign alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from outgrow.learning.contrast import DEGENERATE, Direction
from outgrow.models.base import Model
from outgrow.spec import plain
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.features import Features
from outgrow.steps.labels import Labels
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part
from outgrow.steps.stored import read_texts, stored
from outgrow.tasks.base import Output

FILE, NOTES = "direction.safetensors", "notes.json"
PAIR = Output(kind="preference", n_classes=2)


class Finder(Protocol):
    """What finds a direction."""

    @property
    def label(self) -> str:
        """What to call it."""
        ...

    def identity(self) -> dict[str, Any]:
        """What determines its numbers."""
        ...

    def fit(self, features: np.ndarray, *, seed: int) -> Direction:
        """The direction, up to its sign, in features [n, 2, width]."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class ContrastFeatures(Features):
    """Features [n, 2, width] of each text with either answer below it; candidates of a preference are pairs already."""

    name: ClassVar[str] = "contrast features"
    version: ClassVar[int] = 1

    def shown(self, inputs: np.ndarray, output: Output) -> np.ndarray:
        names = output.class_names or ("no", "yes")
        pairs: np.ndarray = np.array([[f"{text}\nLabel: {name}" for name in names] for text in inputs], dtype=object)
        return pairs.reshape(len(inputs), 2)

    def answered(self, output: Output) -> Output:
        return PAIR


@dataclass(frozen=True, eq=False, kw_only=True)
class ContrastProbe(Predictor):
    """A direction in features of a part's pairs; of both its signs the one that agrees with more weak labels."""

    name: ClassVar[str] = "contrast"
    model: Model
    frozen: Features
    part: Part
    labels: Labels
    finder: Finder
    seed: int

    def identity(self) -> dict[str, Any]:
        return {"finder": plain(self.finder), "part": self.part.identity(), "seed": self.seed}

    def inputs(self) -> dict[str, Step]:
        return {"features": self.frozen, "labels": self.labels, "split": self.part.split}

    @property
    def label(self) -> str:
        return self.model.label

    @property
    def cost(self) -> float | None:
        return self.model.cost

    @property
    def features(self) -> Features | None:
        return self.frozen

    @property
    def title(self) -> str:
        return f"{self.finder.label} of {self.label}"

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        rows = self.part.split.read(context).rows(self.part)
        features = np.asarray(self.frozen.read(context)[rows])
        found = self.finder.fit(features, seed=self.seed)
        weak = self.labels.read(context, self.part)
        labels = weak.corrected(weak.mean())
        found, share = found.turned(np.stack([found.answers(features), labels], 1))
        notes = [f"{self.finder.label}: its sign is that which agrees with {share:.0%} of the weak labels"]
        if found.apart and found.loss > 0.9 * DEGENERATE:
            notes.append(f"{self.finder.label}: a loss of {found.loss:.2f} is hardly below that of no direction at all")
        values = {"weight": found.weight, "bias": np.array([found.bias]), "means": found.means}
        values |= {"apart": np.array([int(found.apart)])}
        (folder / FILE).write_bytes(save({name: np.ascontiguousarray(one, np.float32) for name, one in values.items()}))
        (folder / NOTES).write_text(json.dumps(notes))

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        found = stored(context.store, self.key, _read)
        if not isinstance(inputs, Part):
            return found.answers(self.frozen.of(context, inputs.inputs))
        rows = inputs.split.read(context).rows(inputs)
        return found.answers(np.asarray(self.frozen.on(inputs.split.dataset).read(context)[rows]))

    def notes(self, context: Context) -> list[str]:
        return [*read_texts(context.store, self.key, NOTES), *self.frozen.notes(context)]


def _read(folder: Path) -> Direction:
    from safetensors.numpy import load_file

    found = load_file(folder / FILE)
    return Direction(
        weight=found["weight"], bias=float(found["bias"][0]), means=found["means"], apart=bool(found["apart"][0])
    )
