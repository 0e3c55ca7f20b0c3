"""Steps that make data: a task's examples, their four parts, and features of a frozen network."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.config import SplitSpec
from outgrow.models.base import Model
from outgrow.spec import plain
from outgrow.steps.base import Step
from outgrow.tasks.base import Task

if TYPE_CHECKING:
    from outgrow.runtime import Context
    from outgrow.steps.predictors import Adapted

ASIDE = ("test", "validation", "pool", "seed")  # fields of the split that decide which rows are used at all
DRAWN = ("supervisor", "transfer")


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset(Step):
    """The rows of a task that any seed of an experiment uses: test, validation, and the pool the others draw from."""

    name: ClassVar[str] = "examples"
    task: Task
    split: SplitSpec

    def spec(self) -> dict[str, Any]:
        return {"task": plain(self.task), "split": {name: getattr(self.split, name) for name in ASIDE}}

    def inputs(self) -> dict[str, Step]:
        return {}

    @property
    def title(self) -> str:
        return f"examples of {self.task.name}"

    @property
    def size(self) -> int:
        """Rows at least; all of a task's where no pool is set."""
        split = self.split
        return split.test + split.validation + (split.pool or split.supervisor + split.transfer)

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.steps.splits import set_aside, write_examples

        examples = context.examples(self.task)
        write_examples(examples, set_aside(examples, self.split), self.task.kind, folder)


@dataclass(frozen=True, eq=False, kw_only=True)
class Split(Step):
    """Which rows of a dataset train the supervisor and which the student, for one seed."""

    name: ClassVar[str] = "split"
    version: ClassVar[int] = 2
    dataset: Dataset
    seed: int

    def spec(self) -> dict[str, Any]:
        return {name: getattr(self.sizes, name) for name in DRAWN} | {"seed": self.seed}

    def inputs(self) -> dict[str, Step]:
        return {"examples": self.dataset}

    @property
    def sizes(self) -> SplitSpec:
        """How many rows each part has."""
        return self.dataset.split

    @property
    def title(self) -> str:
        return f"split {self.dataset.task.name}"

    def part(self, name: str) -> Part:
        """One of `supervisor`, `transfer`, `validation`, `test`."""
        return Part(split=self, name=name, size=getattr(self.sizes, name))

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        from outgrow.steps.splits import draw

        drawn = draw(context.dataset(self.dataset), self.sizes, seed=self.seed)
        (folder / "rows.safetensors").write_bytes(save(drawn))


@dataclass(frozen=True, eq=False, kw_only=True)
class Part:
    """Rows of a split: a part, or the piece from `start` to `stop` of it."""

    split: Split
    name: str
    size: int
    start: int = 0

    @property
    def stop(self) -> int:
        """End of the piece, exclusive, counted within the part."""
        return self.start + self.size

    def pieces(self, n: int) -> list[Part]:
        """`n` disjoint pieces of nearly equal size."""
        edges = [self.start + self.size * i // n for i in range(n + 1)]
        return [dataclasses.replace(self, start=a, size=b - a) for a, b in pairwise(edges)]

    def identity(self) -> dict[str, Any]:
        return {"name": self.name, "start": self.start, "stop": self.stop}


@dataclass(frozen=True, eq=False, kw_only=True)
class Features(Step):
    """What a frozen network makes of every row of a dataset: extracted once, for all seeds and methods."""

    name: ClassVar[str] = "features"
    model: Model
    dataset: Dataset
    start: Adapted | None

    def spec(self) -> dict[str, Any]:
        return {"extractor": plain(self.model.extractor())}

    def inputs(self) -> dict[str, Step]:
        examples: dict[str, Step] = {"examples": self.dataset}
        return examples | ({"start": self.start} if self.start else {})

    @property
    def title(self) -> str:
        return f"features of {self.model.label} on {self.dataset.task.name}"

    @property
    def work(self) -> float:
        extractor = self.model.extractor()
        assert extractor is not None
        return extractor.cost * self.dataset.size

    def compute(self, context: Context, folder: Path) -> None:
        from outgrow.steps.extract import extract

        extract(self, context, folder)
