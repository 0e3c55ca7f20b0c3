"""Intervals of accuracy: limiting cases that are textbook forms, mistakes in what is given, and simulated coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outgrow.errors import ConfigError, DataError
from outgrow.trust.intervals import Estimate, binomial, prediction_powered, wilson

RNG = np.random.default_rng(0)
SURE = RNG.uniform(0.5, 1, 1_000)
RIGHT = RNG.random(1_000) < SURE
ROWS = RNG.permutation(1_000)[:100]


def test_the_binomial_interval_is_wilsons() -> None:
    found = binomial(np.arange(10) < 9)
    assert (found.value, found.n, found.how) == (0.9, 10, "binomial")
    assert (found.low, found.high) == pytest.approx((0.5958, 0.9821), abs=1e-4)  # published for 9 of 10
    assert binomial(np.arange(10) < 9, level=0.9).width < found.width


@pytest.mark.parametrize("right", [[True], [False], [True] * 30, [False] * 30])
def test_where_all_agree_the_interval_has_a_width(right: list[bool]) -> None:
    found = prediction_powered(SURE, np.arange(len(right)), right)
    assert found.value == right[0]
    assert (found.low, found.high) == (found.value, found.high) if not right[0] else (found.low, found.value)
    assert found.width == pytest.approx(1.96**2 / (len(right) + 1.96**2), abs=1e-4)


def test_constant_confidence_gives_the_binomial_interval() -> None:
    found, plain = prediction_powered(np.full(1_000, 0.7), ROWS, RIGHT[ROWS]), binomial(RIGHT[ROWS])
    assert (found.value, found.low, found.high) == pytest.approx((plain.value, plain.low, plain.high))
    assert found.how == "binomial"


def test_confidence_that_is_right_leaves_the_error_of_the_rows_alone() -> None:
    found, all_rows = prediction_powered(RIGHT.astype(float), ROWS, RIGHT[ROWS]), binomial(RIGHT)
    assert (found.value, found.low, found.high) == pytest.approx((all_rows.value, all_rows.low, all_rows.high))
    assert found.factor == pytest.approx(1)


def test_of_these_rows_alone_nothing_is_left_to_know_once_all_are_audited() -> None:
    found = prediction_powered(SURE, np.arange(1_000), RIGHT, population=1_000)
    assert (found.low, found.value, found.high) == pytest.approx((RIGHT.mean(),) * 3)
    assert math.isinf(found.worth)


def test_the_fewer_rows_it_is_of_the_narrower() -> None:
    widths = [prediction_powered(SURE, ROWS, RIGHT[ROWS], population=of).width for of in (1_000, 2_000, 10**9, None)]
    assert widths == sorted(widths)
    assert widths[2] == pytest.approx(widths[3])
    assert widths[0] < widths[1] < widths[2]


def test_the_estimate_is_the_regression_estimator_of_survey_sampling() -> None:
    sure, right = SURE[ROWS], RIGHT[ROWS].astype(float)
    slope, _ = np.polyfit(sure, right, 1)
    assert 0 < slope < 1.5
    found = prediction_powered(SURE, ROWS, right)
    assert found.factor == pytest.approx(min(slope, 1))
    assert found.value == pytest.approx(right.mean() + found.factor * (SURE.mean() - sure.mean()))


def test_probabilities_of_classes_give_the_confidence_of_the_answer() -> None:
    both = np.stack([1 - SURE, SURE], 1)
    assert prediction_powered(both, ROWS, RIGHT[ROWS]) == prediction_powered(SURE, ROWS, RIGHT[ROWS])


def test_confidence_against_the_truth_is_left_out() -> None:
    found = prediction_powered(1 - SURE, ROWS, RIGHT[ROWS])
    assert (found.factor, found.how) == (0, "binomial")


def stratified(rng: np.random.Generator, *, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of 0 ... 199 and of 200 ... 999, and their weights."""
    rows = np.concatenate([rng.choice(200, first, replace=False), 200 + rng.choice(800, second, replace=False)])
    return rows, np.repeat([200 / first, 800 / second], [first, second])


def test_a_stratified_estimate_weighs_strata_by_their_rows() -> None:
    right = np.arange(1_000) >= 200  # all of the first stratum are wrong, all of the second right
    rows, weights = stratified(RNG, first=50, second=50)
    for found in (binomial(right[rows], weights=weights), prediction_powered(SURE, rows, right[rows], weights=weights)):
        assert found.value == pytest.approx(0.8)
        assert found.low < 0.8 < found.high
        assert "2 strata" in found.how
    assert binomial(right[rows], weights=weights).width < binomial(right[rows]).width


