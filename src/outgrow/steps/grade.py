"""The step `grade`: how difficult each example is, by the smallest model from which on all get it right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.errors import ConfigError
from outgrow.learning.ladder import by_ladder
from outgrow.specs import SplitSpec
from outgrow.steps.base import Step
from outgrow.steps.context import Context
from outgrow.steps.crossfit import CrossFitted
from outgrow.steps.examples import ASIDE, Dataset
from outgrow.steps.split import Grades, Part
from outgrow.steps.stored import demand, stored

FILE = "difficulty.safetensors"
PARTS = ("test", "validation", "pool")  # in the order of a dataset's rows


@dataclass(frozen=True, eq=False, kw_only=True)
class Graded(Grades):
    """The rung of a ladder from which on all are right, from 1; one more than there are where the last is wrong.

    Each rung is two models, trained on the ground truth of one half of the pool each: a row is judged by the one that
    has not seen it, and test and validation by both.
    """

    name: ClassVar[str] = "grade"
    dataset: Dataset
    rungs: tuple[CrossFitted, ...]

    def identity(self) -> dict[str, Any]:
        return {}

    def inputs(self) -> dict[str, Step]:
        return {"examples": self.dataset} | {f"rung {i}": one for i, one in enumerate(self.rungs)}

    @property
    def title(self) -> str:
        return f"difficulty of {self.dataset.task.name} by {', '.join(one.label for one in self.rungs)}"

    @property
    def work(self) -> float:
        return sum(0.0 if one.features else (one.cost or 0.0) * self.dataset.size for one in self.rungs)

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        pool = self.rungs[0].pieces[0]
        split, data = pool.split, pool.split.read(context)
        sizes = data.examples.parts
        parts = [Part(split=split, name=name, size=sizes[name]) for name in PARTS if sizes[name]]
        truth = np.concatenate([data.known_truth(part) for part in parts])
        said = [np.concatenate([one.answers(context, part).argmax(1) for part in parts]) for one in self.rungs]
        right = [one == truth for one in said]
        found = np.minimum(by_ladder(np.array(right)), len(self.rungs) + 1).astype(np.float32)
        (folder / FILE).write_bytes(save({"difficulty": found}))

    def read(self, context: Context) -> np.ndarray:
        from safetensors.numpy import load_file

        return stored(
            context.store,
            self.key,
            lambda folder: demand(load_file(folder / FILE)["difficulty"], "difficulty", kinds="f", dimensions=1),
        )


def pool_alone(split: SplitSpec) -> SplitSpec:
    """The split of which the ladder learns: the same examples, whatever is drawn from the pool. ConfigError without."""
    if not split.pool:
        raise ConfigError(
            "difficulty by a ladder is learned from the examples of a pool; set split.pool", key="split.pool"
        )
    return SplitSpec(supervisor=0, transfer=1, **{name: getattr(split, name) for name in ASIDE})
