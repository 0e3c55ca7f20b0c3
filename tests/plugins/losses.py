"""Losses of tests: a function of a batch, as the loops take it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from outgrow.learning.batching import Rows
from outgrow.learning.losses import Batch, CrossEntropy, Loss
from outgrow.learning.network import Network
from outgrow.learning.objective import Targets
from outgrow.learning.train import accumulate

PLAIN = CrossEntropy()


class Given(Loss):
    """A loss that is the given function: the same for every training."""

    name: ClassVar[str] = "given"

    def __init__(self, function: Callable[[Batch], Tensor], *, rowwise: bool = False) -> None:
        self.function = function
        self.rowwise = rowwise  # type: ignore[misc]

    def start(self, targets: Tensor | None) -> Callable[[Batch], Tensor]:
        return self.function


def cross_entropy(batch: Batch) -> Tensor:
    """The plain cross-entropy of a batch."""
    return PLAIN.start(None)(batch)


def batch_of(logits: Tensor, targets: Tensor, progress: float = 0.0, **others: Any) -> Batch:
    """A batch whose rows count the same."""
    import torch

    rows = torch.arange(len(logits))
    return Batch(
        logits=logits,
        targets=targets,
        progress=progress,
        **{"weights": torch.ones(len(logits)), "rows": rows, **others},
    )


def accumulated(
    network: Network, rows: Rows, targets: Targets, pieces: list[np.ndarray], loss: Loss, **others: Any
) -> float:
    """`accumulate` of a loss that begins now, every row counting the same."""
    import torch

    weights, function = torch.ones(len(rows)), loss.start(targets.table())
    return accumulate(network, rows, targets, weights, pieces, function, rowwise=loss.rowwise, **others)
