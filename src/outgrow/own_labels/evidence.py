"""What speaks for a method before anybody knows the truth, and what rows of known truth add."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outgrow.learning.objective import Lesson, Objective, WeakLabels
from outgrow.learning.out_of_fold import folds_of, out_of_fold
from outgrow.methods.base import Method
from outgrow.methods.transforms.vote import Vote
from outgrow.tasks.base import Output


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """How a method's heads answer rows that they have not learned from.

    Args:
        l2: the penalty with which they fit the method's own targets best.
        fit: by how much these targets are more likely than by the shares of their classes alone, nats a row; of each
            method against its own targets, so it does not rank methods.
        agreement: share of the majority vote's labels that they give too; a tie counts in equal shares.
        audited: rows of known truth.
        right: how often they are right on these, no one being judged by a row whose truth it has learned; or None.
    """

    name: str
    method: Method
    l2: float
    fit: float
    agreement: float
    audited: int = 0
    right: float | None = None


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """Evidence with what it comes of.

    Args:
        lesson: targets and weights, as the student will have them.
        answers: out of fold, float32 [n, classes].
        hits: on rows of known truth, whether they are right, bool.
    """

    evidence: Evidence
    lesson: Lesson
    answers: np.ndarray
    hits: np.ndarray


def weigh(
    features: np.ndarray,
    weak: WeakLabels,
    output: Output,
    methods: Sequence[tuple[str, Method]],
    *,
    l2: Sequence[float],
    seed: int,
) -> list[Weighed]:
    """Evidence of every method; all heads, of all methods, penalties and folds, are solved as one problem.

    Where rows of known truth are learned from, each fold has its own targets: made without the truth of its rows.
    """
    folds = folds_of(weak.groups, seed=seed)
    known = np.flatnonzero(weak.truth >= 0) if weak.truth is not None else np.zeros(0, np.int64)
    whole = [method.objective().lesson(weak, seed=seed) for _, method in methods]
    taught: list[Lesson | list[Lesson]] = list(whole)
    if len(known):
        taught = [
            [_without(weak, folds == fold, method.objective(), seed=seed) for fold in range(int(folds.max()) + 1)]
            for _, method in methods
        ]
    answers = out_of_fold(features, taught, output, l2=l2, folds=folds)
    vote = Vote().apply(weak, seed=seed).mean()
    voted = vote.any(-1)
    found = []
    for (name, method), lesson, own in zip(methods, whole, answers, strict=True):
        fits = [_fit(one, lesson) for one in own]
        best = int(np.argmax(fits))
        said = own[best].argmax(-1)
        hits = said[known] == weak.truth[known] if weak.truth is not None else np.zeros(0, bool)
        evidence = Evidence(
            name=name,
            method=method,
            l2=l2[best],
            fit=fits[best],
            agreement=float(vote[voted, said[voted]].mean()) if voted.any() else float("nan"),
            audited=len(known),
            right=float(hits.mean()) if len(known) else None,
        )
        found.append(Weighed(evidence=evidence, lesson=lesson, answers=own[best], hits=hits))
    return found


def _without(weak: WeakLabels, hidden: np.ndarray, objective: Objective, *, seed: int) -> Lesson:
    """A lesson in which the truth of some rows, bool [n], is not known."""
    assert weak.truth is not None
    truth = np.where(hidden, -1, weak.truth)
    return objective.lesson(dataclasses.replace(weak, truth=truth if (truth >= 0).any() else None), seed=seed)


def _fit(answers: np.ndarray, lesson: Lesson) -> float:
    """How much likelier answers make a lesson's targets than the shares of its classes do, nats a row."""
    weights = lesson.weights / lesson.weights.sum()
    shares = weights @ lesson.targets
    gain = np.log(answers.clip(min=1e-9) / shares.clip(min=1e-9))
    return float(weights @ (lesson.targets * gain).sum(-1))
