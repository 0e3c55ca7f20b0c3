"""Accuracy: share of examples whose most probable class is the truth."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import Predictions, metrics


def accuracy(predictions: Predictions) -> np.ndarray:
    """1 where the most probable class is the truth, else 0."""
    return np.asarray(predictions.predicted == predictions.truth, np.float64)


metrics.add(
    "accuracy", accuracy, about="share of examples whose most probable class is right", source="Burns et al. 2023"
)
