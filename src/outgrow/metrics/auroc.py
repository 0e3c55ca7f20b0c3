"""AUROC: how often an example of class 1 is given a higher probability of it than one of class 0."""

from __future__ import annotations

import numpy as np

from outgrow.metrics.base import PROBABILITIES, Metric, Predictions, metrics


def auroc(predictions: Predictions) -> np.ndarray:
    """Share of pairs of a positive and a negative that stand in the right order; ties count half.

    Undefined where all examples are of one class.
    """
    chance, positive = predictions.positive_probability, predictions.truth == 1
    n = len(chance)
    if positive.all() or not positive.any():
        return np.full(n, np.nan)
    above = share_below(chance[positive], chance[~positive])
    score = above.mean()
    found = np.empty(n)
    found[positive] = score + n / positive.sum() * (above - score)
    found[~positive] = score + n / (~positive).sum() * (1 - share_below(chance[~positive], chance[positive]) - score)
    return found


def share_below(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each value, the share of others that are smaller; equal ones count half."""
    ordered = np.sort(others)
    first, last = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return np.asarray((first + last) / (2 * len(others)))


metrics.add(
    "auroc",
    Metric(values=auroc, kinds=PROBABILITIES, fewest_classes=2, most_classes=2),
    about="area under the ROC curve, of two classes: share of pairs in the right order",
    source="standard; Hanley & McNeil 1982",
)
