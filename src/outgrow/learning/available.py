"""How much memory a device has to give."""

from __future__ import annotations

import torch

from outgrow.limits import free


def available(device: torch.device) -> int | None:
    """Bytes that this process can still take of a device's memory; None where that cannot be told."""
    if device.type == "cuda":
        left, _ = torch.cuda.mem_get_info(device)
        return left + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type == "mps":
        return max(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory(), 0)
    return free()
