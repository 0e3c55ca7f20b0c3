"""Expected calibration error: how far confidence lies from accuracy, over bins of examples of like confidence."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import PROBABILITIES, Metric, Predictions, metrics

BINS = 15  # of equal width, each without its lower end; Guo et al. 2017, sec. 2 and table 1


def calibration_error(predictions: Predictions, weights: np.ndarray) -> np.ndarray:
    """Mean over bins of |accuracy - mean confidence|, each bin counting as much as its examples."""
    confidence = predictions.confidence.astype(np.float64)
    place = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    excess = np.zeros((len(confidence), BINS), weights.dtype)
    excess[np.arange(len(place)), place] = confidence - (predictions.predicted == predictions.truth)
    count = weights @ np.ones(len(place), weights.dtype)
    return np.asarray(np.abs(weights @ excess).sum(1) / count.astype(np.float64))


metrics.add(
    "calibration_error",
    Metric(score=calibration_error, larger_is_better=False, kinds=PROBABILITIES),
    about="how far confidence lies from accuracy, in 15 bins; smaller is better",
    source="Guo et al. 2017",
)
