"""PGR, its interval and its verdict, on answers whose truth is known."""

from __future__ import annotations

import re

import numpy as np
import pytest

from outgrow import evaluation
from outgrow.evaluation import Answers, evaluate, pgr

ROLES = ("weak", "student", "ceiling")


def answers(
    right: dict[str, np.ndarray], *, groups: np.ndarray | None = None, predicted: dict[str, np.ndarray] | None = None
) -> Answers:
    """Answers of two classes, of which `right` ([seeds, n] of 0 and 1) are right; the classes take turns."""
    n = right["weak"].shape[1]
    truth = np.arange(n) % 2
    return Answers(
        scores={role: values.astype(np.float64) for role, values in right.items()},
        predicted=predicted or {role: np.where(values == 1, truth, 1 - truth) for role, values in right.items()},
        truth=truth,
        groups=np.arange(n) if groups is None else groups,
    )


def simulate(
    rng: np.random.Generator, n: int, *, weak: float, student: float, ceiling: float, seeds: int = 1
) -> Answers:
    """Answers that are right with the given probabilities; an example that is easy for one role is easy for all."""
    luck = rng.random((seeds, n))
    return answers({role: (luck < p).astype(int) for role, p in zip(ROLES, (weak, student, ceiling), strict=True)})


def test_golden_pgr() -> None:
    assert pgr(weak=0.5, student=0.65, ceiling=0.75) == pytest.approx(0.6)
    assert pgr(weak=0.5, student=0.45, ceiling=0.75) == pytest.approx(-0.2)
    assert pgr(weak=0.5, student=0.8, ceiling=0.75) == pytest.approx(1.2)


def test_scores_and_pgr_are_those_counted() -> None:
    """600, 750 and 900 of 1000 right."""
    right = {role: (np.arange(1000) < k).astype(int)[None] for role, k in zip(ROLES, (600, 750, 900), strict=True)}
    found = evaluate(answers(right))
    assert {role: found.scores[role].value for role in ROLES} == {"weak": 0.6, "student": 0.75, "ceiling": 0.9}
    assert found.verdict == "ok"
    assert found.pgr is not None
    assert found.pgr.value == pytest.approx(pgr(weak=0.6, student=0.75, ceiling=0.9))
    assert found.pgr.low < 0.5 < found.pgr.high
    assert found.scores["weak"].n == 1000


def test_gaps_are_pooled_over_seeds_before_the_ratio_is_taken() -> None:
    """Seed 0 recovers 100 of 100, seed 1 recovers 0 of 300: pooled 0.25, where the mean of ratios would be 0.5."""
    ends = {"weak": (800, 600), "student": (900, 600), "ceiling": (900, 900)}
    right = {role: np.stack([(np.arange(1000) < k).astype(int) for k in both]) for role, both in ends.items()}
    found = evaluate(answers(right))
    assert found.pgr is not None
    assert found.pgr.value == pytest.approx(0.25)


def test_intervals_cover_the_truth_about_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "REPLICATES", 200)
    rng = np.random.default_rng(0)
    covered = {"pgr": 0, "student": 0, "agreement": 0}
    simulations = 150
    for _ in range(simulations):
        found = evaluate(simulate(rng, 400, weak=0.66, student=0.78, ceiling=0.9))
        assert found.pgr is not None
        covered["pgr"] += found.pgr.low <= 0.5 <= found.pgr.high
        covered["student"] += found.scores["student"].low <= 0.78 <= found.scores["student"].high
        covered["agreement"] += found.agreement.low <= 0.88 <= found.agreement.high
    for name, times in covered.items():
        assert 0.88 <= times / simulations <= 0.99, name


def width(interval: evaluation.Interval | None) -> float:
    assert interval is not None
    return interval.high - interval.low


def test_roles_are_resampled_as_pairs() -> None:
    """That one example is easy for all roles narrows their difference, unless the answers are shuffled apart."""
    paired = simulate(np.random.default_rng(0), 1000, weak=0.6, student=0.75, ceiling=0.9)
    rng = np.random.default_rng(1)
    shuffled = answers({role: rng.permutation(values[0])[None] for role, values in paired.scores.items()})
    together, apart = evaluate(paired), evaluate(shuffled)
    assert together.scores["student"].value == apart.scores["student"].value
    assert width(together.pgr) < 0.8 * width(apart.pgr)


