"""Guesses without truth: each is right where its assumption holds, and bounds hold always."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outgrow.errors import DataError
from outgrow.trust.label_free import (
    WEAK,
    agreements,
    from_teacher,
    from_triplets,
    guesses,
    most_on_average,
    of_copies,
    sentences,
    thresholded_confidence,
)

RNG = np.random.default_rng(0)


def answered(truth: np.ndarray, accuracy: float, k: int) -> np.ndarray:
    """Answers with errors spread evenly over the other classes."""
    wrong = (truth + RNG.integers(1, k, len(truth))) % k
    return np.where(RNG.random(len(truth)) < accuracy, truth, wrong)


@pytest.mark.parametrize("k", [2, 3, 10])
def test_triplets_find_accuracies_of_independent_members(k: int) -> None:
    truth = RNG.choice(k, 40_000, p=np.arange(1, k + 1) / np.arange(1, k + 1).sum())
    members = np.stack([answered(truth, one, k) for one in (0.85, 0.7, 0.75)])
    for which, accuracy in enumerate((0.85, 0.7, 0.75)):
        found = from_triplets(members, n_classes=k, which=which)
        assert found is not None
        assert found.value == pytest.approx(accuracy, abs=0.02)


def test_triplets_of_many_give_a_range_and_chance_gives_nothing() -> None:
    truth = RNG.integers(0, 2, 40_000)
    members = np.stack([answered(truth, one, 2) for one in (0.8, 0.7, 0.7, 0.9, 0.5)])
    found = from_triplets(members, n_classes=2)
    assert found is not None
    assert isinstance(found.value, tuple)
    assert found.value == pytest.approx((0.8, 0.8), abs=0.03)
    assert from_triplets(members[[0, 4, 4]], n_classes=2) is None
    assert from_triplets(members[:2], n_classes=2) is None


def test_agreement_counts_rows_that_both_answer() -> None:
    found = agreements(np.array([[0, 1, 1, -1], [0, 0, -1, -1], [-1, -1, -1, 1]]))
    assert found[0, 1] == 0.5
    assert found[0, 0] == 1
    assert np.isnan(found[1, 2])


def test_thresholded_confidence_is_right_where_confidence_tells_the_same() -> None:
    sure = RNG.random(5_000)
    right = RNG.random(5_000) < sure
    found = thresholded_confidence(sure, elsewhere=sure, right=right)
    assert found.value == pytest.approx(right.mean(), abs=1e-3)
    assert thresholded_confidence(sure, elsewhere=sure, right=np.zeros(5_000)).value == 0
    assert thresholded_confidence(sure, elsewhere=sure, right=np.ones(5_000)).value == 1
    with pytest.raises(DataError, match="5,000 rows elsewhere, but the answers to 1"):
        thresholded_confidence(sure, elsewhere=sure, right=[True])


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 5), st.integers(2, 4), st.integers(1, 40), st.integers(0, 2**32))
def test_bounds_hold_whatever_the_errors_are(m: int, k: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, members = rng.integers(0, k, n), rng.integers(0, k, (m, n))
    accuracies = (members == truth).mean(1)
    bound = most_on_average(members).value
    assert isinstance(bound, tuple)
    assert accuracies.mean() <= bound[1] + 1e-9
    own = from_teacher(float(agreements(members)[0, 1]), float(accuracies[1])).value
    assert isinstance(own, tuple)
    assert own[0] - 1e-9 <= accuracies[0] <= own[1] + 1e-9


def test_copies_that_differ_only_where_they_are_unsure() -> None:
    chance = RNG.uniform(0.5, 1, 20_000)
    truth = RNG.random(20_000) < chance
    copies = RNG.random((2, 20_000)) < chance  # together they are calibrated
    found = of_copies(copies.astype(np.int64))
    assert found.value == pytest.approx((copies[0] == truth).mean(), abs=0.02)


def test_all_guesses_that_what_is_given_allows() -> None:
    truth = RNG.integers(0, 3, 3_000)
    own = answered(truth, 0.8, 3)
    model = np.where(np.eye(3)[own] > 0, 0.8, 0.1)
    weak = np.stack([answered(truth, 0.7, 3), answered(truth, 0.6, 3)])
    found = guesses(model, others=weak, copies=own, teacher=0.7, elsewhere=(model, own == truth))
    assert [one.name for one in found] == [
        "mean confidence",
        "average thresholded confidence",
        "agreement of copies",
        "from the weak labels' accuracy",
        "mean accuracy of all members",
        "agreement of three",
    ]
    assert found[0].value == pytest.approx(0.8)
    assert found[2].value == 1  # a copy of itself says nothing, which its assumption tells
    same = guesses(np.full(3_000, 0.8), predicted=own, n_classes=3, others=weak)
    assert same[-1] == found[-1]
    words = sentences(found)
    assert words[0] == WEAK
    assert len(words) == 7
    assert all(one.assumption in line for one, line in zip(found, words[1:], strict=True))
    assert [one.name for one in guesses(model)] == ["mean confidence"]


def test_mistakes() -> None:
    with pytest.raises(DataError, match="give predicted and n_classes"):
        guesses([0.5, 0.6], others=[[0, 1]])
    with pytest.raises(DataError, match=r"labels of shape \[1, 3\] for 2 rows"):
        guesses([[0.5, 0.5], [0.4, 0.6]], others=[[0, 1, 1]])
