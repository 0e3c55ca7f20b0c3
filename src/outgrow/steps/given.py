"""The step `given`: labels that come from outside, by example id: people, another program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from outgrow.errors import DataError
from outgrow.steps.context import Context
from outgrow.steps.outside import FromOutside, Voice
from outgrow.steps.predictor import NewRows
from outgrow.steps.split import SplitData
from outgrow.tasks.base import Output


class Labeller(Voice, Protocol):
    """Who gives labels by id."""

    def read(self, ids: Sequence[str], output: Output, *, known: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        """Its labels of some examples, float32 [labellers, n, classes], and notes; a row of zeros is an abstention.

        Args:
            known: ids of all the examples in use; labels of others are left out, but some must be among them.
        """
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Given(FromOutside):
    """A labeller's labels of transfer, validation and test."""

    name: ClassVar[str] = "given"
    version: ClassVar[int] = 3
    labeller: Labeller

    @property
    def title(self) -> str:
        return f"read {self.label}"

    def look(self, context: Context, data: SplitData, rows: np.ndarray) -> tuple[np.ndarray, list[str]]:
        return self.labeller.read([data.ids[row] for row in rows], data.output, known=data.ids)

    def new(self, context: Context, rows: NewRows) -> np.ndarray:
        raise DataError(f"{self.label} can only answer the examples of its file, not new ones")
