"""A toy task for tests and docs: points of which every model sees another view, the weaker the noisier."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks

DIMENSIONS = 16
NOISE = (2.5, 1.5, 0.8, 0.0)  # of the views, by which the models differ


@tasks.register(
    "toy", about="points with a linear concept, seen through views of more or less noise", source="made by this project"
)
@spec
class Toy:
    """The class is the largest of `classes` linear functions of 16 features; inputs are four views, float32 [n, 4, 16].

    View 0 is the noisiest, view 3 is clean. A model sees one view: so the weak supervisor's errors are noise to the
    student, which has reason to do better than its labels.

    Args:
        n: examples.
        classes: number of classes.
        noise: share of labels drawn at random.
        seed: which examples.
    """

    name: ClassVar[str] = "toy"
    kind: ClassVar[Kind] = "classification"
    n: Annotated[int, Field(ge=10)] = 2_000
    classes: Annotated[int, Field(ge=2)] = 2
    noise: Annotated[float, Field(ge=0, le=1)] = 0.05
    seed: int = 0

    def identity(self) -> dict[str, Any]:
        return {"name": "toy", "n": self.n, "classes": self.classes, "noise": self.noise, "seed": self.seed}

    def load(self) -> Examples:
        rng = np.random.default_rng(self.seed)
        clean = rng.standard_normal((self.n, DIMENSIONS)).astype(np.float32)
        concept = rng.standard_normal((DIMENSIONS, self.classes)).astype(np.float32)
        labels = (clean @ concept).argmax(1)
        noisy = rng.random(self.n) < self.noise
        labels[noisy] = rng.integers(0, self.classes, int(noisy.sum()))
        inputs = np.stack([clean + scale * rng.standard_normal(clean.shape).astype(np.float32) for scale in NOISE], 1)
        return Examples(
            ids=[hashlib.sha256(row.tobytes()).hexdigest()[:16] for row in inputs],
            groups=[str(i // 2) for i in range(self.n)],
            inputs=inputs,
            truth=labels.astype(np.int64),
            n_classes=self.classes,
        )
