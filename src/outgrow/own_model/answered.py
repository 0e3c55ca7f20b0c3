"""The step `answer`: what a student says of rows that it did not learn from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from outgrow.plain import counted
from outgrow.spec import digest
from outgrow.steps import Context, Dataset, Step, Trained
from outgrow.steps.memory import rough_memory
from outgrow.steps.stored import demand, stored
from outgrow.student import student_of

FILE = "answers.safetensors"


@dataclass(frozen=True, eq=False, kw_only=True)
class Answered(Step):
    """Probabilities float32 [n, classes] of some rows of a dataset.

    Args:
        by: the student.
        ids: of the rows, in the order of the answers.
    """

    name: ClassVar[str] = "answer"
    by: Trained
    dataset: Dataset
    ids: tuple[str, ...]

    def identity(self) -> dict[str, Any]:
        return {"rows": digest(list(self.ids))}

    def inputs(self) -> dict[str, Step]:
        return {"model": self.by, "examples": self.dataset}

    @property
    def title(self) -> str:
        return f"{self.by.label} answers {counted(len(self.ids), 'row')} that it did not learn from"

    @property
    def memory(self) -> int:
        return rough_memory(self.by.rough_extent, use="answer with")

    @property
    def work(self) -> float:
        return self.by.role.model.cost * len(self.ids)

    def compute(self, context: Context, folder: Path) -> None:
        from safetensors.numpy import save

        data = self.dataset.read(context)
        place = {one: i for i, one in enumerate(data.ids)}
        rows = data.inputs[[place[one] for one in self.ids]]
        student = student_of(self.by, context)
        found = student.answers(rows, context.machine, kept=context.pieces("answers"))
        (folder / FILE).write_bytes(save({"answers": found}))

    def read(self, context: Context) -> np.ndarray:
        """The answers."""
        from safetensors.numpy import load_file

        def read(folder: Path) -> np.ndarray:
            return demand(load_file(folder / FILE)["answers"], "answers", kinds="f", dimensions=2, n=len(self.ids))

        return stored(context.store, self.key, read)
