"""Scores of one's own: means, intervals, PGR, and when it must not be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import outgrow
from outgrow.errors import DataError
from outgrow.results.scores import ScoreEvaluation, evaluate_scores


def right(rng: np.random.Generator, share: float, *, seeds: int = 3, n: int = 600) -> np.ndarray:
    """Rights and wrongs [seeds, n], each row right with this probability."""
    return (rng.random((seeds, n)) < share).astype(float)


def study(*, ceiling: float = 0.9, **options: Any) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shares = {"weak": 0.6, "student": 0.75, "ceiling": ceiling}
    return {role: right(rng, share, **options) for role, share in shares.items()}


def test_means_pgr_and_intervals() -> None:
    scores = study()
    found = evaluate_scores(**scores)
    assert isinstance(found, ScoreEvaluation)
    assert (found.verdict, found.n_groups, found.n_seeds) == ("ok", 600, 3)
    means = {role: one.mean() for role, one in scores.items()}
    assert {role: one.value for role, one in found.scores.items()} == pytest.approx(means)
    assert found.pgr is not None
    expected = (means["student"] - means["weak"]) / (means["ceiling"] - means["weak"])
    assert found.pgr.value == pytest.approx(expected)
    assert found.pgr.low < 0.5 < found.pgr.high
    assert found.pgr.n == 1_800


def test_one_seed_may_come_without_its_axis() -> None:
    scores = study(seeds=1)
    found = evaluate_scores(**scores)
    assert found.n_seeds == 1
    assert found == evaluate_scores(**{role: one[0] for role, one in scores.items()})
    for one in found.scores.values():  # one seed's interval is that of a share of independent rows
        low, high = one.ends
        assert high - low == pytest.approx(2 * 1.96 * (one.value * (1 - one.value) / 600) ** 0.5, rel=0.03)


def test_it_is_there_under_the_package_s_own_name() -> None:
    assert outgrow.evaluate_scores is evaluate_scores


def test_groups_of_any_kind_widen_intervals_of_rows_that_agree() -> None:
    """Twenty copies of each row are worth no more than one of them."""
    scores = {role: np.repeat(one, 20, axis=1) for role, one in study(n=100).items()}
    by_name = [f"film {i // 20}" for i in range(2_000)]
    found, naive = evaluate_scores(**scores, groups=by_name), evaluate_scores(**scores)
    assert (found.n_groups, naive.n_groups) == (100, 2_000)

    def width(one: ScoreEvaluation) -> float:
        low, high = one.scores["student"].ends
        return high - low

    assert width(found) == pytest.approx(width(evaluate_scores(**study(n=100))), rel=0.02)
    assert width(found) > 3 * width(naive)
    assert found == evaluate_scores(**scores, groups=np.arange(2_000) // 20)


def test_no_gap_and_few_groups_withhold_pgr() -> None:
    same = evaluate_scores(**study(ceiling=0.6))
    assert (same.verdict, same.pgr) == ("no-gap", None)
    turned = study()
    turned["weak"], turned["ceiling"] = turned["ceiling"], turned["weak"]
    assert evaluate_scores(**turned).verdict == "no-gap"
    few = evaluate_scores(**study(n=600), groups=[i % 2 for i in range(600)])
    assert (few.verdict, few.pgr, few.n_groups) == ("few-groups", None, 2)
    assert few.scores["student"].low is None


def test_scores_that_are_no_shares_are_not_kept_between_0_and_1() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(3, 40))
    noise -= noise.mean()
    found = evaluate_scores(weak=noise - 3, student=noise + 0.5, ceiling=noise + 2)
    assert {one.form for one in found.scores.values()} == {"t"}, "a mean between 0 and 1 makes no share"
    assert evaluate_scores(**study()).scores["weak"].form == "wilson"
    low, high = found.scores["weak"].ends
    assert low < -3.1 < -2.9 < high
    assert found.pgr is not None
    assert found.pgr.value == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weak": np.zeros((2, 600))}, r"same seeds and rows are needed, and their shapes are .*\(2, 600\)"),
        ({"student": np.zeros((1, 3, 600))}, r"student: scores must have the shape \[seeds, n\].*not \[1, 3, 600\]"),
        ({"ceiling": np.zeros((3, 0))}, r"ceiling: scores must have the shape .*not \[3, 0\]"),
        ({"weak": [["right"] * 600] * 3}, "weak: scores must be numbers"),
        ({"weak": np.full((3, 600), np.nan)}, "weak: 1,800 scores are no numbers; leave such rows out"),
        ({"groups": ["a"] * 599}, "one for each of the 600 rows is needed, not 599"),
    ],
)
def test_what_cannot_be_evaluated_is_told(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate_scores(**study() | changes)
