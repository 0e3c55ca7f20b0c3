"""What computes: device, number format, memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import torch

from outgrow.errors import ConfigError
from outgrow.learning.network import Network
from outgrow.learning.shards import team_of
from outgrow.learning.team import Team, team
from outgrow.runtime import Runtime

Precision = Literal["auto", "float32", "bfloat16"]
TRAINING_TOKENS = {"cpu": 1_024, "mps": 4_096, "cuda": 16_384}
"""Tokens of a micro-batch in training, padding counted: as few as still multiply at full speed, for little memory."""

for _cache in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
    # oneDNN and its wrapper in torch keep a compiled product for each shape they meet, 1,024 by default. Texts have
    # ever new shapes: memory would grow by hundreds of MiB along a training. 64 serve all layers of one micro-batch.
    os.environ.setdefault(_cache, "64")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where a network is computed.

    Args:
        device: of the tensors.
        precision: of the matrix products of networks that allow it; parameters and gradients are always float32.
            `auto` goes by what the hardware is made for.
        tokens: of a micro-batch in training, padding counted; 0 takes what suits the device.
        checkpointing: whether to recompute activations in the backward pass, for less memory and a third more time.
        team: the processes that compute together.
        formats: names of the formats that networks with a choice were multiplied in so far; grows as they are.
    """

    device: torch.device
    precision: Precision = "auto"
    tokens: int = 0
    checkpointing: bool = False
    team: Team = field(default_factory=team, compare=False, repr=False)
    formats: set[str] = field(default_factory=set, compare=False, repr=False)

    @property
    def training_tokens(self) -> int:
        """Tokens of a micro-batch in training."""
        return self.tokens or TRAINING_TOKENS.get(self.device.type, 1_024)

    @property
    def facts(self) -> dict[str, str]:
        """What of it can move the last bits of a result."""
        cuda = self.device.type == "cuda"
        return {
            "device": torch.cuda.get_device_name(self.device) if cuda else self.device.type,
            "precision": self.precision,
            "tokens of a micro-batch": str(self.training_tokens),
            "recomputed activations": str(self.checkpointing),
            "processes": str(self.team.size),
            "parameters": "shared out" if self.team.in_step else "whole",
        }

    def number_format(self, network: Network) -> torch.dtype:
        """The format `network` is multiplied in; only networks that say `mixed_precision` leave float32."""
        if not network.mixed_precision:
            return torch.float32
        self.formats.add("bfloat16" if self.low else "float32")
        return torch.bfloat16 if self.low else torch.float32

    @property
    def low(self) -> bool:
        """Whether networks that allow it are multiplied in bfloat16."""
        return self.precision == "bfloat16" or (self.precision == "auto" and multiplies_bfloat16(self.device.type))

    def place(self, network: Network, dtype: torch.dtype | None = None) -> Network:
        """Move a network to the device and let it suit itself to it."""
        if network.mixed_precision:
            keep_freed_memory()
        low = self.number_format(network) is torch.bfloat16
        self.team.place(network, self.device, dtype, low=low)
        network.settle(self.device)
        return network

    @contextlib.contextmanager
    def multiplying(self, network: Network) -> Iterator[None]:
        """Multiply in the chosen format inside the block."""
        low = self.number_format(network) is torch.bfloat16
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=low):
            yield


def machine_of(runtime: Runtime) -> Machine:
    """The device chosen and how to multiply on it; ConfigError if this machine does not have it."""
    wanted = runtime.device
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted != "auto" and not present[wanted]:
        raise ConfigError(
            f"this machine has no device {wanted!r}; it has " + ", ".join(name for name in present if present[name])
        )
    return Machine(
        device=torch.device(next(name for name in present if present[name]) if wanted == "auto" else wanted),
        precision=runtime.precision,
        tokens=runtime.micro_batch_tokens,
        checkpointing=runtime.checkpointing,
        team=team_of(runtime),
    )


@cache
def multiplies_bfloat16(device_type: str) -> bool:
    """Whether this kind of device has units for bfloat16, as the hardware says itself: no timing, so no load, decides.

    What only emulates the format does not count: that is slower than float32.
    """
    if device_type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device_type != "cpu":
        return False
    if platform.machine().lower() in ("aarch64", "arm64"):
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    units = [getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")]
    return any(supported() for supported in units if supported)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread inside the block: for work so small that waking the others would take longer."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@cache
def bfloat16_gain() -> float:
    """How many times faster than float32 one core multiplies bfloat16 matrices, measured once: for estimates alone."""
    return product_speed("cpu", low=True) / product_speed("cpu", low=False)


@cache
def product_speed(device_type: str, *, low: bool) -> float:
    """Multiply-accumulates a second in matrix products, on the CPU of one core, measured once: for estimates alone.

    Args:
        low: in bfloat16, not in float32.
    """
    size, best = 512 if device_type == "cpu" else 4_096, float("inf")
    with one_thread():  # several would wait for each other where other processes compute too
        matrix = torch.ones(size, size, dtype=torch.bfloat16 if low else torch.float32, device=device_type)
        for _ in range(12):
            started = time.perf_counter()
            float((matrix @ matrix)[0, 0])  # waits until it is computed
            best = min(best, time.perf_counter() - started)
    return size**3 / best


@cache
def keep_freed_memory() -> None:
    """Let the C library keep what is freed for the next time: else every large tensor costs page faults anew.

    A training step of a 135M-parameter model on two cores gets about a fifth faster. Only glibc has this.
    """
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        for option, value in ((-4, 0), (-1, 2**31 - 1), (-2, 64 << 20), (-8, 1)):
            library.mallopt(option, value)  # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD, M_ARENA_MAX of <malloc.h>


def give_back_freed_memory() -> None:
    """Return to the system what `keep_freed_memory` made the C library keep: before another large network is loaded.

    Else the memory of a run creeps up with every network, as the pieces that one left do not fit the next.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
