"""What a network may say of itself besides its logits."""

from __future__ import annotations

import difflib
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from outgrow.learning.batching import Arrays, Rows
from outgrow.learning.objective import Targets


class Network(nn.Module):
    """A batch -> logits [b, classes] (or features). What differs from these defaults is overridden.

    A subclass with a public name that looks like one of these, but is none, is refused: it would run in silence.
    """

    mixed_precision: ClassVar[bool] = False
    """Whether it may be multiplied in bfloat16."""
    generates: ClassVar[bool] = False
    """Whether its answers are texts, made by `generate`."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in vars(cls):
            near = difflib.get_close_matches(name, HOOKS, n=1, cutoff=0.8)
            if near and name not in HOOKS and not name.startswith("_"):
                raise TypeError(f"{cls.__name__}.{name} is none of a network's hooks; did you mean {near[0]!r}?")

    def encode(self, inputs: np.ndarray) -> Rows:
        """A task's inputs as the network takes them."""
        return Arrays(inputs)

    def notes(self, rows: Rows) -> list[str]:
        """What the user should know of encoded inputs."""
        return []

    def settle(self, device: torch.device) -> None:
        """Suit itself to a device."""

    def represent(self, batch: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """What `forward` gives, and the vectors that its head reads: [b, width], or [2 b, width] for pairs.

        Only of networks whose model says that it `represents`.
        """
        raise NotImplementedError

    def checkpoint_activations(self) -> None:
        """Recompute activations in the backward pass instead of keeping them; nothing where that does not pay."""

    def generate(self, batch: Any) -> np.ndarray:
        """Texts [b]; only of networks that generate."""
        raise NotImplementedError

    def answered(self, rows: Rows, answers: np.ndarray) -> tuple[Rows, Targets]:
        """Prompts with known answers, and the answers' tokens as targets; only of networks that generate."""
        raise NotImplementedError

    def continued(self, inputs: np.ndarray) -> tuple[Rows, Targets]:
        """Texts of which every token is to be predicted; only of language models."""
        raise NotImplementedError

    def backbone_state(self) -> dict[str, torch.Tensor]:
        """Weights of the hidden layers; only of language models."""
        raise NotImplementedError


HOOKS = ("mixed_precision", "generates", "encode", "notes", "settle", "represent", "checkpoint_activations", "generate",
         "answered", "continued", "backbone_state")  # fmt: skip


class Plain(Network):
    """A module that needs none of the hooks."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.module(batch)
        return found


def check_network(made: object, who: str) -> Network:
    """A network as a model family built it; TypeError where it is none of ours."""
    if not isinstance(made, Network):
        raise TypeError(
            f"{who} built a {type(made).__name__}; derive it from outgrow.learning.network.Network, or wrap it in Plain"
        )
    return made
