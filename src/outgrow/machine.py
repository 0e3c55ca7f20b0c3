"""What computes: device, number format, memory, and the other processes of a distributed run."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from accelerate import PartialState

Precision = Literal["auto", "float32", "bfloat16"]
TRAINING_TOKENS = {"cpu": 2_048, "mps": 4_096, "cuda": 16_384}
"""Tokens of a micro-batch in training, padding counted: what activations of a small model leave room for."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where a network is computed.

    Args:
        device: of the tensors.
        precision: of the matrix products of networks that allow it; parameters and gradients are always float32.
        tokens: of a micro-batch in training, padding counted; 0 takes what suits the device.
        checkpointing: whether to recompute activations in the backward pass, for less memory and a third more time.
    """

    device: torch.device
    precision: Precision = "auto"
    tokens: int = 0
    checkpointing: bool = False

    @property
    def training_tokens(self) -> int:
        """Tokens of a micro-batch in training."""
        return self.tokens or TRAINING_TOKENS.get(self.device.type, 2_048)

    def number_format(self, network: nn.Module) -> torch.dtype:
        """The format `network` is multiplied in; only networks that say `mixed_precision` leave float32."""
        wanted = self.precision == "bfloat16" or (self.precision == "auto" and multiplies_bfloat16(self.device.type))
        return torch.bfloat16 if wanted and getattr(network, "mixed_precision", False) else torch.float32

    @contextlib.contextmanager
    def multiplying(self, network: nn.Module) -> Iterator[None]:
        """Multiply in the chosen format inside the block."""
        low = self.number_format(network) is torch.bfloat16
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=low):
            yield


@cache
def bfloat16_gain() -> float:
    """How many times faster than float32 this machine's CPU multiplies bfloat16 matrices, measured once."""
    seconds = []
    for dtype in (torch.float32, torch.bfloat16):
        matrix = torch.ones(512, 512, dtype=dtype)
        best = float("inf")
        for _ in range(6):
            started = time.perf_counter()
            matrix @ matrix
            best = min(best, time.perf_counter() - started)
        seconds.append(best)
    return seconds[0] / seconds[1]


@cache
def multiplies_bfloat16(device_type: str) -> bool:
    """Whether bfloat16 pays on this kind of device."""
    if device_type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device_type == "cpu" and bfloat16_gain() > 1.5


# Processes that train together (`accelerate launch`, `torchrun`); each function does nothing where there is one.


def world_size() -> int:
    """Processes that train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, from 0."""
    return int(os.environ.get("RANK", "0"))


@cache
def _state() -> PartialState:
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available())


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
