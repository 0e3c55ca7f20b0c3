"""Made-up problems for linear heads."""

from __future__ import annotations

import numpy as np
import torch
from losses import PLAIN

from outgrow.learning.heads import Student
from outgrow.learning.losses import Loss
from outgrow.tasks.base import Kind, Output

WIDTH = 12


def problem(n: int, classes: int, *, pairs: bool = False) -> tuple[np.ndarray, torch.Tensor, Output]:
    """Features float16, noisy soft targets, and the output they are for."""
    rng = np.random.default_rng(0)
    shape = (n, 2, WIDTH) if pairs else (n, WIDTH)
    features = rng.standard_normal(shape).astype(np.float16)
    concept = rng.standard_normal((WIDTH, 1 if pairs else classes))
    scores = (features.astype(np.float64) @ concept).reshape(n, -1) + rng.standard_normal((n, classes))
    kind: Kind = "preference" if pairs else "classification"
    return features, torch.from_numpy(scores).softmax(-1).float(), Output(kind=kind, n_classes=classes)


def students(targets: torch.Tensor, count: int, loss: Loss = PLAIN, *, n: int = 90, l2: float = 0.01) -> list[Student]:
    """Students that learn from different rows."""
    made = []
    for seed in range(count):
        rows = np.random.default_rng(seed).permutation(len(targets))[:n]
        made.append(Student(rows=rows, targets=targets[rows], weights=torch.ones(n), loss=loss, seed=seed, l2=l2))
    return made
