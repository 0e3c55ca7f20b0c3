"""The step `assign`: for each row the label of one of several supervisors, as an earlier student chooses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from outgrow.errors import DataError
from outgrow.learning.cosupervision import Assignment
from outgrow.steps.context import Context
from outgrow.steps.labels import write_votes
from outgrow.steps.rework import Reworked


@dataclass(frozen=True, eq=False, kw_only=True)
class Assigned(Reworked):
    """Labels of one of the supervisors for each row; rows that are not learned next have none.

    Args:
        models: the student that has learned already; none on the first level.
    """

    name: ClassVar[str] = "assign"
    rule: Assignment

    def compute(self, context: Context, folder: Path) -> None:
        said = [one.answers(context, self.labels.part) for one in self.models]
        try:
            found = self.rule.assign(self.labels.read(context).probabilities, said[0] if said else None)
        except ValueError as error:
            raise DataError(f"co_supervised: {error}") from error
        write_votes(found[None], folder)
