"""A linear head on stored features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from outgrow.learning.network import Network
from outgrow.tasks.base import Output


class Probe(Network):
    """Features [b, width] -> logits [b, classes]; for preference, features [b, 2, width] -> two rewards [b, 2]."""

    def __init__(self, width: int, output: Output, *, seed: int) -> None:
        super().__init__()
        self.pairs = output.kind == "preference"
        self.head = nn.Linear(width, 1 if self.pairs else output.n_classes, bias=not self.pairs)
        generator = torch.Generator().manual_seed(seed)
        nn.init.normal_(self.head.weight, std=0.01, generator=generator)
        if self.head.bias is not None:
            nn.init.zeros_(self.head.bias)

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.head(features.float())
        return logits.squeeze(-1) if self.pairs else logits
