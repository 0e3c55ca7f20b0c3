"""What a student said of each row before: a running mean that a training keeps for itself."""

from __future__ import annotations

import torch
from torch import Tensor

from outgrow.learning.memory import Memory
from outgrow.learning.weights import State


class Remembered(Memory):
    """Vectors of rows [n, classes], zero at first, each moved towards what is new whenever its row is seen.

    Args:
        like: a table of as many rows and classes as are remembered.
        memory: share of what is remembered that stays.
    """

    def __init__(self, like: Tensor, *, memory: float) -> None:
        self._values, self._memory = torch.zeros_like(like), memory

    def __call__(self, rows: Tensor, new: Tensor) -> Tensor:
        """Move the vectors of rows [b] towards new ones [b, classes], and give them back."""
        self._values = self._values.to(new.device, new.dtype)
        found = self._memory * self._values[rows] + (1 - self._memory) * new
        self._values[rows] = found
        return found

    def memory(self) -> State:
        return {"values": self._values}

    def recall(self, kept: State) -> None:
        self._values = kept["values"].clone()
