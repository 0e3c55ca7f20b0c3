"""Macro F1: harmonic mean of precision and recall, of each class by itself, then the mean over classes."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.accuracy import right
from outgrow.metrics.base import PROBABILITIES, Metric, Predictions, metrics


def macro_f1(predictions: Predictions) -> np.ndarray:
    """Mean over the classes that occur, as truth or as prediction; a class that is never right has F1 = 0.

    Where the truth is one of k equals, it is said with 1/k, and the rest is said of the other class of two; of more
    classes, of the one that came first, if that is not the truth.
    """
    truth, predicted = predictions.truth, predictions.predicted
    n, classes = len(truth), np.unique(np.concatenate([truth, predicted]))
    share = right(predictions)
    two = classes.max() < 2
    found = np.zeros(n)
    for one in classes:
        true = (truth == one).astype(float)
        other = predicted >= 0 if two and one >= 0 else predicted == one
        said = np.where(true > 0, share, other * (1 - share))
        both = true.sum() + said.sum()  # 2 * hits + misses + false alarms
        score = 2 * (true * said).sum() / both
        found += score + n * (2 * true * said - score * (true + said)) / both
    return found / len(classes)


metrics.add(
    "macro_f1",
    Metric(values=macro_f1, kinds=PROBABILITIES),
    about="F1 of each class that occurs, averaged over classes; the truth as one of k equals counts 1/k",
    source="Opitz & Burst 2019",
)
