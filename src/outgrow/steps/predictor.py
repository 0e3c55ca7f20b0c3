"""Whoever answers: a stored part, or new rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from outgrow.models.base import Model
from outgrow.spec import digest, plain
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.features import Features
from outgrow.steps.split import Part, Split
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.learning.footprint import Extent
    from outgrow.learning.network import Network


@dataclass(frozen=True, kw_only=True)
class NewRows:
    """Rows that no split has: inputs as a task gives them, what is to be answered, and ids where they have some."""

    inputs: np.ndarray
    output: Output
    ids: Sequence[str] = ()

    def values(self, context: Context) -> np.ndarray:
        """What a network encodes."""
        return self.inputs

    def kind(self, context: Context) -> Output:
        """What is to be answered."""
        return self.output


Inputs = Part | NewRows


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictor(Step):
    """Something that answers."""

    @property
    def label(self) -> str:
        """What to call it."""
        raise NotImplementedError

    @property
    def cost(self) -> float | None:
        """Multiply-accumulates of one answer; None where it is no model."""
        raise NotImplementedError

    @property
    def rough_extent(self) -> Extent | None:
        """Of the network that answers, as far as it is known beforehand; None where it is too small to count."""
        return None

    @property
    def features(self) -> Features | None:
        """The stored features that it answers from, if it does."""
        return None

    @property
    def answering(self) -> float:
        """Multiply-accumulates of an answer to a row of a part."""
        return 0.0 if self.features else self.cost or 0.0

    @property
    def speaks_of(self) -> Part | None:
        """The only rows that it answers, where that is known beforehand."""
        return None

    def elsewhere(self, split: Split) -> list[Step]:
        """What it needs besides itself to answer another dataset's rows; nothing for rows of its own."""
        inputs = [step for step in self.inputs().values() if isinstance(step, Predictor)]
        found = [step for one in inputs for step in one.elsewhere(split)]
        if self.features and self.features.on(split.dataset) is not self.features:
            found.append(self.features.on(split.dataset))
        return list({step.key: step for step in found}.values())

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        """Probabilities float32 [n, classes], a row of zeros where it has no answer; for generation, texts [n]."""
        from outgrow.learning.predict import predict

        network = context.machine.team.build(lambda: self.network(context, inputs.kind(context)))
        rows = network.encode(inputs.values(context))
        if not isinstance(inputs, Part):
            return predict(network, rows, machine=context.machine)
        name = digest({"by": self.key, "split": inputs.split.key, "part": inputs.identity()})
        return predict(network, rows, machine=context.machine, kept=context.pieces(f"answers-{name[:16]}"))

    def votes(self, context: Context, inputs: Inputs) -> np.ndarray:
        """What each of its members answers: [members, n, classes], or texts [members, n]; of most, one member."""
        return self.answers(context, inputs)[None]

    def network(self, context: Context, output: Output) -> Network:
        """The network that answers, ready to use."""
        raise NotImplementedError

    def notes(self, context: Context) -> list[str]:
        """What its making has to tell the user."""
        return []


@dataclass(frozen=True, eq=False, kw_only=True)
class Untrained(Predictor):
    """A pretrained model as it is. Describes no result of its own, so it is never computed or stored."""

    name: ClassVar[str] = "pretrained"
    model: Model

    def identity(self) -> dict[str, Any]:
        return {"model": plain(self.model)}

    def inputs(self) -> dict[str, Step]:
        return {}

    @property
    def label(self) -> str:
        return self.model.label

    @property
    def cost(self) -> float | None:
        return self.model.cost

    @property
    def rough_extent(self) -> Extent | None:
        return self.model.rough_extent

    def compute(self, context: Context, folder: Path) -> None:
        """Nothing to do: the pretrained weights are there already."""

    def network(self, context: Context, output: Output) -> Network:
        from outgrow.learning.network import check_network

        return check_network(self.model.build(output, seed=0), self.model.label)
