"""Means of a table of seeds by test rows: variances by a crossed analysis of variance, degrees of freedom, intervals.

Rows of a group belong together, so the second factor is the group. Seeds and groups are random effects without
replication. With mean squares of seeds, groups and the rest, a grand mean has the variance
(MS_seed + MS_group - MS_rest) / (seeds x groups), at least MS_rest / (seeds x groups), and Satterthwaite's (1946)
degrees of freedom. No bootstrap of crossed effects is exact (McCullagh 2000).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
FEWEST = 3  # groups; with fewer there is no interval
DOUBT = 2.0
"""Degrees of freedom are reckoned as if seeds differed twice as much as they seem to. Where few seeds happen to lie
close together, Satterthwaite's own number is too large: with 3 seeds, 95 % intervals of scores covered 92 to 93 %. And
where they show no effect, they may have one still: freedom does not jump from few to all there."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean with what is known of its error.

    Args:
        value: the mean.
        error: its standard error; NaN where there are too few groups to tell.
        freedom: degrees of freedom of the error.
    """

    value: float
    error: float
    freedom: float

    @property
    def low(self) -> float | None:
        """Lower end of the 95 % interval; None where there are too few groups."""
        return self.value - self._reach if math.isfinite(self.error) else None

    @property
    def high(self) -> float | None:
        """Upper end of the 95 % interval; None where there are too few groups."""
        return self.value + self._reach if math.isfinite(self.error) else None

    @property
    def _reach(self) -> float:
        return quantile(self.freedom) * self.error

    @property
    def p(self) -> float | None:
        """Two-sided p of the hypothesis that the mean is zero."""
        from scipy.special import stdtr

        if not math.isfinite(self.error):
            return None
        if self.error == 0:
            return 1.0 if self.value == 0 else 0.0
        return float(2 * stdtr(self.freedom, -abs(self.value) / self.error))

    @property
    def detectable(self) -> float | None:
        """The smallest true mean that a study of this size would tell from zero in four of five cases."""
        from scipy.special import stdtrit

        if not math.isfinite(self.error):
            return None
        return float((quantile(self.freedom) + stdtrit(self.freedom, 0.8)) * self.error)


def quantile(freedom: float, level: float = LEVEL) -> float:
    """The t quantile that a two-sided interval of this level needs."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2))


def _freedom(total: float, seed: float, group: float, rest: float, freedoms: tuple[int, int]) -> float:
    """Satterthwaite's degrees of freedom of a total made of these mean squares."""
    spread = seed**2 / freedoms[0] + group**2 / freedoms[1] + rest**2 / (freedoms[0] * freedoms[1])
    return total**2 / spread


@dataclass(frozen=True, kw_only=True)
class Crossed:
    """Several quantities measured by the same seeds on the same rows.

    Args:
        mean: of each quantity, [k].
        seed, group, rest: mean squares and mean products of the quantities, [k, k].
        n_seeds, n_groups: how many there are.
    """

    mean: np.ndarray
    seed: np.ndarray
    group: np.ndarray
    rest: np.ndarray
    n_seeds: int
    n_groups: int

    def estimate(self, *weights: float) -> Estimate:
        """The sum of the quantities, each with a weight: (1, 0, -1) is the first minus the third."""
        a = np.asarray(weights, np.float64)
        value = float(a @ self.mean)
        if self.n_groups < FEWEST:
            return Estimate(value=value, error=math.nan, freedom=math.nan)
        seed, group, rest = (max(0.0, float(a @ square @ a)) for square in (self.seed, self.group, self.rest))
        cells = self.n_seeds * self.n_groups
        if self.n_seeds == 1:
            return Estimate(value=value, error=math.sqrt(group / cells), freedom=self.n_groups - 1)
        total, freedoms = seed + group - rest, (self.n_seeds - 1, self.n_groups - 1)
        both = freedoms[0] * freedoms[1]
        if rest == 0 and total == 0:
            return Estimate(value=value, error=0.0, freedom=both)
        if total <= rest:  # neither seeds nor groups show an effect
            total = rest
            freedom = min(_freedom(DOUBT * rest, seed, group, rest, freedoms), both)
        else:
            freedom = _freedom(DOUBT * seed + group - rest, DOUBT * seed, group, rest, freedoms)
        return Estimate(value=value, error=math.sqrt(total / cells), freedom=max(freedom, min(freedoms)))


def crossed(values: np.ndarray, groups: np.ndarray | None = None) -> Crossed:
    """The analysis of values [k, seeds, n].

    Args:
        groups: number of each row's group, int64 [n]; each row by itself by default. Groups of unequal size are
            compared by how far their totals lie from what their size would give (the linearised ratio).
    """
    values = np.asarray(values, np.float64)
    k, n_seeds, n = values.shape
    mean = values.mean((1, 2))
    cells = values - mean[:, None, None]
    if groups is not None:
        _, numbers = np.unique(groups, return_inverse=True)
        order = np.argsort(numbers, kind="stable")
        starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
        cells = np.add.reduceat(cells[:, :, order], starts, axis=2) * (len(starts) / n)
    n_groups = cells.shape[2]
    by_seed, by_group = cells.mean(2), cells.mean(1)
    rest = cells - by_seed[:, :, None] - by_group[:, None, :]
    flat = rest.reshape(k, n_seeds * n_groups)
    return Crossed(
        mean=mean,
        seed=n_groups * (by_seed @ by_seed.T) / max(1, n_seeds - 1),
        group=n_seeds * (by_group @ by_group.T) / max(1, n_groups - 1),
        rest=flat @ flat.T / max(1, (n_seeds - 1) * (n_groups - 1)),
        n_seeds=n_seeds,
        n_groups=n_groups,
    )


def wilson(estimate: Estimate, *, n: int) -> tuple[float, float] | None:
    """The interval of a share by Wilson's score (1927), with as many rows as its standard error is worth.

    It stays between 0 and 1, and has a width where all rows agree.

    Args:
        n: independent rows at most, where the standard error is zero.
    """
    if not math.isfinite(estimate.error):
        return None
    share = min(1.0, max(0.0, estimate.value))
    spread = share * (1 - share)
    worth = min(spread / estimate.error**2, 1e12) if estimate.error > 0 and spread > 0 else float(n)
    t = quantile(estimate.freedom if estimate.error > 0 else n - 1)
    middle = (share + t**2 / (2 * worth)) / (1 + t**2 / worth)
    reach = t / (1 + t**2 / worth) * math.sqrt(spread / worth + t**2 / (4 * worth**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)
