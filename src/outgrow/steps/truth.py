"""Answers against ground truth, where that is known."""

from __future__ import annotations

import numpy as np

from outgrow.learning.objective import WeakLabels
from outgrow.steps.split import Part, SplitData


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


def even(answers: np.ndarray) -> np.ndarray:
    """Each row's most probable class as 1, k equals as 1/k each, float [n, classes]; zeros where nothing is said."""
    best = (answers == answers.max(1, keepdims=True)) & (answers > 0)
    found: np.ndarray = best / np.maximum(best.sum(1, keepdims=True), 1)
    return found