def test_examples_of_a_group_are_drawn_together() -> None:
    """Rows that repeat each other four times say no more than one of them: intervals are twice as wide."""
    once = simulate(np.random.default_rng(0), 500, weak=0.6, student=0.75, ceiling=0.9)
    right = {role: values.repeat(4, axis=1) for role, values in once.scores.items()}
    apart, grouped = evaluate(answers(right)), evaluate(answers(right, groups=np.arange(2000) // 4))
    assert grouped.scores["weak"].value == apart.scores["weak"].value
    assert width(grouped.scores["weak"]) == pytest.approx(2 * width(apart.scores["weak"]), rel=0.15)
    assert width(grouped.pgr) == pytest.approx(2 * width(apart.pgr), rel=0.15)


def test_seeds_that_differ_widen_the_interval() -> None:
    def right(*counts: int) -> np.ndarray:
        return np.stack([np.arange(1000) < count for count in counts]).astype(int)

    same = {"weak": right(600, 600, 600), "student": right(750, 750, 750), "ceiling": right(900, 900, 900)}
    spread = same | {"student": right(650, 750, 850)}
    assert width(evaluate(answers(spread)).pgr) > 1.5 * width(evaluate(answers(same)).pgr)


def test_the_same_seed_gives_the_same_interval() -> None:
    one = simulate(np.random.default_rng(0), 300, weak=0.6, student=0.75, ceiling=0.9)
    assert evaluate(one) == evaluate(one)
    assert evaluate(one, seed=1) != evaluate(one)


# Verdicts


@pytest.mark.parametrize(
    ("weak", "student", "ceiling", "verdict", "why"),
    [
        (0.6, 0.75, 0.9, "ok", ""),
        (0.8, 0.8, 0.8, "no-gap", "the strong ceiling is not clearly above the weak supervisor"),
        (0.8, 0.8, 0.7, "no-gap", "the strong ceiling is not clearly above the weak supervisor"),
        (0.5, 0.7, 0.9, "chance", r"the weak supervisor is not clearly above chance \(50.0%\)"),
        (0.7, 0.5, 0.9, "chance", r"the student is not clearly above chance \(50.0%\)"),
        (0.7, 0.7, 0.5, "chance", r"the strong ceiling is not clearly above chance \(50.0%\)"),
    ],
)
def test_pgr_is_a_number_only_if_the_verdict_is_ok(
    weak: float, student: float, ceiling: float, verdict: str, why: str
) -> None:
    found = evaluate(simulate(np.random.default_rng(1), 400, weak=weak, student=student, ceiling=ceiling))
    assert found.verdict == verdict
    assert (found.pgr is not None) == (verdict == "ok")
    assert re.match(why, found.why)
    assert bool(found.why) == (verdict != "ok")


def test_a_gap_within_chance_is_none() -> None:
    """The ceiling is right on five examples more, and wrong on two that the supervisor has right."""
    weak = (np.arange(400) >= 80).astype(int)
    ceiling = weak.copy()
    ceiling[:5], ceiling[-2:] = 1, 0
    found = evaluate(answers({"weak": weak[None], "student": weak[None], "ceiling": ceiling[None]}))
    assert found.verdict == "no-gap"
    assert re.search(r"\(gap \+0\.\d%, 95 % from -", found.why)
    ceiling[-2:] = 1
    assert evaluate(answers({"weak": weak[None], "student": weak[None], "ceiling": ceiling[None]})).verdict == "ok"


@pytest.mark.parametrize(
    ("role", "name"), [("weak", "weak supervisor"), ("student", "student"), ("ceiling", "strong ceiling")]
)
def test_a_role_that_predicts_one_class_in_any_seed_has_collapsed(role: str, name: str) -> None:
    one = simulate(np.random.default_rng(0), 400, weak=0.6, student=0.75, ceiling=0.9, seeds=2)
    one.predicted[role][1] = 1
    found = evaluate(one)
    assert (found.verdict, found.pgr) == ("collapsed", None)
    assert found.why == f"the {name} predicts one class for every test example"


# Agreement


def test_agreement_by_hand() -> None:
    """Ten examples; the supervisor is right on six; the student agrees on five of these and on one of the others."""
    truth = np.arange(10) % 2
    weak = np.where(np.arange(10) < 6, truth, 1 - truth)
    student = weak.copy()
    student[[0, 6, 7, 8]] = 1 - student[[0, 6, 7, 8]]
    predicted = {"weak": weak[None], "student": student[None], "ceiling": truth[None]}
    right = {role: (said == truth).astype(int) for role, said in predicted.items()}
    found = evaluate(answers(right, predicted=predicted))
    assert found.agreement.value == pytest.approx(6 / 10)
    assert found.agreement_when_right is not None
    assert found.agreement_when_wrong is not None
    assert found.agreement_when_right.value == pytest.approx(5 / 6)
    assert (found.agreement_when_right.n, found.agreement_when_wrong.n) == (6, 4)
    assert found.agreement_when_wrong.value == pytest.approx(1 / 4)


def test_a_faultless_supervisor_is_never_wrong() -> None:
    right = {role: np.ones((1, 50), int) for role in ROLES}
    found = evaluate(answers(right))
    assert found.agreement_when_wrong is None
    assert found.agreement_when_right is not None
    assert found.agreement_when_right.value == 1
    none = evaluate(answers({**right, "weak": np.zeros((1, 50), int)}))
    assert none.agreement_when_right is None
