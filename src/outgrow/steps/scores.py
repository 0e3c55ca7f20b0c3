"""Steps that hold answers: weak labels, answers to the test examples, and the comparison of all roles."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.config import Experiment
from outgrow.steps.base import Step
from outgrow.steps.data import Part, Split
from outgrow.steps.predictors import Predictor, Untrained

if TYPE_CHECKING:
    from outgrow.runtime import Context


@dataclass(frozen=True, eq=False, kw_only=True)
class Labels(Step):
    """A supervisor's answers on a part: weak labels."""

    name: ClassVar[str] = "label"
    model: Predictor
    part: Part

    def spec(self) -> dict[str, Any]:
        return {"part": self.part.identity()}

    def inputs(self) -> dict[str, Step]:
        return {"model": self.model, "split": self.part.split}

    @property
    def supervisor_cost(self) -> float | None:
        """Cost of the supervisor's forward pass, None where it is no model."""
        return self.model.cost

    @property
    def title(self) -> str:
        return f"{self.model.model.label} labels {self.part.name}"

    @property
    def work(self) -> float:
        return _answering(self.model, self.part)

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.learning.predict import summarise, write_labels

        data = context.split(self.part.split)
        rows = data.rows(self.part)
        answers = self.model.answer(context, self.part)
        write_labels(answers, folder)
        said = summarise(answers, data.labels[rows], data.output)
        accuracy = float((said["predicted"] == said["truth"]).mean())
        (folder / "labels.json").write_text(json.dumps({"ids": [data.ids[row] for row in rows], "accuracy": accuracy}))


@dataclass(frozen=True, eq=False, kw_only=True)
class Scored(Step):
    """What a predictor says about the test examples."""

    name: ClassVar[str] = "score"
    version: ClassVar[int] = 3
    model: Predictor
    split: Split

    def spec(self) -> dict[str, Any]:
        return self.model.spec() if isinstance(self.model, Untrained) else {}

    def inputs(self) -> dict[str, Step]:
        if isinstance(self.model, Untrained):  # the same for all seeds
            return {"examples": self.split.dataset}
        return {"split": self.split, "model": self.model}

    @property
    def title(self) -> str:
        return f"score {self.model.model.label}{' untrained' if isinstance(self.model, Untrained) else ''}"

    @property
    def work(self) -> float:
        return _answering(self.model, self.split.part("test"))

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        from outgrow.learning.predict import summarise

        data = context.split(self.split)
        test = self.split.part("test")
        answers = self.model.answer(context, test)
        found = summarise(answers, data.labels[data.rows(test)], data.output)
        (folder / "predictions.safetensors").write_bytes(save(found))


def _answering(model: Predictor, part: Part) -> float:
    return 0.0 if model.features else (model.cost or 0.0) * part.size


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison(Step):
    """The result of an experiment with one seed: every role's answers to every test example, scores, and curves."""

    name: ClassVar[str] = "compare"
    version: ClassVar[int] = 2
    experiment: Experiment
    weak: Scored
    student: Scored
    ceiling: Scored
    zero_shot: Scored | None
    labels: Labels

    def spec(self) -> dict[str, Any]:
        return {"metric": self.experiment.metric}

    def inputs(self) -> dict[str, Step]:
        found: dict[str, Step] = {
            "weak": self.weak,
            "student": self.student,
            "ceiling": self.ceiling,
            "labels": self.labels,
        }
        return found | ({"zero_shot": self.zero_shot} if self.zero_shot else {})

    @property
    def title(self) -> str:
        one = self.experiment
        return f"compare {one.weak.model.label} -> {one.strong.model.label}, {one.method.label()}, seed {one.seed}"

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.results.evaluation import compare

        compare(self, context, folder)
