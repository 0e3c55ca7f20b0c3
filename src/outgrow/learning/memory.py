"""What a loss remembers of the batches it has seen: it can be kept, and put back where a training goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from outgrow.learning.losses import Batch
    from outgrow.learning.weights import State


class Memory:
    """Something that changes with every batch of a training."""

    def memory(self) -> State:
        """All that it remembers, as tensors by name; there may be none before the first batch."""
        raise NotImplementedError

    def recall(self, kept: State) -> None:
        """Put back what `memory` gave, in a training of the same rows."""
        raise NotImplementedError


class Remembering(Memory):
    """A loss's function for one training, and what it remembers: what `Loss.start` gives where there is a memory."""

    def __init__(self, function: Callable[[Batch], Tensor], of: Memory) -> None:
        self._function, self._of = function, of

    def __call__(self, batch: Batch) -> Tensor:
        return self._function(batch)

    def memory(self) -> State:
        return self._of.memory()

    def recall(self, kept: State) -> None:
        self._of.recall(kept)
