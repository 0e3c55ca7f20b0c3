"""Units of features: their weighted mean and deviation, in which penalties mean the same for every feature."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

CHUNK = 4_096  # rows in float64 at a time


def moments(rows: np.ndarray, weights: np.ndarray, *, centred: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation float64 [width] of rows [n, width] with weights [n]; 1 where nothing changes.

    Args:
        centred: else the mean is zero, and the deviation is from zero: of differences, whose sign is a matter of order.
    """
    total, width = weights.sum(), rows.shape[1]
    mean, square, largest = np.zeros(width), np.zeros(width), np.zeros(width)
    for some, _ in _pieces(rows, weights):
        largest = np.maximum(largest, np.abs(some).max(0, initial=0))
    scale = np.ldexp(1.0, np.frexp(largest)[1] - 1)  # a power of 2, in whose units squares are numbers, and the same
    if centred:
        for some, share in _pieces(rows, weights):
            mean += share @ (some / scale)
        mean *= scale / total
    for some, share in _pieces(rows, weights):
        square += share @ (some / scale - mean / scale) ** 2
    deviation = np.sqrt(square / total) * scale
    rounding = 10 * np.finfo(rows.dtype).eps * np.abs(mean)
    deviation[~(deviation > rounding)] = 1.0
    return mean, deviation


def scaled(rows: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Rows in units of the deviation from the mean, float32."""
    found = np.empty(rows.shape, np.float32)
    for start in range(0, len(rows), CHUNK):
        found[start : start + CHUNK] = (rows[start : start + CHUNK] - mean) / deviation
    return found


def _pieces(rows: np.ndarray, weights: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK].astype(np.float64), weights[start : start + CHUNK]
