"""What linear heads minimise: the losses of many students at once, and their derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from outgrow.learning.coordinates import Sketch


@dataclass(kw_only=True)
class Problem:
    """Students of one loss: mean cross-entropy plus a penalty of half of the squared weights; the bias is free.

    Two classes are one logit z = log-odds, whose weight u stands for the pair (-u / 2, u / 2).

    Args:
        x: features with a last column of ones (none for preference): [rows, p] that all share, or [students, n, p] of
            their own.
        targets: probabilities [rows, students, k] where rows are shared, else [students, n, k]; k = 1 for two classes,
            the probability of the second.
        weights: how much each row counts for a student, summing to 1: [rows, students] where rows are shared (0 where a
            row is not the student's), else [students, n].
        shared: whether rows are shared.
        scale: [students, p], by which the coordinates are divided.
        penalty: [students, p], the factor of half of the squared coordinate before scaling.
        sketch: of how the loss curves in scaled coordinates; None where it does so evenly.
        added: what the penalty adds to that, on average over coordinates, [students].
        offset: logits to which those of the weights are added, in the form of `targets`; None for none.
    """

    x: Tensor
    targets: Tensor
    weights: Tensor
    shared: bool
    scale: Tensor
    penalty: Tensor
    sketch: Sketch | None
    added: Tensor
    offset: Tensor | None = None

    def precondition(self, vectors: Tensor) -> Tensor:
        """About the inverse Hessian times vectors [students, k, p]."""
        if self.sketch is None:
            return vectors
        return self.sketch.inverse(vectors, self.added)

    def value_and_gradient(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Losses [students] and their derivatives, at scaled coordinates w [students, k, p]."""
        plain = w / self.scale[:, None]
        losses, residual = self._losses(self._logits(plain))
        residual = residual * self.weights[..., None]
        if self.shared:
            value, gradient = (losses * self.weights).sum(0), (residual.flatten(1).T @ self.x).view(w.shape)
        else:
            value, gradient = (losses * self.weights).sum(1), residual.transpose(1, 2) @ self.x
        pull = self.penalty[:, None] * plain
        return value + 0.5 * (pull * plain).sum((1, 2)), (gradient + pull) / self.scale[:, None]

    def of(self, students: Tensor) -> Problem:
        """The problem of some students, given as a mask [students]."""
        mine = (slice(None), students) if self.shared else students
        x, targets, weights = self.x if self.shared else self.x[students], self.targets[mine], self.weights[mine]
        offset = None if self.offset is None else self.offset[mine]
        return Problem(
            x=x, targets=targets, weights=weights, shared=self.shared, scale=self.scale[students],
            penalty=self.penalty[students], sketch=self.sketch, added=self.added[students],
            offset=offset,
        )  # fmt: skip

    def fits(self, w: Tensor) -> Tensor:
        """Whether all of a student's labels are hard and right at w, bool [students].

        Then the loss alone has no least value: twice the weights would be better still.
        """
        logits = self._logits(w / self.scale[:, None])
        if logits.shape[-1] == 1:
            hard, right = (self.targets == 0) | (self.targets == 1), (logits > 0) == (self.targets > 0.5)
            fits = (hard & right & (logits != 0)).squeeze(-1)
        else:
            most, wanted = self.targets.max(-1)
            fits = (most == 1) & (logits.argmax(-1) == wanted)
        found: Tensor = (fits | (self.weights == 0)).all(0 if self.shared else 1)
        return found

    def _logits(self, plain: Tensor) -> Tensor:
        if self.shared:
            found = (self.x @ plain.flatten(0, 1).T).view(self.targets.shape)
        else:
            found = self.x @ plain.transpose(1, 2)
        return found if self.offset is None else found + self.offset

    def _losses(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy of each row, and its derivatives with respect to the logits [..., k]."""
        if self.targets.shape[-1] == 1:
            losses = torch.nn.functional.softplus(logits) - self.targets * logits
            return losses.squeeze(-1), logits.sigmoid() - self.targets
        logs = logits.log_softmax(-1)
        return -(self.targets * logs).sum(-1), logs.exp() - self.targets
