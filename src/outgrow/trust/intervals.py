"""Intervals of accuracy from a few audited rows: the binomial one, and one that confidence on all rows makes narrower.

The prediction-powered estimate is mean confidence over all rows plus the mean correction over the audited ones, each
with confidence times a factor from 0 to 1 that the audited rows choose (Angelopoulos et al. 2023, PPI and PPI++; in
survey sampling, the regression estimator). Intervals are Wilson's (1927), with as many rows as the estimate is worth:
they stay between 0 and 1 and have a width where all audited rows are right. `benchmarks/trust.py` measures coverage.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from outgrow.errors import ConfigError, DataError
from outgrow.plain import counted
from outgrow.trust.given import check_level, checked_confidence, checked_right, checked_rows, checked_weights
from outgrow.trust.strata import Strata, by_weight

LEVEL = 0.95
FEWEST = 4  # degrees of freedom of residuals; with fewer, confidence is left out
PRIOR = 2.0
"""Rows of overall accuracy that each stratum is thought to have besides its own: a few rows that are all right do not
make a stratum free of errors. With 2, the means of cells in `benchmarks/trust.py`
are .937 to .965."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An accuracy and its interval.

    Args:
        value: the estimate, 0 to 1.
        low, high: ends of the interval.
        n: audited rows.
        how: it was made, in words.
        worth: the size of a simple random sample whose accuracy would be known as well.
        factor: that confidence is taken with: 0 where it does not help, 1 where it is calibrated.
    """

    value: float
    low: float
    high: float
    n: int
    how: str
    worth: float
    factor: float = 0.0

    @property
    def width(self) -> float:
        """From one end to the other."""
        return self.high - self.low


def binomial(right: ArrayLike, *, level: float = LEVEL, weights: ArrayLike | None = None) -> Estimate:
    """The share of right answers among audited rows, with Wilson's interval.

    Args:
        right: whether each audited answer is right, bool [n].
        level: share of intervals that hold the truth.
        weights: of a sample that is no simple random one: one over each row's probability, [n]; rows of one weight are
            a stratum.
    """
    found = checked_right(right)
    own = checked_weights(weights, n=len(found))
    total = math.inf if weights is None else max(own.sum(), len(found))
    return _estimate(None, 0.0, found, by_weight(own), total, math.inf, level)


def prediction_powered(
    confidence: ArrayLike, rows: ArrayLike, right: ArrayLike, *, weights: ArrayLike | None = None,
    population: int | None = None, level: float = LEVEL,
) -> Estimate:  # fmt: skip
    """Accuracy from confidence on all rows and the truth of some.

    Unbiased but for terms of order 1 / n, whether confidence is calibrated or not, and worth no fewer rows than are
    audited at random. Where confidence is the same for all rows, it is the binomial estimate.

    Args:
        confidence: the model's probability of its answer, [N], or of each class, [N, K].
        rows: numbers of the audited rows, int [n], drawn at random.
        right: whether each audited answer is right, bool [n].
        weights: one over the probability that each audited row was drawn with, [n]; None for a simple random sample.
            Rows of one weight are a stratum.
        population: how many rows the accuracy is of: the N given, or more of which they are a random part. None for
            all rows of this kind, also those to come.
        level: share of intervals that hold the truth.

    Raises:
        DataError: no row is audited, or what is given does not fit together.
        ConfigError: `population` is smaller than N.
    """
    sure = checked_confidence(confidence)
    found = checked_right(right)
    audited = checked_rows(rows, of=len(sure))
    if len(audited) != len(found):
        raise DataError(
            f"{counted(len(audited), 'audited row')}, but {counted(len(found), 'answer')}: give one for each"
        )
    if population is not None and population < len(sure):
        raise ConfigError(
            f"population = {population:,}, but there are {len(sure):,} rows: the accuracy is of these rows at least"
        )
    own = checked_weights(weights, n=len(found))
    strata = by_weight(own * (len(sure) / own.sum()))
    whole = math.inf if population is None else float(population)
    return _estimate(sure[audited], float(sure.mean()), found, strata, float(len(sure)), whole, level)


def _estimate(
    sure: np.ndarray | None, mean: float, right: np.ndarray, strata: Strata, total: float, whole: float, level: float
) -> Estimate:
    """Of `total` rows that are a random part of a `whole`; `mean` is their confidence, `sure` that of audited rows."""
    check_level(level)
    n, share = len(right), strata.share
    by_stratum = strata.mean(right)
    each = share**2 * (1 - np.minimum(strata.n / (share * total), 1)) / strata.n  # times a variance: of its mean
    value, factor, left = float(share @ by_stratum), 0.0, 1.0
    if sure is not None:
        factor, left = _factor(sure, right, strata, each)
        value += factor * (mean - float(share @ strata.mean(sure)))
    value = min(1.0, max(0.0, value))
    overall = (n * value + 0.5) / (n + 1)
    shrunk = (strata.n * by_stratum + PRIOR * overall) / (strata.n + PRIOR)
    middle = float(share @ shrunk)
    of_rows = middle * (1 - middle) * (1 / total - 1 / whole)
    variance = of_rows + left * float(each @ (shrunk * (1 - shrunk)))
    worth = middle * (1 - middle) / variance if variance > 0 else math.inf
    low, high = wilson(value, worth, level=level)
    parts = f", {len(strata.n)} strata" if len(strata.n) > 1 else ""
    how = f"prediction-powered, confidence x {factor:.2f}" if factor else "binomial"
    return Estimate(value=value, low=low, high=high, n=n, how=how + parts, worth=worth, factor=factor)


def _factor(sure: np.ndarray, right: np.ndarray, strata: Strata, each: np.ndarray) -> tuple[float, float]:
    """What confidence is multiplied with, and which share of the variance within strata is left then.

    Between 0 and 1, so that few audited rows cannot make much of little; 0 where it would leave no less than all.
    """
    freedom = len(right) - len(strata.n)
    if freedom < FEWEST:
        return 0.0, 1.0
    weight = (each / np.maximum(strata.n - 1, 1))[strata.of]
    if not weight.any():  # all rows are audited
        weight = np.ones(len(right))
    a, b = sure - strata.mean(sure)[strata.of], right - strata.mean(right)[strata.of]
    own, shared, all_ = (float(weight @ product) for product in (a * a, a * b, b * b))
    if own <= 1e-12 * weight.sum() or all_ == 0:
        return 0.0, 1.0
    factor = min(1.0, max(0.0, shared / own))
    left = max(0.0, all_ - 2 * factor * shared + factor**2 * own) / all_ * freedom / (freedom - 1)
    return (factor, left) if left < 1 else (0.0, 1.0)


def wilson(share: float, worth: float, *, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of a share that is known as well as from `worth` rows."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    if math.isinf(worth):
        return share, share
    middle = (share + z**2 / (2 * worth)) / (1 + z**2 / worth)
    reach = z / (1 + z**2 / worth) * math.sqrt(share * (1 - share) / worth + z**2 / (4 * worth**2))
    return (0.0 if share == 0 else max(0.0, middle - reach)), (1.0 if share == 1 else min(1.0, middle + reach))
