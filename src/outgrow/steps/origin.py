"""What a result is made with besides what its key says: versions, the processor, code of other people."""

from __future__ import annotations

import contextlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from outgrow.steps.base import Step
from outgrow.steps.code import code_of


def made_with(step: Step) -> dict[str, str]:
    """What can move the last bits of a step's result, or is other people's code behind it; kept in its manifest."""
    return {**versions(), **code_of(step)}


def cpu_name() -> str:
    """The processor's model, as it calls itself; empty where it cannot be told."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Model")):
                return " ".join(line.partition(":")[2].split())
    return platform.processor()


@cache
def versions() -> dict[str, str]:
    """Versions of what can move a number's last bits; recorded beside a result, not part of its key."""
    import torch

    found = {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "cpu": cpu_name(),
        "threads": str(torch.get_num_threads()),
    }
    for name in ("outgrow", "torch", "numpy", "transformers"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
