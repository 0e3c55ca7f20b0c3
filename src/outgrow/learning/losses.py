"""Losses: what a batch of logits costs. Cross-entropy is here; others are files of `methods/losses`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from outgrow.learning.option import ForTasks
from outgrow.spec import spec

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What a loss sees.

    Args:
        logits: float [b, classes]; where texts are generated, b counts the answers' tokens.
        targets: probabilities [b, classes]; where texts are generated, token numbers int64 [b].
        weights: float [b], how much each counts; their mean over a whole training is about 1.
        rows: int64 [b], which training row each belongs to: for losses that remember rows.
        progress: of the training, in [0, 1].
    """

    logits: Tensor
    targets: Tensor
    weights: Tensor
    rows: Tensor
    progress: float


class Loss(ForTasks):
    """A loss's spec; all that changes during a training lives in the function that `start` returns."""

    rowwise: ClassVar[bool] = False
    """Whether it is a mean over rows, each by itself: then it may be computed micro-batch by micro-batch."""
    convex: ClassVar[bool] = False
    """Whether it is the cross-entropy, weighted: then linear heads can be solved to the optimum."""
    notes: tuple[str, ...] = ()
    """What `fitted` has to tell the user."""
    hears: ClassVar[bool] = False
    """Whether it wants the labels of each supervisor: it gets them by `hearing`."""

    def fitted(self, said: Callable[[], np.ndarray], truth: np.ndarray) -> Loss:
        """The loss for one training's rows, where it has to know more of them than their targets; else itself.

        Args:
            said: gives the weak labels of the rows, [n, classes], made without any known truth.
            truth: their class where it is known, int64 [n], else -1.
        """
        return self

    def of(self, rows: Sequence[int]) -> Loss:
        """The same loss for some of the rows that it was fitted for, in this order."""
        return self

    def apart(self, row: int) -> bytes:
        """What tells a row that it was fitted for from others of equal features and targets."""
        return b""

    def hearing(self, votes: np.ndarray) -> Loss:
        """The loss for one training's rows, of which each supervisor said this; itself where it needs no such thing.

        Args:
            votes: float32 [supervisors, n, classes], a row of zeros where that supervisor abstains.
        """
        return self

    def start(self, targets: Tensor | None) -> Callable[[Batch], Tensor]:
        """A function for one training: a batch -> a number. It must not change what it is given.

        What it remembers between batches must be told by `learning.memory.Memory`, so that a training that was stopped
        can go on: the function is one, or a `Remembering`.

        Args:
            targets: of all rows of the training, [n, classes]; None where texts are generated.
        """
        raise NotImplementedError


class RowLoss(Loss):
    """A loss that is a weighted mean over rows, each by itself, without memory."""

    rowwise: ClassVar[bool] = True

    def costs(self, batch: Batch) -> Tensor:
        """What each row costs, [b], before it is weighted."""
        raise NotImplementedError

    def start(self, targets: Tensor | None) -> Callable[[Batch], Tensor]:
        return lambda batch: weighted_mean(self.costs(batch), batch)


@spec
class CrossEntropy(RowLoss):
    """CE(f, q) = -sum_k q_k log f_k, the weighted mean over rows."""

    name: ClassVar[str] = "cross_entropy"
    convex: ClassVar[bool] = True

    def costs(self, batch: Batch) -> Tensor:
        return cross_entropy(batch.logits, batch.targets)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of each row [b]; targets are probabilities [b, classes], or classes int64 [b]."""
    if targets.ndim == 1:
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits, targets, reduction="none")
    return -(targets * logits.log_softmax(-1)).sum(-1)


def as_probabilities(batch: Batch) -> Tensor:
    """The targets as probabilities [b, classes], whether they are that or token numbers."""
    if batch.targets.ndim > 1:
        return batch.targets
    from torch.nn.functional import one_hot

    return one_hot(batch.targets, batch.logits.shape[-1]).to(batch.logits.dtype)


def weighted_mean(values: Tensor, batch: Batch) -> Tensor:
    """Sum of weight times value over the number of rows: micro-batches add up to the batch whatever the weights."""
    return (batch.weights * values).mean()
