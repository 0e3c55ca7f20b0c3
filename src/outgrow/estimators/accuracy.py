"""How often an estimator is right, by audited rows that it did not learn from."""

from __future__ import annotations

import numpy as np

from outgrow.trust.intervals import Estimate, prediction_powered


def accuracy(answers: np.ndarray | None, rows: np.ndarray, checking: np.ndarray, truth: np.ndarray) -> Estimate | None:
    """Accuracy with its interval, by out-of-fold answers; None where there are none, or no row was checked.

    Args:
        answers: out-of-fold probabilities [n, K].
        rows: numbers of the rows that have answers, rising.
        checking: numbers of the rows, of these, whose truth was not learned from.
        truth: int64 [n].
    """
    if answers is None or not len(checking):
        return None
    own = answers[checking]
    best = own == own.max(1, keepdims=True)
    right = best[np.arange(len(own)), truth[checking]] & (best.sum(1) == 1)
    return prediction_powered(answers[rows], np.searchsorted(rows, checking), right)
