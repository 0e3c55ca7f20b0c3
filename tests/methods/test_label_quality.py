"""Label quality by frozen features: limits in which the answer is known, for classes and for pairs."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from outgrow.learning.graph import smoothed
from outgrow.learning.labelled import labelled
from outgrow.learning.neighbours import nearest
from outgrow.learning.objective import Objective, Selection, Transform, WeakLabels
from outgrow.learning.quality import label_quality, ranking
from outgrow.methods.selections.confident_learning import ConfidentLearning
from outgrow.methods.selections.overlap_density import OverlapDensity
from outgrow.methods.selections.topo import Topo
from outgrow.methods.transforms.graph_smoothing import GraphSmoothing
from outgrow.methods.transforms.relabel import Relabel
from outgrow.trust.confident import joint, pruned

DOCUMENT = Path(__file__).parents[2] / "docs" / "label-quality.md"
KINDS = ["classes", "pairs"]
SELECTIONS: list[Selection] = [
    OverlapDensity(), ConfidentLearning(), ConfidentLearning(prune="off_diagonal"), Topo(contamination=0.2),
]  # fmt: skip
TRANSFORMS: list[Transform] = [
    Relabel(), Relabel(by="knn"), Relabel(out_of_fold=False), Relabel(by="knn", out_of_fold=False), GraphSmoothing(),
]  # fmt: skip
PIECES: list[Selection | Transform] = [*SELECTIONS, *TRANSFORMS]


def weak_of(votes: np.ndarray, features: np.ndarray | None, **more: Any) -> WeakLabels:
    """Labels [n, classes] of one supervisor, or of several."""
    votes = votes[None] if votes.ndim == 2 else votes
    names = [f"row {i:05}" for i in range(votes.shape[1])]
    given = None if features is None else lambda: features
    return WeakLabels(probabilities=votes.astype(np.float32), ids=names, groups=names, features=given, **more)


def clusters(kind: str, *, n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features and truth: three clusters far apart, or pairs whose better candidate lies in one direction."""
    rng = np.random.default_rng(seed)
    if kind == "classes":
        truth = rng.integers(0, 3, n)
        return (4 * np.eye(3)[truth] + 0.3 * rng.standard_normal((n, 3))).astype(np.float16), truth
    truth = rng.integers(0, 2, n)
    better = np.array([2.0, 1.0, 0.0]) + 0.2 * rng.standard_normal((n, 3))
    first = rng.standard_normal((n, 3))
    features = np.stack([first, first + np.where(truth[:, None] == 1, better, -better)], 1)
    return features.astype(np.float16), truth


