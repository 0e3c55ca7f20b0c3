"""The other processes of a run that trains together (`accelerate launch`, `torchrun`); of one process, nothing.

Every process walks through the same steps: gradients and answers are shared out and put together, and the first process
alone writes to the store.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accelerate import PartialState
    from torch import Tensor


def world_size() -> int:
    """Processes that train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, from 0."""
    return int(os.environ.get("RANK", "0"))


@cache
def _state() -> PartialState:
    import torch
    from accelerate import PartialState

    state = PartialState(cpu=not torch.cuda.is_available())
    atexit.register(state.destroy_process_group)  # else its threads can end a process that is done with an abort
    return state


def sum_over_processes(tensors: Sequence[Tensor]) -> None:
    """Add each tensor up over all processes, in place."""
    if world_size() > 1:
        from accelerate.utils import reduce

        _state()
        for tensor in tensors:
            tensor.copy_(reduce(tensor.contiguous(), reduction="sum"))


def gather(value: Any) -> list[Any]:
    """Every process's value, in the order of their ranks."""
    if world_size() == 1:
        return [value]
    from accelerate.utils import gather_object

    _state()
    gathered: list[Any] = gather_object([value])
    return gathered


def wait() -> None:
    """Until all processes are here."""
    if world_size() > 1:
        _state().wait_for_everyone()
