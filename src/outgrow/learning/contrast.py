"""Directions in features of contrast pairs: two statements of which one is true, and nobody says which.

Side 0 of a pair says class 0, side 1 says class 1. Each side is centred by its own mean, so that what tells the sides
apart by their words alone is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from outgrow.spec import Option, spec

if TYPE_CHECKING:
    from torch import Tensor

DEGENERATE = 0.25  # the loss of a probe that says one half of everything


@dataclass(frozen=True, kw_only=True)
class Direction:
    """A probe of pairs.

    Args:
        weight: [width], and `bias`, of each side's logit.
        means: of the sides, [2, width].
        apart: whether the sides have logits of their own, whose probabilities are averaged; else their difference is
            the logit.
        loss: of `ccs`; 0 of `pca`.
    """

    weight: np.ndarray
    bias: float
    means: np.ndarray
    apart: bool
    loss: float = 0.0

    def answers(self, features: np.ndarray) -> np.ndarray:
        """Probabilities of both classes, float32 [n, 2], from features [n, 2, width]."""
        logits = (features.astype(np.float32) - self.means) @ self.weight + self.bias
        if self.apart:
            sides = _sigmoid(logits)
            second = (sides[:, 1] + 1 - sides[:, 0]) / 2
        else:
            second = _sigmoid(logits[:, 1] - logits[:, 0])
        return np.stack([1 - second, second], 1).astype(np.float32)

    def turned(self, labels: np.ndarray) -> tuple[Direction, float]:
        """The direction or its opposite, whichever agrees with more labels; and the share that then agree.

        Args:
            labels: its own answers beside weak labels, [n, 2, 2]: of each row both; rows without a label are zeros.
        """
        own, weak = labels[:, 0], labels[:, 1]
        told = (weak[:, 0] != weak[:, 1]) & (own[:, 0] != own[:, 1])
        agrees = (own.argmax(1) == weak.argmax(1))[told]
        share = float(agrees.mean()) if told.any() else 0.5
        return (self, share) if share >= 0.5 else (replace(self, weight=-self.weight, bias=-self.bias), 1 - share)


def centred(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features [n, 2, width] less the mean of each side, float32, and these means [2, width]."""
    values = features.astype(np.float32)
    means = values.mean(0)
    return values - means, means


@spec
class PrincipalContrast(Option):
    """The first principal component of the differences, phi_1 - phi_0; its logit in units of its deviation."""

    name: ClassVar[str] = "pca"

    def fit(self, features: np.ndarray, *, seed: int) -> Direction:
        """The direction, up to its sign, from features [n, 2, width]."""
        sides, means = centred(features)
        differences = sides[:, 1] - sides[:, 0]
        _, sizes, directions = np.linalg.svd(differences, full_matrices=False)
        deviation = sizes[0] / np.sqrt(len(differences))
        return Direction(weight=directions[0] / max(float(deviation), 1e-6), bias=0.0, means=means, apart=False)


@spec
class ConsistentContrast(Option):
    """p = sigmoid(u . phi + b) with the least mean (p_1 - (1 - p_0))^2 + min(p_1, p_0)^2, of several beginnings.

    Args:
        epochs: updates of all rows with AdamW.
        learning_rate, weight_decay: of AdamW.
        restarts: beginnings, drawn from the seed; that of the lowest loss is kept.
    """

    name: ClassVar[str] = "ccs"
    epochs: int = 1_000
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    restarts: int = 10

    def fit(self, features: np.ndarray, *, seed: int) -> Direction:
        """The direction, up to its sign, from features [n, 2, width]."""
        import torch

        sides, means = centred(features)
        random = torch.Generator().manual_seed(seed)
        weight = torch.randn(self.restarts, sides.shape[-1], generator=random)
        weight = (weight / weight.norm(dim=1, keepdim=True)).requires_grad_()
        bias = torch.zeros(self.restarts, requires_grad=True)
        adam = torch.optim.AdamW([weight, bias], lr=self.learning_rate, weight_decay=self.weight_decay)
        first, second = (torch.from_numpy(np.ascontiguousarray(sides[:, side])) for side in (0, 1))

        def losses() -> Tensor:
            return contrast_loss((first @ weight.T + bias).sigmoid(), (second @ weight.T + bias).sigmoid())

        for _ in range(self.epochs):
            adam.zero_grad()
            losses().sum().backward()
            adam.step()
        with torch.no_grad():
            found = losses()
        best = int(found.argmin())
        return Direction(
            weight=weight[best].detach().numpy().copy(), bias=float(bias[best].detach()), means=means, apart=True,
            loss=float(found[best]),
        )  # fmt: skip


def contrast_loss(first: Tensor, second: Tensor) -> Tensor:
    """The loss of probabilities [n, probes] of both sides, [probes]; 1/4 where all are one half."""
    import torch

    return ((second - (1 - first)) ** 2 + torch.minimum(first, second) ** 2).mean(0)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    found: np.ndarray = 0.5 * (1 + np.tanh(0.5 * logits))
    return found
