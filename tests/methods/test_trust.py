"""The trust score: its limits, what it looks at, and that what is told of it is honest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from outgrow.learning.objective import Objective, WeakLabels
from outgrow.learning.trusted import columns, ranked, told, top, trust_scores
from outgrow.methods.naive import Naive
from outgrow.methods.selections.trust import Trust

N = 2_000
IDS = np.array([f"row {i:04}" for i in range(N)])


def problem(rng: np.random.Generator, *, told: bool = True) -> tuple[WeakLabels, np.ndarray, np.ndarray]:
    """Weak labels that are wrong more often where the first feature is high, and where they are unsure (if `told`)."""
    features = rng.standard_normal((N, 6))
    truth = rng.integers(0, 2, N)
    chance = 1 / (1 + np.exp(2 * features[:, 0] - 1)) if told else np.full(N, 0.7)
    right = rng.random(N) < chance
    said = np.where(right, truth, 1 - truth)
    sure = 0.6 + 0.3 * rng.random(N)
    votes = np.where(np.arange(2) == said[:, None], sure[:, None], 1 - sure[:, None]).astype(np.float32)
    ids = IDS.tolist()
    weak = WeakLabels(
        probabilities=votes[None], ids=ids, groups=ids, features=lambda: features.astype(np.float16),
        truth=np.where(np.arange(N) < 400, truth, -1),
    )  # fmt: skip
    return weak, truth, right


@pytest.mark.parametrize("keep", [0.1, 0.3, 0.6])
def test_a_perfect_score_gives_purity_one_and_auc_one(keep: float) -> None:
    rng = np.random.default_rng(0)
    right = rng.random(N) < 0.7
    score = np.where(right, 0.5 + rng.random(N) / 2, rng.random(N) / 2)
    found = ranked(score, right, top(score, IDS, keep=keep))
    assert found.purity == found.auc == found.low == found.high == 1
    assert found.kept == np.ceil(keep * N)


def test_with_auc_one_purity_never_rises_with_how_many_are_kept() -> None:
    rng = np.random.default_rng(1)
    right = rng.random(N) < 0.6
    score = right + rng.random(N) * 0.9
    purities = [ranked(score, right, top(score, IDS, keep=keep)).purity for keep in np.linspace(0.05, 1, 20)]
    assert (np.diff(purities) <= 0).all()
    assert purities[0] == 1
    assert purities[-1] == pytest.approx(right.mean())


def test_a_random_score_keeps_labels_that_are_right_as_often_as_all() -> None:
    rng = np.random.default_rng(2)
    right, score = rng.random(N) < 0.7, rng.random(N)
    found = ranked(score, right, top(score, IDS, keep=0.5))
    assert abs(found.purity - right.mean()) < 3 * np.sqrt(0.7 * 0.3 / (N / 2))
    assert found.low < 0.5 < found.high


def test_keep_one_keeps_all_and_equals_go_by_id() -> None:
    assert top(np.zeros(N), IDS, keep=1).all()
    assert np.flatnonzero(top(np.zeros(N), IDS[::-1], keep=0.001)).tolist() == [N - 2, N - 1]
    weak, *_ = problem(np.random.default_rng(3))
    lesson = Objective(selections=(Trust(keep=1),)).lesson(weak, seed=0)
    naive = Naive().objective().lesson(weak, seed=0)
    assert np.array_equal(lesson.weights, naive.weights)
    assert np.array_equal(lesson.targets, naive.targets)


def test_a_score_that_sees_where_labels_err_keeps_right_ones() -> None:
    weak, _, right = problem(np.random.default_rng(4))
    found = Trust(keep=0.5).choose(weak, seed=0)
    rest = np.arange(N) >= 400
    assert (found.weights[:400] == 1).all(), "rows of known truth are kept"
    kept = rest & (found.weights > 0)
    assert kept.sum() == 800
    assert right[kept].mean() > right[rest].mean() + 0.15
    (note,) = found.notes
    assert note.startswith(f"trust: of 400 rows of known truth, {right[:400].sum()} have a right label")
    assert "(50%)" in note


def test_where_nothing_shows_who_errs_what_is_told_is_near_chance_on_rows_not_seen() -> None:
    """In sample, 7 columns fit 30 rows well; out of fold they do not."""
    weak, _, right = problem(np.random.default_rng(5), told=False)
    known = np.where(np.arange(N) < 60, right, -1).astype(np.int64)
    assert weak.features is not None
    seen = columns(weak.mean(), weak.features())
    scores = trust_scores(seen, known, weak.groups, l2=0.001, seed=0)
    assert scores is not None
    assert abs(ranked(scores[:60], right[:60], right[:60]).auc - 0.5) < 0.2
    rest = ranked(scores[60:], right[60:], right[60:])
    assert abs(rest.auc - 0.5) < 0.05


def test_scores_of_known_rows_come_of_heads_that_have_not_seen_their_group() -> None:
    """Groups are twins of one row: a head that had seen the one would know the other."""
    rng = np.random.default_rng(6)
    features = rng.standard_normal((60, 80)).repeat(2, 0).astype(np.float16)
    right = rng.integers(0, 2, 60).repeat(2)
    groups = [f"pair {i // 2}" for i in range(120)]
    apart = trust_scores(features, right, groups, l2=0.001, seed=0)
    together = trust_scores(features, right, [str(i) for i in range(120)], l2=0.001, seed=0)
    assert apart is not None
    assert together is not None
    hits = right == 1
    assert ranked(together, hits, hits).auc > 0.85
    assert abs(ranked(apart, hits, hits).auc - 0.5) < 0.2


def test_of_pairs_it_looks_at_what_the_chosen_candidate_has_more() -> None:
    rng = np.random.default_rng(7)
    pairs = rng.standard_normal((20, 2, 4)).astype(np.float16)
    said = rng.dirichlet([1, 1], 20)
    found = columns(said, pairs)
    assert found.shape == (20, 3 + 4)
    turned = columns(said[:, ::-1], pairs[:, ::-1])
    np.testing.assert_array_equal(found[:, 3:], turned[:, 3:])
    assert columns(said, None).shape == (20, 3)


@pytest.mark.parametrize("wrong", [0, 1])
def test_with_too_few_errors_all_rows_are_kept_and_that_is_told(wrong: int) -> None:
    weak, *_ = problem(np.random.default_rng(8))
    said = weak.mean().argmax(1)
    known = np.where(np.arange(N) < 30, said, -1)
    known[:wrong] = 1 - known[:wrong]
    found = Trust().choose(replace(weak, truth=known), seed=0)
    assert (found.weights == 1).all()
    assert found.notes == (
        f"trust keeps all rows: of 30 labels on rows of known truth {30 - wrong} are right, so none can be ranked",
    )
    assert (Trust().weights(replace(weak, truth=None), seed=0) == 1).all()


def test_what_is_told_of_a_score_names_counts_and_intervals() -> None:
    right = np.array([1, 1, 1, 0, 0, 1, -1, -1])
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.2, 0.1, 0.5, 0.5])
    note = told(scores, right, [str(i) for i in range(8)], keep=0.5)
    assert "of 6 rows of known truth, 4 have a right label (66.7%)" in note
    assert "AUC 0.75 (0.26 to 1.00)" in note
    assert "of the 3 that it ranks highest (50%), 100.0% are right" in note
