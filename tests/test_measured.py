"""Arithmetic with means: against the exact forms where these exist, and against simulated truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from outgrow.intervals.crossed import crossed
from outgrow.intervals.measured import average, mean, slope, total
from outgrow.intervals.ratio import fieller

RNG = np.random.default_rng(0)
TABLE = RNG.random((3, 4, 50))


def test_a_difference_is_that_of_the_crossed_table() -> None:
    a, b, _ = map(mean, TABLE)
    exact, ours = crossed(TABLE[:2]).estimate(1, -1), (a - b).estimate()
    assert (ours.value, ours.error, ours.freedom) == pytest.approx((exact.value, exact.error, exact.freedom))
    grouped = crossed(TABLE[:1], np.arange(50) // 5).estimate(1)
    ours = mean(TABLE[0], np.arange(50) // 5).estimate()
    assert (ours.value, ours.error) == pytest.approx((grouped.value, grouped.error))


def test_values_follow_the_rules_of_arithmetic() -> None:
    a, b, c = map(mean, TABLE)
    made = (2 * a - b + 1) / c * 3 - 1
    assert made.value == pytest.approx((2 * a.value - b.value + 1) / c.value * 3 - 1)
    assert (1 - a).value == pytest.approx(1 - a.value)
    assert (a * b / b).estimate().error == pytest.approx(a.estimate().error)
    assert (a - a).estimate().error == 0
    assert average([a, b, c]).value == pytest.approx(total([a, b, c]).value / 3)


def test_influences_are_derivatives() -> None:
    """Of a ratio, against the change of the value when one cell counts a little more."""
    a, b = TABLE[:2]
    made = mean(a) / mean(b)
    step = 1e-5
    weights = np.full(a.shape, 1.0)
    weights[2, 7] += step
    moved = (weights * a).sum() / (weights * b).sum()
    assert (moved - made.value) / step * a.size == pytest.approx(made.influence[2, 7], rel=1e-3)
    assert made.influence.mean() == pytest.approx(0, abs=1e-12)


def test_a_ratio_to_nothing_is_no_number() -> None:
    zero = mean(np.zeros((4, 50)))
    assert math.isnan((mean(TABLE[0]) / zero).value)
    assert (mean(TABLE[0]) / zero).estimate().low is None


def test_of_a_ratio_the_interval_is_near_fiellers_where_the_gap_is_wide() -> None:
    drawn = (RNG.random((3, 5, 4000)) < np.array([0.6, 0.75, 0.9])[:, None, None]).astype(float)
    weak, student, ceiling = map(mean, drawn)
    ours = ((student - weak) / (ceiling - weak)).estimate()
    ends = fieller(crossed(drawn), (-1, 1, 0), (-1, 0, 1))
    assert ends is not None
    assert (ours.low, ours.high) == pytest.approx(ends, abs=0.003)


def test_a_slope_keeps_an_intercept_for_each_kind() -> None:
    points = [(x, kind) for kind in (0, 1) for x in (1.0, 2.0, 4.0)]
    ys = [mean(np.full((2, 3), 0.25 * x + 5 * kind)) for x, kind in points]
    found = slope([x for x, _ in points], ys, [kind for _, kind in points])
    assert found is not None
    assert found.value == pytest.approx(0.25)
    assert slope([1.0, 2.0], ys[:2], ["a", "b"]) is None


def test_parts_add_up_to_the_squared_error() -> None:
    seeds, rows = RNG.standard_normal((8, 1)), RNG.standard_normal((1, 300))
    made = mean(seeds + rows + RNG.standard_normal((8, 300)))
    assert sum(made.parts()) == pytest.approx(made.estimate().error ** 2)
    assert made.parts().seeds > 10 * made.parts().rows
    alone = mean(rows)
    assert sum(alone.parts()) == pytest.approx(alone.estimate().error ** 2)


@pytest.mark.parametrize(("seeds", "spread"), [(3, 0.0), (3, 0.03), (20, 0.01)])
def test_intervals_of_slopes_cover_the_truth(seeds: int, spread: float) -> None:
    """Three pairs that share their supervisor and their rows; 300 studies, of which chance alone moves 3 %."""
    rng, truth, hits = np.random.default_rng([seeds, round(1000 * spread)]), (0.6, 0.4, 0.2), 0
    ceilings = (0.75, 0.85, 0.95)
    shares = np.array([0.6, *ceilings, *(0.6 + p * (c - 0.6) for p, c in zip(truth, ceilings, strict=True))])
    for _ in range(300):
        hard = rng.random(800)
        moved = shares[:, None, None] + spread * rng.standard_normal((7, seeds, 1))
        noise = rng.random((7, seeds, 800))
        weak, *others = map(mean, (np.where(noise < 0.5, hard, rng.random((7, seeds, 800))) < moved).astype(float))
        pgrs = [(student - weak) / (top - weak) for top, student in zip(others[:3], others[3:], strict=True)]
        found = slope([0, 1, 2], pgrs, ["same"] * 3)
        assert found is not None
        ends = found.estimate()
        assert ends.low is not None
        assert ends.high is not None
        hits += ends.low <= -0.2 <= ends.high
    assert 0.91 <= hits / 300 <= 0.995
