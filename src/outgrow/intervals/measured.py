"""Numbers made of means of one table of seeds by rows, with what each cell contributes: a little arithmetic.

A sum, product or quotient of such numbers is one too: its cells have the influence that the derivatives give them (the
delta method). So PGR, its mean over pairs, or its slope against size keeps the pairing of all that it is made of.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from outgrow.intervals.crossed import Estimate, crossed


class Parts(NamedTuple):
    """What a squared standard error consists of: it falls with more seeds, with more rows, with either."""

    seeds: float
    rows: float
    rest: float


@dataclass(frozen=True, eq=False)
class Measured:
    """A number, and the influence of each cell [seeds, n] on it; influences have the mean 0. A ratio to 0 is NaN.

    Args:
        groups: group of each row; each row by itself if None.
    """

    value: float
    influence: np.ndarray
    groups: np.ndarray | None = None

    def __add__(self, other: Measured | float) -> Measured:
        if not isinstance(other, Measured):
            return Measured(self.value + other, self.influence, self.groups)
        return Measured(self.value + other.value, self.influence + other.influence, self.groups)

    def __mul__(self, other: Measured | float) -> Measured:
        if not isinstance(other, Measured):
            return Measured(self.value * other, self.influence * other, self.groups)
        influence = other.value * self.influence + self.value * other.influence
        return Measured(self.value * other.value, influence, self.groups)

    def __truediv__(self, other: Measured | float) -> Measured:
        if not isinstance(other, Measured):
            return self * (1 / other)
        if other.value == 0:
            return Measured(math.nan, np.full_like(self.influence, math.nan), self.groups)
        value = self.value / other.value
        return Measured(value, (self.influence - value * other.influence) / other.value, self.groups)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Measured:
        return self * -1.0

    def __sub__(self, other: Measured | float) -> Measured:
        return self + -other

    def __rsub__(self, other: float) -> Measured:
        return -self + other

    @property
    def n_seeds(self) -> int:
        """Seeds behind it."""
        return int(self.influence.shape[0])

    @property
    def n(self) -> int:
        """Rows behind it."""
        return int(self.influence.shape[1])

    def estimate(self) -> Estimate:
        """The number with its error and interval."""
        if not math.isfinite(self.value):
            return Estimate(value=math.nan, error=math.nan, freedom=math.nan)
        return crossed((self.value + self.influence)[None], self.groups).estimate(1.0)

    def parts(self) -> Parts:
        """How much of its squared error more seeds would take away, more rows, or either."""
        table = crossed(self.influence[None], self.groups)
        cells = table.n_seeds * table.n_groups
        rest = float(table.rest[0, 0]) if table.n_seeds > 1 else 0.0
        seeds = max(0.0, float(table.seed[0, 0]) - rest) if table.n_seeds > 1 else 0.0
        return Parts(seeds / cells, max(0.0, float(table.group[0, 0]) - rest) / cells, rest / cells)


def mean(values: np.ndarray, groups: np.ndarray | None = None) -> Measured:
    """The mean of values [seeds, n]."""
    values = np.asarray(values, np.float64)
    value = float(values.mean())
    return Measured(value, values - value, groups)


def average(of: Sequence[Measured]) -> Measured:
    """The plain average of several."""
    return total(of) / len(of)


def total(of: Iterable[Measured]) -> Measured:
    """The sum of several, at least one."""
    first, *others = of
    for one in others:
        first = first + one
    return first


def slope(x: Sequence[float], y: Sequence[Measured], within: Sequence[object]) -> Measured | None:
    """The least-squares slope of y by x where each kind has an intercept of its own; None if x differs within none.

    Args:
        within: the kind of each point, such as which student it is of.
    """
    at = np.asarray(x, np.float64)
    kinds = list(within)
    middle = np.array([at[[i for i, one in enumerate(kinds) if one == kind]].mean() for kind in kinds])
    off = at - middle
    spread = float((off**2).sum())
    if spread < 1e-9:
        return None
    return total(one * float(weight / spread) for one, weight in zip(y, off, strict=True))
