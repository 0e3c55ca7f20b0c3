"""Hardened predictions whose class shares are given: a student that trusts itself must not drift to one class."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from outgrow.learning.memory import Memory
from outgrow.learning.weights import State

RECENT = 32  # rows at least, and so many for each class, behind the thresholds, however small the batches are
MANY = 64  # classes; with more, a share is less than a row of what is looked back on
TEMPERATURES, ROUNDS = (1.0, 0.5, 0.2, 0.1, 0.05), 6


class Hardening(Memory):
    """Probabilities [b, classes] to one-hot rows, so that classes have given shares of the recent predictions.

    Two classes: by a threshold, exactly. More: each class gets an offset, such that the largest log-probability plus
    offset has these shares among the recent predictions (proportional fitting, ever colder). Over `MANY` classes, or
    with no shares given: the most probable class.

    Args:
        shares: of the weak labels, [classes], or None where there are no classes (generated text).
        kind: `weak` takes these shares, `even` equal ones, `free` none.
    """

    def __init__(self, shares: Tensor | None, *, kind: Literal["weak", "even", "free"]) -> None:
        self._shares: Tensor | None = None
        if shares is not None and kind != "free" and len(shares) <= MANY:
            self._shares = torch.full_like(shares, 1 / len(shares)) if kind == "even" else shares / shares.sum()
        self._recent: Tensor | None = None

    def __call__(self, probabilities: Tensor) -> Tensor:
        """Hardened predictions; the batch itself counts among the recent ones."""
        if self._shares is None or self._shares.shape[-1] != probabilities.shape[-1]:
            return _one_hot(probabilities.argmax(-1), probabilities)
        shares = self._shares.to(probabilities.device)
        before = [] if self._recent is None else [self._recent.to(probabilities.device)]
        recent = torch.cat([*before, probabilities])
        most = RECENT if len(shares) == 2 else RECENT * len(shares)
        self._recent = recent[-max(most, len(probabilities)) :]
        if len(shares) == 2:
            positive = probabilities[:, 1].float()
            threshold = self._recent[:, 1].float().quantile(1 - float(shares[1]))
            return _one_hot((positive > threshold).long(), probabilities)
        logs = self._recent.float().clamp(min=1e-30).log()
        offset = offsets(logs, shares)
        return _one_hot((probabilities.float().clamp(min=1e-30).log() + offset).argmax(-1), probabilities)

    def memory(self) -> State:
        return {} if self._recent is None else {"recent": self._recent}

    def recall(self, kept: State) -> None:
        self._recent = kept.get("recent")


def offsets(logs: Tensor, shares: Tensor) -> Tensor:
    """Offsets [classes] with which the largest of log-probabilities [n, classes] falls on classes by `shares`."""
    found, target = torch.zeros_like(shares), shares.clamp(min=1e-6)
    for temperature in TEMPERATURES:
        for _ in range(ROUNDS):
            mean = ((logs + found) / temperature).softmax(-1).mean(0).clamp(min=1e-6)
            found = found + temperature * (target / mean).log()
    return found


def _one_hot(classes: Tensor, like: Tensor) -> Tensor:
    return one_hot(classes, like.shape[-1]).to(like.dtype)
