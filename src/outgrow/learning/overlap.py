"""What frozen features of supervisor and student tell of a pair beforehand, without any truth."""

from __future__ import annotations

import numpy as np

LARGE, BLOCK = 0.01, 1_024


def shared_directions(weak: np.ndarray, strong: np.ndarray, *, l2: float = LARGE) -> float:
    """The share of what a ridge on the student's features can fit that one on the supervisor's can fit as well.

    Trace of P_s P_w over that of P_s, where P = X (X'X + l2 n I)^-1 X' projects the rows softly onto the principal
    directions of features X, centred and scaled to a mean squared length of 1. What lies in P_s (I - P_w) is what
    the student could learn and its supervisor cannot teach (Xue et al. 2025, arXiv 2502.00620, who take the norm of
    that; with far more rows than directions the norm is 1 for nearly all pairs).

    Args:
        weak, strong: features of the same rows, [n, width].

    Returns:
        Between 0 and 1.
    """
    a, b = (_scaled(one) for one in (weak, strong))
    inner_a, inner_b = (one.T @ one + l2 * len(one) * np.eye(one.shape[1]) for one in (a, b))
    across = a.T @ b
    both = np.trace(np.linalg.solve(inner_a, across) @ np.linalg.solve(inner_b, across.T))
    return float(both / np.trace(np.linalg.solve(inner_b, b.T @ b)))


def overlap_density(confidence: np.ndarray, strong: np.ndarray) -> float:
    """The share of rows that hold what the supervisor can learn and, besides, what only the student can.

    After Shin et al. 2024 (arXiv 2412.03881): rows of which the supervisor is unsure, below the change point of sorted
    confidences, are hard alone. Of the others those overlap whose features are nearest to a hard row's: above the
    change point of their largest absolute cosine. What we take for a change point is the cut into two levels with the
    least squared error.

    Args:
        confidence: the supervisor's largest probability, [n].
        strong: the student's features of these rows, [n, width].

    Returns:
        Between 0 and 1; 0 where all rows are alike.
    """
    hard = confidence < cut(confidence)
    if hard.all() or not hard.any():
        return 0.0
    centred = strong - strong.mean(0)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    easy = unit[~hard]
    nearest = np.concatenate(
        [np.abs(easy[at : at + BLOCK] @ unit[hard].T).max(1) for at in range(0, len(easy), BLOCK)]
    )  # fmt: skip
    return float((nearest >= cut(nearest)).sum() / len(confidence))


def cut(values: np.ndarray) -> float:
    """The least value of the upper level, where values [n] are cut into two with the least squared error."""
    ordered = np.sort(np.asarray(values, np.float64))
    n, total = len(ordered), ordered.sum()
    if n < 2 or ordered[0] == ordered[-1]:
        return float(ordered[0])
    below = np.arange(1, n)
    sums = np.cumsum(ordered)[:-1]
    between = sums**2 / below + (total - sums) ** 2 / (n - below)
    between[ordered[1:] == ordered[:-1]] = -np.inf  # equals stay together
    return float(ordered[int(between.argmax()) + 1])


def _scaled(features: np.ndarray) -> np.ndarray:
    found = np.asarray(features, np.float64)
    found = found - found.mean(0)
    return np.asarray(found / max(1e-12, float(np.sqrt((found**2).sum(1).mean()))))
