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

ERRORS = 2.0  # standard errors of a paired difference that count as clear


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """How a method's heads answer rows that they have not learned from.

    Args:
        l2: the first penalty, or one with which they clearly agree more with the vote. The fit to targets that hold
            what features say would ask for too small a one.
        fit: by how much they make the method's own targets likelier than the shares of their classes do, nats a row; as
            targets differ, it does not rank methods.
        agreement: share of the majority vote's labels, and of known truth, that they give too; a tie counts in equal
            shares.
        stability: share of rows that heads of another division into folds answer alike.
        audited: rows of known truth.
        right: how often they are right on these, no one being judged by a row whose truth it has learned; or None.
    """

    name: str
    method: Method
    l2: float
    fit: float
    agreement: float
    stability: float
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
    """Evidence of every method; the heads of all methods, penalties and folds are solved as one problem.

    Each fold has targets of its own, made without labels and truth of its rows: a transform may carry what is said of
    one row to others.
    """
    folds = folds_of(weak.groups, seed=seed)
    known = np.flatnonzero(weak.truth >= 0) if weak.truth is not None else np.zeros(0, np.int64)
    whole = [method.objective().lesson(weak, seed=seed) for _, method in methods]
    taught = [
        [_without(weak, folds == fold, method.objective(), seed=seed) for fold in range(int(folds.max()) + 1)]
        for _, method in methods
    ]
    answers = out_of_fold(features, taught, output, l2=l2, folds=folds)
    vote = weak.corrected(Vote().apply(weak, seed=seed).mean())
    voted = np.flatnonzero(vote.any(-1))
    found, others = [], folds_of(weak.groups, seed=seed + 1)
    for (name, method), lesson, own in zip(methods, whole, answers, strict=True):
        agrees = np.stack([vote[voted, one.argmax(-1)[voted]] for one in own])
        best = clearly_best(agrees)
        said = own[best].argmax(-1)
        again = out_of_fold(features, [lesson], output, l2=[l2[best]], folds=others)[0, 0].argmax(-1)
        hits = said[known] == weak.truth[known] if weak.truth is not None else np.zeros(0, bool)
        evidence = Evidence(
            name=name,
            method=method,
            l2=l2[best],
            fit=_fit(own[best], lesson),
            agreement=float(agrees[best].mean()) if len(voted) else float("nan"),
            stability=float((said == again).mean()),
            audited=len(known),
            right=float(hits.mean()) if len(known) else None,
        )
        found.append(Weighed(evidence=evidence, lesson=lesson, answers=own[best], hits=hits))
    return found


def clearly_best(scores: np.ndarray) -> int:
    """Which of several [how many, rows]: the first, unless another is ahead by more than some standard errors."""
    apart = scores[1:].astype(np.float64) - scores[0]
    if apart.size == 0 or apart.shape[1] < 2:
        return 0
    ahead, error = apart.mean(1), apart.std(1, ddof=1) / np.sqrt(apart.shape[1])
    best = int(np.argmax(ahead - ERRORS * error))
    return best + 1 if ahead[best] > ERRORS * error[best] else 0


def _without(weak: WeakLabels, hidden: np.ndarray, objective: Objective, *, seed: int) -> Lesson:
    """A lesson in which nothing is said of some rows, bool [n]."""
    votes = np.where(hidden[:, None], 0, weak.probabilities).astype(weak.probabilities.dtype)
    truth = None if weak.truth is None else np.where(hidden, -1, weak.truth)
    if truth is not None and not (truth >= 0).any():
        truth = None
    return objective.lesson(dataclasses.replace(weak, probabilities=votes, truth=truth), seed=seed)


def _fit(answers: np.ndarray, lesson: Lesson) -> float:
    """How much likelier answers make a lesson's targets than the shares of its classes do, nats a row."""
    weights = lesson.weights / lesson.weights.sum()
    shares = weights @ lesson.targets
    gain = np.log(answers.clip(min=1e-9) / shares.clip(min=1e-9))
    return float(weights @ (lesson.targets * gain).sum(-1))
