"""Macro F1: harmonic mean of precision and recall, of each class by itself, then the mean over classes."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import PROBABILITIES, Metric, Predictions, metrics


def macro_f1(predictions: Predictions, weights: np.ndarray) -> np.ndarray:
    """Mean over the classes that occur, as truth or as prediction; a class that is never right has F1 = 0."""
    truth, predicted = predictions.truth, predictions.predicted
    total, classes = np.zeros(len(weights)), np.zeros(len(weights))
    for one in np.unique(np.concatenate([truth, predicted])):
        true, said = truth == one, predicted == one
        hits, both = (weights.T[rows].sum(0) for rows in (true & said, true))
        both = both + weights.T[said].sum(0)  # 2 * hits + misses + false alarms
        total += np.divide(2 * hits, both, out=np.zeros(len(weights)), where=both > 0)
        classes += both > 0
    return total / classes


metrics.add(
    "macro_f1",
    Metric(score=macro_f1, kinds=PROBABILITIES),
    about="F1 of each class that occurs, averaged over classes",
    source="Opitz & Burst 2019",
)
