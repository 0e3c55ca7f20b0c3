"""Top-5 accuracy: share of examples whose truth is among the five most probable classes."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import Metric, Predictions, metrics


def among_five(predictions: Predictions) -> np.ndarray:
    """True where the truth is among the five most probable classes."""
    return np.asarray(predictions.rank < 5)


metrics.add(
    "top5_accuracy",
    Metric(values=among_five, kinds=frozenset({"classification"}), fewest_classes=6),
    about="share of examples whose truth is among the first five",
    source="standard",
)
