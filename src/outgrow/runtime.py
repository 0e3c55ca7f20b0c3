"""Where and how fast: device, threads, workers. Nothing here can change a key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from outgrow.errors import ConfigError
from outgrow.splits import SplitData
from outgrow.steps import Labels, Split, Step, Trained
from outgrow.store import Store

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn

    from outgrow.tasks.base import Examples, Task


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """How an experiment is carried out.

    Args:
        executor: name of an executor.
        workers: processes at once, for executors that use several.
        device: `auto` takes CUDA, then MPS, then the CPU.
    """

    executor: str = "serial"
    workers: int = 2
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"


class Context:
    """What a step may use while it is computed: its inputs out of the store, the device, a way to tell of progress."""

    def __init__(
        self, store: Store, *, device: str = "auto", report: Callable[[Step, float], None] = lambda step, progress: None
    ):
        self.store = store
        self.report = report
        self._device = device
        self._load_split = lru_cache(maxsize=4)(self._read_split)
        self._loaded: tuple[Task, Examples] | None = None

    @property
    def device(self) -> torch.device:
        """The device chosen; ConfigError if this machine does not have it."""
        import torch

        present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
        if self._device == "auto":
            return torch.device(next(name for name in ("cuda", "mps", "cpu") if present[name]))
        if not present.get(self._device, False):
            raise ConfigError(
                f"this machine has no device {self._device!r}; it has "
                + ", ".join(name for name in present if present[name])
            )
        return torch.device(self._device)

    def examples(self, task: Task) -> Examples:
        """A task's examples, read once however many splits need them."""
        if self._loaded is None or self._loaded[0] != task:
            self._loaded = (task, task.load())
        return self._loaded[1]

    def split(self, step: Split) -> SplitData:
        """A split's rows."""
        return self._load_split(step.key)

    def labels(self, step: Labels) -> np.ndarray:
        """Weak labels [n, classes] in the order of their part's rows."""
        from safetensors.numpy import load_file

        return load_file(self.store.open(step.key) / "labels.safetensors")["probabilities"]

    def network(self, step: Trained) -> nn.Module:
        """A trained step's network."""
        from safetensors.torch import load_file

        network = step.role.model.build(n_classes=self.split(step.part.split).n_classes, seed=step.seed)
        network.load_state_dict(load_file(self.store.open(step.key) / "model.safetensors"))
        return network

    def _read_split(self, key: str) -> SplitData:
        from safetensors.numpy import load_file

        folder = self.store.open(key)
        arrays = load_file(folder / "examples.safetensors")
        facts = json.loads((folder / "split.json").read_text())
        return SplitData(
            ids=facts["ids"],
            groups=facts["groups"],
            inputs=arrays["inputs"],
            labels=arrays["labels"],
            difficulty=arrays.get("difficulty"),
            parts=facts["parts"],
            n_classes=facts["n_classes"],
            notes=facts["notes"],
        )
