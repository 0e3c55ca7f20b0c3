"""Where and how fast: device, threads, workers. Nothing here can change a key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from outgrow.errors import ConfigError
from outgrow.steps import Labels, Split, Step
from outgrow.steps.splits import DatasetData, SplitData, read_examples
from outgrow.store import Store

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from outgrow.learning.batching import Rows
    from outgrow.learning.machine import Machine
    from outgrow.steps import Adapted, Dataset, Features, Part, Predictor
    from outgrow.tasks.base import Examples, Task

Precision = Literal["auto", "float32", "bfloat16"]
KEPT = 64  # answers of a predictor to a part, in memory


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """How an experiment is carried out.

    Args:
        executor: name of an executor.
        workers: processes at once, for executors that use several.
        device: `auto` takes CUDA, then MPS, then the CPU.
        precision: `auto` multiplies in bfloat16 where the hardware is fast at it.
        micro_batch_tokens: tokens of one backward pass, padding counted; 0 takes what suits the device.
        checkpointing: recompute activations in the backward pass, for less memory.
    """

    executor: str = "serial"
    workers: int = 2
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Precision = "auto"
    micro_batch_tokens: int = 0
    checkpointing: bool = False


class Context:
    """What a step may use while it is computed: its inputs out of the store, the machine, a way to tell of progress."""

    def __init__(
        self,
        store: Store,
        runtime: Runtime | None = None,
        *,
        report: Callable[[Step, float], None] = lambda step, progress: None,
    ):
        self.store = store
        self.report = report
        self._runtime = runtime or Runtime()
        self._dataset = lru_cache(maxsize=4)(self._read_dataset)
        self._drawn = lru_cache(maxsize=1_024)(self._read_drawn)
        self._features = lru_cache(maxsize=16)(self._read_features)
        self._answers: dict[tuple[object, ...], np.ndarray] = {}
        self._loaded: tuple[Task, Examples] | None = None

    @cached_property
    def machine(self) -> Machine:
        """The device chosen and how to multiply on it; ConfigError if this machine does not have it."""
        import torch

        from outgrow.learning.machine import Machine

        wanted = self._runtime.device
        present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
        if wanted != "auto" and not present[wanted]:
            raise ConfigError(
                f"this machine has no device {wanted!r}; it has " + ", ".join(name for name in present if present[name])
            )
        return Machine(
            device=torch.device(next(name for name in present if present[name]) if wanted == "auto" else wanted),
            precision=self._runtime.precision,
            tokens=self._runtime.micro_batch_tokens,
            checkpointing=self._runtime.checkpointing,
        )

    def examples(self, task: Task) -> Examples:
        """A task's examples, read once however many datasets need them."""
        if self._loaded is None or self._loaded[0] != task:
            self._loaded = (task, task.load())
        return self._loaded[1]

    def dataset(self, step: Dataset) -> DatasetData:
        """A dataset's rows."""
        return self._dataset(step.key)

    def split(self, step: Split) -> SplitData:
        """A split's rows."""
        return SplitData(dataset=self.dataset(step.dataset), read_drawn=lambda: self._drawn(step.key))

    def rows(self, network: nn.Module, part: Part, features: Features | None) -> Rows:
        """A part's inputs as `network` takes them: stored features, or the task's inputs encoded."""
        from outgrow.learning.batching import Arrays, encode

        data = self.split(part.split)
        chosen = data.rows(part)
        return Arrays(self.features(features)[chosen]) if features else encode(network, data.inputs[chosen])

    def features(self, step: Features) -> np.ndarray:
        """Stored features of a whole dataset, memory-mapped; their checksum is verified the first time."""
        return self._features(step.key)[0]

    def notes(self, step: Features) -> list[str]:
        """What the extraction of features has to tell the user."""
        return self._features(step.key)[1]

    def labels(self, step: Labels) -> np.ndarray:
        """Weak labels in the order of their part's rows: probabilities [n, classes], or texts [n]."""
        from outgrow.learning.predict import read_labels

        return read_labels(self.store.open(step.key))

    def answers(self, predictor: Predictor, part: Part) -> np.ndarray:
        """A predictor's answers to a part; those of the last ones asked for are kept."""
        key = (predictor.key, part.split.key, part.name, part.start, part.size)
        if key not in self._answers:
            if len(self._answers) >= KEPT:
                self._answers.clear()
            self._answers[key] = predictor.answer(self, part)
        return self._answers[key]

    def weights(self, step: Adapted) -> dict[str, Tensor]:
        """Weights of a generative fine-tuning."""
        from safetensors.torch import load_file

        return load_file(self.store.open(step.key) / "model.safetensors")

    def _read_dataset(self, key: str) -> DatasetData:
        return read_examples(self.store.open(key))

    def _read_features(self, key: str) -> tuple[np.ndarray, list[str]]:
        from outgrow.steps.extract import load, read_notes

        folder = self.store.open(key)
        return load(folder), read_notes(folder)

    def _read_drawn(self, key: str) -> dict[str, np.ndarray]:
        from safetensors.numpy import load_file

        return load_file(self.store.open(key) / "rows.safetensors")
