"""The ratio of two means of one table, such as PGR: Fieller's set (1954)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from outgrow.intervals.crossed import Crossed, quantile

STEPS = 60  # of bisection


def fieller(table: Crossed, top: tuple[float, ...], bottom: tuple[float, ...]) -> tuple[float, float] | None:
    """The ends of the set of ratios r at which `top - r x bottom` is not clearly other than zero.

    None where the set is unbounded, or nothing is known of the errors: exactly where the bottom is not clearly other
    than zero.

    Args:
        top, bottom: weights of the quantities in the two means.
    """
    a, b = np.asarray(top), np.asarray(bottom)
    below = table.estimate(*b)
    if not math.isfinite(below.error) or abs(below.value) <= quantile(below.freedom) * below.error:
        return None

    def outside(ratio: float) -> bool:
        found = table.estimate(*(a - ratio * b))
        return abs(found.value) > quantile(found.freedom) * found.error

    middle = float(a @ table.mean) / below.value
    ends = [_edge(middle, way, outside) for way in (-1.0, 1.0)]
    return (ends[0], ends[1]) if all(math.isfinite(end) for end in ends) else None


def contains(table: Crossed, top: tuple[float, ...], bottom: tuple[float, ...], ratio: float) -> bool:
    """Whether Fieller's set holds a ratio, bounded or not."""
    found = table.estimate(*(np.asarray(top) - ratio * np.asarray(bottom)))
    return not math.isfinite(found.error) or abs(found.value) <= quantile(found.freedom) * found.error


def _edge(middle: float, way: float, outside: Callable[[float], bool]) -> float:
    """Where the set ends on one side of a ratio within it."""
    inner, reach = middle, 0.1
    while not outside(middle + way * reach):
        inner, reach = middle + way * reach, 2 * reach
        if reach > 1e9:
            return math.inf
    outer = middle + way * reach
    for _ in range(STEPS):
        half = (inner + outer) / 2
        inner, outer = (inner, half) if outside(half) else (half, outer)
    return (inner + outer) / 2
