"""The trust score: its limits, what it looks at, and that what is told of it is honest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from outgrow.learning.objective import Objective, WeakLabels
from outgrow.learning.opinions import opinions, scores_of
from outgrow.learning.out_of_fold import folds_of
from outgrow.learning.trusted import columns, known_right, ranked, told, top, trust_scores
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
    assert f"its calibration error is {(0.1 + 0.2 + 0.3 + 0.6 + 0.2 + 0.9) / 6:.3f} (" in note  # each in its own bin


def test_a_true_score_errs_by_chance_alone_and_a_sure_one_by_more() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(0.4, 1, 3_000)
    right = rng.random(3_000) < scores
    found = ranked(scores, right, scores > 0.7)
    assert found.calibration == pytest.approx(found.by_chance, abs=0.01)
    assert ranked(scores**0.2, right, scores > 0.7).calibration > 0.15


def world(
    rng: np.random.Generator, confusion: np.ndarray, *, known: int, pairs: bool = False
) -> tuple[WeakLabels, np.ndarray, np.ndarray]:
    """Weak labels of a confusion matrix, classes that are linear in features, and P(label right | features, label)."""
    features = rng.standard_normal((N, 2, 6) if pairs else (N, 6)).astype(np.float16)
    more = (features[:, 1] - features[:, 0]) / np.sqrt(2) if pairs else features
    chance = 1 / (1 + np.exp(-3 * more[:, 0].astype(np.float64)))
    truth = (rng.random(N) < chance).astype(np.int64)
    said = (rng.random(N) < confusion[truth, 1]).astype(np.int64)
    joint = np.stack([1 - chance, chance], 1) * confusion[:, said].T
    ids = IDS.tolist()
    weak = WeakLabels(
        probabilities=np.eye(2, dtype=np.float32)[said][None], ids=ids, groups=ids, features=lambda: features,
        truth=np.where(np.arange(N) < known, truth, -1),
    )  # fmt: skip
    return weak, said == truth, joint[np.arange(N), said] / joint.sum(1)


@pytest.mark.parametrize("pairs", [False, True], ids=["classes", "pairs"])
@pytest.mark.parametrize("confusion", [((0.8, 0.2), (0.2, 0.8)), ((0.9, 0.1), (0.35, 0.65))], ids=["random", "uneven"])
def test_a_label_that_disagrees_with_features_is_not_trusted(
    confusion: tuple[tuple[float, float], ...], pairs: bool
) -> None:
    """Nothing but the features beside the label tells here: kept rows are about as pure as the true probability's."""
    weak, right, chance = world(np.random.default_rng(9), np.array(confusion), known=200, pairs=pairs)
    rest = np.arange(N) >= 200
    kept = Trust(keep=0.5).weights(weak, seed=0) > 0
    best = ranked(chance[rest], right[rest], top(chance[rest], IDS[rest], keep=0.5)).purity
    assert best > right[rest].mean() + 0.1
    assert right[rest & kept].mean() > best - 0.015
    bare = trust_scores(columns(weak.mean(), None), known_right(weak), weak.groups, l2=0.1, seed=0)
    assert bare is not None
    assert right[rest][top(bare[rest], IDS[rest], keep=0.5)].mean() < best - 0.05


def test_opinions_on_known_rows_come_of_heads_that_have_not_seen_their_group() -> None:
    """As above of bare features: twins tell each other's truth where they are taken for rows of their own."""
    rng = np.random.default_rng(10)
    features = rng.standard_normal((60, 80)).repeat(2, 0).astype(np.float16)
    truth, said = rng.integers(0, 2, 60).repeat(2), rng.integers(0, 2, 60).repeat(2)
    found = {}
    for name, groups in {"apart": [f"pair {i // 2}" for i in range(120)], "together": IDS[:120].tolist()}.items():
        weak = WeakLabels(
            probabilities=np.eye(2, dtype=np.float32)[said][None], ids=IDS[:120].tolist(), groups=groups,
            features=lambda: features, truth=truth,
        )  # fmt: skip
        scores = scores_of(weak, known_right(weak), l2=0.001, seed=0)
        assert scores is not None
        hits = said == truth
        found[name] = ranked(scores, hits, hits).auc
    assert found["together"] > 0.85
    assert abs(found["apart"] - 0.5) < 0.2


def test_the_truth_of_a_fold_has_no_part_in_its_scores() -> None:
    weak, *_ = world(np.random.default_rng(11), np.array(((0.8, 0.2), (0.2, 0.8))), known=60)
    before = opinions(weak, l2=0.1, seed=0)
    folds = folds_of(before.rows.groups[:60], seed=0)
    assert weak.truth is not None
    for fold in range(5):
        mine = np.flatnonzero(folds == fold)
        truth = weak.truth.copy()
        truth[mine] = 1 - truth[mine]
        after = opinions(replace(weak, truth=truth), l2=0.1, seed=0)
        np.testing.assert_array_equal(after.fixed, before.fixed)
        np.testing.assert_array_equal(after.scores()[mine], before.scores()[mine])
        assert not np.array_equal(after.scores(), before.scores())


def test_without_features_or_with_too_few_groups_only_labels_are_looked_at() -> None:
    weak, *_ = problem(np.random.default_rng(12))
    bare = trust_scores(columns(weak.mean(), None), known_right(weak), weak.groups, l2=0.1, seed=0)
    assert bare is not None
    blind = scores_of(replace(weak, features=None), known_right(weak), l2=0.1, seed=0)
    assert blind is not None
    np.testing.assert_array_equal(blind, bare)
    few = replace(weak, groups=[f"known {i % 2}" if i < 400 else IDS[i] for i in range(N)])
    expected = trust_scores(columns(weak.mean(), None), known_right(weak), few.groups, l2=0.1, seed=0)
    found = scores_of(few, known_right(weak), l2=0.1, seed=0)
    assert found is not None
    assert expected is not None
    np.testing.assert_array_equal(found, expected)


def test_rows_without_a_label_get_no_score() -> None:
    weak, *_ = problem(np.random.default_rng(13))
    votes = weak.probabilities.copy()
    votes[:, ::7] = 0
    silent = weak.with_probabilities(votes)
    scores = scores_of(silent, known_right(silent), l2=0.1, seed=0)
    assert scores is not None
    assert (scores[::7] == 0).all()
    assert (np.delete(scores, np.arange(0, N, 7)) > 0).all()
    assert (known_right(silent)[::7] == -1).all()
