"""What is given to estimate from, checked: confidence of all rows, and which answers are right among those audited."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from outgrow.errors import ConfigError, DataError
from outgrow.plain import counted


def checked_confidence(confidence: ArrayLike) -> np.ndarray:
    """The probability of the answer given, float64 [n], of probabilities [n, K] or of a confidence [n].

    Raises:
        DataError: there is no row, or some value is no probability.
    """
    given = np.asarray(confidence, np.float64)
    found = given.max(-1, initial=0.0) if given.ndim == 2 else given
    if found.ndim != 1 or not found.size:
        raise DataError(f"confidence of shape {list(given.shape)}: give one number for each row, of one row at least")
    bad = np.flatnonzero(~((found >= 0) & (found <= 1 + 1e-6)))
    if len(bad):
        raise DataError(
            f"confidence of row {bad[0]:,} is {found[bad[0]]}: it is the probability of the answer given, 0 to 1 "
            f"({counted(len(bad), 'such row')})"
        )
    return np.minimum(found, 1.0)


def checked_right(right: ArrayLike) -> np.ndarray:
    """Whether each audited answer is right, float64 [n] of 0 and 1; DataError if there is none, or other values."""
    found = np.asarray(right)
    if found.ndim != 1 or not found.size:
        raise DataError("no row is audited, so nothing is known of its accuracy: check at least one row's truth")
    found = found.astype(np.float64)
    if not np.isin(found, (0.0, 1.0)).all():
        raise DataError("`right` says of each audited row whether its answer is right: true or false, and nothing else")
    return found


def checked_rows(rows: ArrayLike, *, of: int) -> np.ndarray:
    """Numbers of audited rows, int64 [n]; DataError if one is no row of the `of`, or stands there twice."""
    found = np.asarray(rows, np.int64)
    outside = found[(found < 0) | (found >= of)]
    if outside.size:
        raise DataError(f"audited row {outside[0]:,} is none of {counted(of, 'row')}, which are numbered from 0")
    numbers, times = np.unique(found, return_counts=True)
    if (times > 1).any():
        twice = numbers[times > 1][0]
        raise DataError(f"audited row {twice:,} is given {times.max()} times: give each row once, with one truth")
    return found


def checked_weights(weights: ArrayLike | None, *, n: int) -> np.ndarray:
    """One over the probability that each audited row was drawn with, float64 [n]; ones for a simple random sample."""
    if weights is None:
        return np.ones(n)
    found = np.asarray(weights, np.float64)
    if found.shape != (n,) or not (np.isfinite(found) & (found > 0)).all():
        raise DataError(
            f"weights of shape {list(found.shape)} for {counted(n, 'audited row')}: give one over the probability that "
            "each was drawn with, above 0"
        )
    return found


def check_level(level: float) -> float:
    """The share of intervals that are to hold the truth; ConfigError unless it lies between 0 and 1."""
    if not 0 < level < 1:
        raise ConfigError(f"level = {level}: the share of intervals that hold the truth lies between 0 and 1, as 0.95")
    return level
