"""Metrics: one function from predictions to a score for every test example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outgrow.registry import Registry

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """What a role said about each example.

    Args:
        predicted: most probable class, int64 [n].
        truth: ground truth, int64 [n].
        rank: place of the truth among the classes, 0 for first, int64 [n].
        truth_probability: probability given to the truth, float32 [n].
    """

    predicted: np.ndarray
    truth: np.ndarray
    rank: np.ndarray
    truth_probability: np.ndarray


Metric = Callable[[Predictions], "np.ndarray"]
"""Scores of the examples, float [n] in [0, 1], larger is better; a role's score is their mean."""

metrics: Registry[Metric] = Registry("metrics", package="outgrow.metrics")
