"""What a student says of rows that it has not learned from: many heads, each without a part of the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from outgrow.errors import StepFailed
from outgrow.learning.objective import Lesson
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    from outgrow.learning.heads import Head

FOLDS = 5


def folds_of(groups: Sequence[str], *, folds: int = FOLDS, seed: int) -> np.ndarray:
    """Which fold each row is left out in, int64 [n]: groups stay together, in the order of a seeded hash of theirs.

    Folds are about equally large, whatever the sizes of the groups: the next group goes where the fewest rows are.
    """
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    ranked = sorted(sizes, key=lambda group: hashlib.sha256(f"{seed}/{group}".encode()).digest())
    filled, place = [0] * folds, {}
    for group in ranked:
        place[group] = min(range(folds), key=filled.__getitem__)
        filled[place[group]] += sizes[group]
    return np.array([place[group] for group in groups], np.int64)


def out_of_fold(
    features: np.ndarray,
    lessons: Sequence[Lesson | Sequence[Lesson]],
    output: Output,
    *,
    l2: Sequence[float],
    folds: np.ndarray,
) -> np.ndarray:
    """Probabilities of linear heads that have not learned from the row, float32 [lessons, l2, n, classes].

    All heads, one for each lesson, strength and fold, are solved as one problem.

    Args:
        features: of the rows of the lessons, [n, width], or [n, 2, width] for preference.
        lessons: each either one for all folds, or one for each: what is learned when that fold is left out.
        l2: penalties, as `TrainSpec.l2`.
        folds: of each row, as `folds_of` gives them.

    Raises:
        StepFailed: a head has no finite optimum.
    """
    import torch

    from outgrow.learning.heads import Student
    from outgrow.learning.lbfgs import solve
    from outgrow.learning.losses import CrossEntropy

    features = in_own_span(features)
    rows, count = np.arange(len(folds)), int(folds.max()) + 1
    students = []
    for lesson in lessons:
        for strength in l2:
            for fold in range(count):
                one = lesson if isinstance(lesson, Lesson) else lesson[fold]
                weights = np.where(folds == fold, 0, one.weights).astype(np.float32)
                students.append(
                    Student(rows=rows, targets=torch.from_numpy(one.targets), weights=torch.from_numpy(weights),
                            loss=CrossEntropy(), seed=0, l2=strength)
                )  # fmt: skip
    heads = solve(features, students, output, device=torch.device("cpu"))
    found = np.zeros((len(lessons) * len(l2), len(rows), output.n_classes), np.float32)
    for i, head in enumerate(heads):
        if isinstance(head, StepFailed):
            raise head
        place, fold = divmod(i, count)
        here = np.flatnonzero(folds == fold)
        found[place, here] = answers_of(head, features[here])
    return found.reshape(len(lessons), len(l2), len(rows), output.n_classes)


def in_own_span(features: np.ndarray) -> np.ndarray:
    """Coordinates [n, n] of rows [n, width] in the space that they span, where they are far fewer than wide.

    A head with a quadratic penalty is a sum of the rows that it learned from (Kimeldorf and Wahba 1971), so it says of
    these rows what it would say in full width, and is solved in a fraction of the time. Pairs are left as they are.
    """
    n, width = len(features), features.shape[-1]
    if features.ndim != 2 or width <= 2 * n:  # else finding them costs what it saves
        return features
    values = np.asarray(features, np.float64)
    squares, axes = np.linalg.eigh(values @ values.T)
    return np.asarray(axes * np.sqrt(np.maximum(squares, 0)), np.float32)


def answers_of(head: Head, features: np.ndarray) -> np.ndarray:
    """Probabilities [n, classes] that a solved head gives to features [n, width], or [n, 2, width] for preference."""
    import torch

    with torch.inference_mode():
        logits = torch.from_numpy(np.asarray(features, np.float32)) @ head.weight.T
        logits = logits.squeeze(-1) if features.ndim == 3 else logits + head.bias
        return np.asarray(logits.softmax(-1).numpy(), np.float32)


def in_sample(features: np.ndarray, lesson: Lesson, output: Output, *, l2: float) -> np.ndarray:
    """Probabilities [n, classes] of a linear head for the very rows that it learned from."""
    import torch

    from outgrow.learning.heads import Student
    from outgrow.learning.lbfgs import solve
    from outgrow.learning.losses import CrossEntropy

    features = in_own_span(features)
    (head,) = solve(
        features,
        [
            Student(rows=np.arange(len(features)), targets=torch.from_numpy(lesson.targets),
                    weights=torch.from_numpy(lesson.weights), loss=CrossEntropy(), seed=0, l2=l2)
        ],
        output,
        device=torch.device("cpu"),
    )  # fmt: skip
    if isinstance(head, StepFailed):
        raise head
    return answers_of(head, features)
