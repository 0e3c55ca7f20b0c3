"""Labels that follow from each other, searched with a table in place of a language model."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pytest

from outgrow.learning.icm import Problem, Read, one_true, repaired, search, utility

PLANTED = [0, 1, 1, 0, 1, 0, 1, 0]


def table(planted: list[int]) -> Read:
    """Log probabilities of a "model" that says a row's planted label the surer, the more of the others are right."""

    def read(row: int, labels: Mapping[int, int]) -> np.ndarray:
        right = np.mean([label == planted[other] for other, label in labels.items()]) if labels else 0.5
        said = np.full(2, np.log(0.7 - 0.65 * right))
        said[planted[row]] = np.log(0.3 + 0.65 * right)  # even wrong labels leave it an idea of what they mean
        return said

    return read


def problem(planted: list[int] = PLANTED, *, alpha: float = 30.0, groups: list[str] | None = None) -> Problem:
    names = groups or [str(i) for i in range(len(planted))]
    return Problem(
        read=table(planted), clashes=one_true(groups) if groups else lambda labels: [], groups=names, classes=2,
        alpha=alpha,
    )  # fmt: skip


def test_the_utility_is_highest_at_the_planted_labelling() -> None:
    all_of_them = [dict(enumerate(labels)) for labels in itertools.product((0, 1), repeat=8)]
    assert len(all_of_them) == 256
    values = [utility(problem(), labels) for labels in all_of_them]
    assert all_of_them[int(np.argmax(values))] == dict(enumerate(PLANTED))
    assert sorted(values)[-2] < max(values) - 1
    assert max(values) == pytest.approx(30 * (np.log(0.95) - np.log(0.05)))


def test_without_alpha_only_consistency_is_left() -> None:
    groups = ["a", "a", "a", "b", "b", "c", "c", "c"]

    def never(row: int, labels: Mapping[int, int]) -> np.ndarray:
        raise AssertionError("nothing is read")

    alone = Problem(read=never, clashes=one_true(groups), groups=groups, classes=2, alpha=0.0)
    for labels in itertools.product((0, 1), repeat=8):
        true = [sum(label for label, group in zip(labels, groups, strict=True) if group == name) for name in "abc"]
        assert utility(alone, dict(enumerate(labels))) == -sum(max(0, n - 1) for n in true)


def test_contradictions_are_pairs_and_the_better_labelling_mends_them() -> None:
    groups = ["a", "a", "b", "b", "b"]
    clashes = one_true(groups)
    assert clashes({0: 1, 1: 0, 2: 1, 4: 1}) == [(2, 4)]
    assert clashes({2: 1, 3: 1, 4: 1}) == [(2, 3), (2, 4)]
    planted = [1, 0, 0, 1, 0]
    found = repaired(problem(planted, groups=groups), {0: 1, 1: 1, 2: 1, 3: 1, 4: 0})
    assert found == dict(enumerate(planted))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_search_finds_labels_that_fit_together(seed: int) -> None:
    planted = [int(i) for i in np.random.default_rng(5).integers(0, 2, 14)]
    found = search(problem(planted), steps=150, seed=seed)
    assert found == search(problem(planted), steps=150, seed=seed)
    assert len(found.path) == 150
    assert len(found.labels) == 14
    assert found.utility == pytest.approx(utility(problem(planted), found.labels))
    right = np.mean([label == planted[row] for row, label in found.labels.items()])
    assert right > 0.9 or found.utility > found.path[0]


def test_it_begins_with_balanced_random_labels_and_prefers_groups_that_are_begun() -> None:
    groups = [f"{i // 2}" for i in range(40)]
    read: list[int] = []

    def noted(row: int, labels: Mapping[int, int]) -> np.ndarray:
        read.append(row)
        return np.log([0.5, 0.5])

    one = Problem(read=noted, clashes=lambda labels: [], groups=groups, classes=2, alpha=30.0)
    begun = search(one, steps=0, seed=0)
    assert sorted(begun.labels.values()) == [0] * 4 + [1] * 4
    found = search(one, steps=6, seed=0)
    partners = {row ^ 1 for row in begun.labels} - set(begun.labels)
    assert len(partners) > 2
    assert len(partners & set(found.labels)) >= min(4, len(partners))
