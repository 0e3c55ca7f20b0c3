"""How a training stands when it is checked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a training is, and what it saw since the last check; nothing before the first update.

    Args:
        share: of the updates done, 0 to 1.
        loss: the mean of what is minimised, over updates.
        rate: the learning rate of the last update; None of a solver, which has none.
        gradient_norm: the mean over updates, before it is scaled down; of a solver, where it ended.
    """

    share: float
    loss: float | None = None
    rate: float | None = None
    gradient_norm: float | None = None
