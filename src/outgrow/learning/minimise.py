"""L-BFGS on many students at once, every one by itself (Nocedal and Wright 2006, sections 7.2 and 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from outgrow.learning.head_problem import Problem

MEMORY = 8  # pairs that it remembers
TOLERANCE = 2e-4  # of the largest derivative, in coordinates where curvature is about 1
MAX_ITERATIONS = 1_000
HALVINGS = 20  # of one step


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """Where students ended.

    Args:
        w: coordinates, [students, k, p].
        value: what is minimised, [students].
        gradient: [students, k, p].
    """

    w: Tensor
    value: Tensor
    gradient: Tensor

    @property
    def steepest(self) -> Tensor:
        """The largest derivative of each student."""
        return _steepest(self.gradient)


def minimise(problem: Problem, w: Tensor) -> Minimum:
    """From w, with backtracking. Students that are there already are left out as soon as they are more than half."""
    value, gradient = problem.value_and_gradient(w)
    eased = problem.precondition(gradient)
    ended = Minimum(w=w.clone(), value=value.clone(), gradient=gradient.clone())
    who = torch.arange(len(w), device=w.device)
    pairs = Pairs.none(w)
    for _ in range(MAX_ITERATIONS):
        active = (_steepest(gradient) > TOLERANCE) & value.isfinite()  # no number is no optimum, but an end
        if 2 * int(active.sum()) <= len(active):
            ended.w[who], ended.value[who], ended.gradient[who] = w, value, gradient
            who, w, value, gradient, eased = (one[active] for one in (who, w, value, gradient, eased))
            problem, pairs, active = problem.of(active), pairs.of(active), active[active]
            if not len(who):
                break
        direction = -pairs.inverse_hessian(gradient, eased) * active[:, None, None]
        slope = (direction * gradient).sum((1, 2))
        length = active.to(w.dtype)
        for _ in range(HALVINGS):
            tried = w + length[:, None, None] * direction
            new_value, new_gradient = problem.value_and_gradient(tried)
            short = new_value > value + 1e-4 * length * slope + 1e-7 * value.abs()
            if not bool(short.any()):
                break
            length = torch.where(short, length / 2, length)
        new_eased = problem.precondition(new_gradient)
        pairs = pairs.with_one(tried - w, new_gradient - gradient, new_eased - eased)
        w, value, gradient, eased = tried, new_value, new_gradient, new_eased
    ended.w[who], ended.value[who], ended.gradient[who] = w, value, gradient
    return ended


def _steepest(gradient: Tensor) -> Tensor:
    return gradient.abs().flatten(1).amax(1)


@dataclass(frozen=True)
class Pairs:
    """The last steps and how the derivatives turned along them: an inverse Hessian in compact form (theorem 7.4).

    Args:
        vectors: steps, turns, and preconditioned turns, [students, 3, pairs, d], oldest first; zeros for a student
            whose loss did not curve along a step.
    """

    vectors: Tensor

    @classmethod
    def none(cls, w: Tensor) -> Pairs:
        """No pair yet, for students of coordinates w [students, k, p]."""
        return cls(w.new_zeros(len(w), 3, 0, w[0].numel()))

    def of(self, students: Tensor) -> Pairs:
        """Those of some students, given as a mask."""
        return Pairs(self.vectors[students])

    def with_one(self, moved: Tensor, turned: Tensor, eased: Tensor) -> Pairs:
        """One more in place of the oldest: a step, its turn, and that preconditioned, all [students, k, p]."""
        curves = (moved * turned).sum((1, 2), keepdim=True) > 1e-10
        new = torch.stack([moved, turned, eased], 1).view(len(moved), 3, 1, -1) * curves[..., None]
        drop = max(0, self.vectors.shape[2] - MEMORY + 1)
        return Pairs(torch.cat([self.vectors[:, :, drop:], new], 2))

    def inverse_hessian(self, gradient: Tensor, eased: Tensor) -> Tensor:
        """The inverse Hessian times a gradient [students, k, p]; `eased` is the preconditioner times it.

        The preconditioner counts times the root of the factor by which the last step shows it to be wrong. The whole
        factor (7.20) costs more iterations where the curvature of the last step is not that of others.
        """
        if not self.vectors.shape[2]:
            return eased
        steps, turns, eased_turns = self.vectors.unbind(1)
        upper, bent = steps @ turns.transpose(1, 2), eased_turns @ turns.transpose(1, 2)
        curvature, expected = upper.diagonal(dim1=1, dim2=2), bent.diagonal(dim1=1, dim2=2)[:, -1]
        known = (expected > 0) & (curvature[:, -1] > 0)
        factor = torch.where(known, curvature[:, -1] / expected, 1.0).sqrt()[:, None, None]
        upper = upper + torch.diag_embed((curvature == 0).to(upper.dtype))
        beside = gradient.flatten(1)[..., None]
        inner = torch.linalg.solve_triangular(upper, steps @ beside, upper=True)
        outer = curvature[..., None] * inner + factor * (bent @ inner - eased_turns @ beside)
        outer = torch.linalg.solve_triangular(upper.transpose(1, 2), outer, upper=False)
        found = outer.transpose(1, 2) @ steps - (factor * inner).transpose(1, 2) @ eased_turns
        inverse: Tensor = factor * eased + found.view(gradient.shape)
        return inverse
