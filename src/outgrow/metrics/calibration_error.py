"""Expected calibration error: how far confidence lies from accuracy, over bins of examples of like confidence."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.accuracy import right
from outgrow.metrics.base import PROBABILITIES, Metric, Predictions, metrics

BINS = 15  # of equal width, each without its lower end; Guo et al. 2017, sec. 2 and table 1


def bins_of(confidence: np.ndarray) -> np.ndarray:
    """The bin of each confidence, int64 [n]."""
    return np.asarray(np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1))


def calibration_error(predictions: Predictions) -> np.ndarray:
    """Mean over bins of |accuracy - mean confidence|, each bin counting as much as its examples."""
    confidence = predictions.confidence.astype(np.float64)
    place = bins_of(confidence)
    excess = confidence - right(predictions)
    side = np.sign(np.bincount(place, excess, minlength=BINS))
    return np.asarray(side[place] * excess)


metrics.add(
    "calibration_error",
    Metric(values=calibration_error, chance=False, larger_is_better=False, kinds=PROBABILITIES),
    about="how far confidence lies from accuracy, in 15 bins; smaller is better",
    source="Guo et al. 2017",
)
