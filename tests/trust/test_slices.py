"""Slices: what each shows, which are marked, and how often one is marked by chance."""

from __future__ import annotations

import numpy as np
import pytest

from outgrow.errors import DataError
from outgrow.trust.intervals import prediction_powered
from outgrow.trust.slices import FEWEST, quarters, slices

RNG = np.random.default_rng(0)
N = 2_000
SOURCE = RNG.choice(["mail", "forum", "news", "chat"], N)
SURE = RNG.uniform(0.5, 1, N)
RIGHT = RNG.random(N) < np.where(SOURCE == "chat", 0.5, 0.9)
ROWS = RNG.permutation(N)[:300]


def test_the_worst_slice_stands_first_and_is_apart() -> None:
    found = slices(SURE, {"source": SOURCE}, rows=ROWS, right=RIGHT[ROWS])
    assert len(found.slices) == 4
    worst = found.slices[0]
    assert (worst.value, worst.apart) == ("chat", True)
    assert [one.accuracy for one in found.slices] == sorted(one.accuracy for one in found.slices)
    inside = SOURCE == "chat"
    assert (worst.n, worst.audited) == (inside.sum(), inside[ROWS].sum())
    own = ROWS[inside[ROWS]]
    place = np.cumsum(inside) - 1
    assert worst.estimate == prediction_powered(SURE[inside], place[own], RIGHT[own])
    assert found.whole == prediction_powered(SURE, ROWS, RIGHT[ROWS])
    assert "4 slices with 10 audited rows or more, inside and outside, compared with all other rows: " in found.words[0]


def test_by_chance_hardly_any_slice_is_marked() -> None:
    marked = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sure = rng.uniform(0.7, 1, 600)
        right = rng.random(600) < sure
        by = {"a": rng.integers(0, 5, 600), "b": rng.integers(0, 4, 600), "c": rng.integers(0, 3, 600)}
        rows = np.arange(150)
        marked += any(one.apart for one in slices(sure, by, rows=rows, right=right[rows]).slices)
    assert marked / 200 <= 0.09  # 5 % is meant, and this share has an error of 1.5


def test_without_an_audit_confidence_is_shown_and_called_weak() -> None:
    found = slices(SURE, {"source": SOURCE})
    assert found.whole is None
    assert all(one.estimate is None and one.p is None and not one.apart for one in found.slices)
    assert found.slices[0].accuracy == pytest.approx(min(SURE[one == SOURCE].mean() for one in set(SOURCE)))
    assert "weak evidence" in found.words[0]


def test_few_audited_rows_show_what_the_whole_audit_makes_of_confidence() -> None:
    sure = np.where(SOURCE == "chat", 0.6, 0.95)
    right = RNG.random(N) < sure - 0.1
    rows = np.concatenate([np.flatnonzero(SOURCE != "chat")[:200], np.flatnonzero(SOURCE == "chat")[:5]])
    found = slices(sure, {"source": SOURCE}, rows=rows, right=right[rows])
    chat = next(one for one in found.slices if one.value == "chat")
    assert chat.audited == 5
    assert chat.accuracy == chat.expected
    assert found.whole is not None
    assert chat.expected == pytest.approx(found.whole.value + found.whole.factor * (0.6 - sure.mean()))
    assert chat.estimate is not None
    assert chat.estimate.width > 0.4
    assert any(word.startswith("1 slice with fewer") for word in found.words)


def test_weights_of_a_stratified_sample_are_kept() -> None:
    rows = np.concatenate([np.arange(100), 1_000 + np.arange(50)])
    weights = np.repeat([10.0, 20.0], [100, 50])
    found = slices(SURE, {"all": ["all"] * N}, rows=rows, right=RIGHT[rows], weights=weights)
    assert found.slices[0].estimate == found.whole == prediction_powered(SURE, rows, RIGHT[rows], weights=weights)


def test_small_slices_are_counted_and_values_made_plain() -> None:
    values = ["\x1b[1m", *["b"] * (FEWEST - 1), *["\x1b[2m"] * (N - FEWEST)]
    found = slices(SURE, {"source": values}, rows=ROWS, right=RIGHT[ROWS])
    assert [one.value for one in found.slices] == [r"\x1b[2m"]
    assert f"2 values with fewer than {FEWEST} rows not shown" in found.words


def test_quarters_of_lengths() -> None:
    assert quarters([]) == []
    assert quarters([5, 5, 5]) == ["5 to 5 long"] * 3
    found = quarters(list(range(1, 101)))
    assert [found.count(one) for one in sorted(set(found))] == [25, 25, 25, 25]
    assert sorted(set(found)) == ["  1 to  25 long", " 26 to  50 long", " 51 to  75 long", " 76 to 100 long"]
    assert set(quarters([1, 1, 1, 1, 9])) == {"1 to 1 long", "9 to 9 long"}


def test_mistakes() -> None:
    with pytest.raises(DataError, match=r"column 'source' has 1 value for 2,000 rows"):
        slices(SURE, {"source": ["a"]})
