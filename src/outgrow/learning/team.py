"""The processes that train together (`accelerate launch`, `torchrun`), or the one that is alone.

Every process walks through the same steps: gradients and answers are shared out and put together, and the first process
alone writes to the store.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from accelerate import PartialState
    from torch import Tensor, nn

    from outgrow.learning.network import Network
    from outgrow.learning.weights import State


class Team:
    """One process that is alone, or several that each hold the whole network; others say what they do differently.

    Args:
        size: processes that train together.
        rank: which of them this is, from 0.
    """

    size = 1
    rank = 0
    in_step = False
    """Whether all processes have to run the network at once, those without work too."""
    offloads = False
    """Whether what waits lies in the memory of the CPU."""

    def build(self, make: Callable[[], Network]) -> Network:
        """The network that `make` builds, to be placed; of several processes that share it out, one builds it."""
        return make()

    def place(self, network: nn.Module, device: torch.device, dtype: torch.dtype | None, *, low: bool) -> None:
        """Put a network where it is computed, in place.

        Args:
            low: whether it is multiplied in bfloat16.
        """
        network.to(device, dtype)

    def answering(self) -> AbstractContextManager[Any]:
        """Inside the block nothing is trained."""
        import torch

        return torch.inference_mode()

    def state(self, network: nn.Module) -> State:
        """What a training changes of a network, whole, as `weights.trainable` gives it; the first process needs it."""
        from outgrow.learning.weights import trainable

        return trainable(network)

    def load(self, network: nn.Module, state: State) -> None:
        """Put what `state` gave into a network that was placed alike."""
        network.load_state_dict(state, strict=False)

    def whole(self, tensor: Tensor) -> Tensor:
        """A tensor of which each process may hold a part."""
        return tensor

    def part(self, whole: Tensor, like: Tensor) -> Tensor:
        """What this process holds of a tensor, where `like` is what it holds of another of that shape."""
        return whole.to(like.device)

    def clip(self, parameters: Sequence[Tensor], most: float) -> Tensor:
        """Scale gradients down to the norm `most`, over all parameters; the norm before that."""
        from torch.nn.utils import clip_grad_norm_

        return clip_grad_norm_(parameters, most)

    def reduce(self, parameters: Sequence[Tensor]) -> None:
        """Add the gradients up over all processes, in place; a process without one adds nothing."""
        if self.size > 1:
            for parameter in parameters:
                if parameter.grad is None:
                    parameter.grad = parameter.new_zeros(parameter.shape)
            self.sum([parameter.grad for parameter in parameters if parameter.grad is not None])

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Add each tensor up over all processes, in place."""

    def gather(self, value: Any) -> list[Any]:
        """Every process's value, in the order of their ranks."""
        return [value]

    def wait(self) -> None:
        """Until all processes are here."""


class Replicas(Team):
    """Processes that each hold the whole network, and some of the rows of every batch."""

    def __init__(self, size: int, rank: int) -> None:
        self.size, self.rank = size, rank

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Add each tensor up over all processes, in place."""
        from accelerate.utils import reduce

        _state()
        for tensor in tensors:
            tensor.copy_(reduce(tensor.contiguous(), reduction="sum"))

    def gather(self, value: Any) -> list[Any]:
        """Every process's value, in the order of their ranks."""
        from accelerate.utils import gather_object

        _state()
        gathered: list[Any] = gather_object([value])
        return gathered

    def wait(self) -> None:
        """Until all processes are here."""
        _state().wait_for_everyone()


def team() -> Team:
    """Who trains together, as the launcher of this process says."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    return Replicas(size, int(os.environ.get("RANK", "0"))) if size > 1 else Team()


@cache
def _state() -> PartialState:
    import torch
    from accelerate import PartialState

    if torch.cuda.is_available() and not torch.distributed.is_initialized():  # what is offloaded is summed on CPUs
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        torch.distributed.init_process_group("cpu:gloo,cuda:nccl")
    state = PartialState(cpu=not torch.cuda.is_available())
    atexit.register(state.destroy_process_group)  # else its threads can end a process that is done with an abort
    return state
