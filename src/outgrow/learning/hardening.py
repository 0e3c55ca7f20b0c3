"""Hardened predictions whose class shares are given: a student that trusts itself must not drift to one class."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import one_hot

RECENT = 32  # rows at least, and so many for each class, behind the thresholds, however small the batches are
MANY = 64  # classes; with more, a share is less than a row of what is looked back on
ROUNDS = 20


class Hardening:
    """Probabilities [b, classes] to one-hot rows, so that classes have given shares of the recent predictions.

    Two classes: by a threshold, exactly. More: each class's probability is scaled until the mean of the recent
    predictions has these shares (iterative proportional fitting), then the largest is taken. Over `MANY` classes, or
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
        recent = probabilities if self._recent is None else torch.cat([self._recent, probabilities])
        most = RECENT if len(shares) == 2 else RECENT * len(shares)
        self._recent = recent[-max(most, len(probabilities)) :]
        if len(shares) == 2:
            positive = probabilities[:, 1].float()
            threshold = self._recent[:, 1].float().quantile(1 - float(shares[1]))
            return _one_hot((positive > threshold).long(), probabilities)
        return _one_hot((probabilities * scales(self._recent, shares)).argmax(-1), probabilities)


def scales(probabilities: Tensor, shares: Tensor) -> Tensor:
    """Factors [classes] by which probabilities [n, classes], renormalised, have a mean of `shares`."""
    found = torch.ones_like(shares)
    for _ in range(ROUNDS):
        scaled = probabilities * found
        mean = (scaled / scaled.sum(-1, keepdim=True).clamp(min=1e-30)).mean(0)
        found = found * shares / mean.clamp(min=1e-12)
        found = found / found.sum()
    return found


def _one_hot(classes: Tensor, like: Tensor) -> Tensor:
    return one_hot(classes, like.shape[-1]).to(like.dtype)
