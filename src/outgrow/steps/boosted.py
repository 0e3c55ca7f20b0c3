"""The steps `emphasise` and `boost`: models in turn, each trained to be right where the last was wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.predictor import Inputs, Predictor
from outgrow.steps.split import Part
from outgrow.steps.stored import demand, stored

FILE, FACTS = "weights.safetensors", "facts.json"


@dataclass(frozen=True, eq=False, kw_only=True)
class Emphasis(Step):
    """How much each row counts for the next model: the more, the more often models were wrong on it.

    It knows the ground truth of the rows that the model was trained on, and of no others.

    Args:
        by: the last model, trained on ground truth.
        part: the rows.
        before: how much they counted for that model; equally without.
    """

    name: ClassVar[str] = "emphasise"
    by: Predictor
    part: Part
    before: Emphasis | None

    def identity(self) -> dict[str, Any]:
        return {}

    def inputs(self) -> dict[str, Step]:
        found: dict[str, Step] = {"model": self.by, "split": self.part.split}
        return found | ({"before": self.before} if self.before else {})

    @property
    def title(self) -> str:
        return f"where {self.by.label} is wrong"

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        from outgrow.learning.boosting import boost

        part, before = self.part, self.before
        data = part.split.read(context)
        wrong = self.by.answers(context, part).argmax(1) != data.known_truth(part)
        if before is not None and before.facts(context)["ended"]:
            weights, facts = before.read(context), {**before.facts(context), "vote": 0.0}
        else:
            weights = np.ones(part.size) if before is None else before.read(context)
            found = boost(weights, wrong, data.output.n_classes)
            weights, facts = found.weights, {"error": found.error, "vote": found.vote, "ended": found.ended}
        (folder / FILE).write_bytes(save({"weights": weights}))
        (folder / FACTS).write_text(json.dumps(facts))

    def read(self, context: Context) -> np.ndarray:
        """Weights of the part's rows, float64 [n], their mean 1."""
        from safetensors.numpy import load_file

        def of(folder: Path) -> np.ndarray:
            return demand(load_file(folder / FILE)["weights"], "weights", kinds="f", dimensions=1, n=self.part.size)

        return stored(context.store, self.key, of)

    def facts(self, context: Context) -> dict[str, Any]:
        """The last model's weighted `error`, its `vote`, and whether boosting `ended` with it."""

        def of(folder: Path) -> dict[str, Any]:
            found = json.loads((folder / FACTS).read_bytes())
            return {"error": float(found["error"]), "vote": float(found["vote"]), "ended": bool(found["ended"])}

        return stored(context.store, self.key, of)


@dataclass(frozen=True, eq=False, kw_only=True)
class Boosted(Predictor):
    """Models that were trained in turn, and answer as one, each with its vote."""

    name: ClassVar[str] = "boost"
    rounds: tuple[Emphasis, ...]

    def identity(self) -> dict[str, Any]:
        return {}

    def inputs(self) -> dict[str, Step]:
        models = {f"model {i}": one.by for i, one in enumerate(self.rounds)}
        return models | {f"round {i}": one for i, one in enumerate(self.rounds)}

    @property
    def label(self) -> str:
        return f"{len(self.rounds)} boosted {self.rounds[0].by.label}"

    @property
    def cost(self) -> float | None:
        return sum(one.by.cost or 0.0 for one in self.rounds)

    def compute(self, context: Context, folder: Path) -> None:
        """Nothing is computed: the votes are written down."""
        (folder / FACTS).write_text(json.dumps([one.facts(context) for one in self.rounds]))

    def answers(self, context: Context, inputs: Inputs) -> np.ndarray:
        from outgrow.learning.boosting import together

        votes = np.array([one.facts(context)["vote"] for one in self.rounds])
        heard = [i for i, vote in enumerate(votes) if vote > 0] or [0]
        said = np.stack([self.rounds[i].by.answers(context, inputs) for i in heard])
        return together(said, votes[heard])

    def notes(self, context: Context) -> list[str]:
        found = [one.facts(context) for one in self.rounds]
        heard = [one for one in found if one["vote"] > 0]
        errors = ", ".join(f"{one['error']:.1%}" for one in heard)
        end = f"; it ended after {len(heard)} of {len(found)} rounds" if len(heard) < len(found) else ""
        own = [note for one in self.rounds for note in one.by.notes(context)]
        return [*own, f"{self.label}: wrong on {errors} of the weighted rows of supervisor, round by round{end}"]
