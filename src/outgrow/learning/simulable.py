"""Errors that a student can copy: those of a linear head that sees the first features alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from outgrow.errors import DataError, StepFailed
from outgrow.learning.objective import Lesson
from outgrow.learning.out_of_fold import answers_of, folds_of, out_of_fold
from outgrow.learning.synthetic import Seen
from outgrow.tasks.base import Output


def first_features(features: np.ndarray, truth: np.ndarray, new: np.ndarray, k: int, output: Output) -> np.ndarray:
    """What a logistic regression on the first `k` features says of new rows, float32 [n, classes].

    It has the penalty that scikit-learn's has by default, C = 1.

    Args:
        features: that it learns from, [m, width], or [m, 2, width] for preference.
        truth: int64 [m].
        new: features of the rows to answer, likewise.
    """
    import torch

    from outgrow.learning.heads import Student
    from outgrow.learning.lbfgs import solve
    from outgrow.learning.losses import CrossEntropy

    lesson = _lesson(truth, output)
    student = Student(
        rows=np.arange(len(truth)), targets=torch.from_numpy(lesson.targets), weights=torch.from_numpy(lesson.weights),
        loss=CrossEntropy(), seed=0, l2=_penalty(len(truth), output),
    )  # fmt: skip
    (head,) = solve(np.ascontiguousarray(features[..., :k]), [student], output, device=torch.device("cpu"))
    if isinstance(head, StepFailed):
        raise head
    return answers_of(head, new[..., :k])


def features_for(
    rate: float, features: np.ndarray, truth: np.ndarray, groups: Sequence[str], output: Output
) -> tuple[int, float]:
    """How many of the first features make a head whose errors are nearest to a rate, and how often it errs.

    Errors are counted out of fold. Numbers of features rise by about a quarter each.
    """
    width, tried = features.shape[-1], [1]
    while tried[-1] < width:
        tried.append(min(width, max(tried[-1] + 1, round(1.25 * tried[-1]))))
    folds, lesson, errors = folds_of(groups, seed=0), _lesson(truth, output), []
    if len(set(groups)) < 2:
        raise DataError("the rows of `supervisor` are one group: errors out of fold cannot be counted; set k")
    for k in tried:
        own = np.ascontiguousarray(features[..., :k])
        found = out_of_fold(own, [lesson], output, l2=[_penalty(len(truth), output)], folds=folds)[0, 0]
        errors.append(float((found.argmax(1) != truth).mean()))
        if errors[-1] < rate / 2:
            break
    best = int(np.argmin(np.abs(np.array(errors) - rate)))
    return tried[best], errors[best]


def _lesson(truth: np.ndarray, output: Output) -> Lesson:
    targets = np.eye(output.n_classes, dtype=np.float32)[truth]
    return Lesson(targets=targets, weights=np.ones(len(truth), np.float32))


def _penalty(n: int, output: Output) -> float:
    """`TrainSpec.l2` that is half of the squared weights, added to the sum of losses; for two classes, of one logit."""
    by_loss = {"preference": 1.0}.get(output.kind, 2.0 if output.n_classes == 2 else output.n_classes / 2)
    return by_loss / n


def head_of(seen: Seen, *, k: int, rate: float) -> tuple[np.ndarray, str]:
    """Answers of a head on the first `k` features, float32 [n, classes], and what to call it; 0 chooses k by `rate`."""
    assert seen.features is not None
    assert seen.lesson is not None
    features, truth, groups = seen.lesson
    width, what = features.shape[-1], ""
    if k > width:
        raise DataError(f"weak.k = {k:,}: there are {width:,} features")
    if not k:
        k, error = features_for(rate, features, truth, groups, seen.output)
        what = f", which out of fold errs on {error:.1%} of supervisor, chosen for {rate:.1%}"
    answers = first_features(features, truth, seen.features, k, seen.output)
    return answers, f"a linear head on the first {k:,} of {width:,} features{what}"


def flips_for(rate: float, wrong: float, classes: int) -> float:
    """Which share of labels, a share `wrong` of which is wrong, to replace by another class so that `rate` are wrong.

    DataError where more are wrong already.
    """
    if wrong > rate:
        raise DataError(
            f"weak.rate = {rate:g}: the head alone errs on {wrong:.3f} of transfer; choose a larger rate or k"
        )
    return (rate - wrong) / (1 - wrong * classes / (classes - 1))
