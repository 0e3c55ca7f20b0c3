"""Ground truth of data that have it."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Told(Protocol):
    """Whatever may come with ground truth: a task's examples, a split's data."""

    @property
    def truth(self) -> np.ndarray | None: ...


def truth_of(data: Told) -> np.ndarray:
    """The ground truth, int64 [n]; a failed test where there is none."""
    assert data.truth is not None
    return data.truth
