"""Weak labels out of a file: people, an API, labelling functions, any program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor, supervisors
from outgrow.tasks.base import Kind, Output
from outgrow.tasks.sources.files import fingerprint
from outgrow.tasks.sources.labels import read_labels

if TYPE_CHECKING:
    import numpy as np


@supervisors.register(
    "labels",
    about="weak labels or probabilities by example id, out of a CSV, JSONL or Parquet file",
    source="a file of your own",
)
@spec
class LabelFile(Supervisor):
    """A weak supervisor that is no model: a table with a column `id` and either `label` or one column per class.

    Args:
        path: .csv, .jsonl or .parquet. `label` holds a class name or number; columns named as the classes, or 0, 1 and
            so on, hold probabilities that sum to one. Every example of transfer, validation and test needs a row.
    """

    name: ClassVar[str] = "labels"
    learns: ClassVar[bool] = False
    path: str

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return frozenset({"classification", "preference"})

    @property
    def label(self) -> str:
        return "labels"

    def identity(self) -> dict[str, Any]:
        return {"family": "labels", "content": fingerprint(Path(self.path).expanduser())}

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.given(self, data)

    def read(self, ids: Sequence[str], output: Output, *, known: Sequence[str]) -> np.ndarray:
        """Probabilities float32 [1, n, classes] of these examples."""
        return read_labels(self.path, ids, output, known=known)[None]
