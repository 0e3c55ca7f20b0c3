"""The network of the toy models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outgrow.tasks.toy import DIMENSIONS

if TYPE_CHECKING:
    from outgrow.learning.network import Network


def one_view(view: int, n_classes: int, *, seed: int) -> Network:
    """A linear classifier of one view: float32 [b, views, 16] -> logits [b, classes]."""
    import torch
    from torch import Tensor, nn

    from outgrow.learning.network import Network

    class OneView(Network):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(DIMENSIONS, n_classes)
            generator = torch.Generator().manual_seed(seed)
            nn.init.normal_(self.head.weight, std=0.01, generator=generator)
            nn.init.zeros_(self.head.bias)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(x[:, view])  # type: ignore[no-any-return]

    return OneView()
