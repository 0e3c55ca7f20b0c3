"""Findings: verdicts by interval, and what would decide."""

from __future__ import annotations

import re

import numpy as np
import pytest

from outgrow.analyses.bases.finding import Above, Below, Finding, Within, finding
from outgrow.intervals.measured import Parts, mean


def at(value: float, low: float | None, high: float | None, predicted: Within, seeds: int = 3) -> Finding:
    return Finding(about="it", value=value, low=low, high=high, seeds=seeds, n=100, predicted=predicted)


@pytest.mark.parametrize(
    ("low", "high", "predicted", "verdict"),
    [
        (0.1, 0.3, Above(0), "holds"),
        (-0.1, 0.3, Above(0), "undecided"),
        (-0.3, -0.1, Above(0), "fails here"),
        (-0.3, -0.1, Below(0), "holds"),
        (0.1, 0.3, Below(0), "fails here"),
        (-0.05, 0.05, Within(-0.1, 0.1), "holds"),
        (-0.05, 0.15, Within(-0.1, 0.1), "undecided"),
        (0.12, 0.15, Within(-0.1, 0.1), "fails here"),
        (-0.2, -0.15, Within(-0.1, 0.1), "fails here"),
        (0.0, 0.0, Above(0), "undecided"),
        (None, None, Above(0), "undecided"),
    ],
)
def test_an_interval_gives_the_verdict(low: float | None, high: float | None, predicted: Within, verdict: str) -> None:
    assert at(0.2, low, high, predicted).verdict == verdict
    assert at(0.2, low, high, predicted, seeds=1).verdict == "undecided"


def test_what_would_decide_is_told_of_the_undecided_alone() -> None:
    assert at(0.2, 0.1, 0.3, Above(0)).decides == ""
    assert "times as many seeds and test rows" in at(0.1, -0.1, 0.3, Above(0)).decides
    assert "no study" in at(0.0, -0.1, 0.1, Above(0)).decides
    assert "two seeds" in at(0.2, 0.1, 0.3, Above(0), seeds=1).decides
    assert "groups" in at(0.2, None, None, Above(0)).decides


def test_the_number_of_seeds_that_would_decide_does_so() -> None:
    """Where seeds alone differ, an interval of half the width needs four times as many."""
    rng = np.random.default_rng(0)

    def study(seeds: int) -> Finding:
        shifts = rng.standard_normal(seeds)
        shifts = (shifts - shifts.mean()) / shifts.std(ddof=1)
        return finding("it", mean(np.repeat(0.2 + shifts[:, None], 50, axis=1)), Above(0))

    found = study(30)
    assert found.verdict == "undecided"
    (wanted,) = re.findall(r"^about ([\d,]+) seeds$", found.decides)
    assert 80 <= int(wanted) <= 140
    assert study(int(wanted)).verdict == "holds"


def test_rows_are_named_where_rows_alone_differ() -> None:
    rng = np.random.default_rng(0)
    found = finding("it", mean(np.repeat(rng.standard_normal(400)[None] + 0.02, 3, axis=0)), Above(0))
    assert found.verdict == "undecided"
    assert re.match(r"^about [\d,]+ test rows$|^no study", found.decides)


def test_where_seeds_and_rows_both_matter_neither_alone_is_promised() -> None:
    one = Finding(about="it", value=0.1, low=-0.2, high=0.4, seeds=5, n=300, predicted=Above(0), parts=Parts(1, 1, 0.1))
    assert one.decides == "about 10 times as many seeds and test rows"


def test_a_sentence_has_estimate_prediction_and_verdict() -> None:
    one = Finding(about="the slope", value=0.2, low=0.1, high=0.3, seeds=3, n=2000, predicted=Above(0), claim=3,
                  says="PGR rises")  # fmt: skip
    assert one.sentence == (
        "Claim 3, PGR rises: the slope +0.200 [+0.100, +0.300], predicted above 0: holds (3 seeds, 2,000 test rows)."
    )
