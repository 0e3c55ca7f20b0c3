"""Cross-entropy of labels with answers that are made as wrong as the labels are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from outgrow.learning.losses import Batch, Loss, cross_entropy, weighted_mean

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Corrected(Loss):
    """CE(T^t f, w), and CE(f, y) on rows of known truth.

    Args:
        channel: T, the probability of each label given the true class, [classes, classes].
        known: rows whose target is the truth, bool, in the order of the training's rows.
    """

    name: ClassVar[str] = "corrected"
    rowwise: ClassVar[bool] = True
    channel: np.ndarray
    known: np.ndarray
    notes: tuple[str, ...] = ()

    def of(self, rows: Sequence[int]) -> Corrected:
        return replace(self, known=self.known[list(rows)])

    def start(self, targets: Tensor | None) -> Callable[[Batch], Tensor]:
        import torch

        logs, known = torch.from_numpy(self.channel).float().log(), torch.from_numpy(self.known)

        def loss(batch: Batch) -> Tensor:
            own = batch.logits.log_softmax(-1)
            seen = torch.logsumexp(own[:, :, None] + logs.to(own.device), 1)  # log of T^t f
            sure = known.to(own.device)[batch.rows]
            costs = torch.where(sure, cross_entropy(own, batch.targets), -_times(batch.targets, seen))
            return weighted_mean(costs, batch)

        return loss


def _times(targets: Tensor, logs: Tensor) -> Tensor:
    """Sum of targets [b, classes] times logarithms, where 0 times minus infinity is 0."""
    return (targets * logs).masked_fill(targets == 0, 0).sum(-1)
