"""Students of tiny models whose weights are drawn: they need no training to have answers that differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from outgrow.learning.machine import Machine
from outgrow.learning.weights import State, trainable
from outgrow.models.base import Model
from outgrow.student import Student
from outgrow.student.base import DEVIATION, MEAN
from outgrow.tasks.base import Output

PLAIN = Machine(device=torch.device("cpu"), precision="float32")
TWO = Output(kind="classification", n_classes=2, class_names=("bad", "good"))
THREE = Output(kind="classification", n_classes=3, class_names=("bad", "fine", "good"))
PAIRS = Output(kind="preference", n_classes=2)


def student(model: Model, output: Output, *, seed: int = 0, **fields: Any) -> Student:
    """A student with a drawn head; of low-rank updates, those are drawn too; of a probe, so are the moments."""
    draw = torch.Generator().manual_seed(seed)

    def drawn(*shape: int, scale: float) -> torch.Tensor:
        return torch.randn(*shape, generator=draw) * scale

    extractor = model.extractor()
    if extractor is None:
        network: Any = model.build(output, seed=0)
        state: State = {name: value.clone() for name, value in trainable(network).items()}
        for name, value in state.items():
            if "lora_B" in name:
                state[name] = drawn(*value.shape, scale=0.02)
        state["head.weight"] = drawn(*state["head.weight"].shape, scale=0.1)
    else:
        frozen: Any = extractor.build(output)
        width = int(frozen.backbone.config.hidden_size)
        rows = 1 if output.kind == "preference" else output.n_classes
        state = {
            "head.weight": drawn(rows, width, scale=0.1),
            MEAN: drawn(width, scale=0.5),
            DEVIATION: 0.5 + torch.rand(width, generator=draw),
        }
    if output.kind == "classification":
        state["head.bias"] = drawn(output.n_classes, scale=1.0)
    return Student(model=model, output=output, state=state, **fields)


def pairs_of(texts: np.ndarray) -> np.ndarray:
    """Each text with one from the other end, [n, 2]."""
    return np.stack([texts, texts[::-1]], 1)
