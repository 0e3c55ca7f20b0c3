"""Answers against ground truth, where that is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from outgrow.learning.featured import voted
from outgrow.learning.objective import WeakLabels
from outgrow.steps.split import Part, SplitData
from outgrow.trust.intervals import wilson


def chosen(weak: WeakLabels, data: SplitData) -> np.ndarray:
    """The class that labels come to, int64 [n]: of the mean of the supervisors; -1 where none speaks.

    For generation, texts that are no answer of any example count as classes beyond all others.
    """
    mean = weak.mean()
    best = np.where(mean.any(1), mean.argmax(1), -1)
    if weak.texts is None:
        return best
    names = {text: i for i, text in enumerate(data.output.class_names)}
    number = np.array([names.get(text, len(names) + i) for i, text in enumerate(weak.texts)] + [-1], np.int64)
    return np.asarray(number[best])


def accuracy_of(weak: WeakLabels, data: SplitData, part: Part) -> float | None:
    """The share of rows that labels get right; an abstention is wrong, and of k equals each counts 1/k.

    None where nobody knows the truth.
    """
    if data.truth is None:
        return None
    truth = data.known_truth(part)
    if weak.texts is not None:
        return float((chosen(weak, data) == truth).mean())
    return float(even(weak.mean())[np.arange(len(truth)), truth].mean())


def several(weak: WeakLabels, data: SplitData, part: Part) -> dict[str, Any]:
    """How often each of several supervisors is right, and their majority vote; nothing of one, or where texts are.

    As `accuracy_of`, and nothing where nobody knows the truth.
    """
    votes = weak.probabilities
    if len(votes) < 2 or data.truth is None or weak.texts is not None:
        return {}
    truth = data.known_truth(part)
    right = [float(even(own)[np.arange(len(truth)), truth].mean()) for own in (*votes, voted(votes))]
    return {"members": right[:-1], "vote": right[-1]}


def note_of(facts: dict[str, Any]) -> list[str]:
    """What `several` found, as a note: the majority vote is the baseline of whatever fuses labels."""
    if "vote" not in facts:
        return []
    members, n = facts["members"], len(facts["ids"])
    low, high = wilson(facts["vote"], n)
    return [
        f"majority vote of {len(members)} supervisors: right on {facts['vote']:.1%} [{low:.1%}, {high:.1%}] of {n:,} "
        f"rows of transfer; alone they are right on {min(members):.1%} to {max(members):.1%}, their mean on "
        f"{facts['accuracy']:.1%}"
    ]


def even(answers: np.ndarray) -> np.ndarray:
    """Each row's most probable class as 1, k equals as 1/k each, float [n, classes]; zeros where nothing is said."""
    best = (answers == answers.max(1, keepdims=True)) & (answers > 0)
    found: np.ndarray = best / np.maximum(best.sum(1, keepdims=True), 1)
    return found
