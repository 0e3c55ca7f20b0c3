"""The step `score`: what a predictor says about the test examples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from outgrow.metrics.base import Predictions
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.memory import rough_memory
from outgrow.steps.predictor import Predictor, Untrained
from outgrow.steps.split import Part, Split
from outgrow.steps.stored import demand, stored

FILE = "predictions.safetensors"


@dataclass(frozen=True, eq=False, kw_only=True)
class Scored(Step):
    """A predictor's answers to `test`, summarised against ground truth."""

    name: ClassVar[str] = "score"
    version: ClassVar[int] = 4
    by: Predictor
    split: Split

    def identity(self) -> dict[str, Any]:
        return self.by.identity() if isinstance(self.by, Untrained) else {}

    def inputs(self) -> dict[str, Step]:
        if isinstance(self.by, Untrained):  # the same for all seeds
            return {"examples": self.split.dataset}
        return {"split": self.split, "model": self.by} | {f"also {i}": step for i, step in enumerate(self.also)}

    @property
    def also(self) -> list[Step]:
        """What the predictor needs besides, where the test examples are of another dataset than it learned from."""
        return self.by.elsewhere(self.split)

    @property
    def part(self) -> Part:
        """The test examples."""
        return self.split.part("test")

    @property
    def title(self) -> str:
        return f"score {self.by.label}{' untrained' if isinstance(self.by, Untrained) else ''}"

    @property
    def memory(self) -> int:
        return rough_memory(self.by.rough_extent, use="answer with")

    @property
    def work(self) -> float:
        return self.by.answering * self.part.size

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        from outgrow.learning.predict import summarise

        data = self.split.read(context)
        answers = self.by.answers(context, self.part)
        found = summarise(answers, data.known_truth(self.part), data.output)
        (folder / FILE).write_bytes(save(found))

    def read(self, context: Context) -> Predictions:
        """The answers."""
        from safetensors.numpy import load_file

        def read(folder: Path) -> Predictions:
            found = load_file(folder / FILE)
            for name, values in found.items():
                demand(values, name, kinds="iuf", dimensions=1, n=self.split.dataset.split.test)
            return Predictions(**found)

        return stored(context.store, self.key, read)
