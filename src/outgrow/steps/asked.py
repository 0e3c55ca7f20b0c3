"""The step `ask`: labels of somebody outside who is shown the rows, one by one, and is slow or costs money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from outgrow.errors import OutgrowError
from outgrow.learning.team import team
from outgrow.steps.context import Context
from outgrow.steps.outside import PARTS, FromOutside, Voice
from outgrow.steps.predictor import NewRows
from outgrow.steps.split import SplitData
from outgrow.tasks.base import Output


class Asked(Voice, Protocol):
    """Who labels rows that it is shown."""

    def ask(
        self, inputs: np.ndarray, output: Output, *, report: Callable[[float], None]
    ) -> tuple[np.ndarray, list[str]]:
        """Its labels of some rows, float32 [labellers, n, classes], and notes; a row of zeros is an abstention.

        Args:
            inputs: rows as a task gives them.
            report: is told how far it is, from 0 to 1.
        """
        ...

    def foretell(self, parts: Iterable[np.ndarray], output: Output) -> str:
        """What asking about all of these would take, in words, without asking."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Ask(FromOutside):
    """What somebody says who is asked about the rows of transfer, validation and test."""

    name: ClassVar[str] = "ask"
    labeller: Asked

    @property
    def title(self) -> str:
        return f"ask {self.label}"

    def look(self, context: Context, data: SplitData, rows: np.ndarray) -> tuple[np.ndarray, list[str]]:
        return _once(lambda: self._ask(context, data.inputs[rows], data.output))

    def new(self, context: Context, rows: NewRows) -> np.ndarray:
        return _once(lambda: self._ask(context, rows.inputs, rows.output))[0]

    def _ask(self, context: Context, inputs: np.ndarray, output: Output) -> tuple[np.ndarray, list[str]]:
        return self.labeller.ask(inputs, output, report=lambda share: context.report(self, share))


def foretell(steps: Sequence[Ask], context: Context) -> list[str]:
    """What steps that are to do would take, by who is asked; rows that several have are asked about once."""
    by: dict[str, list[Ask]] = {}
    for step in steps:
        by.setdefault(step.label + str(step.identity()), []).append(step)
    notes = []
    for own in by.values():
        data = [(step.split.read(context), step.split) for step in own]
        parts = (found.inputs[found.rows(split.part(name))] for found, split in data for name in PARTS)
        notes.append(own[0].labeller.foretell(parts, data[0][0].output))
    return notes


def _once(ask: Callable[[], tuple[np.ndarray, list[str]]]) -> tuple[np.ndarray, list[str]]:
    """Of processes that train together, the first asks, and tells the others."""
    together, found, error = team(), (np.zeros(0), list[str]()), None
    if together.rank == 0:
        try:
            found = ask()
        except OutgrowError as raised:
            error = raised
    found, error = together.gather((found, error))[0]
    if error is not None:
        raise error
    return found[0], found[1]
