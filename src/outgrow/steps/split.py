"""The step `split`: which examples train the supervisor and which the student, for one seed; and parts of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.errors import ConfigError, DataError
from outgrow.specs import SplitSpec
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.draw import CONDITIONS, DRAWN, draw
from outgrow.steps.examples import Dataset, ExamplesData, noting
from outgrow.steps.stored import demand, stored
from outgrow.tasks.base import Output


class Grades(Step):
    """How difficult the rows of a dataset are."""

    def read(self, context: Context) -> np.ndarray:
        """Difficulty of each row, float32 [n]; larger is harder."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False, kw_only=True)
class Split(Step):
    """Which rows of a dataset train the supervisor and which the student, for one seed.

    Args:
        grades: how difficult rows are, in place of what the task says.
    """

    name: ClassVar[str] = "split"
    version: ClassVar[int] = 2
    dataset: Dataset
    seed: int
    grades: Grades | None = None

    def identity(self) -> dict[str, Any]:
        conditions = {name: value for name in CONDITIONS if (value := getattr(self.sizes, name)) is not None}
        return {name: getattr(self.sizes, name) for name in DRAWN} | {"seed": self.seed} | conditions

    def inputs(self) -> dict[str, Step]:
        return {"examples": self.dataset} | ({"grades": self.grades} if self.grades else {})

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

        data = self._graded(context)
        with noting(data.notes):
            drawn = draw(data, self.sizes, seed=self.seed)
        (folder / "rows.safetensors").write_bytes(save(drawn))

    def read(self, context: Context) -> SplitData:
        """The examples, and which of them train whom."""
        return SplitData(examples=self._graded(context), read_drawn=lambda: self._drawn(context))

    def _graded(self, context: Context) -> ExamplesData:
        data = self.dataset.read(context)
        return dataclasses.replace(data, difficulty=self.grades.read(context)) if self.grades else data

    def _drawn(self, context: Context) -> dict[str, np.ndarray]:
        from safetensors.numpy import load_file

        def read(folder: Path) -> dict[str, np.ndarray]:
            rows = load_file(folder / "rows.safetensors")
            return {name: demand(rows[name], name, kinds="iu", dimensions=1) for name in DRAWN}

        return context.remember("split", self.key, lambda: stored(context.store, self.key, read), most=1_024)


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
        if self.size < n:
            raise ConfigError(f"part {self.name!r} has {self.size} of the {n} examples that are needed; make it larger")
        edges = [self.start + self.size * i // n for i in range(n + 1)]
        return [dataclasses.replace(self, start=a, size=b - a) for a, b in pairwise(edges)]

    def first(self, n: int) -> Part:
        """Its first `n` rows: as good as drawn at random, since a hash orders them."""
        return dataclasses.replace(self, size=n)

    def cut(self, n: int) -> tuple[Part, Part]:
        """Its first `n` rows, and the rest."""
        return self.first(n), dataclasses.replace(self, start=self.start + n, size=self.size - n)

    def identity(self) -> dict[str, Any]:
        """Which rows of the split they are."""
        return {"name": self.name, "start": self.start, "stop": self.stop}

    def values(self, context: Context) -> np.ndarray:
        """The rows' inputs, as a network encodes them."""
        data = self.split.read(context)
        return np.asarray(data.inputs[data.rows(self)])

    def kind(self, context: Context) -> Output:
        """What is to be answered."""
        return self.split.read(context).output


@dataclass(frozen=True, kw_only=True)
class SplitData:
    """A split as loaded: examples, and which rows of their pool train whom."""

    examples: ExamplesData
    read_drawn: Callable[[], dict[str, np.ndarray]]

    @cached_property
    def _drawn(self) -> dict[str, np.ndarray]:
        return self.read_drawn()

    @property
    def ids(self) -> list[str]:
        return self.examples.ids

    @property
    def groups(self) -> list[str]:
        return self.examples.groups

    @property
    def inputs(self) -> np.ndarray:
        return self.examples.inputs

    @property
    def truth(self) -> np.ndarray | None:
        return self.examples.truth

    @property
    def output(self) -> Output:
        return self.examples.output

    def rows(self, part: Part) -> np.ndarray:
        """Row numbers of a part or a piece of one, int64."""
        rows = self._drawn[part.name] if part.name in DRAWN else np.asarray(self.examples.part(part.name), np.int64)
        return rows[part.start : part.stop]

    def known_truth(self, part: Part) -> np.ndarray:
        """Ground truth of a part's rows; DataError where nobody knows it."""
        if self.truth is None:
            raise DataError(f"the ground truth of {part.name!r} is needed, and this task has none")
        return np.asarray(self.truth[self.rows(part)])
