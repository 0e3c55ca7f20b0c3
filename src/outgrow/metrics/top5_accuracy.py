"""Top-5 accuracy: share of examples whose truth is among the five most probable classes."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import Predictions, metrics


def top5_accuracy(predictions: Predictions) -> np.ndarray:
    """1 where the truth is among the five most probable classes, else 0."""
    return np.asarray(predictions.rank < 5, np.float64)


metrics.add(
    "top5_accuracy", top5_accuracy, about="share of examples whose truth is among the first five", source="standard"
)
