"""Linear heads to the optimum of a convex loss: L-BFGS on many students at once, in coordinates that suit them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from outgrow.errors import ConfigError, StepFailed
from outgrow.learning.coordinates import Coordinates, matrix
from outgrow.learning.head_problem import Problem
from outgrow.learning.heads import Head, Student
from outgrow.learning.minimise import TOLERANCE, minimise
from outgrow.learning.progress import Progress
from outgrow.tasks.base import Output

FEW = 24  # students that the features' own coordinates suit: others cost more to find than they save
CHUNK = 256  # students solved at once, at most
BUDGET = 1 << 26  # numbers that they hold at once
ROUNDING = 2.0**-20  # variance of what float16 rounds away, relative to that of features, with room to spare
SHARED = 4  # students' rows are multiplied as one matrix while it has at most so many times the rows of one student

ENDLESS = StepFailed(
    "a plane separates the classes of the training rows, so without a penalty larger weights are always better; "
    "set l2 above 0, such as 0.001"
)


def solve(
    features: np.ndarray, students: Sequence[Student], output: Output, *, device: torch.device
) -> list[Head | StepFailed]:
    """The head that minimises each student's loss; epochs, batches, rates and seeds play no part.

    A few are solved in the features' own coordinates. For many, one head is found first that learns from all their
    rows. All optima lie near it, and the loss curves there as it does for each of them: that gives the coordinates.
    """
    if any(not one.loss.convex for one in students):
        raise ConfigError('train.optimizer = "lbfgs" needs a convex loss, such as that of naive; use "adam"')
    found: list[Head | StepFailed | None] = [
        None if bool(one.targets.isfinite().all()) and bool(one.weights.isfinite().all())
        else StepFailed("some labels or weights that a head learns from are not finite numbers")
        for one in students
    ]  # fmt: skip
    whole = [i for i, failure in enumerate(found) if failure is None]
    with torch.inference_mode():  # small steps by the thousand: what autograd would note is a seventh of the time
        solved = list(_solve(features, [students[i] for i in whole], output, device=device)) if whole else []
    for i, head in zip(whole, solved, strict=True):
        found[i] = _usable(head) if isinstance(head, Head) else head
    return [one for one in found if one is not None]


def _solve(
    features: np.ndarray, students: Sequence[Student], output: Output, *, device: torch.device
) -> Iterator[Head | StepFailed]:
    wanted = np.stack([one.rows for one in students])
    taken = np.zeros(len(features), bool)
    taken[wanted] = True
    rows = torch.from_numpy((np.cumsum(taken) - 1)[wanted]).to(device)
    x = matrix(features, np.flatnonzero(taken), device=device)
    squares = x.square().mean(0)
    if not bool(squares.isfinite().all()):
        yield from [StepFailed("not all features of the training rows are finite numbers")] * len(students)
        return
    bound = 0.25 if output.n_classes == 2 else 0.5
    penalty = _penalties(squares, students, bound, output)
    starts = [None if one.start is None else _coordinates(one.start, output, device) for one in students]
    offsets = [None if own is None else x[place] @ own.T for own, place in zip(starts, rows, strict=True)]
    coordinates = Coordinates.plain(x, squares, penalty.mean(0), bound)
    first = x.new_zeros(1 if output.n_classes == 2 else output.n_classes, x.shape[1])
    if len(students) > FEW:
        first, coordinates = _middle(x, rows, students, penalty.mean(0), coordinates, output)
        coordinates.rotate_(x)
    shared = len(x) <= SHARED * rows.shape[1]
    each = len(x) * output.n_classes if shared else rows.shape[1] * x.shape[1]
    size = max(1, min(CHUNK, BUDGET // each))
    for start in range(0, len(students), size):
        some = slice(start, start + size)
        problem = _problem(
            x, rows[some], students[some], penalty[some], coordinates, output, offsets[some], shared=shared
        )
        ended = minimise(problem, first * problem.scale[:, None])
        plain = coordinates.back(ended.w / problem.scale[:, None])
        right = problem.fits(ended.w).tolist() if any(one.l2 == 0 for one in students[some]) else [False] * len(plain)
        norms = (ended.gradient * problem.scale[:, None]).flatten(1).norm(dim=1)
        plain = torch.stack([
            own if start is None else own + start for own, start in zip(plain, starts[some], strict=True)
        ])  # fmt: skip
        facts = zip(ended.value.tolist(), norms.tolist(), ended.steepest.tolist(), right, strict=True)
        for one, own, (value, norm, steepest, all_right) in zip(students[some], plain, facts, strict=True):
            if all_right and one.l2 == 0:
                yield ENDLESS
                continue
            head = _head(own, output, steepest)
            one.check(head.weight, head.bias, Progress(share=1.0, loss=value, gradient_norm=norm))
            yield head


def _usable(head: Head) -> Head:
    """The head in tensors that gradients may be taken through."""
    return replace(head, weight=head.weight.clone(), bias=head.bias.clone())


def _head(own: Tensor, output: Output, steepest: float) -> Head:
    """Coordinates [k, p] of one student as weights; a note where it is not quite at the optimum."""
    notes: tuple[str, ...] = ()
    if steepest > TOLERANCE:
        notes = (
            f"the solver stopped with a derivative of {steepest:.1g}, where "
            f"{TOLERANCE:.1g} was wanted: a larger l2 has an optimum that is found sooner",
        )
    if output.kind == "preference":
        return Head(weight=own, bias=torch.zeros(1), notes=notes)
    weight, bias = own[:, :-1], own[:, -1]
    if output.n_classes == 2:
        weight, bias = torch.cat([-weight / 2, weight / 2]), torch.cat([-bias / 2, bias / 2])
    return Head(weight=weight, bias=bias, notes=notes)


def _coordinates(head: Head, output: Output, device: torch.device) -> Tensor:
    """A head as coordinates [k, p]: what `_head` makes it of again, as far as its answers go."""
    weight, bias = head.weight.to(device), head.bias.to(device)
    if output.kind == "preference":
        return weight
    whole = torch.cat([weight, bias[:, None]], 1)
    return whole[1:] - whole[:1] if output.n_classes == 2 else whole


def _middle(
    x: Tensor, rows: Tensor, students: Sequence[Student], penalty: Tensor, coordinates: Coordinates, output: Output
) -> tuple[Tensor, Coordinates]:
    """The optimum [k, p] of one student that learns from the rows of all, and coordinates for the rest, it in them."""
    weights = x.new_zeros(len(x))
    targets = x.new_zeros(len(x), 1 if output.n_classes == 2 else output.n_classes)
    for place, one in zip(rows, students, strict=True):
        counts = one.weights.to(x.device)
        weights.index_add_(0, place, counts)
        targets.index_add_(0, place, counts[:, None] * _targets(one, output, x.device))
    targets /= weights[:, None].clamp(min=torch.finfo(x.dtype).tiny)
    weights /= weights.sum()
    scale = coordinates.scale(penalty[None])
    problem = Problem(
        x=x, targets=targets[:, None], weights=weights[:, None], shared=True, scale=scale, penalty=penalty[None],
        sketch=coordinates.sketch, added=(penalty / scale.square()).mean(1),
    )  # fmt: skip
    w = minimise(problem, x.new_zeros(1, targets.shape[1], x.shape[1])).w[0] / scale
    logits = x @ w.T
    chances = logits.sigmoid() if len(w) == 1 else logits.softmax(-1)
    shares = (chances * (1 - chances)).mean(1) * weights
    found = Coordinates.uncorrelated(x, x.shape[1] - (output.kind != "preference"), shares)
    return found.rotate_(w), found


def _problem(
    x: Tensor,
    rows: Tensor,
    students: Sequence[Student],
    penalty: Tensor,
    coordinates: Coordinates,
    output: Output,
    offsets: Sequence[Tensor | None],
    *,
    shared: bool,
) -> Problem:
    targets = torch.stack([_targets(one, output, x.device) for one in students])
    weights = torch.stack([one.weights for one in students]).to(x.device)
    weights = weights / weights.sum(1, keepdim=True)
    offset = None
    if any(one is not None for one in offsets):
        offset = torch.stack([torch.zeros_like(targets[0]) if one is None else one for one in offsets])
    if shared:
        everywhere = x.new_zeros(len(x), len(students), targets.shape[-1])
        spread = x.new_zeros(len(x), len(students))
        numbers = torch.arange(len(students), device=x.device)[:, None]
        everywhere[rows, numbers] = targets
        spread[rows, numbers] = weights
        if offset is not None:
            beside = torch.zeros_like(everywhere)
            beside[rows, numbers] = offset
            offset = beside
        targets, weights = everywhere, spread
    scale = coordinates.scale(penalty)
    return Problem(
        x=x if shared else x[rows], targets=targets, weights=weights, shared=shared,
        scale=scale, penalty=penalty, sketch=coordinates.sketch, added=(penalty / scale.square()).mean(1),
        offset=offset,
    )  # fmt: skip


def _targets(one: Student, output: Output, device: torch.device) -> Tensor:
    """Probabilities [n, k]."""
    return (one.targets[:, 1:] if output.n_classes == 2 else one.targets).to(device)


def _penalties(squares: Tensor, students: Sequence[Student], bound: float, output: Output) -> Tensor:
    """The factor of half of each squared weight, [students, columns]: 0 for the bias, the last of `squares`.

    Of a student that goes on from a head, the change of the bias counts too: a few rows that lack a class would move it
    without end.

    It falls with the number of classes as the curvature does, so that one `l2` suits any number of them.
    It is never less than the rounding of stored features amounts to, which would be learned otherwise: noise of a
    variance acts like a penalty of that strength.
    """
    pairs = output.kind == "preference"
    l2 = torch.tensor([one.l2 for one in students], device=squares.device)
    strength = l2 if pairs else l2 / 2 if output.n_classes == 2 else l2 * 2 / output.n_classes  # of u for two classes
    width = len(squares) - (not pairs)
    rounding = ROUNDING * bound * squares[:width].mean()
    penalties = strength.clamp(min=float(rounding))[:, None].repeat(1, len(squares))
    penalties[[one.start is None for one in students], width:] = 0
    return penalties
