"""Intervals of means of seeds by rows, against textbook forms where these exist, and against simulated truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from outgrow.intervals.crossed import FEWEST, Crossed, crossed, quantile, wilson
from outgrow.intervals.ratio import contains, fieller

RNG = np.random.default_rng(0)
TABLE = RNG.standard_normal((2, 4, 9))


def squares(seed: float, group: float, rest: float, *, seeds: int = 3, groups: int = 100) -> Crossed:
    """A table of one quantity with these mean squares."""
    one = np.ones((1, 1))
    return Crossed(
        mean=np.zeros(1), seed=seed * one, group=group * one, rest=rest * one, n_seeds=seeds, n_groups=groups
    )


def test_mean_squares_are_those_of_a_two_way_analysis_of_variance() -> None:
    found, values = crossed(TABLE), TABLE[0]
    a, b = values.shape
    mean, by_seed, by_row = values.mean(), values.mean(1), values.mean(0)
    assert found.mean[0] == pytest.approx(mean)
    assert found.seed[0, 0] == pytest.approx(b * ((by_seed - mean) ** 2).sum() / (a - 1))
    assert found.group[0, 0] == pytest.approx(a * ((by_row - mean) ** 2).sum() / (b - 1))
    rest = values - by_seed[:, None] - by_row[None] + mean
    assert found.rest[0, 0] == pytest.approx((rest**2).sum() / ((a - 1) * (b - 1)))


def test_a_difference_is_that_of_the_differences() -> None:
    both, alone = crossed(TABLE).estimate(1, -1), crossed(TABLE[:1] - TABLE[1:]).estimate(1)
    assert (both.value, both.error, both.freedom) == pytest.approx((alone.value, alone.error, alone.freedom))


def test_one_seed_gives_the_t_interval_of_its_rows() -> None:
    values = TABLE[:1, :1]
    found = crossed(values).estimate(1)
    assert found.freedom == values.size - 1
    assert found.error == pytest.approx(values.std(ddof=1) / math.sqrt(values.size))
    assert found.high == pytest.approx(found.value + 2.306 * found.error, abs=1e-3)  # t of 8 degrees of freedom


def test_where_seeds_alone_differ_it_is_the_t_interval_of_their_means() -> None:
    means = np.array([0.2, 0.5, 0.9])
    found = crossed(np.repeat(means[:, None], 50, axis=1)[None]).estimate(1)
    assert found.freedom == pytest.approx(2)
    assert found.error == pytest.approx(means.std(ddof=1) / math.sqrt(3))


def test_where_rows_alone_differ_it_is_the_t_interval_of_their_means() -> None:
    rows = RNG.standard_normal(40)
    found = crossed(np.repeat(rows[None], 5, axis=0)[None]).estimate(1)
    assert found.error == pytest.approx(rows.std(ddof=1) / math.sqrt(40))
    assert found.freedom == pytest.approx(39)


def test_freedom_lies_between_the_fewest_and_all() -> None:
    for seed in (0, 0.1, 0.5, 1, 2, 10, 1_000):
        for group in (0, 0.5, 1, 3, 100):
            assert 2 <= squares(seed, group, 1).estimate(1).freedom <= 2 * 99


def test_freedom_falls_as_seeds_come_to_differ_also_where_they_show_no_effect_yet() -> None:
    found = [squares(seed, 1, 1).estimate(1).freedom for seed in (0, 0.2, 0.6, 1, 2, 50)]
    assert found == sorted(found, reverse=True)
    assert found[0] == 2 * 99
    assert found[3] == pytest.approx(8, rel=0.1)
    assert found[-1] == pytest.approx(2, rel=0.01)


def test_an_error_is_never_below_that_of_the_rest() -> None:
    assert squares(0.1, 0.2, 1).estimate(1).error == pytest.approx(math.sqrt(1 / 300))
    assert squares(0.1, 3, 1).estimate(1).error == pytest.approx(math.sqrt(2.1 / 300))


def test_cells_that_all_agree_have_no_error() -> None:
    found = crossed(np.ones((1, 3, 20))).estimate(1)
    assert (found.value, found.error, found.low, found.high, found.p) == (1, 0, 1, 1, 0)
    assert crossed(np.zeros((1, 3, 20))).estimate(1).p == 1


@pytest.mark.parametrize("groups", range(1, FEWEST))
def test_few_groups_tell_nothing(groups: int) -> None:
    found = crossed(TABLE, np.arange(9) % groups).estimate(1, 0)
    assert found.value == pytest.approx(TABLE[0].mean())
    assert (found.low, found.high, found.p, found.detectable) == (None, None, None, None)


def test_copies_of_a_row_are_worth_one_row() -> None:
    alone, copied = crossed(TABLE), crossed(np.repeat(TABLE, 7, axis=2), np.repeat(np.arange(9), 7))
    one, other = alone.estimate(1, 0), copied.estimate(1, 0)
    assert (other.value, other.error, other.freedom) == pytest.approx((one.value, one.error, one.freedom))


def test_groups_of_unequal_size_are_those_of_the_linearised_ratio() -> None:
    values, groups = RNG.standard_normal((1, 1, 12)), np.array([0] * 5 + [1] * 4 + [2] * 2 + [3])
    sums = np.bincount(groups, values[0, 0] - values.mean())
    found = crossed(values, groups).estimate(1)
    assert found.value == pytest.approx(values.mean())
    assert found.error == pytest.approx(math.sqrt(4 * sums.var(ddof=1)) / 12)


def test_p_and_the_interval_agree() -> None:
    for shift in (0.0, 0.3, 0.6, 1.0, 2.0):
        found = crossed(TABLE[:1] + shift).estimate(1)
        assert found.p is not None
        assert found.low is not None
        assert found.high is not None
        assert (found.p < 0.05) == (not found.low <= 0 <= found.high)


def test_a_detectable_mean_is_seen_in_four_of_five_studies() -> None:
    rng, n = np.random.default_rng(1), 60
    detectable = crossed(rng.standard_normal((1, 1, n))).estimate(1).detectable
    assert detectable is not None
    seen = [crossed(rng.standard_normal((1, 1, n)) + 1 / math.sqrt(n) * 2.84).estimate(1).p for _ in range(400)]
    assert np.mean([p is not None and p < 0.05 for p in seen]) == pytest.approx(0.8, abs=0.06)
    assert detectable == pytest.approx(2.84 / math.sqrt(n), rel=0.3)


def test_a_share_of_independent_rows_has_wilsons_interval() -> None:
    n, right = 200, 170
    values = (np.arange(n) < right).astype(float)[None, None]
    found = wilson(crossed(values).estimate(1), n=n)
    assert found is not None
    p, z = right / n, quantile(n - 1)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert found == pytest.approx((middle - reach, middle + reach), rel=0.01)


@pytest.mark.parametrize(("right", "bound"), [(30, (0.85, 1.0)), (0, (0.0, 0.15))])
def test_a_share_of_all_or_none_still_has_a_width(right: int, bound: tuple[float, float]) -> None:
    values = (np.arange(30) < right).astype(float)[None, None]
    found = wilson(crossed(values).estimate(1), n=30)
    assert found is not None
    assert bound[0] <= found[0] < found[1] <= bound[1]


def gap(*, ceiling: float, rng: np.random.Generator, n: int = 400, seeds: int = 3) -> Crossed:
    """Weak, student and ceiling that get .6, .75 and so many right."""
    shares = np.array([0.6, 0.75, ceiling])[:, None, None]
    return crossed((rng.random((3, seeds, n)) < shares).astype(float))


TOP, BOTTOM = (-1.0, 1.0, 0.0), (-1.0, 0.0, 1.0)


def test_the_ends_of_a_ratio_are_where_its_contrast_is_just_not_zero() -> None:
    table = gap(ceiling=0.9, rng=np.random.default_rng(2))
    ends = fieller(table, TOP, BOTTOM)
    assert ends is not None
    for end in ends:
        found = table.estimate(*(np.array(TOP) - end * np.array(BOTTOM)))
        assert abs(found.value) == pytest.approx(quantile(found.freedom) * found.error, rel=1e-6)
    inside, outside = np.mean(ends), ends[1] + 0.01
    assert contains(table, TOP, BOTTOM, float(inside))
    assert not contains(table, TOP, BOTTOM, outside)


def test_one_seed_gives_fiellers_own_ends() -> None:
    """The roots of (t - r b)^2 = q^2 (v_tt - 2 r v_tb + r^2 v_bb)."""
    table = gap(ceiling=0.9, rng=np.random.default_rng(3), seeds=1)
    top, bottom = np.array(TOP), np.array(BOTTOM)
    covariance = table.group / table.n_groups
    t, b, q = float(top @ table.mean), float(bottom @ table.mean), quantile(table.n_groups - 1)
    v_tt, v_tb, v_bb = (float(x @ covariance @ y) for x, y in ((top, top), (top, bottom), (bottom, bottom)))
    roots = np.roots([b**2 - q**2 * v_bb, -2 * (t * b - q**2 * v_tb), t**2 - q**2 * v_tt])
    assert fieller(table, TOP, BOTTOM) == pytest.approx(sorted(roots.real), rel=1e-6)


def test_a_ratio_is_bounded_exactly_where_its_bottom_is_clearly_not_zero() -> None:
    rng = np.random.default_rng(4)
    bounded = []
    for _ in range(60):
        table = gap(ceiling=0.66, rng=rng)
        below = table.estimate(*BOTTOM)
        assert below.p is not None
        bounded.append(fieller(table, TOP, BOTTOM) is not None)
        assert bounded[-1] == (below.p < 0.05)
    assert 0 < sum(bounded) < 60, "both kinds are seen"


@pytest.mark.parametrize("spread", [0.0, 0.03])
def test_intervals_cover_the_truth(spread: float) -> None:
    """benchmarks/coverage.py measures this in 48 cells; here is one, so that a mistake shows at once."""
    rng, hits, studies = np.random.default_rng(5), 0, 400
    for _ in range(studies):
        shares = 0.8 + spread * rng.standard_normal((1, 5, 1))
        found = crossed((rng.random((1, 5, 300)) < shares).astype(float)).estimate(1)
        hits += found.low is not None and found.high is not None and found.low <= 0.8 <= found.high
    assert 0.92 <= hits / studies <= 0.985
