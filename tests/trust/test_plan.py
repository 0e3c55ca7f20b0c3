"""How many rows to check, and which: against what an interval turns out to be, and what must not depend on the plan."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outgrow.errors import ConfigError, DataError
from outgrow.trust.design import STRATA, Design, draw, random_design, stratified_design
from outgrow.trust.intervals import prediction_powered
from outgrow.trust.plan import How, Plan, plan
from outgrow.trust.strata import cut, sampling_weights, spread

RNG = np.random.default_rng(0)
SURE = 0.5 + 0.5 * RNG.beta(1.2, 0.3, 4_000)  # 90 % on average
CLASSES = RNG.integers(0, 3, 4_000)


def made(width: float = 0.1, *, how: How | None = None, seed: int = 0) -> Plan:
    return plan(SURE, CLASSES, width=width, how=how, seed=seed)


@pytest.mark.parametrize("how", ["random", "stratified"])
def test_the_interval_is_about_as_wide_as_expected(how: How) -> None:
    found = made(0.08, how=how)
    rng, widths = np.random.default_rng(1), []
    for seed in range(60):
        drawn = made(0.08, how=how, seed=seed)
        right = rng.random(4_000) < SURE
        widths.append(prediction_powered(SURE, drawn.rows, right[drawn.rows], weights=drawn.weights).width)
    assert found.width <= 0.08
    assert np.mean(widths) == pytest.approx(0.08, rel=0.08)
    assert max(widths) < found.widest


def test_a_stratified_sample_needs_fewer_rows_where_confidence_differs() -> None:
    assert made().how == "stratified"
    assert made(how="stratified").n < 0.8 * made(how="random").n


def test_where_confidence_is_the_same_a_random_sample_does() -> None:
    found = plan(np.full(1_000, 0.8), np.zeros(1_000), width=0.15, seed=0)
    assert found.how == "random"
    assert found.width == pytest.approx(0.15, abs=0.002)
    assert found.n == pytest.approx(1.96**2 * 0.8 * 0.2 * 4 / 0.15**2, rel=0.1)  # of the normal interval


def test_weights_add_up_to_all_rows_and_a_stratum_has_one_weight() -> None:
    for how in ("random", "stratified"):
        found = made(how=how)
        assert found.weights.sum() == pytest.approx(4_000)
        drawn = found.strata[found.rows]
        assert all(len(set(found.weights[drawn == one])) == 1 for one in set(drawn))
        assert len(set(found.strata)) == (STRATA if how == "stratified" else 1)


def test_each_predicted_class_gets_its_share_of_a_stratum() -> None:
    found = made(0.05, how="stratified")
    for stratum in range(STRATA):
        inside = found.strata == stratum
        drawn = found.rows[inside[found.rows]]
        share = np.bincount(CLASSES[inside], minlength=3) / inside.sum()
        assert np.abs(np.bincount(CLASSES[drawn], minlength=3) - share * len(drawn)).max() <= 1.5


def test_rows_of_a_stratum_are_drawn_with_the_same_probability() -> None:
    sure, none = np.linspace(0.5, 1, 60), np.zeros(60, bool)
    design = stratified_design(sure, none, 20)
    times = np.zeros(60)
    for seed in range(2_000):
        times[draw(design, earlier=none, classes=np.arange(60) % 4, rng=np.random.default_rng(seed))] += 1
    expected = 2_000 * (design.n / np.bincount(design.strata))[design.strata]
    assert np.abs(times - expected).max() < 5 * np.sqrt(2_000 / 4)


def test_the_seed_decides_the_rows_and_their_order_tells_nothing() -> None:
    assert list(made().rows) == list(made().rows)
    assert set(made().rows) != set(made(seed=1).rows)
    found = made(0.05)
    assert abs(np.corrcoef(np.arange(found.n), SURE[found.rows])[0, 1]) < 0.15
    assert len(set(found.rows)) == found.n


def test_rows_audited_earlier_count_and_are_not_drawn_again() -> None:
    for how in ("random", "stratified"):
        first = made(0.15, how=how)
        right = RNG.random(4_000) < SURE
        second = plan(
            SURE, CLASSES, width=0.1, seed=1, known=first.rows, right=right[first.rows], weights=first.weights
        )  # fmt: skip
        assert not set(first.rows) & set(second.rows)
        assert second.known == first.n
        assert second.how == "stratified"  # the same strata, or strata after a random sample
        every = np.concatenate([first.rows, second.rows])
        weights = sampling_weights(second.strata, every)
        assert list(weights[first.n :]) == list(second.weights)
        assert prediction_powered(SURE, every, right[every], weights=weights).width < 0.12
        assert f"{first.n} rows audited earlier count" in second.words[0]


def test_strata_stay_the_same_from_round_to_round() -> None:
    first = made(0.15, how="stratified")
    right = np.ones(first.n, bool)
    second = plan(SURE, CLASSES, width=0.05, seed=1, known=first.rows, right=right, weights=first.weights)
    assert (first.strata == second.strata).all()


def test_what_was_audited_corrects_what_confidence_promises() -> None:
    first = made(0.2, how="random")
    right = np.arange(first.n) % 2 == 0  # half of the answers are wrong, whatever confidence says
    second = plan(SURE, CLASSES, width=0.1, seed=1, known=first.rows, right=right, how="random")
    assert second.n + first.n > 3 * made(how="random").n


@pytest.mark.parametrize("how", ["random", "stratified"])
def test_a_few_right_answers_are_no_reason_to_stop(how: How) -> None:
    sure = np.full(4_000, 0.97) + RNG.uniform(-0.02, 0.02, 4_000)
    first = plan(sure, CLASSES, width=0.3, seed=0, how=how)
    assert first.n == 20  # and no fewer
    right = np.ones(first.n, bool)
    second = plan(sure, CLASSES, width=0.1, seed=1, known=first.rows, right=right, weights=first.weights)
    assert second.n > 40


def test_enough_is_said_to_be_enough() -> None:
    rows = np.arange(2_000)
    found = plan(SURE, CLASSES, width=0.2, seed=0, known=rows, right=RNG.random(2_000) < SURE[rows], how="random")
    assert found.n == 0
    assert "no further row" in found.words[-1]


def test_words_say_rows_width_and_what_others_cost() -> None:
    found = made()
    said = " ".join(found.words)
    assert f"check {found.n} rows" in said
    assert "from one end to the other" in said
    assert f"{found.widest:.3f}" in said
    assert [one.width for one in found.costs] == [0.2, 0.1, 0.05]
    counts = [one.random for one in found.costs if one.random]
    assert counts == sorted(counts)
    assert f"0.05: {counts[-1]:,} random" in said


def test_a_width_that_all_rows_would_not_give() -> None:
    with pytest.raises(ConfigError, match=r"even all 400 rows would give an interval of 0.0\d+.*population=400"):
        plan(SURE[:400], CLASSES[:400], width=0.01, seed=0)
    found = plan(SURE[:400], CLASSES[:400], width=0.01, seed=0, population=400)
    assert found.n < 400
    assert "0.05: more than there are" in plan(SURE[:300], CLASSES[:300], width=0.15, seed=0).words[-1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"width": 0.0}, "width = 0.0"),
        ({"width": 1.5}, "width = 1.5"),
        ({"how": "all"}, "how = 'all'"),
        ({"level": 1.0}, "level = 1.0"),
        ({"known": [1, 1], "right": [True, True]}, "given 2 times"),
        ({"known": [1]}, "no row is audited"),
        (
            {"how": "random", "known": np.arange(4), "right": [1, 1, 0, 1], "weights": [1, 1, 2, 2]},
            "are stratified; leave how out",
        ),
    ],
)
def test_mistakes(options: dict[str, object], said: str) -> None:
    with pytest.raises((ConfigError, DataError), match=said):
        plan(SURE, CLASSES, **{"width": 0.1, "seed": 0, **options})  # type: ignore[arg-type]
    with pytest.raises(DataError, match="predicted classes"):
        plan(SURE, CLASSES[:7], width=0.1, seed=0)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 2**32))
def test_a_design_fits_its_rows(n: int, known: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sure, earlier = rng.random(60), np.zeros(60, bool)
    earlier[rng.permutation(60)[:known]] = True
    design = stratified_design(sure, earlier, max(n, known))
    size, there = np.bincount(design.strata), np.bincount(design.strata[earlier], minlength=len(design.n))
    assert (there <= design.n).all()
    assert (design.n <= size).all()
    assert design.n.sum() == max(n, known)
    rows = draw(design, earlier=earlier, classes=rng.integers(0, 3, 60), rng=rng)
    assert len(set(rows)) == len(rows) == max(n, known) - known
    assert not earlier[rows].any()
    assert (np.bincount(design.strata[rows], minlength=len(size)) + there == design.n).all()


def test_strata_have_the_same_sum_of_deviations() -> None:
    strata = cut(SURE, 5)
    sums = np.bincount(strata, spread(SURE))
    assert sums == pytest.approx(np.full(5, sums.mean()), rel=0.01)
    assert (np.diff([SURE[strata == one].mean() for one in range(5)]) > 0).all()


def test_a_stratum_that_nobody_checked_is_told() -> None:
    with pytest.raises(DataError, match="no row of stratum 1 is audited, and 2 rows"):
        sampling_weights(np.array([0, 0, 1, 1]), np.array([0]))


def test_a_random_design_is_one_stratum() -> None:
    design = random_design(np.zeros(9, bool), 4)
    assert isinstance(design, Design)
    assert (design.strata.tolist(), design.n.tolist()) == ([0] * 9, [4])