def test_a_stratified_estimate_is_unbiased() -> None:
    rng = np.random.default_rng(1)
    sure = np.where(np.arange(1_000) < 200, rng.uniform(0.5, 0.7, 1_000), rng.uniform(0.9, 1, 1_000))
    right = rng.random(1_000) < np.where(np.arange(1_000) < 200, 0.5, 0.95)
    found = []
    for _ in range(400):
        rows, weights = stratified(rng, first=40, second=30)
        found.append(prediction_powered(sure, rows, right[rows], weights=weights).value)
    assert np.mean(found) == pytest.approx(right.mean(), abs=3 * float(np.std(found)) / 20)


def test_weights_may_be_of_any_scale() -> None:
    rows, weights = stratified(RNG, first=30, second=70)
    one = prediction_powered(SURE, rows, RIGHT[rows], weights=weights)
    other = prediction_powered(SURE, rows, RIGHT[rows], weights=weights / weights.mean())
    assert (one.value, one.width) == pytest.approx((other.value, other.width))


def test_weights_that_no_rows_share_are_one_stratum() -> None:
    found = binomial(RIGHT[ROWS], weights=1 + RNG.random(100))
    assert found.how == "binomial"
    assert found.width == pytest.approx(binomial(RIGHT[ROWS]).width, rel=0.2)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60), st.floats(0, 1), st.integers(0, 2**32), st.sampled_from([None, 80, 1_000]), st.booleans()
)  # fmt: skip
def test_an_interval_lies_between_0_and_1_around_its_value(
    n: int, accuracy: float, seed: int, population: int | None, weighted: bool
) -> None:
    rng = np.random.default_rng(seed)
    sure, rows = rng.random(80), rng.permutation(80)[:n]
    weights = rng.choice([1.0, 2.0, 5.0], n) if weighted else None
    found = prediction_powered(sure, rows, rng.random(n) < accuracy, weights=weights, population=population)
    assert isinstance(found, Estimate)
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12 <= 1 + 2e-12
    assert 0 <= found.factor <= 1
    assert found.worth >= n * 0.999 or weighted


@pytest.mark.parametrize(
    ("confidence", "rows", "right", "options", "said"),
    [
        (SURE, [], [], {}, "no row is audited"),
        ([], [], [], {}, "of one row at least"),
        ([0.5, 1.5], [0], [True], {}, "confidence of row 1 is 1.5"),
        ([0.5, math.nan], [0], [True], {}, "confidence of row 1 is nan"),
        ([0.5, 0.6], [2], [True], {}, "audited row 2 is none of 2 rows"),
        ([0.5, 0.6], [1, 1], [True, False], {}, "audited row 1 is given 2 times"),
        ([0.5, 0.6], [1, 0], [True], {}, "2 audited rows, but 1 answer"),
        ([0.5, 0.6], [0], [2], {}, "true or false"),
        ([0.5, 0.6], [0], [1], {"weights": [0.0]}, "above 0"),
        ([0.5, 0.6], [0], [1], {"weights": [1.0, 2.0]}, "for 1 audited row"),
        ([0.5, 0.6], [0], [1], {"level": 95}, "level = 95"),
        ([0.5, 0.6], [0], [1], {"population": 1}, "population = 1"),
    ],
)
def test_mistakes(confidence: object, rows: object, right: object, options: dict[str, object], said: str) -> None:
    with pytest.raises((DataError, ConfigError), match=said):
        prediction_powered(confidence, rows, right, **options)  # type: ignore[arg-type]


def test_wilson_of_everything_known_is_a_point() -> None:
    assert wilson(0.4, math.inf) == (0.4, 0.4)


@pytest.mark.parametrize(("accuracy", "n"), [(0.75, 100), (0.9, 100), (0.97, 100), (0.9, 30)])
def test_coverage(accuracy: float, n: int) -> None:
    """benchmarks/trust.py measures this in 96 cells; here are some, so that a mistake shows at once."""
    rng = np.random.default_rng(round(100 * accuracy) + n)
    hits, widths, plain = 0, 0.0, 0.0
    middle = 2 * accuracy - 1
    for _ in range(500):
        sure = 0.5 + 0.5 * rng.beta(1.5 * middle, 1.5 * (1 - middle), 2_000)
        right = rng.random(2_000) < sure
        found = prediction_powered(sure, np.arange(n), right[:n])
        hits += found.low <= accuracy <= found.high
        widths += found.width
        plain += binomial(right[:n]).width
    assert 0.93 <= hits / 500 <= 0.98
    assert widths < 0.97 * plain
