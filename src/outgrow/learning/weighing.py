"""Cross-entropy with a mixture of several supervisors' labels, whose weights are learned beside the student's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from outgrow.learning.losses import Batch, Loss
from outgrow.learning.memory import Memory

if TYPE_CHECKING:
    from torch import Tensor

    from outgrow.learning.weights import State

LEAST = 1e-6  # weight that a supervisor keeps


class Mixture(Memory):
    """CE(f, sum_m a_m w_m), the weighted mean over rows; each call moves the weights a along their gradient.

    Of a row, those count that do not abstain. In the first part of the training only rows count whose supervisors are
    all of one mind, and the weights stay.

    Args:
        votes: float [supervisors, n, classes] of the training's rows; None for one supervisor, who says the targets.
        rate: of the weights: each falls by this times the mean loss that its supervisor's own labels have.
        easy: share of the training that the first part is.
    """

    def __init__(self, votes: Tensor | None, *, rate: float, easy: float) -> None:
        import torch

        self.votes, self.rate, self.easy = votes, rate, easy
        count = 1 if votes is None else len(votes)
        self.weights: Tensor = torch.full((count,), 1 / count, dtype=torch.float64)

    def __call__(self, batch: Batch) -> Tensor:
        import torch

        said = self._said(batch)  # [supervisors, b, classes]
        costs = -(said * batch.logits.log_softmax(-1)).sum(-1)
        speaks = said.sum(-1) > 0
        shares = self.weights.to(batch.logits)[:, None] * speaks
        mixed = (shares * costs).sum(0) / shares.sum(0).clamp(min=LEAST)
        if batch.progress < self.easy:
            first = said.argmax(-1)
            agreed = (first == torch.where(speaks, first, -1).amax(0)) | ~speaks
            counts = batch.weights * agreed.all(0)
            return (counts * mixed).sum() / agreed.all(0).sum().clamp(min=1)
        if self.rate:
            counts = batch.weights * speaks
            own = (counts * costs.detach()).sum(1) / counts.sum(1).clamp(min=LEAST)
            moved = (self.weights - self.rate * own.double().cpu()).clamp(min=LEAST)
            self.weights = moved / moved.sum()
        return (batch.weights * mixed).mean()

    def memory(self) -> State:
        return {"weights": self.weights}

    def recall(self, kept: State) -> None:
        self.weights = kept["weights"]

    def _said(self, batch: Batch) -> Tensor:
        from torch.nn.functional import one_hot

        if self.votes is not None:
            self.votes = self.votes.to(batch.logits.device)
            return self.votes[:, batch.rows]
        if batch.targets.ndim == 1:
            return one_hot(batch.targets, batch.logits.shape[-1]).to(batch.logits.dtype)[None]
        return batch.targets[None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Weighed(Loss):
    """`raven` in a training whose supervisors' labels it has; arguments as of `Mixture`."""

    name: ClassVar[str] = "weighed"
    votes: np.ndarray
    rate: float
    easy: float

    def of(self, rows: Sequence[int]) -> Weighed:
        return replace(self, votes=np.ascontiguousarray(self.votes[:, list(rows)]))

    def apart(self, row: int) -> bytes:
        return self.votes[:, row].tobytes()

    def start(self, targets: Tensor | None) -> Mixture:
        import torch

        return Mixture(torch.from_numpy(self.votes), rate=self.rate, easy=self.easy)
