"""A training between two updates: all that it needs to go on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from outgrow.learning.weights import State


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A training after `done` updates.

    Args:
        weights: what the training changes.
        optimizer: its state.
        random: of the generators that a forward pass draws from.
        losses, norms: of the updates since the last check.
    """

    done: int
    weights: State
    optimizer: dict[str, Any]
    random: Sequence[Tensor]
    losses: list[float]
    norms: list[Tensor]

    def restore(self, network: nn.Module, optimizer: torch.optim.Optimizer, device: torch.device) -> None:
        """Put weights, optimizer and generators back as they were."""
        network.load_state_dict(self.weights, strict=False)  # what is frozen stands as it was built
        optimizer.load_state_dict(self.optimizer)
        random_state(device, self.random)


class Checkpoint:
    """Keeps moments of a training, and gives the last one back; this one keeps none."""

    def last(self) -> Moment | None:
        """Where to go on from; None to begin at the beginning."""
        return None

    def offer(self, moment: Callable[[], Moment]) -> None:
        """An update is done. `moment()` tells all, and takes a while; its tensors change with the next update."""


NEVER = Checkpoint()


def random_state(device: torch.device, state: Sequence[Tensor] | None = None) -> list[Tensor]:
    """The state of the generators a forward pass draws from; sets it where one is given."""
    if state is not None:
        torch.set_rng_state(state[0])
        if device.type == "cuda":
            torch.cuda.set_rng_state(state[1], device)
    here = [torch.get_rng_state()]
    return [*here, torch.cuda.get_rng_state(device)] if device.type == "cuda" else here
