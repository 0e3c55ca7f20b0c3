"""What this machine has for steps: its GPUs and its memory."""

from __future__ import annotations

import os

from outgrow.limits import total
from outgrow.runtime import Runtime

SHARE = 0.9  # of the memory, for steps; the rest is the system's


def gpus(runtime: Runtime) -> list[str]:
    """The GPUs that steps may use, each as CUDA_VISIBLE_DEVICES names it."""
    if runtime.device not in ("auto", "cuda"):
        return []
    if (named := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [one.strip() for one in named.split(",") if one.strip() not in ("", "-1")]
    import torch

    return [str(i) for i in range(torch.cuda.device_count())]


def memory() -> int:
    """Bytes of memory that steps may take on this machine, or in this container of it; 0 where that is not told."""
    return int(SHARE * (total() or 0))