def flipped(truth: np.ndarray, share: float, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Hard labels [n, classes] of which a share is wrong, and which."""
    rng, classes = np.random.default_rng(seed), int(truth.max()) + 1
    wrong = np.zeros(len(truth), bool)
    wrong[rng.permutation(len(truth))[: round(share * len(truth))]] = True
    said = np.where(wrong, (truth + 1) % classes, truth)
    return np.eye(classes)[said], wrong


def objective_of(piece: Selection | Transform) -> Objective:
    return Objective(transforms=(piece,)) if isinstance(piece, Transform) else Objective(selections=(piece,))


# Neighbours


@pytest.mark.parametrize("by", ["distance", "cosine"])
def test_neighbours_are_the_nearest_of_other_groups(by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outgrow.learning.neighbours.BLOCK", 250)  # several blocks
    x = np.random.default_rng(0).standard_normal((60, 4))
    groups = [f"{i // 2}" for i in range(60)]
    found = nearest(x, k=5, groups=groups, by=by)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    far = 1 - unit @ unit.T if by == "cosine" else np.linalg.norm(x[:, None] - x, axis=-1)
    far[np.arange(60)[:, None] // 2 == np.arange(60) // 2] = np.inf
    np.testing.assert_array_equal(found.rows, far.argsort(1)[:, :5])
    np.testing.assert_allclose(found.distances, np.sort(far, 1)[:, :5], atol=1e-5)
    assert not found.turned.any()
    own = nearest(x, k=3, groups=None, by=by)
    assert (own.rows[:, 0] == np.arange(60)).all()
    assert nearest(x, k=100, groups=groups).rows.shape == (60, 58)
    with pytest.raises(ValueError, match="all 60 labelled rows are of one group"):
        nearest(x, k=5, groups=["one"] * 60)


def test_a_pair_is_near_to_the_same_pair_the_other_way_round() -> None:
    difference = np.array([[1.0, 0.0], [-1.1, 0.0], [0.0, 5.0], [0.1, 5.0]])
    features = np.stack([np.zeros((4, 2)), difference], 1)
    found = nearest(features, k=1, groups=list("abcd"))
    assert found.rows[:, 0].tolist() == [1, 0, 3, 2]
    assert found.turned[:, 0].tolist() == [True, True, False, False]
    assert found.labels(np.array([0, 0, 0, 1]))[:, 0].tolist() == [1, 1, 1, 0]
    seen = found.mean(np.array([[0.9, 0.1], [0.3, 0.7], [1.0, 0.0], [0.0, 1.0]]))
    np.testing.assert_allclose(seen, np.array([[0.7, 0.3], [0.1, 0.9], [0, 1], [1, 0]]))
    two = nearest(features, k=2, groups=list("abcd"))
    np.testing.assert_allclose(
        two.mean(np.eye(2)[[0, 0, 0, 1]])[0], np.eye(2)[two.labels(np.array([0, 0, 0, 1]))[0]].mean(0)
    )


@pytest.mark.parametrize("piece", PIECES, ids=[one.label for one in PIECES])
def test_which_candidate_stands_first_changes_nothing(piece: Selection | Transform) -> None:
    features, truth = clusters("pairs", n=120)
    votes, _ = flipped(truth, 0.2)
    soft = 0.8 * votes + 0.1
    some = np.random.default_rng(5).random(120) < 0.5
    other_votes = np.where(some[:, None], soft[:, ::-1], soft)
    other_features = np.where(some[:, None, None], features[:, ::-1], features)
    plain, turned = weak_of(soft, features), weak_of(other_votes, other_features)
    if isinstance(piece, Selection):
        if not isinstance(piece, OverlapDensity):  # it keeps a share of each label, and these change
            np.testing.assert_array_equal(piece.weights(plain, seed=0), piece.weights(turned, seed=0))
        return
    back = piece.apply(turned, seed=0).mean()
    np.testing.assert_allclose(
        np.where(some[:, None], back[:, ::-1], back), piece.apply(plain, seed=0).mean(), atol=2e-3
    )


# Every piece


@pytest.mark.parametrize("piece", PIECES, ids=[one.label for one in PIECES])
def test_without_features_there_is_an_error_and_generated_texts_are_refused(piece: Selection | Transform) -> None:
    assert piece.needs_features
    assert piece.kinds == {"classification", "preference"}
    labels = weak_of(np.eye(2)[[0, 1, 0]], None)
    objective = objective_of(piece)
    assert "is for classification and preference tasks" in objective.misfit("generation")
    with pytest.raises(ValueError, match="frozen features of the rows are needed"):
        objective.lesson(labels, seed=0)


@pytest.mark.parametrize("piece", PIECES, ids=[one.label for one in PIECES])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_without_a_label_stay_without_and_known_rows_stay(piece: Selection | Transform, kind: str) -> None:
    features, truth = clusters(kind, n=150)
    votes, wrong = flipped(truth, 0.1)
    votes[:20] = 0
    known = np.where(wrong & (np.arange(150) >= 20), truth, -1)
    lesson = objective_of(piece).lesson(weak_of(votes, features, truth=known), seed=0)
    assert not lesson.weights[:20].any()
    assert lesson.weights[known >= 0].all()
    assert (lesson.targets.argmax(1) == truth)[known >= 0].all()


APART = [one for one in PIECES if not (isinstance(one, Relabel) and not one.out_of_fold)]


@pytest.mark.parametrize("piece", APART, ids=[one.label for one in APART])
def test_one_group_alone_is_told(piece: Selection | Transform) -> None:
    assert len(APART) == len(PIECES) - 2
    features, truth = clusters("classes", n=30)
    labels = replace(weak_of(np.eye(3)[truth], features), groups=["one"] * 30)
    objective = objective_of(piece)
    with pytest.raises(ValueError, match="all 30 labelled rows are of one group"):
        objective.lesson(labels, seed=0)


# Overlap density


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("piece", [OverlapDensity(keep=1.0), Topo(contamination=0.0)], ids=lambda one: one.label)
def test_where_all_is_kept_it_is_naive_to_the_bit(piece: Selection, kind: str) -> None:
    features, truth = clusters(kind)
    labels = weak_of(0.9 * flipped(truth, 0.3)[0] + 0.1 / (truth.max() + 1), features)
    naive, found = Objective().lesson(labels, seed=0), Objective(selections=(piece,)).lesson(labels, seed=0)
    assert (found.targets == naive.targets).all()
    assert (found.weights == naive.weights).all()
    assert found.notes == naive.notes == []


@pytest.mark.parametrize("kind", KINDS)
def test_flips_in_clusters_are_left_out_first(kind: str) -> None:
    features, truth = clusters(kind)
    votes, wrong = flipped(truth, 0.2)
    kept = OverlapDensity(keep=0.75).weights(weak_of(votes, features), seed=0) > 0
    assert not (kept & wrong).any()
    label = votes.argmax(1)
    assert [int(kept[label == one].sum()) for one in np.unique(label)] == [
        int(np.ceil(0.75 * (label == one).sum())) for one in np.unique(label)
    ]


def test_labels_that_are_pure_noise_are_as_right_where_kept_as_anywhere() -> None:
    rng = np.random.default_rng(2)
    features, truth = rng.standard_normal((4_000, 6)).astype(np.float16), rng.integers(0, 2, 4_000)
    labels = weak_of(np.eye(2)[rng.integers(0, 2, 4_000)], features)
    kept = OverlapDensity().weights(labels, seed=0) > 0
    right = labels.mean().argmax(1) == truth
    assert abs(right[kept].mean() - right.mean()) < 0.03
    assert kept.sum() == pytest.approx(2_000, abs=1)


def test_scores_count_by_their_weights() -> None:
    features, truth = clusters("classes")
    rng = np.random.default_rng(3)
    sure = rng.uniform(0.4, 1, len(truth))
    votes = np.where(np.eye(3)[truth] > 0, sure[:, None], (1 - sure[:, None]) / 2)
    labels = weak_of(votes, features)
    alone = OverlapDensity(keep=0.3, fit=0, agreement=0, density=0).weights(labels, seed=0) > 0
    entropy = -(votes * np.log(votes.clip(1e-12))).sum(1) / np.log(3)
    for one in range(3):
        rows = truth == one
        assert np.abs(entropy - 0.5)[rows & alone].max() <= np.abs(entropy - 0.5)[rows & ~alone].min() + 1e-6


# Confident learning


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prune", ["noise_rate", "off_diagonal"])
def test_labels_without_noise_lose_no_row_and_planted_flips_are_found(kind: str, prune: Any) -> None:
    features, truth = clusters(kind, n=1_000)
    piece = ConfidentLearning(prune=prune)
    clean = piece.weights(weak_of(np.eye(int(truth.max()) + 1)[truth], features), seed=0)
    assert clean.sum() >= 0.99 * len(truth)
    votes, wrong = flipped(truth, 0.2)
    left_out = piece.weights(weak_of(votes, features), seed=0) == 0
    assert (left_out == wrong).mean() > 0.99


def test_flips_that_depend_on_the_class_are_counted() -> None:
    """Of class 0 a third is called 1, of the others nothing is wrong, and the model knows the rates: all are found."""
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 3, 6_000)
    said = np.where((truth == 0) & (rng.random(6_000) < 1 / 3), 1, truth)
    rate = np.array([[2 / 3, 1 / 3, 0], [0, 1, 0], [0, 0, 1.0]])
    model = rate[truth]
    counts = joint(said, model)
    np.testing.assert_allclose(counts.sum(1), np.bincount(said))
    assert counts[1, 0] == pytest.approx(((said == 1) & (truth == 0)).sum())
    assert counts[[0, 0, 1, 2, 2], [1, 2, 2, 0, 1]].max() == 0
    np.testing.assert_array_equal(pruned(said, model), said != truth)


def test_where_every_label_looks_wrong_one_of_each_stays() -> None:
    said = np.array([0, 0, 1, 1])
    model = np.array([[0.1, 0.9], [0.2, 0.8], [0.9, 0.1], [0.7, 0.3]])
    assert joint(said, model).tolist() == [[0, 2], [2, 0]]
    assert pruned(said, model).tolist() == [True, False, True, False]


# Relabelling


@pytest.mark.parametrize("kind", KINDS)
def test_the_nearest_row_in_sample_is_the_row_itself(kind: str) -> None:
    features, truth = clusters(kind)
    labels = weak_of(0.8 * flipped(truth, 0.3)[0] + 0.2 / (truth.max() + 1), features)
    itself = Relabel(by="knn", neighbours=1, out_of_fold=False).apply(labels, seed=0).mean()
    assert (itself == labels.mean()).all()
    other = Relabel(by="knn", neighbours=1).apply(labels, seed=0).mean()
    assert (other.argmax(1) != labels.mean().argmax(1)).mean() > 0.2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("piece", [Relabel(), Relabel(by="knn")], ids=lambda one: one.label)
def test_all_flips_in_separated_clusters_are_put_right(piece: Relabel, kind: str) -> None:
    features, truth = clusters(kind)
    found = piece.apply(weak_of(flipped(truth, 0.2)[0], features), seed=0).mean()
    assert (found.argmax(1) == truth).all()


def test_a_head_in_sample_gives_back_more_of_what_it_learned() -> None:
    rng = np.random.default_rng(5)
    features, noise = rng.standard_normal((200, 60)).astype(np.float16), np.eye(2)[rng.integers(0, 2, 200)]
    labels = weak_of(noise, features)
    own = Relabel(out_of_fold=False, l2=1e-3).apply(labels, seed=0).mean().argmax(1) == noise.argmax(1)
    apart = Relabel(l2=1e-3).apply(labels, seed=0).mean().argmax(1) == noise.argmax(1)
    assert own.mean() > 0.7
    assert abs(apart.mean() - 0.5) < 0.15


def test_several_supervisors_are_averaged_first() -> None:
    features, truth = clusters("classes")
    votes = np.stack([flipped(truth, 0.2, seed=seed)[0] for seed in (1, 2, 3)])
    for piece in TRANSFORMS:
        several = piece.apply(weak_of(votes, features), seed=0).probabilities
        assert several.shape == (1, *votes.shape[1:])
        np.testing.assert_array_equal(several, piece.apply(weak_of(votes.mean(0), features), seed=0).probabilities)


# Topology


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_do_not_hang_together_with_their_label_go_first(kind: str) -> None:
    features, truth = clusters(kind)
    votes, wrong = flipped(truth, 0.1)
    labels = weak_of(votes, features)
    left_out = Topo(contamination=0.1, neighbours=5, nearest=20).weights(labels, seed=0) == 0
    assert (left_out == wrong).all()
    more = Topo(contamination=0.3, neighbours=5, nearest=20).weights(labels, seed=0) == 0
    assert more.sum() == 90
    assert more[wrong].all()
    fewer = Topo(contamination=0.05, neighbours=5, nearest=20).weights(labels, seed=0) == 0
    assert fewer.sum() == 15
    assert wrong[fewer].all()


# Smoothing on a graph


def cliques(*sizes: int) -> np.ndarray:
    """Features with which rows of one clique have a cosine of 1, and of two a cosine of 0."""
    return np.repeat(np.eye(len(sizes)), sizes, axis=0).astype(np.float16)


def test_smoothing_none_changes_nothing_and_all_gives_each_clique_its_mean() -> None:
    rng = np.random.default_rng(6)
    votes = rng.dirichlet(np.ones(3), 25).astype(np.float32)
    labels = weak_of(votes, cliques(15, 10))
    assert (GraphSmoothing(alpha=0).apply(labels, seed=0).mean() == labels.mean()).all()
    found = GraphSmoothing(alpha=0.999, neighbours=14, rounds=5_000).apply(labels, seed=0).mean()
    expected = np.concatenate([np.repeat(votes[:15].mean(0)[None], 15, 0), np.repeat(votes[15:].mean(0)[None], 10, 0)])
    np.testing.assert_allclose(found, expected, atol=2e-3)
    between = GraphSmoothing(neighbours=14).apply(labels, seed=0).mean()
    assert (np.abs(between - expected).sum(1) < np.abs(votes - expected).sum(1)).all()


def test_a_row_that_is_joined_to_nothing_is_unchanged() -> None:
    votes = np.random.default_rng(7).dirichlet(np.ones(2), 11).astype(np.float32)
    found = GraphSmoothing(neighbours=3).apply(weak_of(votes, cliques(10, 1)), seed=0).mean()
    np.testing.assert_allclose(found[10], votes[10], atol=1e-6)
    assert np.abs(found[:10] - votes[:10]).max() > 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_smoothing_is_linear_and_many_rounds_solve_the_equation(kind: str) -> None:
    features, _ = clusters(kind, n=40)
    rng = np.random.default_rng(8)
    classes = 3 if kind == "classes" else 2
    one, other = rng.random((2, 40, classes))
    near = labelled(weak_of(np.full((40, classes), 1 / classes), features), seed=0).near(4, by="cosine")
    together = smoothed(2 * one - 3 * other, near, alpha=0.7, rounds=20)
    apart = 2 * smoothed(one, near, alpha=0.7, rounds=20) - 3 * smoothed(other, near, alpha=0.7, rounds=20)
    np.testing.assert_allclose(together, apart, atol=1e-10)
    graph = np.zeros((40, classes, 40, classes))
    for i in range(40):
        for j, far, turned in zip(near.rows[i], near.distances[i], near.turned[i], strict=True):
            swap = np.eye(classes)[:, ::-1] if turned else np.eye(classes)
            if far < 1:
                graph[i, :, j, :] = swap
                graph[j, :, i, :] = swap
    a = graph.reshape(40 * classes, 40 * classes)
    degree = graph.sum((2, 3))[:, 0]
    scale = np.repeat(np.where(degree > 0, 1 / np.sqrt(np.maximum(degree, 1)), 0), classes)
    s = scale[:, None] * a * scale
    exact = 0.3 * np.linalg.solve(np.eye(len(s)) - 0.7 * s, one.ravel()).reshape(40, classes)
    np.testing.assert_allclose(smoothed(one, near, alpha=0.7, rounds=400), exact, atol=1e-9)


# The table


@pytest.mark.parametrize("kind", KINDS)
def test_every_score_of_the_table_ranks_planted_flips_last(kind: str) -> None:
    features, truth = clusters(kind)
    votes, wrong = flipped(truth, 0.2)
    votes[::50] = 0
    found = label_quality(weak_of(votes, features), seed=0)
    assert len(found.rows) == 294
    told = found.ranked(truth)
    assert set(told) == {"confidence", "self_confidence", "margin", "agreement", "density"}
    for name in ("self_confidence", "margin", "agreement"):
        assert told[name].value == pytest.approx(1, abs=1e-3)
        assert told[name].wrong == wrong[found.rows].sum()
    assert told["confidence"].value == 0.5  # hard labels are all as sure
    assert (((found.meant >= 0) & (found.meant != found.label)) == wrong[found.rows]).mean() > 0.99
    nobody = found.ranked(np.full(300, -1))["margin"]
    assert nobody.value is None
    assert nobody.words == "0 labels are right and 0 wrong, so nothing can be ranked"


def test_a_ranking_is_the_share_of_pairs_in_order_and_its_interval_holds_it() -> None:
    found = ranking(np.array([0.9, 0.4, 0.6, 0.6]), np.array([True, True, False, True]))
    assert found.value == pytest.approx((1 + 0 + 0.5) / 3)
    assert (found.right, found.wrong) == (3, 1)
    assert found.low is None
    rng, hits = np.random.default_rng(9), 0
    from scipy.stats import norm

    for _ in range(300):
        right = rng.random(200) < 0.7
        one = ranking(rng.standard_normal(200) + right, right)
        assert one.low is not None
        assert one.high is not None
        hits += one.low <= norm.cdf(1 / np.sqrt(2)) <= one.high
    assert 0.91 < hits / 300 < 0.985


def test_the_example_of_the_documents_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
    exec(compile(code, DOCUMENT.name, "exec"), {})
    margin = re.search(r"^margin AUROC (0\.\d+)", capsys.readouterr().out, re.M)
    assert margin
    assert float(margin[1]) > 0.98
