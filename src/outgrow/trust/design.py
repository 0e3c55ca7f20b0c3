"""Designs of a sample: how audited rows are spread over strata, drawn, and how wide the interval will be."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from outgrow.trust.intervals import wilson
from outgrow.trust.strata import cut

STRATA = 5  # the same for every number of rows, so that several rounds of checking have the same ones
PAIR = 2  # audited rows of each stratum at least, where it has them


@dataclass(frozen=True, kw_only=True)
class Design:
    """How audited rows are spread over strata.

    Args:
        strata: stratum of every row, int64 [N].
        n: audited rows of each stratum, earlier ones too, int64 [strata].
    """

    strata: np.ndarray
    n: np.ndarray


def random_design(earlier: np.ndarray, n: int) -> Design:
    """A simple random sample of n rows in all, `earlier` ones (bool [N]) too: all rows are one stratum."""
    return Design(strata=np.zeros(len(earlier), np.int64), n=np.array([n]))


def stratified_design(confidence: np.ndarray, earlier: np.ndarray, n: int) -> Design:
    """A sample of n rows in all from strata of confidence [N] by Neyman's allocation, as far as rows are left."""
    strata = cut(confidence, STRATA)
    size = np.bincount(strata)
    known = np.bincount(strata[earlier], minlength=len(size))
    return Design(strata=strata, n=_level(known, size, n))


def _level(known: np.ndarray, size: np.ndarray, n: int) -> np.ndarray:
    """As even as can be, with no stratum below what is known or above its size, int64 [strata]."""
    low, high = 0, int(size.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if np.clip(middle, known, size).sum() <= n else (low, middle - 1)
    found = np.clip(low, known, size)
    open_ = np.flatnonzero((found == low) & (found < size))
    found[open_[: n - int(found.sum())]] += 1
    return np.asarray(found)


def draw(design: Design, *, earlier: np.ndarray, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows not audited yet, int64 [n], in random order.

    Of a stratum, every k-th row in an order by class that is random within the class: all have the same probability,
    and each class gets its share. A random sample is a simple one.
    """
    drawn = []
    for stratum, n in enumerate(design.n):
        inside = design.strata == stratum
        left = rng.permutation(np.flatnonzero(inside & ~earlier))
        wanted = int(n) - int((inside & earlier).sum())
        if len(design.n) > 1:
            left = left[np.argsort(classes[left], kind="stable")]
            step = len(left) / max(wanted, 1)
            left = left[(rng.random() * step + step * np.arange(wanted)).astype(np.int64)]
        drawn.append(left[:wanted])
    return rng.permutation(np.concatenate(drawn)).astype(np.int64)


def expected_width(expected: np.ndarray, design: Design, *, population: int | None, level: float) -> float:
    """Width of the interval if each row is right with its expected probability; infinite with a stratum unchecked."""
    size = np.bincount(design.strata)
    if (design.n < np.minimum(PAIR if len(size) > 1 else 1, size)).any():
        return math.inf
    total = len(expected)
    rest = np.bincount(design.strata, expected * (1 - expected)) / size
    each = (size / total) ** 2 * (1 - design.n / size) / design.n
    overall = float(expected.mean())
    binary = max(overall * (1 - overall), 1e-9)
    of_rows = binary * (1 / total - (0 if population is None else 1 / population))
    variance = of_rows + float(each @ rest)
    low, high = wilson(overall, binary / variance if variance > 0 else math.inf, level=level)
    return high - low


def fewest(wide: Callable[[int], float], width: float, *, start: int, most: int) -> int | None:
    """The fewest rows in all, `start` to `most`, that make the interval no wider than wanted; None if none do."""
    if wide(most) > width:
        return None
    low, high = start, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if wide(middle) <= width else (middle + 1, high)
    return low
