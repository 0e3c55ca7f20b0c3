"""Difficulty by a ladder of models, from the smallest to the largest."""

from __future__ import annotations

import numpy as np


def by_ladder(right: np.ndarray) -> np.ndarray:
    """The first rung, counted from 1, from which on all models are right; infinity where the last one is wrong.

    Args:
        right: whether each model is right, bool [rungs, n], smallest first. Burns et al. 2023, C.2.
    """
    from_here = np.logical_and.accumulate(right[::-1])[::-1]
    first = from_here.argmax(0) + 1.0
    return np.where(from_here.any(0), first, np.inf)
