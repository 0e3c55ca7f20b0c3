"""A student's linear head, with the units of its features folded in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outgrow.student.base import DEVIATION, MEAN, Student

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Head:
    """Pooled states h to logits: `weight` [k, width] times h, plus `bias` [k]; k is 1 where candidates get a reward."""

    weight: Tensor
    bias: Tensor

    @property
    def size(self) -> int:
        """How many logits it gives."""
        return len(self.bias)


def head_of(student: Student) -> Head:
    """The head of a student, float64.

    A probe reads (h - mean) / deviation. So its weight is divided by the deviation, and what the mean contributes goes
    into the bias. Rewards are compared, never read alone: what is the same for all of them is left out.
    """
    import torch

    weight, bias = student.state["head.weight"].double(), student.state.get("head.bias")
    shift = torch.zeros(len(weight), dtype=torch.float64) if bias is None else bias.double()
    if student.is_probe:
        weight = weight / student.state[DEVIATION].double()
        shift = shift - weight @ student.state[MEAN].double()
    if student.output.kind == "preference":
        shift = torch.zeros_like(shift)
    return Head(weight=weight, bias=shift)
