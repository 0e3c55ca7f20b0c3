"""Macro F1: harmonic mean of precision and recall, of each class by itself, then the mean over classes."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import PROBABILITIES, Metric, Predictions, metrics


def macro_f1(predictions: Predictions) -> np.ndarray:
    """Mean over the classes that occur, as truth or as prediction; a class that is never right has F1 = 0."""
    truth, predicted = predictions.truth, predictions.predicted
    n, classes = len(truth), np.unique(np.concatenate([truth, predicted]))
    found = np.zeros(n)
    for one in classes:
        true, said = truth == one, predicted == one
        both = true.sum() + said.sum()  # 2 * hits + misses + false alarms
        score = 2 * (true & said).sum() / both
        found += score + n * (2.0 * (true & said) - score * (true.astype(float) + said)) / both
    return found / len(classes)


metrics.add(
    "macro_f1",
    Metric(values=macro_f1, kinds=PROBABILITIES),
    about="F1 of each class that occurs, averaged over classes",
    source="Opitz & Burst 2019",
)
