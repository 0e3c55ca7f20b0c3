"""Linear heads to the optimum of a convex loss: L-BFGS on many students at once, in coordinates that suit them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from outgrow.errors import ConfigError, StepFailed
from outgrow.learning.feature_file import release
from outgrow.learning.heads import Head, Student
from outgrow.tasks.base import Output

CHUNK = 256  # students solved at once, at most
BUDGET = 1 << 26  # numbers that they hold at once
ROWS = 4_096  # of features, read at once
MEMORY = 8  # pairs that L-BFGS remembers
TOLERANCE = 1e-3  # of the largest derivative, in coordinates where curvature is at most 1
MAX_ITERATIONS = 200
SHARED = 4  # students' rows are multiplied as one matrix while it has at most so many times the rows of one student


@dataclass(frozen=True, kw_only=True)
class Coordinates:
    """Axes in which the features of a dataset are uncorrelated.

    The Hessian of the cross-entropy is at most 1/2 (two classes: 1/4) of the features' covariance (Boehning 1992). So
    along these axes, scaled by that bound plus the penalty, curvature is at most about 1 in every direction.

    Args:
        axes: [width, width], orthonormal columns.
        variance: of the features along each axis, [width].
    """

    axes: Tensor
    variance: Tensor

    @classmethod
    def of(cls, table: Table) -> Coordinates:
        """Of a table of features."""
        covariance = torch.zeros(table.width, table.width, device=table.device)
        for chunk in table.chunks():
            covariance += chunk.T @ chunk / table.n
        variance, axes = torch.linalg.eigh(covariance.double())
        return cls(axes=axes.float(), variance=variance.clamp(min=0).float())

    def rotate(self, table: Table, *, ones: bool) -> Tensor:
        """Features along these axes, [n, width], with a last column of ones if wanted."""
        rotated = torch.ones(table.n, table.width + ones, device=table.device)
        at = 0
        for chunk in table.chunks():
            rotated[at : at + len(chunk), : table.width] = chunk @ self.axes
            at += len(chunk)
        return rotated


@dataclass(frozen=True, kw_only=True)
class Table:
    """Some rows of stored features, read in chunks so that they need not be in memory as a whole."""

    features: np.ndarray
    rows: np.ndarray
    device: torch.device

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.rows)

    @property
    def width(self) -> int:
        """Features of a row."""
        return int(self.features.shape[-1])

    def chunks(self) -> Iterator[Tensor]:
        """Float32 [rows, width]; of pairs, what the second has more than the first."""
        for start in range(0, self.n, ROWS):
            chunk = torch.from_numpy(self.features[self.rows[start : start + ROWS]]).to(self.device).float()
            yield chunk[:, 1] - chunk[:, 0] if chunk.ndim == 3 else chunk
            release(self.features)


@dataclass(kw_only=True)
class Problem:
    """Students of one loss: mean cross-entropy plus half of `l2` times the squared weights; the bias is free.

    Two classes are one logit z = log-odds, whose weight u stands for the pair (-u / 2, u / 2).

    Args:
        x: rotated features with a last column of ones (none for preference): [rows, p] that all share, or
            [students, n, p] of their own.
        targets: probabilities [rows, students, k] where rows are shared, else [students, n, k]; k = 1 for two classes,
            the probability of the second.
        weights: how much each row counts for a student, [rows, students] where rows are shared (0 where a row is not
            the student's), else [students, n].
        shared: whether rows are shared.
        total: the sum of each student's weights, [students].
        scale: [students, p], by which the coordinates are divided.
        penalty: [students, p], the factor of half of the squared coordinate before scaling.
    """

    x: Tensor
    targets: Tensor
    weights: Tensor
    shared: bool
    total: Tensor
    scale: Tensor
    penalty: Tensor

    def value_and_gradient(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Losses [students] and their derivatives, at scaled coordinates w [students, k, p]."""
        plain = w / self.scale[:, None]
        if not self.shared:
            losses, residual = self._losses(self.x @ plain.transpose(1, 2))
            value = (losses * self.weights).sum(1)
            gradient = (residual * self.weights[..., None]).transpose(1, 2) @ self.x
        else:
            logits = (self.x @ plain.flatten(0, 1).T).view(self.targets.shape)
            losses, residual = self._losses(logits)
            value = (losses * self.weights).sum(0)
            gradient = ((residual * self.weights[..., None]).flatten(1).T @ self.x).view(w.shape)
        value = value / self.total + 0.5 * (self.penalty[:, None] * plain**2).sum((1, 2))
        return value, (gradient / self.total[:, None, None] + self.penalty[:, None] * plain) / self.scale[:, None]

    def of(self, students: Tensor) -> Problem:
        """The problem of some students, given as a mask [students]."""
        if self.shared:
            x, targets, weights = self.x, self.targets[:, students], self.weights[:, students]
        else:
            x, targets, weights = self.x[students], self.targets[students], self.weights[students]
        return Problem(
            x=x, targets=targets, weights=weights, shared=self.shared, total=self.total[students],
            scale=self.scale[students], penalty=self.penalty[students],
        )  # fmt: skip

    def pooled(self) -> Problem:
        """One student on all shared rows, with the mean of the targets that the students have there."""
        assert self.shared
        count = self.weights.sum(1, keepdim=True)
        tiny = torch.finfo(count.dtype).tiny
        targets = (self.targets * self.weights[..., None]).sum(1, keepdim=True) / count.clamp(min=tiny)[..., None]
        weights = (count > 0).to(count.dtype)
        scale, penalty = self.scale.mean(0, keepdim=True), self.penalty.mean(0, keepdim=True)
        return Problem(
            x=self.x, targets=targets, weights=weights, shared=True, total=weights.sum(0), scale=scale,
            penalty=penalty,
        )  # fmt: skip

    def _losses(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy of each row, and its derivatives with respect to the logits [..., k]."""
        if self.targets.shape[-1] == 1:
            losses = torch.nn.functional.softplus(logits) - self.targets * logits
            return losses.squeeze(-1), logits.sigmoid() - self.targets
        logs = logits.log_softmax(-1)
        return -(self.targets * logs).sum(-1), logs.exp() - self.targets


def solve(
    features: np.ndarray, students: Sequence[Student], output: Output, *, device: torch.device
) -> list[Head | StepFailed]:
    """The head that minimises each student's loss; epochs, batches, rates and seeds play no part."""
    if any(not one.loss.convex for one in students):
        raise ConfigError('train.optimizer = "lbfgs" needs a convex loss, as of the method naive; use "adam"')
    used = np.unique(np.concatenate([one.rows for one in students]))
    table = Table(features=features, rows=used, device=device)
    coordinates = Coordinates.of(table)
    rotated = coordinates.rotate(table, ones=output.kind != "preference")
    found: list[Head | StepFailed] = []
    shared = len(rotated) <= SHARED * len(students[0].rows)
    each = len(rotated) * output.n_classes if shared else len(students[0].rows) * rotated.shape[1]
    size = max(1, min(CHUNK, BUDGET // each))
    for start in range(0, len(students), size):
        some = students[start : start + size]
        problem = _problem(rotated, used, some, coordinates, output, shared=shared)
        zero = torch.zeros(len(some), problem.targets.shape[-1], rotated.shape[1], device=device)
        first = zero
        if problem.shared:  # begin where one student would end that learned from all: the optima lie near
            middle = problem.pooled()
            first = (minimise(middle, zero[:1]) / middle.scale[:, None]) * problem.scale[:, None]
        plain = minimise(problem, first) / problem.scale[:, None]
        for one, own in zip(some, plain, strict=True):
            head = _head(own, coordinates, output)
            one.check(head.weight, head.bias, 1.0)
            found.append(head)
    return found


def _problem(
    rotated: Tensor,
    used: np.ndarray,
    students: Sequence[Student],
    coordinates: Coordinates,
    output: Output,
    *,
    shared: bool,
) -> Problem:
    device = rotated.device
    place = np.empty(used[-1] + 1, np.int64)
    place[used] = np.arange(len(used))
    rows = torch.from_numpy(place[np.stack([one.rows for one in students])]).to(device)
    targets = torch.stack([one.targets for one in students]).to(device)
    weights = torch.stack([one.weights for one in students]).to(device)
    total = weights.sum(1)
    binary = output.n_classes == 2
    if binary:
        targets = targets[..., 1:]
    l2 = torch.tensor([one.l2 for one in students], device=device)[:, None]
    pairs = output.kind == "preference"
    strength = l2 / 2 if binary and not pairs else l2  # of u in place of (-u / 2, u / 2)
    bound = coordinates.variance * (0.25 if binary else 0.5)
    penalty, curvature = strength.expand(-1, len(bound)), bound.expand(len(students), -1)
    if not pairs:  # the bias
        penalty = torch.cat([penalty, torch.zeros_like(penalty[:, :1])], 1)
        curvature = torch.cat([curvature, torch.full_like(curvature[:, :1], 0.25 if binary else 0.5)], 1)
    scale = (curvature + penalty).clamp(min=1e-8).sqrt()
    if not shared:
        return Problem(
            x=rotated[rows], targets=targets, weights=weights, shared=False, total=total, scale=scale, penalty=penalty
        )
    everywhere = torch.zeros(len(students), len(rotated), targets.shape[-1], device=device)
    everywhere = everywhere.scatter_(1, rows[..., None].expand_as(targets), targets).transpose(0, 1).contiguous()
    spread = torch.zeros(len(students), len(rotated), device=device).scatter_(1, rows, weights).T.contiguous()
    return Problem(
        x=rotated, targets=everywhere, weights=spread, shared=True, total=total, scale=scale, penalty=penalty
    )


def minimise(problem: Problem, w: Tensor) -> Tensor:
    """L-BFGS with backtracking, every student by itself but all at once (Nocedal and Wright 2006, algorithm 7.5).

    Students that are there already are left out as soon as they are more than half.
    """
    found = w.clone()
    who = torch.arange(len(w), device=w.device)
    value, gradient = problem.value_and_gradient(w)
    pairs: list[tuple[Tensor, Tensor, Tensor]] = []
    for _ in range(MAX_ITERATIONS):
        active = gradient.abs().flatten(1).amax(1) > TOLERANCE
        if 2 * int(active.sum()) <= len(active):
            found[who] = w
            who, w, value, gradient = who[active], w[active], value[active], gradient[active]
            pairs = [(moved[active], turned[active], inverse[active]) for moved, turned, inverse in pairs]
            problem, active = problem.of(active), active[active]
            if not len(who):
                break
        direction = -_inverse_hessian_times(gradient, pairs) * active[:, None, None]
        slope = (direction * gradient).sum((1, 2))
        length = active.to(w.dtype)
        for _ in range(20):
            tried = w + length[:, None, None] * direction
            new_value, new_gradient = problem.value_and_gradient(tried)
            short = new_value > value + 1e-4 * length * slope + 1e-7 * value.abs()
            if not bool(short.any()):
                break
            length = torch.where(short, length / 2, length)
        moved, turned = tried - w, new_gradient - gradient
        curvature = (moved * turned).sum((1, 2))
        inverse = torch.where(curvature > 1e-10, 1 / curvature.clamp(min=1e-10), torch.zeros_like(curvature))
        pairs = [*pairs[-(MEMORY - 1) :], (moved, turned, inverse)]
        w, value, gradient = tried, new_value, new_gradient
    found[who] = w
    return found


def _inverse_hessian_times(gradient: Tensor, pairs: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
    """The two-loop recursion; the scaled coordinates make the identity a good first guess."""
    q, weights = gradient, []
    for moved, turned, inverse in reversed(pairs):
        weight = inverse * (moved * q).sum((1, 2))
        q = q - weight[:, None, None] * turned
        weights.append(weight)
    for (moved, turned, inverse), weight in zip(pairs, reversed(weights), strict=True):
        back = inverse * (turned * q).sum((1, 2))
        q = q + (weight - back)[:, None, None] * moved
    return q


def _head(own: Tensor, coordinates: Coordinates, output: Output) -> Head:
    """Coordinates [k, p] of one student back to weights."""
    width = len(coordinates.variance)
    weight = own[:, :width] @ coordinates.axes.T
    if output.kind == "preference":
        return Head(weight=weight, bias=torch.zeros(1))
    bias = own[:, width]
    if output.n_classes == 2:
        return Head(weight=torch.cat([-weight / 2, weight / 2]), bias=torch.cat([-bias / 2, bias / 2]))
    return Head(weight=weight, bias=bias)
