"""AUROC: how often an example of class 1 is given a higher probability of it than one of class 0."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import PROBABILITIES, Metric, Predictions, metrics


def auroc(predictions: Predictions, weights: np.ndarray) -> np.ndarray:
    """Share of pairs of a positive and a negative that stand in the right order; ties count half.

    Undefined where a replicate has examples of one class only.
    """
    chance, each = predictions.positive_probability, weights.T
    positive = predictions.truth == 1
    positives, negatives = np.flatnonzero(positive), np.flatnonzero(~positive)
    negatives = negatives[np.argsort(chance[negatives], kind="stable")]
    below = np.zeros((len(negatives) + 1, len(weights)), weights.dtype)  # weight of the k lowest negatives
    for k, row in enumerate(negatives):  # loops over examples are far quicker here than np.cumsum and np.einsum
        np.add(below[k], each[row], out=below[k + 1])
    first, last = (np.searchsorted(chance[negatives], chance[positives], side=side) for side in ("left", "right"))
    won, pairs = np.zeros_like(below[0]), np.empty_like(below[0])
    for row, start, stop in zip(positives, first, last, strict=True):
        won += np.multiply(each[row], np.add(below[start], below[stop], out=pairs), out=pairs)
    possible = 2 * below[-1] * (weights @ positive.astype(weights.dtype))
    return np.asarray(np.divide(won, possible, out=np.full(len(weights), np.nan), where=possible > 0))


metrics.add(
    "auroc",
    Metric(score=auroc, kinds=PROBABILITIES, fewest_classes=2, most_classes=2),
    about="area under the ROC curve, of two classes: share of pairs in the right order",
    source="standard; Hanley & McNeil 1982",
)
