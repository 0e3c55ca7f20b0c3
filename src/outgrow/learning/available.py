"""How much memory a device has to give."""

from __future__ import annotations

import contextlib
from pathlib import Path

import torch

MEMORY, GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def available(device: torch.device) -> int | None:
    """Bytes that this process can still take of a device's memory; None where that cannot be told."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type == "mps":
        return max(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory(), 0)
    told = [found for found in (_of_system(), _of_group()) if found is not None]
    return min(told, default=None)


def _of_system() -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in MEMORY.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return None


def _of_group() -> int | None:
    """What a container is allowed, less what its processes hold."""
    with contextlib.suppress(OSError, ValueError):
        most = int((GROUP / "memory.max").read_text())
        held = dict(line.split() for line in (GROUP / "memory.stat").read_text().splitlines())
        return max(most - int(held["anon"]), 0)
    return None
