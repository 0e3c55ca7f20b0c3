"""Filtering and weighting by confidence: the cases in which the answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from outgrow.config import expand
from outgrow.experiment import run
from outgrow.learning.objective import Objective, Selection, WeakLabels
from outgrow.methods.selections.filter import Filter
from outgrow.methods.selections.reweight import Reweight
from outgrow.steps import Context, Steps
from outgrow.store import Store
from outgrow.sweep import run_experiments

SCHEMES = [Reweight(), Reweight(scheme="margin"), Reweight(scheme="probability")]


def weak(votes: np.ndarray) -> WeakLabels:
    names = [f"{i:04}" for i in range(len(votes))]
    return WeakLabels(probabilities=votes[None].astype(np.float32), ids=names, groups=names)


def some(n: int = 200, classes: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(classes, 0.4), n)


@pytest.mark.parametrize("piece", [Filter(keep=1.0), Filter(keep=1.0, per_class=False)], ids=lambda one: one.label)
def test_a_filter_that_keeps_all_is_naive_to_the_bit(piece: Selection) -> None:
    labels = weak(some())
    naive, found = Objective().lesson(labels, seed=0), Objective(selections=(piece,)).lesson(labels, seed=0)
    assert (naive.targets == found.targets).all()
    assert (naive.weights == found.weights).all()
    assert found.notes == []


@pytest.mark.parametrize("piece", SCHEMES, ids=lambda one: one.label)
def test_labels_that_are_all_as_sure_are_weighted_as_naive_to_the_bit(piece: Selection) -> None:
    even = np.where(np.eye(3)[np.arange(90) % 3] > 0, 0.7, 0.15)
    found = Objective(selections=(piece,)).lesson(weak(even), seed=0)
    assert (found.weights == 1).all()


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.73])
def test_each_class_keeps_its_share_of_the_rows(keep: float) -> None:
    votes = some(997)
    kept = Filter(keep=keep).weights(weak(votes), seed=0) > 0
    label, sure = votes.argmax(1), votes.max(1)
    for one in range(3):
        rows = label == one
        assert kept[rows].sum() == np.ceil(keep * rows.sum())
        assert sure[rows & kept].min() >= sure[rows & ~kept].max()
    overall = Filter(keep=keep, per_class=False).weights(weak(votes), seed=0) > 0
    assert overall.sum() == np.ceil(keep * 997)
    assert sure[overall].min() >= sure[~overall].max()


def test_of_two_classes_the_margin_is_twice_the_probability_less_one() -> None:
    votes = some(classes=2)
    for piece in SCHEMES[:2]:
        np.testing.assert_allclose(piece.weights(weak(votes), seed=0), 2 * votes.max(1) - 1, atol=1e-6)


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_a_row_whose_label_is_even_does_not_count(classes: int) -> None:
    votes = np.concatenate([np.full((1, classes), 1 / classes), some(classes=classes)])
    for piece in SCHEMES[:2]:
        found = piece.weights(weak(votes), seed=0)
        assert found[0] == 0
        assert (found[1:] > 0).all()
    margin = Reweight(scheme="margin").weights(weak(np.array([[1.0] + [0.0] * (classes - 1)])), seed=0)
    assert margin.tolist() == [1.0]


def test_weights_are_free_of_scale() -> None:
    """Twice the weight of every row is the same lesson: their mean over the rows that count is 1."""

    class Double(Reweight):
        def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
            return 2 * super().weights(weak, seed=seed)

    labels = weak(some())
    for scheme in SCHEMES:
        one = Objective(selections=(scheme,)).lesson(labels, seed=0)
        np.testing.assert_allclose(one.weights[one.kept].mean(), 1, rtol=1e-6)
    plain, double = (Objective(selections=(one,)).lesson(labels, seed=0) for one in (Reweight(), Double()))
    np.testing.assert_allclose(plain.weights, double.weights, rtol=1e-6)


def test_options_that_are_not_used_leave_identities_as_they_were() -> None:
    assert Filter(keep=0.3).identity() == {"name": "filter", "keep": 0.3}
    assert Filter(per_class=False).identity() == {"name": "filter", "keep": 0.5, "per_class": False}
    assert Reweight().identity() == {"name": "reweight"}
    assert Reweight(scheme="margin").identity() == {"name": "reweight", "scheme": "margin"}


@pytest.mark.parametrize(("method", "told"), [(["filter"], 1), (["reweight", "confidence"], 1), ("naive", 0)], ids=str)
def test_results_say_how_well_confidence_ranks_where_rows_are_selected(
    method: Any, told: int, document: dict[str, Any], store: Store
) -> None:
    document.pop("sweep")
    (one,) = expand({**document, "method": method}, name="x")
    swept = run_experiments([one], store)
    assert not swept.failures
    start = "how the supervisor's confidence ranks its right labels of transfer over its wrong: AUROC "
    (notes,) = [[note for note in record.notes if note.startswith(start)] for record in swept.records]
    assert len(notes) == told
    if told:
        result, context = run(one, Steps()), Context(store)
        data, mean = result.labels.part.split.read(context), result.labels.read(context).mean()
        right = mean.argmax(1) == data.known_truth(result.labels.part)
        sure = mean.max(1)
        pairs = np.sign(sure[right][:, None] - sure[~right]) / 2 + 0.5
        assert notes[0].startswith(f"{start}{pairs.mean():.3f}")
        assert notes[0].endswith(f"{right.sum()} right, {(~right).sum()} wrong")
