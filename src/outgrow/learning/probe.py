"""A linear head on stored features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from outgrow.learning.network import Network
from outgrow.tasks.base import Output


class Probe(Network):
    """Features [b, width] -> logits [b, classes]; for preference, features [b, 2, width] -> two rewards [b, 2].

    Args:
        seed: of the first weights, which are near zero.
        bias: [classes], the first biases: zeros by default. Rewards have none.
    """

    def __init__(self, width: int, output: Output, *, seed: int, bias: Tensor | None = None) -> None:
        super().__init__()
        self.pairs = output.kind == "preference"
        self.head = nn.Linear(width, 1 if self.pairs else output.n_classes, bias=not self.pairs)
        generator = torch.Generator().manual_seed(seed)
        nn.init.normal_(self.head.weight, std=0.01, generator=generator)
        if self.head.bias is not None:
            nn.init.zeros_(self.head.bias)
            if bias is not None:
                self.head.bias.data.copy_(bias)

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.head(features.float())
        if not self.pairs:
            return logits
        return tied(logits.squeeze(-1), (features[:, 0] == features[:, 1]).all(-1))


def tied(pairs: Tensor, same: Tensor) -> Tensor:
    """Values of pairs [b, 2, ...], where both are `same`, bool [b], those of the first twice.

    Equal rows of a batch can come out of a matrix product with another last bit each, which would decide between them.
    """
    return torch.where(same.view(-1, *[1] * (pairs.ndim - 1)), pairs[:, :1], pairs)


def log_shares(targets: Tensor, weights: Tensor) -> Tensor:
    """Biases [classes] of a head that knows nothing but how often each class is: log shares, centred.

    A few hundred small updates cannot move a bias from zero to the log odds of classes of unequal size. Half a row is
    added to each class, so that one without a row stays possible.

    Args:
        targets: probabilities [n, classes].
        weights: how much each row counts, [n].
    """
    logs = ((weights[:, None] * targets).sum(0).clamp(min=0) + 0.5).log()  # corrected targets can be below zero
    return logs - logs.mean()
