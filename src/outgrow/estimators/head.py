"""A linear head from features and weak labels: which method, which penalty, and the training itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from outgrow.errors import StepFailed
from outgrow.estimators.cells import WrongInput
from outgrow.estimators.inputs import exactly
from outgrow.estimators.units import moments, scaled
from outgrow.learning.objective import Lesson, WeakLabels
from outgrow.learning.out_of_fold import folds_of, out_of_fold
from outgrow.methods.base import Method
from outgrow.methods.naive import Naive
from outgrow.own_labels.choice import Choice, choose
from outgrow.own_labels.table import FEWEST
from outgrow.plain import counted
from outgrow.specs import TrainSpec
from outgrow.tasks.base import Output

RANGE = 1e290  # of deviations: those that can be divided by, and weights too
L2 = 0.1  # where too few rows are there to choose by


@dataclass(frozen=True, kw_only=True)
class Grown:
    """A head that learned from weak labels.

    Args:
        weight, bias: float32 [classes, width] and [classes]; of pairs [1, width] and [1], which is zero.
        mean, deviation: [width], the units of the features that it is for.
        choice: of method and penalty, where one was made by evidence.
        out_of_fold: probabilities float32 [n, classes] by heads that did not learn from the row; None for too few rows.
        reasons, notes: why this method, and what was left out.
    """

    weight: np.ndarray
    bias: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    choice: Choice | None
    method: Method
    l2: float
    out_of_fold: np.ndarray | None
    reasons: tuple[str, ...]
    notes: tuple[str, ...]


def grow(
    raw: np.ndarray,
    weak: WeakLabels,
    output: Output,
    *,
    weights: np.ndarray,
    method: Method | None,
    l2: float | None,
    seed: int,
    spec: TrainSpec,
) -> Grown:
    """Choose what is left open, and train.

    Rows that are equal are learned from as one that counts as often, in an order that is theirs. So the head of a given
    method and penalty depends neither on the order of rows nor on whether they are repeated or weighted. A choice is
    made without weights.

    Args:
        raw: features of the rows, [n, width]; [n, 2, width] of pairs, or [n, width], what the second has more.
        weights: how much each row counts, above 0.
        method, l2: None to choose by evidence.
        spec: of a training by a loss that is not convex.
    """
    marks = exactly(raw)
    mean, deviation = _units(raw, marks, weights, output)
    if (odd := np.flatnonzero((deviation < 1 / RANGE) | (deviation > RANGE))).size:
        raise WrongInput(
            f"column {odd[0]} of X has the deviation {deviation[odd[0]]:g}, and weights of features need one from "
            f"{1 / RANGE:g} to {RANGE:g}: give it in other units"
        )
    features = scaled(raw, mean, deviation)
    if output.kind == "preference" and raw.ndim == 2:
        features = np.stack([np.zeros_like(features), features], 1)
    weak = replace(weak, features=lambda: features)
    labelled = np.flatnonzero(weak.corrected(weak.mean()).any(1))
    differ = len({weak.groups[row] for row in labelled.tolist()})
    enough = differ >= FEWEST
    open_ = enough and (method is None or l2 is None)
    try:
        choice = choose(features, weak, output, method=method, seed=seed) if open_ else None
        chosen = choice.method if choice else method or Naive()
        lesson = chosen.objective().lesson(weak, seed=seed)
    except ValueError as error:
        raise WrongInput(f"{error}; choose another method") from error
    lesson = replace(lesson, weights=(lesson.weights * weights).astype(np.float64))
    penalty = l2 if l2 is not None else choice.l2 if choice else L2
    known = np.zeros(len(marks), bool) if weak.truth is None else weak.truth >= 0
    head = _solved(features, marks, lesson, output, chosen, known=known, l2=penalty, seed=seed, spec=spec)
    return Grown(
        weight=head.weight.cpu().numpy(),
        bias=head.bias.cpu().numpy(),
        mean=mean,
        deviation=deviation,
        choice=choice,
        method=chosen,
        l2=penalty,
        out_of_fold=_answers(features, weak, lesson, output, choice, l2=l2, seed=seed) if enough else None,
        reasons=choice.reasons if choice else _reasons(method, l2, enough, differ),
        notes=(*lesson.notes, *head.notes),
    )


def _units(
    raw: np.ndarray, marks: Sequence[bytes], weights: np.ndarray, output: Output
) -> tuple[np.ndarray, np.ndarray]:
    count: dict[bytes, float] = {}
    first: dict[bytes, int] = {}
    for row, (mark, weight) in enumerate(zip(marks, weights.tolist(), strict=True)):
        count[mark] = count.get(mark, 0.0) + weight
        first.setdefault(mark, row)
    order = sorted(first)
    rows, counts = raw[[first[mark] for mark in order]], np.array([count[mark] for mark in order])
    if raw.ndim == 3:
        return moments(rows.reshape(-1, raw.shape[-1]), counts.repeat(2))
    if output.kind != "preference":
        return moments(rows, counts)
    mean, deviation = moments(rows, counts, centred=False)
    return mean, deviation / np.sqrt(2)  # of one candidate, if both vary alike


def _solved(
    features: np.ndarray,
    marks: Sequence[bytes],
    lesson: Lesson,
    output: Output,
    method: Method,
    *,
    known: np.ndarray,
    l2: float,
    seed: int,
    spec: TrainSpec,
) -> Any:
    """The head of a lesson, rows that are equal in features and targets taken as one.

    Args:
        known: whether the target is the truth, bool [n]: a loss that is fitted to labels treats such rows otherwise.
    """
    import torch

    from outgrow.learning import heads, lbfgs

    first: dict[bytes, int] = {}
    count: dict[bytes, float] = {}
    place = {row: i for i, row in enumerate(lesson.kept.tolist())}
    apart = [b""] * len(marks) if lesson.loss == method.objective().loss else [bytes([one]) for one in known.tolist()]
    for row in place:
        mark = marks[row] + lesson.targets[row].tobytes() + apart[row] + lesson.loss.apart(place[row])
        first.setdefault(mark, row)
        count[mark] = count.get(mark, 0.0) + float(lesson.weights[row])
    order = sorted(first)
    rows = np.array([first[mark] for mark in order])
    weights = np.array([count[mark] for mark in order])
    student = heads.Student(
        rows=np.arange(len(rows)),
        targets=torch.from_numpy(lesson.targets[rows]),
        weights=torch.from_numpy((weights / weights.mean()).astype(np.float32)),
        loss=lesson.loss.of([place[row] for row in rows.tolist()]),
        seed=seed,
        l2=l2,
    )
    device, own = torch.device("cpu"), features[rows]
    if student.loss.convex:
        (head,) = lbfgs.solve(own, [student], output, device=device)
    else:
        (head,) = heads.train_together(own, [student], spec, output, device=device)
    if isinstance(head, StepFailed):
        raise head
    return head


def _answers(
    features: np.ndarray,
    weak: WeakLabels,
    lesson: Lesson,
    output: Output,
    choice: Choice | None,
    *,
    l2: float | None,
    seed: int,
) -> np.ndarray:
    """Out-of-fold answers: those of the choice, unless a penalty was asked for."""
    if choice is not None and l2 is None:
        return choice.out_of_fold
    assert l2 is not None  # else there is a choice
    folds = folds_of(weak.groups, seed=seed)
    return np.asarray(out_of_fold(features, [lesson], output, l2=[l2], folds=folds)[0, 0])


def _reasons(method: Method | None, l2: float | None, enough: bool, n: int) -> tuple[str, ...]:
    if enough or (method is not None and l2 is not None):
        return ("method and penalty as they were given",)
    return (f"{counted(n, 'labelled row')} that differ: at least {FEWEST} are needed to choose by evidence",)
