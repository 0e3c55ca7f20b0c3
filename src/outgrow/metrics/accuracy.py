"""Accuracy: share of examples whose most probable class is the truth."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import Metric, Predictions, metrics


def right(predictions: Predictions) -> np.ndarray:
    """1 where the most probable class is the truth, 0 where it is not; where it is one of k equals, 1/k."""
    tied = (predictions.truth_probability == predictions.confidence) & (predictions.truth_probability > 0)
    return np.where(tied, 1 / (predictions.rank + 1), predictions.predicted == predictions.truth)


metrics.add(
    "accuracy",
    Metric(values=right),
    about="share of examples whose most probable class is right; of k equals, each counts 1/k",
    source="Burns et al. 2023",
)
