"""Rows with what labellers say of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outgrow.own_labels.columns import Columns
from outgrow.tasks.base import Output
from outgrow.tasks.sources.label_values import names_of

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class WeakTable:
    """Rows with what labellers say of them.

    Args:
        ids, groups: n; rows that are alike are a group.
        inputs: as a model sees them: texts object [n], or pairs object [n, 2], or references to images object [n].
        votes: float32 [labellers, n, classes]; a row sums to 1, or is zero where that labeller abstains.
        truth: int64 [n], -1 where nobody checked.
        rows: the number of each row in its file, as an editor shows it.
        sources: by column, where each row comes from.
        columns: as they were given.
        notes: what reading had to tell.
    """

    name: str
    ids: list[str]
    groups: list[str]
    inputs: np.ndarray
    output: Output
    labellers: list[str]
    votes: np.ndarray
    truth: np.ndarray
    rows: list[int]
    columns: Columns
    sources: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        """Names of the classes."""
        return names_of(self.output)

    @property
    def audited(self) -> np.ndarray:
        """Numbers of the rows that somebody checked, int64."""
        import numpy as np

        return np.flatnonzero(self.truth >= 0)
