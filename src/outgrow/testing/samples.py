"""A few rows of every kind that the shipped tasks have, to try a model with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outgrow.chess.moves import N_MOVES
from outgrow.tasks.base import Output
from outgrow.tasks.toy import DIMENSIONS

TEXTS = ("good", "a dull film with a long second half", "warm", "no", "it begins well, and then it does not go on so")
THREE = Output(kind="classification", n_classes=3, class_names=("bad", "mixed", "good"))
MOVES = Output(kind="classification", n_classes=N_MOVES)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Five rows as a task gives them, and what is asked of them."""

    what: str
    inputs: np.ndarray
    output: Output


def samples() -> list[Sample]:
    """Texts, images, points of the toy task, chess positions."""
    rng = np.random.default_rng(0)
    n = len(TEXTS)
    return [
        Sample(what="texts", inputs=np.array(TEXTS, dtype=object), output=THREE),
        Sample(what="images", inputs=rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8), output=THREE),
        Sample(
            what="points of the toy task",
            inputs=rng.standard_normal((n, 4, DIMENSIONS)).astype(np.float32), output=THREE,
        ),
        Sample(what="chess positions", inputs=rng.integers(0, 13, (n, 64)).astype(np.uint8), output=MOVES),
    ]  # fmt: skip


def pairs(sample: Sample) -> np.ndarray:
    """Each row with another as the second candidate, [n, 2, ...]."""
    return np.stack([sample.inputs, np.roll(sample.inputs, 1, 0)], 1)
