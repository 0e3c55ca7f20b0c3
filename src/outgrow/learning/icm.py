"""Labels that are the most predictable from each other and contradict each other least, found without any given.

U(labels) = alpha * mean over rows of (log p(its label | all other labels) - that of the best other class) -
contradictions. The search is simulated annealing, as in arXiv 2506.10139.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Read = Callable[[int, Mapping[int, int]], np.ndarray]
"""Log probabilities [classes] of a row, given labels of other rows."""
Clashes = Callable[[Mapping[int, int]], list[tuple[int, int]]]
"""Pairs of rows whose labels contradict each other."""
REPAIRS, BEGUN, LIKELY = 10, 8, 100.0  # tries to repair; random labels at first; odds of a row whose group is begun


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is to be labelled, and by what.

    Args:
        groups: of the rows; rows of a group can contradict each other.
    """

    read: Read
    clashes: Clashes
    groups: Sequence[str]
    classes: int
    alpha: float


@dataclass(frozen=True, kw_only=True)
class Found:
    """Labels by row, their utility, and how many steps were accepted."""

    labels: dict[int, int]
    utility: float
    accepted: int
    path: list[float] = field(default_factory=list)


def utility(problem: Problem, labels: Mapping[int, int]) -> float:
    """U of labels; with alpha = 0 only contradictions count, and nothing is read."""
    contradictions = len(problem.clashes(labels))
    if not problem.alpha or not labels:
        return -float(contradictions)
    margins = []
    for row, label in labels.items():
        said = problem.read(row, without(labels, row))
        margins.append(said[label] - np.delete(said, label).max())
    return problem.alpha * float(np.mean(margins)) - contradictions


def search(problem: Problem, *, steps: int, seed: int) -> Found:
    """Draw a row, give it the label that the others predict, repair contradictions, accept by the change in U."""
    rng, n = np.random.default_rng(seed), len(problem.groups)
    begun = rng.permutation(n)[: min(BEGUN, n)]
    labels = {int(row): i % problem.classes for i, row in enumerate(begun)}
    value, accepted, path = utility(problem, labels), 0, []
    for _ in range(steps):
        row = _drawn(problem, labels, rng)
        given = without(labels, row)
        new = repaired(problem, {**given, row: int(problem.read(row, given).argmax())})
        better = utility(problem, new)
        heat = max(0.01, 10 / (1 + 2 * np.log1p(accepted)))
        if better >= value or rng.random() < np.exp((better - value) / heat):
            labels, value, accepted = new, better, accepted + 1
        path.append(value)
    return Found(labels=labels, utility=value, accepted=accepted, path=path)


def repaired(problem: Problem, labels: dict[int, int]) -> dict[int, int]:
    """The labels with the first contradiction mended by the best labelling of its two rows, and so on."""
    for _ in range(REPAIRS):
        clashing = problem.clashes(labels)
        if not clashing:
            break
        one, two = clashing[0]
        ways = [{**labels, one: a, two: b} for a in range(problem.classes) for b in range(problem.classes)]
        sound = [way for way in ways if (one, two) not in problem.clashes(way)]
        if not sound:
            break
        labels = max(sound, key=lambda way: utility(problem, way))
    return labels


def one_true(groups: Sequence[str], *, true: int = 1) -> Clashes:
    """At most one row of a group is of the class `true`: two that are contradict each other."""

    def clashes(labels: Mapping[int, int]) -> list[tuple[int, int]]:
        first: dict[str, int] = {}
        found = []
        for row in sorted(labels):
            if labels[row] == true:
                if groups[row] in first:
                    found.append((first[groups[row]], row))
                first.setdefault(groups[row], row)
        return found

    return clashes


def without(labels: Mapping[int, int], row: int) -> dict[int, int]:
    """The labels of all other rows."""
    return {other: label for other, label in labels.items() if other != row}


def _drawn(problem: Problem, labels: Mapping[int, int], rng: np.random.Generator) -> int:
    """A row, drawn with more weight where another one of its group has a label, and it has none."""
    begun = {problem.groups[row] for row in labels}
    odds = np.array([LIKELY if group in begun and row not in labels else 1.0
                     for row, group in enumerate(problem.groups)])  # fmt: skip
    return int(rng.choice(len(odds), p=odds / odds.sum()))
