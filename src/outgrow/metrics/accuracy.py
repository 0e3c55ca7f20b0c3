"""Accuracy: share of examples whose most probable class is the truth."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import Metric, Predictions, metrics


def right(predictions: Predictions) -> np.ndarray:
    """True where the most probable class is the truth."""
    return np.asarray(predictions.predicted == predictions.truth)


metrics.add(
    "accuracy",
    Metric(values=right),
    about="share of examples whose most probable class is right",
    source="Burns et al. 2023",
)
