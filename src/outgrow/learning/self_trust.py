"""Targets that a student makes of a weak label and its own prediction; no gradient flows through them."""

from __future__ import annotations

import torch
from torch import Tensor

TINY = 1e-30  # below every probability that counts, and above zero in float32


def own_share(logits: Tensor, labels: Tensor, *, temperature: float) -> Tensor:
    """f_w^(1/T) / (f_s^(1/T) + f_w^(1/T)) of each row, [b], in (0, 1/2]; f_s = max f, and f_w = f of the label's class.

    This is e^(s/T) / (e^(s/T) + e^(l/T)), where s and l are the cross-entropies with the student's and the supervisor's
    most probable class. Half, where both are of one mind.
    """
    logs = logits.detach().log_softmax(-1)
    wanted = logs.gather(-1, labels.argmax(-1, keepdim=True)).squeeze(-1)
    return ((wanted - logs.amax(-1)) / temperature).sigmoid()


def product(logits: Tensor, labels: Tensor, *, weak: float, own: float) -> Tensor:
    """Probabilities proportional to w^weak f^own, [b, classes]."""
    logs = own * logits.detach().log_softmax(-1) + weak * labels.clamp(min=TINY).log()
    return logs.softmax(-1)


def margin(labels: Tensor) -> Tensor:
    """(K max w - 1) / (K - 1) of labels [b, K]: 0 where one is even, 1 where it is hard; 2 p - 1 for two classes."""
    classes = labels.shape[-1]
    return (classes * labels.amax(-1) - 1) / (classes - 1)


def hard(labels: Tensor) -> Tensor:
    """One-hot rows: the first of the most probable classes."""
    return torch.nn.functional.one_hot(labels.argmax(-1), labels.shape[-1]).to(labels.dtype)
